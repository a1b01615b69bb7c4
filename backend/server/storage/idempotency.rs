//! Answers to requests with an Idempotency-Key, stored in the transaction of their effect.

use abruf_domain::ids::PersonId;
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use super::StorageError;

/// A key with the hash of its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// Key of the client.
    pub key: String,
    /// SHA-256 of method, path and body.
    pub request_sha256: [u8; 32],
}

/// What a key leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Never seen.
    New,
    /// Seen with the same request: its answer.
    Answer(Value),
    /// Seen with another request.
    OtherRequest,
}

/// Looks a key up.
pub async fn find(conn: &mut PgConnection, person: PersonId, key: &IdempotencyKey) -> Result<Found, StorageError> {
    let row = sqlx::query!(
        "SELECT request_sha256, answer FROM idempotency_record WHERE person_id = $1 AND key = $2",
        person.0,
        key.key
    )
    .fetch_optional(conn)
    .await?;
    Ok(match row {
        None => Found::New,
        Some(row) if row.request_sha256 == key.request_sha256 => Found::Answer(row.answer),
        Some(_) => Found::OtherRequest,
    })
}

/// Stores the answer; `false` if the key has got one in the meantime. Waits for whoever is storing one.
pub async fn insert(
    conn: &mut PgConnection,
    person: PersonId,
    key: &IdempotencyKey,
    answer: &Value,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "INSERT INTO idempotency_record (person_id, key, request_sha256, status, answer, created_at)
         VALUES ($1, $2, $3, 200, $4, $5)
         ON CONFLICT (person_id, key) DO NOTHING",
        person.0,
        key.key,
        &key.request_sha256[..],
        answer,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
