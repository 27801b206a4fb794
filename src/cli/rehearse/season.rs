//! The season: wave after wave the clock is moved on and everybody whose turn it is acts, at most so many at once.

use super::board::{Boards, Due};
use super::plan::{Fate, Plan, Planned, Slot};
use super::progress::Progress;
use super::worker::{Acknowledged, Worker};
use super::world::World;
use super::{Finding, Options};
use crate::campaign::Season;
use crate::kernel::time::{DAY, HOUR, MINUTE, SECOND};
use futures_util::{StreamExt as _, stream};
use std::collections::{HashMap, HashSet};
use std::time::Instant;

/// What was played, and what was found on the way.
pub struct Played<'a> {
    /// Everybody, with what they were told.
    pub workers: Vec<Worker<'a>>,
    /// The officers, with what came of it.
    pub boards: Boards,
    /// What must not have happened.
    pub findings: Vec<Finding>,
}

/// One run of the waves.
struct Play<'a, 'w> {
    world: &'w World,
    options: &'w Options,
    progress: &'w Progress,
    workers: Vec<Worker<'a>>,
    boards: Boards,
    findings: Vec<Finding>,
}

/// Plays both intakes.
pub async fn play<'a>(
    world: &World,
    options: &Options,
    plan: &'a Plan,
    progress: &Progress,
) -> anyhow::Result<Played<'a>> {
    progress.stage("审核员登录", world.seats.len());
    let boards = Boards::sign_in(world).await?;
    let mut play = Play {
        world,
        options,
        progress,
        workers: plan
            .workers
            .iter()
            .map(|planned| Worker::new(planned, world.offset))
            .collect(),
        boards,
        findings: Vec::new(),
    };
    for season in [Season::Spring, Season::Autumn] {
        play.apply(season).await?;
        play.review(season).await?;
    }
    Ok(Played {
        workers: play.workers,
        boards: play.boards,
        findings: play.findings,
    })
}

/// Whether somebody submits inside the window at this point of it.
fn submits(worker: &Worker<'_>, slot: Slot) -> bool {
    slot_of(worker) == slot && !matches!(worker.fate(), Fate::Stops | Fate::Late)
}

/// Who comes late prepares with the last ones.
fn slot_of(worker: &Worker<'_>) -> Slot {
    match worker.fate() {
        Fate::Late => Slot::Rush,
        _ => worker.planned.slot,
    }
}

impl<'a> Play<'a, '_> {
    /// Everybody who is chosen acts.
    async fn wave(
        &mut self,
        name: &str,
        chosen: impl Fn(&Worker<'a>) -> bool,
        act: impl AsyncFn(&mut Worker<'a>) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let chosen: Vec<&mut Worker<'a>> = self.workers.iter_mut().filter(|worker| chosen(worker)).collect();
        self.progress.stage(name, chosen.len());
        let (act, progress) = (&act, self.progress);
        stream::iter(chosen)
            .for_each_concurrent(self.options.connections, |worker| async move {
                if let Err(error) = act(worker).await {
                    worker.odd(format!("{error:#}"));
                }
                progress.one();
            })
            .await;
        anyhow::ensure!(!self.world.app.stop.is_cancelled(), "演练已中止");
        Ok(())
    }

    /// The loops do what has become due.
    async fn settle(&self, name: &str) -> anyhow::Result<()> {
        self.progress.stage(name, 0);
        self.world.settle().await
    }

    /// The application window: filling in, the race at its opening, the quiet middle, the rush at its end, the late ones.
    async fn apply(&mut self, season: Season) -> anyhow::Result<()> {
        let world = self.world;
        let (apply, _) = world.windows(season)?;
        let label = season.label();
        let here = |worker: &Worker<'a>| takes_part(worker.planned, season);
        world.go_to(apply.from.plus(-2 * DAY));
        let prepares = |worker: &Worker<'a>| here(worker) && worker.planned.slot == Slot::Opening;
        let prepares = |worker: &Worker<'a>| prepares(worker) && worker.planned.fate != Fate::Late;
        self.wave(&format!("{label} 窗口前填表"), prepares, async |w| {
            w.prepare(world).await
        })
        .await?;
        let early = |worker: &Worker<'a>| here(worker) && worker.fate() == Fate::Early;
        let closed = ["apply_window_closed"];
        self.wave(&format!("{label} 提前提交"), early, async |w| {
            w.submit_refused(world, &closed).await
        })
        .await?;
        world.go_to(apply.from);
        self.race(season, Slot::Opening, &format!("{label} 开放时抢报"))
            .await?;
        self.settle(&format!("{label} 后台")).await?;

        world.go_to(apply.from.plus(3 * DAY));
        let recalls = |w: &Worker<'a>| here(w) && matches!(w.fate(), Fate::Recalls | Fate::Abandons);
        let recalls = |w: &Worker<'a>| recalls(w) && w.acknowledged.is_some();
        self.wave(&format!("{label} 取回修改"), recalls, async |w| {
            w.recall(world).await
        })
        .await?;
        let later = |worker: &Worker<'a>| here(worker) && !prepares(worker);
        self.wave(&format!("{label} 窗口中填表"), later, async |w| {
            w.prepare(world).await
        })
        .await?;
        self.race(season, Slot::Middle, &format!("{label} 窗口中提交"))
            .await?;
        let again = |w: &Worker<'a>| recalls(w) && w.fate() == Fate::Recalls;
        self.wave(&format!("{label} 改好再提交"), again, async |w| {
            w.submit_again(world).await
        })
        .await?;
        self.settle(&format!("{label} 后台")).await?;

        self.meanwhile(season).await?;
        world.go_to(apply.until.plus(-20 * MINUTE));
        self.race(season, Slot::Rush, &format!("{label} 截止前提交"))
            .await?;
        world.go_to(apply.until.plus(SECOND));
        let late = |worker: &Worker<'a>| here(worker) && worker.fate() == Fate::Late;
        self.wave(&format!("{label} 逾期提交"), late, async |w| {
            w.submit_refused(world, &closed).await
        })
        .await?;
        self.settle(&format!("{label} 后台")).await
    }

    /// While the window is open, officers begin and some workers withdraw, at the same moment.
    async fn meanwhile(&mut self, season: Season) -> anyhow::Result<()> {
        let world = self.world;
        let (apply, _) = world.windows(season)?;
        world.go_to(apply.from.plus(5 * DAY + 9 * HOUR));
        let due = self.due();
        let mut boards = std::mem::take(&mut self.boards);
        let withdraws = |w: &Worker<'a>| takes_part(w.planned, season) && w.fate() == Fate::Withdraws;
        let withdraws = |w: &Worker<'a>| withdraws(w) && w.acknowledged.is_some();
        let name = format!("{} 街道审核，同时撤回", season.label());
        let (decided, withdrawn) = tokio::join!(
            boards.round(world, 0, &due),
            self.wave(&name, withdraws, async |w| w.withdraw(world).await)
        );
        self.boards = boards;
        decided.and(withdrawn)?;
        self.settle("后台").await?;
        for (days, levels) in [(8, &[1][..]), (12, &[2, 0])] {
            world.go_to(apply.from.plus(days * DAY + 9 * HOUR));
            self.decide(season, levels).await?;
        }
        Ok(())
    }

    /// After the window: level by level until nothing is left, reminders, and what is not mended in time.
    async fn review(&mut self, season: Season) -> anyhow::Result<()> {
        let world = self.world;
        let (apply, review) = world.windows(season)?;
        for days in 0..3 {
            world.go_to(apply.until.plus(days * DAY + 9 * HOUR));
            self.decide(season, &[0, 1, 2]).await?;
        }
        for days in [3, 2, 1] {
            world.go_to(review.until.plus(-days * DAY + HOUR));
            self.settle(&format!("{} 审核截止前 {days} 天", season.label()))
                .await?;
        }
        self.decide(season, &[0, 1, 2]).await?;
        world.go_to(review.until.plus(SECOND));
        self.settle(&format!("{} 补正期满", season.label())).await?;
        // What waits for the morning goes out too.
        world.go_to(review.until.plus(2 * DAY + 10 * HOUR));
        self.settle(&format!("{} 补正期满", season.label())).await
    }

    /// One round at these levels, then the returned ones who mend do so.
    async fn decide(&mut self, season: Season, levels: &[usize]) -> anyhow::Result<()> {
        let (world, label) = (self.world, season.label());
        for level in levels {
            let name = ["街道审核", "区县审核", "市级审核"][*level];
            self.progress.stage(&format!("{label} {name}"), 0);
            let due = self.due();
            self.boards.round(world, *level, &due).await?;
            self.settle(&format!("{label} 后台")).await?;
        }
        let mends = |w: &Worker<'a>| takes_part(w.planned, season) && w.fate() == Fate::Mends;
        let mends = |w: &Worker<'a>| mends(w) && w.acknowledged.is_some();
        self.wave(&format!("{label} 补正"), mends, async |w| w.mend(world).await)
            .await?;
        self.settle(&format!("{label} 后台")).await
    }

    /// What is planned for each application that was submitted.
    fn due(&self) -> HashMap<String, Due> {
        let submitted = self.workers.iter().filter(|worker| worker.acknowledged.is_some());
        let due = submitted.filter_map(|worker| {
            let planned = worker.planned;
            let due = Due {
                fate: worker.fate(),
                level: level_of(planned),
                contested: planned.contested,
            };
            Some((worker.application.clone()?, due))
        });
        due.collect()
    }

    /// Submissions only, as many as there may be at once; then first come, first served is checked by who was told what
    /// when: nobody who sent later than another's "候补" was answered may have been given a place at once.
    async fn race(&mut self, season: Season, slot: Slot, name: &str) -> anyhow::Result<()> {
        let world = self.world;
        let before: HashSet<usize> = self.acknowledged().map(|(no, _, _)| no).collect();
        let racing = |w: &Worker<'a>| takes_part(w.planned, season) && submits(w, slot);
        let racing = |w: &Worker<'a>| racing(w) && w.acknowledged.is_none();
        self.wave(name, racing, async |w| w.submit(world).await).await?;
        let new: Vec<(usize, usize, Acknowledged)> = self
            .acknowledged()
            .filter(|(no, _, _)| !before.contains(no))
            .map(|(no, unit, told)| (no, unit, told.clone()))
            .collect();
        self.findings.extend(served_out_of_turn(&new));
        Ok(())
    }

    fn acknowledged(&self) -> impl Iterator<Item = (usize, usize, &Acknowledged)> {
        let told = |worker: &Worker<'a>| (worker.planned.no, worker.planned.unit);
        self.workers.iter().filter_map(move |worker| {
            let (no, unit) = told(worker);
            Some((no, unit, worker.acknowledged.as_ref()?))
        })
    }
}

/// At which level the plan returns or rejects: 0 street, 1 unit, 2 centre. Who belongs to the unit itself begins there.
fn level_of(planned: &Planned) -> usize {
    let skipped = usize::from(planned.street.is_none());
    (planned.step + skipped).min(2)
}

fn takes_part(planned: &Planned, season: Season) -> bool {
    planned.takes_part(season)
}

fn served_out_of_turn(told: &[(usize, usize, Acknowledged)]) -> Vec<Finding> {
    let mut first_waiting: HashMap<usize, Instant> = HashMap::new();
    for (_, unit, told) in told.iter().filter(|(_, _, told)| !told.holds_place) {
        let first = first_waiting.entry(*unit).or_insert(told.moments.1);
        *first = (*first).min(told.moments.1);
    }
    let holders = told.iter().filter(|(_, _, told)| told.holds_place);
    let late = holders.filter(|(_, unit, told)| {
        first_waiting
            .get(unit)
            .is_some_and(|first| told.moments.0 > *first)
    });
    late.map(|(no, _, told)| {
        let what = format!(
            "职工 {no}（编号 {}）在别人已候补之后提交，却直接得到名额",
            told.number
        );
        Finding::new("先到先得（R-19）", what)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn told(number: &str, holds_place: bool, sent: u64, answered: u64, zero: Instant) -> Acknowledged {
        let at = |ms| zero + Duration::from_millis(ms);
        Acknowledged {
            number: number.to_owned(),
            holds_place,
            moments: (at(sent), at(answered)),
        }
    }

    /// who was answered "waiting" before another one sent stands before them; overlapping requests may go either way.
    #[test]
    fn a_place_after_somebody_waits_is_found() {
        let zero = Instant::now();
        let waits = (1, 0, told("A", false, 0, 10, zero));
        let overlapping = (2, 0, told("B", true, 5, 30, zero));
        let elsewhere = (3, 1, told("C", true, 50, 60, zero));
        let late = (4, 0, told("D", true, 11, 40, zero));
        assert!(served_out_of_turn(&[waits.clone(), overlapping.clone(), elsewhere.clone()]).is_empty());
        let found = served_out_of_turn(&[waits, overlapping, elsewhere, late]);
        assert_eq!(found.len(), 1);
        assert!(found[0].what.contains("编号 D"));
    }
}
