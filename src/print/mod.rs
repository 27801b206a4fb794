//! What is made to be printed: the application form with its code and the receipt of a submission
//! . Drawn once as a [`Sheet`], written as PDF or shown as SVG.

pub mod face;
mod fit;
pub mod form;
mod pdf;
pub mod receipt;
pub mod sheet;
mod svg;
#[cfg(test)]
mod tests;
pub mod tuition;

pub use form::{Code, Paper};
pub use sheet::{Missing, Sheet};

use crate::app::App;
use crate::application::form_code::FormCode;
use crate::application::{Application, FormText};
use crate::campaign;
use crate::error::{Error, Result};
use crate::kernel::{Refusal, Time};
use crate::union::tree;

/// A file to be kept or printed.
#[derive(Debug, Clone)]
pub struct Pdf {
    /// Its name for people, in Chinese, with the extension.
    pub name: String,
    /// Its name in letters that any header takes.
    pub plain_name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// For whom a form is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// The worker, who has it stamped: with the code, once this version was marked as printed (ADR 0014).
    Stamp,
    /// An officer who looks: without one, so that it is not taken for the paper itself.
    Office,
}

/// Collects what stands on the form. `text` is what is printed: the application's own form, or a masked one.
///
/// Errors: [`Refusal::UnionMissing`] before a union is chosen.
pub async fn paper(app: &App, application: &Application, text: FormText, whom: For) -> Result<Paper> {
    let union_id = application.union_id.as_deref().ok_or(Refusal::UnionMissing)?;
    let intake = campaign::intake(app, &application.intake_id).await?;
    let chain = tree::review_chain(app, union_id).await?;
    let number = number(application)?;
    let code = FormCode {
        number: number.clone(),
        version: application.form_version,
    };
    Ok(Paper {
        year: intake.year,
        season: intake.season,
        version: application.form_version,
        code: match whom {
            For::Stamp if is_marked(application) => Code::Text(code.text(&app.sealer)),
            For::Stamp => Code::Preview,
            For::Office => Code::Copy,
        },
        union: tree::find(app, union_id).await?.name,
        form: text,
        reviewers: chain.into_iter().map(|union| union.name).collect(),
        at: app.now(),
        number,
    })
}

/// Whether this version of the form was marked as printed: only such a one is made with its code.
pub fn is_marked(application: &Application) -> bool {
    application.printed_version == application.form_version
}

/// Every application has one (ADR 0014).
fn number(application: &Application) -> Result<String> {
    let number = application.number.clone();
    number.ok_or_else(|| Error::Internal(anyhow::anyhow!("application {} has no number", application.id)))
}

/// The form as a picture for the on-line page, and the characters that cannot be printed.
pub fn form_picture(paper: &Paper) -> Result<(String, Vec<Missing>)> {
    let sheet = form::draw(paper)?;
    Ok((svg::draw(&sheet, &form_title(paper)), sheet.missing))
}

/// The form as a file: one A4 page.
pub async fn form_pdf(paper: Paper) -> Result<Pdf> {
    written(move || {
        let name = format!(
            "申请表-{}-{}-第{}版.pdf",
            file_part(paper.form.get("name")),
            paper.number,
            paper.version
        );
        let title = form_title(&paper);
        let plain_name = format!("form-{}-v{}.pdf", paper.number, paper.version);
        Ok((form::draw(&paper)?, name, plain_name, title, paper.at))
    })
    .await
}

fn form_title(paper: &Paper) -> String {
    format!(
        "{}年济南市总工会“求学圆梦行动”学历提升补助申请表 {}",
        paper.year, paper.number
    )
}

/// The receipt of a submitted application as a file.
///
/// Errors: [`Error::NotFound`] while it is a draft.
pub async fn receipt_pdf(app: &App, application: Application) -> Result<Pdf> {
    let receipt = receipt::collect(app, application).await?;
    written(move || {
        let name = format!("申请回执-{}.pdf", receipt.number);
        let plain_name = format!("receipt-{}.pdf", receipt.number);
        let title = format!("学历提升补助申请回执 {}", receipt.number);
        Ok((receipt::draw(&receipt), name, plain_name, title, receipt.at))
    })
    .await
}

/// A sheet with its names, title and time.
type Drawn = (Sheet, String, String, String, Time);

/// Draws and writes off the async threads.
async fn written(draw: impl FnOnce() -> anyhow::Result<Drawn> + Send + 'static) -> Result<Pdf> {
    let work = move || {
        let (sheet, name, plain_name, title, at) = draw()?;
        let about = pdf::About { title: &title, at };
        Ok(Pdf {
            name,
            plain_name,
            bytes: pdf::write(&sheet, &about)?,
        })
    };
    let done: anyhow::Result<Pdf> = tokio::task::spawn_blocking(work)
        .await
        .map_err(anyhow::Error::from)?;
    Ok(done?)
}

/// A person's name as a part of a file's name: no sign that a file system minds.
fn file_part(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric() || *c == '·')
        .take(30)
        .collect()
}
