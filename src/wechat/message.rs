//! What WeChat pushes to the callback: messages people send and events about them.
//!
//! Source: WeChat, 接收普通消息 / 接收事件推送. Field names and spellings are WeChat's (`MsgId` of a message,
//! but `MsgID` of TEMPLATESENDJOBFINISH).

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::callback::Malformed;
use super::xml::Fields;

/// Scene values of parametric QR codes come with this prefix when the scan made the person follow.
const QR_SCENE_PREFIX: &str = "qrscene_";

/// One message or event. Can be stored as JSON, for handling that outlasts the five seconds WeChat waits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// `ToUserName`: the account's original id (`gh_…`), the sender of a reply.
    pub to: String,
    /// `FromUserName`: the person's openid. Opaque.
    pub from: String,
    /// `CreateTime`: Unix time in seconds.
    pub create_time: i64,
    /// `MsgId` of a message; events have none. Unique per sender only (facts row 3).
    pub msg_id: Option<String>,
    /// What it is.
    pub kind: Kind,
}

/// Who wrote what is personal; a debug print tells only what kind of thing it was.
impl std::fmt::Debug for Inbound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inbound")
            .field("kind", &self.kind.name())
            .finish_non_exhaustive()
    }
}

/// The kinds this library knows, everything else as [`Kind::Other`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Kind {
    /// A text somebody typed, as typed.
    Text {
        /// The text; control characters XML forbids are already gone.
        content: String,
    },
    /// Somebody followed the account.
    Subscribe {
        /// Scene of the parametric QR code that led here (without `qrscene_`).
        scene: Option<String>,
        /// Ticket of that QR code.
        ticket: Option<String>,
    },
    /// Somebody unfollowed the account; nothing can be sent to them any more.
    Unsubscribe,
    /// A follower scanned a parametric QR code.
    Scan {
        /// Its scene.
        scene: String,
        /// Ticket of that QR code.
        ticket: Option<String>,
    },
    /// A menu item of type `click` was tapped.
    Click {
        /// The item's key.
        key: String,
    },
    /// A menu item of type `view` was tapped.
    View {
        /// The page it opens.
        url: String,
        /// Id of the conditional menu, if it was one.
        menu_id: Option<String>,
    },
    /// The outcome of a template message (TEMPLATESENDJOBFINISH).
    TemplateSent {
        /// `MsgID`: the id which sending returned.
        msg_id: String,
        /// `Status` verbatim; [`SendOutcome::from_status`] reads it.
        status: String,
    },
    /// Anything else, kept verbatim; answer it with `success`.
    Other {
        /// `MsgType`.
        msg_type: String,
        /// `Event`, when `MsgType` is `event`.
        event: Option<String>,
        /// Every other field, as (path, value); the path of a field in a field is `Outer/Inner`.
        fields: Vec<(String, String)>,
    },
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

impl Inbound {
    /// Parses the XML of one message, decrypted or plain. Errors: [`Malformed`].
    pub fn parse(xml: &str) -> Result<Self, Malformed> {
        Self::from_fields(&Fields::parse(xml)?)
    }

    /// Builds the message from its fields. Errors: a missing, doubled or unreadable field.
    pub fn from_fields(fields: &Fields<'_>) -> Result<Self, Malformed> {
        let create_time = fields
            .require("CreateTime")?
            .parse()
            .map_err(|_| Malformed::Number("CreateTime"))?;
        Ok(Inbound {
            to: fields.require("ToUserName")?.to_owned(),
            from: fields.require("FromUserName")?.to_owned(),
            create_time,
            msg_id: fields.optional("MsgId")?,
            kind: Kind::from_fields(fields)?,
        })
    }

    /// Whether a person wrote or sent it, so that WeChat allows one article in a passive reply and opens the
    /// 48-hour window of customer service.
    pub fn is_message(&self) -> bool {
        match &self.kind {
            Kind::Text { .. } => true,
            Kind::Other { event, .. } => event.is_none(),
            _ => false,
        }
    }

    /// A key that is equal for WeChat's repeated deliveries of one message and different for any two messages
    /// (facts row 3): 32 hex digits over appid + sender + `MsgId`, or for events appid + sender + time + event +
    /// `EventKey` + the event's own id. Hashed, so that no openid gets into the names of a cache.
    pub fn dedup_key(&self, app_id: &str) -> String {
        let mut hash = Sha256::new();
        let mut part = |text: &str| {
            // Length first, so that no two lists of parts read the same.
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        };
        part(app_id);
        part(&self.from);
        match &self.msg_id {
            Some(id) => part(id),
            None => {
                let (event, key, id) = self.kind.identity();
                part(&self.create_time.to_string());
                [event, key, id].into_iter().for_each(&mut part);
            }
        }
        hex::encode(&hash.finalize()[..16])
    }
}

impl Kind {
    fn from_fields(fields: &Fields<'_>) -> Result<Self, Malformed> {
        match fields.require("MsgType")? {
            "text" => Ok(Kind::Text {
                content: fields
                    .get("Content")?
                    .map(ToString::to_string)
                    .unwrap_or_default(),
            }),
            "event" => Self::from_event(fields, fields.require("Event")?),
            other => Ok(Self::other(fields, other, None)),
        }
    }

    fn from_event(fields: &Fields<'_>, event: &str) -> Result<Self, Malformed> {
        let key = || fields.optional("EventKey");
        let ticket = || fields.optional("Ticket");
        Ok(match event {
            "subscribe" => Kind::Subscribe {
                scene: key()?.and_then(|k| k.strip_prefix(QR_SCENE_PREFIX).map(str::to_owned)),
                ticket: ticket()?,
            },
            "unsubscribe" => Kind::Unsubscribe,
            "SCAN" => Kind::Scan {
                scene: key()?.unwrap_or_default(),
                ticket: ticket()?,
            },
            "CLICK" => Kind::Click {
                key: key()?.unwrap_or_default(),
            },
            "VIEW" => Kind::View {
                url: key()?.unwrap_or_default(),
                menu_id: fields.optional("MenuId")?,
            },
            "TEMPLATESENDJOBFINISH" => Kind::TemplateSent {
                msg_id: fields.require("MsgID")?.to_owned(),
                status: fields.get("Status")?.map(ToString::to_string).unwrap_or_default(),
            },
            other => Self::other(fields, "event", Some(other.to_owned())),
        })
    }

    fn other(fields: &Fields<'_>, msg_type: &str, event: Option<String>) -> Self {
        const HEADER: [&str; 6] = [
            "ToUserName",
            "FromUserName",
            "CreateTime",
            "MsgType",
            "Event",
            "MsgId",
        ];
        let path = |parent: &str, name: &str| {
            if parent.is_empty() {
                name.to_owned()
            } else {
                format!("{parent}/{name}")
            }
        };
        let fields = fields
            .iter()
            .filter(|f| !(f.parent.is_empty() && HEADER.contains(&f.name)))
            .map(|f| (path(f.parent, f.name), f.value.to_string()))
            .collect();
        Kind::Other {
            msg_type: msg_type.to_owned(),
            event,
            fields,
        }
    }

    /// `MsgType`, or `Event` of an event, in WeChat's spelling: for metrics and logs.
    pub fn name(&self) -> &str {
        self.identity().0
    }

    /// Event, EventKey and the event's own id, as far as they tell two events of one second apart.
    fn identity(&self) -> (&str, &str, &str) {
        match self {
            Kind::Text { .. } => ("text", "", ""),
            Kind::Subscribe { scene, .. } => ("subscribe", scene.as_deref().unwrap_or_default(), ""),
            Kind::Unsubscribe => ("unsubscribe", "", ""),
            Kind::Scan { scene, .. } => ("SCAN", scene, ""),
            Kind::Click { key } => ("CLICK", key, ""),
            Kind::View { url, .. } => ("VIEW", url, ""),
            Kind::TemplateSent { msg_id, .. } => ("TEMPLATESENDJOBFINISH", "", msg_id),
            Kind::Other { msg_type, event, .. } => (
                event.as_deref().unwrap_or(msg_type),
                self.field("EventKey").unwrap_or_default(),
                ["MsgID", "trace_id", "TraceId", "UniqId"]
                    .iter()
                    .find_map(|n| self.field(n))
                    .unwrap_or_default(),
            ),
        }
    }

    /// A field of a [`Kind::Other`] by its path (`EventKey`, `ScanCodeInfo/ScanResult`).
    pub fn field(&self, path: &str) -> Option<&str> {
        match self {
            Kind::Other { fields, .. } => fields.iter().find(|(p, _)| p == path).map(|(_, v)| v.as_str()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
