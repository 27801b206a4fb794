//! What else is done at the desk: the claim while looking, taking back one's own pass, declaring 回避 (R-22, ADR 0021).

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::see_other;
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal};
use crate::review::claims::{self, Claim};
use crate::review::{Relation, recall, relatives};
use poem::http::header;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;
use serde_json::json;

/// What is typed.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    act: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    relation: String,
}

fn desk(id: &str) -> String {
    format!("/office/applications/{id}")
}

/// `POST /office/applications/:id/claim` with `act` = `renew` (by the page's script, answered in JSON), `take`, `release`.
#[handler]
pub async fn claim(posted: Posted<Typed>, Path(id): Path<String>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    match form.act.as_str() {
        "renew" => {
            let (state, words) = match claims::renew(&ctx.app, &officer, &id).await {
                Ok(Claim::Mine) => ("mine", String::new()),
                Ok(Claim::TakenOver(name, at)) => {
                    ("taken", format!("{name} 已于 {} 接手这份申请", at.short_text()))
                }
                Ok(Claim::Colleague(name, _)) => ("taken", format!("{name} 正在看这份申请")),
                Ok(Claim::Nobody) => ("over", Refusal::NotYourStep.text()),
                Err(Error::Refused(refusal)) => ("over", refusal.text()),
                Err(error) => return Err(error),
            };
            Ok(json_answer(&json!({ "state": state, "words": words })))
        }
        "take" => match claims::take_over(&ctx.app, &officer, &id).await {
            Ok(()) => back(&ctx, "已由您接手", &desk(&id)),
            Err(Error::Refused(refusal)) => back(&ctx, &refusal.text(), &desk(&id)),
            Err(error) => Err(error),
        },
        "release" => {
            claims::release(&ctx.app, &officer, &id).await?;
            back(&ctx, "已放回待办", "/office")
        }
        _ => Err(Refusal::MalformedRequest.into()),
    }
}

fn json_answer(body: &serde_json::Value) -> Response {
    Response::builder()
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .body(body.to_string())
}

fn back(ctx: &Ctx, words: &str, path: &str) -> Result<Response> {
    ctx.flash(words);
    Ok(see_other(path))
}

/// `POST /office/applications/:id/recall` with `version`: the officer's own pass is taken back.
#[handler]
pub async fn take_back(posted: Posted<Typed>, Path(id): Path<String>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let version = form.version.parse().unwrap_or(0);
    recall::recall(&ctx.app, &officer, &id, version).await?;
    back(&ctx, "已撤回通过，这份申请回到您这一步", &desk(&id))
}

/// `POST /office/applications/:id/relative` with `relation`: 回避.
#[handler]
pub async fn relative(posted: Posted<Typed>, Path(id): Path<String>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let Some(relation) = Relation::parse(&form.relation) else {
        return Err(FieldErrors::one("relation", Refusal::NotAChoice).into());
    };
    let declared = relatives::declare(&ctx.app, &officer, &id, relation).await?;
    back(&ctx, &relatives::words(&declared), &desk(&id))
}
