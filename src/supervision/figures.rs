//! What a viewer sees of a snapshot: pure sums over the unions of one subtree.

use super::board::{Group, Snapshot, Union, day_of};
use crate::application::State;
use crate::campaign::Intake;
use crate::kernel::{Fen, Time};
use crate::review::{ReasonCode, Verdict};
use crate::union::{Kind, covers};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Applications by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Everything that was submitted, whatever became of it.
    pub submitted: i64,
    /// 候补, taken back for correction while waiting included.
    pub waiting: i64,
    /// At a step of the review.
    pub in_review: i64,
    /// With the worker: returned, or taken back.
    pub with_worker: i64,
    /// Passed by the last step.
    pub approved: i64,
    /// Rejected.
    pub rejected: i64,
    /// Withdrawn.
    pub withdrawn: i64,
    /// Not corrected in time.
    pub expired: i64,
}

impl Counts {
    fn add(&mut self, state: State, n: i64) {
        let field = match state {
            State::Draft => return,
            State::Waitlisted | State::RecalledWaiting => &mut self.waiting,
            State::InReview => &mut self.in_review,
            State::Returned | State::Recalled => &mut self.with_worker,
            State::Approved => &mut self.approved,
            State::Rejected => &mut self.rejected,
            State::Withdrawn => &mut self.withdrawn,
            State::Expired => &mut self.expired,
        };
        *field += n;
        self.submitted += n;
    }
}

/// One union of the level that is looked at, with everything below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnionRow {
    /// The union.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it is the looked-at union's own applications, not those of a union below.
    pub own: bool,
    /// Whether there are unions below it.
    pub below: bool,
    /// Its applications.
    pub counts: Counts,
}

/// The places of a unit and who waits for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacesRow {
    /// The unit.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What there is.
    pub total: i64,
    /// What is taken.
    pub taken: i64,
    /// Who waits, in the chosen intakes.
    pub waiting: i64,
}

impl PlacesRow {
    /// What is left.
    pub fn left(&self) -> i64 {
        (self.total - self.taken).max(0)
    }
}

/// What waits at one union's step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateRow {
    /// The union whose step it is.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many wait there.
    pub waiting: i64,
    /// How many are late ([`crate::review::late::Rule`], R-24).
    pub late: i64,
    /// Since when the oldest waits.
    pub oldest: Time,
}

/// One day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DayRow {
    /// Days since 1970 in Shanghai.
    pub day: i64,
    /// Submitted.
    pub submitted: i64,
    /// Decided, at any level of the subtree.
    pub decided: i64,
    /// Approved for good.
    pub approved: i64,
}

/// The figures of one subtree.
#[derive(Debug, Clone)]
pub struct Figures {
    /// As of.
    pub at: Time,
    /// Begun and not submitted: only ever this number.
    pub drafts: i64,
    /// All applications.
    pub counts: Counts,
    /// Those in review by the level at which they stand: 街道/企业, 区县/产业, 市级.
    pub levels: Vec<(&'static str, i64)>,
    /// The unions one level below, and the looked-at union's own.
    pub unions: Vec<UnionRow>,
    /// Places, by unit.
    pub places: Vec<PlacesRow>,
    /// How long what is in review waits at its step.
    pub ages: [i64; 5],
    /// By union whose step it is, the most late first.
    pub late: Vec<LateRow>,
    /// Every day of the chosen intakes up to today.
    pub days: Vec<DayRow>,
    /// Decisions by verdict.
    pub verdicts: Vec<(Verdict, i64)>,
    /// Why something was returned or rejected, how often, the most frequent first; without a code from before there were any.
    pub reasons: Vec<(Verdict, Option<ReasonCode>, i64)>,
    /// What returns asked for: field or document, how often; the most frequent first.
    pub returned: Vec<(String, i64)>,
    /// Granted by the city: approved × the grant.
    pub granted: Fen,
}

/// The figures of the subtree at `path`.
pub fn of(snapshot: &Snapshot, path: &str, intakes: &[&Intake]) -> Figures {
    let tree: HashMap<&str, &Union> = snapshot.unions.iter().map(|u| (u.id.as_str(), u)).collect();
    let within = |id: &str| tree.get(id).is_some_and(|union| covers(path, &union.path));
    let is_root = path.matches('/').count() == 2;
    let groups: Vec<(&Group, State)> = snapshot
        .groups
        .iter()
        .filter(|group| within(&group.union_id) || (is_root && group.union_id.is_empty()))
        .filter_map(|group| Some((group, State::parse(&group.state)?)))
        .collect();
    let mut counts = Counts::default();
    for (group, state) in &groups {
        counts.add(*state, group.n);
    }
    let drafts = groups.iter().filter(|(_, state)| *state == State::Draft);
    Figures {
        at: snapshot.at,
        drafts: drafts.map(|(group, _)| group.n).sum(),
        counts,
        levels: levels(&groups, &tree),
        unions: unions(snapshot, path, &groups, &tree),
        places: places(snapshot, path, &groups, &tree),
        ages: ages(&groups),
        late: late(&groups, &tree),
        days: days(snapshot, &within, intakes),
        verdicts: verdicts(snapshot, &within),
        reasons: reasons(snapshot, &within),
        returned: returned(snapshot, &within),
        granted: Fen(counts.approved * snapshot.grant.0),
    }
}

type Tree<'a> = HashMap<&'a str, &'a Union>;

fn in_review<'a>(groups: &'a [(&'a Group, State)]) -> impl Iterator<Item = &'a Group> {
    groups
        .iter()
        .filter(|(_, state)| *state == State::InReview)
        .map(|(group, _)| *group)
}

fn levels(groups: &[(&Group, State)], tree: &Tree) -> Vec<(&'static str, i64)> {
    let names = ["街道、企业工会审核", "区县（产业、直属）审核", "市级审核"];
    let mut n = [0; 3];
    for group in in_review(groups) {
        let kind = tree
            .get(group.holder_id.as_str())
            .and_then(|union| Kind::parse(&union.kind));
        let level = match kind {
            Some(Kind::Street | Kind::Enterprise) => 0,
            Some(Kind::Unit) => 1,
            Some(Kind::City | Kind::Centre | Kind::Provider) | None => 2,
        };
        n[level] += group.n;
    }
    names.into_iter().zip(n).collect()
}

/// The union one level below `path` that a union belongs to; the looked-at one itself for its own.
fn branch<'a>(path: &str, union: &'a Union) -> &'a str {
    let below = union.path.get(path.len()..).unwrap_or_default();
    below
        .split('/')
        .next()
        .filter(|id| !id.is_empty())
        .unwrap_or(&union.id)
}

fn unions(snapshot: &Snapshot, path: &str, groups: &[(&Group, State)], tree: &Tree) -> Vec<UnionRow> {
    let mut by_branch: HashMap<&str, Counts> = HashMap::new();
    for (group, state) in groups {
        if let Some(union) = tree.get(group.union_id.as_str()) {
            by_branch
                .entry(branch(path, union))
                .or_default()
                .add(*state, group.n);
        }
    }
    let parents: HashSet<&str> = snapshot.unions.iter().map(|u| u.parent_id.as_str()).collect();
    let shown = snapshot.unions.iter().filter(|union| {
        let depth = union
            .path
            .get(path.len()..)
            .map(|below| below.matches('/').count());
        let counts = by_branch.get(union.id.as_str());
        let here = covers(path, &union.path);
        // The looked-at union itself only where workers are its own.
        here && (depth == Some(1) && union.kind != Kind::Centre.as_str()
            || depth == Some(0) && counts.is_some_and(|counts| counts.submitted > 0))
    });
    let row = |union: &Union| UnionRow {
        id: union.id.clone(),
        name: union.name.clone(),
        own: union.path == path,
        below: union.path != path && parents.contains(union.id.as_str()),
        counts: by_branch.get(union.id.as_str()).copied().unwrap_or_default(),
    };
    shown.map(row).collect()
}

fn places(snapshot: &Snapshot, path: &str, groups: &[(&Group, State)], tree: &Tree) -> Vec<PlacesRow> {
    let mut rows: Vec<PlacesRow> = Vec::new();
    for union in &snapshot.unions {
        let quota = snapshot.quotas.iter().find(|quota| quota.unit_id == union.id);
        let Some(quota) = quota.filter(|_| covers(path, &union.path)) else {
            continue;
        };
        let waits = groups.iter().filter(|(group, state)| {
            let of = tree.get(group.union_id.as_str());
            state.waits() && of.is_some_and(|of| covers(&union.path, &of.path))
        });
        rows.push(PlacesRow {
            id: union.id.clone(),
            name: union.name.clone(),
            total: quota.total,
            taken: quota.taken,
            waiting: waits.map(|(group, _)| group.n).sum(),
        });
    }
    rows
}

fn ages(groups: &[(&Group, State)]) -> [i64; 5] {
    let mut sum = [0; 5];
    for group in in_review(groups) {
        for (sum, n) in sum.iter_mut().zip(group.ages()) {
            *sum += n;
        }
    }
    sum
}

fn late(groups: &[(&Group, State)], tree: &Tree) -> Vec<LateRow> {
    let mut by_holder: BTreeMap<&str, LateRow> = BTreeMap::new();
    for group in in_review(groups) {
        let Some(union) = tree.get(group.holder_id.as_str()) else {
            continue;
        };
        let row = by_holder.entry(&union.id).or_insert_with(|| LateRow {
            id: union.id.clone(),
            name: union.name.clone(),
            waiting: 0,
            late: 0,
            oldest: Time(group.oldest),
        });
        row.waiting += group.n;
        row.late += group.late;
        row.oldest = row.oldest.min(Time(group.oldest));
    }
    let mut rows: Vec<LateRow> = by_holder.into_values().collect();
    rows.sort_by_key(|row| (-row.late, row.oldest, -row.waiting));
    rows
}

fn days(snapshot: &Snapshot, within: &impl Fn(&str) -> bool, intakes: &[&Intake]) -> Vec<DayRow> {
    let mut rows: BTreeMap<i64, DayRow> = BTreeMap::new();
    let today = day_of(snapshot.at);
    for intake in intakes {
        for day in day_of(intake.apply.from)..=day_of(intake.review.until).min(today) {
            rows.entry(day).or_insert(DayRow {
                day,
                ..DayRow::default()
            });
        }
    }
    let mut add = |day: i64, set: &dyn Fn(&mut DayRow)| {
        let row = rows.entry(day).or_insert(DayRow {
            day,
            ..DayRow::default()
        });
        set(row);
    };
    for day in snapshot.submitted.iter().filter(|day| within(&day.union_id)) {
        add(day.day, &|row| row.submitted += day.n);
    }
    for day in snapshot.approved.iter().filter(|day| within(&day.union_id)) {
        add(day.day, &|row| row.approved += day.n);
    }
    for day in snapshot.decided.iter().filter(|day| within(&day.union_id)) {
        add(day.day, &|row| row.decided += day.n);
    }
    rows.into_values().collect()
}

fn verdicts(snapshot: &Snapshot, within: &impl Fn(&str) -> bool) -> Vec<(Verdict, i64)> {
    let of = |verdict: &Verdict| {
        let theirs = snapshot
            .decided
            .iter()
            .filter(|decided| decided.verdict == verdict.as_str() && within(&decided.union_id));
        (*verdict, theirs.map(|decided| decided.n).sum())
    };
    Verdict::ALL.iter().map(of).collect()
}

fn reasons(snapshot: &Snapshot, within: &impl Fn(&str) -> bool) -> Vec<(Verdict, Option<ReasonCode>, i64)> {
    let mut by_reason: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    for row in snapshot.reasoned.iter().filter(|row| within(&row.union_id)) {
        *by_reason.entry((&row.verdict, &row.code)).or_default() += row.n;
    }
    let parsed = |((verdict, code), n): ((&str, &str), i64)| {
        Some((Verdict::parse(verdict)?, ReasonCode::parse(code), n))
    };
    let mut rows: Vec<_> = by_reason.into_iter().filter_map(parsed).collect();
    rows.sort_by_key(|(_, _, n)| -n);
    rows
}

fn returned(snapshot: &Snapshot, within: &impl Fn(&str) -> bool) -> Vec<(String, i64)> {
    let mut by_item: BTreeMap<String, i64> = BTreeMap::new();
    let returned = snapshot
        .reasoned
        .iter()
        .filter(|row| row.verdict == Verdict::Return.as_str() && within(&row.union_id));
    for returned in returned {
        let items: Vec<String> = serde_json::from_str(&returned.corrections).unwrap_or_default();
        for item in items {
            *by_item.entry(item).or_default() += returned.n;
        }
    }
    let mut rows: Vec<(String, i64)> = by_item.into_iter().collect();
    rows.sort_by_key(|(item, n)| (-n, item.clone()));
    rows
}

#[cfg(test)]
mod tests;
