//! `POST /cgi-bin/message/template/send`, and the `TEMPLATESENDJOBFINISH` that follows it.

use std::collections::HashMap;
use std::time::Duration;

use poem::web::{Data, Json, Query};
use poem::{Body, handler};
use serde::Deserialize;
use serde_json::{Value, json};

use super::api::{self, WxResult};
use super::error::WxError;
use super::faults::JobStatus;
use super::incoming::Incoming;
use super::state::{Body as Shown, CardField, State, TemplateCard};
use super::template_rules::{self, Fault};
use super::token::TokenQuery;
use super::{Sim, SimTemplate};

/// How long a `client_msg_id` keeps a message from being sent again.
const DEDUP_MS: i64 = 600_000;
/// The event comes a little after the answer, as WeChat's does; a client must not count on an order.
const EVENT_AFTER: Duration = Duration::from_millis(150);

/// A message sent with a `client_msg_id`.
pub(super) struct Sent {
    at: i64,
    msgid: u64,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    touser: String,
    #[serde(default)]
    template_id: String,
    #[serde(default)]
    url: String,
    #[serde(default)]
    data: HashMap<String, Value>,
    client_msg_id: Option<String>,
}

#[handler]
pub(super) async fn send(
    sim: Data<&Sim>,
    status: Option<Data<&JobStatus>>,
    Query(query): Query<TokenQuery>,
    body: Body,
) -> WxResult {
    sim.check_token(query.access_token.as_deref())?;
    let message: Message = api::parse(&api::body(body).await?)?;
    let card = check(&sim, &message)?;
    let status = status.map_or("success", |s| &s.0.0).to_owned();
    let (msgid, first) = accept(&mut sim.state(), &message.touser, card, &status);
    if first {
        report_later(sim.clone(), message.touser, msgid, status);
    }
    Ok(Json(json!({ "errcode": 0, "errmsg": "ok", "msgid": msgid })))
}

/// Facts, Errors: unknown template 40037, unknown openid 40003, not following 43004, a bad field 47003.
fn check(sim: &Sim, message: &Message) -> Result<TemplateCard, WxError> {
    let template = sim.cfg().templates.iter().find(|t| t.id == message.template_id);
    let template = template.ok_or_else(|| WxError::new(40037, "invalid template_id"))?;
    let state = sim.state();
    let user = state.by_openid(&message.touser);
    let user = user.ok_or_else(|| WxError::new(40003, "invalid openid"))?;
    if !user.following {
        return Err(WxError::new(43004, "require subscribe"));
    }
    if message.client_msg_id.as_ref().is_some_and(|id| id.len() > 32) {
        return Err(WxError::new(47003, "argument invalid! client_msg_id invalid"));
    }
    Ok(TemplateCard {
        template_id: template.id.clone(),
        title: template.title.clone(),
        fields: fields(template, &message.data)?,
        url: message.url.clone(),
        msgid: 0,
        client_msg_id: message.client_msg_id.clone().filter(|id| !id.is_empty()),
    })
}

/// The card's fields in the template's order. Keys the template does not have are ignored, as WeChat does.
pub(super) fn fields(
    template: &SimTemplate,
    data: &HashMap<String, Value>,
) -> Result<Vec<CardField>, WxError> {
    let field = |(key, label): &(String, String)| {
        let value = data
            .get(key)
            .and_then(|field| field.get("value"))
            .and_then(Value::as_str);
        let value = value.unwrap_or_default();
        let why = match template_rules::check(key, value) {
            Ok(()) => {
                return Ok(CardField {
                    key: key.clone(),
                    label: label.clone(),
                    value: value.to_owned(),
                });
            }
            Err(Fault::Empty) => "is empty",
            Err(Fault::Invalid) => "invalid",
        };
        Err(WxError::new(
            47003,
            format!("argument invalid! data.{key}.value {why}"),
        ))
    };
    template.fields.iter().map(field).collect()
}

/// Shows the message, unless its `client_msg_id` was seen for this openid within ten minutes.
/// Returns the `msgid` and whether it is a new one.
fn accept(state: &mut State, openid: &str, mut card: TemplateCard, status: &str) -> (u64, bool) {
    let now = state.now_ms();
    let key = card.client_msg_id.clone().map(|id| (openid.to_owned(), id));
    if let Some(sent) = key
        .as_ref()
        .and_then(|k| state.sent.get(k))
        .filter(|s| now - s.at < DEDUP_MS)
    {
        let msgid = sent.msgid;
        state.stats.templates_repeated += 1;
        return (msgid, false);
    }
    let msgid = state.next_id();
    card.msgid = msgid;
    if status == "success" {
        state.stats.templates_shown += 1;
        if let Some((_, id)) = &key {
            *state
                .stats
                .templates_by_client_msg_id
                .entry(id.clone())
                .or_default() += 1;
        }
        state.show(openid, Shown::Template(card));
    }
    if let Some(key) = key {
        state.sent.insert(key, Sent { at: now, msgid });
    }
    (msgid, true)
}

fn report_later(sim: Sim, openid: String, msgid: u64, status: String) {
    sim.clone().in_background(async move {
        tokio::time::sleep(EVENT_AFTER).await;
        sim.deliver(&openid, &Incoming::template_job(msgid, status)).await;
    });
}
