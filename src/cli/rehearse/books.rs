//! What happened in a campaign, held against the order of submission, the table of moves and the messages: pure rules over
//! what the tables say. That places, ledger, states and claims agree is `supervision::invariants`' to say.

use super::Finding;
use crate::application::State;
use crate::application::states::{Event, next};
use crate::application::tally::{Line, Standing};
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
    /// What happened, oldest first.
    pub lines: Vec<Line>,
    /// Who was told.
    pub notes: Vec<Note>,
}

/// First come, first served; the rules' names are the report's.
pub const ORDER: &str = "先到先得（R-19）";
/// What happened and where it stands.
pub const STATES: &str = "状态（R-22）";
/// Who was told.
pub const MESSAGES: &str = "通知（R-23）";

/// All rules at once.
pub fn findings(books: &Books) -> Vec<Finding> {
    let all = [order(books), states(books), told(books)];
    all.into_iter().flatten().collect()
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
