//! The same paper in two people's applications. Looked up by indexed marks, never by going through the
//! table; what only looks alike is then compared pixel by pixel, since many papers follow one pattern.

use super::picture::{self, Compared};
use super::read::{self, Facts};
use super::{How, chsi, store};
use crate::app::App;
use crate::application::documents::{self, Document};
use crate::application::{self, DocumentKind};
use crate::audit::Actor;
use crate::error::Result;
use crate::kernel::Sealer;
use crate::kernel::code::sha256_hex;

crate::text_enum! {
    /// What a paper can be found by.
    pub enum Mark {
        /// SHA-256 of the file, hex.
        File = "file",
        /// Keyed hash of the 在线验证码.
        Report = "report",
        /// Keyed hash of an invoice's code and number.
        Receipt = "receipt",
        /// The picture's hash, 16 hex digits.
        Hash = "hash",
        Band0 = "band0",
        Band1 = "band1",
        Band2 = "band2",
        Band3 = "band3",
    }
}

/// The quarters of the picture's hash.
pub const BANDS: [Mark; 4] = [Mark::Band0, Mark::Band1, Mark::Band2, Mark::Band3];

/// Hashes further apart than this (bits) are not looked at: copies stay below by the generator's figures.
pub const NEAR: u32 = 8;
/// So many look-alikes, the nearest first, are compared pixel by pixel.
const COMPARED: usize = 12;

/// The marks of a paper.
pub fn marks(sealer: &Sealer, kind: DocumentKind, bytes: &[u8], facts: &Facts) -> Vec<(Mark, String)> {
    let mut marks = vec![(Mark::File, sha256_hex(bytes))];
    if kind == DocumentKind::ChsiReport {
        let code = verification_code(facts);
        marks.extend(code.map(|code| (Mark::Report, sealer.index("paper.report", &code))));
    }
    if kind == DocumentKind::Receipt {
        let number = facts.codes.iter().find_map(|code| invoice(code));
        marks.extend(number.map(|number| (Mark::Receipt, sealer.index("paper.receipt", &number))));
    }
    if let Some(hash) = facts.hash {
        marks.push((Mark::Hash, format!("{hash:016x}")));
        let bands = BANDS.iter().zip(picture::bands(hash));
        // With the kind in it, a card is never held against a receipt.
        marks.extend(bands.map(|(mark, band)| (*mark, format!("{kind}:{band:04x}"))));
    }
    marks
}

fn verification_code(facts: &Facts) -> Option<String> {
    let printed = chsi::Report::parse(&facts.text).and_then(|report| report.code());
    let in_square = || facts.codes.iter().find_map(|code| chsi::code_of(code));
    printed.or_else(in_square).filter(|code| !code.is_empty())
}

/// Code and number of a VAT invoice from its QR code, `01,10,<code>,<number>,<amount>,<date>,…`; newer ones have a
/// number of 20 digits and no code. Other codes on receipts (a school's account, a payment page) are the same for all.
pub fn invoice(code: &str) -> Option<String> {
    let parts: Vec<&str> = code.trim().split(',').collect();
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    match parts[..] {
        ["01", kind, code, number, _, date, ..]
            if digits(kind)
                && digits(code)
                && digits(number)
                && (8..=20).contains(&number.len())
                && date.len() == 8
                && digits(date) =>
        {
            Some(format!("{code}/{number}"))
        }
        _ => None,
    }
}

/// Finds a paper's twins in other people's applications, by marks that are stored already: of two read at the same
/// moment, at least one finds the other.
pub async fn find(
    app: &App,
    document: &Document,
    worker_id: &str,
    marks: &[(Mark, String)],
    bytes: &[u8],
) -> Result<Vec<(String, How)>> {
    let mut found: Vec<(String, How)> = Vec::new();
    for (mark, how) in [
        (Mark::File, How::File),
        (Mark::Report, How::Report),
        (Mark::Receipt, How::Receipt),
    ] {
        if let Some((_, value)) = marks.iter().find(|(m, _)| *m == mark) {
            let same = store::marked(app, mark, value, worker_id).await?;
            found.extend(same.into_iter().map(|id| (id, how)));
        }
    }
    let mut alike = look_alikes(app, worker_id, marks).await?;
    alike.retain(|id| found.iter().all(|(known, _)| known != id));
    if !alike.is_empty() {
        for id in same_pictures(app, document, bytes, &alike).await? {
            found.push((id, How::Picture));
        }
    }
    found.sort();
    found.dedup_by(|a, b| a.0 == b.0);
    Ok(found)
}

/// Those whose hash is near, nearest first.
async fn look_alikes(app: &App, worker_id: &str, marks: &[(Mark, String)]) -> Result<Vec<String>> {
    let value = |mark: Mark| marks.iter().find(|(m, _)| *m == mark).map(|(_, v)| v.as_str());
    let (Some(hash), [Some(a), Some(b), Some(c), Some(d)]) =
        (value(Mark::Hash).and_then(parsed), BANDS.map(value))
    else {
        return Ok(Vec::new());
    };
    let candidates = store::banded(app, [a, b, c, d], worker_id).await?;
    let mut near: Vec<(u32, String)> = candidates
        .into_iter()
        .filter_map(|(id, other)| Some(((parsed(&other)? ^ hash).count_ones(), id)))
        .filter(|(distance, _)| *distance <= NEAR)
        .collect();
    near.sort();
    near.dedup();
    near.truncate(COMPARED);
    Ok(near.into_iter().map(|(_, id)| id).collect())
}

fn parsed(hash: &str) -> Option<u64> {
    u64::from_str_radix(hash, 16).ok()
}

/// Those that show the very same picture.
async fn same_pictures(app: &App, document: &Document, bytes: &[u8], ids: &[String]) -> Result<Vec<String>> {
    let (media, own) = (document.media, bytes.to_vec());
    let own = off_thread(move || read::page(media, &own).map(|page| Compared::of(&page))).await?;
    let Some(mut own) = own else {
        return Ok(Vec::new());
    };
    let mut same = Vec::new();
    for id in ids {
        let Some(application_id) = store::application_of(app, id).await? else {
            continue;
        };
        let application = application::find(app, &application_id).await?;
        // A file that is gone or damaged hides a copy, and keeps nobody from going on.
        let Ok((other, bytes)) = documents::read(app, &application, id, &Actor::System).await else {
            tracing::warn!(document = id, "a paper could not be read to be compared");
            continue;
        };
        let (back, difference) = off_thread(move || {
            let page = read::page(other.media, &bytes);
            let difference = page.and_then(|page| own.difference(&Compared::of(&page)));
            (own, difference)
        })
        .await?;
        own = back;
        if difference.is_some_and(picture::Apart::same) {
            same.push(id.clone());
        }
    }
    Ok(same)
}

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    Ok(tokio::task::spawn_blocking(work)
        .await
        .map_err(anyhow::Error::from)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// an invoice's number is its own; what stands on every receipt of a school is not taken for one.
    #[test]
    fn only_invoices_have_a_number_to_compare() {
        assert_eq!(
            invoice("01,10,037001900211,12345678,2600.00,20210903,12345678901234567890,1A2B,").as_deref(),
            Some("037001900211/12345678")
        );
        assert_eq!(
            invoice("01,32,,24372000000012345678,2600.00,20240903,,A1B2").as_deref(),
            Some("/24372000000012345678")
        );
        for other in [
            "https://pay.example/u/sdou",
            "01,10,x,y,1,2,3",
            "01,10,037001900211,12345678,2600.00,2021,1,1",
            "",
        ] {
            assert_eq!(invoice(other), None, "{other}");
        }
    }
}
