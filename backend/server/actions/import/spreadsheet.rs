//! Spreadsheets of others as sparse rows of cells: XLSX through calamine, anything else as delimited text.
//!
//! What a public page reads must not be a bomb: a workbook is unpacked once to see how large it gets, cells are read
//! as a stream, and empty rows cost nothing.

use std::io::{Cursor, Read, copy, sink};

use calamine::{DataRef, Reader, Xlsx, open_workbook_from_rs};
use chrono::NaiveDate;
use flate2::read::DeflateDecoder;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zip::{CompressionMethod, ZipArchive};

use super::delimited_text;

/// Most rows with something in them.
pub const MOST_ROWS: usize = 20_000;
/// Most columns.
pub const MOST_COLUMNS: usize = 100;
/// Most bytes of a workbook unpacked.
const MOST_UNPACKED: u64 = 64 * 1024 * 1024;

/// Most parts of a workbook: one of three sheets has some fifteen.
const MOST_PARTS: usize = 2_000;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Text as it stands there.
    Text(String),
    /// A number the spreadsheet knows as one, plain, up to six decimals.
    Number(String),
    /// A date the spreadsheet knows as one.
    Day(NaiveDate),
}

impl Cell {
    /// A text without white space around it.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() { Self::Empty } else { Self::Text(text.to_owned()) }
    }

    /// The cell as people read it.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.replace('.', ","),
            Self::Day(day) => day.format("%d.%m.%Y").to_string(),
        }
    }
}

/// A row with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetRow {
    /// Line of the file or row of the sheet, from 1.
    pub line: u64,
    /// Its cells up to the last one with something in it.
    pub cells: Vec<Cell>,
}

impl SheetRow {
    /// The cell of a column; empty beyond the last one.
    #[must_use]
    pub fn at(&self, column: usize) -> &Cell {
        self.cells.get(column).unwrap_or(&Cell::Empty)
    }
}

/// Cells that were merged into one: only the first holds something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Merged {
    /// First and last row, from 1.
    pub lines: (u64, u64),
    /// First and last column, from 0.
    pub columns: (usize, usize),
}

/// The rows of a file that have something in them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// Rows in the order of the file.
    pub rows: Vec<SheetRow>,
    /// Merged cells.
    pub merged: Vec<Merged>,
    /// What was read in a way the sender should know of, in German.
    pub notes: Vec<String>,
}

/// Why a file cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SheetRefused {
    /// No byte, or nothing in any cell.
    #[error("Die Datei ist leer. Bitte wählen Sie eine Datei mit einer Kopfzeile und Ihren Einkäufen.")]
    Empty,
    /// The binary format of old spreadsheets; also what encrypted workbooks look like.
    #[error(
        "Die Datei ist ein altes Excel-Format (XLS) oder mit einem Kennwort geschützt. Lesbar sind XLSX ohne Kennwort und CSV. Bitte speichern Sie sie neu."
    )]
    OldWorkbook,
    /// A package that is no readable workbook.
    #[error(
        "Die Datei ist keine lesbare XLSX-Datei. Bitte öffnen Sie sie und speichern Sie sie neu als XLSX oder CSV."
    )]
    NoWorkbook,
    /// Unpacked it is larger than allowed.
    #[error("Die Datei ist ausgepackt größer als {} MB. Bitte löschen Sie Bilder und leere Blätter, oder teilen Sie sie auf.", MOST_UNPACKED / (1024 * 1024))]
    TooLarge,
    /// More rows than allowed.
    #[error("Die Datei hat mehr als {MOST_ROWS} Zeilen mit Inhalt. So viele sind erlaubt. Bitte teilen Sie sie auf.")]
    TooManyRows,
    /// More columns than allowed.
    #[error(
        "In Zeile {line} stehen mehr als {MOST_COLUMNS} Spalten. So viele sind erlaubt. Bitte löschen Sie die übrigen."
    )]
    TooWide {
        /// The first such line.
        line: u64,
    },
    /// Bytes that are no text, e.g. a picture or a PDF.
    #[error("Die Datei ist weder eine XLSX-Datei noch Text. Lesbar sind XLSX und CSV.")]
    NoText,
}

/// Reads a file, whatever it is called: what it is shows in its first bytes.
///
/// # Errors
/// If there is nothing to be read in it.
pub fn read(bytes: &[u8]) -> Result<Sheet, SheetRefused> {
    let sheet = match bytes {
        [b'P', b'K', 3, 4, ..] => workbook(bytes)?,
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return Err(SheetRefused::OldWorkbook),
        _ => delimited_text::read(bytes)?,
    };
    if sheet.rows.is_empty() { Err(SheetRefused::Empty) } else { Ok(sheet) }
}

fn workbook(bytes: &[u8]) -> Result<Sheet, SheetRefused> {
    unpacks_within(bytes, MOST_UNPACKED)?;
    let mut book: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).map_err(|_| SheetRefused::NoWorkbook)?;
    let names = book.sheet_names();
    // The first sheet with something in it.
    for (at, name) in names.iter().enumerate() {
        let mut sheet = worksheet(&mut book, name)?;
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
pub(super) fn unpacks_within(bytes: &[u8], most: u64) -> Result<(), SheetRefused> {
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

fn worksheet(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Sheet, SheetRefused> {
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
        if read.formula.is_some() {
            formulas += 1;
            if cell == Cell::Empty {
                cell = Cell::Text("Formel ohne Ergebnis".to_owned());
            }
        }
        if cell != Cell::Empty {
            put(&mut sheet, u64::from(read.pos.0) + 1, index(read.pos.1), cell)?;
        }
    }
    if formulas > 0 {
        sheet.notes.push(format!("{formulas} Zellen sind Formeln. Gelesen wurde das zuletzt berechnete Ergebnis."));
    }
    Ok(sheet)
}

fn put(sheet: &mut Sheet, line: u64, column: usize, cell: Cell) -> Result<(), SheetRefused> {
    if MOST_COLUMNS <= column {
        return Err(SheetRefused::TooWide { line });
    }
    if sheet.rows.last().is_none_or(|row| row.line != line) {
        if sheet.rows.len() == MOST_ROWS {
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
        // Binary fractions such as 12.340000000000002 end at the sixth decimal, as unit prices do.
        DataRef::Float(number) => number_cell(&format!("{number:.6}")),
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

fn number_cell(fixed: &str) -> Cell {
    let plain = fixed.trim_end_matches('0').trim_end_matches('.');
    Cell::Number(if plain.is_empty() || plain == "-" { "0" } else { plain }.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_fraction_is_the_number_that_was_typed() {
        assert_eq!(number_cell("12.340000"), Cell::Number("12.34".to_owned()));
        assert_eq!(number_cell("100.000000"), Cell::Number("100".to_owned()));
        assert_eq!(number_cell("-0.500000"), Cell::Number("-0.5".to_owned()));
        assert_eq!(number_cell("0.000000"), Cell::Number("0".to_owned()));
    }

    #[test]
    fn what_is_no_spreadsheet_is_refused_with_the_reason() {
        assert_eq!(read(b""), Err(SheetRefused::Empty));
        assert_eq!(read(b" \r\n;;\r\n"), Err(SheetRefused::Empty));
        assert_eq!(read(b"PK\x03\x04 and nothing more"), Err(SheetRefused::NoWorkbook));
        assert_eq!(read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), Err(SheetRefused::OldWorkbook));
        assert_eq!(read(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Err(SheetRefused::NoText));
    }
}
