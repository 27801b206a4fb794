//! The city plans a year: copies the one before, sets title, amount and the dates of each intake.

use super::{Current, Intake, QuotaCause, Season, Window, funders, quotas, store};
use crate::app::App;
use crate::audit::{self, Line};
use crate::db::Tx;
use crate::error::{Error, Result, is_unique_violation};
use crate::kernel::{Fen, FieldErrors, Refusal, Time, text};
use crate::union::Officer;
use crate::union::rights::{self, Act};
use chrono::{Datelike as _, Months, NaiveDate};
use serde_json::json;

/// The earliest and the latest year that is taken for one.
const YEARS: std::ops::RangeInclusive<i32> = 2015..=2099;

/// A campaign with its intakes, as the city's pages show it.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Its id.
    pub id: String,
    /// Its year.
    pub year: i32,
    /// Its title.
    pub title: String,
    /// What the city gives to each.
    pub city_grant: Fen,
    /// Its intakes, the earlier first.
    pub intakes: Vec<Intake>,
}

/// Every campaign, the newest year first.
pub async fn all(app: &App) -> Result<Vec<Campaign>> {
    Ok(grouped(store::intakes(app).await?))
}

/// A campaign by id.
pub async fn find(app: &App, id: &str) -> Result<Campaign> {
    let found = all(app).await?.into_iter().find(|campaign| campaign.id == id);
    found.ok_or(Error::NotFound)
}

/// The campaign of a year.
pub async fn of_year(app: &App, year: i32) -> Result<Campaign> {
    let found = all(app).await?.into_iter().find(|campaign| campaign.year == year);
    found.ok_or(Error::NotFound)
}

fn grouped(intakes: Vec<Current>) -> Vec<Campaign> {
    let mut campaigns = Vec::<Campaign>::new();
    for one in intakes {
        match campaigns
            .iter_mut()
            .find(|campaign| campaign.id == one.campaign_id)
        {
            Some(campaign) => campaign.intakes.push(one.intake),
            None => campaigns.push(Campaign {
                id: one.campaign_id,
                year: one.intake.year,
                title: one.title,
                city_grant: one.city_grant,
                intakes: vec![one.intake],
            }),
        }
    }
    campaigns.sort_by_key(|campaign| -campaign.year);
    campaigns
}

/// The same window so many years later: the same days of the month, 29 February becoming 28.
pub fn shifted(window: Window, years: i32) -> Window {
    let later = |day: NaiveDate| {
        let months = Months::new(years.unsigned_abs().saturating_mul(12));
        let moved = if years < 0 {
            day.checked_sub_months(months)
        } else {
            day.checked_add_months(months)
        };
        moved.unwrap_or(day)
    };
    Window {
        from: Time::start_of(later(window.from.date())),
        until: Time::end_of(later(window.until.date())),
    }
}

/// An amount of money as it is typed: yuan with at most two decimals, more than nothing.
pub fn amount(typed: &str) -> Result<Fen, Refusal> {
    let typed = text::plain(typed);
    let typed = typed.trim_end_matches('元').trim();
    if typed.is_empty() {
        return Err(Refusal::Empty);
    }
    let (yuan, fen) = typed.split_once('.').unwrap_or((typed, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let right = !yuan.is_empty() && yuan.len() <= 7 && fen.len() <= 2 && digits(yuan) && digits(fen);
    let parsed = right.then(|| format!("{yuan}{fen:0<2}").parse().ok()).flatten();
    parsed
        .filter(|fen| *fen > 0)
        .map(Fen)
        .ok_or(Refusal::AmountMalformed)
}

/// What is typed for a campaign.
pub struct Typed<'a> {
    /// Its title.
    pub title: &'a str,
    /// What the city gives to each, in yuan.
    pub grant: &'a str,
}

fn title_and_grant(errors: &mut FieldErrors, typed: &Typed<'_>) -> (String, Fen) {
    let title = errors.take("title", text::line(typed.title, 4, 60));
    let grant = errors.take("grant", amount(typed.grant));
    (title.unwrap_or_default(), grant.unwrap_or(Fen(0)))
}

/// The year and title that a copy would have: the newest year's, one later. [`Refusal::CampaignNone`] when there is none.
pub async fn suggested(app: &App) -> Result<(i32, Campaign)> {
    let newest = all(app).await?.into_iter().next().ok_or(Refusal::CampaignNone)?;
    let year = newest.year + 1;
    let title = newest.title.replace(&newest.year.to_string(), &year.to_string());
    Ok((year, Campaign { title, ..newest }))
}

/// Makes a year's campaign by copying the newest one before it: its intakes' dates moved by the years between, its
/// quotas, its funders. Gives the new id.
///
/// Errors: [`Error::NotFound`] and [`Refusal::NotAllowed`] by [`rights::city`]; [`Refusal::CampaignNone`]; at `year`,
/// `title`, `grant`.
pub async fn copy(app: &App, officer: &Officer, year: &str, typed: &Typed<'_>) -> Result<String> {
    let result = copy_checked(app, officer, year, typed).await;
    rights::noted(app, &officer.actor(), "campaign.copy", ("campaign", year), result).await
}

async fn copy_checked(app: &App, officer: &Officer, year: &str, typed: &Typed<'_>) -> Result<String> {
    let city = rights::city(app, officer, Act::ManagePlaces).await?;
    let mut errors = FieldErrors::default();
    let year = text::plain(year).parse().ok().filter(|year| YEARS.contains(year));
    let year = errors.take("year", year.ok_or(Refusal::YearMalformed));
    let (title, grant) = title_and_grant(&mut errors, typed);
    let (Some(year), true) = (year, errors.is_empty()) else {
        return Err(errors.into());
    };
    let mut tx = app.db.write().await?;
    store::lock_plan(&mut tx).await?;
    let known = grouped(store::intakes_in(&mut tx).await?);
    let taken = || Error::from(FieldErrors::one("year", Refusal::CampaignExists { year }));
    if known.iter().any(|campaign| campaign.year == year) {
        return Err(taken());
    }
    let before = known
        .iter()
        .find(|campaign| campaign.year < year)
        .or(known.last());
    let before = before.ok_or(Refusal::CampaignNone)?;
    let windows: Vec<(Season, Window, Window)> = before
        .intakes
        .iter()
        .map(|intake| {
            let by = year - before.year;
            (
                intake.season,
                shifted(intake.apply, by),
                shifted(intake.review, by),
            )
        })
        .collect();
    let made = super::create(app, &mut tx, &officer.actor(), (year, &title, grant), &windows).await;
    let made = match made {
        Err(error) if was_taken(&error) => return Err(taken()),
        other => other?,
    };
    copy_table(app, &mut tx, officer, (&before.id, &made)).await?;
    funders::copy(app, &mut tx, &before.id, &made).await?;
    tx.commit().await?;
    tracing::info!(year, from = before.year, city = city.id, "a campaign was made");
    Ok(made)
}

fn was_taken(error: &Error) -> bool {
    let Error::Internal(cause) = error else {
        return false;
    };
    cause
        .downcast_ref::<sqlx::Error>()
        .is_some_and(is_unique_violation)
}

/// The totals of the active units; what was transferred last year stays where it went.
async fn copy_table(app: &App, tx: &mut Tx, officer: &Officer, (from, to): (&str, &str)) -> Result<()> {
    for (unit_id, total) in store::totals_in(tx, from).await? {
        let actor = officer.actor();
        quotas::open(app, tx, &actor, (to, &unit_id), (total, QuotaCause::Copied)).await?;
    }
    Ok(())
}

/// Changes a campaign's title and the city's amount. `seen` is what the page showed, by [`mark`].
pub async fn edit(app: &App, officer: &Officer, id: &str, seen: &str, typed: &Typed<'_>) -> Result<()> {
    let result = edit_checked(app, officer, id, seen, typed).await;
    rights::noted(app, &officer.actor(), "campaign.edit", ("campaign", id), result).await
}

async fn edit_checked(app: &App, officer: &Officer, id: &str, seen: &str, typed: &Typed<'_>) -> Result<()> {
    rights::city(app, officer, Act::ManagePlaces).await?;
    let mut errors = FieldErrors::default();
    let (title, grant) = title_and_grant(&mut errors, typed);
    if !errors.is_empty() {
        return Err(errors.into());
    }
    let mut tx = app.db.write().await?;
    store::lock_plan(&mut tx).await?;
    let known = grouped(store::intakes_in(&mut tx).await?);
    let before = known
        .iter()
        .find(|campaign| campaign.id == id)
        .ok_or(Error::NotFound)?;
    if mark(before) != seen {
        return Err(Refusal::SeenChanged.into());
    }
    store::set_campaign(&mut tx, id, &title, grant).await?;
    let detail = json!({
        "title": [before.title, title],
        "city_grant_fen": [before.city_grant, grant],
    });
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act: "campaign.edit",
        subject: ("campaign", id),
        detail,
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok(())
}

/// What a page showed of a campaign, for [`edit`].
pub fn mark(campaign: &Campaign) -> String {
    let shown = format!("{}\n{}", campaign.title, campaign.city_grant.0);
    crate::kernel::code::sha256_hex(shown.as_bytes())
}

/// The days of an intake as they are typed, "2027-05-05".
#[derive(Debug, Clone, Default)]
pub struct TypedDates<'a> {
    /// First day of applying.
    pub apply_from: &'a str,
    /// Last day of applying, to its end.
    pub apply_until: &'a str,
    /// First day of reviewing.
    pub review_from: &'a str,
    /// Last day of reviewing, to its end.
    pub review_until: &'a str,
}

/// Both windows of an intake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Windows {
    /// When one may apply.
    pub apply: Window,
    /// When officers decide.
    pub review: Window,
}

impl From<&Intake> for Windows {
    fn from(intake: &Intake) -> Self {
        Windows {
            apply: intake.apply,
            review: intake.review,
        }
    }
}

/// Reads typed days. R-8: both days inclusive. Errors at each field.
pub fn read_dates(typed: &TypedDates<'_>) -> Result<Windows, FieldErrors> {
    let mut errors = FieldErrors::default();
    let mut day = |field, typed: &str| {
        let parsed = NaiveDate::parse_from_str(typed.trim(), "%Y-%m-%d").ok();
        errors.take(field, parsed.ok_or(Refusal::DateMalformed))
    };
    let apply = (
        day("apply_from", typed.apply_from),
        day("apply_until", typed.apply_until),
    );
    let review = (
        day("review_from", typed.review_from),
        day("review_until", typed.review_until),
    );
    match (apply, review) {
        ((Some(from), Some(until)), (Some(review_from), Some(review_until))) => Ok(Windows {
            apply: window(from, until),
            review: window(review_from, review_until),
        }),
        _ => Err(errors),
    }
}

fn window(from: NaiveDate, until: NaiveDate) -> Window {
    Window {
        from: Time::start_of(from),
        until: Time::end_of(until),
    }
}

/// Whether an intake's dates can be. `others` are all the other intakes, of any year.
///
/// Errors, all at once: an end before its beginning; a review that does not cover the application window; applying
/// outside the campaign's year; days in common with another intake.
pub fn check(windows: &Windows, year: i32, others: &[Intake]) -> Result<(), FieldErrors> {
    let Windows { apply, review } = windows;
    let mut errors = FieldErrors::default();
    let mut no = |field, wrong: bool, refusal| {
        errors.take(field, if wrong { Err(refusal) } else { Ok(()) });
    };
    no("apply_until", apply.until < apply.from, Refusal::WindowBackwards);
    no(
        "review_until",
        review.until < review.from,
        Refusal::WindowBackwards,
    );
    no("review_from", review.from > apply.from, Refusal::ReviewTooShort);
    no(
        "review_until",
        review.until < apply.until,
        Refusal::ReviewTooShort,
    );
    let outside = |time: Time| time.date().year() != year;
    no(
        "apply_from",
        outside(apply.from),
        Refusal::IntakeOutsideYear { year },
    );
    no(
        "apply_until",
        outside(apply.until),
        Refusal::IntakeOutsideYear { year },
    );
    let whole = |w: &Windows| (w.apply.from.min(w.review.from), w.apply.until.max(w.review.until));
    let (from, until) = whole(windows);
    for other in others {
        let (other_from, other_until) = whole(&Windows::from(other));
        let other = other.label();
        no(
            "apply_from",
            from <= other_until && other_from <= until,
            Refusal::IntakesOverlap { other },
        );
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Whether an intake has begun: changing it is felt at once, and has to be confirmed.
pub fn has_begun(intake: &Intake, now: Time) -> bool {
    intake.apply.from.min(intake.review.from) <= now
}

/// Gives an intake other dates. `seen` are the days the page showed.
///
/// Errors: those of [`read_dates`] and [`check`]; [`Refusal::SeenChanged`]; at `confirm` [`Refusal::WindowRunning`]
/// when it has begun, or would have, and `confirmed` is not set.
pub async fn set_dates(
    app: &App,
    officer: &Officer,
    intake_id: &str,
    (seen, typed): (&TypedDates<'_>, &TypedDates<'_>),
    confirmed: bool,
) -> Result<()> {
    let result = set_dates_checked(app, officer, intake_id, (seen, typed), confirmed).await;
    rights::noted(
        app,
        &officer.actor(),
        "intake.dates",
        ("intake", intake_id),
        result,
    )
    .await
}

async fn set_dates_checked(
    app: &App,
    officer: &Officer,
    intake_id: &str,
    (seen, typed): (&TypedDates<'_>, &TypedDates<'_>),
    confirmed: bool,
) -> Result<()> {
    rights::city(app, officer, Act::ManagePlaces).await?;
    let windows = read_dates(typed)?;
    let seen = read_dates(seen).map_err(|_| Refusal::MalformedRequest)?;
    let mut tx = app.db.write().await?;
    store::lock_plan(&mut tx).await?;
    let all = store::intakes_in(&mut tx).await?;
    let (ours, others): (Vec<Intake>, Vec<Intake>) = all
        .into_iter()
        .map(|one| one.intake)
        .partition(|intake| intake.id == intake_id);
    let intake = ours.into_iter().next().ok_or(Error::NotFound)?;
    if Windows::from(&intake) != seen {
        return Err(Refusal::SeenChanged.into());
    }
    check(&windows, intake.year, &others)?;
    let after = Intake {
        apply: windows.apply,
        review: windows.review,
        ..intake.clone()
    };
    let felt = has_begun(&intake, app.now()) || has_begun(&after, app.now());
    if felt && !confirmed {
        return Err(FieldErrors::one("confirm", Refusal::WindowRunning).into());
    }
    store::set_windows(&mut tx, intake_id, windows.apply, windows.review).await?;
    let days = |w: &Window| json!([w.from.date(), w.until.date()]);
    let detail = json!({
        "before": { "apply": days(&intake.apply), "review": days(&intake.review) },
        "after": { "apply": days(&windows.apply), "review": days(&windows.review) },
        "running": felt,
    });
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act: "intake.dates",
        subject: ("intake", intake_id),
        detail,
    };
    audit::record(&mut tx, &app.entropy, app.now(), line).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
