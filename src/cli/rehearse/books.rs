//! The books of a campaign, held against each other: pure rules over what the tables say.

use super::Finding;
use crate::application::State;
use crate::application::states::{Event, next};
use crate::application::tally::{Claim, Line, Standing};
use crate::campaign::places::Places;
use crate::campaign::tally::Entry;
use crate::notice::tally::Note;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Everything that has to agree.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// Places by unit.
    pub places: Vec<(String, Places)>,
    /// Places taken and given back, oldest first.
    pub ledger: Vec<Entry>,
    /// All applications, drafts too.
    pub standings: Vec<Standing>,
    /// What ID numbers have used up.
    pub claims: Vec<Claim>,
    /// What happened, oldest first.
    pub lines: Vec<Line>,
    /// Who was told.
    pub notes: Vec<Note>,
}

/// Names of the rules, as the report has them.
pub const PLACES: &str = "名额（R-20）";
/// First come, first served.
pub const ORDER: &str = "先到先得（R-19）";
/// One person, one application a year and a level.
pub const PERSON: &str = "一人一份（R-5）";
/// What happened and where it stands.
pub const STATES: &str = "状态（R-22）";
/// Who was told.
pub const MESSAGES: &str = "通知（R-23）";

/// All rules at once.
pub fn findings(books: &Books) -> Vec<Finding> {
    let all = [
        places(books),
        ledger(books),
        order(books),
        persons(books),
        states(books),
        told(books),
    ];
    all.into_iter().flatten().collect()
}

/// Taken = the ledger's sum = the applications that hold one; never more than there are, never one free while somebody waits.
fn places(books: &Books) -> Vec<Finding> {
    let mut found = Vec::new();
    for (unit, places) in &books.places {
        let of_unit = || {
            books
                .standings
                .iter()
                .filter(|s| s.unit_id.as_ref() == Some(unit))
        };
        let holding = of_unit().filter(|s| s.state.holds_place()).count() as i64;
        let waiting = of_unit().filter(|s| s.state.waits()).count();
        let sum: i64 = books
            .ledger
            .iter()
            .filter(|e| e.unit_id == *unit)
            .map(|e| e.delta)
            .sum();
        let Places { total, taken } = *places;
        if !(0..=total).contains(&taken) {
            found.push(Finding::new(
                PLACES,
                format!("工会 {unit}：名额 {total}，已占 {taken}"),
            ));
        }
        if sum != taken {
            found.push(Finding::new(
                PLACES,
                format!("工会 {unit}：台账合计 {sum}，已占 {taken}"),
            ));
        }
        if holding != taken {
            found.push(Finding::new(
                PLACES,
                format!("工会 {unit}：占名额的申请 {holding} 份，已占 {taken}"),
            ));
        }
        if waiting > 0 && taken < total {
            let what = format!(
                "工会 {unit}：空着 {} 个名额，还有 {waiting} 人候补",
                total - taken
            );
            found.push(Finding::new(PLACES, what));
        }
    }
    found
}

/// An application takes a place once and gives it back once; it holds one exactly while its state says so.
fn ledger(books: &Books) -> Vec<Finding> {
    let mut entries: HashMap<&str, Vec<i64>> = HashMap::new();
    for entry in &books.ledger {
        entries
            .entry(&entry.application_id)
            .or_default()
            .push(entry.delta);
    }
    let wrong = books.standings.iter().filter_map(|standing| {
        let deltas = entries.remove(standing.id.as_str()).unwrap_or_default();
        let right = match standing.state.holds_place() {
            true => deltas == [1],
            false => deltas.is_empty() || deltas == [1, -1],
        };
        let what = || format!("申请 {}（{}）的台账是 {deltas:?}", standing.id, standing.state);
        (!right).then(|| Finding::new(PLACES, what()))
    });
    let mut found: Vec<Finding> = wrong.collect();
    let strangers = entries
        .into_keys()
        .map(|id| Finding::new(PLACES, format!("台账里的申请 {id} 不存在")));
    found.extend(strangers);
    found
}

/// Places are given in the order of submission: at any moment to the first who waits, or, when nobody does, to who comes.
/// So the numbers of those who take one only grow.
fn order(books: &Books) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seqs: HashMap<&str, i64> = HashMap::new();
    let mut seen: HashSet<(&str, i64)> = HashSet::new();
    for standing in &books.standings {
        if let (Some(seq), Some(unit)) = (standing.seq, &standing.unit_id) {
            seqs.insert(&standing.id, seq);
            if !seen.insert((unit, seq)) {
                found.push(Finding::new(ORDER, format!("工会 {unit}：序号 {seq} 出现两次")));
            }
        }
    }
    let mut taken: BTreeMap<&str, Vec<(i64, i64)>> = BTreeMap::new();
    for entry in books.ledger.iter().filter(|entry| entry.delta > 0) {
        let seq = seqs
            .get(entry.application_id.as_str())
            .copied()
            .unwrap_or_default();
        taken.entry(&entry.unit_id).or_default().push((entry.at.0, seq));
    }
    for (unit, mut taken) in taken {
        // Within one millisecond the ledger's lines have no order of their own.
        taken.sort_unstable();
        let behind = taken.windows(2).filter(|pair| pair[1].1 <= pair[0].1);
        found.extend(behind.map(|pair| {
            let what = format!(
                "工会 {unit}：序号 {} 在序号 {} 之后得到名额",
                pair[1].1, pair[0].1
            );
            Finding::new(ORDER, what)
        }));
    }
    found
}

/// whoever is in has claimed a year and a level, whoever is out has given both back; one open one a worker and intake.
fn persons(books: &Books) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut claims: HashMap<&str, Vec<&str>> = HashMap::new();
    let mut used: HashSet<(&str, &str, &str)> = HashSet::new();
    for claim in &books.claims {
        claims
            .entry(&claim.application_id)
            .or_default()
            .push(&claim.scope);
        if !used.insert((&claim.id_index, &claim.scope, &claim.value)) {
            let what = format!(
                "同一身份证号占用 {} {} 两次（申请 {}）",
                claim.scope, claim.value, claim.application_id
            );
            found.push(Finding::new(PERSON, what));
        }
    }
    let mut open: HashSet<(&str, &str)> = HashSet::new();
    for standing in &books.standings {
        let mut has = claims.remove(standing.id.as_str()).unwrap_or_default();
        has.sort_unstable();
        let ended = standing.state.is_over() && standing.state != State::Approved;
        let due: &[&str] = if standing.state == State::Draft || ended {
            &[]
        } else {
            &["level", "year"]
        };
        if has != due {
            let what = format!("申请 {}（{}）占用了 {has:?}", standing.id, standing.state);
            found.push(Finding::new(PERSON, what));
        }
        if !ended && !open.insert((&standing.worker_id, &standing.intake_id)) {
            found.push(Finding::new(
                PERSON,
                format!("职工 {} 在一个批次有两份申请", standing.worker_id),
            ));
        }
    }
    found
}

/// Each timeline is a walk that the one table of moves allows, and ends where the application stands.
fn states(books: &Books) -> Vec<Finding> {
    let mut walks: HashMap<&str, Vec<&Line>> = HashMap::new();
    for line in &books.lines {
        walks.entry(&line.application_id).or_default().push(line);
    }
    let wrong = books.standings.iter().filter_map(|standing| {
        let lines = walks.remove(standing.id.as_str()).unwrap_or_default();
        let problem = astray(&lines, standing.state)?;
        Some(Finding::new(STATES, format!("申请 {}：{problem}", standing.id)))
    });
    wrong.collect()
}

fn astray(lines: &[&Line], stands: State) -> Option<String> {
    let mut state = State::Draft;
    for line in lines {
        match next(state, line.event) {
            Ok(then) if then == line.state => state = then,
            _ => return Some(format!("{state} 之后记有 {} → {}", line.event, line.state)),
        }
    }
    (state != stands).then(|| format!("办理记录止于 {state}，状态却是 {stands}"))
}

/// for each event the worker was told once, and nothing lies about unsent.
fn told(books: &Books) -> Vec<Finding> {
    let mut to_worker: HashMap<&str, usize> = HashMap::new();
    let mut found = Vec::new();
    for note in &books.notes {
        if note.recipient == "worker"
            && let Some((event, _)) = note.dedup.split_once(':')
        {
            *to_worker.entry(event).or_default() += 1;
        }
        if ["queued", "failed"].contains(&note.state.as_str()) {
            let what = format!(
                "申请 {} 的通知 {} 未发出（{}）",
                note.application_id, note.dedup, note.state
            );
            found.push(Finding::new(MESSAGES, what));
        }
    }
    found.extend(books.lines.iter().filter_map(|line| {
        let times = to_worker.get(line.id.as_str()).copied().unwrap_or_default();
        let what = || {
            format!(
                "申请 {} 的“{}”通知了 {times} 次",
                line.application_id,
                line.event.label()
            )
        };
        (times != 1).then(|| Finding::new(MESSAGES, what()))
    }));
    found
}

/// How many of each event there were, for the report.
pub fn events(books: &Books) -> Vec<(Event, usize)> {
    let count = |event: &Event| books.lines.iter().filter(|line| line.event == *event).count();
    Event::ALL
        .iter()
        .map(|event| (*event, count(event)))
        .filter(|(_, n)| *n > 0)
        .collect()
}
