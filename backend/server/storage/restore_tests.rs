//! Noted results of restoring a backup.

use abruf_domain::ids::{OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// A restore test.
#[derive(Debug, Clone)]
pub struct RestoreTest {
    /// Which.
    pub id: Uuid,
    /// Day of the test.
    pub tested_on: NaiveDate,
    /// Day of the backup.
    pub backup_of: NaiveDate,
    /// Whether everything came back.
    pub passed: bool,
    /// What was done and found.
    pub remark: String,
    /// When it was noted.
    pub recorded_at: DateTime<Utc>,
}

/// Notes a test.
pub async fn insert(
    conn: &mut PgConnection,
    body: OrganisationId,
    new: &RestoreTest,
    by: PersonId,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO restore_test (id, body_id, tested_on, backup_of, passed, remark, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        body.0,
        new.tested_on,
        new.backup_of,
        new.passed,
        new.remark,
        by.0,
        new.recorded_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The newest tests, at most `limit`.
pub async fn newest(
    conn: &mut PgConnection,
    body: OrganisationId,
    limit: i64,
) -> Result<Vec<RestoreTest>, StorageError> {
    Ok(sqlx::query_as!(
        RestoreTest,
        "SELECT id, tested_on, backup_of, passed, remark, recorded_at
         FROM restore_test
         WHERE body_id = $1
         ORDER BY tested_on DESC, recorded_at DESC, id
         LIMIT $2",
        body.0,
        limit
    )
    .fetch_all(conn)
    .await?)
}
