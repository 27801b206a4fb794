//! `/office/registrations`: who registered under the officer's union or below it, to be approved or rejected.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other};
use super::Who;
use super::union_list::{Tabs, tabs};
use super::view::Tag;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::supervision::trail;
use crate::union::Officer;
use crate::union::approval;
use crate::union::registrations::State;
use askama::Template;
use poem::web::{Path, Query};
use poem::{Response, handler};
use serde::Deserialize;
use serde_json::json;

#[derive(Template)]
#[template(path = "office/registrations.html")]
pub struct RegistrationsPage {
    pub base: Base,
    pub who: Option<Who>,
    pub tabs: Tabs,
    pub chips: Vec<Chip>,
    pub lines: Vec<Line>,
    pub empty: &'static str,
}

/// A state's link, with its count.
pub struct Chip {
    pub state: &'static str,
    pub label: &'static str,
    pub count: i64,
    pub on: bool,
}

/// A line of the list.
pub struct Line {
    pub href: String,
    pub name: String,
    pub kind: &'static str,
    pub parent: String,
    pub officer: String,
    pub filed: String,
    pub state: Tag,
}

#[derive(Template, Default)]
#[template(path = "office/registration.html")]
pub struct RegistrationPage {
    pub base: Base,
    pub who: Option<Who>,
    pub tabs: Tabs,
    pub errors: Errors,
    pub id: String,
    pub name: String,
    pub kind: &'static str,
    pub parent: String,
    pub contact: String,
    pub address: String,
    pub office_phone: String,
    pub officer: String,
    pub phone: String,
    pub by_wechat: bool,
    pub filed: String,
    pub state: Tag,
    pub pending: bool,
    pub decided: Option<String>,
    pub decision_reason: String,
    pub union_page: Option<String>,
    pub reason: String,
}

fn tag(state: State) -> Tag {
    let tone = match state {
        State::Pending => "warn",
        State::Approved => "ok",
        State::Rejected => "bad",
    };
    Tag {
        text: state.label().to_owned(),
        tone,
    }
}

/// What the address asks for.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    state: String,
}

/// `GET /office/registrations?state=`
#[handler]
pub async fn list(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let state = State::parse(&asked.state).unwrap_or(State::Pending);
    let counts = approval::counts(&ctx.app, &officer).await?;
    let found = approval::list(&ctx.app, &officer, state).await?;
    trail::note(
        &ctx.app,
        &officer,
        "registration.list",
        json!({ "state": state.as_str() }),
    )
    .await?;
    let line = |one: crate::union::registrations::Registration| Line {
        href: format!("/office/registrations/{}", one.id),
        name: one.name,
        kind: one.kind.label(),
        parent: one.parent,
        officer: one.officer_name,
        filed: one.created_at.short_text(),
        state: tag(one.state),
    };
    let chip = |(each, count): &(State, i64)| Chip {
        state: each.as_str(),
        label: each.label(),
        count: *count,
        on: *each == state,
    };
    page(&RegistrationsPage {
        base: ctx.base("入网审批"),
        who: Who::of(&officer, "unions"),
        tabs: tabs(&ctx.app, &officer, "registrations").await?,
        chips: counts.iter().map(chip).collect(),
        lines: found.into_iter().map(line).collect(),
        empty: match state {
            State::Pending => "现在没有等您审批的入网注册。有新的注册时，会发消息通知您。",
            State::Approved => "还没有通过的入网注册。",
            State::Rejected => "没有未通过的入网注册。",
        },
    })
}

async fn filled(ctx: &Ctx, officer: &Officer, id: &str) -> Result<RegistrationPage> {
    let (one, details) = approval::open(&ctx.app, officer, id).await?;
    Ok(RegistrationPage {
        base: ctx.base("入网注册"),
        who: Who::of(officer, "unions"),
        tabs: tabs(&ctx.app, officer, "registrations").await?,
        errors: Errors::default(),
        id: one.id.clone(),
        phone: one.phone(&ctx.app)?.digits().to_owned(),
        kind: one.kind.label(),
        contact: details.contact,
        address: details.address,
        office_phone: details.phone,
        by_wechat: one.openid.is_some(),
        filed: one.created_at.minute_text(),
        state: tag(one.state),
        pending: one.state == State::Pending,
        decided: one
            .decided_by
            .zip(one.decided_at)
            .map(|(by, at)| format!("{by}　{}", at.minute_text())),
        decision_reason: one.reason,
        union_page: one.union_id.map(|id| format!("/office/unions/{id}")),
        name: one.name,
        parent: one.parent,
        officer: one.officer_name,
        reason: String::new(),
    })
}

/// `GET /office/registrations/:id`
#[handler]
pub async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    page(&filled(&ctx, &officer, &id).await?)
}

/// What is decided: `verdict` is `approve` or `reject`.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    reason: String,
}

/// `POST /office/registrations/:id`
#[handler]
pub async fn decide(Path(id): Path<String>, posted: Posted<Typed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let result = match form.verdict.as_str() {
        "approve" => approval::approve(&ctx.app, &officer, &id)
            .await
            .map(|_| "已通过，已通知对方可以登录"),
        "reject" => approval::reject(&ctx.app, &officer, &id, &form.reason)
            .await
            .map(|()| "已退回，已把理由通知对方"),
        _ => return Err(Refusal::MalformedRequest.into()),
    };
    match result {
        Ok(told) => {
            ctx.flash(told);
            Ok(see_other("/office/registrations"))
        }
        // Who was first is told on a page of its own (409).
        Err(error @ Error::Refused(Refusal::RegistrationDecided { .. })) => Err(error),
        Err(error) => {
            let errors = super::wrong(error)?;
            let mut again = filled(&ctx, &officer, &id).await?;
            again.errors = errors;
            again.reason = form.reason;
            page_again(&again)
        }
    }
}
