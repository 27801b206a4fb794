//! `/enrol/plan`: the personal study plan (R-10's box); its rules and their words are `enrolment::plan`.

use super::{Card, card};
use crate::account::{profile, workers};
use crate::enrolment::enrol;
use crate::enrolment::plan::{self, Facts};
use crate::enrolment::program::yuan;
use crate::error::Result;
use crate::kernel::text;
use crate::web::ctx::Ctx;
use crate::web::page::{Base, page};
use askama::Template;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

/// What the page asks; the account fills in what it knows.
#[derive(Deserialize, Default)]
pub struct Asked {
    education: Option<String>,
    employer: Option<String>,
    #[serde(default)]
    budget: String,
    #[serde(default)]
    distance: String,
}

#[derive(Template)]
#[template(path = "worker/enrol_plan.html")]
struct PlanPage {
    base: Base,
    educations: Vec<(&'static str, bool)>,
    employer: String,
    budget: String,
    distance: bool,
    trade: Option<&'static str>,
    cards: Vec<Card>,
}

/// `GET /enrol/plan?education=&employer=&budget=&distance=`
#[handler]
pub async fn show(ctx: Ctx, Query(asked): Query<Asked>) -> Result<Response> {
    let known = match ctx.worker() {
        Ok(id) => Some(enrol::prefilled(&ctx.app, &workers::find(&ctx.app, &id).await?).await?),
        Err(_) => None,
    }
    .unwrap_or_default();
    let education = asked.education.unwrap_or(known.education);
    let employer = text::clean(&asked.employer.unwrap_or(known.employer))
        .chars()
        .take(60)
        .collect::<String>();
    let facts = Facts {
        employer,
        budget: yuan(&text::plain(&asked.budget)).filter(|fee| fee.0 > 0),
        distance: asked.distance == "on",
        education,
    };
    let suggestions = plan::of(&ctx.app, &facts).await?;
    let cards = suggestions.into_iter().map(|s| Card {
        why: s.why,
        ..card(s.hit)
    });
    page(&PlanPage {
        base: ctx.base("学习计划"),
        educations: profile::EDUCATIONS
            .iter()
            .map(|e| (*e, *e == facts.education))
            .collect(),
        budget: facts.budget.map_or_else(String::new, |fee| fee.plain()),
        distance: facts.distance,
        trade: plan::trade(&facts.employer).map(|(name, _)| name),
        employer: facts.employer,
        cards: cards.collect(),
    })
}
