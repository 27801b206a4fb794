//! 客服消息: messages to somebody who has just been in touch, outside the passive reply.
//!
//! Source: WeChat, 客服消息 发消息 (/cgi-bin/message/custom/send). WeChat lets them through only while a [`Window`] is
//! open; outside it answers 45015 or 45047.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::client::{Client, Done};
use super::error::CallError;
use super::reply::{Article, Music};
use super::template::MiniProgramPage;

mod window;
pub use window::{Closed, Contact, Window};

/// What a customer-service message shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A text; `<a href="…">` becomes a link, with `data-miniprogram-appid` one into a mini-program.
    Text(String),
    /// A picture, by media id.
    Image(String),
    /// A spoken message, by media id.
    Voice(String),
    /// A video.
    Video {
        /// Of an upload.
        media_id: String,
        /// Preview picture, of an upload; may be empty.
        thumb_media_id: String,
        /// May be empty.
        title: String,
        /// May be empty.
        description: String,
    },
    /// Music; WeChat requires both addresses and the preview picture.
    Music(Music),
    /// One linked card, opening any page.
    News(Article),
    /// A published article of the account, by `article_id`.
    Article(String),
    /// A question with answers to tap; the tapped one comes back as a text message with its id.
    Menu {
        /// Above the answers.
        head: String,
        /// Id and wording of each.
        options: Vec<(String, String)>,
        /// Beneath the answers; may be empty.
        tail: String,
    },
    /// A card of a mini-program linked to the account.
    MiniProgram {
        /// Its title.
        title: String,
        /// Which, and which page.
        page: MiniProgramPage,
        /// Preview picture, of an upload.
        thumb_media_id: String,
    },
}

impl Content {
    /// `msgtype`, and the object of that name.
    fn parts(&self) -> (&'static str, Value) {
        match self {
            Content::Text(text) => ("text", json!({"content": text})),
            Content::Image(media_id) => ("image", json!({"media_id": media_id})),
            Content::Voice(media_id) => ("voice", json!({"media_id": media_id})),
            Content::Video {
                media_id,
                thumb_media_id,
                title,
                description,
            } => (
                "video",
                filled(&[
                    ("media_id", media_id),
                    ("thumb_media_id", thumb_media_id),
                    ("title", title),
                    ("description", description),
                ]),
            ),
            Content::Music(music) => (
                "music",
                filled(&[
                    ("title", &music.title),
                    ("description", &music.description),
                    ("musicurl", &music.url),
                    ("hqmusicurl", &music.hq_url),
                    ("thumb_media_id", &music.thumb_media_id),
                ]),
            ),
            Content::News(article) => ("news", json!({"articles": [card(article)]})),
            Content::Article(article_id) => ("mpnewsarticle", json!({"article_id": article_id})),
            Content::Menu { head, options, tail } => {
                let list: Vec<Value> = options
                    .iter()
                    .map(|(id, content)| json!({"id": id, "content": content}))
                    .collect();
                let menu = json!({"head_content": head, "list": list, "tail_content": tail});
                ("msgmenu", menu)
            }
            Content::MiniProgram {
                title,
                page,
                thumb_media_id,
            } => (
                "miniprogrampage",
                json!({
                    "title": title, "appid": page.appid, "pagepath": page.pagepath, "thumb_media_id": thumb_media_id,
                }),
            ),
        }
    }

    /// What WeChat would refuse for being empty, named in Chinese.
    fn missing(&self) -> Option<&'static str> {
        let empty = |text: &String| text.trim().is_empty();
        match self {
            Content::Text(text) if empty(text) => Some("文本内容不能为空"),
            Content::Image(id) | Content::Voice(id) | Content::Video { media_id: id, .. } if empty(id) => {
                Some("media_id 不能为空")
            }
            Content::Music(music)
                if empty(&music.url) || empty(&music.hq_url) || empty(&music.thumb_media_id) =>
            {
                Some("音乐消息须有 musicurl、hqmusicurl 和 thumb_media_id")
            }
            Content::News(article) if empty(&article.title) || empty(&article.url) => {
                Some("图文消息须有标题和链接")
            }
            Content::Article(id) if empty(id) => Some("article_id 不能为空"),
            Content::Menu { options, .. } if options.is_empty() => Some("菜单消息至少要有一个选项"),
            Content::MiniProgram {
                page, thumb_media_id, ..
            } if empty(&page.appid) || empty(&page.pagepath) || empty(thumb_media_id) => {
                Some("小程序卡片须有 appid、pagepath 和 thumb_media_id")
            }
            _ => None,
        }
    }
}

fn filled(fields: &[(&str, &String)]) -> Value {
    let filled = fields.iter().filter(|(_, value)| !value.is_empty());
    Value::Object(
        filled
            .map(|(name, value)| ((*name).to_owned(), Value::String((*value).clone())))
            .collect(),
    )
}

fn card(article: &Article) -> Value {
    json!({
        "title": article.title, "description": article.description, "url": article.url, "picurl": article.pic_url,
    })
}

/// A customer-service message to one openid.
#[derive(Clone, PartialEq, Eq)]
pub struct CustomMessage {
    /// Who gets it.
    pub to_openid: String,
    /// What it shows.
    pub content: Content,
    /// Account of the operator shown as the sender; the official account itself if none.
    pub account: Option<String>,
}

/// Openid and content are personal.
impl std::fmt::Debug for CustomMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomMessage")
            .field("msgtype", &self.content.parts().0)
            .finish_non_exhaustive()
    }
}

impl CustomMessage {
    /// From the official account itself.
    pub fn new(to_openid: impl Into<String>, content: Content) -> Self {
        CustomMessage {
            to_openid: to_openid.into(),
            content,
            account: None,
        }
    }
}

/// WeChat's JSON.
impl Serialize for CustomMessage {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (msgtype, content) = self.content.parts();
        let mut body = Map::new();
        body.insert("touser".to_owned(), self.to_openid.clone().into());
        body.insert("msgtype".to_owned(), msgtype.into());
        body.insert(msgtype.to_owned(), content);
        if let Some(account) = &self.account {
            body.insert("customservice".to_owned(), json!({"kf_account": account}));
        }
        body.serialize(serializer)
    }
}

impl Client {
    /// Sends it. Errors: `Invalid` before calling; class `WindowClosed` (45015, 45047) when the person has not been
    /// in touch: choose another channel.
    pub async fn send_custom(&self, message: &CustomMessage) -> Result<(), CallError> {
        if let Some(problem) = message.content.missing() {
            return Err(CallError::Invalid(problem.to_owned()));
        }
        self.post::<Done>("/cgi-bin/message/custom/send", message)
            .await
            .map(|_| ())
    }

    /// Shows "对方正在输入…" to the person for 15 s, or takes it away. Only within an open [`Window`].
    pub async fn custom_typing(&self, openid: &str, typing: bool) -> Result<(), CallError> {
        let command = if typing { "Typing" } else { "CancelTyping" };
        let body = json!({"touser": openid, "command": command});
        self.post::<Done>("/cgi-bin/message/custom/typing", &body)
            .await
            .map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(content: Content) -> Value {
        serde_json::to_value(CustomMessage::new("o1", content)).unwrap()
    }

    /// 客服消息 发消息: the bodies WeChat documents.
    #[test]
    fn bodies_are_wechats() {
        let s = str::to_owned;
        let page = MiniProgramPage {
            appid: s("wx2"),
            pagepath: s("pages/i"),
        };
        let cases = [
            (Content::Text(s("你好")), json!({"text": {"content": "你好"}})),
            (Content::Image(s("m")), json!({"image": {"media_id": "m"}})),
            (Content::Voice(s("m")), json!({"voice": {"media_id": "m"}})),
            (
                Content::Video {
                    media_id: s("m"),
                    thumb_media_id: s("t"),
                    title: s("题"),
                    description: s(""),
                },
                json!({"video": {"media_id": "m", "thumb_media_id": "t", "title": "题"}}),
            ),
            (
                Content::Music(Music {
                    url: s("http://a"),
                    hq_url: s("http://b"),
                    thumb_media_id: s("t"),
                    ..Music::default()
                }),
                json!({"music": {"musicurl": "http://a", "hqmusicurl": "http://b", "thumb_media_id": "t"}}),
            ),
            (
                Content::News(Article {
                    title: s("题"),
                    description: s("述"),
                    pic_url: s("http://p"),
                    url: s("http://u"),
                }),
                json!({"news": {"articles": [{"title": "题", "description": "述", "url": "http://u", "picurl": "http://p"}]}}),
            ),
            (
                Content::Article(s("a1")),
                json!({"mpnewsarticle": {"article_id": "a1"}}),
            ),
            (
                Content::Menu {
                    head: s("满意吗？"),
                    options: vec![(s("101"), s("满意"))],
                    tail: s("欢迎再来"),
                },
                json!({"msgmenu": {"head_content": "满意吗？", "list": [{"id": "101", "content": "满意"}], "tail_content": "欢迎再来"}}),
            ),
            (
                Content::MiniProgram {
                    title: s("题"),
                    page,
                    thumb_media_id: s("t"),
                },
                json!({"miniprogrampage": {"title": "题", "appid": "wx2", "pagepath": "pages/i", "thumb_media_id": "t"}}),
            ),
        ];
        for (content, mut body) in cases {
            assert_eq!(content.missing(), None);
            let msgtype = content.parts().0;
            body["touser"] = "o1".into();
            body["msgtype"] = msgtype.into();
            assert_eq!(sent(content), body);
        }
    }

    #[test]
    fn the_operator_is_named_and_nobody_else() {
        let message = CustomMessage {
            account: Some("test1@kftest".into()),
            ..CustomMessage::new("o1", Content::Text("机密".into()))
        };
        let body = serde_json::to_value(&message).unwrap();
        assert_eq!(body["customservice"]["kf_account"], "test1@kftest");
        let printed = format!("{message:?}");
        assert!(!printed.contains("o1") && !printed.contains("机密"));
    }

    #[test]
    fn what_wechat_would_refuse_is_named() {
        let options = Vec::new();
        let (head, tail) = (String::new(), String::new());
        for content in [
            Content::Text(" ".into()),
            Content::Image(String::new()),
            Content::Music(Music::default()),
            Content::News(Article::default()),
            Content::Article(String::new()),
            Content::Menu { head, options, tail },
        ] {
            assert!(content.missing().is_some(), "{content:?}");
        }
    }
}
