//! Lines that were refused while the rest of their request went on.

use abruf_domain::ids::PersonId;
use abruf_domain::money::{Net, Quantity};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::{Amounts, CallOff, Line};
use super::error::{affected, consistent};

/// A line somebody refused.
#[derive(Debug, Clone)]
pub struct RefusedLine {
    /// Article number.
    pub article_number: String,
    /// Quantity asked for.
    pub quantity: Quantity,
    /// Line amount as submitted.
    pub net: Option<Net>,
    /// Why.
    pub reason: String,
    /// Who, if still visible.
    pub person: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Notes that a line left its request.
pub async fn insert(
    conn: &mut PgConnection,
    call_off: &CallOff,
    id: Uuid,
    line: &Line,
    reason: &str,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO refused_line (contract_id, id, call_off_id, position, article_number, quantity, net, reason, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        call_off.contract.0,
        id,
        call_off.id.0,
        line.position,
        line.article_number,
        line.quantity.decimal(),
        line.net.map(Net::decimal),
        reason,
        by.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The refused lines of a call-off, oldest first.
pub async fn of_call_off(conn: &mut PgConnection, call_off: &CallOff) -> Result<Vec<RefusedLine>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT l.article_number, l.quantity, l.net, l.reason, coalesce(p.name, '') AS "person!", l.at
           FROM refused_line l
           LEFT JOIN person p ON p.id = l.person_id
           WHERE l.contract_id = $1 AND l.call_off_id = $2
           ORDER BY l.at, l.position"#,
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(RefusedLine {
                article_number: row.article_number,
                quantity: consistent(Quantity::new(row.quantity), "refused_line", "quantity", call_off.id)?,
                net: row.net.map(|net| consistent(Net::new(net), "refused_line", "net", call_off.id)).transpose()?,
                reason: row.reason,
                person: row.person,
                at: row.at,
            })
        })
        .collect()
}

/// The amounts of a request whose lines became fewer; it keeps waiting.
pub async fn set_amounts(
    conn: &mut PgConnection,
    call_off: &CallOff,
    amounts: &Amounts,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE call_off
         SET net = $2, surcharge_net = $3, vat = $4, gross = $5, changed_at = $6, version = version + 1
         WHERE id = $1 AND status = 'submitted'",
        call_off.id.0,
        amounts.net.decimal(),
        amounts.surcharge.decimal(),
        amounts.vat.decimal(),
        amounts.gross.decimal(),
        now,
    )
    .execute(conn)
    .await?;
    affected("change the amounts of a request", 1, done.rows_affected())
}
