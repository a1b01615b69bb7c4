//! A list with a header: UTF-8 with or without byte order mark, one header line, one separator; and why a file is none.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use super::delimited_text::Records;
use super::encoding;
use crate::reports::csv_table::harmless;

/// Largest file: the register of all German municipalities has less than a tenth of it.
pub const MOST_BYTES: usize = 20 * 1024 * 1024;

/// Most rows of a file.
pub const MOST_ROWS: usize = 100_000;

/// Why a file cannot be read as what it should be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FileRefused {
    /// No byte, or nothing but white space.
    #[error("Die Datei ist leer. Erwartet wird eine Kopfzeile mit den Spalten {0}.")]
    Empty(String),
    /// A header and nothing else.
    #[error("Die Datei hat nur eine Kopfzeile und keine Daten.")]
    NoRows,
    /// More bytes than allowed.
    #[error("Die Datei ist größer als {} MB. So viel ist erlaubt. Bitte teilen Sie sie auf.", MOST_BYTES / (1024 * 1024))]
    TooLarge,
    /// More rows than allowed.
    #[error("Die Datei hat mehr als {MOST_ROWS} Zeilen. So viele sind erlaubt. Bitte teilen Sie sie auf.")]
    TooManyRows,
    /// UTF-16, which some spreadsheets call "Unicode", or no text at all.
    #[error(
        "Die Datei ist keine Textdatei oder in UTF-16 gespeichert. Erwartet: UTF-8. Bitte speichern Sie sie als „CSV UTF-8“."
    )]
    Utf16,
    /// Neither UTF-8 nor UTF-16.
    #[error(
        "Die Datei ist nicht in UTF-8 gespeichert (erste Stelle: Zeile {line}), vermutlich in Latin-1 oder Windows-1252. Bitte speichern Sie sie als „CSV UTF-8“."
    )]
    NotUtf8 {
        /// Line of the first byte that does not fit.
        line: u64,
    },
    /// Columns are missing in the header.
    #[error("In der Kopfzeile fehlt: {missing}. Gefunden: {found}. Trennzeichen ist „{separator}“.")]
    ColumnsMissing {
        /// Missing columns, joined.
        missing: String,
        /// Columns found, joined.
        found: String,
        /// Separator that was expected.
        separator: char,
    },
    /// It is called a workbook but is none.
    #[error(
        "Die Datei ist keine lesbare Excel-Arbeitsmappe (XLSX). Bitte öffnen Sie sie, speichern Sie sie neu als XLSX oder CSV und laden Sie sie noch einmal hoch."
    )]
    NotAWorkbook,
    /// More columns than anybody needs.
    #[error(
        "In Zeile {line} stehen mehr als {} Spalten. So viele sind erlaubt. Bitte löschen Sie die übrigen.",
        super::spreadsheet::MOST_COLUMNS
    )]
    TooWide {
        /// The first such line.
        line: u64,
    },
    /// More purchases than a person looks at.
    #[error("Die Datei hat mehr als {most} Einkäufe. So viele sind auf einmal erlaubt. Bitte teilen Sie sie auf.")]
    TooManyPurchases {
        /// So many are allowed.
        most: usize,
    },
    /// More members than are admitted at once.
    #[error("Die Datei hat mehr als {most} Mitglieder. So viele sind auf einmal erlaubt. Bitte teilen Sie sie auf.")]
    TooManyMembers {
        /// So many are allowed.
        most: usize,
    },
    /// More bytes than a list of members has.
    #[error(
        "Die Datei ist größer als {megabytes} MB. So viel ist erlaubt. Bitte löschen Sie Bilder und leere Blätter."
    )]
    LargerThan {
        /// So many are allowed.
        megabytes: usize,
    },
    /// Two columns of the header mean the same.
    #[error(
        "Die Spalten „{first}“ und „{second}“ bedeuten dasselbe. Welche gilt, ist nicht zu erkennen. Bitte löschen Sie eine davon."
    )]
    SameMeaning {
        /// The one further left.
        first: String,
        /// The other.
        second: String,
    },
    /// It is no spreadsheet that can be read.
    #[error(transparent)]
    Sheet(super::spreadsheet::SheetRefused),
    /// Columns are missing in the header of a workbook, or of a file with any separator.
    #[error("In der ersten Zeile fehlt: {missing}. Gefunden: {found}. Bitte benennen Sie die Spalten so.")]
    HeaderLacks {
        /// Missing columns, joined.
        missing: String,
        /// Columns found, joined.
        found: String,
    },
    /// The header stands below other rows.
    #[error(
        "Die Kopfzeile mit den Spalten steht erst in Zeile {line}. Erwartet: in der ersten Zeile. Bitte löschen Sie die Zeilen darüber."
    )]
    HeaderBelow {
        /// Where it stands.
        line: u64,
    },

    /// A quote is opened and never closed: the lines behind it are part of one cell.
    #[error(
        "In Zeile {line} beginnt ein Anführungszeichen, das nicht endet: Die Zeilen dahinter gehören damit zu einer Zelle. Bitte entfernen Sie es oder schließen Sie es."
    )]
    OpenQuote {
        /// Line on which the cell begins.
        line: u64,
    },
    /// A column stands twice in the header.
    #[error("In der Kopfzeile steht die Spalte {0} zweimal. Welche gilt, ist nicht zu erkennen.")]
    ColumnTwice(String),
}

/// A row with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Line of the file on which it begins, from 1.
    pub line: u64,
    /// Its cells as they stand there.
    pub cells: Vec<String>,
}

/// A file as header and rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    separator: u8,
    header: Vec<String>,
    /// Rows in the order of the file.
    pub rows: Vec<Row>,
}

impl Table {
    /// Reads a file whose header must name these columns; others may stand beside them.
    ///
    /// # Errors
    /// If the file cannot be read as such; single rows are judged later.
    pub fn read(bytes: &[u8], separator: u8, columns: &[&str]) -> Result<Self, FileRefused> {
        if MOST_BYTES < bytes.len() {
            return Err(FileRefused::TooLarge);
        }
        let text = decode(bytes)?;
        if text.trim().is_empty() {
            return Err(FileRefused::Empty(columns.join(", ")));
        }
        let mut header: Option<Vec<String>> = None;
        let mut rows = Vec::new();
        let mut records = Records::of(&text, separator);
        while let Some(record) = records.next() {
            let cells: Vec<String> = record.iter().map(str::to_owned).collect();
            if header.is_none() {
                let names: Vec<String> = cells.into_iter().map(|name| name.trim().to_owned()).collect();
                check_header(&names, columns, separator)?;
                header = Some(names);
                continue;
            }
            if rows.len() == MOST_ROWS {
                return Err(FileRefused::TooManyRows);
            }
            let line = records.line();
            // Spreadsheets leave lines of nothing but separators at the end.
            if cells.iter().any(|cell| !cell.trim().is_empty()) {
                rows.push(Row { line, cells });
            }
        }
        if rows.is_empty() {
            return Err(FileRefused::NoRows);
        }
        Ok(Self { separator, header: header.unwrap_or_default(), rows })
    }

    /// Of rows that were read in another way, under this header.
    pub(super) const fn of_rows(header: Vec<String>, rows: Vec<Row>) -> Self {
        Self { separator: b';', header, rows }
    }

    /// Names of the columns.
    pub(super) fn header(&self) -> &[String] {
        &self.header
    }

    /// Columns of the header.
    #[must_use]
    pub fn width(&self) -> usize {
        self.header.len()
    }

    /// Position of a column.
    #[must_use]
    pub fn position(&self, column: &str) -> Option<usize> {
        self.header.iter().position(|name| name == column)
    }

    /// Takes blank columns behind the last named one away, from the header and from the rows. Returns how many
    /// rows had some, and the line of the first.
    pub(super) fn drop_blank_columns(&mut self) -> Option<(usize, u64)> {
        let blank_from =
            |cells: &[String]| cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |at| at + 1);
        let width = blank_from(&self.header).max(1).min(self.header.len());
        self.header.truncate(width);
        let (mut rows, mut first) = (0, None);
        for row in &mut self.rows {
            if width < row.cells.len() && blank_from(&row.cells) <= width {
                row.cells.truncate(width);
                rows += 1;
                first = first.or(Some(row.line));
            }
        }
        first.map(|line| (rows, line))
    }

    /// The rows of these lines as CSV, as they came, with their line and what is wrong with them. Whoever opens the
    /// file in a spreadsheet did not write it: what would be a formula stays text.
    pub(super) fn rejects(&self, errors: &BTreeMap<u64, Vec<String>>) -> Vec<u8> {
        let mut out = csv::WriterBuilder::new().delimiter(self.separator).flexible(true).from_writer(Vec::new());
        let mut write = |cells: &[String], more: [&str; 2]| {
            let padding = self.header.len().saturating_sub(cells.len());
            let cells = cells.iter().map(String::as_str).chain(std::iter::repeat_n("", padding)).chain(more);
            // Cannot fail: a vector takes every byte.
            let _ = out.write_record(cells.map(harmless));
        };
        write(&self.header, ["zeile", "fehler"]);
        for row in &self.rows {
            if let Some(errors) = errors.get(&row.line) {
                write(&row.cells, [&row.line.to_string(), &errors.join(" | ")]);
            }
        }
        out.into_inner().unwrap_or_default()
    }
}

/// UTF-8 and nothing else: whoever exports these files sets it once.
fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, FileRefused> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(FileRefused::Utf16);
    }
    Ok(encoding::decode(bytes, "utf-8")?.text)
}

fn check_header(header: &[String], columns: &[&str], separator: u8) -> Result<(), FileRefused> {
    let mut seen = BTreeSet::new();
    for name in header {
        if columns.contains(&name.as_str()) && !seen.insert(name.as_str()) {
            return Err(FileRefused::ColumnTwice(name.clone()));
        }
    }
    let missing: Vec<&str> = columns.iter().copied().filter(|column| !seen.contains(column)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let found: String = header.join(", ").chars().take(300).collect();
    Err(FileRefused::ColumnsMissing { missing: missing.join(", "), found, separator: char::from(separator) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<u64> {
        Table::read(text, b';', &["a", "b"]).expect("a table").rows.iter().map(|row| row.line).collect()
    }

    #[test]
    fn lines_are_those_of_an_editor() {
        assert_eq!(lines(b"a;b\n1;2\n\n3;4\n"), [2, 4]);
        assert_eq!(lines(b"a;b\r\n1;2\r\n\r\n3;4\r\n;\r\n"), [2, 4]);
        assert_eq!(lines(b"a;b\r1;2\r3;4"), [2, 3]);
        assert_eq!(lines(b"\xef\xbb\xbfa;b\n\"1\n2\";3\n4;5"), [2, 4]);
    }

    #[test]
    fn a_file_that_is_none_is_refused_with_the_reason() {
        let read = |bytes: &[u8]| Table::read(bytes, b';', &["a", "b"]).expect_err("refused");
        assert_eq!(read(b""), FileRefused::Empty("a, b".to_owned()));
        assert_eq!(read(b" \r\n"), FileRefused::Empty("a, b".to_owned()));
        assert_eq!(read(b"a;b\n"), FileRefused::NoRows);
        assert_eq!(read(b"\xff\xfea\0;\0b\0"), FileRefused::Utf16);
        assert_eq!(read(b"a\0;\0b\0"), FileRefused::Utf16);
        assert_eq!(read(b"a;b\n1;2\nD\xe4hre;3\n"), FileRefused::NotUtf8 { line: 3 });
        assert_eq!(read(b"a;b;a\n1;2;3\n"), FileRefused::ColumnTwice("a".to_owned()));
        assert!(matches!(read(b"a,b\n1,2\n"), FileRefused::ColumnsMissing { missing, .. } if missing == "a, b"));
        assert_eq!(read(&vec![b'x'; MOST_BYTES + 1]), FileRefused::TooLarge);
        assert_eq!(read(format!("a;b\n{}", "1;2\n".repeat(MOST_ROWS + 1)).as_bytes()), FileRefused::TooManyRows);
    }

    #[test]
    fn rejected_rows_come_back_with_line_and_error_and_run_nothing() {
        let table = Table::read("a;b\nDähre;=1+1\nx\n".as_bytes(), b';', &["a", "b"]).expect("a table");
        let errors = BTreeMap::from([(2, vec!["schlecht; sehr".to_owned()]), (3, vec!["kurz".to_owned()])]);
        let text = String::from_utf8(table.rejects(&errors)).expect("UTF-8");
        assert_eq!(text, "a;b;zeile;fehler\nDähre;'=1+1;2;\"schlecht; sehr\"\nx;;3;kurz\n");
    }
}
