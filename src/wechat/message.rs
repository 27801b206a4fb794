//! What WeChat pushes to the callback: messages people send and events about them.
//!
//! Source: WeChat, 接收普通消息 / 接收事件推送. Field names and spellings are WeChat's (`MsgId` of a message,
//! but `MsgID` of TEMPLATESENDJOBFINISH).

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::callback::Malformed;
use super::xml::Fields;

mod identity;
mod kind;
mod parts;

pub use kind::Kind;
pub use parts::{Decision, Grant, PictureSource, Place, Position, SendOutcome, SentNotice, Subject};

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

impl Inbound {
    /// Parses one message, decrypted or plain, XML or JSON. Errors: [`Malformed`].
    pub fn parse(body: &str) -> Result<Self, Malformed> {
        Self::from_fields(&Fields::parse_body(body)?)
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
            Kind::Text { .. }
            | Kind::Image { .. }
            | Kind::Voice { .. }
            | Kind::Video { .. }
            | Kind::ShortVideo { .. }
            | Kind::Location { .. }
            | Kind::Link { .. } => true,
            Kind::Other { event, .. } => event.is_none(),
            _ => false,
        }
    }

    /// The openid it is about: for a changed, revoked or cancelled authorization that is `OpenID`, because WeChat
    /// itself stands in `FromUserName` there (facts, Revocation); else the sender.
    pub fn subject(&self) -> &str {
        match &self.kind {
            Kind::UserInfoModified { of }
            | Kind::AuthorizationRevoked { of, .. }
            | Kind::AuthorizationCancelled { of } => &of.openid,
            _ => &self.from,
        }
    }

    /// A key that is equal for WeChat's repeated deliveries of one message and different for any two messages
    /// (facts row 3): 32 hex digits over appid + sender + `MsgId`, or for events appid + sender + time + event +
    /// `EventKey` + the event's own id and subject. Hashed, so that no openid gets into the names of a cache.
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
                part(&self.create_time.to_string());
                part(self.kind.name());
                self.kind.identity(&mut part);
            }
        }
        hex::encode(&hash.finalize()[..16])
    }
}

#[cfg(test)]
mod tests;
