//! `/office/unions/:id/rename|move|close`: the tree changes, each on a page of its own that says what follows.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other};
use super::Who;
use crate::application::reorganise::{self, Moved};
use crate::error::Result;
use crate::kernel::{FieldErrors, Refusal};
use crate::union::rights::{self, Act};
use crate::union::{Officer, Union, changes, overview};
use askama::Template;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "office/union_change.html")]
pub struct ChangePage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    /// `rename`, `move` or `close`.
    pub what: &'static str,
    pub id: String,
    pub name: String,
    pub typed: String,
    pub open_work: i64,
    pub officers: i64,
    pub below: i64,
    pub destinations: Vec<(String, String)>,
}

async fn filled(
    ctx: &Ctx,
    officer: &Officer,
    id: &str,
    what: &'static str,
    typed: String,
) -> Result<ChangePage> {
    let union = rights::may(&ctx.app, officer, Act::ManageUnions, id).await?;
    if what != "rename" && !changes::may_move(officer, &union) {
        return Err(Refusal::ByUpperUnionOnly.into());
    }
    let counts = overview::line(&ctx.app, officer, id).await?;
    let destinations = if what == "move" {
        named_destinations(ctx, officer, &union).await?
    } else {
        Vec::new()
    };
    let title = match what {
        "rename" => "工会改名",
        "move" => "移动工会",
        _ => "撤销工会",
    };
    Ok(ChangePage {
        base: ctx.base(title),
        who: Who::of(officer, "unions"),
        errors: Errors::default(),
        what,
        id: id.to_owned(),
        name: union.name,
        typed,
        open_work: counts.open_work,
        officers: counts.officers,
        below: counts.below,
        destinations,
    })
}

async fn named_destinations(ctx: &Ctx, officer: &Officer, union: &Union) -> Result<Vec<(String, String)>> {
    let mut all = changes::destinations(&ctx.app, officer, union).await?;
    // Streets and companies stand behind their unit: by the path's order.
    all.sort_by(|a, b| (a.path.matches('/').count(), a.no).cmp(&(b.path.matches('/').count(), b.no)));
    Ok(all.into_iter().map(|to| (to.id, to.name)).collect())
}

/// `GET /office/unions/:id/rename`
#[handler]
pub async fn ask_rename(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    let mut shown = filled(&ctx, &officer, &id, "rename", String::new()).await?;
    shown.typed = shown.name.clone();
    page(&shown)
}

/// The new name.
#[derive(Deserialize)]
pub struct Renamed {
    #[serde(default)]
    name: String,
}

/// `POST /office/unions/:id/rename`
#[handler]
pub async fn rename(Path(id): Path<String>, posted: Posted<Renamed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    if let Err(error) = changes::rename(&ctx.app, &officer, &id, &form.name).await {
        let errors = super::wrong(error)?;
        let mut again = filled(&ctx, &officer, &id, "rename", form.name).await?;
        again.errors = errors;
        return page_again(&again);
    }
    ctx.flash("已改名");
    Ok(see_other(&format!("/office/unions/{id}")))
}

/// `GET /office/unions/:id/move`
#[handler]
pub async fn ask_move(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    page(&filled(&ctx, &officer, &id, "move", String::new()).await?)
}

/// Where to, and that it is meant.
#[derive(Deserialize)]
pub struct Confirmed {
    #[serde(default)]
    to: String,
    confirm: Option<String>,
}

fn confirmed(form: &Confirmed) -> Result<()> {
    match form.confirm {
        Some(_) => Ok(()),
        None => Err(FieldErrors::one("confirm", Refusal::NotConfirmed).into()),
    }
}

fn told(done: &str, moved: Moved) -> String {
    match moved.handed_over {
        0 => done.to_owned(),
        n => format!("{done}，{n} 份待审核的申请转到了新的工会"),
    }
}

/// `POST /office/unions/:id/move`
#[handler]
pub async fn go(Path(id): Path<String>, posted: Posted<Confirmed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let result = match confirmed(&form) {
        Ok(()) => reorganise::move_union(&ctx.app, &officer, &id, &form.to).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(moved) => {
            ctx.flash(&told("已移动", moved));
            Ok(see_other(&format!("/office/unions/{id}")))
        }
        Err(error) => {
            let errors = super::wrong(error)?;
            let mut again = filled(&ctx, &officer, &id, "move", form.to).await?;
            again.errors = errors;
            page_again(&again)
        }
    }
}

/// `GET /office/unions/:id/close`
#[handler]
pub async fn ask_close(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = super::signed_in(&ctx).await?;
    page(&filled(&ctx, &officer, &id, "close", String::new()).await?)
}

/// `POST /office/unions/:id/close`
#[handler]
pub async fn close(Path(id): Path<String>, posted: Posted<Confirmed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let result = match confirmed(&form) {
        Ok(()) => reorganise::close_union(&ctx.app, &officer, &id).await,
        Err(error) => Err(error),
    };
    match result {
        Ok(moved) => {
            ctx.flash(&told("已撤销", moved));
            Ok(see_other("/office/unions"))
        }
        Err(error) => {
            let errors = super::wrong(error)?;
            let mut again = filled(&ctx, &officer, &id, "close", String::new()).await?;
            again.errors = errors;
            page_again(&again)
        }
    }
}
