//! `POST /sim/say`, `/sim/send`, `/sim/event`: what a phone sends besides taps, follows and scans.

use poem::web::{Data, Json};
use poem::{Body, Request, handler};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Sim;
use super::api::{self, ControlResult};
use super::control::{known, must_follow};
use super::error::ControlError;
use super::incoming::Incoming;
use super::media::{self, Kind};
use super::node::{self, Node};
use super::state::{Body as Shown, openid_of};

/// Longest text a person can send, in bytes.
const MAX_SAY: usize = 2048;
/// The picture, sound and film that are sent when none is given: the smallest files of their formats.
const PICTURE: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x07\xa3\x5a\xff\xff\xff,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";
const THUMB: &[u8] = &[0xFF, 0xD8, 0xFF, 0xE0, 0xFF, 0xD9];
const SOUND: &[u8] = b"#!AMR\n";
const FILM: &[u8] = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom";

/// Where somebody is.
#[derive(Deserialize)]
#[serde(default)]
pub(super) struct Place {
    pub latitude: f64,
    pub longitude: f64,
    pub label: String,
}

impl Default for Place {
    fn default() -> Place {
        Place {
            latitude: 36.6512,
            longitude: 117.1201,
            label: "山东省济南市历下区".to_owned(),
        }
    }
}

pub(super) async fn outcome(sim: &Sim, openid: &str, incoming: &Incoming) -> ControlResult {
    Ok(Json(sim.deliver(openid, incoming).await.json()))
}

#[derive(Deserialize)]
struct Say {
    user: String,
    text: String,
    /// The answer's id, when the text is one that was tapped in a `msgmenu`.
    menu_id: Option<String>,
}

#[handler]
pub(super) async fn say(sim: Data<&Sim>, body: Body) -> ControlResult {
    let say: Say = api::control_body(body).await?;
    if say.text.trim().is_empty() || say.text.len() > MAX_SAY {
        return Err(ControlError::bad(
            "bad_text",
            "消息不能为空，也不能超过 2048 字节",
        ));
    }
    let openid = {
        let mut state = sim.state();
        let openid = must_follow(&state, &say.user)?;
        let text = say.text.clone();
        state.show(&openid, Shown::Said { text });
        openid
    };
    let message = Incoming::text(say.text).with_some("bizmsgmenuid", say.menu_id);
    outcome(&sim, &openid, &message).await
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Sent {
    Image {
        /// The file, in base64.
        data: Option<String>,
    },
    Voice {
        /// What WeChat understood, for accounts that have recognition.
        recognition: Option<String>,
    },
    Video,
    ShortVideo,
    Location {
        #[serde(flatten)]
        place: Place,
    },
    Link {
        title: String,
        #[serde(default)]
        description: String,
        url: String,
    },
}

#[derive(Deserialize)]
struct Send {
    user: String,
    #[serde(flatten)]
    sent: Sent,
}

#[handler]
pub(super) async fn send(sim: Data<&Sim>, request: &Request, body: Body) -> ControlResult {
    let send: Send = api::control_body(body).await?;
    let openid = must_follow(&sim.state(), &send.user)?;
    let message = match send.sent {
        Sent::Image { data } => picture(&sim, request, &openid, data)?,
        Sent::Voice { recognition } => {
            let id = keep(&sim, Kind::Voice, SOUND)?;
            show(
                &sim,
                &openid,
                "voice",
                recognition.clone().unwrap_or_default(),
                "",
            );
            let message = Incoming::message("voice")
                .with("MediaId", id)
                .with("Format", "amr");
            message.with_some("Recognition", recognition)
        }
        Sent::Video => film(&sim, &openid, "video")?,
        Sent::ShortVideo => film(&sim, &openid, "shortvideo")?,
        Sent::Location { place } => location(&sim, &openid, &place),
        Sent::Link {
            title,
            description,
            url,
        } => {
            show(&sim, &openid, "link", title.clone(), &url);
            let message = Incoming::message("link").with("Title", title);
            message.with("Description", description).with("Url", url)
        }
    };
    outcome(&sim, &openid, &message).await
}

fn keep(sim: &Sim, kind: Kind, bytes: &[u8]) -> Result<String, ControlError> {
    let mut state = sim.state();
    let now = state.now_ms();
    let kept = state.media.keep(kind, bytes.to_vec(), now);
    kept.map_err(|e| ControlError::bad("bad_media", e.to_string()))
}

fn show(sim: &Sim, openid: &str, msg_type: &'static str, text: String, url: &str) {
    let url = url.to_owned();
    let shown = Shown::Sent { msg_type, text, url };
    sim.state().show(openid, shown);
}

/// A picture message, kept as a medium and shown on the phone.
pub(super) fn picture(
    sim: &Sim,
    request: &Request,
    openid: &str,
    data: Option<String>,
) -> Result<Incoming, ControlError> {
    let bytes = match data {
        None => PICTURE.to_vec(),
        Some(text) => {
            api::from_base64(&text).ok_or_else(|| ControlError::bad("bad_media", "data 须为 base64"))?
        }
    };
    let id = keep(sim, Kind::Image, &bytes)?;
    let path = media::path(&id);
    show(sim, openid, "image", String::new(), &path);
    let message = Incoming::message("image").with("PicUrl", media::absolute(request, &path));
    Ok(message.with("MediaId", id))
}

fn film(sim: &Sim, openid: &str, kind: &'static str) -> Result<Incoming, ControlError> {
    let id = keep(sim, Kind::Video, FILM)?;
    let thumb = keep(sim, Kind::Thumb, THUMB)?;
    show(sim, openid, kind, String::new(), "");
    let message = Incoming::message(kind).with("MediaId", id);
    Ok(message.with("ThumbMediaId", thumb))
}

/// A place message, shown on the phone. WeChat's X is the latitude.
pub(super) fn location(sim: &Sim, openid: &str, place: &Place) -> Incoming {
    show(sim, openid, "location", place.label.clone(), "");
    let number = |value: f64| Node::Raw(format!("{value:.6}"));
    Incoming::message("location")
        .node("Location_X", number(place.latitude))
        .node("Location_Y", number(place.longitude))
        .node("Scale", Node::Num(15))
        .with("Label", place.label.clone())
}

#[derive(Deserialize)]
struct Event {
    user: String,
    event: String,
    /// `LOCATION`: where, and how exactly in metres.
    #[serde(flatten)]
    place: Place,
    /// `user_authorization_revoke`: what, 201 to 207.
    #[serde(default)]
    revoke: Vec<u32>,
    /// Any other event's own elements.
    #[serde(default)]
    fields: Map<String, Value>,
}

/// An event a phone or WeChat itself causes; one this does not know is sent as it is told.
#[handler]
pub(super) async fn happen(sim: Data<&Sim>, body: Body) -> ControlResult {
    let event: Event = api::control_body(body).await?;
    if event.event.is_empty() {
        return Err(ControlError::bad("bad_event", "须说明 event"));
    }
    let (openid, incoming) = match event.event.as_str() {
        "LOCATION" => {
            let openid = must_follow(&sim.state(), &event.user)?;
            let number = |value: f64| Node::Raw(format!("{value:.6}"));
            let incoming = Incoming::event("LOCATION")
                .node("Latitude", number(event.place.latitude))
                .node("Longitude", number(event.place.longitude))
                .node("Precision", number(30.0));
            (openid, incoming)
        }
        "user_info_modified" | "user_authorization_revoke" | "user_authorization_cancellation" => {
            authorisation(&sim, &event)?
        }
        _ => {
            let (openid, _) = known(&sim.state(), &event.user)?;
            let incoming = Incoming::event(event.event.clone()).all(node::fields(&event.fields));
            (openid, incoming)
        }
    };
    outcome(&sim, &openid, &incoming).await
}

/// Facts: Revocation. The subject is `OpenID`; `FromUserName` is somebody else.
fn authorisation(sim: &Sim, event: &Event) -> Result<(String, Incoming), ControlError> {
    let mut state = sim.state();
    let (openid, _) = known(&state, &event.user)?;
    let revokes = event.event == "user_authorization_revoke";
    let known = event.revoke.iter().all(|code| (201..=207).contains(code));
    if revokes && (event.revoke.is_empty() || !known) {
        return Err(ControlError::bad("bad_revoke", "revoke 须为 201 到 207 的编号"));
    }
    if event.event != "user_info_modified" {
        state.oauth.forget(&openid);
    }
    if event.event == "user_authorization_cancellation"
        && let Some(user) = state.user_mut(&event.user)
    {
        user.following = false;
    }
    let codes: Vec<String> = event.revoke.iter().map(u32::to_string).collect();
    let mut incoming = Incoming::event(event.event.clone())
        .with("OpenID", openid.clone())
        .with("AppID", sim.cfg().app_id.clone())
        .with_some("RevokeInfo", revokes.then(|| codes.join(",")));
    incoming.from = Some(openid_of("wechat-itself"));
    Ok((openid, incoming))
}
