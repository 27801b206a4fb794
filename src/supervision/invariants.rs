//! What must hold between the tables whatever happened, asked in one place: looked at by `audit verify` and printed as the
//! report of a rehearsal. The rules are pure; the rows come from the store.

use super::store::invariants as store;
use crate::app::App;
use crate::application::State;
use crate::error::Result;
use std::fmt;

crate::text_enum! {
    /// A rule between the books.
    pub enum Rule {
        /// `quotas.total` is the sum of the unit's ledger of quotas.
        TotalIsLedger = "total_is_ledger",
        /// `quotas.taken` is the sum of the unit's ledger, and within what there is.
        TakenIsLedger = "taken_is_ledger",
        /// as many places are taken as applications hold one.
        TakenIsHeld = "taken_is_held",
        /// an application's own lines of the ledger add up to what its state holds.
        LedgerIsState = "ledger_is_state",
        /// no place is free while somebody of the unit waits.
        NoneFreeWhileWaiting = "none_free_while_waiting",
        /// one claim per ID number and scope, held by an application that is under way or approved.
        OneClaim = "one_claim",
    }
}

/// A breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// Kind and id of what breaks it.
    pub subject: (&'static str, String),
    /// The numbers.
    pub words: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} {}: {}",
            self.rule, self.subject.0, self.subject.1, self.words
        )
    }
}

/// The places of one unit as three books tell them.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Unit {
    /// The campaign's year.
    pub year: i64,
    /// The unit.
    pub unit_id: String,
    /// Its name.
    pub name: String,
    /// What Annex 1 gives.
    pub total: i64,
    /// The sum of the ledger of quotas.
    pub total_ledger: i64,
    /// `quotas.taken`.
    pub taken: i64,
    /// The sum of the ledger of places.
    pub ledger: i64,
    /// Applications in a state that holds a place.
    pub held: i64,
    /// Applications that wait.
    pub waiting: i64,
}

/// What is wrong with the places of one unit.
pub fn unit(unit: &Unit) -> Vec<Finding> {
    let Unit {
        total,
        total_ledger,
        taken,
        ledger,
        held,
        waiting,
        ..
    } = *unit;
    let rules = [
        (
            Rule::TotalIsLedger,
            total == total_ledger,
            format!("total {total}, ledger {total_ledger}"),
        ),
        (
            Rule::TakenIsLedger,
            taken == ledger && (0..=total).contains(&taken),
            format!("taken {taken} of {total}, ledger {ledger}"),
        ),
        (
            Rule::TakenIsHeld,
            taken == held,
            format!("taken {taken}, held by {held} applications"),
        ),
        (
            Rule::NoneFreeWhileWaiting,
            taken >= total || waiting == 0,
            format!("{} of {total} free, {waiting} wait", total - taken),
        ),
    ];
    let broken = rules.into_iter().filter(|(_, holds, _)| !holds);
    let finding = |(rule, _, words)| Finding {
        rule,
        subject: ("unit", unit.unit_id.clone()),
        words: format!("{} {}: {words}", unit.year, unit.name),
    };
    broken.map(finding).collect()
}

/// What an application's ledger must add up to in a state.
pub fn places_of(state: State) -> i64 {
    i64::from(state.holds_place())
}

/// Whether an application in this state holds the year's and the level's claim.
pub fn claims(state: State) -> bool {
    state.holds_place() || state.waits()
}

/// Looks at all rules; empty when the books agree. Reads the tables whole: for a report, not for a page. Asked of a system
/// at work it may see one book before and another after an act: ask again before you believe it.
pub async fn check(app: &App) -> Result<Vec<Finding>> {
    let mut found: Vec<Finding> = store::units(app).await?.iter().flat_map(unit).collect();
    for (id, state, ledger) in store::ledger_by_application(app).await? {
        let right = State::parse(&state).map(places_of);
        if right != Some(ledger) {
            found.push(Finding {
                rule: Rule::LedgerIsState,
                subject: ("application", id),
                words: format!("{state}, its ledger adds up to {ledger}"),
            });
        }
    }
    for (id, state, scopes) in store::claims_by_application(app).await? {
        let due = State::parse(&state).is_some_and(claims);
        if (due && scopes != 2) || (!due && scopes != 0) {
            found.push(Finding {
                rule: Rule::OneClaim,
                subject: ("application", id),
                words: format!("{state}, holds {scopes} claims"),
            });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right() -> Unit {
        Unit {
            year: 2026,
            unit_id: "u".into(),
            name: "工会".into(),
            total: 3,
            total_ledger: 3,
            taken: 3,
            ledger: 3,
            held: 3,
            waiting: 2,
        }
    }

    fn rules(change: impl Fn(&mut Unit)) -> Vec<Rule> {
        let mut changed = right();
        change(&mut changed);
        unit(&changed).into_iter().map(|finding| finding.rule).collect()
    }

    /// each book that says otherwise is found.
    #[test]
    fn the_books_of_a_unit_agree() {
        assert_eq!(rules(|_| ()), []);
        assert_eq!(rules(|unit| unit.ledger = 2), [Rule::TakenIsLedger]);
        assert_eq!(rules(|unit| unit.held = 4), [Rule::TakenIsHeld]);
        let more = |unit: &mut Unit| (unit.total, unit.total_ledger) = (4, 4);
        assert_eq!(rules(more), [Rule::NoneFreeWhileWaiting]);
        assert_eq!(rules(|unit| unit.total_ledger = 4), [Rule::TotalIsLedger]);
        let over = |unit: &mut Unit| (unit.taken, unit.ledger, unit.held) = (4, 4, 4);
        assert_eq!(rules(over), [Rule::TakenIsLedger]);
    }

    /// who waits claims without holding a place; who is out has neither.
    #[test]
    fn what_a_state_holds() {
        for (state, place, claim) in [
            (State::Draft, 0, false),
            (State::Waitlisted, 0, true),
            (State::RecalledWaiting, 0, true),
            (State::InReview, 1, true),
            (State::Returned, 1, true),
            (State::Recalled, 1, true),
            (State::Approved, 1, true),
            (State::Rejected, 0, false),
            (State::Withdrawn, 0, false),
            (State::Expired, 0, false),
        ] {
            assert_eq!((places_of(state), claims(state)), (place, claim), "{state}");
        }
    }
}
