//! What everybody will do in a rehearsal: made from a seed by a pure generator, so that a season can be played again.

use super::dice::Dice;
use crate::campaign::Season;
use crate::campaign::quotas::Quota;

/// Workers that Annex 1's places are made for; fewer workers meet fewer places.
const FULL: usize = 20_000;
/// Street unions of a unit.
pub const STREETS: usize = 2;

/// A whole season's plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Every unit of the table with the places it gets; those without a worker too.
    pub quotas: Vec<Quota>,
    /// Indices of the units that somebody belongs to.
    pub active: Vec<usize>,
    /// Everybody, by number.
    pub workers: Vec<Planned>,
}

/// When in the window somebody submits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Slot {
    /// In the first moments, all at once.
    Opening,
    /// Some days later.
    Middle,
    /// In the last minutes.
    Rush,
}

/// What becomes of somebody's wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fate {
    /// Submits and waits for the decisions.
    Plain,
    /// Fills in the form and never submits.
    Stops,
    /// Tries before the window opens, is refused, and submits when it does.
    Early,
    /// Tries after the window's end and is refused.
    Late,
    /// Submits, and withdraws while the officers begin.
    Withdraws,
    /// Is returned and mends in time.
    Mends,
    /// Is returned and does nothing.
    Ignores,
    /// Takes the application back before the review and submits it again.
    Recalls,
    /// Takes it back and leaves it.
    Abandons,
    /// Is rejected.
    Rejected,
    /// Has another account besides, under another phone: the same ID number as the worker before.
    Twin,
}

/// Fates in permille; the rest is [`Fate::Plain`].
pub const SHARES: &[(Fate, u64)] = &[
    (Fate::Stops, 110),
    (Fate::Early, 30),
    (Fate::Late, 40),
    (Fate::Withdraws, 70),
    (Fate::Mends, 90),
    (Fate::Ignores, 40),
    (Fate::Recalls, 40),
    (Fate::Abandons, 20),
    (Fate::Rejected, 40),
    (Fate::Twin, 30),
];

/// How the submission is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taps {
    /// Once.
    One,
    /// Twice at the same moment, with one idempotency key.
    Double,
    /// Twice at the same moment, with two keys.
    TwoKeys,
    /// From the phone and from the mini-program at the same moment.
    TwoDevices,
}

/// Where somebody comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By slider and SMS code.
    Phone,
    /// By the mini-program and WeChat's phone number.
    Mini,
}

/// One worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// From 0.
    pub no: usize,
    /// Whose ID number it is: the own number's, or that of the worker whose second account this is.
    pub person: usize,
    /// Index in [`Plan::quotas`].
    pub unit: usize,
    /// Which street of the unit; none for who belongs to the unit itself.
    pub street: Option<usize>,
    /// In which intake.
    pub season: Season,
    /// When.
    pub slot: Slot,
    /// What becomes of it.
    pub fate: Fate,
    /// How it is sent.
    pub taps: Taps,
    /// Where from.
    pub way: Way,
    /// Not of Jinan: one paper more.
    pub from_afar: bool,
    /// The step that returns or rejects, counted from the worker's union; beyond the last, it is the last.
    pub step: usize,
    /// Whether two officers decide it at the same moment at its first step.
    pub contested: bool,
    /// Whether who withdrew, or did not mend, tries again in autumn.
    pub again: bool,
}

impl Planned {
    /// Takes part in an intake: the own one, or the second try.
    pub fn takes_part(&self, season: Season) -> bool {
        self.season == season || (self.again && season == Season::Autumn)
    }
}

impl Plan {
    /// The plan of a seed for so many workers over a table of quotas.
    pub fn of(seed: u64, workers: usize, table: &[Quota]) -> Plan {
        let mut dice = Dice::new(seed);
        let active = active(&mut dice, workers, table);
        let weights: Vec<u64> = active
            .iter()
            .map(|unit| table[*unit].total.max(1) as u64 * [1, 5, 10, 20][dice.below(4) as usize])
            .collect();
        let mut planned: Vec<Planned> = Vec::with_capacity(workers);
        for no in 0..workers {
            let unit = active[dice.weighted(&weights)];
            let next = worker(&mut dice, no, unit, planned.last());
            planned.push(next);
        }
        Plan {
            quotas: quotas(workers, table),
            active,
            workers: planned,
        }
    }
}

/// The units that somebody belongs to: all of them in a full season, a few in a small one.
fn active(dice: &mut Dice, workers: usize, table: &[Quota]) -> Vec<usize> {
    let few = (workers / 20).clamp(1, table.len());
    let mut all: Vec<usize> = (0..table.len()).collect();
    for at in (1..all.len()).rev() {
        all.swap(at, dice.below(at as u64 + 1) as usize);
    }
    all.truncate(few);
    all.sort_unstable();
    all
}

/// The table's places, fewer for fewer workers than a full season has, but at least one where there was one.
fn quotas(workers: usize, table: &[Quota]) -> Vec<Quota> {
    let scaled = |total: i64| {
        if workers >= FULL {
            return total;
        }
        let share = total * workers as i64 / FULL as i64;
        // In a small season few units have anybody, so that each may be generous and still run out.
        (share * 2).max(total.min(2))
    };
    let lines = table.iter().map(|quota| Quota {
        total: scaled(quota.total),
        ..quota.clone()
    });
    lines.collect()
}

fn worker(dice: &mut Dice, no: usize, unit: usize, before: Option<&Planned>) -> Planned {
    let fate = fate(dice);
    let season = if dice.permille(600) {
        Season::Spring
    } else {
        Season::Autumn
    };
    let slot = match dice.below(100) {
        0..50 => Slot::Opening,
        50..75 => Slot::Middle,
        _ => Slot::Rush,
    };
    let taps = match dice.below(100) {
        0..80 => Taps::One,
        80..88 => Taps::Double,
        88..96 => Taps::TwoKeys,
        _ => Taps::TwoDevices,
    };
    let street = dice.permille(850).then(|| dice.below(STREETS as u64) as usize);
    let mut planned = Planned {
        no,
        person: no,
        unit,
        street,
        season,
        slot,
        fate,
        taps,
        way: if dice.permille(40) { Way::Mini } else { Way::Phone },
        from_afar: dice.permille(50),
        step: dice.below(3) as usize,
        contested: dice.permille(100),
        again: dice.permille(400) && matches!(fate, Fate::Withdraws | Fate::Ignores),
    };
    match (fate, before) {
        // The same person: what the ID number says is the same, and both accounts try in the same race.
        (Fate::Twin, Some(first)) if first.fate != Fate::Twin => {
            planned.person = first.person;
            planned.season = first.season;
            planned.slot = first.slot;
            planned.from_afar = first.from_afar;
        }
        (Fate::Twin, _) => planned.fate = Fate::Plain,
        (Fate::Recalls | Fate::Abandons, _) => planned.slot = Slot::Opening,
        (Fate::Early, _) => planned.slot = Slot::Opening,
        // Back for autumn one has to have been there in spring.
        _ if planned.again => planned.season = Season::Spring,
        _ => {}
    }
    planned
}

fn fate(dice: &mut Dice) -> Fate {
    let mut at = dice.below(1000);
    for (fate, share) in SHARES {
        match at.checked_sub(*share) {
            Some(rest) => at = rest,
            None => return *fate,
        }
    }
    Fate::Plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::quotas::{ANNEX_1_OF_2021, parse};
    use proptest::prelude::*;

    fn table() -> Vec<Quota> {
        parse(ANNEX_1_OF_2021).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Issue 5: the same seed plays the same season; everybody has their place in the table.
        #[test]
        fn a_seed_is_a_season(seed in any::<u64>(), workers in 1usize..800) {
            let (one, two) = (Plan::of(seed, workers, &table()), Plan::of(seed, workers, &table()));
            prop_assert_eq!(&one, &two);
            prop_assert_eq!(one.workers.len(), workers);
            for (at, worker) in one.workers.iter().enumerate() {
                prop_assert_eq!(worker.no, at);
                prop_assert!(one.active.contains(&worker.unit));
                prop_assert!(worker.street.is_none_or(|street| street < STREETS));
            }
        }

        /// a twin has the ID number of the worker before, in the same race; nobody else shares one.
        #[test]
        fn only_twins_share_an_id_number(seed in any::<u64>()) {
            let plan = Plan::of(seed, 600, &table());
            for pair in plan.workers.windows(2) {
                let (first, second) = (&pair[0], &pair[1]);
                if second.fate == Fate::Twin {
                    prop_assert_eq!(second.person, first.no);
                    prop_assert_eq!((second.season, second.slot), (first.season, first.slot));
                } else {
                    prop_assert_eq!(second.person, second.no);
                }
            }
        }

        /// The shares are kept within what chance allows.
        #[test]
        fn fates_have_their_shares(seed in any::<u64>()) {
            let plan = Plan::of(seed, 4_000, &table());
            for (fate, share) in SHARES {
                let found = plan.workers.iter().filter(|w| w.fate == *fate).count() as f64;
                let expected = 4.0 * *share as f64;
                prop_assert!((found - expected).abs() < 6.0 * expected.sqrt() + 4.0, "{fate:?}: {found} of {expected}");
            }
            let opening = plan.workers.iter().filter(|w| w.slot == Slot::Opening).count();
            prop_assert!((1_800..2_600).contains(&opening), "{opening}");
        }
    }

    /// a full season has Annex 1's places; a small one has fewer, and more people than places.
    #[test]
    fn places_are_annex_1s() {
        let sum = |plan: &Plan| plan.quotas.iter().map(|q| q.total).sum::<i64>();
        assert_eq!(sum(&Plan::of(7, FULL, &table())), 3245);
        let small = Plan::of(7, 120, &table());
        let places: i64 = small.active.iter().map(|unit| small.quotas[*unit].total).sum();
        assert!(places > 0 && places < 60, "{places}");
        assert_ne!(Plan::of(8, 120, &table()), small);
    }
}
