//! One-time links by which suppliers answer orders. Only the hash of a token is stored.

use abruf_domain::ids::{CallOffId, ContractId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// A link, whatever became of it.
#[derive(Debug, Clone, Copy)]
pub struct SupplierLink {
    /// The contract.
    pub contract: ContractId,
    /// The order.
    pub call_off: CallOffId,
    /// End.
    pub expires_at: DateTime<Utc>,
    /// When an answer used it up.
    pub used_at: Option<DateTime<Utc>>,
}

/// Stores a link of a mail.
pub async fn insert(
    conn: &mut PgConnection,
    token_sha256: &[u8; 32],
    link: &SupplierLink,
    mail: Uuid,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO supplier_link (token_sha256, contract_id, call_off_id, mail_id, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        &token_sha256[..],
        link.contract.0,
        link.call_off.0,
        mail,
        now,
        link.expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The link of a token.
pub async fn find(conn: &mut PgConnection, token_sha256: &[u8; 32]) -> Result<Option<SupplierLink>, StorageError> {
    let row = sqlx::query!(
        "SELECT contract_id, call_off_id, expires_at, used_at FROM supplier_link WHERE token_sha256 = $1",
        &token_sha256[..]
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| SupplierLink {
        contract: ContractId(row.contract_id),
        call_off: CallOffId(row.call_off_id),
        expires_at: row.expires_at,
        used_at: row.used_at,
    }))
}

/// Uses a link up, and with it every other one of the order; `false` if it was used before or is over.
pub async fn use_up(
    conn: &mut PgConnection,
    token_sha256: &[u8; 32],
    call_off: CallOffId,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let used = sqlx::query!(
        "UPDATE supplier_link SET used_at = $2 WHERE token_sha256 = $1 AND used_at IS NULL AND $2 < expires_at",
        &token_sha256[..],
        now
    )
    .execute(&mut *conn)
    .await?;
    if used.rows_affected() != 1 {
        return Ok(false);
    }
    sqlx::query!("UPDATE supplier_link SET used_at = $2 WHERE call_off_id = $1 AND used_at IS NULL", call_off.0, now)
        .execute(conn)
        .await?;
    Ok(true)
}
