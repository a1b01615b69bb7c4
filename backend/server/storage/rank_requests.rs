//! Requests to the suppliers of a cascade: who was asked for a call-off, when, with which letter.

use abruf_domain::answer_period::RankRequest;
use abruf_domain::ids::PersonId;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;

/// Records that a supplier was asked; `false` if that stands there already.
pub async fn insert(
    conn: &mut PgConnection,
    call_off: &CallOff,
    id: Uuid,
    request: &RankRequest,
    document: &str,
    recorded_by: PersonId,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "INSERT INTO rank_request (contract_id, id, call_off_id, supplier_id, asked_on, document, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT ON CONSTRAINT rank_request_once DO NOTHING",
        call_off.contract.0,
        id,
        call_off.id.0,
        request.supplier.0,
        request.asked_on,
        document,
        recorded_by.0,
        now,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The answer period of a contract in working days; `None`: silence says nothing.
pub async fn answer_period(conn: &mut PgConnection, call_off: &CallOff) -> Result<Option<u32>, StorageError> {
    let days =
        sqlx::query_scalar!("SELECT answer_period_days FROM framework_contract WHERE id = $1", call_off.contract.0)
            .fetch_one(conn)
            .await?;
    Ok(days.map(i32::unsigned_abs))
}

/// A request or a decline with its document, for the page of the ranks.
#[derive(Debug, Clone)]
pub struct Noted {
    /// Which supplier.
    pub supplier: Uuid,
    /// When asked, or when the decline came in.
    pub on: NaiveDate,
    /// The letter.
    pub document: String,
}

/// The requests of a call-off, by day.
pub async fn of(conn: &mut PgConnection, call_off: &CallOff) -> Result<Vec<Noted>, StorageError> {
    Ok(sqlx::query_as!(
        Noted,
        r#"SELECT supplier_id AS supplier, asked_on AS "on!", document
           FROM rank_request
           WHERE contract_id = $1 AND call_off_id = $2
           ORDER BY asked_on, id"#,
        call_off.contract.0,
        call_off.id.0,
    )
    .fetch_all(conn)
    .await?)
}
