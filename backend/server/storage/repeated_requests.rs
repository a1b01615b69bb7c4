//! Requests with an Idempotency-Key whose action does not store the key itself: claimed before, answered after.

use abruf_domain::ids::PersonId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::StorageError;
use super::idempotency::IdempotencyKey;

/// The answer that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// HTTP status, a success.
    pub status: i32,
    /// Address of what was made.
    pub location: Option<String>,
    /// JSON; `None`: no body, or one with a secret.
    pub body: Option<Vec<u8>>,
}

/// What came of claiming a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is ours: the request may run.
    Ours,
    /// The same request was answered before.
    Answered(KeptAnswer),
    /// The same request began then and has no answer.
    Unanswered(DateTime<Utc>),
    /// The key belongs to another request.
    OtherRequest,
}

/// Claims a key, or says who has it.
pub async fn claim(
    conn: &mut PgConnection,
    person: PersonId,
    key: &IdempotencyKey,
    now: DateTime<Utc>,
) -> Result<Claim, StorageError> {
    let done = sqlx::query!(
        "INSERT INTO repeated_request (person_id, key, request_sha256, begun_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (person_id, key) DO NOTHING",
        person.0,
        key.key,
        &key.request_sha256[..],
        now
    )
    .execute(&mut *conn)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(Claim::Ours);
    }
    let row = sqlx::query!(
        "SELECT request_sha256, begun_at, status, location, answer FROM repeated_request WHERE person_id = $1 AND key = $2",
        person.0,
        key.key
    )
    .fetch_optional(conn)
    .await?;
    Ok(match row {
        // Given back in this instant: whoever asks again gets it.
        None => Claim::Unanswered(now),
        Some(row) if row.request_sha256 != key.request_sha256 => Claim::OtherRequest,
        Some(row) => match row.status {
            Some(status) => Claim::Answered(KeptAnswer { status, location: row.location, body: row.answer }),
            None => Claim::Unanswered(row.begun_at),
        },
    })
}

/// Keeps the answer of a claimed key.
pub async fn answer(
    conn: &mut PgConnection,
    person: PersonId,
    key: &IdempotencyKey,
    answer: &KeptAnswer,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "UPDATE repeated_request SET answered_at = $3, status = $4, location = $5, answer = $6
         WHERE person_id = $1 AND key = $2 AND status IS NULL",
        person.0,
        key.key,
        now,
        answer.status,
        answer.location,
        answer.body.as_deref()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Gives a claimed key back: the request had no effect.
pub async fn give_back(conn: &mut PgConnection, person: PersonId, key: &IdempotencyKey) -> Result<(), StorageError> {
    sqlx::query!(
        "DELETE FROM repeated_request WHERE person_id = $1 AND key = $2 AND status IS NULL",
        person.0,
        key.key
    )
    .execute(conn)
    .await?;
    Ok(())
}
