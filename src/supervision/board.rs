//! The dashboard's figures of one intake (R-31, ADR 0024): counted once for the whole city, by union, and kept in the cache
//! for a few seconds; every viewer's page is a sum over what their subtree has of it ([`super::figures`]).

use super::store::board as store;
use crate::app::App;
use crate::campaign::Intake;
use crate::error::{Error, Result};
use crate::kernel::time::{DAY, HOUR, SECOND};
use crate::kernel::{Fen, Time};
use crate::review::late::Rule;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Figures of this age are counted anew.
const FRESH: i64 = 10 * SECOND;
/// While somebody counts, others are shown figures of up to this age.
const SHOWN: i64 = 60 * SECOND;
/// Whoever counts keeps the others from it for as long, should it die.
const COUNTING: Duration = Duration::from_secs(10);
/// A day is closed so long after its end: who decided in its last second has written it by then, on a machine whose clock is
/// behind, too.
const CLOSED_AFTER: i64 = HOUR;
/// So long the counts of closed days are kept: until another day is closed, which has counts of its own.
const KEPT: Duration = Duration::from_secs(26 * 3_600);
/// The ages that waiting is told by: less than a day, three, seven, fourteen days, and more.
pub const AGES: [i64; 4] = [DAY, 3 * DAY, 7 * DAY, 14 * DAY];

/// A union as the figures know it; closed ones, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Union {
    /// Id.
    pub id: String,
    /// The union above; empty for the city.
    pub parent_id: String,
    /// [`crate::union::Kind`].
    pub kind: String,
    /// Name.
    pub name: String,
    /// Ids from the root.
    pub path: String,
    /// Order among its siblings.
    pub no: i64,
}

/// Applications of one union in one state at one holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Group {
    /// The worker's union; empty in an early draft.
    pub union_id: String,
    /// [`crate::application::State`].
    pub state: String,
    /// Whose step it is; empty where it is nobody's.
    pub holder_id: String,
    /// How many.
    pub n: i64,
    /// Since when the oldest is in this state and step.
    pub oldest: i64,
    /// Less than a day in it.
    pub age0: i64,
    /// Up to three days.
    pub age1: i64,
    /// Up to seven days.
    pub age2: i64,
    /// Up to fourteen days.
    pub age3: i64,
    /// Late at its step by [`Rule`]; of other states this says nothing.
    pub late: i64,
}

impl Group {
    /// By age, [`AGES`] and more.
    pub fn ages(&self) -> [i64; 5] {
        let more = self.n - self.age0 - self.age1 - self.age2 - self.age3;
        [self.age0, self.age1, self.age2, self.age3, more]
    }
}

/// So many of something on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Day {
    /// The union: the worker's, for decisions the deciding one.
    pub union_id: String,
    /// Days since 1970 in Shanghai.
    pub day: i64,
    /// How many.
    pub n: i64,
}

/// Decisions of one union on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Decided {
    /// The deciding union.
    pub union_id: String,
    /// [`crate::review::Verdict`].
    pub verdict: String,
    /// Days since 1970 in Shanghai.
    pub day: i64,
    /// How many.
    pub n: i64,
}

/// Returns and rejections with their reason, and what returns asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Reasoned {
    /// The deciding union.
    pub union_id: String,
    /// [`crate::review::Verdict`].
    pub verdict: String,
    /// [`crate::review::ReasonCode`]; empty from before there were codes.
    pub code: String,
    /// JSON list of fields and documents.
    pub corrections: String,
    /// How many.
    pub n: i64,
}

/// The places of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Quota {
    /// The unit.
    pub unit_id: String,
    /// What there is.
    pub total: i64,
    /// What is taken.
    pub taken: i64,
}

/// Everything that was counted at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When.
    pub at: Time,
    /// What the city grants to each that is approved.
    pub grant: Fen,
    /// The tree.
    pub unions: Vec<Union>,
    /// Applications.
    pub groups: Vec<Group>,
    /// Submissions, by their day.
    pub submitted: Vec<Day>,
    /// Approvals, by their day.
    pub approved: Vec<Day>,
    /// Decisions.
    pub decided: Vec<Decided>,
    /// Returns and rejections, by reason.
    pub reasoned: Vec<Reasoned>,
    /// Places of the campaign: of both intakes.
    pub quotas: Vec<Quota>,
}

/// The days since 1970 in Shanghai, as the figures count them.
pub fn day_of(time: Time) -> i64 {
    (time.0 + store::SHANGHAI).div_euclid(DAY)
}

/// The figures of an intake, at most a minute old; its `at` says from when.
pub async fn snapshot(app: &App, intake: &Intake) -> Result<Snapshot> {
    let key = format!("board:{}", intake.id);
    let kept = app.cache.get(&key).await?;
    let kept: Option<Snapshot> = kept.and_then(|json| serde_json::from_str(&json).ok());
    let age = |snapshot: &Snapshot| app.now().0 - snapshot.at.0;
    if let Some(snapshot) = kept {
        let fresh = (0..FRESH).contains(&age(&snapshot));
        // One counts anew; others meanwhile see what there is.
        let counted_elsewhere = !fresh
            && (0..SHOWN).contains(&age(&snapshot))
            && !app
                .cache
                .set_new(&format!("{key}:counting"), "", COUNTING)
                .await?;
        if fresh || counted_elsewhere {
            return Ok(snapshot);
        }
    }
    let snapshot = count(app, intake).await?;
    let json = serde_json::to_string(&snapshot).map_err(anyhow::Error::from)?;
    app.cache.set(&key, &json, Duration::from_secs(600)).await?;
    app.cache.delete(&format!("{key}:counting")).await?;
    Ok(snapshot)
}

/// Counts anew all that may have changed; decisions of closed days cannot.
pub async fn count(app: &App, intake: &Intake) -> Result<Snapshot> {
    let at = app.now();
    let rule = Rule::now(app);
    let (counts, decisions) = tokio::try_join!(
        async {
            let counts = tokio::try_join!(
                store::groups(app, &intake.id, at, rule.before),
                store::submitted(app, &intake.id),
                store::approved(app, &intake.id),
                store::unions(app),
                store::quotas(app, &intake.campaign_id),
                store::grant(app, &intake.campaign_id),
            );
            counts.map_err(Error::from)
        },
        decisions(app, intake, at),
    )?;
    let (mut groups, submitted, approved, unions, quotas, grant) = counts;
    if rule.closes(intake.review.until) {
        groups.iter_mut().for_each(|group| group.late = group.n);
    }
    Ok(Snapshot {
        at,
        grant: Fen(grant),
        unions,
        groups,
        submitted,
        approved,
        decided: decisions.decided,
        reasoned: decisions.reasoned,
        quotas,
    })
}

/// The decisions of some days.
#[derive(Serialize, Deserialize)]
struct Decisions {
    decided: Vec<Decided>,
    reasoned: Vec<Reasoned>,
}

/// The decisions of an intake. They are only ever added to, so those of closed days are counted once and kept; the rest anew.
async fn decisions(app: &App, intake: &Intake, at: Time) -> Result<Decisions> {
    let (from, until) = (intake.apply.from.min(intake.review.from), intake.review.until);
    let open = Time::start_of(at.plus(-CLOSED_AFTER).date());
    if open <= from {
        return decided_in(app, (from, until)).await;
    }
    let span = (from, until.min(open.plus(-1)));
    let key = format!("board:closed:{}:{}:{}", intake.id, span.0.0, span.1.0);
    let kept = app.cache.get(&key).await?;
    let mut decisions = match kept.and_then(|json| serde_json::from_str(&json).ok()) {
        Some(decisions) => decisions,
        None => {
            let decisions = decided_in(app, span).await?;
            let json = serde_json::to_string(&decisions).map_err(anyhow::Error::from)?;
            app.cache.set(&key, &json, KEPT).await?;
            decisions
        }
    };
    if open <= until {
        let anew = decided_in(app, (open, until)).await?;
        decisions.decided.extend(anew.decided);
        decisions.reasoned.extend(anew.reasoned);
    }
    Ok(decisions)
}

async fn decided_in(app: &App, span: (Time, Time)) -> Result<Decisions> {
    let (decided, reasoned) = tokio::try_join!(store::decided(app, span), store::reasoned(app, span))?;
    Ok(Decisions { decided, reasoned })
}

/// Both intakes of a campaign as one: the places are the campaign's, so they are not added up.
pub fn together(mut one: Snapshot, other: Snapshot) -> Snapshot {
    one.at = one.at.min(other.at);
    one.groups.extend(other.groups);
    one.submitted.extend(other.submitted);
    one.approved.extend(other.approved);
    one.decided.extend(other.decided);
    one.reasoned.extend(other.reasoned);
    one
}

/// Every intake there is, newest first: what the page's chooser offers.
pub async fn intakes(app: &App) -> Result<Vec<Intake>> {
    let mut found = Vec::new();
    for id in store::intakes(app).await? {
        found.push(crate::campaign::intake(app, &id).await?);
    }
    Ok(found)
}
