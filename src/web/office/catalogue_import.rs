//! `/office/catalogue/import`: a table is read, every error told by row, what it would do shown; then it is brought in.

use super::super::ctx::Ctx;
use super::super::form::{Posted, Uploaded};
use super::super::page::{Base, answer_to_post, page, see_other};
use super::Who;
use super::catalogue::keeper;
use super::imported::{self, Confirmed};
use crate::campaign::sheet::{Effect, RowError};
use crate::enrolment::catalogue::FIELDS;
use crate::enrolment::import::{self, Table};
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::union::Officer;
use askama::Template;
use poem::http::StatusCode;
use poem::{Response, handler};

/// So many rows are shown.
const SHOWN: usize = 200;

/// A row of the preview.
pub struct Row {
    pub line: usize,
    pub effect: &'static str,
    pub tone: &'static str,
    pub code: String,
    pub title: String,
    pub institution: String,
    pub provider: String,
    pub fee: String,
}

#[derive(Template, Default)]
#[template(path = "office/catalogue_import.html")]
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
        base: ctx.base("导入选学目录"),
        who: Who::of(officer, "catalogue"),
        headings: FIELDS.iter().map(|(_, heading, _)| *heading).collect(),
        ..ImportPage::default()
    }
}

/// `GET /office/catalogue/import`
#[handler]
pub async fn ask(ctx: Ctx) -> Result<Response> {
    let officer = keeper(&ctx).await?;
    page(&empty(&ctx, &officer))
}

/// `GET /office/catalogue/import.csv`: an empty table with its headings.
#[handler]
pub async fn template(ctx: Ctx) -> Result<Response> {
    keeper(&ctx).await?;
    let headings: Vec<&str> = FIELDS.iter().map(|(_, heading, _)| *heading).collect();
    let example = "JN-001,山东开放大学,示例服务机构,大专,开放教育,会计,30,5500,2000;2000;1500,济南市历下区,否,2027-03-01;2027-09-01,40;60,30:100;7:80;0:50,";
    Ok(imported::template("programs.csv", &headings, example))
}

fn fill(page: &mut ImportPage, table: Table) {
    (page.new, page.changed, page.same) = (
        table.count(Effect::New),
        table.count(Effect::Changed),
        table.count(Effect::Same),
    );
    page.rows = table
        .rows
        .into_iter()
        .take(SHOWN)
        .map(|row| {
            let (effect, tone) = imported::words(row.effect);
            Row {
                line: row.line,
                effect,
                tone,
                title: row.item.title(),
                fee: row.item.fee.to_string(),
                code: row.item.code,
                institution: row.item.institution,
                provider: row.item.provider.1,
            }
        })
        .collect();
    page.errors = table.errors;
}

/// `POST /office/catalogue/import`: the preview.
#[handler]
pub async fn look(uploaded: Uploaded) -> Result<Response> {
    let Uploaded { ctx, bytes, .. } = uploaded;
    let officer = keeper(&ctx).await?;
    let mut page = empty(&ctx, &officer);
    match import::preview(&ctx.app, &officer, &bytes).await {
        Ok(table) => {
            if table.errors.is_empty() {
                page.token = imported::keep(&ctx, "catalogue", &officer, &bytes).await?;
            }
            fill(&mut page, table);
        }
        Err(Error::Refused(refusal)) => page.problem = refusal.text(),
        Err(other) => return Err(other),
    }
    let good = page.problem.is_empty() && page.errors.is_empty();
    answer_to_post(
        if good {
            StatusCode::OK
        } else {
            StatusCode::UNPROCESSABLE_ENTITY
        },
        &page,
    )
}

/// `POST /office/catalogue/import/apply`
#[handler]
pub async fn apply(posted: Posted<Confirmed>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = keeper(&ctx).await?;
    let Some(bytes) = imported::take(&ctx, "catalogue", &officer, &form).await? else {
        ctx.flash("预览已过期或已导入，请重新选择文件");
        return Ok(see_other("/office/catalogue/import"));
    };
    match import::bring_in(&ctx.app, &officer, &bytes).await {
        Ok((new, changed)) => ctx.flash(&format!("已导入：新增 {new} 个专业，修改 {changed} 个")),
        Err(Error::Refused(refusal @ (Refusal::CatalogueWrong { .. } | Refusal::ChangedMeanwhile))) => {
            ctx.flash(&format!(
                "没有全部导入：{}。已写入的会保留，改好后再导入一次即可",
                refusal.text()
            ));
        }
        Err(error) => return Err(error),
    }
    Ok(see_other("/office/catalogue"))
}
