//! Passive replies: what the answer to a callback may tell the person at once.
//!
//! Source: WeChat, 被动回复用户消息. Anything that is not one of these makes WeChat show
//! 该公众号提供的服务出现故障 to the person, so a reply that would be empty becomes `success`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::message::Inbound;
use super::xml::{into_text, push_cdata, push_number, strip_illegal};

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
    /// A picture.
    Image {
        /// Of an upload.
        media_id: String,
    },
    /// A spoken message.
    Voice {
        /// Of an upload.
        media_id: String,
    },
    /// A video.
    Video {
        /// Of an upload.
        media_id: String,
        /// May be empty.
        title: String,
        /// May be empty.
        description: String,
    },
    /// Music.
    Music(Music),
    /// Hands the conversation to the operators of customer service (transfer_customer_service).
    TransferCustomerService {
        /// Account of the operator (`name@account`); any that is free if none.
        account: Option<String>,
    },
    /// Linked cards: one in answer to a message, up to eight in answer to an event; the rest is left out.
    News {
        /// The cards.
        articles: Vec<Article>,
    },
}

/// Music of [`Reply::Music`] and of customer service.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Music {
    /// Its title.
    pub title: String,
    /// Shown beneath the title.
    pub description: String,
    /// Where it is.
    pub url: String,
    /// A better copy, used on Wi-Fi.
    pub hq_url: String,
    /// Preview picture, of an upload.
    pub thumb_media_id: String,
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
            Reply::Image { media_id } | Reply::Voice { media_id } | Reply::Video { media_id, .. } => {
                media_id.is_empty()
            }
            // WeChat requires the preview of a piece of music, and nothing else of it.
            Reply::Music(music) => music.thumb_media_id.is_empty(),
            Reply::TransferCustomerService { .. } => false,
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
        push_cdata(out, "MsgType", self.msg_type());
        match self {
            Reply::Success => {}
            Reply::Text { content } => push_cdata(out, "Content", content),
            Reply::Image { media_id } => push_group(out, "Image", &[("MediaId", media_id)]),
            Reply::Voice { media_id } => push_group(out, "Voice", &[("MediaId", media_id)]),
            Reply::Video {
                media_id,
                title,
                description,
            } => push_group(
                out,
                "Video",
                &[
                    ("MediaId", media_id),
                    ("Title", title),
                    ("Description", description),
                ],
            ),
            Reply::Music(music) => push_group(out, "Music", &music.fields()),
            Reply::TransferCustomerService { account } => {
                if let Some(account) = account {
                    push_group(out, "TransInfo", &[("KfAccount", account)]);
                }
            }
            Reply::News { articles } => write_news(out, &articles[..articles.len().min(most_cards(inbound))]),
        }
        out.extend_from_slice(b"</xml>");
    }

    fn msg_type(&self) -> &'static str {
        match self {
            Reply::Success => "",
            Reply::Text { .. } => "text",
            Reply::Image { .. } => "image",
            Reply::Voice { .. } => "voice",
            Reply::Video { .. } => "video",
            Reply::Music(_) => "music",
            Reply::TransferCustomerService { .. } => "transfer_customer_service",
            Reply::News { .. } => "news",
        }
    }

    /// [`Reply::to_xml`] for an account that chose JSON: the same names.
    pub fn to_json(&self, inbound: &Inbound, now_s: i64) -> String {
        if self.is_silent() {
            return SUCCESS.to_owned();
        }
        let mut json = json!({
            "ToUserName": inbound.from, "FromUserName": inbound.to, "CreateTime": now_s, "MsgType": self.msg_type(),
        });
        match self {
            Reply::Success => {}
            Reply::Text { content } => json["Content"] = strip_illegal(content).into(),
            Reply::Image { media_id } => json["Image"] = json!({"MediaId": media_id}),
            Reply::Voice { media_id } => json["Voice"] = json!({"MediaId": media_id}),
            Reply::Video {
                media_id,
                title,
                description,
            } => json["Video"] = json!({"MediaId": media_id, "Title": title, "Description": description}),
            Reply::Music(music) => {
                json["Music"] = music
                    .fields()
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value.into()))
                    .collect::<Map<_, _>>()
                    .into();
            }
            Reply::TransferCustomerService { account } => {
                if let Some(account) = account {
                    json["TransInfo"] = json!({"KfAccount": account});
                }
            }
            Reply::News { articles } => {
                let cards: Vec<Value> = articles
                    .iter()
                    .take(most_cards(inbound))
                    .map(Article::to_json)
                    .collect();
                json["ArticleCount"] = cards.len().into();
                json["Articles"] = cards.into();
            }
        }
        json.to_string()
    }

    /// Roughly the bytes that [`Reply::write`] will write, so that its buffer need not grow.
    pub(super) fn size_hint(&self, inbound: &Inbound) -> usize {
        const FRAME: usize = 220;
        const CARD_FRAME: usize = 150;
        let body = match self {
            Reply::Text { content } => content.len(),
            Reply::News { articles } => articles
                .iter()
                .map(|a| CARD_FRAME + a.title.len() + a.description.len() + a.pic_url.len() + a.url.len())
                .sum(),
            _ => CARD_FRAME,
        };
        FRAME + inbound.from.len() + inbound.to.len() + body
    }
}

impl Music {
    fn fields(&self) -> Vec<(&'static str, &str)> {
        let fields = [
            ("Title", self.title.as_str()),
            ("Description", &self.description),
            ("MusicUrl", &self.url),
            ("HQMusicUrl", &self.hq_url),
            ("ThumbMediaId", &self.thumb_media_id),
        ];
        fields
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }
}

impl Article {
    fn to_json(&self) -> Value {
        json!({"Title": self.title, "Description": self.description, "PicUrl": self.pic_url, "Url": self.url})
    }
}

/// WeChat shows one card in answer to a message and up to eight in answer to an event.
fn most_cards(inbound: &Inbound) -> usize {
    if inbound.is_message() { 1 } else { 8 }
}

/// Appends `<name>` with the fields that are not empty.
fn push_group(out: &mut Vec<u8>, name: &str, fields: &[(&str, &str)]) {
    out.extend_from_slice(format!("<{name}>").as_bytes());
    for (field, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        push_cdata(out, field, value);
    }
    out.extend_from_slice(format!("</{name}>").as_bytes());
}

fn write_news(out: &mut Vec<u8>, articles: &[Article]) {
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
mod tests;
