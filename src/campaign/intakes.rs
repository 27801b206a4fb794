//! A year's campaign and its intakes.

use super::{Season, store};
use crate::app::App;
use crate::audit::{self, Actor, Line};
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{Fen, Refusal, Time};
use serde_json::json;
use sqlx::{Any, Executor};

/// A span of time, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First moment.
    pub from: Time,
    /// Last moment.
    pub until: Time,
}

impl Window {
    /// Whether `now` is inside.
    pub fn contains(&self, now: Time) -> bool {
        self.from <= now && now <= self.until
    }
}

/// One application window with its review window.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// Id.
    pub id: String,
    /// Its campaign.
    pub campaign_id: String,
    /// The campaign's year.
    pub year: i32,
    /// Spring or autumn.
    pub season: Season,
    /// When one may apply.
    pub apply: Window,
    /// When officers may decide, and until when a correction is in time.
    pub review: Window,
}

impl Intake {
    /// applying (submitting) is possible inside the application window.
    pub fn may_apply(&self, now: Time) -> Result<(), Refusal> {
        let Window { from, until } = self.apply;
        if self.apply.contains(now) {
            Ok(())
        } else {
            Err(Refusal::ApplyWindowClosed { from, until })
        }
    }

    /// decisions are made inside the review window.
    pub fn may_review(&self, now: Time) -> Result<(), Refusal> {
        let Window { from, until } = self.review;
        if self.review.contains(now) {
            Ok(())
        } else {
            Err(Refusal::ReviewWindowClosed { from, until })
        }
    }

    /// R-9 [ours]: a returned application may be resubmitted until the review window's end.
    pub fn may_correct(&self, now: Time) -> Result<(), Refusal> {
        let until = self.review.until;
        if now <= until {
            Ok(())
        } else {
            Err(Refusal::CorrectionOver { until })
        }
    }

    /// "2026年秋季批次".
    pub fn label(&self) -> String {
        format!("{}年{}批次", self.year, self.season.label())
    }
}

/// The campaign and intake that pages speak of today.
#[derive(Debug, Clone)]
pub struct Current {
    /// The campaign's id.
    pub campaign_id: String,
    /// Its title.
    pub title: String,
    /// What the city gives to each.
    pub city_grant: Fen,
    /// The intake.
    pub intake: Intake,
}

/// Makes a campaign with its intakes, within the caller's transaction.
pub async fn create(
    app: &App,
    tx: &mut Tx,
    by: &Actor,
    (year, title, city_grant): (i32, &str, Fen),
    intakes: &[(Season, Window, Window)],
) -> Result<String> {
    let campaign_id = app.id();
    store::insert_campaign(tx, &campaign_id, year, title, city_grant, app.now()).await?;
    for (season, apply, review) in intakes {
        let campaign_id = campaign_id.clone();
        let intake = Intake {
            id: app.id(),
            campaign_id,
            year,
            season: *season,
            apply: *apply,
            review: *review,
        };
        store::insert_intake(tx, &intake).await?;
    }
    let detail = json!({ "year": year, "intakes": intakes.len() });
    let line = Line {
        actor: by,
        act: "campaign.create",
        subject: ("campaign", &campaign_id),
        detail,
    };
    audit::record(tx, &app.entropy, app.now(), line).await?;
    Ok(campaign_id)
}

/// What a free place means for somebody who waits (R-20, R-24, ADR 0028).
#[derive(Debug, PartialEq, Eq)]
pub enum Turn<'a> {
    /// Their own intake is still under review: they are decided in it.
    Here,
    /// Its review is over: they are decided in the campaign's next one.
    CarriedTo(&'a Intake),
    /// No review is left in the campaign: the waiting is over.
    Over,
}

/// Whose turn it is with the intake `own`, at this moment, among all intakes of its campaign.
pub fn turn<'a>(of_campaign: &'a [Intake], own: &str, now: Time) -> Turn<'a> {
    let Some(own) = of_campaign.iter().find(|intake| intake.id == own) else {
        return Turn::Over;
    };
    if now <= own.review.until {
        return Turn::Here;
    }
    let later = of_campaign
        .iter()
        .filter(|later| later.apply.from > own.apply.from && now <= later.review.until);
    later
        .min_by_key(|later| later.apply.from)
        .map_or(Turn::Over, Turn::CarriedTo)
}

/// All intakes of a campaign, the earlier first, as the transaction sees them.
pub async fn of_campaign(tx: &mut Tx, campaign_id: &str) -> Result<Vec<Intake>> {
    store::intakes_of(tx, campaign_id).await
}

/// When the waiting of a campaign ends: with its last review window.
pub async fn waiting_ends(app: &App, campaign_id: &str) -> Result<Option<Time>> {
    let all = all(app).await?.into_iter();
    let ends = all.filter(|intake| intake.campaign_id == campaign_id);
    Ok(ends.map(|intake| intake.review.until).max())
}

/// An intake by id.
pub async fn intake(app: &App, id: &str) -> Result<Intake> {
    intake_on(app.db.read(), id).await
}

/// [`intake`] on the caller's connection.
pub async fn intake_on(db: impl Executor<'_, Database = Any>, id: &str) -> Result<Intake> {
    let found = store::intake(db, id).await?.ok_or(Error::NotFound)?;
    Ok(found.intake)
}

/// Every intake, for lists to choose from.
pub async fn all(app: &App) -> Result<Vec<Intake>> {
    Ok(store::intakes(app).await?.into_iter().map(|c| c.intake).collect())
}

/// The intake that matters now: one that is open, else one under review, else the next to come, else the last.
/// `None` before any campaign is made.
pub async fn current(app: &App) -> Result<Option<Current>> {
    Ok(most_relevant(store::intakes(app).await?, app.now()))
}

/// Every intake with its campaign, by the beginning of its application window.
pub async fn every(app: &App) -> Result<Vec<Current>> {
    store::intakes(app).await
}

/// [`current`] as a rule: which of these matters at this moment.
pub fn most_relevant(all: Vec<Current>, now: Time) -> Option<Current> {
    let rank = |c: &Current| {
        let Intake { apply, review, .. } = &c.intake;
        match () {
            () if apply.contains(now) => (0, apply.from.0),
            () if review.contains(now) => (1, apply.from.0),
            () if apply.from > now => (2, apply.from.0),
            () => (3, -apply.from.0),
        }
    };
    all.into_iter().min_by_key(rank)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn day(m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2021, m, d).unwrap()
    }

    fn window(from: NaiveDate, until: NaiveDate) -> Window {
        Window {
            from: Time::start_of(from),
            until: Time::end_of(until),
        }
    }

    fn of_2021(season: Season) -> Current {
        let (apply, review) = match season {
            Season::Spring => (window(day(5, 5), day(5, 31)), window(day(5, 5), day(6, 7))),
            Season::Autumn => (window(day(11, 5), day(11, 30)), window(day(11, 5), day(12, 7))),
        };
        let intake = Intake {
            id: season.to_string(),
            campaign_id: String::new(),
            year: 2021,
            season,
            apply,
            review,
        };
        Current {
            campaign_id: String::new(),
            title: String::new(),
            city_grant: Fen::yuan(1000),
            intake,
        }
    }

    /// both days inclusive, to the second.
    #[test]
    fn windows_open_and_close_to_the_second() {
        let intake = of_2021(Season::Autumn).intake;
        let closed = Refusal::ApplyWindowClosed {
            from: intake.apply.from,
            until: intake.apply.until,
        };
        assert_eq!(
            intake.may_apply(Time::shanghai(2021, 11, 4, 23, 59, 59)),
            Err(closed.clone())
        );
        assert_eq!(intake.may_apply(Time::shanghai(2021, 11, 5, 0, 0, 0)), Ok(()));
        assert_eq!(intake.may_apply(Time::shanghai(2021, 11, 30, 23, 59, 59)), Ok(()));
        assert_eq!(
            intake.may_apply(Time::shanghai(2021, 12, 1, 0, 0, 0)),
            Err(closed.clone())
        );
        assert!(closed.text().contains("2021年11月5日") && closed.text().contains("2021年11月30日 24:00"));
    }

    /// review and correction end with the review window.
    #[test]
    fn review_and_correction_go_on_after_applying_ends() {
        let intake = of_2021(Season::Autumn).intake;
        let (during, after) = (
            Time::shanghai(2021, 12, 7, 23, 59, 59),
            Time::shanghai(2021, 12, 8, 0, 0, 0),
        );
        assert_eq!(
            (intake.may_review(during), intake.may_correct(during)),
            (Ok(()), Ok(()))
        );
        assert!(matches!(
            intake.may_review(after),
            Err(Refusal::ReviewWindowClosed { .. })
        ));
        assert!(matches!(
            intake.may_correct(after),
            Err(Refusal::CorrectionOver { .. })
        ));
    }

    /// who waits is decided in their own review window, after it in the next one, after the last one nowhere.
    #[test]
    fn a_place_after_the_window_belongs_to_the_next_intake() {
        let year = [of_2021(Season::Spring).intake, of_2021(Season::Autumn).intake];
        let at = |season: Season, m, d, h| turn(&year, season.as_str(), Time::shanghai(2021, m, d, h, 0, 0));
        assert_eq!(at(Season::Spring, 6, 7, 23), Turn::Here);
        for (m, d) in [(6, 8), (8, 1), (11, 5), (12, 7)] {
            assert_eq!(at(Season::Spring, m, d, 0), Turn::CarriedTo(&year[1]), "{m}-{d}");
        }
        assert_eq!(at(Season::Autumn, 12, 7, 23), Turn::Here);
        assert_eq!(at(Season::Autumn, 12, 8, 0), Turn::Over);
        assert_eq!(at(Season::Spring, 12, 8, 0), Turn::Over);
    }

    #[test]
    fn the_intake_spoken_of_follows_the_calendar() {
        for (m, d, season) in [
            (1, 1, Season::Spring),
            (5, 20, Season::Spring),
            (6, 3, Season::Spring),
            (7, 1, Season::Autumn),
            (11, 5, Season::Autumn),
            (12, 31, Season::Autumn),
        ] {
            let all = vec![of_2021(Season::Spring), of_2021(Season::Autumn)];
            let found = most_relevant(all, Time::shanghai(2021, m, d, 12, 0, 0));
            assert_eq!(found.map(|c| c.intake.season), Some(season), "{m}-{d}");
        }
        assert!(most_relevant(Vec::new(), Time(0)).is_none());
    }
}
