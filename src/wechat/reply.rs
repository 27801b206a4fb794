//! Passive replies: what the answer to a callback may tell the person at once.
//!
//! Source: WeChat, 被动回复用户消息. Anything that is not one of these makes WeChat show
//! 该公众号提供的服务出现故障 to the person, so a reply that would be empty becomes `success`.

use serde::{Deserialize, Serialize};

use super::message::Inbound;
use super::xml::{into_text, push_cdata, push_number};

/// The answer that says "received" and shows the person nothing; always sent as it is, never encrypted.
pub const SUCCESS: &str = "success";

/// One passive reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Reply {
    /// Nothing to show.
    Success,
    /// A text; line breaks are kept, `<a href="…">` becomes a link.
    Text {
        /// The text.
        content: String,
    },
    /// Linked cards: one in answer to a message, up to eight in answer to an event; the rest is left out.
    News {
        /// The cards.
        articles: Vec<Article>,
    },
}

/// One card of [`Reply::News`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// Its title.
    pub title: String,
    /// Shown beneath the title when the card stands alone.
    pub description: String,
    /// Picture, 360×200 (large) or 200×200 (small).
    pub pic_url: String,
    /// The page it opens.
    pub url: String,
}

impl Reply {
    /// A text reply.
    pub fn text(content: impl Into<String>) -> Self {
        Reply::Text {
            content: content.into(),
        }
    }

    /// Whether there is nothing to show, so that the answer is [`SUCCESS`].
    pub fn is_silent(&self) -> bool {
        match self {
            Reply::Success => true,
            Reply::Text { content } => content.trim().is_empty(),
            Reply::News { articles } => articles.is_empty(),
        }
    }

    /// The reply's XML in answer to `inbound` (sender and receiver swapped), unencrypted; `now_s` is Unix time in
    /// seconds. A silent reply gives [`SUCCESS`].
    pub fn to_xml(&self, inbound: &Inbound, now_s: i64) -> String {
        if self.is_silent() {
            return SUCCESS.to_owned();
        }
        let mut out = Vec::with_capacity(self.size_hint(inbound));
        self.write(&mut out, inbound, now_s);
        into_text(out)
    }

    /// Writes a reply that is not silent.
    pub(super) fn write(&self, out: &mut Vec<u8>, inbound: &Inbound, now_s: i64) {
        out.extend_from_slice(b"<xml>");
        push_cdata(out, "ToUserName", &inbound.from);
        push_cdata(out, "FromUserName", &inbound.to);
        push_number(out, "CreateTime", now_s);
        match self {
            Reply::Success => {}
            Reply::Text { content } => {
                push_cdata(out, "MsgType", "text");
                push_cdata(out, "Content", content);
            }
            Reply::News { articles } => {
                let most = if inbound.is_message() { 1 } else { 8 };
                write_news(out, &articles[..articles.len().min(most)]);
            }
        }
        out.extend_from_slice(b"</xml>");
    }

    /// Roughly the bytes that [`Reply::write`] will write, so that its buffer need not grow.
    pub(super) fn size_hint(&self, inbound: &Inbound) -> usize {
        const FRAME: usize = 220;
        const CARD_FRAME: usize = 150;
        let body = match self {
            Reply::Success => 0,
            Reply::Text { content } => content.len(),
            Reply::News { articles } => articles
                .iter()
                .map(|a| CARD_FRAME + a.title.len() + a.description.len() + a.pic_url.len() + a.url.len())
                .sum(),
        };
        FRAME + inbound.from.len() + inbound.to.len() + body
    }
}

fn write_news(out: &mut Vec<u8>, articles: &[Article]) {
    push_cdata(out, "MsgType", "news");
    push_number(out, "ArticleCount", articles.len() as i64);
    out.extend_from_slice(b"<Articles>");
    for article in articles {
        out.extend_from_slice(b"<item>");
        push_cdata(out, "Title", &article.title);
        push_cdata(out, "Description", &article.description);
        push_cdata(out, "PicUrl", &article.pic_url);
        push_cdata(out, "Url", &article.url);
        out.extend_from_slice(b"</item>");
    }
    out.extend_from_slice(b"</Articles>");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::message::Kind;
    use crate::wechat::xml::Fields;

    fn inbound(kind: Kind) -> Inbound {
        Inbound {
            to: "gh_1".into(),
            from: "o1".into(),
            create_time: 1,
            msg_id: None,
            kind,
        }
    }

    #[test]
    fn text_reply_as_wechat_documents_it() {
        let xml = Reply::text("你好").to_xml(&inbound(Kind::Unsubscribe), 12_345_678);
        assert_eq!(
            xml,
            "<xml><ToUserName><![CDATA[o1]]></ToUserName><FromUserName><![CDATA[gh_1]]></FromUserName>\
             <CreateTime>12345678</CreateTime><MsgType><![CDATA[text]]></MsgType>\
             <Content><![CDATA[你好]]></Content></xml>"
        );
    }

    /// facts row 7
    #[test]
    fn nasty_text_stays_well_formed() {
        let xml = Reply::text("a]]>b\u{0}]]\u{1}>c").to_xml(&inbound(Kind::Unsubscribe), 1);
        let fields = Fields::parse(&xml).unwrap();
        assert_eq!(fields.get("Content").unwrap().unwrap(), "a]]>b]]>c");
    }

    #[test]
    fn news_reply_keeps_to_the_number_wechat_allows() {
        let card = Article {
            title: "求学圆梦".into(),
            url: "https://x.cn/".into(),
            ..Article::default()
        };
        let reply = Reply::News {
            articles: vec![card; 9],
        };
        for (kind, count) in [
            (Kind::Text { content: "x".into() }, "1"),
            (Kind::Unsubscribe, "8"),
        ] {
            let xml = reply.to_xml(&inbound(kind), 1);
            let fields = Fields::parse(&xml).unwrap();
            assert_eq!(fields.get("ArticleCount").unwrap().unwrap(), count);
            assert_eq!(
                fields.iter().filter(|f| f.name == "Title").count().to_string(),
                count
            );
            assert_eq!(fields.inside("item", "Title"), Some("求学圆梦"));
        }
    }

    #[test]
    fn nothing_to_say_is_success() {
        for reply in [
            Reply::Success,
            Reply::text(" \n"),
            Reply::News { articles: vec![] },
        ] {
            assert_eq!(reply.to_xml(&inbound(Kind::Unsubscribe), 1), "success");
        }
    }
}
