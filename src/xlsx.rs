//! Tables as XLSX files, for whoever exports one: written row after row in constant memory. Text is always text: nothing that somebody typed
//! becomes a formula.

use crate::error::Result;
use anyhow::Context as _;
use rust_xlsxwriter::{Format, Workbook, Worksheet};

/// A cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Money in fen, shown in yuan.
    Money(i64),
}

impl Cell {
    /// A cell of text.
    pub fn text(text: impl Into<String>) -> Self {
        Cell::Text(text.into())
    }
}

/// One sheet of the file.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// Its name, at most 31 characters.
    pub name: &'static str,
    /// The first row.
    pub head: Vec<&'static str>,
    /// The columns' widths in characters; the rest are as wide as the program makes them.
    pub widths: Vec<u16>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
}

/// The most characters that a cell holds.
const CELL_MAX: usize = 32_000;

/// Writes the file, off the threads that serve requests.
pub async fn write(sheets: Vec<Sheet>) -> Result<Vec<u8>> {
    let written = tokio::task::spawn_blocking(move || workbook(&sheets)).await;
    Ok(written.context("writing a table")?.context("writing a table")?)
}

fn workbook(sheets: &[Sheet]) -> Result<Vec<u8>, rust_xlsxwriter::XlsxError> {
    let mut book = Workbook::new();
    for sheet in sheets {
        fill(book.add_worksheet_with_constant_memory()?, sheet)?;
    }
    book.save_to_buffer()
}

fn fill(into: &mut Worksheet, sheet: &Sheet) -> Result<(), rust_xlsxwriter::XlsxError> {
    let bold = Format::new().set_bold();
    let yuan = Format::new().set_num_format("#,##0.00");
    into.set_name(sheet.name)?;
    into.set_freeze_panes(1, 0)?;
    for (column, width) in (0u16..).zip(&sheet.widths) {
        into.set_column_width(column, f64::from(*width))?;
    }
    for (column, text) in (0u16..).zip(&sheet.head) {
        into.write_string_with_format(0, column, *text, &bold)?;
    }
    for (row, cells) in (1u32..).zip(&sheet.rows) {
        for (column, cell) in (0u16..).zip(cells) {
            match cell {
                Cell::Text(text) => {
                    let text: String = text.chars().take(CELL_MAX).collect();
                    into.write_string(row, column, text)?
                }
                Cell::Number(number) => into.write_number(row, column, *number as f64)?,
                Cell::Money(fen) => into.write_number_with_format(row, column, *fen as f64 / 100.0, &yuan)?,
            };
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::{Data, Reader as _, Xlsx};

    /// Text stays text, numbers stay numbers, as a reader of tables sees them.
    #[tokio::test]
    async fn a_table_is_read_back() {
        let sheet = Sheet {
            name: "表",
            head: vec!["名称", "数", "元"],
            widths: vec![20],
            rows: vec![vec![Cell::text("=1+1"), Cell::Number(7), Cell::Money(100_050)]],
        };
        let bytes = write(vec![sheet]).await.unwrap();
        let mut book: Xlsx<_> = calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
        let range = book.worksheet_range("表").unwrap();
        assert_eq!(range.get((0, 0)), Some(&Data::String("名称".into())));
        assert_eq!(range.get((1, 0)), Some(&Data::String("=1+1".into())));
        assert_eq!(range.get((1, 1)), Some(&Data::Float(7.0)));
        assert_eq!(range.get((1, 2)), Some(&Data::Float(1000.5)));
    }
}
