//! `/office/late`: what is late, union by union, worst first.

use super::super::ctx::Ctx;
use super::super::page::{Base, page};
use super::Who;
use super::queue::WindowLine;
use super::view;
use crate::campaign;
use crate::error::Result;
use crate::review::late::{self, NEAR_END};
use askama::Template;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "office/late.html")]
pub struct LatePage {
    pub base: Base,
    pub who: Option<Who>,
    pub days: i64,
    pub near: i64,
    pub window: Option<WindowLine>,
    pub lines: Vec<LateLine>,
}

/// A union.
pub struct LateLine {
    pub name: String,
    pub above: String,
    pub open: i64,
    pub waiting_long: i64,
    pub closing: i64,
    pub oldest: String,
    pub reviewers: i64,
    pub href: String,
}

/// What the address asks for.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    days: String,
}

/// `GET /office/late?days=`
#[handler]
pub async fn show(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let days = asked.days.parse().ok().filter(|days| (1..=365).contains(days));
    let now = ctx.app.now();
    let lines = late::of(&ctx.app, &officer, days)
        .await?
        .into_iter()
        .map(|union| LateLine {
            href: format!("/office?tab=all&at={}", union.id),
            name: union.name,
            above: union.above.unwrap_or_default(),
            open: union.open,
            waiting_long: union.waiting_long,
            closing: union.closing,
            oldest: view::waited(union.oldest, now),
            reviewers: union.reviewers,
        });
    let lines = lines.collect();
    let window = campaign::current(&ctx.app).await?.map(|c| WindowLine {
        intake: c.intake.label(),
        until: c.intake.review.until.deadline_text(),
        left: view::days_left(c.intake.review.until, now),
    });
    page(&LatePage {
        base: ctx.base("超期情况"),
        who: Who::of(&officer, "all"),
        days: days.unwrap_or(ctx.app.config.told.late_after),
        near: NEAR_END,
        window,
        lines,
    })
}
