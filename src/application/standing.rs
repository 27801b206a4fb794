//! The line at each unit as anybody may see it: how many places are taken, who waits in which order, by the
//! tail of the number and the time of submission, without names and without reasons.

use super::{State, store};
use crate::app::App;
use crate::error::Result;
use crate::kernel::Time;

/// A unit and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitLine {
    /// The unit.
    pub unit_id: String,
    /// Its name.
    pub name: String,
    /// Its places.
    pub total: i64,
    /// How many are taken.
    pub taken: i64,
    /// How many wait.
    pub waiting: i64,
}

impl UnitLine {
    /// How many are left.
    pub fn left(&self) -> i64 {
        (self.total - self.taken).max(0)
    }
}

/// The active units with places in a campaign, in the order of Annex 1.
pub async fn units(app: &App, campaign_id: &str) -> Result<Vec<UnitLine>> {
    Ok(store::unit_lines(app, campaign_id).await?)
}

/// How an application stands in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds a place.
    Holds,
    /// It waits; its position from 1.
    Waits(i64),
    /// It left the line at this time; what it held was passed on.
    Left(Time),
}

/// One application in the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InLine {
    /// The order of submission in the unit, from 1.
    pub seq: i64,
    /// The number.
    pub number: String,
    /// When it was submitted.
    pub at: Time,
    /// How it stands.
    pub standing: Standing,
}

/// One that was submitted, as the store has it.
pub(super) struct Submitted {
    pub seq: i64,
    pub number: String,
    pub at: Time,
    pub state: State,
    pub since: Time,
}

/// How many stand on one page.
pub const PAGE: i64 = 100;

/// A page of a unit's line, in the order of submission; `page` from 0.
pub async fn line(app: &App, campaign_id: &str, unit_id: &str, page: i64) -> Result<Vec<InLine>> {
    let submitted = store::line(
        app,
        (campaign_id, unit_id),
        PAGE,
        page.max(0).saturating_mul(PAGE),
    )
    .await?;
    let first = submitted.first().map_or(0, |first| first.seq);
    let waiting_before = store::waiting_before(app, (campaign_id, unit_id), first).await?;
    Ok(positions(submitted, waiting_before))
}

/// How many stand in a unit's line in all.
pub async fn length(app: &App, campaign_id: &str, unit_id: &str) -> Result<i64> {
    Ok(store::line_length(app, (campaign_id, unit_id)).await?)
}

fn positions(submitted: Vec<Submitted>, waiting_before: i64) -> Vec<InLine> {
    let mut position = waiting_before;
    let in_line = |one: Submitted| {
        let standing = if one.state.waits() {
            position += 1;
            Standing::Waits(position)
        } else if one.state.holds_place() {
            Standing::Holds
        } else {
            Standing::Left(one.since)
        };
        InLine {
            seq: one.seq,
            number: one.number,
            at: one.at,
            standing,
        }
    };
    submitted.into_iter().map(in_line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// positions go on over pages; who left has none.
    #[test]
    fn positions_count_who_waits() {
        let one = |seq, state| Submitted {
            seq,
            number: String::new(),
            at: Time(seq),
            state,
            since: Time(99),
        };
        let states = [
            State::InReview,
            State::Withdrawn,
            State::Waitlisted,
            State::Rejected,
            State::RecalledWaiting,
            State::Approved,
        ];
        let line = positions(
            states
                .iter()
                .zip(1..)
                .map(|(state, seq)| one(seq, *state))
                .collect(),
            4,
        );
        let standings: Vec<Standing> = line.iter().map(|one| one.standing).collect();
        use Standing::*;
        assert_eq!(
            standings,
            [Holds, Left(Time(99)), Waits(5), Left(Time(99)), Waits(6), Holds]
        );
    }
}
