//! `/enrol/mine/:id/pay`: the tuition by WeChat Pay: inside WeChat through its bridge, on a PC by a code to scan; the page
//! notices by itself when it is paid.

use super::signed_in;
use crate::account::Worker;
use crate::enrolment::{Enrolment, Term, moves, paying};
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::payment::{self, Order};
use crate::web::ctx::Ctx;
use crate::web::form::Posted;
use crate::web::page::{Base, bridge as bridge_script, page, qr_picture, see_other};
use crate::web::worker::gate::Nothing;
use crate::web::worker::json;
use askama::Template;
use poem::web::{Path, Query};
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "worker/enrol_pay.html")]
struct PayPage {
    base: Base,
    e: Enrolment,
    order: String,
    amount: String,
    what: String,
    until: String,
    /// Inside WeChat with a known openid.
    bridge: bool,
    /// The demo's phone gives the bridge by a script.
    script: Option<String>,
    problem: String,
}

/// The worker's own enrolment with what is due.
async fn due(ctx: &Ctx, worker: &Worker, id: &str) -> Result<(Enrolment, Result<(Term, Order)>)> {
    let enrolment = moves::own(&ctx.app, &worker.id, id).await?;
    let due = paying::due(&ctx.app, &enrolment).await;
    Ok((enrolment, due))
}

/// The openid that may pay by the bridge: of this session, inside WeChat.
fn payer(ctx: &Ctx) -> Option<String> {
    ctx.openid()
}

/// `GET /enrol/mine/:id/pay`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let worker = signed_in(&ctx).await?;
    let (e, due) = due(&ctx, &worker, &id).await?;
    let back = format!("/enrol/mine/{id}");
    let (term, order) = match due {
        Ok(due) => due,
        Err(Error::Refused(refusal)) => {
            ctx.flash(&refusal.text());
            return Ok(see_other(&back));
        }
        Err(other) => return Err(other),
    };
    if !order.is_open() {
        paying::settled(&ctx.app, &order.id).await?;
        return Ok(see_other(&back));
    }
    // Inside WeChat the bridge needs to know who pays.
    if ctx.in_wechat() && payer(&ctx).is_none() {
        return Ok(see_other(&format!(
            "/wechat/oauth/start?next=/enrol/mine/{id}/pay"
        )));
    }
    let bridge = payer(&ctx).is_some();
    let problem = match bridge {
        true => String::new(),
        false => problem(payment::native(&ctx.app, &order.id).await.map(drop))?,
    };
    page(&PayPage {
        base: ctx.base("缴纳学费"),
        order: order.id.clone(),
        amount: order.amount.to_string(),
        what: format!("第 {} 期学费", term.no),
        until: order.expires_at.minute_text(),
        bridge,
        script: bridge_script(&ctx.app),
        problem,
        e,
    })
}

/// What WeChat Pay refuses in words; nothing for what went well.
fn problem(result: Result<()>) -> Result<String> {
    match result {
        Ok(()) => Ok(String::new()),
        Err(Error::Refused(refusal)) => Ok(refusal.text()),
        Err(other) => Err(other),
    }
}

/// `POST /enrol/mine/:id/pay`: what the page hands to `getBrandWCPayRequest`, as JSON.
#[handler]
pub async fn begin(Path(id): Path<String>, posted: Posted<Nothing>) -> Result<Response> {
    let ctx = posted.ctx;
    let worker = signed_in(&ctx).await?;
    let openid = payer(&ctx).ok_or(Refusal::OauthState)?;
    let (_, due) = due(&ctx, &worker, &id).await?;
    let (_, order) = due?;
    let params = payment::jsapi(&ctx.app, &order.id, &openid).await?;
    Ok(json(serde_json::to_value(params).map_err(anyhow::Error::from)?))
}

/// Which order, and whether WeChat Pay is to be asked.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    order: String,
    #[serde(default)]
    ask: String,
}

/// `GET /enrol/mine/:id/pay.json?order=&ask=`: `{"state": "waiting" | "paid" | "over"}` of the order that the page shows, not of
/// what is due by now. With `ask` WeChat Pay is asked how it stands: when the page comes back from the cashier, whose word
/// is worth nothing, and now and then while it waits.
#[handler]
pub async fn state(ctx: Ctx, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response> {
    let worker = signed_in(&ctx).await?;
    let enrolment = moves::own(&ctx.app, &worker.id, &id).await?;
    let order = payment::order(&ctx.app, &asked.order).await?;
    if !paying::is_of(&order, &enrolment) {
        return Err(Error::NotFound);
    }
    // Past its time it may have been paid at the last moment: only WeChat Pay's word says that nothing was charged.
    let past = order.expires_at <= ctx.app.now();
    let ask = !asked.ask.is_empty() || !order.is_open() || past;
    let order = match ask {
        true => match paying::settled(&ctx.app, &order.id).await {
            // WeChat Pay does not answer now: the page asks again.
            Err(Error::Refused(Refusal::PaymentAway)) => order,
            other => other?,
        },
        false => order,
    };
    let state = match order.state {
        _ if order.is_open() => "waiting",
        payment::State::Closed => "over",
        _ => "paid",
    };
    Ok(json(serde_json::json!({ "state": state })))
}

/// `GET /enrol/mine/:id/qr`: the code to scan, as SVG.
#[handler]
pub async fn qr(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let worker = signed_in(&ctx).await?;
    let (_, due) = due(&ctx, &worker, &id).await?;
    let code = payment::native(&ctx.app, &due?.1.id).await?;
    qr_picture(&code)
}
