//! Free text from the mini-program goes past WeChat's check before it is kept (facts, "Mini").

use super::FormText;
use crate::account::mini;
use crate::app::App;
use crate::error::Result;

/// The form's fields in which anything can be written; the others hold numbers, dates and choices.
const FREE: [&str; 7] = [
    "name",
    "address",
    "employer",
    "employer_contact",
    "employer_address",
    "institution",
    "major",
];

/// Checks what was typed anew, for who came with the mini-program.
///
/// Errors: [`Refusal::TextRisky`](crate::kernel::Refusal::TextRisky) at the field.
pub async fn check_changed(app: &App, openid: &str, before: &FormText, typed: &FormText) -> Result<()> {
    let changed = FREE
        .iter()
        .map(|field| (*field, typed.get(field)))
        .filter(|(field, text)| !text.is_empty() && *text != before.get(field));
    mini::check_texts(app, openid, &changed.collect::<Vec<_>>()).await
}
