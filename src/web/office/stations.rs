//! `/office/stations`: service stations, kept by the city's administrators.
//!
//! # What tests hold on to
//! `tab-stations`, `add`, one `row` a station with `open`, `tab-import`; a station's page: `f-<field>`, `submit`, `f-confirm`,
//! `remove`; `/import`: `f-file`, `upload`, then `wrong`, or `preview` with `apply`.

use super::super::ctx::Ctx;
use super::super::form::Posted;
use super::super::page::{Base, ErrorLine, Errors, page, page_again, see_other};
use super::Who;
use super::articles::keeper;
use super::stations_import as import;
use crate::content::stations::{self, FIELDS, Station, Typed, districts};
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::union::Officer;
use askama::Template;
use poem::web::Path;
use poem::{Response, Route, get, handler, post};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Adds them to the office's routes.
pub fn routes(route: Route) -> Route {
    route
        .at("/stations", get(list))
        .at("/stations/new", get(new).post(add))
        .at("/stations/import", get(import::ask).post(import::look))
        .at("/stations/import.csv", get(import::template))
        .at("/stations/import/apply", post(import::apply))
        .at("/stations/:id", get(show).post(change))
        .at("/stations/:id/remove", post(remove))
}

#[derive(Template)]
#[template(path = "office/stations.html")]
struct ListPage {
    base: Base,
    who: Option<Who>,
    all: Vec<Station>,
}

/// `GET /office/stations`
#[handler]
async fn list(ctx: Ctx) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    page(&ListPage {
        base: ctx.base("服务站"),
        who: Who::of(&officer, "content"),
        all: stations::all(&ctx.app).await?,
    })
}

#[derive(Template)]
#[template(path = "office/stations_one.html")]
struct OnePage {
    base: Base,
    who: Option<Who>,
    errors: Errors,
    /// Empty for a new one.
    id: String,
    version: i64,
    heading: String,
    typed: Typed,
    district: String,
    districts: Vec<(String, String)>,
    paused: bool,
}

fn form(ctx: &Ctx, officer: &Officer, standing: Option<&Station>, typed: Typed) -> OnePage {
    OnePage {
        base: ctx.base("服务站"),
        who: Who::of(officer, "content"),
        errors: Errors::default(),
        id: standing.map_or_else(String::new, |s| s.id.clone()),
        version: standing.map_or(0, |s| s.version),
        heading: standing.map_or_else(|| "增加服务站".to_owned(), |s| s.name.clone()),
        districts: districts()
            .map(|name| (name.to_owned(), name.to_owned()))
            .collect(),
        district: typed.get("district").to_owned(),
        paused: matches!(typed.get("paused"), "是" | "on"),
        typed,
    }
}

/// `GET /office/stations/new`
#[handler]
async fn new(ctx: Ctx) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    page(&form(&ctx, &officer, None, Typed::default()))
}

/// `GET /office/stations/:id`
#[handler]
async fn show(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    let station = stations::find(&ctx.app, &id).await?;
    page(&form(&ctx, &officer, Some(&station), Typed::of(&station)))
}

/// A posted station: the fields by their names, and the version that was seen.
#[derive(Deserialize)]
struct Posting(BTreeMap<String, String>);

impl Posting {
    fn typed(&self) -> Typed {
        let mut typed = Typed::default();
        for (name, ..) in FIELDS {
            typed.set(name, self.0.get(*name).map_or("", String::as_str));
        }
        typed
    }

    fn version(&self) -> i64 {
        self.0.get("version").and_then(|v| v.parse().ok()).unwrap_or(0)
    }
}

/// `POST /office/stations/new`
#[handler]
async fn add(posted: Posted<Posting>) -> Result<Response> {
    save(posted, None).await
}

/// `POST /office/stations/:id`
#[handler]
async fn change(Path(id): Path<String>, posted: Posted<Posting>) -> Result<Response> {
    save(posted, Some(id)).await
}

async fn save(posted: Posted<Posting>, id: Option<String>) -> Result<Response> {
    let Posted { ctx, form: posting } = posted;
    let officer = keeper(&ctx).await?;
    let typed = posting.typed();
    let seen = id.as_deref().map(|id| (id, posting.version()));
    let lines = match stations::save(&ctx.app, &officer, seen, &typed).await {
        Ok(Ok(_)) => {
            ctx.flash("已保存，职工马上可以看到");
            return Ok(see_other("/office/stations"));
        }
        Ok(Err(problems)) => problems
            .into_iter()
            .map(|(field, problem)| ErrorLine {
                field,
                text: format!("{}：{problem}", heading(field)),
            })
            .collect(),
        Err(Error::Refused(refusal @ Refusal::ChangedMeanwhile)) => vec![ErrorLine {
            field: "name",
            text: refusal.text(),
        }],
        Err(other) => return Err(other),
    };
    let standing = match &id {
        Some(id) => Some(stations::find(&ctx.app, id).await?),
        None => None,
    };
    let mut again = form(&ctx, &officer, standing.as_ref(), typed);
    again.version = posting.version();
    again.errors = Errors(lines);
    page_again(&again)
}

fn heading(field: &str) -> &'static str {
    FIELDS
        .iter()
        .find(|(name, ..)| *name == field)
        .map_or("", |(_, heading, _)| heading)
}

/// That it is to go.
#[derive(Deserialize)]
struct Removing {
    #[serde(default)]
    version: String,
    #[serde(default)]
    confirm: String,
}

/// `POST /office/stations/:id/remove`
#[handler]
async fn remove(Path(id): Path<String>, posted: Posted<Removing>) -> Result<Response> {
    let Posted { ctx, form: removing } = posted;
    let officer = keeper(&ctx).await?;
    let station = stations::find(&ctx.app, &id).await?;
    let removed = if removing.confirm == "on" {
        stations::remove(&ctx.app, &officer, &id, removing.version.parse().unwrap_or(0)).await
    } else {
        Err(Refusal::NotConfirmed.into())
    };
    match removed {
        Ok(()) => {
            ctx.flash(&format!("已删除“{}”", station.name));
            Ok(see_other("/office/stations"))
        }
        Err(Error::Refused(refusal @ (Refusal::NotConfirmed | Refusal::ChangedMeanwhile))) => {
            let mut again = form(&ctx, &officer, Some(&station), Typed::of(&station));
            again.errors = Errors(vec![ErrorLine {
                field: "confirm",
                text: refusal.text(),
            }]);
            page_again(&again)
        }
        Err(other) => Err(other),
    }
}
