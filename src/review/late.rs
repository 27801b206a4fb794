//! What is late, union by union, worst first.

use super::inbox::{LATE_AFTER, NEAR_END};
use super::store;
use crate::app::App;
use crate::campaign;
use crate::error::Result;
use crate::kernel::Time;
use crate::kernel::time::DAY;
use crate::union::Officer;

/// Open work at one union.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateUnion {
    /// Union's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The union above it, by name.
    pub above: Option<String>,
    /// Applications at its step.
    pub open: i64,
    /// Of these, waiting for more than the days asked for.
    pub waiting_long: i64,
    /// Of these, in an intake whose review window is over or ends within [`NEAR_END`] days.
    pub closing: i64,
    /// Since when the oldest waits.
    pub oldest: Time,
    /// Reviewers who can sign in.
    pub reviewers: i64,
}

/// The unions of the officer's subtree with late work: waiting for more than `days` days, or near the window's end. Worst
/// first: most late, then the oldest.
pub async fn of(app: &App, officer: &Officer, days: Option<i64>) -> Result<Vec<LateUnion>> {
    let days = days.unwrap_or(LATE_AFTER).clamp(0, 3650);
    let near = app.now().plus(NEAR_END * DAY);
    let intakes = campaign::intakes(app).await?;
    let closing = intakes.iter().filter(|intake| intake.review.until < near);
    let closing: Vec<String> = closing.map(|intake| intake.id.clone()).collect();
    let before = app.now().plus(-days * DAY);
    let mut unions = store::late(app, officer.union.scope(), before, &closing).await?;
    unions.retain(|union| union.waiting_long > 0 || union.closing > 0);
    unions.sort_by_key(|union| (-(union.waiting_long.max(union.closing)), union.oldest));
    Ok(unions)
}
