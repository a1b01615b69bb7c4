//! Requests to take a lost second factor away, each decided by a second person.

use abruf_domain::ids::{OrganisationId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// A request that waits.
#[derive(Debug, Clone)]
pub struct Open {
    /// Which.
    pub id: Uuid,
    /// How whoever asks knows that it is them.
    pub reason: String,
    /// Who asks.
    pub asked_by: PersonId,
    /// Their name, if visible.
    pub asked_by_name: Option<String>,
    /// When.
    pub asked_at: DateTime<Utc>,
}

/// The request about a person that waits, held until the transaction ends.
pub async fn lock_open(
    conn: &mut PgConnection,
    person: PersonId,
    body: OrganisationId,
) -> Result<Option<Open>, StorageError> {
    Ok(sqlx::query_as!(
        Open,
        r#"SELECT r.id, r.reason, r.asked_by, p.name AS "asked_by_name?", r.asked_at
           FROM factor_reset r
           LEFT JOIN person p ON p.id = r.asked_by
           WHERE r.person_id = $1 AND r.body_id = $2 AND r.decided_at IS NULL
           FOR NO KEY UPDATE OF r"#,
        person.0,
        body.0
    )
    .fetch_optional(conn)
    .await?)
}

/// Asks; false if a request waits already.
pub async fn ask(
    conn: &mut PgConnection,
    id: Uuid,
    (person, body): (PersonId, OrganisationId),
    reason: &str,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "INSERT INTO factor_reset (id, body_id, person_id, reason, asked_by, asked_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT DO NOTHING",
        id,
        body.0,
        person.0,
        reason,
        by.0,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Decides a request; false if that has happened.
pub async fn decide(
    conn: &mut PgConnection,
    id: Uuid,
    approved: bool,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "UPDATE factor_reset SET decided_by = $2, decided_at = $3, approved = $4 WHERE id = $1 AND decided_at IS NULL",
        id,
        by.0,
        now,
        approved
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
