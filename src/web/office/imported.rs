//! What pages share that bring in a table: it is looked at, waits in the cache, and is brought in once.

use super::super::ctx::Ctx;
use crate::campaign::sheet::Effect;
use crate::error::Result;
use crate::union::Officer;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use poem::Response;
use poem::http::header;
use serde::Deserialize;
use std::time::Duration;

/// A table that was looked at waits so long to be brought in.
const WAITS: Duration = Duration::from_secs(1800);

/// Which table that was looked at is to be brought in.
#[derive(Deserialize)]
pub struct Confirmed {
    #[serde(default)]
    token: String,
}

fn key(what: &str, officer: &Officer, token: &str) -> String {
    format!("{what}-import:{}:{token}", officer.id)
}

/// Keeps a table of `what` for the officer who looked at it; gives its token.
pub async fn keep(ctx: &Ctx, what: &str, officer: &Officer, bytes: &[u8]) -> Result<String> {
    let token = ctx.app.entropy.token();
    let key = key(what, officer, &token);
    ctx.app.cache.set(&key, &STANDARD.encode(bytes), WAITS).await?;
    Ok(token)
}

/// The table that is kept, once; none when it waited too long or was brought in already.
pub async fn take(
    ctx: &Ctx,
    what: &str,
    officer: &Officer,
    confirmed: &Confirmed,
) -> Result<Option<Vec<u8>>> {
    let kept = ctx.app.cache.take(&key(what, officer, &confirmed.token)).await?;
    Ok(kept.and_then(|kept| STANDARD.decode(kept).ok()))
}

/// A row's effect in words, and the colour of its tag.
pub fn words(effect: Effect) -> (&'static str, &'static str) {
    match effect {
        Effect::New => ("新增", "ok"),
        Effect::Changed => ("修改", "warn"),
        Effect::Same => ("不变", ""),
    }
}

/// A table with its headings and one line to go by, for Excel and WPS.
pub fn template(file: &str, headings: &[&str], example: &str) -> Response {
    Response::builder()
        .header(header::CONTENT_TYPE, "text/csv; charset=utf-8")
        .header(
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{file}\""),
        )
        // With its mark, so that Excel reads it as UTF-8.
        .body(format!("\u{feff}{}\r\n{example}\r\n", headings.join(",")))
}
