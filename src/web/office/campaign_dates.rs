//! `/office/campaigns/:id/intakes/:intake` and `/rehearsal`: the dates of an intake, and what any moment would be like
//!

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other};
use super::Who;
use super::campaigns::{planner, standing_of, window};
use super::view::Tag;
use crate::app::App;
use crate::application::rehearsal::{self, At, Rehearsal};
use crate::campaign::plan::{self, TypedDates, has_begun, read_dates};
use crate::campaign::{self, Current, Intake};
use crate::error::{Error, Result};
use crate::kernel::{Refusal, Time};
use crate::notice::digest::{self, Tell};
use crate::union::Officer;
use askama::Template;
use poem::web::{Path, Query};
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "office/intake.html")]
pub struct IntakePage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    pub campaign_id: String,
    pub id: String,
    pub label: String,
    pub state: Tag,
    /// It has begun: a change is felt at once.
    pub begun: bool,
    /// Today or later it begins; what is typed would change that.
    pub effects: Vec<String>,
    pub typed: Days,
    pub seen: Days,
}

/// The days of both windows, as a form has them.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Days {
    #[serde(default)]
    pub apply_from: String,
    #[serde(default)]
    pub apply_until: String,
    #[serde(default)]
    pub review_from: String,
    #[serde(default)]
    pub review_until: String,
}

impl Days {
    fn of(intake: &Intake) -> Self {
        let day = |time: Time| time.date().to_string();
        Days {
            apply_from: day(intake.apply.from),
            apply_until: day(intake.apply.until),
            review_from: day(intake.review.from),
            review_until: day(intake.review.until),
        }
    }

    fn typed(&self) -> TypedDates<'_> {
        TypedDates {
            apply_from: &self.apply_from,
            apply_until: &self.apply_until,
            review_from: &self.review_from,
            review_until: &self.review_until,
        }
    }
}

/// The intake, if it is one of this campaign.
async fn found(ctx: &Ctx, campaign_id: &str, id: &str) -> Result<Intake> {
    let campaign = plan::find(&ctx.app, campaign_id).await?;
    let mut intakes = campaign.intakes.into_iter();
    intakes.find(|intake| intake.id == id).ok_or(Error::NotFound)
}

fn filled(ctx: &Ctx, officer: &Officer, intake: &Intake, typed: Days) -> IntakePage {
    let now = ctx.app.now();
    let after = read_dates(&typed.typed()).ok().map(|windows| Intake {
        apply: windows.apply,
        review: windows.review,
        ..intake.clone()
    });
    let effects = after
        .as_ref()
        .map_or_else(Vec::new, |after| rehearsal::effects(intake, after, now));
    IntakePage {
        base: ctx.base(&format!("{}的日期", intake.label())),
        who: Who::of(officer, "places"),
        errors: Errors::default(),
        campaign_id: intake.campaign_id.clone(),
        id: intake.id.clone(),
        label: intake.label(),
        state: standing_of(intake, now),
        begun: has_begun(intake, now) || after.is_some_and(|after| has_begun(&after, now)),
        effects,
        typed,
        seen: Days::of(intake),
    }
}

/// `GET /office/campaigns/:id/intakes/:intake`
#[handler]
pub async fn ask(ctx: Ctx, Path((campaign_id, id)): Path<(String, String)>) -> Result<Response> {
    let officer = planner(&ctx).await?;
    let intake = found(&ctx, &campaign_id, &id).await?;
    page(&filled(&ctx, &officer, &intake, Days::of(&intake)))
}

/// What is posted: the days typed, and the days that the page showed.
#[derive(Deserialize)]
pub struct Posting {
    #[serde(default)]
    apply_from: String,
    #[serde(default)]
    apply_until: String,
    #[serde(default)]
    review_from: String,
    #[serde(default)]
    review_until: String,
    #[serde(default)]
    seen_apply_from: String,
    #[serde(default)]
    seen_apply_until: String,
    #[serde(default)]
    seen_review_from: String,
    #[serde(default)]
    seen_review_until: String,
    confirm: Option<String>,
}

/// `POST /office/campaigns/:id/intakes/:intake`
#[handler]
pub async fn save(
    Path((campaign_id, id)): Path<(String, String)>,
    posted: Posted<Posting>,
) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let confirmed = form.confirm.is_some();
    let typed = Days {
        apply_from: form.apply_from,
        apply_until: form.apply_until,
        review_from: form.review_from,
        review_until: form.review_until,
    };
    let seen = Days {
        apply_from: form.seen_apply_from,
        apply_until: form.seen_apply_until,
        review_from: form.seen_review_from,
        review_until: form.seen_review_until,
    };
    let days = (&seen.typed(), &typed.typed());
    match plan::set_dates(&ctx.app, &officer, &id, days, confirmed).await {
        Ok(()) => {
            ctx.flash("日期已保存");
            Ok(see_other(&format!("/office/campaigns/{campaign_id}")))
        }
        Err(error) => {
            let errors = super::wrong(error)?;
            let intake = found(&ctx, &campaign_id, &id).await?;
            let mut again = filled(&ctx, &officer, &intake, typed);
            again.errors = errors;
            page_again(&again)
        }
    }
}

#[derive(Template)]
#[template(path = "office/rehearsal.html")]
pub struct RehearsalPage {
    pub base: Base,
    pub who: Option<Who>,
    pub id: String,
    pub at: String,
    pub when: String,
    pub malformed: bool,
    pub intakes: Vec<IntakeAt>,
    pub fires: Vec<(String, String)>,
    /// Days worth a look: address and words.
    pub days: Vec<(String, String)>,
}

/// An intake at the moment.
pub struct IntakeAt {
    pub season: &'static str,
    pub label: String,
    pub spoken_of: bool,
    pub apply_window: String,
    pub review_window: String,
    pub apply: Tag,
    pub worker: String,
    pub review: Tag,
    pub officer: String,
    pub correct: Tag,
    pub correction: String,
}

fn yes_or_no(may: &Result<(), Refusal>) -> Tag {
    let (tone, text) = if may.is_ok() {
        ("ok", "可以")
    } else {
        ("", "不可以")
    };
    Tag {
        tone,
        text: text.to_owned(),
    }
}

fn at_moment(at: At) -> IntakeAt {
    let said = |may: &Result<(), Refusal>, yes: String| match may {
        Ok(()) => yes,
        Err(refusal) => refusal.text(),
    };
    let intake = &at.intake;
    let (apply_until, review_until) = (
        intake.apply.until.deadline_text(),
        intake.review.until.deadline_text(),
    );
    IntakeAt {
        season: intake.season.as_str(),
        label: intake.label(),
        spoken_of: at.spoken_of,
        apply_window: window(&intake.apply),
        review_window: window(&intake.review),
        worker: said(&at.apply, format!("申请 {apply_until} 截止")),
        officer: said(&at.review, format!("审核 {review_until} 截止")),
        correction: said(&at.correct, format!("请在 {review_until} 前补正并重新提交")),
        apply: yes_or_no(&at.apply),
        review: yes_or_no(&at.review),
        correct: yes_or_no(&at.correct),
    }
}

/// Days worth a look: the first and the last of each window, and the days after.
fn days(shown: &Rehearsal, id: &str) -> Vec<(String, String)> {
    let mut moments: Vec<Time> = Vec::new();
    for at in &shown.intakes {
        let (apply, review) = (at.intake.apply, at.intake.review);
        moments.extend([
            apply.from,
            apply.until,
            apply.until.plus(1),
            review.until,
            review.until.plus(1),
        ]);
    }
    moments.sort();
    moments.dedup();
    let link = |time: Time| {
        let words = time.minute_text();
        (
            format!("/office/campaigns/{id}/rehearsal?at={}", local(time)),
            words,
        )
    };
    moments.into_iter().map(link).collect()
}

/// "2027-05-05T09:00", as the input wants it.
fn local(time: Time) -> String {
    time.iso_text().chars().take(16).collect()
}

fn read(at: &str) -> Option<Time> {
    let at = chrono::NaiveDateTime::parse_from_str(at, "%Y-%m-%dT%H:%M").ok()?;
    let (date, time) = (at.date(), at.time());
    use chrono::Timelike as _;
    let minutes = i64::from(time.hour() * 60 + time.minute());
    Some(Time::start_of(date).plus(minutes * crate::kernel::time::MINUTE))
}

/// The day and time asked for.
#[derive(Deserialize)]
pub struct Asked {
    #[serde(default)]
    at: String,
}

/// `GET /office/campaigns/:id/rehearsal?at=`
#[handler]
pub async fn rehearse(ctx: Ctx, Path(id): Path<String>, Query(asked): Query<Asked>) -> Result<Response> {
    let officer = planner(&ctx).await?;
    let campaign = plan::find(&ctx.app, &id).await?;
    let at = read(&asked.at);
    let malformed = at.is_none() && !asked.at.is_empty();
    let at = at.unwrap_or_else(|| ctx.app.now());
    let all = campaign::every(&ctx.app).await?;
    let mut shown = rehearsal::rehearse(&all, at);
    shown.intakes.retain(|at| at.intake.campaign_id == id);
    shown.fires.extend(officers_told(&ctx.app, &all, at));
    shown.fires.sort_by_key(|fire| fire.at);
    let fire = |fire: rehearsal::Fires| (fire.at.short_deadline_text(), fire.what);
    page(&RehearsalPage {
        base: ctx.base("日期预演"),
        who: Who::of(&officer, "places"),
        days: days(&shown, &campaign.id),
        at: local(at),
        when: at.minute_text(),
        malformed,
        fires: shown.fires.into_iter().map(fire).collect(),
        intakes: shown.intakes.into_iter().map(at_moment).collect(),
        id,
    })
}

/// What officers with open work are told on the day of a moment.
fn officers_told(app: &App, all: &[Current], at: Time) -> Vec<rehearsal::Fires> {
    let calendar = &app.config.told.calendar;
    let words = |label: &str, fire: digest::Fires| {
        let what = match fire.tell {
            Tell::Digest => "有待办的审核人员收到待办汇总".to_owned(),
            Tell::Closing { days } => format!("提醒有待办的审核人员，审核还剩 {days} 天"),
        };
        let late = if fire.late {
            "；有超期的，同时告知上级工会"
        } else {
            ""
        };
        format!("{label}：{what}{late}")
    };
    let told = all.iter().flat_map(|current| {
        let label = current.intake.label();
        let fires = digest::day(calendar, at.date(), current.intake.review).into_iter();
        fires.map(move |fire| rehearsal::Fires {
            at: fire.at,
            what: words(&label, fire),
        })
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_comes_back_as_it_was_asked() {
        let at = read("2027-05-31T23:59").unwrap();
        assert_eq!(
            (local(at).as_str(), at),
            ("2027-05-31T23:59", Time::shanghai(2027, 5, 31, 23, 59, 0))
        );
        assert_eq!(
            (read(""), read("2027-05-31"), read("2027-02-30T10:00")),
            (None, None, None)
        );
    }
}
