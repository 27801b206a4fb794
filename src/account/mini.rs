//! The mini-program's door: who comes, the phone that WeChat vouches for, and whether what they type may stand.
//!
//! Source: facts, "Mini". Its openid is another one than the official account's, so it is bound on its own.

use super::store::mini as rows;
use super::throttle::{self, Limit};
use super::{Worker, grants, workers};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::error::{Error, Result, is_deadlock, is_unique_violation};
use crate::kernel::{FieldErrors, Phone, Refusal, text};
use crate::wechat::message::{Decision, Grant};
use crate::wechat::mini::{MAX_CHECKED, TextScene, Verdict};
use crate::wechat::{CallError, Client, ErrorClass};
use serde_json::json;
use std::time::Duration;

/// Sign-ins from one address in a minute; a factory's workers may share one.
pub const SIGN_INS_PER_ADDRESS: Limit = Limit {
    name: "mini-address",
    most: 120,
    window: Duration::from_secs(60),
};

/// Who opened the mini-program, by WeChat's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// Their openid in the mini-program.
    pub openid: String,
    /// Their id across the owner's accounts, if WeChat tells it.
    pub unionid: Option<String>,
}

fn client(app: &App) -> Result<&Client> {
    Ok(app.mini.as_ref().ok_or(Refusal::MiniMissing)?)
}

/// What a failed exchange of a code means to the person: the code, or WeChat, is not to be had.
fn refused(error: CallError) -> Error {
    match error.class() {
        ErrorClass::Login => FieldErrors::one("code", Refusal::MiniCode).into(),
        ErrorClass::Recipient => Refusal::MiniBlocked.into(),
        _ => {
            tracing::error!(%error, "the mini-program's call to WeChat failed");
            Refusal::WechatAway.into()
        }
    }
}

fn filled(code: &str) -> Result<()> {
    if code.trim().is_empty() {
        return Err(FieldErrors::one("code", Refusal::Empty).into());
    }
    Ok(())
}

/// Exchanges the code of wx.login, which works once.
///
/// Errors: [`Refusal::SignInTooMany`]; at `code` [`Refusal::MiniCode`]; [`Refusal::MiniBlocked`], [`Refusal::WechatAway`],
/// [`Refusal::MiniMissing`] without a mini-program.
pub async fn log_in(app: &App, address: &str, code: &str) -> Result<Visitor> {
    throttle::check(app, &SIGN_INS_PER_ADDRESS, address, Refusal::SignInTooMany).await?;
    filled(code)?;
    let session = client(app)?.code_to_session(code).await.map_err(refused)?;
    Ok(Visitor {
        openid: session.openid,
        unionid: session.unionid,
    })
}

/// The phone for the code of a getPhoneNumber button; WeChat has proven it, so no SMS is needed.
///
/// Errors: at `code` [`Refusal::MiniCode`], [`Refusal::PhoneMalformed`] for a foreign number, [`Refusal::PhoneVirtual`];
/// else as [`log_in`].
pub async fn proven_phone(app: &App, address: &str, code: &str) -> Result<Phone> {
    throttle::check(app, &SIGN_INS_PER_ADDRESS, address, Refusal::SignInTooMany).await?;
    filled(code)?;
    let phone = client(app)?.phone_number(code).await.map_err(refused)?;
    if phone.country_code != "86" {
        return Err(FieldErrors::one("code", Refusal::PhoneMalformed).into());
    }
    let parsed = Phone::parse(&phone.pure_phone_number, &app.config.virtual_segments);
    parsed.map_err(|refusal| FieldErrors::one("code", refusal).into())
}

/// The worker bound to a WeChat user of the mini-program.
pub async fn worker_of(app: &App, openid: &str) -> Result<Option<Worker>> {
    match rows::worker_id(app, openid).await? {
        Some(id) => match workers::find(app, &id).await {
            Err(Error::NotFound) => Ok(None),
            other => other.map(Some),
        },
        None => Ok(None),
    }
}

/// The worker with a phone, if there is one: for who has proven it.
pub async fn worker_with(app: &App, phone: &Phone) -> Result<Option<Worker>> {
    workers::by_phone(app, phone).await
}

/// The mini-program's openid of a worker, for messages and for [`check_texts`].
pub async fn openid_of(app: &App, worker_id: &str) -> Result<Option<String>> {
    Ok(rows::openid_of(app, worker_id).await?)
}

/// How often a binding is tried when the same WeChat is bound elsewhere at the same moment.
const BIND_TRIES: u32 = 5;

/// Binds a visitor to the worker whose phone is proven; an earlier binding of either gives way.
pub async fn bind(app: &App, worker_id: &str, visitor: &Visitor) -> Result<()> {
    for _ in 0..BIND_TRIES {
        match bind_once(app, worker_id, visitor).await {
            Err(error) if is_unique_violation(&error) || is_deadlock(&error) => {}
            other => return Ok(other?),
        }
    }
    Err(Refusal::ChangedMeanwhile.into())
}

async fn bind_once(app: &App, worker_id: &str, visitor: &Visitor) -> sqlx::Result<()> {
    let (actor, now) = (Actor::Worker(worker_id.to_owned()), app.now());
    let mut tx = app.db.write().await?;
    rows::bind(
        &mut tx,
        worker_id,
        &visitor.openid,
        visitor.unionid.as_deref(),
        now,
    )
    .await?;
    let line = Line {
        actor: &actor,
        act: "worker.bind_mini",
        subject: ("worker", worker_id),
        detail: json!({}),
    };
    audit::record(&mut tx, &app.entropy, now, line).await?;
    tx.commit().await
}

/// What is typed at sign-up in the mini-program; the phone is proven already.
pub struct Joining<'a> {
    /// The phone WeChat vouched for.
    pub phone: &'a Phone,
    /// Name.
    pub name: &'a str,
    /// Employer.
    pub employer: &'a str,
    /// 为我定制个性化的学习计划.
    pub study_plan: bool,
}

/// Signs up who has proven the phone through WeChat, or finds the worker it belongs to; whether they are new.
///
/// Errors: every wrong field at once; [`Refusal::TextRisky`] at the field.
pub async fn sign_up(app: &App, visitor: &Visitor, typed: &Joining<'_>) -> Result<(Worker, bool)> {
    let mut errors = FieldErrors::default();
    let name = errors.take("name", text::line(typed.name, 2, 30));
    let employer = errors.take("employer", text::line(typed.employer, 2, 60));
    let (Some(name), Some(employer)) = (name, employer) else {
        return Err(errors.into());
    };
    check_texts(app, &visitor.openid, &[("name", &name), ("employer", &employer)]).await?;
    let joined = workers::join_proven(app, typed.phone, name, employer, typed.study_plan).await?;
    bind(app, &joined.0.id, visitor).await?;
    Ok(joined)
}

/// Whether texts typed in the mini-program may stand (WeChat's terms ask for it: msgSecCheck). One call for all, and one
/// for each when something is found, to name the field. Doubtful ones stand: an officer reads every application.
///
/// WeChat not answering stops nobody. Errors: [`Refusal::TextRisky`] at each field that WeChat calls risky.
pub async fn check_texts(app: &App, openid: &str, texts: &[(&'static str, &str)]) -> Result<()> {
    let Some(client) = &app.mini else { return Ok(()) };
    let texts: Vec<_> = texts.iter().filter(|(_, text)| !text.trim().is_empty()).collect();
    let all = texts.iter().map(|(_, text)| *text).collect::<Vec<_>>().join("\n");
    if texts.is_empty() || (all.chars().count() <= MAX_CHECKED && !is_risky(client, openid, &all).await) {
        return Ok(());
    }
    let mut errors = FieldErrors::default();
    for (field, text) in texts {
        if is_risky(client, openid, text).await {
            errors.0.push((field, Refusal::TextRisky));
        }
    }
    // Risky together and harmless one by one: words that only met at a seam.
    if errors.is_empty() {
        Ok(())
    } else {
        Err(errors.into())
    }
}

async fn is_risky(client: &Client, openid: &str, text: &str) -> bool {
    match client.check_text(openid, TextScene::Profile, text).await {
        Ok(checked) => checked.verdict == Verdict::Risky,
        Err(error) => {
            tracing::warn!(%error, "a text could not be checked");
            false
        }
    }
}

/// Longest template id that is kept; WeChat's have 43 characters.
const TEMPLATE_ID: usize = 64;

/// Records what a person answered to wx.requestSubscribeMessage: an acceptance is good for one message
/// ([`super::grants`]).
///
/// Errors: [`Refusal::NotAChoice`] at `template_id` for what can be no template's id.
pub async fn record_answer(app: &App, openid: &str, template_id: &str, accepted: bool) -> Result<()> {
    let id = template_id.trim();
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    if id.is_empty() || id.len() > TEMPLATE_ID || !id.bytes().all(plain) {
        return Err(FieldErrors::one("template_id", Refusal::NotAChoice).into());
    }
    let grant = Grant {
        template_id: id.to_owned(),
        decision: if accepted {
            Decision::Accept
        } else {
            Decision::Reject
        },
        scene: None,
    };
    // The mini-program tells each answer once; no event of WeChat's comes beside it here.
    grants::answered(app, openid, &app.id(), app.now(), &[grant]).await
}
