//! A table as officers have it: XLSX from Excel or WPS, or CSV in UTF-8. Read cell by cell within bounds, since a small
//! file can claim a sheet of any size.

use super::quotas::Numbered;
use crate::kernel::Refusal;
use calamine::{DataRef, Reader as _, Xlsx};
use std::collections::BTreeMap;
use std::io::Cursor;

/// The largest file that is read.
pub const BYTES_MAX: usize = 1024 * 1024;
/// The most rows and columns that are looked at.
const ROWS_MAX: usize = 5_000;
const COLUMNS_MAX: u32 = 50;
/// What an XLSX may unpack to: it is a ZIP, and a small one can hold gigabytes.
const UNPACKED_MAX: u64 = 64 * 1024 * 1024;

/// What a row of a table that is brought in would do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// What it names is not there yet.
    New,
    /// It is there and would change.
    Changed,
    /// It is there as it stands in the row.
    Same,
}

/// A right row.
#[derive(Debug, Clone)]
pub struct Row<T> {
    /// Its number in the file, from 1.
    pub line: usize,
    /// What it would do.
    pub effect: Effect,
    /// What stands in it.
    pub item: T,
    /// What is there by now under the same name.
    pub standing: Option<T>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Its number in the file, from 1.
    pub line: usize,
    /// The column's heading; empty for the row as a whole.
    pub column: &'static str,
    /// In words.
    pub problem: String,
}

/// A table to be brought in, compared with what is there: right rows, and every error.
#[derive(Debug, Clone)]
pub struct Table<T> {
    /// Those that could be brought in.
    pub rows: Vec<Row<T>>,
    /// All that is wrong; nothing is brought in while there is anything.
    pub errors: Vec<RowError>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Table {
            rows: Vec::new(),
            errors: Vec::new(),
        }
    }
}

impl<T> Table<T> {
    /// How many rows have an effect.
    pub fn count(&self, effect: Effect) -> usize {
        self.rows.iter().filter(|row| row.effect == effect).count()
    }

    /// Notes what is wrong with a row.
    pub fn wrong(&mut self, line: usize, column: &'static str, problem: impl Into<String>) {
        self.errors.push(RowError {
            line,
            column,
            problem: problem.into(),
        });
    }
}

/// [`rows`] off the async threads: unpacking a workbook takes its time. Errors: those of [`rows`].
pub async fn read(bytes: &[u8]) -> crate::error::Result<Vec<Numbered<Vec<String>>>> {
    let bytes = bytes.to_vec();
    let rows = tokio::task::spawn_blocking(move || rows(&bytes)).await;
    Ok(rows.map_err(anyhow::Error::from)??)
}

/// The rows that are not blank, each with its number in the file from 1. By content, not by name.
///
/// Errors: [`Refusal::TableEmpty`], [`Refusal::TableTooLarge`], [`Refusal::TableWrongType`].
pub fn rows(bytes: &[u8]) -> Result<Vec<Numbered<Vec<String>>>, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::TableEmpty);
    }
    if bytes.len() > BYTES_MAX {
        return Err(Refusal::TableTooLarge);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return xlsx_rows(bytes);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => csv_rows(text),
        _ => Err(Refusal::TableWrongType),
    }
}

/// [`rows`] of CSV text.
pub fn csv_rows(text: &str) -> Result<Vec<Numbered<Vec<String>>>, Refusal> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let (mut line, mut counted) = (1, 0);
    for record in reader.records() {
        let record = record.map_err(|_| Refusal::TableWrongType)?;
        // The reader names a place before the blank lines and line ends that it passes over; people count by what they see.
        let start = record
            .position()
            .map_or(counted, |at| usize::try_from(at.byte()).unwrap_or(counted));
        let passed = text
            .as_bytes()
            .iter()
            .skip(start)
            .take_while(|b| matches!(b, b'\r' | b'\n'));
        let start = start + passed.count();
        let between = text.as_bytes().get(counted..start).unwrap_or_default();
        line += between.iter().filter(|b| **b == b'\n').count();
        counted = counted.max(start);
        let cells: Vec<String> = record
            .iter()
            .take(COLUMNS_MAX as usize)
            .map(str::to_owned)
            .collect();
        rows.push((line, cells));
        if rows.len() > ROWS_MAX {
            return Err(Refusal::TableTooLarge);
        }
    }
    not_blank(rows)
}

fn not_blank(mut rows: Vec<Numbered<Vec<String>>>) -> Result<Vec<Numbered<Vec<String>>>, Refusal> {
    rows.retain(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()));
    if rows.is_empty() {
        Err(Refusal::TableEmpty)
    } else {
        Ok(rows)
    }
}

fn xlsx_rows(bytes: &[u8]) -> Result<Vec<Numbered<Vec<String>>>, Refusal> {
    if unpacked(bytes).is_none_or(|unpacked| unpacked > UNPACKED_MAX) {
        return Err(Refusal::TableTooLarge);
    }
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(|_| Refusal::TableWrongType)?;
    let first = book.sheet_names().into_iter().next().ok_or(Refusal::TableEmpty)?;
    let mut cells = book
        .worksheet_cells_reader(&first)
        .map_err(|_| Refusal::TableWrongType)?;
    let mut rows = BTreeMap::<u32, Vec<String>>::new();
    while let Some(cell) = cells.next_cell().map_err(|_| Refusal::TableWrongType)? {
        let (row, column) = cell.get_position();
        let text = words(cell.get_value());
        if text.is_empty() || column >= COLUMNS_MAX {
            continue;
        }
        let row = rows.entry(row).or_default();
        row.resize(row.len().max(column as usize + 1), String::new());
        if let Some(place) = row.get_mut(column as usize) {
            *place = text;
        }
        if rows.len() > ROWS_MAX {
            return Err(Refusal::TableTooLarge);
        }
    }
    not_blank(
        rows.into_iter()
            .map(|(row, cells)| (row as usize + 1, cells))
            .collect(),
    )
}

/// A cell as a person reads it: a whole number without ".0".
fn words(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(f) if f.fract() == 0.0 && f.abs() < 1e15 => format!("{f:.0}"),
        DataRef::Float(f) => f.to_string(),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(b) => b.to_string(),
        DataRef::DateTime(when) => when.to_string(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
    }
}

/// The sum of what a ZIP's directory says its files unpack to; none when it has no readable directory.
fn unpacked(zip: &[u8]) -> Option<u64> {
    let end = zip.windows(4).rposition(|four| four == b"PK\x05\x06")?;
    let count = u16::from_le_bytes(zip.get(end + 10..end + 12)?.try_into().ok()?);
    let mut at = u32::from_le_bytes(zip.get(end + 16..end + 20)?.try_into().ok()?) as usize;
    let mut sum = 0u64;
    for _ in 0..count {
        let entry = zip.get(at..at.checked_add(46)?)?;
        if !entry.starts_with(b"PK\x01\x02") {
            return None;
        }
        sum += u64::from(u32::from_le_bytes(entry.get(24..28)?.try_into().ok()?));
        let tail = |from: usize| {
            entry
                .get(from..from + 2)
                .map(|two| u16::from_le_bytes([two[0], two[1]]) as usize)
        };
        at = at.checked_add(46 + tail(28)? + tail(30)? + tail(32)?)?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rust_xlsxwriter::Workbook;

    fn book(fill: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) -> Vec<u8> {
        let mut book = Workbook::new();
        fill(book.add_worksheet());
        book.save_to_buffer().unwrap()
    }

    #[test]
    fn excel_and_csv_give_the_same_rows() {
        let xlsx = book(|sheet| {
            sheet.write(0, 0, "单位").unwrap().write(0, 1, "名额").unwrap();
            sheet
                .write(2, 0, "历下区总工会")
                .unwrap()
                .write(2, 1, 350)
                .unwrap();
        });
        let expected = vec![
            (1, vec!["单位".to_owned(), "名额".to_owned()]),
            (3, vec!["历下区总工会".to_owned(), "350".to_owned()]),
        ];
        assert_eq!(rows(&xlsx).unwrap(), expected);
        assert_eq!(
            rows("单位,名额\r\n\r\n历下区总工会,350\r\n".as_bytes()).unwrap(),
            expected
        );
    }

    /// The number that is told is the one that an editor shows: blank lines, CRLF and a cell of two lines count.
    #[test]
    fn lines_are_counted_as_people_see_them() {
        let table = "\u{feff}单位,名额\r\n\r\n\r\n甲,1\r\n\"乙\r\n二\",2\r\n丙,3\r\n";
        let lines: Vec<usize> = rows(table.as_bytes())
            .unwrap()
            .iter()
            .map(|(line, _)| *line)
            .collect();
        assert_eq!(lines, [1, 4, 5, 7]);
    }

    /// A cell in the last corner of the sheet costs nothing.
    #[test]
    fn a_far_cell_is_not_a_large_table() {
        let xlsx = book(|sheet| {
            sheet.write(0, 0, "单位").unwrap().write(0, 1, "名额").unwrap();
            sheet.write(1_048_575, 16_383, "x").unwrap();
        });
        assert_eq!(rows(&xlsx).unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_table_is_told() {
        assert_eq!(rows(b""), Err(Refusal::TableEmpty));
        assert_eq!(rows(b"\n , \n"), Err(Refusal::TableEmpty));
        assert_eq!(rows(&book(|_| {})), Err(Refusal::TableEmpty));
        // "单位" in GBK, as an older Excel saves CSV.
        assert_eq!(
            rows(b"\xb5\xa5\xce\xbb,\xc3\xfb\xb6\xee"),
            Err(Refusal::TableWrongType)
        );
        assert_eq!(
            rows(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
            Err(Refusal::TableWrongType)
        );
        assert_eq!(rows(b"PK\x03\x04 nothing more"), Err(Refusal::TableTooLarge));
        assert_eq!(rows(&vec![b'a'; BYTES_MAX + 1]), Err(Refusal::TableTooLarge));
        assert_eq!(
            rows("甲,1\n".repeat(6_000).as_bytes()),
            Err(Refusal::TableTooLarge)
        );
    }

    /// A directory that promises gigabytes is not opened.
    #[test]
    fn a_bomb_is_not_unpacked() {
        let mut xlsx = book(|sheet| {
            sheet.write(0, 0, "单位").unwrap();
        });
        let entry = xlsx.windows(4).position(|four| four == b"PK\x01\x02").unwrap();
        xlsx[entry + 24..entry + 28].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(rows(&xlsx), Err(Refusal::TableTooLarge));
    }
}
