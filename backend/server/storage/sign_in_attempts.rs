//! Failed sign-ins in a row per e-mail address, known or not; shared by all nodes.
//!
//! The address is stored as its hash: what people mistype into the field is nobody's business.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::storage::StorageError;

/// Failures so far, and until when no attempt counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Failures since the last success or the last pause.
    pub failures: i32,
    /// End of the pause, if there was one.
    pub locked_until: Option<DateTime<Utc>>,
}

/// What is known of this address.
pub async fn find(tx: &mut PgConnection, email_sha256: &[u8]) -> Result<Attempts, StorageError> {
    let found = sqlx::query_as!(
        Attempts,
        "SELECT failures, locked_until FROM sign_in_attempt WHERE email_sha256 = $1",
        email_sha256
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.unwrap_or_default())
}

/// Counts a failure; with the `limit`th the address pauses until `pause_until`. A pause that is over
/// starts the count anew. Returns the count after it.
pub async fn count_failure(
    tx: &mut PgConnection,
    email_sha256: &[u8],
    now: DateTime<Utc>,
    limit: i32,
    pause_until: DateTime<Utc>,
) -> Result<Attempts, StorageError> {
    Ok(sqlx::query_as!(
        Attempts,
        r#"INSERT INTO sign_in_attempt AS a (email_sha256, failures, locked_until, last_at)
           VALUES ($1, 1, CASE WHEN $3 <= 1 THEN $4::timestamptz END, $2)
           ON CONFLICT (email_sha256) DO UPDATE SET
               failures = CASE WHEN a.locked_until <= $2 THEN 1 ELSE a.failures + 1 END,
               locked_until = CASE
                   WHEN a.locked_until <= $2 THEN NULL
                   WHEN a.failures + 1 >= $3 THEN coalesce(a.locked_until, $4)
                   ELSE a.locked_until
               END,
               last_at = $2
           RETURNING failures, locked_until"#,
        email_sha256,
        now,
        limit,
        pause_until,
    )
    .fetch_one(tx)
    .await?)
}

/// Forgets the failures of this address.
pub async fn clear(tx: &mut PgConnection, email_sha256: &[u8], now: DateTime<Utc>) -> Result<(), StorageError> {
    sqlx::query!(
        "UPDATE sign_in_attempt SET failures = 0, locked_until = NULL, last_at = $2
         WHERE email_sha256 = $1 AND failures > 0",
        email_sha256,
        now,
    )
    .execute(tx)
    .await?;
    Ok(())
}
