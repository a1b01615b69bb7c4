//! A workbook (XLSX) to sparse rows of cells, through calamine.
//!
//! What a public page reads must not be a bomb: it is unpacked once to see how large it gets, cells are read as a stream,
//! a hundred thousand empty rows cost nothing, and one cell far away does not fill memory.

use std::io::{Cursor, Read, copy, sink};

use calamine::{DataRef, Reader, Xlsx, open_workbook_from_rs};
use flate2::read::DeflateDecoder;
use rust_decimal::Decimal;
use zip::{CompressionMethod, ZipArchive};

use super::spreadsheet::{Cell, MOST_COLUMNS, Merged, Odd, Sheet, SheetRefused, SheetRow};

/// Most bytes unpacked: a few megabytes of XLSX can say that they are gigabytes.
pub(super) const MOST_UNPACKED: u64 = 64 * 1024 * 1024;
/// Most parts: a workbook of three sheets has some fifteen.
const MOST_PARTS: usize = 2_000;
/// Formulas and errors that are named.
const MOST_ODD: usize = 100_000;
/// Letters of a formula that are kept to be shown.
const MOST_SHOWN: usize = 40;

/// How much of a sheet is read.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Most rows with something in them.
    pub rows: usize,
    /// Whether cells beyond the last column anybody needs are left out, or the sheet is refused for them.
    pub far_cells_left_out: bool,
}

/// Reads the first sheet with something in it.
///
/// # Errors
/// If it is no workbook, or holds more than allowed.
pub fn read(bytes: &[u8], bounds: Bounds) -> Result<Sheet, SheetRefused> {
    unpacks_within(bytes, MOST_UNPACKED)?;
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).map_err(|_| SheetRefused::NoWorkbook)?;
    let names = book.sheet_names();
    // The first sheet with something in it.
    for (at, name) in names.iter().enumerate() {
        let mut sheet = worksheet(&mut book, name, bounds)?;
        if !sheet.rows.is_empty() {
            if 1 < names.len() {
                let others = names.len() - at - 1;
                sheet.notes.insert(0, format!("Gelesen wurde das Blatt „{name}“, weitere Blätter nicht ({others})."));
            }
            return Ok(sheet);
        }
    }
    Err(SheetRefused::Empty)
}

/// Unpacks every part to nowhere: what a package says about its own size is hearsay.
fn unpacks_within(bytes: &[u8], most: u64) -> Result<(), SheetRefused> {
    // Before the directory is read, which makes an entry for each part: they are counted by what each begins with.
    if MOST_PARTS < bytes.windows(4).filter(|it| *it == b"PK\x01\x02").count() {
        return Err(SheetRefused::TooLarge);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| SheetRefused::NoWorkbook)?;
    let mut left = most;
    for at in 0..archive.len() {
        let part = archive.by_index_raw(at).map_err(|_| SheetRefused::NoWorkbook)?;
        let read = match part.compression() {
            CompressionMethod::Stored => copy(&mut part.take(left + 1), &mut sink()),
            CompressionMethod::DEFLATE => copy(&mut DeflateDecoder::new(part).take(left + 1), &mut sink()),
            _ => return Err(SheetRefused::NoWorkbook),
        };
        let read = read.map_err(|_| SheetRefused::NoWorkbook)?;
        left = left.checked_sub(read).ok_or(SheetRefused::TooLarge)?;
    }
    Ok(())
}

fn worksheet(book: &mut Xlsx<Cursor<&[u8]>>, name: &str, bounds: Bounds) -> Result<Sheet, SheetRefused> {
    let regions = book.merge_cells_by_sheet_name(name).unwrap_or_default();
    let merged = regions
        .into_iter()
        .map(|region| Merged {
            lines: (u64::from(region.start.0) + 1, u64::from(region.end.0) + 1),
            columns: (index(region.start.1), index(region.end.1)),
        })
        .collect();
    let mut sheet = Sheet { merged, ..Sheet::default() };
    let mut formulas = 0_usize;
    // A chart sheet has no cells.
    let Ok(mut cells) = book.worksheet_cells_reader(name) else { return Ok(sheet) };
    while let Some(read) = cells.next_cell_with_formula().map_err(|_| SheetRefused::NoWorkbook)? {
        let mut cell = cell(&read.value);
        let (line, column) = (u64::from(read.pos.0) + 1, index(read.pos.1));
        if bounds.far_cells_left_out && MOST_COLUMNS <= column {
            continue;
        }
        if let Some(formula) = &read.formula {
            formulas += 1;
            if sheet.odd.len() < MOST_ODD {
                sheet.odd.push((line, column, Odd::Formula(formula.chars().take(MOST_SHOWN).collect())));
            }
            if cell == Cell::Empty {
                cell = Cell::Text("Formel ohne Ergebnis".to_owned());
            }
        }
        if let (DataRef::Error(error), true) = (&read.value, sheet.odd.len() < MOST_ODD) {
            sheet.odd.push((line, column, Odd::Error(error.to_string())));
        }
        if cell != Cell::Empty {
            put(&mut sheet, line, column, cell, bounds.rows)?;
        }
    }
    if formulas > 0 {
        sheet.notes.push(format!("{formulas} Zellen sind Formeln. Gelesen wurde das zuletzt berechnete Ergebnis."));
    }
    Ok(sheet)
}

fn put(sheet: &mut Sheet, line: u64, column: usize, cell: Cell, most_rows: usize) -> Result<(), SheetRefused> {
    if MOST_COLUMNS <= column {
        return Err(SheetRefused::TooWide { line });
    }
    if sheet.rows.last().is_none_or(|row| row.line != line) {
        if sheet.rows.len() == most_rows {
            return Err(SheetRefused::TooManyRows);
        }
        sheet.rows.push(SheetRow { line, cells: Vec::new() });
    }
    if let Some(row) = sheet.rows.last_mut() {
        if row.cells.len() <= column {
            row.cells.resize(column + 1, Cell::Empty);
        }
        row.cells[column] = cell;
    }
    Ok(())
}

fn index(column: u32) -> usize {
    usize::try_from(column).unwrap_or(usize::MAX)
}

fn cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Int(number) => Cell::Number(number.to_string()),
        DataRef::Float(number) => Cell::Number(fifteen_digits(&format!("{number:.14e}"))),
        DataRef::String(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        DataRef::Bool(yes) => Cell::Text(if *yes { "WAHR" } else { "FALSCH" }.to_owned()),
        DataRef::DateTime(at) => at.as_datetime().map_or_else(|| Cell::Text(at.to_string()), |at| Cell::Day(at.date())),
        DataRef::DateTimeIso(text) => match text.get(..10).and_then(|day| day.parse().ok()) {
            Some(day) => Cell::Day(day),
            None => Cell::text(text),
        },
        DataRef::DurationIso(text) => Cell::text(text),
        DataRef::Error(error) => Cell::Text(error.to_string()),
        DataRef::Empty => Cell::Empty,
    }
}

/// A number as spreadsheets show it, to fifteen digits: what they keep behind them is an artefact of their arithmetic.
/// One too large for an amount stays in scientific notation, and is refused where it is read.
fn fifteen_digits(scientific: &str) -> String {
    Decimal::from_scientific(scientific).map_or_else(|_| scientific.to_owned(), |it| it.normalize().to_string())
}

/// `A`, `Z`, `AA`: a column, from 0, as spreadsheets name it.
#[must_use]
pub fn letters(column: usize) -> String {
    let mut left = column.saturating_add(1);
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
    fn a_binary_fraction_is_the_number_that_was_typed() {
        for (number, shown) in [
            (12.340_000_000_000_002, "12.34"),
            (100.0, "100"),
            (-0.5, "-0.5"),
            (0.0, "0"),
            (11.85, "11.85"),
            (0.300_000_000_000_000_04, "0.3"),
            (1234.0, "1234"),
            (1.234, "1.234"),
        ] {
            assert_eq!(cell(&DataRef::Float(number)), Cell::Number(shown.to_owned()));
        }
    }

    #[test]
    fn columns_are_named_as_excel_names_them() {
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"].map(str::to_owned));
    }

    #[test]
    fn what_is_no_workbook_is_refused() {
        for bytes in [&b""[..], b"PK\x03\x04", b"Artikel;Preis\n"] {
            let bounds = Bounds { rows: 100, far_cells_left_out: false };
            assert_eq!(read(bytes, bounds), Err(SheetRefused::NoWorkbook));
        }
    }
}
