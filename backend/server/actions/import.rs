//! Files of others: the register of municipalities, price lists, turnover. What is common to their imports: how a
//! CSV file becomes rows ([`table`]), how cells become values ([`cells`]), and the report.
//!
//! A file is refused as a whole ([`table::FileRefused`]) when it cannot be read as what it should be;
//! otherwise each wrong cell is named by line and column. Both are German: whoever exported the file
//! reads them.

pub mod cells;
mod delimited_text;
pub mod encoding;
pub mod member_columns;
pub mod member_rows;
mod oddities;
pub mod price_map;
pub mod price_plan;
pub mod price_rows;
pub mod purchase_columns;
pub mod purchase_rows;
pub mod purchases;
pub mod spreadsheet;
pub mod table;
pub mod town_names;
pub mod turnover_cells;
pub mod turnover_map;
pub mod turnover_month;
pub mod turnover_names;
pub mod turnover_report;
pub mod turnover_rows;
pub mod workbook;

use std::collections::BTreeMap;

use serde::Serialize;
use thiserror::Error;

use crate::actions::ActionError;
use crate::actions::import::cells::RowError;
use crate::actions::import::price_map::MapRefused;
use crate::actions::import::table::{FileRefused, Table};
use crate::storage::StorageError;

/// Rows written between two signs of progress.
pub(super) const CHUNK: usize = 200;

/// Told how many of how many rows are done.
pub type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Why nothing was imported.
#[derive(Debug, Error)]
pub enum ImportError {
    /// The file is not what it should be.
    #[error(transparent)]
    File(#[from] FileRefused),
    /// The mapping of a price list is not usable.
    #[error(transparent)]
    Map(#[from] MapRefused),
    /// Contract or person do not exist; in German.
    #[error("{0}")]
    NotFound(String),
    /// These persons may not do it; in German.
    #[error("{0}")]
    NotPermitted(String),
    /// The contract does not allow it; in German.
    #[error("{0}")]
    Conflict(String),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// What every action may run into, such as a key that was used for something else.
    #[error(transparent)]
    Action(#[from] ActionError),
}

impl From<sqlx::Error> for ImportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// What an import did, or would do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Rows of the file.
    pub rows: usize,
    /// Rows that were not known yet.
    pub new: usize,
    /// Rows that differ from what is known.
    pub changed: usize,
    /// Rows that say what is known already.
    pub unchanged: usize,
    /// Rows the mapping says to leave out: they carry no price.
    pub left_out: usize,
    /// Rows with at least one error.
    pub rejected: usize,
    /// What is wrong, by line.
    pub errors: Vec<RowError>,
    /// Whether anything was written.
    pub written: bool,
    /// What was written is a proposal: a second person has to release it.
    pub proposed: bool,
    /// The rejected rows as CSV with two more columns, line and error.
    #[serde(skip)]
    pub rejects: Option<Vec<u8>>,
}

impl Report {
    /// In one sentence: `412 Zeilen: 398 neu, 9 geändert, 5 mit Fehler`.
    #[must_use]
    pub fn sentence(&self) -> String {
        let mut text =
            format!("{} Zeilen: {} neu, {} geändert, {} mit Fehler", self.rows, self.new, self.changed, self.rejected);
        if self.unchanged > 0 {
            text += &format!(", {} unverändert", self.unchanged);
        }
        if self.left_out > 0 {
            text += &format!(", {} ohne Preis ausgelassen", self.left_out);
        }
        if self.proposed {
            text += ", zur Freigabe vorgeschlagen";
        }
        text
    }

    /// Takes the errors in, in the order of the file.
    pub(super) fn reject(&mut self, table: &Table, mut errors: Vec<RowError>) {
        errors.sort_by_key(|error| error.line);
        let mut by_line: BTreeMap<u64, Vec<String>> = BTreeMap::new();
        for error in &errors {
            by_line.entry(error.line).or_default().push(error.without_line());
        }
        self.rejected = by_line.len();
        self.rejects = (!errors.is_empty()).then(|| table.rejects(&by_line));
        self.errors = errors;
    }
}
