//! Sessions: the rows that session tokens name. Revoking a row ends its tokens at once.

use abruf_domain::ids::{AssignmentId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::storage::StorageError;
use crate::storage::error::affected;

/// A session that is neither revoked nor over.
#[derive(Debug, Clone)]
pub struct Session {
    /// Claim `sid` of the token.
    pub id: Uuid,
    /// Who signed in.
    pub person: PersonId,
    /// Their name, as shown.
    pub person_name: String,
    /// The assignment chosen, if any.
    pub assignment: Option<AssignmentId>,
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// End if not renewed.
    pub expires_at: DateTime<Utc>,
}

/// Starts a session.
pub async fn insert(tx: &mut PgConnection, session: &Session) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO session (id, person_id, assignment_id, created_at, last_seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $4, $5)",
        session.id,
        session.person.0,
        session.assignment.map(|it| it.0),
        session.created_at,
        session.expires_at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The session of this id and person, unless it is revoked or over.
pub async fn find(
    tx: &mut PgConnection,
    id: Uuid,
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<Option<Session>, StorageError> {
    let row = sqlx::query!(
        "SELECT p.name, s.assignment_id, s.created_at, s.expires_at
         FROM session s JOIN person p ON p.id = s.person_id
         WHERE s.id = $1 AND s.person_id = $2 AND s.revoked_at IS NULL AND $3 < s.expires_at",
        id,
        person.0,
        now,
    )
    .fetch_optional(tx)
    .await?;
    Ok(row.map(|row| Session {
        id,
        person,
        person_name: row.name,
        assignment: row.assignment_id.map(AssignmentId),
        created_at: row.created_at,
        expires_at: row.expires_at,
    }))
}

/// Notes that the session was used and moves its end.
pub async fn renew(
    tx: &mut PgConnection,
    id: Uuid,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    // A sign-out in between wins: no row, no error.
    sqlx::query!(
        "UPDATE session SET last_seen_at = $2, expires_at = $3 WHERE id = $1 AND revoked_at IS NULL",
        id,
        now,
        expires_at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Lets the person act for another of their assignments.
pub async fn choose_assignment(tx: &mut PgConnection, id: Uuid, assignment: AssignmentId) -> Result<(), StorageError> {
    let done =
        sqlx::query!("UPDATE session SET assignment_id = $2 WHERE id = $1", id, assignment.0).execute(tx).await?;
    affected("choose assignment", 1, done.rows_affected())
}

/// Ends one session.
pub async fn revoke(tx: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<(), StorageError> {
    sqlx::query!("UPDATE session SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", id, now)
        .execute(tx)
        .await?;
    Ok(())
}

/// Ends all sessions of a person.
pub async fn revoke_all(tx: &mut PgConnection, person: PersonId, now: DateTime<Utc>) -> Result<(), StorageError> {
    sqlx::query!("UPDATE session SET revoked_at = $2 WHERE person_id = $1 AND revoked_at IS NULL", person.0, now)
        .execute(tx)
        .await?;
    Ok(())
}
