//! What waits for an officer, oldest first, and everything below their union: filters that combine (R-21, ux.md,
//! ADR 0021).

use super::late;
use super::store::{self, Cause, Reach};
use crate::app::App;
use crate::application::{self, Application, Level, State};
use crate::campaign;
use crate::error::{Error, Result};
use crate::kernel::Time;
use crate::kernel::time::DAY;
use crate::union::rights;
use crate::union::{Kind, Officer, Union};
use chrono::NaiveDate;

/// So many lines on a page.
pub const PAGE: i64 = 50;
/// So far is counted and paged; beyond it the list says "1,000 多条" and goes on from its last line.
pub const CAP: i64 = 1000;

crate::text_enum! {
    /// Which applications are listed.
    pub enum Tab {
        /// Those that stand at the officer's own step.
        Mine = "mine",
        /// Everything submitted in the officer's subtree.
        All = "all",
    }
}

crate::text_enum! {
    /// Who looks at it now.
    pub enum Looked {
        /// The officer themselves.
        Mine = "mine",
        /// Nobody.
        Free = "free",
    }
}

/// What to list; everything that is set has to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Mine or all.
    pub tab: Tab,
    /// One state only; with [`Tab::All`].
    pub state: Option<State>,
    /// A union below the officer's: applications of it and of all below it. What is not below is left out.
    pub union: Option<String>,
    /// The union at whose step it stands; with [`Tab::All`].
    pub at: Option<String>,
    /// 学历层次.
    pub level: Option<Level>,
    /// The id of an intake.
    pub intake: Option<String>,
    /// Submitted on this day or later.
    pub from: Option<NaiveDate>,
    /// Submitted on this day or earlier.
    pub until: Option<NaiveDate>,
    /// Waits too long, or the window closes: [`late::Rule`].
    pub late: bool,
    /// In its state for more than so many days.
    pub waits: Option<i64>,
    /// Was returned for correction before.
    pub returned: bool,
    /// A check of the machine failed.
    pub flagged: bool,
    /// Who looks at it.
    pub looked: Option<Looked>,
    /// Part of the applicant's name, or of the number.
    pub words: String,
    /// From 0, counted from `after`.
    pub page: i64,
    /// Goes on after this line: its time in the order of the list (ms), and its id.
    pub after: Option<(i64, String)>,
}

impl Filter {
    /// Everything of a tab.
    pub fn new(tab: Tab) -> Self {
        Filter {
            tab,
            state: None,
            union: None,
            at: None,
            level: None,
            intake: None,
            from: None,
            until: None,
            late: false,
            waits: None,
            returned: false,
            flagged: false,
            looked: None,
            words: String::new(),
            page: 0,
            after: None,
        }
    }
}

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Application id.
    pub id: String,
    /// Its version, which a decision names.
    pub version: i64,
    /// Number.
    pub number: String,
    /// Name of the applicant.
    pub applicant: String,
    /// Their union.
    pub union: String,
    /// 学历层次.
    pub level: String,
    /// 报读院校.
    pub institution: String,
    /// State.
    pub state: State,
    /// Who holds it.
    pub holder: Option<String>,
    /// Since when in this state and step.
    pub since: Time,
    /// When submitted.
    pub submitted_at: Time,
    /// When the review window of its intake ends.
    pub review_until: Time,
    /// How often it was returned.
    pub returns: i64,
    /// Whether a check of the machine failed.
    pub flagged: bool,
    /// Who looks at it now: officer's id and name.
    pub looked_by: Option<(String, String)>,
}

/// A page of the list.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its lines.
    pub items: Vec<Item>,
    /// How many there are from `after` on, up to [`CAP`].
    pub total: i64,
    /// Where the list goes on beyond [`CAP`].
    pub beyond: Option<(i64, String)>,
}

/// The list.
pub async fn list(app: &App, officer: &Officer, filter: &Filter) -> Result<Page> {
    let search = search(app, officer, filter).await?;
    let mut keys = store::found(app, &search, CAP + 1).await?;
    let more = keys.len() as i64 > CAP;
    keys.truncate(CAP as usize);
    let beyond = keys.last().filter(|_| more).cloned();
    let first = filter.page.clamp(0, CAP) * PAGE;
    let shown = keys.iter().skip(first as usize).take(PAGE as usize);
    let ids: Vec<&str> = shown.map(|(_, id)| id.as_str()).collect();
    Ok(Page {
        items: store::items(app, &ids).await?,
        total: keys.len() as i64,
        beyond,
    })
}

/// The first so many of a list, as id and version: what "all of the filter" means to a bulk pass.
pub async fn chosen(app: &App, officer: &Officer, filter: &Filter, most: i64) -> Result<Vec<(String, i64)>> {
    let search = search(app, officer, filter).await?;
    let keys = store::found(app, &search, most).await?;
    let ids: Vec<&str> = keys.iter().map(|(_, id)| id.as_str()).collect();
    Ok(store::versions(app, &ids).await?)
}

/// The planner's words about the query that a filter makes: read by the test and the benchmark that watch over it.
pub async fn explain(app: &App, officer: &Officer, filter: &Filter) -> Result<Vec<String>> {
    let search = search(app, officer, filter).await?;
    let mut lines = store::explain(app, &search, CAP + 1).await?;
    lines.extend(store::explain_counts(app, &search.reach).await?);
    Ok(lines)
}

/// What a filter asks of the store: the narrowest way in, and the conditions besides.
async fn search(app: &App, officer: &Officer, filter: &Filter) -> Result<store::Search> {
    let mine = filter.tab == Tab::Mine;
    let holder = match (&filter.at, mine) {
        (_, true) => Some(officer.union.id.clone()),
        (Some(at), false) => within(app, officer, at).await?.map(|union| union.id),
        (None, false) => None,
    };
    let mut causes = Vec::new();
    if let (Some(state), None) = (filter.state, &holder) {
        causes.push(Cause::State(state));
    }
    if let Some(level) = filter.level {
        causes.push(Cause::Level(level));
    }
    if let Some(intake) = &filter.intake {
        causes.push(Cause::Intake(intake.clone()));
    }
    if let Some(day) = filter.from {
        causes.push(Cause::SubmittedFrom(Time::start_of(day)));
    }
    if let Some(day) = filter.until {
        causes.push(Cause::SubmittedUntil(Time::end_of(day)));
    }
    if let Some(days) = filter.waits {
        causes.push(Cause::WaitsSince(app.now().plus(-days.clamp(0, 3650) * DAY)));
    }
    if filter.late {
        let rule = late::Rule::now(app);
        causes.push(Cause::Late {
            before: rule.before,
            intakes: rule.closing(&campaign::intakes(app).await?),
        });
    }
    if filter.returned {
        causes.push(Cause::Returned);
    }
    if filter.flagged {
        causes.push(Cause::Flagged);
    }
    let looked = filter.looked.map(|looked| match looked {
        Looked::Mine => store::LookedAt::By(officer.id.clone(), app.now()),
        Looked::Free => store::LookedAt::ByNobody(app.now()),
    });
    Ok(store::Search {
        reach: reach(app, officer, filter.union.as_deref()).await?,
        holder,
        by_since: mine,
        causes,
        looked,
        words: application::search_key(&filter.words),
        after: filter.after.clone(),
    })
}

/// The part of the tree: the officer's own, or a union below it.
async fn reach(app: &App, officer: &Officer, union: Option<&str>) -> Result<Reach> {
    let narrowed = match union {
        Some(id) => within(app, officer, id).await?,
        None => None,
    };
    Ok(match narrowed.as_ref().unwrap_or(&officer.union) {
        union if matches!(union.kind, Kind::City | Kind::Centre) => Reach::City,
        union if union.kind == Kind::Unit => Reach::Unit(union.id.clone()),
        union => Reach::Below(union.path.clone()),
    })
}

/// A union of the officer's subtree; none for any other, which an address may still name.
async fn within(app: &App, officer: &Officer, id: &str) -> Result<Option<Union>> {
    match rights::within(app, officer, id).await {
        Ok(union) => Ok(Some(union)),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// How many in each state in a part of the tree, and how many wait for the officer's own union.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// At the officer's own step.
    pub mine: i64,
    /// By state, drafts left out; of the whole city up to one more than [`CAP`].
    pub by_state: Vec<(State, i64)>,
}

/// The counts above the list: of the officer's subtree, or of the union that the filter names.
pub async fn counts(app: &App, officer: &Officer, union: Option<&str>) -> Result<Counts> {
    let rows = store::counts(app, &reach(app, officer, union).await?).await?;
    let count = |state: &State| {
        rows.iter()
            .find(|(s, _)| s == state.as_str())
            .map_or(0, |(_, n)| *n)
    };
    let states = State::ALL.iter().filter(|state| **state != State::Draft);
    Ok(Counts {
        mine: waiting_at(app, &officer.union.id).await?,
        by_state: states.map(|state| (*state, count(state))).collect(),
    })
}

/// The next one that waits for the officer's union, oldest first: opens by itself after a decision. Passed over are what
/// they may not decide (their own, a relative's) and what a colleague looks at.
pub async fn next(app: &App, officer: &Officer) -> Result<Option<String>> {
    Ok(store::next(app, officer, app.now()).await?)
}

/// The ones before and after an application in the order of the officer's own list.
pub async fn neighbours(
    app: &App,
    officer: &Officer,
    application: &Application,
) -> Result<(Option<String>, Option<String>)> {
    let at = (application.since.0, application.id.as_str());
    Ok(store::neighbours(app, &officer.union.id, at).await?)
}

/// How many wait at a union's step, for the message that work waits.
pub async fn waiting_at(app: &App, union_id: &str) -> Result<i64> {
    Ok(store::waiting_at(app, union_id).await?)
}
