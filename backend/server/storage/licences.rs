//! Lines of call-offs with a price per month, and the reminders that they end.

use abruf_domain::ids::{CallOffId, ContractId, OrganisationId};
use abruf_domain::licence_inventory::LicenceLine;
use abruf_domain::money::Quantity;
use abruf_domain::period::Period;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::{consistent, stored_key};

/// The member's lines with a price per month that end on or after `since`, drafts included; quantities as they stand
/// after what was taken back.
pub async fn lines(
    conn: &mut PgConnection,
    member: OrganisationId,
    since: NaiveDate,
) -> Result<Vec<LicenceLine>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.contract_id, c.id, c.status, l.article_number, l.quantity, c.performance_from AS "performance_from!",
                  c.performance_to AS "performance_to!"
           FROM call_off c
           JOIN call_off_line l ON l.contract_id = c.contract_id AND l.call_off_id = c.id
           WHERE c.member_id = $1 AND c.performance_from IS NOT NULL AND $2 <= c.performance_to AND 0 < l.quantity
             AND EXISTS (SELECT FROM item i
                         JOIN price_term p ON p.contract_id = i.contract_id AND p.item_id = i.id
                         WHERE i.contract_id = l.contract_id AND i.article_number = l.article_number
                           AND p.kind = 'subscription' AND (l.price_term_id IS NULL OR l.price_term_id = p.id))
           ORDER BY c.performance_to, c.id, l.position"#,
        member.0,
        since
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let period = Period::new(row.performance_from, row.performance_to);
            Ok(LicenceLine {
                contract: ContractId(row.contract_id),
                call_off: CallOffId(row.id),
                status: stored_key(&row.status, "call_off", "status", row.id)?,
                article_number: row.article_number,
                quantity: consistent(Quantity::new(row.quantity), "call_off_line", "quantity", row.id)?,
                period: consistent(period, "call_off", "performance_to", row.id)?,
            })
        })
        .collect()
}

/// Members with orders of licences that end within so many days and that nobody was told of.
pub async fn members_to_tell(
    conn: &mut PgConnection,
    today: NaiveDate,
    until: NaiveDate,
    days_before: i32,
) -> Result<Vec<OrganisationId>, StorageError> {
    let ids = sqlx::query_scalar!(
        "SELECT DISTINCT c.member_id
         FROM call_off c
         WHERE c.number IS NOT NULL AND c.status <> 'cancelled' AND c.performance_to BETWEEN $1 AND $2
           AND NOT EXISTS (SELECT FROM licence_reminder r
                           WHERE r.contract_id = c.contract_id AND r.call_off_id = c.id AND r.days_before <= $3)
           AND EXISTS (SELECT FROM call_off_line l
                       JOIN price_term p ON p.contract_id = l.contract_id AND p.id = l.price_term_id
                       WHERE l.contract_id = c.contract_id AND l.call_off_id = c.id AND p.kind = 'subscription' AND 0 < l.quantity)
         ORDER BY 1
         LIMIT 100",
        today,
        until,
        days_before
    )
    .fetch_all(conn)
    .await?;
    Ok(ids.into_iter().map(OrganisationId).collect())
}

/// Notes that it was told; `false` if it was before, then or later.
pub async fn set_told(
    conn: &mut PgConnection,
    call_off: &CallOff,
    days_before: i32,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "INSERT INTO licence_reminder (contract_id, call_off_id, days_before, told_at)
         SELECT $1, $2, $3, $4
         WHERE NOT EXISTS (SELECT FROM licence_reminder
                           WHERE contract_id = $1 AND call_off_id = $2 AND days_before <= $3)
         ON CONFLICT DO NOTHING",
        call_off.contract.0,
        call_off.id.0,
        days_before,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
