//! An Excel workbook to rows of text. Only cells that hold something are looked at, one after the other: a hundred thousand
//! empty rows cost nothing, and one cell far away does not fill memory.
//!
//! What spreadsheets do beside holding values is told cell by cell: merged cells belong to no row, a formula is no value.

use std::collections::BTreeMap;
use std::fmt::LowerExp;
use std::io::Cursor;

use calamine::{DataRef, Reader as _, Xlsx, XlsxError};
use rust_decimal::Decimal;

use crate::actions::import::spreadsheet::{SheetRefused, unpacks_within};
use crate::actions::import::table::{FileRefused, MOST_ROWS, Row};

/// Most columns that are looked at.
const MOST_COLUMNS: u32 = 200;
/// Largest content, unpacked: a few megabytes of XLSX can say that they are gigabytes.
const MOST_UNPACKED: u64 = 64 * 1024 * 1024;

/// What is wrong with a cell, whatever it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Oddity {
    /// Row, from 1, as Excel counts.
    pub line: u64,
    /// Column, from 0.
    pub column: usize,
    /// What it is and what was expected, in German.
    pub message: String,
}

/// The first sheet of a workbook.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// Rows that hold something, in order; numbers with a comma, days as 31.12.2026.
    pub rows: Vec<Row>,
    /// Cells that hold no plain value.
    pub oddities: Vec<Oddity>,
}

/// Reads the first sheet.
///
/// # Errors
/// If it is no workbook, or holds more than anybody buys.
pub fn read(bytes: &[u8]) -> Result<Sheet, FileRefused> {
    match unpacks_within(bytes, MOST_UNPACKED) {
        Ok(()) => parsed(bytes),
        Err(SheetRefused::TooLarge) => Err(FileRefused::TooLarge),
        Err(_) => Err(FileRefused::NotAWorkbook),
    }
}

fn parsed(bytes: &[u8]) -> Result<Sheet, FileRefused> {
    let broken = |_: XlsxError| FileRefused::NotAWorkbook;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let name = book.sheet_names().first().cloned().ok_or(FileRefused::NotAWorkbook)?;
    let mut sheet = Sheet { name, ..Sheet::default() };
    let mut rows: BTreeMap<u32, BTreeMap<u32, String>> = BTreeMap::new();
    let mut cells = book.worksheet_cells_reader(&sheet.name).map_err(broken)?;
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        let text = match cell.get_value() {
            DataRef::Empty => continue,
            DataRef::Float(number) => number_in_german(number),
            DataRef::Int(number) => number.to_string(),
            DataRef::Bool(true) => "WAHR".to_owned(),
            DataRef::Bool(false) => "FALSCH".to_owned(),
            DataRef::DateTime(moment) => day_in_german(moment),
            DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
            DataRef::SharedString(text) => (*text).to_owned(),
            DataRef::Error(error) => {
                sheet.oddities.push(odd(row, column, format!("zeigt den Fehler {error}. Erwartet: ein Wert")));
                continue;
            }
        };
        if text.trim().is_empty() || MOST_COLUMNS <= column {
            continue;
        }
        rows.entry(row).or_default().insert(column, text);
        if MOST_ROWS < rows.len() {
            return Err(FileRefused::TooManyRows);
        }
    }
    drop(cells);
    let mut formulas = book.worksheet_cells_reader(&sheet.name).map_err(broken)?;
    while let Some(cell) = formulas.next_formula().map_err(broken)? {
        let ((row, column), formula) = (cell.get_position(), cell.get_value());
        if !formula.is_empty() && sheet.oddities.len() < MOST_ROWS {
            let shown: String = formula.chars().take(40).collect();
            let message = format!(
                "enthält die Formel „={shown}“. Erwartet: ein Wert. Bitte fügen Sie dort den Wert statt der Formel ein"
            );
            sheet.oddities.push(odd(row, column, message));
        }
    }
    drop(formulas);
    for region in book.merge_cells_by_sheet_name(&sheet.name).map_err(broken)? {
        let ((top, left), (bottom, right)) = (region.start, region.end);
        let place = format!("{}{}:{}{}", letters(left), top + 1, letters(right), bottom + 1);
        let message = format!(
            "{place} sind verbundene Zellen. Erwartet: jede Zelle für sich. Bitte heben Sie die Verbindung auf"
        );
        // Each row that it covers is unclear: which of them the value belongs to, nobody can know.
        for row in (top..=bottom).take_while(|row| top + 1_000 > *row) {
            if rows.contains_key(&row) {
                sheet.oddities.push(odd(row, left, message.clone()));
            }
        }
    }
    sheet.rows = rows.into_iter().map(|(row, cells)| row_of(row, &cells)).collect();
    Ok(sheet)
}

fn odd(row: u32, column: u32, message: String) -> Oddity {
    Oddity { line: u64::from(row) + 1, column: usize::try_from(column).unwrap_or(usize::MAX), message }
}

fn row_of(row: u32, cells: &BTreeMap<u32, String>) -> Row {
    let width = cells.keys().next_back().map_or(0, |last| last + 1);
    let cells = (0..width).map(|column| cells.get(&column).cloned().unwrap_or_default());
    Row { line: u64::from(row) + 1, cells: cells.collect() }
}

/// A number as Excel shows it, to fifteen digits: what it keeps behind them is an artefact of its arithmetic.
fn number_in_german<T: LowerExp + ToString>(number: &T) -> String {
    let plain = Decimal::from_scientific(&format!("{number:.14e}")).map(|it| it.normalize().to_string());
    plain.unwrap_or_else(|_| number.to_string()).replace('.', ",")
}

/// `31.12.2026`; with its time of day where it has one.
fn day_in_german(moment: &calamine::ExcelDateTime) -> String {
    let (year, month, day, hour, minute, ..) = moment.to_ymd_hms_milli();
    if (hour, minute) == (0, 0) {
        format!("{day:02}.{month:02}.{year:04}")
    } else {
        format!("{day:02}.{month:02}.{year:04} {hour:02}:{minute:02}")
    }
}

/// `A`, `Z`, `AA`: a column as Excel names it.
#[must_use]
pub fn letters(column: u32) -> String {
    let mut left = column + 1;
    let mut letters = Vec::new();
    while 0 < left {
        let digit = (left - 1) % 26;
        letters.push(char::from(b'A' + u8::try_from(digit).unwrap_or_default()));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_excel_shows() {
        assert_eq!(number_in_german(&11.85), "11,85");
        assert_eq!(number_in_german(&0.300_000_000_000_000_04), "0,3");
        assert_eq!(number_in_german(&1234.0), "1234");
        assert_eq!(number_in_german(&-0.5), "-0,5");
        assert_eq!(number_in_german(&1.234), "1,234");
    }

    #[test]
    fn columns_are_named_as_excel_names_them() {
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"].map(str::to_owned));
    }

    #[test]
    fn what_is_no_workbook_is_refused() {
        for bytes in [&b""[..], b"PK\x03\x04", b"Artikel;Preis\n"] {
            assert!(matches!(read(bytes), Err(FileRefused::NotAWorkbook)));
        }
    }
}
