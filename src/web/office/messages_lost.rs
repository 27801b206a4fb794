//! `/office/messages/failed`: the messages that did not arrive in an administrator's subtree, each to be sent once more.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, page, see_other};
use super::Who;
use super::told::{ToldLine, line};
use crate::error::Result;
use crate::notice::deliveries::{self, LISTED, Told};
use crate::supervision::trail;
use crate::union::Kind;
use askama::Template;
use poem::{Response, handler};
use serde::Deserialize;
use serde_json::json;

#[derive(Template)]
#[template(path = "office/messages_lost.html")]
pub struct LostPage {
    pub base: Base,
    pub who: Option<Who>,
    /// Whether the catalogue is theirs to see, too.
    pub city: bool,
    pub lines: Vec<LostLine>,
    /// There are more than are listed.
    pub cut: Option<i64>,
}

/// A message that did not arrive.
pub struct LostLine {
    pub id: String,
    pub told: ToldLine,
    pub union: String,
    /// Address and words of the application.
    pub application: Option<(String, String)>,
}

fn lost_line(told: Told) -> LostLine {
    let application = told.application.as_ref().map(|(id, number, applicant)| {
        (
            format!("/office/applications/{id}"),
            format!("{applicant}（编号 {number}）"),
        )
    });
    LostLine {
        id: told.id.clone(),
        union: told.union.clone(),
        application,
        told: line(told),
    }
}

/// `GET /office/messages/failed`
#[handler]
pub async fn show(ctx: Ctx) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let lost = deliveries::lost(&ctx.app, &officer).await?;
    trail::note(&ctx.app, &officer, "notice.lost", json!({})).await?;
    page(&LostPage {
        base: ctx.base("没有送达的消息"),
        who: Who::of(&officer, "messages"),
        city: matches!(officer.union.kind, Kind::City | Kind::Centre),
        cut: (lost.len() as i64 >= LISTED).then_some(LISTED),
        lines: lost.into_iter().map(lost_line).collect(),
    })
}

/// Which message.
#[derive(Deserialize)]
pub struct Which {
    #[serde(default)]
    id: String,
}

/// `POST /office/messages/failed/again`
#[handler]
pub async fn again(posted: Posted<Which>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    deliveries::resend(&ctx.app, &officer, &form.id).await?;
    ctx.flash("已再发一次。如果还是没有送达，会重新出现在这里，请电话联系本人");
    Ok(see_other("/office/messages/failed"))
}
