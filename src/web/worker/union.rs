//! `/apply/union`: the union of the employer's registered area, level by level.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, Errors, page, page_again, see_other};
use super::Open;
use crate::app::App;
use crate::application::{Application, drafts};
use crate::error::{Error, Result};
use crate::kernel::{FieldErrors, Refusal};
use crate::union::{Union, tree};
use askama::Template;
use poem::web::Query;
use poem::{Response, handler};
use serde::Deserialize;

#[derive(Template, Default)]
#[template(path = "worker/union.html")]
pub struct UnionPage {
    pub base: Base,
    pub errors: Errors,
    /// The union whose lower ones are shown; none at the top.
    pub parent: Option<Parent>,
    /// What is chosen now, with all above it.
    pub current: Option<String>,
    pub groups: Vec<Group>,
}

/// The level above the list.
pub struct Parent {
    pub id: String,
    pub name: String,
}

/// A heading and its unions.
pub struct Group {
    pub label: &'static str,
    pub rows: Vec<Row>,
}

/// A union to choose.
pub struct Row {
    pub id: String,
    pub name: String,
    pub note: &'static str,
    pub checked: bool,
}

/// Which level is shown.
#[derive(Deserialize)]
pub struct Level {
    #[serde(rename = "in")]
    within: Option<String>,
}

/// `GET /apply/union?in=`
#[handler]
pub async fn show(ctx: Ctx, Query(level): Query<Level>) -> Result<Response> {
    let Some(open) = draft(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    page(&list(&ctx, &open, level.within.as_deref(), Errors::default()).await?)
}

async fn draft(ctx: &Ctx) -> Result<Option<Open>> {
    Ok(Open::of(ctx)
        .await?
        .filter(|open| open.application.state.is_being_filled()))
}

async fn list(ctx: &Ctx, open: &Open, within: Option<&str>, errors: Errors) -> Result<UnionPage> {
    let application = &open.application;
    let parent = match within {
        Some(id) => Some(tree::chosen(&ctx.app, id).await?),
        None => None,
    };
    let choices = tree::choices(&ctx.app, parent.as_ref().map(|p| p.id.as_str())).await?;
    let chosen = chosen_path(&ctx.app, application).await?;
    let groups = match &parent {
        Some(parent) => below(parent, choices, &chosen),
        None => at_the_top(choices, &chosen),
    };
    Ok(UnionPage {
        base: open.base(ctx, "选择工会").await?,
        errors,
        parent: parent.map(|p| Parent {
            id: p.id,
            name: p.name,
        }),
        current: spoken(&chosen),
        groups: groups.into_iter().filter(|g| !g.rows.is_empty()).collect(),
    })
}

/// The chosen union and those above it, from the unit down.
async fn chosen_path(app: &App, application: &Application) -> Result<Vec<Union>> {
    let Some(id) = &application.union_id else {
        return Ok(Vec::new());
    };
    let mut lineage = tree::lineage(app, id).await?;
    // The city stands over all of them: it says nothing.
    lineage.pop();
    lineage.reverse();
    Ok(lineage)
}

fn spoken(path: &[Union]) -> Option<String> {
    let names: Vec<&str> = path.iter().map(|u| u.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(" › "))
}

/// The chosen union with those above it, in words.
pub async fn chosen_words(app: &App, application: &Application) -> Result<Option<String>> {
    Ok(spoken(&chosen_path(app, application).await?))
}

fn row(union: Union, note: &'static str, checked: bool) -> Row {
    Row {
        id: union.id,
        name: union.name,
        note,
        checked,
    }
}

/// The source's two lists: 区总工会名单, and 产业、直属单位工会名单. In Annex 1 all of the first kind, and only
/// those, are called …总工会.
fn at_the_top(choices: Vec<Union>, chosen: &[Union]) -> Vec<Group> {
    let rows = choices.into_iter().map(|u| {
        let checked = chosen.iter().any(|c| c.id == u.id);
        row(u, "", checked)
    });
    let (districts, others) = rows.partition(|r: &Row| r.name.ends_with("总工会"));
    vec![
        Group {
            label: "区县（含功能区）总工会",
            rows: districts,
        },
        Group {
            label: "产业、直属单位、企业集团工会",
            rows: others,
        },
    ]
}

fn below(parent: &Union, choices: Vec<Union>, chosen: &[Union]) -> Vec<Group> {
    let is_chosen = |id: &str| chosen.last().is_some_and(|c| c.id == id);
    let own = row(
        parent.clone(),
        "没有下级工会，或单位直接属于这一级时选这一项",
        is_chosen(&parent.id),
    );
    let rows = choices.into_iter().map(|u| {
        let checked = is_chosen(&u.id);
        row(u, "", checked)
    });
    vec![
        Group {
            label: "下级工会",
            rows: rows.collect(),
        },
        Group {
            label: "都不是",
            rows: vec![own],
        },
    ]
}

/// What is chosen, on which level.
#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    union: String,
    #[serde(default)]
    within: String,
}

/// `POST /apply/union`: a union with others below it leads to those first.
#[handler]
pub async fn choose(posted: Posted<Chosen>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let Some(open) = draft(&ctx).await? else {
        return Ok(see_other("/apply"));
    };
    if form.union.is_empty() {
        let within = (!form.within.is_empty()).then_some(form.within.as_str());
        let errors = Errors::from(&FieldErrors::one("union", Refusal::NotAChoice));
        return page_again(&list(&ctx, &open, within, errors).await?);
    }
    let union = match tree::chosen(&ctx.app, &form.union).await {
        Err(Error::Refused(refusal)) => {
            let errors = Errors::from(&FieldErrors::one("union", refusal));
            return page_again(&list(&ctx, &open, None, errors).await?);
        }
        other => other?,
    };
    if form.within != union.id && !tree::choices(&ctx.app, Some(&union.id)).await?.is_empty() {
        return Ok(see_other(&format!("/apply/union?in={}", union.id)));
    }
    match drafts::choose_union(&ctx.app, &open.worker.id, &open.application.id, &union.id).await {
        Err(Error::Refused(refusal @ Refusal::UnionOfOtherUnit)) => {
            let errors = Errors::from(&FieldErrors::one("union", refusal));
            return page_again(&list(&ctx, &open, None, errors).await?);
        }
        other => other?,
    }
    ctx.flash(&format!("已选择{}", union.name));
    let first = open.application.union_id.is_none();
    Ok(see_other(if first { "/apply/form" } else { "/apply" }))
}
