//! Spreadsheets of others as sparse rows of cells: XLSX (`workbook.rs`), anything else as delimited text
//! (`delimited_text.rs`). What a sheet says beside its values, merged cells and formulas, is told and not judged here.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::delimited_text;
use super::workbook::{self, Bounds};

/// Most rows with something in them.
pub const MOST_ROWS: usize = 20_000;
/// Most columns.
pub const MOST_COLUMNS: usize = 100;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Text as it stands there.
    Text(String),
    /// A number the spreadsheet knows as one, plain, to the fifteen digits that spreadsheets show.
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

/// A cell that holds no plain value; what it shows stands in its row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Odd {
    /// A formula, without its `=`.
    Formula(String),
    /// An error such as `#DIV/0!`.
    Error(String),
}

/// The rows of a file that have something in them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// Rows in the order of the file.
    pub rows: Vec<SheetRow>,
    /// Merged cells.
    pub merged: Vec<Merged>,
    /// Cells that hold no plain value, by line from 1 and column from 0; not kept with a file that waits.
    #[serde(skip)]
    pub odd: Vec<(u64, usize, Odd)>,
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
    #[error("Die Datei ist ausgepackt größer als {} MB. Bitte löschen Sie Bilder und leere Blätter, oder teilen Sie sie auf.", workbook::MOST_UNPACKED / (1024 * 1024))]
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
        [b'P', b'K', 3, 4, ..] => workbook::read(bytes, Bounds { rows: MOST_ROWS, far_cells_left_out: false })?,
        [0xd0, 0xcf, 0x11, 0xe0, ..] => return Err(SheetRefused::OldWorkbook),
        _ => delimited_text::read(bytes)?,
    };
    if sheet.rows.is_empty() { Err(SheetRefused::Empty) } else { Ok(sheet) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_spreadsheet_is_refused_with_the_reason() {
        assert_eq!(read(b""), Err(SheetRefused::Empty));
        assert_eq!(read(b" \r\n;;\r\n"), Err(SheetRefused::Empty));
        assert_eq!(read(b"PK\x03\x04 and nothing more"), Err(SheetRefused::NoWorkbook));
        assert_eq!(read(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), Err(SheetRefused::OldWorkbook));
        assert_eq!(read(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), Err(SheetRefused::NoText));
    }
}
