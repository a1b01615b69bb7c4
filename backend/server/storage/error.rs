//! What can go wrong between the program and the database, by what it means to the caller.

use std::str::FromStr;

use thiserror::Error;

/// An error of storage. A missing row is no error: functions return `Option`.
#[derive(Debug, Error)]
pub enum StorageError {
    /// A named constraint of a migration refused the change.
    #[error("the database refused the change by `{constraint}`")]
    Refused {
        /// Name of the constraint.
        constraint: String,
        /// The database's own words.
        #[source]
        source: sqlx::Error,
    },
    /// Two transactions stood in each other's way; doing it again may work.
    #[error("the database asks to try again")]
    TryAgain(#[source] sqlx::Error),
    /// An amount is larger than its column.
    #[error("an amount is too large for the database")]
    TooLarge(#[source] sqlx::Error),
    /// A text with a NUL or a date beyond the calendar of the database: only programs send such things.
    #[error("the database cannot hold this text or date")]
    Unstorable(#[source] sqlx::Error),
    /// A row holds what the program can never have written.
    #[error("inconsistent data in {table}.{column} of row {row}: {what}")]
    Inconsistent {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// Key of the row.
        row: String,
        /// What is wrong with it.
        what: String,
    },
    /// An update found another number of rows than it must.
    #[error("{what}: expected {expected} row(s), found {found}")]
    RowCount {
        /// Which statement.
        what: &'static str,
        /// Rows expected.
        expected: u64,
        /// Rows found.
        found: u64,
    },
    /// Anything else, mostly: the database cannot be reached.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
}

impl StorageError {
    /// Name of the constraint that refused, if one did.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        match self {
            Self::Refused { constraint, .. } => Some(constraint),
            _ => None,
        }
    }

    /// Whether a statement was stopped: by its limit, or because nobody waited for it any more.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        let Self::Database(error) = self else { return false };
        error.as_database_error().is_some_and(|it| it.code().as_deref() == Some("57014"))
    }
}

impl From<sqlx::Error> for StorageError {
    /// Recognises by SQLSTATE and constraint name, never by message: the server may speak German.
    fn from(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else {
            return Self::Database(error);
        };
        if let Some(constraint) = database.constraint() {
            return Self::Refused { constraint: constraint.to_owned(), source: error };
        }
        match database.code().as_deref() {
            Some("40001" | "40P01" | "55P03") => Self::TryAgain(error),
            Some("22003") => Self::TooLarge(error),
            Some("22008" | "22021" | "22P05") => Self::Unstorable(error),
            _ => Self::Database(error),
        }
    }
}

/// Turns a stored value into its domain type, or names table, column and row that do not fit.
pub fn consistent<T, E: std::fmt::Display>(
    value: Result<T, E>,
    table: &'static str,
    column: &'static str,
    row: impl ToString,
) -> Result<T, StorageError> {
    value.map_err(|error| StorageError::Inconsistent { table, column, row: row.to_string(), what: error.to_string() })
}

/// Parses a stored key such as a status, or names the row that does not fit.
pub fn stored_key<T>(
    text: &str,
    table: &'static str,
    column: &'static str,
    row: impl ToString,
) -> Result<T, StorageError>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    consistent(text.parse(), table, column, row)
}

/// Checks how many rows a statement changed.
pub fn affected(what: &'static str, expected: u64, found: u64) -> Result<(), StorageError> {
    if expected == found { Ok(()) } else { Err(StorageError::RowCount { what, expected, found }) }
}
