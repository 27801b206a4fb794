//! The passive reply to a callback, read as strictly as WeChat reads it.

use std::borrow::Cow;

use serde::Serialize;

use crate::wechat::envelope::ReplyEnvelope;
use crate::wechat::xml::Fields;

use super::media;
use super::node;
use super::state::Body;

/// What the account answered.
#[derive(Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Reply {
    Text {
        text: String,
    },
    News {
        articles: Vec<Article>,
    },
    Image {
        media_id: String,
    },
    Voice {
        media_id: String,
    },
    Video {
        media_id: String,
        title: String,
        description: String,
    },
    Music {
        title: String,
        description: String,
        url: String,
    },
    /// The hand-over to customer service.
    Other {
        msg_type: String,
    },
}

/// One entry of a `news` reply.
#[derive(Clone, Default, Serialize)]
pub(super) struct Article {
    pub title: String,
    pub description: String,
    pub pic_url: String,
    pub url: String,
}

impl Reply {
    pub fn shown(&self) -> Body {
        match self {
            Reply::Text { text } => Body::Text { text: text.clone() },
            Reply::News { articles } => Body::News {
                articles: articles.clone(),
            },
            Reply::Image { media_id } => Body::Image {
                url: media::path(media_id),
                media_id: media_id.clone(),
            },
            Reply::Voice { media_id } => Body::Voice {
                media_id: media_id.clone(),
            },
            Reply::Video {
                media_id,
                title,
                description,
            } => Body::Video {
                media_id: media_id.clone(),
                title: title.clone(),
                description: description.clone(),
            },
            Reply::Music {
                title,
                description,
                url,
            } => Body::Music {
                title: title.clone(),
                description: description.clone(),
                url: url.clone(),
            },
            Reply::Other { .. } => Body::Notice {
                text: "已转接人工客服".to_owned(),
            },
        }
    }

    /// The medium it needs, which must have been uploaded.
    pub fn media_id(&self) -> Option<&str> {
        match self {
            Reply::Image { media_id } | Reply::Voice { media_id } | Reply::Video { media_id, .. } => {
                Some(media_id)
            }
            _ => None,
        }
    }
}

/// The signed envelope of a reply, if it is one.
pub(super) fn envelope(body: &str) -> Option<ReplyEnvelope> {
    ReplyEnvelope::parse(&as_xml(body)).ok()
}

/// A body in JSON as the XML it stands for; anything else unchanged.
fn as_xml(body: &str) -> Cow<'_, str> {
    if !body.trim_start().starts_with('{') {
        return Cow::Borrowed(body);
    }
    match serde_json::from_str(body) {
        Ok(serde_json::Value::Object(map)) => Cow::Owned(node::xml(&node::fields(&map))),
        _ => Cow::Borrowed(body),
    }
}

/// Reads a decrypted reply from `account` to `openid`.
///
/// # Errors
/// What is wrong with it, in words for the developer.
pub(super) fn parse(xml: &str, account: &str, openid: &str) -> Result<Reply, String> {
    let xml = as_xml(xml);
    let fields = Fields::parse(&xml).map_err(|_| "回复不是 XML，也不是 JSON".to_owned())?;
    let get = |name| fields.require(name).map_err(|_| format!("回复缺少 {name}"));
    if get("ToUserName")? != openid {
        return Err("回复的 ToUserName 不是发信人".to_owned());
    }
    if get("FromUserName")? != account {
        return Err("回复的 FromUserName 不是本公众号".to_owned());
    }
    get("CreateTime")?
        .parse::<u64>()
        .map_err(|_| "回复的 CreateTime 不是秒数".to_owned())?;
    match get("MsgType")? {
        "text" => Ok(Reply::Text {
            text: get("Content")?.to_owned(),
        }),
        "news" => news(&fields),
        "image" => Ok(Reply::Image {
            media_id: part(&fields, "Image", "MediaId")?,
        }),
        "voice" => Ok(Reply::Voice {
            media_id: part(&fields, "Voice", "MediaId")?,
        }),
        "video" => Ok(Reply::Video {
            media_id: part(&fields, "Video", "MediaId")?,
            title: inside(&fields, "Video", "Title"),
            description: inside(&fields, "Video", "Description"),
        }),
        "music" => Ok(Reply::Music {
            title: inside(&fields, "Music", "Title"),
            description: inside(&fields, "Music", "Description"),
            url: inside(&fields, "Music", "MusicUrl"),
        }),
        other @ "transfer_customer_service" => Ok(Reply::Other {
            msg_type: other.to_owned(),
        }),
        other => Err(format!("回复的 MsgType 不认识：{other}")),
    }
}

fn inside(fields: &Fields<'_>, parent: &str, name: &str) -> String {
    fields.inside(parent, name).unwrap_or_default().trim().to_owned()
}

fn part(fields: &Fields<'_>, parent: &str, name: &str) -> Result<String, String> {
    match inside(fields, parent, name) {
        value if value.is_empty() => Err(format!("回复缺少 {parent}/{name}")),
        value => Ok(value),
    }
}

fn news(fields: &Fields<'_>) -> Result<Reply, String> {
    let mut articles: Vec<Article> = Vec::new();
    for field in fields.iter().filter(|f| f.parent == "item") {
        let value = field.value.trim().to_owned();
        // An item begins with its title: WeChat's documents and every library write it first.
        if field.name == "Title" {
            articles.push(Article::default());
        }
        let Some(article) = articles.last_mut() else {
            return Err("图文消息的条目没有以 Title 开始".to_owned());
        };
        match field.name {
            "Title" => article.title = value,
            "Description" => article.description = value,
            "PicUrl" => article.pic_url = value,
            "Url" => article.url = value,
            _ => {}
        }
    }
    if articles.is_empty() {
        Err("图文消息没有条目".to_owned())
    } else {
        Ok(Reply::News { articles })
    }
}
