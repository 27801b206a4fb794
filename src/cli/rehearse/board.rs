//! The officers of each union, at work: together they go through what waits at their step, and now and then two of them
//! decide the same application at the same moment.

use super::Finding;
use super::officer::{Officer, Open, Outcome, Verdict};
use super::plan::Fate;
use super::world::World;
use crate::review::bulk::MOST;
use futures_util::{StreamExt as _, stream};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Unions that are at work at once.
const AT_ONCE: usize = 16;

/// What is planned for an application.
#[derive(Debug, Clone, Copy)]
pub struct Due {
    /// What becomes of it.
    pub fate: Fate,
    /// Where it is returned or rejected.
    pub level: usize,
    /// Whether two officers decide it at the same moment.
    pub contested: bool,
}

/// What came of the decisions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// By verdict.
    pub passed: usize,
    /// Returned for correction.
    pub returned: usize,
    /// Rejected.
    pub rejected: usize,
    /// Somebody was faster.
    pub beaten: usize,
    /// Applications that two officers decided at the same moment.
    pub contested: usize,
    /// Of the passed ones: in bulk.
    pub in_bulk: usize,
}

/// All unions' officers.
#[derive(Default)]
pub struct Boards {
    boards: Vec<Vec<Officer>>,
    notes: Mutex<Notes>,
}

#[derive(Default)]
struct Notes {
    /// Returned once: the next time it is passed.
    returned: HashSet<String>,
    /// Contested once.
    contested: HashSet<String>,
    tally: Tally,
    findings: Vec<Finding>,
}

impl Boards {
    /// Every officer signs in; their sessions last the season.
    pub async fn sign_in(world: &World) -> anyhow::Result<Boards> {
        let mut by_union: BTreeMap<(usize, String), Vec<Officer>> = BTreeMap::new();
        for seat in &world.seats {
            let mut officer = Officer::new(seat.clone(), world.offset);
            officer.sign_in(&world.http).await?;
            by_union
                .entry((seat.level, seat.union_id.clone()))
                .or_default()
                .push(officer);
        }
        Ok(Boards {
            boards: by_union.into_values().collect(),
            notes: Mutex::default(),
        })
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What came of all decisions so far.
    pub fn tally(&self) -> Tally {
        self.notes().tally.clone()
    }

    /// What must not have happened.
    pub fn findings(&self) -> Vec<Finding> {
        self.notes().findings.clone()
    }

    /// Every union of a level decides what waits there now.
    pub async fn round(
        &mut self,
        world: &World,
        level: usize,
        due: &HashMap<String, Due>,
    ) -> anyhow::Result<()> {
        let notes = &self.notes;
        let at_level = self
            .boards
            .iter_mut()
            .filter(|board| board.first().is_some_and(|o| o.seat.level == level));
        stream::iter(at_level)
            .for_each_concurrent(AT_ONCE, |board| async move {
                let round = Round {
                    world,
                    level,
                    due,
                    notes,
                };
                if let Err(error) = round.hold(board).await {
                    round
                        .notes()
                        .findings
                        .push(Finding::new("审核（R-21）", format!("{error:#}")));
                }
            })
            .await;
        anyhow::ensure!(!world.app.stop.is_cancelled(), "演练已中止");
        Ok(())
    }
}

struct Round<'a> {
    world: &'a World,
    level: usize,
    due: &'a HashMap<String, Due>,
    notes: &'a Mutex<Notes>,
}

impl Round<'_> {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn hold(&self, board: &mut [Officer]) -> anyhow::Result<()> {
        let Some((first, _)) = board.split_first_mut() else {
            return Ok(());
        };
        let waiting = first.inbox(&self.world.http).await?;
        // What an earlier rehearsal left is not ours to decide.
        let waiting: Vec<(String, String)> = waiting
            .into_iter()
            .filter(|(id, _)| self.due.contains_key(id))
            .collect();
        let officers = board.len();
        let (contested, calm): (Vec<_>, Vec<_>) = waiting
            .into_iter()
            .partition(|(id, _)| self.is_contested(id, officers));
        let Some((first, _)) = board.split_first_mut() else {
            return Ok(());
        };
        let calm = self.in_bulk(first, calm).await?;
        let contested = contested.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        if let [one, two, ..] = board {
            for id in &contested {
                self.contest(one, two, id).await?;
            }
        }
        let work = board.iter_mut().enumerate().map(|(at, officer)| {
            let mine: Vec<&String> = calm.iter().skip(at).step_by(officers).collect();
            async move {
                for id in mine {
                    self.decide(officer, id).await?;
                }
                anyhow::Ok(())
            }
        });
        futures_util::future::join_all(work).await.into_iter().collect()
    }

    /// What is plain and to be passed goes in bulk, all but every fourth one, which somebody opens; gives what is left.
    async fn in_bulk(
        &self,
        officer: &mut Officer,
        calm: Vec<(String, String)>,
    ) -> anyhow::Result<Vec<String>> {
        let (mut bulk, mut rest) = (Vec::new(), Vec::new());
        for (at, (id, version)) in calm.into_iter().enumerate() {
            let plain = self.verdict(&id) == Verdict::Pass && !version.is_empty();
            match plain && at % 4 != 0 {
                true => bulk.push((id, version)),
                false => rest.push(id),
            }
        }
        for chosen in bulk.chunks(MOST) {
            let passed = officer.pass_in_bulk(&self.world.http, chosen).await?;
            let passed: HashSet<String> = passed.into_iter().collect();
            let left = chosen.iter().map(|(id, _)| id);
            rest.extend(left.filter(|id| !passed.contains(*id)).cloned());
            let mut notes = self.notes();
            notes.tally.passed += passed.len();
            notes.tally.in_bulk += passed.len();
        }
        Ok(rest)
    }

    fn is_contested(&self, id: &str, officers: usize) -> bool {
        officers > 1
            && self.due.get(id).is_some_and(|due| due.contested)
            && !self.notes().contested.contains(id)
    }

    fn verdict(&self, id: &str) -> Verdict {
        let Some(due) = self.due.get(id) else {
            return Verdict::Pass;
        };
        match due.fate {
            Fate::Rejected if due.level == self.level => Verdict::Reject,
            Fate::Mends | Fate::Ignores if due.level == self.level && !self.notes().returned.contains(id) => {
                Verdict::Return
            }
            _ => Verdict::Pass,
        }
    }

    fn count(&self, id: &str, verdict: Verdict, outcome: Outcome) {
        let mut notes = self.notes();
        let count = match (outcome, verdict) {
            (Outcome::Beaten, _) => &mut notes.tally.beaten,
            (Outcome::Done, Verdict::Pass) => &mut notes.tally.passed,
            (Outcome::Done, Verdict::Return) => &mut notes.tally.returned,
            (Outcome::Done, Verdict::Reject) => &mut notes.tally.rejected,
        };
        *count += 1;
        if (outcome, verdict) == (Outcome::Done, Verdict::Return) {
            notes.returned.insert(id.to_owned());
        }
    }

    async fn decide(&self, officer: &mut Officer, id: &str) -> anyhow::Result<()> {
        let http = &self.world.http;
        if let Some(open) = officer.open(http, id).await? {
            let verdict = self.verdict(id);
            let outcome = officer.decide(http, &open, verdict).await?;
            self.count(id, verdict, outcome);
        }
        Ok(())
    }

    /// Two officers open the same application and decide it at the same moment: one of them, at most, is heard.
    async fn contest(&self, one: &mut Officer, two: &mut Officer, id: &str) -> anyhow::Result<()> {
        let http = &self.world.http;
        let opened: [Option<Open>; 2] = [one.open(http, id).await?, two.open(http, id).await?];
        let [Some(first), Some(second)] = opened else {
            return self.decide(one, id).await;
        };
        let verdict = self.verdict(id);
        let (a, b) = tokio::join!(
            one.decide(http, &first, verdict),
            two.decide(http, &second, verdict)
        );
        let (a, b) = (a?, b?);
        self.count(id, verdict, a);
        self.count(id, verdict, b);
        let mut notes = self.notes();
        notes.tally.contested += 1;
        notes.contested.insert(id.to_owned());
        if (a, b) == (Outcome::Done, Outcome::Done) {
            let what = format!("申请 {id} 的同一步被两名审核员各办理了一次");
            notes.findings.push(Finding::new("每步只办一次（R-22）", what));
        }
        Ok(())
    }
}
