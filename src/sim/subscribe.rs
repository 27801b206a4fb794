//! 订阅通知: grants, `POST /cgi-bin/message/subscribe/bizsend`, the mini program's `…/subscribe/send`, the events.
//!
//! One grant is one message (facts: 订阅通知); without one 43101. `bizsend` answers no `msgid`.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use poem::web::{Data, Json, Query};
use poem::{Body, handler};
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{self, ControlResult, WxResult};
use super::error::{ControlError, WxError};
use super::incoming::Incoming;
use super::node::{Field, Node, text};
use super::state::{Body as Shown, State, TemplateCard};
use super::template;
use super::token::TokenQuery;
use super::{Sim, SimTemplate};

const EVENT_AFTER: Duration = Duration::from_millis(150);
/// Templates in one popup.
const MAX_POPUP: usize = 3;

/// What users allowed: (openid, template) → messages that may still be sent.
#[derive(Default)]
pub(super) struct Grants {
    left: HashMap<(String, String), u32>,
    /// What a page asked for and the phone shows: (user, templates).
    pub asked: HashMap<String, Vec<String>>,
}

impl Grants {
    /// One use of a grant, or 43101.
    fn take(&mut self, openid: &str, template: &str) -> Result<(), WxError> {
        let left = self.left.get_mut(&(openid.to_owned(), template.to_owned()));
        match left {
            Some(left) if *left > 0 => {
                *left -= 1;
                Ok(())
            }
            _ => Err(WxError::new(43101, "user refuse to accept the msg")),
        }
    }

    pub fn add(&mut self, openid: &str, template: &str) {
        let key = (openid.to_owned(), template.to_owned());
        *self.left.entry(key).or_default() += 1;
    }

    fn end(&mut self, openid: &str, template: &str) {
        self.left.remove(&(openid.to_owned(), template.to_owned()));
    }
}

#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Choice {
    Accept,
    Reject,
}

impl Choice {
    fn name(self) -> &'static str {
        match self {
            Choice::Accept => "accept",
            Choice::Reject => "reject",
        }
    }
}

#[derive(Deserialize)]
struct Popup {
    user: String,
    templates: BTreeMap<String, Choice>,
    /// `true`: the grant is the mini program's, which is told by its own page and not by a callback.
    #[serde(default)]
    mini: bool,
}

fn known_template(sim: &Sim, id: &str) -> Result<(), ControlError> {
    if sim.cfg().templates.iter().any(|t| t.id == id) {
        Ok(())
    } else {
        Err(ControlError::bad(
            "unknown_template",
            format!("没有这个模板：{id}"),
        ))
    }
}

fn openid_of_user(state: &State, user: &str) -> Result<String, ControlError> {
    let found = state.user(user);
    Ok(found
        .ok_or_else(|| ControlError::unknown_user(user))?
        .openid
        .clone())
}

/// The user answers the popup: grants, and `subscribe_msg_popup_event`.
#[handler]
pub(super) async fn popup(sim: Data<&Sim>, body: Body) -> ControlResult {
    let popup: Popup = api::control_body(body).await?;
    if popup.templates.is_empty() || popup.templates.len() > MAX_POPUP {
        return Err(ControlError::bad("bad_templates", "一次须订阅 1 到 3 个模板"));
    }
    for id in popup.templates.keys() {
        known_template(&sim, id)?;
    }
    let openid = {
        let mut state = sim.state();
        let openid = openid_of_user(&state, &popup.user)?;
        let whose = if popup.mini {
            super::mini_openid_of(&popup.user)
        } else {
            openid.clone()
        };
        for (id, choice) in &popup.templates {
            if *choice == Choice::Accept {
                state.grants.add(&whose, id);
            }
        }
        state.grants.asked.remove(&popup.user);
        openid
    };
    if popup.mini {
        return Ok(Json(json!({ "ok": true })));
    }
    let entry = |(id, choice): (&String, &Choice)| {
        vec![
            text("TemplateId", id),
            text("SubscribeStatusString", choice.name()),
            // Scene 2: a page asked.
            text("PopupScene", "2"),
        ]
    };
    let entries = popup.templates.iter().map(entry).collect();
    let event = event("subscribe_msg_popup_event", "SubscribeMsgPopupEvent", entries);
    Ok(Json(sim.deliver(&openid, &event).await.json()))
}

fn event(name: &str, outer: &'static str, entries: Vec<Vec<Field>>) -> Incoming {
    Incoming::event(name).node(outer, Node::List(entries))
}

#[derive(Deserialize)]
struct Ask {
    user: String,
    templates: Vec<String>,
}

/// A page asks for a subscription: the phone shows the popup until it is answered.
#[handler]
pub(super) async fn ask(sim: Data<&Sim>, body: Body) -> ControlResult {
    let ask: Ask = api::control_body(body).await?;
    if ask.templates.is_empty() || ask.templates.len() > MAX_POPUP {
        return Err(ControlError::bad("bad_templates", "一次须订阅 1 到 3 个模板"));
    }
    for id in &ask.templates {
        known_template(&sim, id)?;
    }
    let mut state = sim.state();
    openid_of_user(&state, &ask.user)?;
    state.grants.asked.insert(ask.user, ask.templates);
    Ok(Json(json!({ "ok": true })))
}

impl State {
    /// The popup a phone shows now: id and title of each template.
    pub fn asked(&self, user: &str, templates: &[SimTemplate]) -> Vec<Value> {
        let asked = self.grants.asked.get(user);
        let asked = templates
            .iter()
            .filter(|t| asked.is_some_and(|ids| ids.contains(&t.id)));
        asked.map(|t| json!({ "id": t.id, "title": t.title })).collect()
    }
}

#[derive(Deserialize)]
struct Change {
    user: String,
    template: String,
}

/// The management page, where one can only turn off what was allowed: `subscribe_msg_change_event`, reject only.
#[handler]
pub(super) async fn change(sim: Data<&Sim>, body: Body) -> ControlResult {
    let change: Change = api::control_body(body).await?;
    known_template(&sim, &change.template)?;
    let openid = {
        let mut state = sim.state();
        let openid = openid_of_user(&state, &change.user)?;
        state.grants.end(&openid, &change.template);
        openid
    };
    let entry = vec![
        text("TemplateId", &change.template),
        text("SubscribeStatusString", "reject"),
    ];
    let event = event(
        "subscribe_msg_change_event",
        "SubscribeMsgChangeEvent",
        vec![entry],
    );
    Ok(Json(sim.deliver(&openid, &event).await.json()))
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    touser: String,
    #[serde(default)]
    template_id: String,
    #[serde(default)]
    page: String,
    #[serde(default)]
    data: HashMap<String, Value>,
}

/// Facts, Errors: template 40037, field 47003, no grant 43101. Following is not asked for.
fn card(sim: &Sim, message: &Message) -> Result<TemplateCard, WxError> {
    let template = sim.cfg().templates.iter().find(|t| t.id == message.template_id);
    let template = template.ok_or_else(|| WxError::new(40037, "invalid template_id"))?;
    Ok(TemplateCard {
        template_id: template.id.clone(),
        title: template.title.clone(),
        fields: template::fields(template, &message.data)?,
        url: message.page.clone(),
        msgid: 0,
        client_msg_id: None,
    })
}

#[handler]
pub(super) async fn bizsend(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let message: Message = api::parse(&api::body(body).await?)?;
    let (openid, msgid) = {
        let mut state = sim.state();
        let user = state.by_openid(&message.touser);
        let openid = user
            .ok_or_else(|| WxError::new(40003, "invalid openid"))?
            .openid
            .clone();
        let card = card(&sim, &message)?;
        (openid.clone(), show(&mut state, &openid, &openid, card)?)
    };
    let entry = vec![
        text("TemplateId", &message.template_id),
        text("MsgID", msgid.to_string()),
        text("ErrorCode", "0"),
        text("ErrorStatus", "success"),
    ];
    let event = event("subscribe_msg_sent_event", "SubscribeMsgSentEvent", vec![entry]);
    let later = sim.clone();
    sim.in_background(async move {
        tokio::time::sleep(EVENT_AFTER).await;
        later.deliver(&openid, &event).await;
    });
    Ok(api::ok())
}

/// The mini program's: its own openids, a page inside it (41030 for an address).
#[handler]
pub(super) async fn send(sim: Data<&Sim>, Query(query): Query<TokenQuery>, body: Body) -> WxResult {
    sim.check_mini_token(query.access_token.as_deref())?;
    let message: Message = api::parse(&api::body(body).await?)?;
    let mut state = sim.state();
    let user = state.by_mini_openid(&message.touser);
    let openid = user
        .ok_or_else(|| WxError::new(40003, "invalid openid"))?
        .openid
        .clone();
    if message.page.contains("://") {
        return Err(WxError::new(41030, "invalid page"));
    }
    let card = card(&sim, &message)?;
    let msgid = show(&mut state, &openid, &message.touser, card)?;
    Ok(Json(json!({ "errcode": 0, "errmsg": "ok", "msgid": msgid })))
}

/// Takes the grant of `granter` and shows the card on the phone of `openid`.
fn show(state: &mut State, openid: &str, granter: &str, mut card: TemplateCard) -> Result<u64, WxError> {
    state.grants.take(granter, &card.template_id)?;
    card.msgid = state.next_id();
    let msgid = card.msgid;
    state.stats.subscribe_shown += 1;
    state.show(openid, Shown::Subscribe(card));
    Ok(msgid)
}
