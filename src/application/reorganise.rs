//! The tree changes under open applications: a union goes under another one, or is closed.
//!
//! The rules (ADR 0019): what a union has passed stays passed; an application that stands at a union which is still in
//! its chain stays there; else it goes on at the first union of the new chain that has not had it yet and has somebody
//! to review. A place is the unit's, so nothing that holds or waits for one goes to another unit. Every open application
//! of the subtree gets a new version: who decides or submits on what they saw before is told that it changed.

use super::State;
use super::store::{self, Open};
use crate::app::App;
use crate::audit::{self, Line};
use crate::campaign::places;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::outbox;
use crate::union::registrations::{self, What};
use crate::union::{Officer, Union, changes, rights, tree};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// What became of the open work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    /// Open applications and drafts that follow the new tree.
    pub applications: usize,
    /// Of these, applications in review that stand at another union now.
    pub handed_over: usize,
}

/// Moves a union with all below it under another one of the officer's subtree, with its open work.
///
/// Errors: those of [`changes::begin_move`]; [`Refusal::UnionHasOpenWork`] when it would go to another unit while
/// submitted applications are open; [`Refusal::ChangedMeanwhile`].
pub async fn move_union(app: &App, officer: &Officer, id: &str, to: &str) -> Result<Moved> {
    let result = move_checked(app, officer, id, to).await;
    let actor = officer.actor();
    rights::noted(app, &actor, "union.move", ("union", id), result).await
}

async fn move_checked(app: &App, officer: &Officer, id: &str, to: &str) -> Result<Moved> {
    let mut tx = app.db.write().await?;
    let moving = changes::begin_move(app, &mut tx, officer, id, to).await?;
    let old_unit = tree::unit_in(&mut tx, id).await?.ok_or(Error::NotFound)?;
    let new_unit = tree::unit_in(&mut tx, to).await?.ok_or(Error::NotFound)?;
    // Places before applications: one order for all (campaign::places).
    places::lock_unit(&mut tx, &old_unit.id).await?;
    let open = store::lock_open_under(&mut tx, app.db.kind(), &moving.union.path).await?;
    if old_unit.id != new_unit.id {
        let held = open.iter().filter(|one| one.state != State::Draft).count();
        if held > 0 {
            return Err(Refusal::UnionHasOpenWork { count: held as i64 }.into());
        }
    }
    let before = chains(&mut tx, &open).await?;
    changes::finish_move(app, &mut tx, officer, &moving).await?;
    let after = chains(&mut tx, &open).await?;
    let mut follow = Follow::new(app, officer);
    for one in &open {
        let at = &one.union_id;
        let (Some(old), Some(new)) = (before.get(at), after.get(at)) else {
            return Err(Error::NotFound);
        };
        follow.one(&mut tx, one, old, new, &new_unit.id).await?;
    }
    follow.tell(&mut tx).await?;
    tx.commit().await?;
    Ok(follow.moved)
}

/// Closes a union without any below it: its applications become those of the union above, its officers leave.
///
/// Errors: those of [`changes::begin_close`]; [`Refusal::ChangedMeanwhile`].
pub async fn close_union(app: &App, officer: &Officer, id: &str) -> Result<Moved> {
    let result = close_checked(app, officer, id).await;
    let actor = officer.actor();
    rights::noted(app, &actor, "union.close", ("union", id), result).await
}

async fn close_checked(app: &App, officer: &Officer, id: &str) -> Result<Moved> {
    let mut tx = app.db.write().await?;
    let (union, parent) = changes::begin_close(app, &mut tx, officer, id).await?;
    let unit = tree::unit_in(&mut tx, id).await?.ok_or(Error::NotFound)?;
    places::lock_unit(&mut tx, &unit.id).await?;
    let open = store::lock_open_under(&mut tx, app.db.kind(), &union.path).await?;
    let old = tree::review_chain_in(&mut tx, id).await?;
    let new = tree::review_chain_in(&mut tx, &parent.id).await?;
    let mut follow = Follow::new(app, officer);
    for one in &open {
        follow.one(&mut tx, one, &old, &new, &unit.id).await?;
    }
    store::hand_to_parent(&mut tx, &union.id, &parent.id).await?;
    changes::finish_close(app, &mut tx, officer, &union).await?;
    follow.tell(&mut tx).await?;
    tx.commit().await?;
    Ok(follow.moved)
}

/// The review chain of each union that has open work, as the transaction sees the tree now.
async fn chains(tx: &mut Tx, open: &[Open]) -> Result<BTreeMap<String, Vec<Union>>> {
    let mut chains = BTreeMap::new();
    for one in open {
        if !chains.contains_key(&one.union_id) {
            let chain = tree::review_chain_in(tx, &one.union_id).await?;
            chains.insert(one.union_id.clone(), chain);
        }
    }
    Ok(chains)
}

/// Where in the new chain an application stands that stood at `step` of the old one, before unions without a reviewer are
/// passed over; and whether it is the same union.
fn new_step(old: &[Union], step: usize, new: &[Union]) -> (usize, bool) {
    if let Some(stands) = old.get(step)
        && let Some(same) = new.iter().position(|union| union.id == stands.id)
    {
        return (same, true);
    }
    let had = |union: &Union| old.iter().take(step).any(|passed| passed.id == union.id);
    let next = new.iter().position(|union| !had(union));
    (next.unwrap_or(new.len().saturating_sub(1)), false)
}

/// Open applications follow the new tree, one after the other.
struct Follow<'a> {
    app: &'a App,
    officer: &'a Officer,
    moved: Moved,
    /// Unions that got work they did not have.
    receivers: BTreeSet<String>,
}

impl<'a> Follow<'a> {
    fn new(app: &'a App, officer: &'a Officer) -> Self {
        Follow {
            app,
            officer,
            moved: Moved::default(),
            receivers: BTreeSet::new(),
        }
    }

    async fn one(
        &mut self,
        tx: &mut Tx,
        one: &Open,
        old: &[Union],
        new: &[Union],
        unit_id: &str,
    ) -> Result<()> {
        let (mut step, same) = new_step(old, one.step, new);
        if !same && one.state != State::Draft {
            step = tree::next_step_in(tx, new, step).await?.unwrap_or(step);
        }
        let stands = new.get(step).ok_or(Error::NotFound)?;
        // In review it is held; one that waits remembers where its review will begin.
        let holder = one.holder_id.as_ref().map(|_| stands.id.as_str());
        let handed_over = one.state == State::InReview && one.holder_id.as_deref() != holder;
        let now = self.app.now();
        let row = store::Followed {
            id: &one.id,
            version: one.version,
            unit_id,
            step: if one.state == State::Draft { 0 } else { step },
            holder_id: holder,
            since: handed_over.then_some(now),
            now,
        };
        if !store::follow_tree(tx, &row).await? {
            return Err(Refusal::ChangedMeanwhile.into());
        }
        self.moved.applications += 1;
        // the worker is told at each move; one that waits or is being corrected, when its union is another.
        let other_union = old.first().map(|union| &union.id) != new.first().map(|union| &union.id);
        if one.state != State::Draft && (handed_over || other_union) {
            outbox::tell(tx, &self.app.id(), super::HANDED_OVER, &one.id, now).await?;
        }
        if handed_over {
            self.moved.handed_over += 1;
            self.receivers.insert(stands.id.clone());
            let actor = self.officer.actor();
            let line = Line {
                actor: &actor,
                act: "application.follow_tree",
                subject: ("application", &one.id),
                detail: json!({ "from": one.holder_id, "to": stands.id, "step": step }),
            };
            audit::record(tx, &self.app.entropy, now, line).await?;
        }
        Ok(())
    }

    /// the officers of a union to which work came are told.
    async fn tell(&self, tx: &mut Tx) -> Result<()> {
        for union_id in &self.receivers {
            registrations::enqueue(self.app, tx, What::WorkArrived, union_id).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::union::Kind;
    use proptest::prelude::*;

    fn chain(ids: &[&str]) -> Vec<Union> {
        let union = |id: &&str| Union {
            id: (*id).to_owned(),
            parent_id: None,
            kind: Kind::Unit,
            name: String::new(),
            path: String::new(),
            no: 0,
        };
        ids.iter().map(union).collect()
    }

    /// R-21, ADR 0019: each way an application can stand when the tree changes.
    #[test]
    fn open_work_follows_the_tree() {
        for (old, step, new, expected) in [
            // Moved from under street a to under street b of the same unit.
            (&["e", "a", "u", "c"][..], 0, &["e", "b", "u", "c"][..], (0, true)),
            (&["e", "a", "u", "c"], 1, &["e", "b", "u", "c"], (1, false)),
            (&["e", "a", "u", "c"], 2, &["e", "b", "u", "c"], (2, true)),
            (&["e", "a", "u", "c"], 3, &["e", "b", "u", "c"], (3, true)),
            // Deeper and higher.
            (&["e", "u", "c"], 1, &["e", "a", "u", "c"], (2, true)),
            (&["e", "a", "u", "c"], 1, &["e", "u", "c"], (1, false)),
            // Closed: the union above takes over; what stands above stays.
            (&["s", "u", "c"], 0, &["u", "c"], (0, false)),
            (&["s", "u", "c"], 1, &["u", "c"], (0, true)),
            (&["s", "u", "c"], 2, &["u", "c"], (1, true)),
        ] {
            assert_eq!(
                new_step(&chain(old), step, &chain(new)),
                expected,
                "{old:?} {step} {new:?}"
            );
        }
    }

    proptest! {
        /// The step is always one of the new chain's, and never one that has passed it, while another is left.
        #[test]
        fn a_step_stays_inside_the_chain(old in 1usize..6, keep in 0usize..6, new in 1usize..6, step in 0usize..6) {
            let names: Vec<String> = (0..12).map(|n| n.to_string()).collect();
            let old_names: Vec<&str> = names[..old].iter().map(String::as_str).collect();
            let kept = keep.min(old);
            let new_names: Vec<&str> = names[..kept].iter().chain(&names[6..6 + new]).map(String::as_str).collect();
            let (old, new) = (chain(&old_names), chain(&new_names));
            let (at, same) = new_step(&old, step.min(old.len() - 1), &new);
            prop_assert!(at < new.len());
            if !same {
                prop_assert!(!old.iter().take(step.min(old.len() - 1)).any(|passed| passed.id == new[at].id));
            }
        }
    }
}
