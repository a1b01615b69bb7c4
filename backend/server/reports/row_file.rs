//! A list as a file of rows: CSV for people, JSON lines for programs. A row is written as it comes, so that a file of any
//! length needs no more memory than a row; it reads as the row of the table on the page.

use serde_json::{Map, Value};

use super::csv_table::csv_row;
use super::table::{Cell, Column, Row};

/// The mark by which spreadsheets know UTF-8.
pub const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A form that needs no whole table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Semicolons and a head, for German spreadsheets.
    Csv,
    /// An object a line, with the keys and values of the API.
    JsonLines,
}

impl Form {
    /// The media type of such a file.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::JsonLines => "application/jsonl; charset=utf-8",
        }
    }

    /// What stands before the first row.
    #[must_use]
    pub fn head(self, columns: &[Column]) -> Vec<u8> {
        match self {
            Self::Csv => {
                let mut head = MARK.to_vec();
                // Cannot fail: texts always fit.
                head.extend(csv_row(columns.iter().map(|column| column.title)).unwrap_or_default());
                head
            }
            Self::JsonLines => Vec::new(),
        }
    }

    /// A row with the end of its line.
    #[must_use]
    pub fn row(self, columns: &[Column], row: &Row) -> Vec<u8> {
        match self {
            Self::Csv => {
                let cells: Vec<String> = row.cells.iter().map(Cell::plain).collect();
                csv_row(cells.iter().map(String::as_str)).unwrap_or_default()
            }
            Self::JsonLines => {
                let cells = columns.iter().zip(&row.cells);
                let object: Map<String, Value> =
                    cells.map(|(column, cell)| (column.key.to_owned(), cell.json())).collect();
                let mut line = Value::Object(object).to_string().into_bytes();
                line.push(b'\n');
                line
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::table::Kind;

    #[test]
    fn a_row_is_a_line_in_either_form_and_runs_nothing() {
        let columns = [Column::new("name", "Name", Kind::Text), Column::new("volume", "Auftragswert", Kind::Net)];
        let row = Row::of(vec![Cell::text("=1+1"), Cell::Net("-1.32".parse().unwrap())]);
        assert_eq!(Form::Csv.head(&columns), "\u{feff}Name;Auftragswert\r\n".as_bytes());
        assert_eq!(Form::Csv.row(&columns, &row), b"'=1+1;-1,32\r\n");
        assert!(Form::JsonLines.head(&columns).is_empty());
        assert_eq!(Form::JsonLines.row(&columns, &row), b"{\"name\":\"=1+1\",\"volume\":\"-1.32\"}\n");
    }
}
