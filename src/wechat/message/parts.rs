//! What messages and events are made of.

use serde::{Deserialize, Serialize};

use crate::wechat::callback::Malformed;
use crate::wechat::xml::Fields;

/// A place on earth, in the digits WeChat sent. Personal when it is where somebody is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Degrees north (`Location_X`, `Latitude`).
    pub latitude: String,
    /// Degrees east (`Location_Y`, `Longitude`).
    pub longitude: String,
}

impl Position {
    /// Degrees north and east; `None` if they are no numbers on this earth.
    pub fn degrees(&self) -> Option<(f64, f64)> {
        let read = |text: &str, most: f64| text.parse::<f64>().ok().filter(|d| d.abs() <= most);
        Some((read(&self.latitude, 90.0)?, read(&self.longitude, 180.0)?))
    }
}

/// A place on a map. Kept in a box wherever it stands, so that texts, which are nearly all messages, stay small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Where it is.
    pub position: Position,
    /// Zoom of the map.
    pub scale: String,
    /// Its address.
    pub label: String,
    /// Its name (`Poiname`), only from a menu item; may be empty.
    pub name: String,
}

/// Where the pictures of a menu item come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureSource {
    /// `pic_sysphoto`: the camera.
    Camera,
    /// `pic_photo_or_album`: the camera or the album.
    CameraOrAlbum,
    /// `pic_weixin`: WeChat's album.
    WeChatAlbum,
}

/// Who an event about an authorization is about.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// `OpenID`.
    pub openid: String,
    /// `AppID` of the account or mini-program.
    pub app_id: String,
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject")
            .field("app_id", &self.app_id)
            .finish_non_exhaustive()
    }
}

impl Subject {
    pub(super) fn from_fields(fields: &Fields<'_>) -> Result<Self, Malformed> {
        Ok(Subject {
            openid: fields.require("OpenID")?.to_owned(),
            app_id: fields.optional("AppID")?.unwrap_or_default(),
        })
    }
}

/// What somebody decided about a subscription template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// `accept`: one more message may be sent, whenever (facts, 订阅通知).
    Accept,
    /// `reject`.
    Reject,
    /// Another word, verbatim; count it as no grant.
    Other(String),
}

/// A decision about one template, from `subscribe_msg_popup_event` or `subscribe_msg_change_event`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// `TemplateId`.
    pub template_id: String,
    /// `SubscribeStatusString`.
    pub decision: Decision,
    /// `PopupScene`, only of a popup: where it was shown.
    pub scene: Option<String>,
}

impl Grant {
    pub(super) fn list(fields: &Fields<'_>) -> Vec<Self> {
        items(fields)
            .into_iter()
            .filter_map(|item| {
                Some(Grant {
                    template_id: item.get("TemplateId")?,
                    decision: match item.get("SubscribeStatusString").unwrap_or_default().as_str() {
                        "accept" => Decision::Accept,
                        "reject" => Decision::Reject,
                        other => Decision::Other(other.to_owned()),
                    },
                    scene: item.get("PopupScene"),
                })
            })
            .collect()
    }

    /// Whether one more message may be sent.
    pub fn is_accepted(&self) -> bool {
        self.decision == Decision::Accept
    }
}

/// The outcome of one subscription message, from `subscribe_msg_sent_event`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentNotice {
    /// `TemplateId`.
    pub template_id: String,
    /// `MsgID`.
    pub msg_id: String,
    /// `ErrorCode`, 0 for success; text that is no number reads as -1.
    pub code: i64,
    /// `ErrorStatus`, verbatim.
    pub status: String,
}

impl SentNotice {
    pub(super) fn list(fields: &Fields<'_>) -> Vec<Self> {
        items(fields)
            .into_iter()
            .filter_map(|item| {
                Some(SentNotice {
                    template_id: item.get("TemplateId")?,
                    msg_id: item.get("MsgID").unwrap_or_default(),
                    code: item.get("ErrorCode")?.parse().unwrap_or(-1),
                    status: item.get("ErrorStatus").unwrap_or_default(),
                })
            })
            .collect()
    }

    /// Whether it reached the person.
    pub fn is_success(&self) -> bool {
        self.code == 0
    }
}

/// One element of `List`.
struct Item<'f>(Vec<(&'f str, &'f str)>);

impl Item<'_> {
    fn get(&self, name: &str) -> Option<String> {
        let found = self.0.iter().find(|(n, _)| *n == name)?;
        Some(found.1.trim().to_owned()).filter(|value| !value.is_empty())
    }
}

/// The elements of `List`, one or many, wherever it stands.
fn items<'f>(fields: &'f Fields<'_>) -> Vec<Item<'f>> {
    let mut items = Vec::new();
    let mut last = None;
    for field in fields.iter().filter(|field| field.parent == "List") {
        if last.replace(field.group) != Some(field.group) {
            items.push(Item(Vec::with_capacity(4)));
        }
        if let Some(item) = items.last_mut() {
            item.0.push((field.name, &field.value));
        }
    }
    items
}

/// What the status of a TEMPLATESENDJOBFINISH says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendOutcome {
    /// Delivered.
    Success,
    /// `failed:user block`: the person refuses messages of this account.
    UserBlock,
    /// `failed: system failed`, on WeChat's side.
    SystemFailed,
    /// `failed:freq limit`: too many messages to this person (observed in 2024).
    FrequencyLimit,
    /// Not known; keep the status verbatim.
    Unknown,
}

impl SendOutcome {
    /// Reads a status; spaces after the colon and letter case make no difference.
    pub fn from_status(status: &str) -> Self {
        let status = status.trim();
        if status.eq_ignore_ascii_case("success") {
            return SendOutcome::Success;
        }
        match status
            .split_once(':')
            .map(|(_, why)| why.trim().to_ascii_lowercase())
            .as_deref()
        {
            Some("user block") => SendOutcome::UserBlock,
            Some("system failed") => SendOutcome::SystemFailed,
            Some("freq limit") => SendOutcome::FrequencyLimit,
            _ => SendOutcome::Unknown,
        }
    }
}
