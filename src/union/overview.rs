//! The unions of an officer's subtree, level by level or by name, with how they stand.

use super::registrations::Details;
use super::rights;
use super::{Kind, Officer, Union, store, tree};
use crate::app::App;
use crate::error::{Error, Result};

/// A search shows so many.
pub const FOUND_MAX: i64 = 100;

/// A union with its counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Id.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// Name.
    pub name: String,
    /// Ids from the root.
    pub path: String,
    /// Its active officers.
    pub officers: i64,
    /// Active unions below it, at any depth.
    pub below: i64,
    /// Applications in review at it or below it.
    pub open_work: i64,
}

/// A level of the tree.
#[derive(Debug, Clone)]
pub struct Level {
    /// The union that the level is below.
    pub at: Line,
    /// Unions above it inside the officer's subtree, from the top.
    pub above: Vec<Union>,
    /// What is directly below it.
    pub below: Vec<Line>,
}

/// The level below a union of the officer's subtree; with none, below the union that they act for.
pub async fn level(app: &App, officer: &Officer, at: Option<&str>) -> Result<Level> {
    let at = match at {
        Some(id) => rights::within(app, officer, id).await?,
        None => rights::seat(app, officer).await?,
    };
    let mut above = tree::lineage(app, &at.id).await?;
    above.remove(0);
    above.retain(|union| rights::sees(officer, union));
    above.reverse();
    Ok(Level {
        below: store::lines_below(app, &at.id).await?,
        at: store::line(app, &at.id).await?.ok_or(Error::NotFound)?,
        above,
    })
}

/// Unions of the officer's subtree by a part of their name, at most [`FOUND_MAX`], each with the union above.
pub async fn search(app: &App, officer: &Officer, words: &str) -> Result<Vec<(Line, String)>> {
    let plain = words.trim().to_lowercase();
    let plain = plain
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    let pattern = format!("%{plain}%");
    let lines = store::search_lines(app, officer.union.scope(), &pattern, FOUND_MAX).await?;
    let mut found = Vec::with_capacity(lines.len());
    for line in lines {
        let above = tree::lineage(app, &line.id).await?;
        let above = above.get(1).map_or_else(String::new, |union| union.name.clone());
        found.push((line, above));
    }
    Ok(found)
}

/// One union of the officer's subtree with its counts.
pub async fn line(app: &App, officer: &Officer, id: &str) -> Result<Line> {
    rights::within(app, officer, id).await?;
    store::line(app, id).await?.ok_or(Error::NotFound)
}

/// How a union is reached; none for one that did not join by registration.
pub async fn details(app: &App, officer: &Officer, id: &str) -> Result<Option<Details>> {
    rights::within(app, officer, id).await?;
    let sealed = store::details_sealed(app, id).await?;
    sealed.map(|sealed| Details::open(app, &sealed)).transpose()
}
