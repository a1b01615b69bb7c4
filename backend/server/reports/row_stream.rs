//! Rows of a report as the database gives them, one at a time: a table takes some, a file takes all.

use std::pin::Pin;

use tokio_stream::{Stream, StreamExt};

use super::savings_by::MOST_ROWS;
use super::table::Row;
use crate::storage::StorageError;

/// The rows, in an order that is the same each time.
pub type Rows<'a> = Pin<Box<dyn Stream<Item = Result<Row, StorageError>> + Send + 'a>>;

/// How many a table reads: one more than it may have, so that it knows.
pub(super) const FOR_A_TABLE: Option<i64> = Some(MOST_ROWS + 1);

/// All of them in memory.
///
/// # Errors
/// If the database fails.
pub(super) async fn collected(rows: Rows<'_>) -> Result<Vec<Row>, StorageError> {
    rows.collect().await
}
