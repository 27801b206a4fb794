//! `/office/stations/import`: a table is read, every error told by row, what it would do shown; then it is brought in.

use super::super::ctx::Ctx;
use super::super::form::{Posted, Uploaded};
use super::super::page::{Base, answer_to_post, page, see_other};
use super::Who;
use super::articles::keeper;
use super::imported::{self, Confirmed};
use crate::campaign::sheet::{self, Effect, RowError};
use crate::content::stations::{FIELDS, Station};
use crate::content::stations_import as import;
use crate::content::stations_import::Table;
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::union::Officer;
use askama::Template;
use poem::http::StatusCode;
use poem::{Response, handler};

/// A row of the preview.
pub struct Row {
    pub line: usize,
    pub effect: &'static str,
    pub tone: &'static str,
    pub name: String,
    pub district: String,
    pub address: String,
}

#[derive(Template, Default)]
#[template(path = "office/stations_import.html")]
struct ImportPage {
    base: Base,
    who: Option<Who>,
    headings: Vec<&'static str>,
    problem: String,
    errors: Vec<RowError>,
    rows: Vec<Row>,
    new: usize,
    changed: usize,
    same: usize,
    token: String,
}

fn empty(ctx: &Ctx, officer: &Officer) -> ImportPage {
    ImportPage {
        base: ctx.base("导入服务站"),
        who: Who::of(officer, "content"),
        headings: FIELDS.iter().map(|(_, heading, _)| *heading).collect(),
        ..ImportPage::default()
    }
}

/// `GET /office/stations/import`
#[handler]
pub async fn ask(ctx: Ctx) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    page(&empty(&ctx, &officer))
}

/// `GET /office/stations/import.csv`: a table with its headings and one line to go by.
#[handler]
pub async fn template(ctx: Ctx) -> Result<Response> {
    keeper(&ctx).await?;
    let headings: Vec<&str> = FIELDS.iter().map(|(_, heading, _)| *heading).collect();
    let example = "示例服务站,历下区,历下区示例路 1 号,周一至周五 9:00—17:00,,咨询、选学报读、补助申请,\"117.120000,36.650000\",1,否,";
    Ok(imported::template("stations.csv", &headings, example))
}

fn fill(page: &mut ImportPage, table: Table) {
    (page.new, page.changed, page.same) = (
        table.count(Effect::New),
        table.count(Effect::Changed),
        table.count(Effect::Same),
    );
    let row = |row: sheet::Row<Station>| {
        let (effect, tone) = imported::words(row.effect);
        Row {
            line: row.line,
            effect,
            tone,
            name: row.item.name,
            district: row.item.district,
            address: row.item.address,
        }
    };
    page.rows = table.rows.into_iter().map(row).collect();
    page.errors = table.errors;
}

/// `POST /office/stations/import`: the preview.
#[handler]
pub async fn look(uploaded: Uploaded) -> Result<Response> {
    let Uploaded { ctx, bytes, .. } = uploaded;
    let officer = keeper(&ctx).await?;
    let mut page = empty(&ctx, &officer);
    match import::preview(&ctx.app, &officer, &bytes).await {
        Ok(table) => {
            if table.errors.is_empty() {
                page.token = imported::keep(&ctx, "stations", &officer, &bytes).await?;
            }
            fill(&mut page, table);
        }
        Err(Error::Refused(refusal)) => page.problem = refusal.text(),
        Err(other) => return Err(other),
    }
    let good = page.problem.is_empty() && page.errors.is_empty();
    let status = if good {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    answer_to_post(status, &page)
}

/// `POST /office/stations/import/apply`
#[handler]
pub async fn apply(posted: Posted<Confirmed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = keeper(&ctx).await?;
    let Some(bytes) = imported::take(&ctx, "stations", &officer, &form).await? else {
        ctx.flash(&Refusal::PreviewGone.text());
        return Ok(see_other("/office/stations/import"));
    };
    let (new, changed) = import::bring_in(&ctx.app, &officer, &bytes).await?;
    ctx.flash(&format!("已导入：新增 {new} 个，修改 {changed} 个"));
    Ok(see_other("/office/stations"))
}
