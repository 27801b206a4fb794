//! Unions and their place in the tree.

use super::{Kind, store};
use crate::app::App;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{Refusal, Time};
use sqlx::AnyConnection;
use std::collections::{BTreeSet, HashMap, HashSet};

/// A union.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Union {
    /// Its id.
    pub id: String,
    /// The union above; none for the city.
    pub parent_id: Option<String>,
    /// What it is.
    pub kind: Kind,
    /// Its name, as on its seal.
    pub name: String,
    /// Ids from the root, `/root/unit/street/`.
    pub path: String,
    /// Order among its siblings.
    pub no: i64,
}

impl Union {
    /// What an officer of this union sees: its own subtree; the centre, being the city's organ, sees the city's.
    pub fn scope(&self) -> &str {
        match self.kind {
            Kind::Centre => parent_path(&self.path),
            _ => &self.path,
        }
    }
}

fn parent_path(path: &str) -> &str {
    let inner = path.trim_end_matches('/');
    inner.rfind('/').map_or(path, |at| &path[..=at])
}

/// A union to be made.
pub struct NewUnion<'a> {
    /// The union above; none for the city.
    pub parent: Option<&'a Union>,
    /// What it is.
    pub kind: Kind,
    /// Its name.
    pub name: &'a str,
    /// Order among its siblings.
    pub no: i64,
}

/// Adds an active union under its parent, within the caller's transaction.
pub async fn add(tx: &mut Tx, id: String, now: Time, new: NewUnion<'_>) -> Result<Union> {
    let above = new.parent.map_or("/", |parent| parent.path.as_str());
    let union = Union {
        path: format!("{above}{id}/"),
        id,
        parent_id: new.parent.map(|parent| parent.id.clone()),
        kind: new.kind,
        name: new.name.to_owned(),
        no: new.no,
    };
    store::insert_union(tx, &union, now).await?;
    Ok(union)
}

/// An active union, or [`Error::NotFound`].
pub async fn find(app: &App, id: &str) -> Result<Union> {
    store::union(app.db.read(), id).await?.ok_or(Error::NotFound)
}

/// The active ones of these unions, by id.
pub async fn find_all(app: &App, ids: &[&str]) -> Result<HashMap<String, Union>> {
    let unions = store::unions(app, ids).await?.into_iter();
    Ok(unions.map(|union| (union.id.clone(), union)).collect())
}

/// The city's root union, once data is there.
pub async fn root(app: &App) -> Result<Option<Union>> {
    store::root(app).await
}

/// The unions a worker chooses from, one level at a time: with no parent the units of Annex 1.
pub async fn choices(app: &App, parent: Option<&str>) -> Result<Vec<Union>> {
    let parent = match parent {
        Some(id) => find(app, id).await?,
        None => match root(app).await? {
            Some(root) => root,
            None => return Ok(Vec::new()),
        },
    };
    let children = store::children(app, &parent.id).await?;
    Ok(children
        .into_iter()
        .filter(|union| union.kind != Kind::Centre)
        .collect())
}

/// A union that a worker may choose: any but the city and its centre.
pub async fn chosen(app: &App, id: &str) -> Result<Union> {
    match store::union(app.db.read(), id).await? {
        Some(union) if !matches!(union.kind, Kind::City | Kind::Centre | Kind::Provider) => Ok(union),
        _ => Err(Refusal::UnionUnknown.into()),
    }
}

/// The union and all above it, from itself up to the city; [`Error::NotFound`] when one of them is not active.
pub async fn lineage(app: &App, id: &str) -> Result<Vec<Union>> {
    let lineage = store::lineage(app.db.read(), id).await?;
    match lineage.last() {
        Some(top) if top.parent_id.is_none() => Ok(lineage),
        _ => Err(Error::NotFound),
    }
}

/// The unit of a union: itself or the ancestor that has places.
pub async fn unit_of(app: &App, union: &Union) -> Result<Union> {
    let lineage = lineage(app, &union.id).await?;
    lineage
        .into_iter()
        .find(|u| u.kind == Kind::Unit)
        .ok_or_else(|| Refusal::UnionUnknown.into())
}

/// Who reviews an application of the union with this id, in order: the union, each above it below the city, and last
/// the city's 职工文化事业发展中心.
pub async fn review_chain(app: &App, id: &str) -> Result<Vec<Union>> {
    let chains = review_chains(app, &[id]).await?;
    chains.into_values().next().ok_or(Error::NotFound)
}

/// [`review_chain`] of several unions, by their ids; one that is not active, or stands under one that is not, is left out.
pub async fn review_chains(app: &App, ids: &[&str]) -> Result<HashMap<String, Vec<Union>>> {
    let mut connection = app.db.read().acquire().await?;
    chains(&mut connection, ids).await
}

/// [`review_chain`] on the caller's connection, or as its transaction sees the tree.
pub async fn review_chain_in(db: &mut AnyConnection, id: &str) -> Result<Vec<Union>> {
    let chains = chains(db, &[id]).await?;
    chains.into_values().next().ok_or(Error::NotFound)
}

async fn chains(db: &mut AnyConnection, ids: &[&str]) -> Result<HashMap<String, Vec<Union>>> {
    let chains = store::chains(db, ids).await?.into_iter();
    let whole = chains.filter(|(_, chain)| chain.whole);
    Ok(whole.map(|(id, chain)| (id, chain.unions)).collect())
}

/// Where the review of an application of this union begins: the step, and the union whose step it is.
pub async fn first_step(db: &mut AnyConnection, id: &str) -> Result<(usize, Union)> {
    let chain = store::chains(db, &[id]).await?.remove(id);
    let mut chain = chain.filter(|chain| chain.whole).ok_or(Error::NotFound)?;
    let step = next_staffed(&chain.unions, 0, &chain.staffed).ok_or(Error::NotFound)?;
    Ok((step, chain.unions.swap_remove(step)))
}

/// The first step from `from` on whose union has somebody to review. R-21 [ours]: a union without a reviewer would hold an
/// application for ever, so its step is passed over; the last step never is. `None` when there is no step left.
pub async fn next_step(app: &App, chain: &[Union], from: usize) -> Result<Option<usize>> {
    let staffed = staffed(app, chain.iter()).await?;
    Ok(next_staffed(chain, from, &staffed))
}

/// [`next_step`] on the caller's connection, or as its transaction sees the officers.
pub async fn next_step_in(db: &mut AnyConnection, chain: &[Union], from: usize) -> Result<Option<usize>> {
    let ids: Vec<&str> = chain.iter().map(|union| union.id.as_str()).collect();
    let staffed = store::with_reviewer(db, &ids).await?;
    Ok(next_staffed(chain, from, &staffed))
}

/// Which of these unions have somebody to review, by id.
pub async fn staffed(app: &App, unions: impl Iterator<Item = &Union>) -> Result<HashSet<String>> {
    let ids: BTreeSet<&str> = unions.map(|union| union.id.as_str()).collect();
    let ids: Vec<&str> = ids.into_iter().collect();
    Ok(store::with_reviewer(app.db.read(), &ids).await?)
}

/// The rule of [`next_step`], where it is known which unions are [`staffed`].
pub fn next_staffed(chain: &[Union], from: usize, staffed: &HashSet<String>) -> Option<usize> {
    (from..chain.len()).find(|step| step + 1 == chain.len() || staffed.contains(&chain[*step].id))
}

/// The unit of a union as the caller's transaction sees the tree; none for the city and its centre.
pub async fn unit_in(tx: &mut Tx, id: &str) -> Result<Option<Union>> {
    let lineage = store::lineage(&mut **tx, id).await?;
    Ok(lineage.into_iter().find(|union| union.kind == Kind::Unit))
}

/// Whoever changes the tree or who administers it takes this lock first: changes come one after the other, so that each
/// sees what the one before made (paths, names, the last administrator). On SQLite a writing transaction is alone anyway.
pub async fn lock(tx: &mut Tx) -> Result<()> {
    Ok(store::lock_tree(tx).await?)
}

/// Holds an active union at its place in the tree, as it was seen, until the transaction ends. Whoever locks applications too
/// takes theirs first.
///
/// Errors: [`Refusal::ChangedMeanwhile`].
pub async fn hold(tx: &mut Tx, seen: &Union) -> Result<()> {
    match store::hold_union(tx, &seen.id, &seen.path).await? {
        true => Ok(()),
        false => Err(Refusal::ChangedMeanwhile.into()),
    }
}

/// An active union as the caller's transaction sees it, or [`Error::NotFound`].
pub async fn find_in(tx: &mut Tx, id: &str) -> Result<Union> {
    store::union(&mut **tx, id).await?.ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-21 [ours]: a step without a reviewer is passed over, the last one never.
    #[test]
    fn steps_without_a_reviewer_are_passed_over() {
        let union = |id: &str| Union {
            id: id.to_owned(),
            parent_id: None,
            kind: Kind::Street,
            name: String::new(),
            path: String::new(),
            no: 0,
        };
        let chain = ["street", "unit", "centre"].map(union);
        let staffed = |ids: &[&str]| -> HashSet<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
        for (from, with, step) in [
            (0, staffed(&["street", "unit"]), Some(0)),
            (0, staffed(&["unit"]), Some(1)),
            (0, staffed(&[]), Some(2)),
            (1, staffed(&["street"]), Some(2)),
            (3, staffed(&["street", "unit", "centre"]), None),
        ] {
            assert_eq!(next_staffed(&chain, from, &with), step, "from {from}, {with:?}");
        }
    }

    /// the centre decides the city's step and sees the whole city; a unit sees only itself and below.
    #[test]
    fn the_centre_sees_the_city() {
        let union = |kind, path: &str| Union {
            id: String::new(),
            parent_id: None,
            kind,
            name: String::new(),
            path: path.to_owned(),
            no: 0,
        };
        assert_eq!(union(Kind::Centre, "/root/centre/").scope(), "/root/");
        assert_eq!(union(Kind::Unit, "/root/u1/").scope(), "/root/u1/");
    }
}
