//! The kinds of messages and events, read from their fields.
//!
//! A field that WeChat documents but did not send reads as an empty text: refusing the message would bring it back
//! three times and show the person an error.

use serde::{Deserialize, Serialize};

use super::parts::{Grant, PictureSource, Place, Position, SentNotice, Subject};
use crate::wechat::callback::Malformed;
use crate::wechat::xml::Fields;

/// Scene values of parametric QR codes come with this prefix when the scan made the person follow.
const QR_SCENE_PREFIX: &str = "qrscene_";

/// The kinds this library knows, everything else as [`Kind::Other`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Kind {
    /// A text somebody typed, as typed.
    Text {
        /// The text; control characters XML forbids are already gone.
        content: String,
    },
    /// A picture somebody sent.
    Image {
        /// Where WeChat shows it.
        pic_url: String,
        /// To download it with, for three days.
        media_id: String,
    },
    /// A spoken message.
    Voice {
        /// To download it with.
        media_id: String,
        /// `amr`, `speex` ….
        format: String,
        /// What WeChat understood, if recognition is turned on.
        recognition: Option<String>,
    },
    /// A video.
    Video {
        /// To download it with.
        media_id: String,
        /// To download its preview picture with.
        thumb_media_id: String,
    },
    /// A short video filmed in the chat.
    ShortVideo {
        /// To download it with.
        media_id: String,
        /// To download its preview picture with.
        thumb_media_id: String,
    },
    /// A place somebody sent.
    Location {
        /// Which.
        place: Box<Place>,
    },
    /// A web page somebody sent.
    Link {
        /// Its title.
        title: String,
        /// What it is about.
        description: String,
        /// Its address.
        url: String,
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
    /// `LOCATION`: where somebody is, on entering the chat or every 5 s, if they agreed.
    ReportedLocation {
        /// Where.
        position: Position,
        /// How exactly, in WeChat's digits.
        precision: String,
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
    /// A menu item opened a mini-program.
    ViewMiniProgram {
        /// Its page.
        path: String,
        /// Id of the conditional menu, if it was one.
        menu_id: Option<String>,
    },
    /// A menu item scanned a code.
    ScanCode {
        /// The item's key.
        key: String,
        /// Whether the person is shown that an answer is under way (`scancode_waitmsg`).
        waits: bool,
        /// `qrcode`, `barcode`.
        scan_type: String,
        /// What the code holds.
        result: String,
    },
    /// A menu item sent pictures; each comes as a message of its own besides.
    Pictures {
        /// The item's key.
        key: String,
        /// Where they come from.
        source: PictureSource,
        /// MD5 of each, to recognise it by.
        md5: Vec<String>,
    },
    /// A menu item sent a place.
    LocationSelect {
        /// The item's key.
        key: String,
        /// Which.
        place: Box<Place>,
    },
    /// The outcome of a template message (TEMPLATESENDJOBFINISH).
    TemplateSent {
        /// `MsgID`: the id which sending returned.
        msg_id: String,
        /// `Status` verbatim; [`SendOutcome::from_status`](super::SendOutcome::from_status) reads it.
        status: String,
    },
    /// Somebody answered the question for subscription messages (subscribe_msg_popup_event).
    SubscribePopup {
        /// What they decided, by template.
        grants: Vec<Grant>,
    },
    /// Somebody changed it in their settings (subscribe_msg_change_event); only refusals come.
    SubscribeChange {
        /// What they decided, by template.
        grants: Vec<Grant>,
    },
    /// The outcome of subscription messages (subscribe_msg_sent_event).
    SubscribeSent {
        /// One for each message.
        results: Vec<SentNotice>,
    },
    /// Name or picture of somebody was removed for being risky: fetch or delete them.
    UserInfoModified {
        /// Who.
        of: Subject,
    },
    /// Somebody took back the permission to use their data: delete what is named.
    AuthorizationRevoked {
        /// Who.
        of: Subject,
        /// `RevokeInfo`: WeChat's numbers of the kinds of data, 201 to 207 for an official account.
        revoked: Vec<String>,
    },
    /// Somebody closed their account: delete their data.
    AuthorizationCancelled {
        /// Who.
        of: Subject,
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

impl Kind {
    pub(super) fn from_fields(fields: &Fields<'_>) -> Result<Self, Malformed> {
        let text = |name| text(fields, name);
        Ok(match fields.require("MsgType")? {
            "text" => Kind::Text {
                content: text("Content")?,
            },
            "event" => return Self::from_event(fields, fields.require("Event")?),
            "image" => Kind::Image {
                pic_url: text("PicUrl")?,
                media_id: text("MediaId")?,
            },
            "voice" => Kind::Voice {
                media_id: text("MediaId")?,
                format: text("Format")?,
                recognition: fields.optional("Recognition")?,
            },
            "video" => Kind::Video {
                media_id: text("MediaId")?,
                thumb_media_id: text("ThumbMediaId")?,
            },
            "shortvideo" => Kind::ShortVideo {
                media_id: text("MediaId")?,
                thumb_media_id: text("ThumbMediaId")?,
            },
            "location" => Kind::Location {
                place: Box::new(Place {
                    position: Position {
                        latitude: text("Location_X")?,
                        longitude: text("Location_Y")?,
                    },
                    scale: text("Scale")?,
                    label: text("Label")?,
                    name: String::new(),
                }),
            },
            "link" => Kind::Link {
                title: text("Title")?,
                description: text("Description")?,
                url: text("Url")?,
            },
            other => Self::other(fields, other, None),
        })
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
            "LOCATION" => Kind::ReportedLocation {
                position: Position {
                    latitude: text(fields, "Latitude")?,
                    longitude: text(fields, "Longitude")?,
                },
                precision: text(fields, "Precision")?,
            },
            "TEMPLATESENDJOBFINISH" => Kind::TemplateSent {
                msg_id: fields.require("MsgID")?.to_owned(),
                status: text(fields, "Status")?,
            },
            "subscribe_msg_popup_event" => Kind::SubscribePopup {
                grants: Grant::list(fields),
            },
            "subscribe_msg_change_event" => Kind::SubscribeChange {
                grants: Grant::list(fields),
            },
            "subscribe_msg_sent_event" => Kind::SubscribeSent {
                results: SentNotice::list(fields),
            },
            "user_info_modified" => Kind::UserInfoModified {
                of: Subject::from_fields(fields)?,
            },
            "user_authorization_revoke" => Kind::AuthorizationRevoked {
                of: Subject::from_fields(fields)?,
                revoked: revoked(fields),
            },
            "user_authorization_cancellation" => Kind::AuthorizationCancelled {
                of: Subject::from_fields(fields)?,
            },
            other => match Self::from_menu_event(fields, other)? {
                Some(kind) => kind,
                None => Self::other(fields, "event", Some(other.to_owned())),
            },
        })
    }

    fn from_menu_event(fields: &Fields<'_>, event: &str) -> Result<Option<Self>, Malformed> {
        let key = || Ok::<_, Malformed>(fields.optional("EventKey")?.unwrap_or_default());
        let inside = |parent, name| fields.inside(parent, name).unwrap_or_default().to_owned();
        Ok(Some(match event {
            "CLICK" => Kind::Click { key: key()? },
            "VIEW" => Kind::View {
                url: key()?,
                menu_id: fields.optional("MenuId")?,
            },
            "view_miniprogram" => Kind::ViewMiniProgram {
                path: key()?,
                menu_id: fields.optional("MenuId")?,
            },
            "scancode_push" | "scancode_waitmsg" => Kind::ScanCode {
                key: key()?,
                waits: event == "scancode_waitmsg",
                scan_type: inside("ScanCodeInfo", "ScanType"),
                result: inside("ScanCodeInfo", "ScanResult"),
            },
            "pic_sysphoto" => Self::pictures(fields, key()?, PictureSource::Camera),
            "pic_photo_or_album" => Self::pictures(fields, key()?, PictureSource::CameraOrAlbum),
            "pic_weixin" => Self::pictures(fields, key()?, PictureSource::WeChatAlbum),
            "location_select" => Kind::LocationSelect {
                key: key()?,
                place: Box::new(Place {
                    position: Position {
                        latitude: inside("SendLocationInfo", "Location_X"),
                        longitude: inside("SendLocationInfo", "Location_Y"),
                    },
                    scale: inside("SendLocationInfo", "Scale"),
                    label: inside("SendLocationInfo", "Label"),
                    name: inside("SendLocationInfo", "Poiname"),
                }),
            },
            _ => return Ok(None),
        }))
    }

    fn pictures(fields: &Fields<'_>, key: String, source: PictureSource) -> Self {
        let md5 = fields.iter().filter(|field| field.name == "PicMd5Sum");
        Kind::Pictures {
            key,
            source,
            md5: md5.map(|field| field.value.trim().to_owned()).collect(),
        }
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

    /// A field of a [`Kind::Other`] by its path (`EventKey`, `ScanCodeInfo/ScanResult`).
    pub fn field(&self, path: &str) -> Option<&str> {
        match self {
            Kind::Other { fields, .. } => fields.iter().find(|(p, _)| p == path).map(|(_, v)| v.as_str()),
            _ => None,
        }
    }
}

/// The text of a field, as it is.
fn text(fields: &Fields<'_>, name: &'static str) -> Result<String, Malformed> {
    Ok(fields.get(name)?.map(ToString::to_string).unwrap_or_default())
}

/// `RevokeInfo`, one number or several.
fn revoked(fields: &Fields<'_>) -> Vec<String> {
    let numbers = fields.iter().filter(|field| field.name == "RevokeInfo");
    numbers
        .flat_map(|field| field.value.split(|c: char| !c.is_ascii_alphanumeric()))
        .filter(|number| !number.is_empty())
        .map(str::to_owned)
        .collect()
}
