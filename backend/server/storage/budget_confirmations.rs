//! The treasurer's word on the money of a request, and the requests that wait for it.

use abruf_domain::facts::BudgetMode;
use abruf_domain::ids::{CallOffId, OrganisationId, PersonId};
use abruf_domain::money::Gross;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::{affected, consistent};

/// A confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// The account that pays.
    pub account: String,
    /// Up to this amount, as the member bears it.
    pub amount: Gross,
    /// The treasurer.
    pub by: PersonId,
    /// When.
    pub at: DateTime<Utc>,
}

/// The latest confirmation of a request.
pub async fn latest(conn: &mut PgConnection, call_off: &CallOff) -> Result<Option<Confirmation>, StorageError> {
    let row = sqlx::query!(
        "SELECT b.id, a.account, b.amount, b.person_id, b.at
         FROM budget_confirmation b
         JOIN budget_account a ON a.id = b.account_id
         WHERE b.contract_id = $1 AND b.call_off_id = $2
         ORDER BY b.at DESC, b.id DESC
         LIMIT 1",
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(Confirmation {
            account: row.account,
            amount: consistent(Gross::new(row.amount), "budget_confirmation", "amount", row.id)?,
            by: PersonId(row.person_id),
            at: row.at,
        })
    })
    .transpose()
}

/// Writes a confirmation on an account of the member, which must be there.
pub async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    call_off: &CallOff,
    new: &Confirmation,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "INSERT INTO budget_confirmation (contract_id, id, call_off_id, account_id, amount, requester_id, person_id, at)
         SELECT $1, $2, $3, a.id, $6, $7, $8, $9 FROM budget_account a WHERE a.member_id = $4 AND a.account = $5",
        call_off.contract.0,
        id,
        call_off.id.0,
        call_off.member.0,
        new.account,
        new.amount.decimal(),
        call_off.requester.0,
        new.by.0,
        new.at
    )
    .execute(conn)
    .await?;
    affected("confirm the money of a request", 1, done.rows_affected())
}

/// A request that waits for the treasurer's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaiting {
    /// The request.
    pub id: CallOffId,
    /// Vorgangsnummer.
    pub case_number: String,
    /// Contract number and title.
    pub contract: String,
    /// ISO 4217.
    pub currency: String,
    /// Who asked.
    pub requester: String,
    /// Their id.
    pub requester_id: PersonId,
    /// Kostenstelle.
    pub cost_centre: String,
    /// Reason for the need.
    pub need: String,
    /// The account the request names; empty where it names none.
    pub account: String,
    /// What the member has to bear.
    pub due: Gross,
    /// What was confirmed, where it no longer covers the amount.
    pub confirmed: Option<Gross>,
    /// End of the reservation.
    pub expires_at: DateTime<Utc>,
}

/// The member's submitted requests whose money nobody has confirmed in full, by end of the reservation;
/// none unless the member's treasurer confirms on this day.
pub async fn awaiting(
    conn: &mut PgConnection,
    member: OrganisationId,
    day: NaiveDate,
) -> Result<Vec<Awaiting>, StorageError> {
    if super::budgets::mode_on(&mut *conn, member, day).await? != BudgetMode::Confirmed {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        r#"SELECT c.id, c.case_number, concat_ws(' ', f.number, f.title) AS "contract!", f.currency,
                  coalesce(p.name, '') AS "requester!", c.requester_id, c.cost_centre, c.need,
                  coalesce(a.account, '') AS "account!", due.amount AS "due!", given.amount AS "confirmed?",
                  c.expires_at AS "expires_at!"
           FROM call_off c
           JOIN framework_contract f ON f.id = c.contract_id
           LEFT JOIN person p ON p.id = c.requester_id
           LEFT JOIN budget_account a ON a.id = c.budget_account_id
           CROSS JOIN LATERAL (
               SELECT CASE WHEN EXISTS (SELECT FROM input_vat_deduction d
                                        WHERE d.member_id = c.member_id AND d.valid_from <= $2
                                          AND (d.valid_to IS NULL OR $2 <= d.valid_to))
                           THEN c.net ELSE c.gross END AS amount) due
           LEFT JOIN LATERAL (
               SELECT b.amount
               FROM budget_confirmation b
               WHERE b.contract_id = c.contract_id AND b.call_off_id = c.id
               ORDER BY b.at DESC, b.id DESC
               LIMIT 1) given ON true
           WHERE c.member_id = $1 AND c.status = 'submitted' AND c.expires_at IS NOT NULL AND due.amount IS NOT NULL
             AND coalesce(given.amount, 0) < due.amount
           ORDER BY c.expires_at, c.id"#,
        member.0,
        day
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let confirmed = row.confirmed.map(Gross::new).transpose();
            Ok(Awaiting {
                id: CallOffId(row.id),
                case_number: row.case_number,
                contract: row.contract,
                currency: row.currency,
                requester: row.requester,
                requester_id: PersonId(row.requester_id),
                cost_centre: row.cost_centre,
                need: row.need,
                account: row.account,
                due: consistent(Gross::new(row.due), "call_off", "gross", row.id)?,
                confirmed: consistent(confirmed, "budget_confirmation", "amount", row.id)?,
                expires_at: row.expires_at,
            })
        })
        .collect()
}
