//! What stands on every page of an application, from the first to the last: until when, how many places are
//! left, and the level rule.

use super::super::page::Bar;
use super::apply::places_words;
use super::{Open, view};
use crate::app::App;
use crate::application::early;
use crate::campaign;
use crate::error::Result;
use crate::kernel::{FieldErrors, Refusal};

const RULE: &str = "每人每年、每个学历层次只能申请一次";

/// The bar for an application that can be changed.
pub async fn of(app: &App, open: &Open) -> Result<Bar> {
    let application = &open.application;
    let intake = campaign::intake(app, &application.intake_id).await?;
    if open.returned() {
        return Ok(Bar {
            until: format!("补正 {} 截止", intake.review.until.deadline_text()),
            places: "名额为您保留".to_owned(),
            rule: "改好后请回到“进度”重新提交".to_owned(),
            warn: false,
        });
    }
    let form = application.form(app)?;
    let wrong = early::wrong(app, application, &form, &intake, &open.worker.phone).await?;
    let claimed = claimed(&wrong);
    let until = match view::closed(&intake, app.now()) {
        Some(_) => format!("申请时间：{}", view::window(&intake)),
        None => format!("申请 {} 截止", intake.apply.until.deadline_text()),
    };
    Ok(Bar {
        until,
        places: places_words(app, application).await?,
        warn: claimed.is_some(),
        rule: claimed.unwrap_or_else(|| RULE.to_owned()),
    })
}

/// The words of what the same person has applied for already, if so.
pub fn claimed(wrong: &FieldErrors) -> Option<String> {
    let against = wrong.0.iter().map(|(_, refusal)| refusal).find(|refusal| {
        matches!(
            refusal,
            Refusal::AlreadyThisYear { .. } | Refusal::AlreadyThisLevel { .. }
        )
    });
    against.map(Refusal::text)
}
