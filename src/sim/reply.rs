//! The passive reply to a callback, read as strictly as WeChat reads it.

use serde::Serialize;

use crate::wechat::envelope::ReplyEnvelope;
use crate::wechat::xml::Fields;

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
    /// A kind the phone does not draw (picture, voice …), or the hand-over to customer service.
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
            Reply::Other { msg_type } => Body::Notice {
                text: format!("［{msg_type}］模拟手机不显示这种消息"),
            },
        }
    }
}

/// The signed envelope of a reply, if it is one.
pub(super) fn envelope(body: &str) -> Option<ReplyEnvelope> {
    ReplyEnvelope::parse(body).ok()
}

/// Reads a decrypted reply from `account` to `openid`.
///
/// # Errors
/// What is wrong with it, in words for the developer.
pub(super) fn parse(xml: &str, account: &str, openid: &str) -> Result<Reply, String> {
    let fields = Fields::parse(xml).map_err(|_| "回复不是 XML".to_owned())?;
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
        other @ ("image" | "voice" | "video" | "music" | "transfer_customer_service") => Ok(Reply::Other {
            msg_type: other.to_owned(),
        }),
        other => Err(format!("回复的 MsgType 不认识：{other}")),
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
