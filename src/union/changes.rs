//! The tree changes: a union gets another name, goes under another parent, or is closed (R-25). What becomes of the
//! applications is `application::reorganise`'s, which does these within its own transaction.

use super::rights::{self, Act};
use super::{Kind, Officer, Union, officers, staff, store, tree};
use crate::app::App;
use crate::audit::{self, Line};
use crate::db::Tx;
use crate::error::{Error, Result, is_unique_violation};
use crate::kernel::{FieldErrors, Refusal, text};
use serde_json::json;

/// Gives a union of the officer's subtree another name. The city and its centre keep theirs.
///
/// Errors: [`Error::NotFound`] outside the subtree; [`Refusal::NotAllowed`]; at `name`, [`Refusal::UnionNameTaken`] too.
pub async fn rename(app: &App, officer: &Officer, id: &str, name: &str) -> Result<()> {
    let result = rename_checked(app, officer, id, name).await;
    let actor = officer.actor();
    rights::noted(app, &actor, "union.rename", ("union", id), result).await
}

async fn rename_checked(app: &App, officer: &Officer, id: &str, name: &str) -> Result<()> {
    let union = rights::may(app, officer, Act::ManageUnions, id).await?;
    if matches!(union.kind, Kind::City | Kind::Centre | Kind::Provider) {
        return Err(Refusal::UnitStays.into());
    }
    let mut errors = FieldErrors::default();
    let Some(name) = errors.take("name", text::line(name, 4, 40)) else {
        return Err(errors.into());
    };
    let mut tx = app.db.write().await?;
    tree::lock(&mut tx).await?;
    let union = tree::find_in(&mut tx, id).await?;
    let parent = union.parent_id.as_deref().ok_or(Error::NotFound)?;
    if store::name_is_taken(&mut tx, parent, &name, Some(id)).await? {
        return Err(FieldErrors::one("name", Refusal::UnionNameTaken).into());
    }
    store::set_name(&mut tx, id, &name).await?;
    note(
        app,
        &mut tx,
        officer,
        id,
        "union.rename",
        json!({ "from": union.name, "to": name }),
    )
    .await?;
    tx.commit().await?;
    Ok(())
}

async fn note(
    app: &App,
    tx: &mut Tx,
    officer: &Officer,
    id: &str,
    act: &str,
    detail: serde_json::Value,
) -> Result<()> {
    let actor = officer.actor();
    let line = Line {
        actor: &actor,
        act,
        subject: ("union", id),
        detail,
    };
    Ok(audit::record(tx, &app.entropy, app.now(), line).await?)
}

/// Where a union may be moved: unions of the officer's subtree that may have one of its kind below them, but for itself,
/// what is below it, and where it is.
pub async fn destinations(app: &App, officer: &Officer, union: &Union) -> Result<Vec<Union>> {
    rights::check(officer, Act::ManageUnions)?;
    if !may_move(officer, union) {
        return Ok(Vec::new());
    }
    let seat = rights::seat(app, officer).await?;
    let all = store::active_in(app, &seat.path).await?;
    Ok(all
        .into_iter()
        .filter(|to| goes_under(union, to).is_ok())
        .collect())
}

/// Whether the officer may move or close it at all: only from above, and no unit, city or centre.
pub fn may_move(officer: &Officer, union: &Union) -> bool {
    movable(officer, union).is_ok()
}

fn movable(officer: &Officer, union: &Union) -> Result<(), Refusal> {
    match union.kind {
        Kind::City | Kind::Centre | Kind::Unit | Kind::Provider => Err(Refusal::UnitStays),
        _ if !rights::is_above(officer, union) => Err(Refusal::ByUpperUnionOnly),
        _ => Ok(()),
    }
}

fn goes_under(union: &Union, to: &Union) -> Result<(), Refusal> {
    if super::covers(&union.path, &to.path) {
        Err(Refusal::MoveIntoItself)
    } else if union.parent_id.as_deref() == Some(&to.id) {
        Err(Refusal::MoveNowhere)
    } else if !to.kind.below().contains(&union.kind) {
        Err(Refusal::NotAChoice)
    } else {
        Ok(())
    }
}

/// What a move is about, as the caller's transaction sees it under the tree's lock.
pub struct Moving {
    /// The union, still at its old place.
    pub union: Union,
    /// The union that will be above it.
    pub to: Union,
}

/// Takes the tree's lock and looks whether the move may be.
///
/// Errors: [`Error::NotFound`] when either is outside the officer's subtree; [`Refusal::NotAllowed`];
/// [`Refusal::UnitStays`]; [`Refusal::ByUpperUnionOnly`]; at `to` [`Refusal::MoveIntoItself`], [`Refusal::MoveNowhere`],
/// [`Refusal::NotAChoice`], [`Refusal::UnionNameTaken`].
pub async fn begin_move(app: &App, tx: &mut Tx, officer: &Officer, id: &str, to: &str) -> Result<Moving> {
    rights::may(app, officer, Act::ManageUnions, id).await?;
    tree::lock(tx).await?;
    let union = tree::find_in(tx, id).await?;
    movable(officer, &union)?;
    let at_to = |refusal| Error::from(FieldErrors::one("to", refusal));
    let found = store::union(&mut **tx, to)
        .await?
        .filter(|to| rights::sees(officer, to));
    let to = found.ok_or_else(|| at_to(Refusal::NotAChoice))?;
    goes_under(&union, &to).map_err(at_to)?;
    if store::name_is_taken(tx, &to.id, &union.name, Some(id)).await? {
        return Err(at_to(Refusal::UnionNameTaken));
    }
    Ok(Moving { union, to })
}

/// Puts the union, and all that is below it, at its new place: the paths of the whole subtree are rewritten.
pub async fn finish_move(app: &App, tx: &mut Tx, officer: &Officer, moving: &Moving) -> Result<()> {
    let Moving { union, to } = moving;
    let no = store::next_no(tx, &to.id).await?;
    let path = format!("{}{}/", to.path, union.id);
    store::rewrite_paths(tx, &union.path, &path).await?;
    match store::set_parent(tx, &union.id, &to.id, no).await {
        Err(error) if is_unique_violation(&error) => {
            return Err(FieldErrors::one("to", Refusal::UnionNameTaken).into());
        }
        other => other?,
    }
    let detail = json!({ "from": union.parent_id, "to": to.id });
    note(app, tx, officer, &union.id, "union.move", detail).await
}

/// Takes the tree's lock and looks whether the union may be closed; gives it and the union above.
///
/// Errors: [`Error::NotFound`]; [`Refusal::NotAllowed`]; [`Refusal::UnitStays`]; [`Refusal::ByUpperUnionOnly`];
/// [`Refusal::UnionHasChildren`]; [`Refusal::UnionHasRegistrations`].
pub async fn begin_close(app: &App, tx: &mut Tx, officer: &Officer, id: &str) -> Result<(Union, Union)> {
    rights::may(app, officer, Act::ManageUnions, id).await?;
    tree::lock(tx).await?;
    let union = tree::find_in(tx, id).await?;
    movable(officer, &union)?;
    let count = store::children_count(tx, id).await?;
    if count > 0 {
        return Err(Refusal::UnionHasChildren { count }.into());
    }
    let count = store::registrations_waiting(tx, id).await?;
    if count > 0 {
        return Err(Refusal::UnionHasRegistrations { count }.into());
    }
    let parent = union.parent_id.as_deref().ok_or(Error::NotFound)?;
    let parent = tree::find_in(tx, parent).await?;
    Ok((union, parent))
}

/// Closes it: inactive, its officers leave, its invitations end. Its name gets the day, so that another may have it.
pub async fn finish_close(app: &App, tx: &mut Tx, officer: &Officer, union: &Union) -> Result<()> {
    for id in store::officer_ids(tx, &union.id).await? {
        let member = officers::find(app, &id).await?;
        staff::leave(app, tx, officer, &member).await?;
    }
    let day = app.now().day_text();
    let mut name = format!("{}（{day}撤销）", union.name);
    let parent = union.parent_id.as_deref().unwrap_or_default();
    if store::name_is_taken(tx, parent, &name, Some(&union.id)).await? {
        let tail = union
            .id
            .chars()
            .skip(union.id.len().saturating_sub(6))
            .collect::<String>();
        name = format!("{}（{day}撤销，{tail}）", union.name);
    }
    store::close_union(tx, &union.id, &name, app.now()).await?;
    note(
        app,
        tx,
        officer,
        &union.id,
        "union.close",
        json!({ "name": union.name }),
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn union(kind: Kind, id: &str, parent: &str, path: &str) -> Union {
        Union {
            id: id.to_owned(),
            parent_id: Some(parent.to_owned()),
            kind,
            name: String::new(),
            path: path.to_owned(),
            no: 0,
        }
    }

    /// R-25, bad input: where a union cannot go.
    #[test]
    fn a_union_goes_only_where_its_kind_belongs() {
        let street = union(Kind::Street, "s", "u", "/r/u/s/");
        let company = union(Kind::Enterprise, "e", "s", "/r/u/s/e/");
        let unit = union(Kind::Unit, "u", "r", "/r/u/");
        let other = union(Kind::Unit, "v", "r", "/r/v/");
        assert_eq!(goes_under(&company, &unit), Ok(()));
        assert_eq!(goes_under(&street, &other), Ok(()));
        assert_eq!(goes_under(&street, &company), Err(Refusal::MoveIntoItself));
        assert_eq!(goes_under(&street, &street), Err(Refusal::MoveIntoItself));
        assert_eq!(goes_under(&street, &unit), Err(Refusal::MoveNowhere));
        let elsewhere = union(Kind::Street, "t", "v", "/r/v/t/");
        assert_eq!(goes_under(&street, &elsewhere), Err(Refusal::NotAChoice));
    }
}
