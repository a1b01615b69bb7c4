//! Filters of lists that somebody keeps under a name.

use abruf_domain::ids::PersonId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// A kept filter.
#[derive(Debug, Clone)]
pub struct SavedFilter {
    /// Which.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The query of the address.
    pub query: String,
}

/// What a person keeps for a list, by name.
pub async fn list(conn: &mut PgConnection, person: PersonId, list: &str) -> Result<Vec<SavedFilter>, StorageError> {
    Ok(sqlx::query_as!(
        SavedFilter,
        "SELECT id, name, query FROM saved_filter WHERE person_id = $1 AND list = $2 ORDER BY lower(name), name",
        person.0,
        list
    )
    .fetch_all(conn)
    .await?)
}

/// Keeps a filter; one of the same name is replaced.
pub async fn keep(
    conn: &mut PgConnection,
    person: PersonId,
    list: &str,
    new: &SavedFilter,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO saved_filter (id, person_id, list, name, query, created_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (person_id, list, name) DO UPDATE SET query = excluded.query",
        new.id,
        person.0,
        list,
        new.name,
        new.query,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Removes a person's filter; returns its list, or nothing if there is none.
pub async fn remove(conn: &mut PgConnection, person: PersonId, id: Uuid) -> Result<Option<String>, StorageError> {
    Ok(sqlx::query_scalar!("DELETE FROM saved_filter WHERE id = $1 AND person_id = $2 RETURNING list", id, person.0)
        .fetch_optional(conn)
        .await?)
}
