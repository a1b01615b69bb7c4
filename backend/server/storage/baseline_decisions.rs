//! Decisions on baselines: approved or refused by a second person, withdrawn by two, alone or for another one that replaces it.

use abruf_domain::ids::{BaselineId, ContractId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::affected;

/// Holds a baseline against whoever decides on it or releases against it at the same time; call before reading it.
pub async fn hold(conn: &mut PgConnection, id: BaselineId) -> Result<(), StorageError> {
    sqlx::query_scalar!("SELECT id FROM baseline WHERE id = $1 FOR NO KEY UPDATE", id.0).fetch_optional(conn).await?;
    Ok(())
}

/// Approves it.
pub async fn approve(
    conn: &mut PgConnection,
    contract: ContractId,
    id: BaselineId,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE baseline SET approved_by = $3, approved_at = $4
         WHERE contract_id = $1 AND id = $2 AND approved_at IS NULL AND refused_at IS NULL",
        contract.0,
        id.0,
        by.0,
        at
    )
    .execute(conn)
    .await?;
    affected("approve a baseline", 1, done.rows_affected())
}

/// Refuses it.
pub async fn refuse(
    conn: &mut PgConnection,
    contract: ContractId,
    id: BaselineId,
    by: PersonId,
    at: DateTime<Utc>,
    reason: &str,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE baseline SET refused_by = $3, refused_at = $4, refusal = $5
         WHERE contract_id = $1 AND id = $2 AND approved_at IS NULL AND refused_at IS NULL",
        contract.0,
        id.0,
        by.0,
        at,
        reason
    )
    .execute(conn)
    .await?;
    affected("refuse a baseline", 1, done.rows_affected())
}

/// Ends it: it counts no more.
pub async fn withdraw(
    conn: &mut PgConnection,
    contract: ContractId,
    id: BaselineId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE baseline SET withdrawn_at = $3
         WHERE contract_id = $1 AND id = $2 AND approved_at IS NOT NULL AND withdrawn_at IS NULL",
        contract.0,
        id.0,
        at
    )
    .execute(conn)
    .await?;
    affected("withdraw a baseline", 1, done.rows_affected())
}

/// That a baseline shall count no more.
#[derive(Debug, Clone)]
pub struct Withdrawal {
    /// Which.
    pub id: Uuid,
    /// The baseline.
    pub baseline: BaselineId,
    /// The one that takes its place.
    pub replaced_by: Option<BaselineId>,
    /// Why.
    pub reason: String,
    /// Who asked.
    pub recorded_by: PersonId,
    /// Their name, if the reader may know it.
    pub recorded_by_name: String,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// Who decided, if the reader may know, when, and whether it is withdrawn.
    pub decided: Option<(String, DateTime<Utc>, bool)>,
}

/// Asks for a withdrawal; at most one waits for a baseline (`baseline_withdrawal_one_pending`).
pub async fn insert_withdrawal(
    conn: &mut PgConnection,
    contract: ContractId,
    new: &Withdrawal,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO baseline_withdrawal (contract_id, id, baseline_id, replaced_by_id, reason, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        contract.0,
        new.id,
        new.baseline.0,
        new.replaced_by.map(|it| it.0),
        new.reason,
        new.recorded_by.0,
        new.recorded_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Everything that was asked about a baseline, the newest first.
pub async fn withdrawals(
    conn: &mut PgConnection,
    contract: ContractId,
    baseline: BaselineId,
) -> Result<Vec<Withdrawal>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT w.id, w.baseline_id, w.replaced_by_id, w.reason, w.recorded_by, coalesce(r.name, '') AS "recorded_by_name!",
                  w.recorded_at, coalesce(d.name, '') AS "decided_by!", w.decided_at, w.withdrawn
           FROM baseline_withdrawal w
           LEFT JOIN person r ON r.id = w.recorded_by
           LEFT JOIN person d ON d.id = w.decided_by
           WHERE w.contract_id = $1 AND w.baseline_id = $2
           ORDER BY w.recorded_at DESC, w.id"#,
        contract.0,
        baseline.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Withdrawal {
            id: row.id,
            baseline: BaselineId(row.baseline_id),
            replaced_by: row.replaced_by_id.map(BaselineId),
            reason: row.reason,
            recorded_by: PersonId(row.recorded_by),
            recorded_by_name: row.recorded_by_name,
            recorded_at: row.recorded_at,
            decided: row.decided_at.map(|at| (row.decided_by, at, row.withdrawn.unwrap_or(false))),
        })
        .collect())
}

/// Decides on a withdrawal that waits.
pub async fn decide_withdrawal(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
    by: PersonId,
    at: DateTime<Utc>,
    withdrawn: bool,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE baseline_withdrawal SET decided_by = $3, decided_at = $4, withdrawn = $5
         WHERE contract_id = $1 AND id = $2 AND decided_at IS NULL",
        contract.0,
        id,
        by.0,
        at,
        withdrawn
    )
    .execute(conn)
    .await?;
    affected("decide on the withdrawal of a baseline", 1, done.rows_affected())
}
