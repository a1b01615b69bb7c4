//! Requests that run out soon: which are due to be told about, and which have been.

use abruf_domain::call_off::Status;
use abruf_domain::ids::{CallOffId, ContractId, OrganisationId, PersonId};
use abruf_domain::money::Gross;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::StorageError;
use super::approval_orders::Request;
use super::error::{consistent, stored_key};

/// Requests whose reservation runs out within the days of their member's house, not told about yet.
pub async fn due(
    conn: &mut PgConnection,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Vec<CallOffId>, StorageError> {
    let ids = sqlx::query_scalar!(
        "SELECT c.id
         FROM call_off c
         JOIN organisation o ON o.id = c.member_id
         CROSS JOIN LATERAL (
             SELECT p.value::int AS days
             FROM legal_parameter p
             WHERE p.key = 'request_escalates_before_days'
               AND (o.jurisdiction = p.jurisdiction OR starts_with(o.jurisdiction, p.jurisdiction || '/'))
               AND p.valid_from <= $1 AND (p.valid_to IS NULL OR $1 <= p.valid_to)
             ORDER BY length(p.jurisdiction) DESC
             LIMIT 1) before
         WHERE c.status IN ('submitted', 'returned') AND c.escalated_at IS NULL
           AND $2 < c.expires_at AND c.expires_at <= $2::timestamptz + make_interval(days => before.days)
         ORDER BY c.expires_at, c.id
         LIMIT 500",
        today,
        now
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(CallOffId).collect())
}

/// Notes that it has been told; `false` if it was already.
pub async fn set_escalated(conn: &mut PgConnection, id: CallOffId, now: DateTime<Utc>) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "UPDATE call_off SET escalated_at = $2 WHERE id = $1 AND escalated_at IS NULL AND status IN ('submitted', 'returned')",
        id.0,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A request that runs out soon.
#[derive(Debug, Clone)]
pub struct Expiring {
    /// Which, and what its way through the approval order depends on.
    pub request: Request,
    /// Where it is.
    pub status: Status,
    /// Vorgangsnummer.
    pub case_number: String,
    /// Number and title of the contract.
    pub contract: String,
    /// ISO 4217.
    pub currency: String,
    /// End of the reservation.
    pub expires_at: DateTime<Utc>,
}

/// The visible requests that were told about and still wait, the most urgent first.
pub async fn open(conn: &mut PgConnection, now: DateTime<Utc>, limit: i64) -> Result<Vec<Expiring>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.contract_id, c.member_id, c.requester_id, c.status, c.case_number, c.gross AS "gross!",
                  c.submitted_at AS "submitted_at!", c.expires_at AS "expires_at!", f.currency,
                  concat_ws(' ', f.number, f.title) AS "contract!"
           FROM call_off c
           JOIN framework_contract f ON f.id = c.contract_id
           WHERE c.status IN ('submitted', 'returned') AND c.escalated_at IS NOT NULL AND $1 < c.expires_at
             AND c.gross IS NOT NULL AND c.submitted_at IS NOT NULL
           ORDER BY c.expires_at, c.id
           LIMIT $2"#,
        now,
        limit
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Expiring {
                request: Request {
                    contract: ContractId(row.contract_id),
                    call_off: CallOffId(row.id),
                    member: OrganisationId(row.member_id),
                    requester: PersonId(row.requester_id),
                    gross: consistent(Gross::new(row.gross), "call_off", "gross", row.id)?,
                    submitted_at: row.submitted_at,
                },
                status: stored_key(&row.status, "call_off", "status", row.id)?,
                case_number: row.case_number,
                contract: row.contract,
                currency: row.currency,
                expires_at: row.expires_at,
            })
        })
        .collect()
}
