//! Emergency accesses opened on the command line.

use abruf_domain::ids::{AssignmentId, OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// Writes down that one was opened.
pub async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    person: PersonId,
    reason: &str,
    opened_at: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO break_glass (id, person_id, reason, opened_at, ends_at) VALUES ($1, $2, $3, $4, $5)",
        id,
        person.0,
        reason,
        opened_at,
        ends_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes the person administrator of a body until an instant.
pub async fn assign(
    conn: &mut PgConnection,
    id: AssignmentId,
    person: PersonId,
    body: OrganisationId,
    (first, last): (NaiveDate, NaiveDate),
    ends_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO assignment (id, person_id, role, organisation_id, body_id, valid_from, valid_to, ends_at)
         VALUES ($1, $2, 'administrator', $3, $3, $4, $5, $6)",
        id.0,
        person.0,
        body.0,
        first,
        last,
        ends_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An emergency access in the list.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Which.
    pub id: Uuid,
    /// Who got in, if visible.
    pub name: Option<String>,
    /// Why.
    pub reason: String,
    /// When.
    pub opened_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
}

/// The emergency accesses, newest first.
pub async fn list(conn: &mut PgConnection, limit: i64, offset: i64) -> Result<Vec<Opened>, StorageError> {
    Ok(sqlx::query_as!(
        Opened,
        r#"SELECT b.id, p.name AS "name?", b.reason, b.opened_at, b.ends_at
           FROM break_glass b
           LEFT JOIN person p ON p.id = b.person_id
           ORDER BY b.opened_at DESC, b.id DESC
           LIMIT $1 OFFSET $2"#,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}

/// How many there are since an instant.
pub async fn count_since(conn: &mut PgConnection, since: DateTime<Utc>) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM break_glass WHERE $1 <= opened_at"#, since)
        .fetch_one(conn)
        .await?)
}
