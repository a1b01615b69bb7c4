//! Evidence files of baselines, and spreadsheets of past purchases between preview and confirmation.

use abruf_domain::ids::{BaselineId, ContractId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// A file as it was uploaded.
#[derive(Debug, Clone)]
pub struct StoredFile {
    /// Name it was uploaded with.
    pub name: String,
    /// What the program has seen it to be.
    pub media_type: String,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Keeps an evidence file; the same file of a contract is kept once, under its first name.
pub async fn keep(
    conn: &mut PgConnection,
    contract: ContractId,
    sha256: &[u8],
    file: &StoredFile,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO baseline_file (contract_id, sha256, file_name, media_type, bytes, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (contract_id, sha256) DO NOTHING",
        contract.0,
        sha256,
        file.name,
        file.media_type,
        file.bytes,
        by.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The evidence file of a visible baseline.
pub async fn of_baseline(conn: &mut PgConnection, id: BaselineId) -> Result<Option<StoredFile>, StorageError> {
    Ok(sqlx::query_as!(
        StoredFile,
        "SELECT e.file_name AS name, e.media_type, e.bytes
         FROM baseline b
         JOIN baseline_file e ON e.contract_id = b.contract_id AND e.sha256 = b.evidence_sha256
         WHERE b.id = $1",
        id.0
    )
    .fetch_optional(conn)
    .await?)
}

/// Puts a spreadsheet aside for its preview, in place of an earlier one of the same person.
pub async fn put_aside(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
    file: &StoredFile,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!("DELETE FROM baseline_import WHERE contract_id = $1 AND person_id = $2", contract.0, by.0)
        .execute(&mut *conn)
        .await?;
    sqlx::query!(
        "INSERT INTO baseline_import (contract_id, id, file_name, media_type, bytes, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        contract.0,
        id,
        file.name,
        file.media_type,
        file.bytes,
        by.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The spreadsheet that waits for its confirmation.
pub async fn waiting(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
) -> Result<Option<StoredFile>, StorageError> {
    Ok(sqlx::query_as!(
        StoredFile,
        "SELECT file_name AS name, media_type, bytes FROM baseline_import WHERE contract_id = $1 AND id = $2",
        contract.0,
        id
    )
    .fetch_optional(conn)
    .await?)
}

/// Forgets a spreadsheet that was confirmed or is not wanted. Returns whether it was there: of two clicks one wins.
pub async fn forget(conn: &mut PgConnection, contract: ContractId, id: Uuid) -> Result<bool, StorageError> {
    let done = sqlx::query!("DELETE FROM baseline_import WHERE contract_id = $1 AND id = $2", contract.0, id)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
