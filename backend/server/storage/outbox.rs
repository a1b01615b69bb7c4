//! Work to be done after commit: documents. Written in the transaction of its cause.

use abruf_domain::ids::{CallOffId, ContractId, MiniCompetitionId};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;

/// A piece of work.
#[derive(Debug, Clone)]
pub struct Work {
    /// Which.
    pub id: Uuid,
    /// What to do.
    pub kind: String,
    /// The contract.
    pub contract: ContractId,
    /// The call-off.
    pub call_off: CallOffId,
    /// The partial cancellation or confirmation to be printed.
    pub event: Option<Uuid>,
}

/// Writes a piece of work.
pub async fn push(
    conn: &mut PgConnection,
    id: Uuid,
    kind: &str,
    call_off: &CallOff,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO outbox (id, kind, contract_id, call_off_id, created_at, not_before) VALUES ($1, $2, $3, $4, $5, $5)",
        id,
        kind,
        call_off.contract.0,
        call_off.id.0,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes that something about a mini-competition is to be told, once.
pub async fn push_about(
    conn: &mut PgConnection,
    id: Uuid,
    kind: &str,
    contract: ContractId,
    competition: MiniCompetitionId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO outbox (id, kind, contract_id, competition_id, created_at, not_before) VALUES ($1, $2, $3, $4, $5, $5)",
        id,
        kind,
        contract.0,
        competition.0,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the work of printing an event of an order or of its supplier order: a partial cancellation, an accepted
/// confirmation.
pub async fn push_event(
    conn: &mut PgConnection,
    id: Uuid,
    kind: &str,
    event: Uuid,
    call_off: &CallOff,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO outbox (id, kind, contract_id, call_off_id, event_id, created_at, not_before)
         VALUES ($1, $6, $2, $3, $4, $5, $5)",
        id,
        call_off.contract.0,
        call_off.id.0,
        event,
        now,
        kind
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes the next document that is due and that nobody else holds. While held after a restore, none.
///
/// Events to be told (`tell_…`) are not taken here: [`take_event`] does.
///
/// A cancellation names its order's document and waits for it, also while somebody else is at it.
pub async fn take(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Option<Work>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT o.id, o.kind, o.contract_id, o.call_off_id AS "call_off_id!", o.event_id
         FROM outbox o
         WHERE o.done_at IS NULL AND o.kind LIKE 'issue\_%' AND o.not_before <= $1 AND NOT EXISTS (SELECT FROM installation WHERE outbox_held)
           AND (o.kind IN ('issue_order', 'issue_supplier_order') OR NOT EXISTS (
                SELECT FROM outbox first
                WHERE first.call_off_id = o.call_off_id AND first.kind IN ('issue_order', 'issue_supplier_order') AND first.done_at IS NULL))
         ORDER BY o.not_before, o.id
         LIMIT 1
         FOR UPDATE OF o SKIP LOCKED"#,
        now
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Work {
        id: row.id,
        kind: row.kind,
        contract: ContractId(row.contract_id),
        call_off: CallOffId(row.call_off_id),
        event: row.event_id,
    }))
}

/// An event to be told by mail.
#[derive(Debug, Clone)]
pub struct Event {
    /// Which.
    pub id: Uuid,
    /// What happened: `tell_…`.
    pub kind: String,
    /// The contract.
    pub contract: ContractId,
    /// The call-off it is about, or
    pub call_off: Option<CallOffId>,
    /// the mini-competition.
    pub competition: Option<MiniCompetitionId>,
    /// When it happened.
    pub created_at: DateTime<Utc>,
}

/// Takes the next event to be told that nobody else holds. While held after a restore, none.
pub async fn take_event(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Option<Event>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT o.id, o.kind, o.contract_id, o.call_off_id, o.competition_id, o.created_at
         FROM outbox o
         WHERE o.done_at IS NULL AND o.kind LIKE 'tell\_%' AND o.not_before <= $1 AND NOT EXISTS (SELECT FROM installation WHERE outbox_held)
         ORDER BY o.not_before, o.id
         LIMIT 1
         FOR UPDATE OF o SKIP LOCKED"#,
        now
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Event {
        id: row.id,
        kind: row.kind,
        contract: ContractId(row.contract_id),
        call_off: row.call_off_id.map(CallOffId),
        competition: row.competition_id.map(MiniCompetitionId),
        created_at: row.created_at,
    }))
}

/// Takes the open documents of one call-off, waiting for whoever holds it.
pub async fn take_for(conn: &mut PgConnection, call_off: CallOffId) -> Result<Vec<Work>, StorageError> {
    let rows = sqlx::query!(
        "SELECT id, kind, contract_id, event_id FROM outbox
         WHERE call_off_id = $1 AND done_at IS NULL AND kind LIKE 'issue\\_%'
         ORDER BY created_at, id
         FOR UPDATE",
        call_off.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Work {
            id: row.id,
            kind: row.kind,
            contract: ContractId(row.contract_id),
            call_off,
            event: row.event_id,
        })
        .collect())
}

/// Marks a piece as done.
pub async fn done(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<(), StorageError> {
    sqlx::query!("UPDATE outbox SET done_at = $2, attempts = attempts + 1 WHERE id = $1", id, now)
        .execute(conn)
        .await?;
    Ok(())
}

/// Notes a failure and waits longer each time, up to an hour.
pub async fn failed(conn: &mut PgConnection, id: Uuid, error: &str, now: DateTime<Utc>) -> Result<(), StorageError> {
    let later = now + TimeDelta::seconds(10);
    sqlx::query!(
        "UPDATE outbox
         SET attempts = attempts + 1, last_error = left($2, 500),
             not_before = least($3::timestamptz + attempts * interval '30 seconds', $3::timestamptz + interval '1 hour')
         WHERE id = $1",
        id,
        error,
        later
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How many documents are still to be made.
pub async fn open(conn: &mut PgConnection) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM outbox WHERE done_at IS NULL AND kind LIKE 'issue\_%'"#)
        .fetch_one(conn)
        .await?)
}

/// Holds everything that would leave the house: what a restored past wanted to send may have been sent.
pub async fn hold(conn: &mut PgConnection) -> Result<(), StorageError> {
    sqlx::query!("UPDATE installation SET outbox_held = true").execute(conn).await?;
    Ok(())
}

/// Lets work leave the house again.
pub async fn release(conn: &mut PgConnection) -> Result<(), StorageError> {
    sqlx::query!("UPDATE installation SET outbox_held = false").execute(conn).await?;
    Ok(())
}

/// How many pieces failed three times or more, and what the latest of them failed with.
pub async fn failing(conn: &mut PgConnection) -> Result<Option<(i64, String)>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT count(*) OVER () AS "count!", last_error FROM outbox
           WHERE done_at IS NULL AND 3 <= attempts
           ORDER BY not_before DESC, id
           LIMIT 1"#
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.count, row.last_error)))
}

/// Whether nothing may leave the house, after a restore.
pub async fn is_held(conn: &mut PgConnection) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM installation WHERE outbox_held) AS "held!""#)
        .fetch_one(conn)
        .await?)
}
