//! Unions and their place in the tree.

use super::{Kind, store};
use crate::app::App;
use crate::db::Tx;
use crate::error::{Error, Result};
use crate::kernel::{Refusal, Time};

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
    let mut chain = lineage(app, id).await?;
    let root = chain.pop().ok_or(Error::NotFound)?;
    let centre = store::centre(app.db.read(), &root.id).await?;
    chain.push(centre.unwrap_or(root));
    Ok(chain)
}

/// The first step from `from` on whose union has somebody to review. R-21 [ours]: a union without a reviewer would hold an
/// application for ever, so its step is passed over; the last step never is. `None` when there is no step left.
pub async fn next_step(app: &App, chain: &[Union], from: usize) -> Result<Option<usize>> {
    for (step, union) in chain.iter().enumerate().skip(from) {
        if step + 1 == chain.len() || store::has_reviewer(app.db.read(), &union.id).await? {
            return Ok(Some(step));
        }
    }
    Ok(None)
}

/// [`next_step`] as the caller's transaction sees the officers.
pub async fn next_step_in(tx: &mut Tx, chain: &[Union], from: usize) -> Result<Option<usize>> {
    for (step, union) in chain.iter().enumerate().skip(from) {
        if step + 1 == chain.len() || store::has_reviewer(&mut **tx, &union.id).await? {
            return Ok(Some(step));
        }
    }
    Ok(None)
}

/// [`review_chain`] as the caller's transaction sees the tree.
pub async fn review_chain_in(tx: &mut Tx, id: &str) -> Result<Vec<Union>> {
    let mut chain = store::lineage(&mut **tx, id).await?;
    let root = chain
        .pop()
        .filter(|top| top.parent_id.is_none())
        .ok_or(Error::NotFound)?;
    let centre = store::centre(&mut **tx, &root.id).await?;
    chain.push(centre.unwrap_or(root));
    Ok(chain)
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

/// An active union as the caller's transaction sees it, or [`Error::NotFound`].
pub async fn find_in(tx: &mut Tx, id: &str) -> Result<Union> {
    store::union(&mut **tx, id).await?.ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

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
