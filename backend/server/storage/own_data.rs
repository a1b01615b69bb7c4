//! What points at a person, from every table.

use abruf_domain::ids::PersonId;
use serde_json::Value;
use sqlx::PgConnection;

use super::StorageError;

/// A row with its table.
#[derive(Debug, Clone)]
pub struct RowAbout {
    /// Name of the table.
    pub source: String,
    /// The row, without files and secrets.
    pub content: Value,
}

/// Every row about a person; as a job, or as this person.
pub async fn about(conn: &mut PgConnection, person: PersonId) -> Result<Vec<RowAbout>, StorageError> {
    Ok(sqlx::query_as!(
        RowAbout,
        r#"SELECT source AS "source!", content AS "content!" FROM abruf.rows_about($1)"#,
        person.0
    )
    .fetch_all(conn)
    .await?)
}
