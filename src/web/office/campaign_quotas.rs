//! `/office/campaigns/:id/quotas/:unit` and `/import`: the units' places, one by one or by a table that is previewed
//!

use super::super::ctx::Ctx;
use super::super::form::{Posted, Uploaded};
use super::super::page::{Base, ErrorLine, Errors, answer_to_post, page, page_again, see_other, table};
use super::Who;
use super::campaigns::planner;
use crate::application::allot::{self, Applied, Read, Typed, Waiting};
use crate::campaign::quotas::{self, LineError};
use crate::campaign::{ledger, plan};
use crate::error::{Error, Result};
use crate::kernel::Refusal;
use crate::union::Officer;
use crate::xlsx::{self, Cell, Sheet};
use askama::Template;
use poem::http::StatusCode;
use poem::web::Path;
use poem::{Response, handler};
use serde::Deserialize;

/// So many changes of a unit are shown.
const CHANGES: i64 = 50;

#[derive(Template)]
#[template(path = "office/quota.html")]
pub struct QuotaPage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    pub campaign_id: String,
    pub year: i32,
    pub unit_id: String,
    pub unit: String,
    pub now: i64,
    pub taken: i64,
    pub total: String,
    pub reason: String,
    pub changes: Vec<Change>,
}

/// A change of the total.
pub struct Change {
    pub at: String,
    pub what: &'static str,
    pub delta: String,
    pub total: i64,
    pub by: String,
    pub reason: String,
}

async fn quota_page(ctx: &Ctx, officer: &Officer, (id, unit_id): (&str, &str)) -> Result<QuotaPage> {
    let campaign = plan::find(&ctx.app, id).await?;
    let units = quotas::units(&ctx.app, id).await?;
    let unit = units
        .into_iter()
        .find(|unit| unit.id == unit_id)
        .ok_or(Error::NotFound)?;
    let change = |entry: ledger::Entry| Change {
        at: entry.at.minute_text(),
        what: entry.cause.label(),
        delta: format!("{:+}", entry.delta),
        total: entry.total,
        by: entry.by,
        reason: entry.reason,
    };
    let changes = ledger::changes(&ctx.app, id, unit_id, CHANGES).await?;
    let now = unit.total.unwrap_or(0);
    Ok(QuotaPage {
        base: ctx.base(&format!("{}的名额", unit.name)),
        who: Who::of(officer, "places"),
        errors: Errors::default(),
        campaign_id: id.to_owned(),
        year: campaign.year,
        unit_id: unit.id,
        unit: unit.name,
        now,
        taken: unit.taken,
        total: now.to_string(),
        reason: String::new(),
        changes: changes.into_iter().map(change).collect(),
    })
}

/// `GET /office/campaigns/:id/quotas/:unit`
#[handler]
pub async fn ask(ctx: Ctx, Path((id, unit_id)): Path<(String, String)>) -> Result<Response> {
    let officer = planner(&ctx).await?;
    page(&quota_page(&ctx, &officer, (&id, &unit_id)).await?)
}

/// A unit's places.
#[derive(Deserialize)]
pub struct Posting {
    #[serde(default)]
    seen: String,
    #[serde(default)]
    total: String,
    #[serde(default)]
    reason: String,
}

fn with_promoted(done: &str, promoted: i64) -> String {
    match promoted {
        0 => done.to_owned(),
        n => format!("{done}，{n} 位候补职工已递补"),
    }
}

/// `POST /office/campaigns/:id/quotas/:unit`
#[handler]
pub async fn save(Path((id, unit_id)): Path<(String, String)>, posted: Posted<Posting>) -> Result<Response> {
    let Posted { ctx, form } = posted;
    let officer = super::signed_in(&ctx).await?;
    let typed = Typed {
        seen: &form.seen,
        total: &form.total,
        reason: &form.reason,
    };
    match allot::set(&ctx.app, &officer, (&id, &unit_id), &typed).await {
        Ok(promoted) => {
            ctx.flash(&with_promoted("名额已保存", promoted));
            Ok(see_other(&format!("/office/campaigns/{id}")))
        }
        Err(error) => {
            let errors = super::wrong(error)?;
            let mut again = quota_page(&ctx, &officer, (&id, &unit_id)).await?;
            again.errors = errors;
            (again.total, again.reason) = (form.total, form.reason);
            page_again(&again)
        }
    }
}

#[derive(Template)]
#[template(path = "office/quota_import.html")]
pub struct ImportPage {
    pub base: Base,
    pub who: Option<Who>,
    pub errors: Errors,
    pub id: String,
    pub year: i32,
    pub wrong: Vec<LineError>,
}

async fn import_page(ctx: &Ctx, officer: &Officer, id: &str) -> Result<ImportPage> {
    let campaign = plan::find(&ctx.app, id).await?;
    Ok(ImportPage {
        base: ctx.base("导入名额表"),
        who: Who::of(officer, "places"),
        errors: Errors::default(),
        id: id.to_owned(),
        year: campaign.year,
        wrong: Vec::new(),
    })
}

/// `GET /office/campaigns/:id/import`
#[handler]
pub async fn ask_table(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    let officer = planner(&ctx).await?;
    page(&import_page(&ctx, &officer, &id).await?)
}

async fn wrong_table(ctx: &Ctx, officer: &Officer, id: &str, wrong: Vec<LineError>) -> Result<Response> {
    let mut again = import_page(ctx, officer, id).await?;
    let text = Refusal::TableWrong { count: wrong.len() }.text();
    again.errors = Errors(vec![ErrorLine { field: "file", text }]);
    again.wrong = wrong;
    page_again(&again)
}

/// `POST /office/campaigns/:id/import`: reads and keeps the table; nothing is changed.
#[handler]
pub async fn upload(Path(id): Path<String>, uploaded: Uploaded) -> Result<Response> {
    let Uploaded { ctx, bytes, .. } = uploaded;
    let officer = super::signed_in(&ctx).await?;
    match allot::read(&ctx.app, &officer, &id, bytes).await {
        Ok(Read::Waits(token)) => Ok(see_other(&format!("/office/campaigns/{id}/import/{token}"))),
        Ok(Read::Wrong(wrong)) => wrong_table(&ctx, &officer, &id, wrong).await,
        Err(error) => {
            let Errors(lines) = super::wrong(error)?;
            let mut again = import_page(&ctx, &officer, &id).await?;
            let at_file = |line: ErrorLine| ErrorLine {
                field: "file",
                ..line
            };
            again.errors = Errors(lines.into_iter().map(at_file).collect());
            page_again(&again)
        }
    }
}

#[derive(Template)]
#[template(path = "office/quota_preview.html")]
pub struct PreviewPage {
    pub base: Base,
    pub who: Option<Who>,
    pub id: String,
    pub year: i32,
    pub token: String,
    pub sha256: String,
    /// The units' places changed after the preview that was confirmed.
    pub renewed: bool,
    pub changes: Vec<ChangedLine>,
    pub same: usize,
    pub absent: Vec<String>,
    pub before: i64,
    pub after: i64,
    pub difference: String,
}

/// A unit whose places would change.
pub struct ChangedLine {
    pub line: usize,
    pub unit: String,
    pub before: String,
    pub after: i64,
    pub delta: String,
    pub taken: i64,
    pub new: bool,
}

async fn preview_page(
    ctx: &Ctx,
    officer: &Officer,
    (id, token): (&str, &str),
    waiting: Waiting,
) -> Result<PreviewPage> {
    let campaign = plan::find(&ctx.app, id).await?;
    let preview = waiting.preview;
    let same = preview.lines.iter().filter(|line| !line.is_change()).count();
    let changed = preview.lines.into_iter().filter(|line| line.is_change());
    let line = |line: crate::campaign::changes::Changed| ChangedLine {
        line: line.line,
        before: line
            .before
            .map_or_else(|| "无".to_owned(), |before| before.to_string()),
        after: line.after,
        delta: format!("{:+}", line.after - line.before.unwrap_or(0)),
        taken: line.taken,
        new: line.before.is_none(),
        unit: line.unit,
    };
    Ok(PreviewPage {
        base: ctx.base("核对名额表"),
        who: Who::of(officer, "places"),
        id: id.to_owned(),
        year: campaign.year,
        token: token.to_owned(),
        sha256: waiting.sha256.chars().take(12).collect(),
        renewed: false,
        changes: changed.map(line).collect(),
        same,
        absent: preview.absent,
        before: preview.sum_before,
        after: preview.sum_after,
        difference: format!("{:+}", preview.sum_after - preview.sum_before),
    })
}

/// `GET /office/campaigns/:id/import/:token`
#[handler]
pub async fn check(ctx: Ctx, Path((id, token)): Path<(String, String)>) -> Result<Response> {
    let officer = planner(&ctx).await?;
    let waiting = allot::waiting(&ctx.app, &officer, &id, &token).await?;
    page(&preview_page(&ctx, &officer, (&id, &token), waiting).await?)
}

/// The confirmation.
#[derive(Deserialize)]
pub struct Confirmed {}

/// `POST /office/campaigns/:id/import/:token`
#[handler]
pub async fn apply(Path((id, token)): Path<(String, String)>, posted: Posted<Confirmed>) -> Result<Response> {
    let Posted { ctx, .. } = posted;
    let officer = super::signed_in(&ctx).await?;
    match allot::apply(&ctx.app, &officer, &id, &token).await? {
        Applied::Done { changed, promoted } => {
            ctx.flash(&with_promoted(
                &format!("已导入，{changed} 个单位的名额有变化"),
                promoted,
            ));
            Ok(see_other(&format!("/office/campaigns/{id}")))
        }
        Applied::Changed => {
            let waiting = allot::waiting(&ctx.app, &officer, &id, &token).await?;
            let mut again = preview_page(&ctx, &officer, (&id, &token), waiting).await?;
            again.renewed = true;
            answer_to_post(StatusCode::CONFLICT, &again)
        }
        Applied::Wrong(wrong) => wrong_table(&ctx, &officer, &id, wrong).await,
    }
}

/// `GET /office/campaigns/:id/quotas.xlsx`: the table as it is, to be changed and imported again.
#[handler]
pub async fn download(ctx: Ctx, Path(id): Path<String>) -> Result<Response> {
    planner(&ctx).await?;
    let campaign = plan::find(&ctx.app, &id).await?;
    let units = quotas::units(&ctx.app, &id).await?;
    let row = |unit: &quotas::Unit| vec![Cell::text(&unit.name), Cell::Number(unit.total.unwrap_or(0))];
    let sheet = Sheet {
        name: "名额",
        head: vec!["单位", "名额"],
        widths: vec![40],
        rows: units.iter().map(row).collect(),
    };
    let bytes = xlsx::write(vec![sheet]).await?;
    Ok(table(&format!("名额 {}.xlsx", campaign.year), bytes))
}
