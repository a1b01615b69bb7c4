//! When an order was sent and when the supplier received it, with what the rules say about it.

use abruf_domain::Finding;
use abruf_domain::ids::{CallOffId, OrganisationId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::consistent;

/// That an order was sent or received.
#[derive(Debug, Clone)]
pub struct DispatchNote {
    /// Which.
    pub id: Uuid,
    /// Received, else sent.
    pub received: bool,
    /// Counts the dispatches, from 1; of a receipt 1.
    pub attempt: i32,
    /// When that happened.
    pub happened_at: DateTime<Utc>,
    /// How it was sent; empty for a receipt.
    pub channel: String,
    /// What the rules say about it.
    pub review: Uuid,
    /// Those findings.
    pub findings: Vec<Finding>,
    /// The mail it went by; `None` where a person sent it.
    pub mail: Option<Uuid>,
    /// Who noted it; `None` where the program sent it.
    pub by: Option<PersonId>,
    /// Their name, if visible.
    pub person: String,
    /// When it was noted.
    pub at: DateTime<Utc>,
    /// That it came back.
    pub bounce: Option<Bounce>,
}

/// That a dispatch came back as undeliverable.
#[derive(Debug, Clone)]
pub struct Bounce {
    /// What came back.
    pub reason: String,
    /// Who reported it, if visible.
    pub person: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The dispatch that stands: sent, and not come back.
#[must_use]
pub fn standing(notes: &[DispatchNote]) -> Option<&DispatchNote> {
    notes.iter().rfind(|note| !note.received && note.bounce.is_none())
}

/// Writes that an order was sent or received.
pub async fn insert(conn: &mut PgConnection, call_off: &CallOff, new: &DispatchNote) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO order_dispatch (contract_id, id, call_off_id, kind, happened_at, channel, review_id, person_id, at, attempt, mail_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        call_off.contract.0,
        new.id,
        call_off.id.0,
        if new.received { "received" } else { "sent" },
        new.happened_at,
        new.channel,
        new.review,
        new.by.map(|id| id.0),
        new.at,
        new.attempt,
        new.mail
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes that a dispatch came back; at most once for each.
pub async fn insert_bounce(
    conn: &mut PgConnection,
    call_off: &CallOff,
    dispatch: Uuid,
    reason: &str,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO order_bounce (contract_id, dispatch_id, call_off_id, reason, person_id, at) VALUES ($1, $2, $3, $4, $5, $6)",
        call_off.contract.0,
        dispatch,
        call_off.id.0,
        reason,
        by.0,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What was noted about sending and receipt of an order, in that order; several dispatches where one came back.
pub async fn of_call_off(conn: &mut PgConnection, call_off: &CallOff) -> Result<Vec<DispatchNote>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT d.id, d.kind, d.happened_at, d.channel, d.review_id, r.findings, d.person_id, coalesce(n.name, '') AS "person!", d.at,
                  d.attempt, d.mail_id, b.reason AS "bounced?", b.at AS "bounced_at?", coalesce(w.name, '') AS "bounced_by!"
           FROM order_dispatch d
           JOIN order_review r ON r.contract_id = d.contract_id AND r.id = d.review_id
           LEFT JOIN order_bounce b ON b.contract_id = d.contract_id AND b.dispatch_id = d.id
           LEFT JOIN person n ON n.id = d.person_id
           LEFT JOIN person w ON w.id = b.person_id
           WHERE d.contract_id = $1 AND d.call_off_id = $2
           ORDER BY d.kind DESC, d.attempt"#,
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(DispatchNote {
                id: row.id,
                received: row.kind == "received",
                happened_at: row.happened_at,
                channel: row.channel,
                review: row.review_id,
                findings: consistent(serde_json::from_value(row.findings), "order_review", "findings", row.id)?,
                attempt: row.attempt,
                mail: row.mail_id,
                by: row.person_id.map(PersonId),
                person: row.person,
                at: row.at,
                bounce: row.bounced.zip(row.bounced_at).map(|(reason, at)| Bounce {
                    reason,
                    person: row.bounced_by,
                    at,
                }),
            })
        })
        .collect()
}

/// An order that was sent or received after the end of its contract and that nobody confirmed since.
#[derive(Debug, Clone)]
pub struct Late {
    /// The order.
    pub call_off: CallOffId,
    /// Its number.
    pub number: String,
    /// Whose order it is.
    pub member: OrganisationId,
    /// Their name.
    pub member_name: String,
    /// When that was found.
    pub at: DateTime<Utc>,
}

/// The visible orders the office has to clear up with the supplier: late, and not confirmed since.
pub async fn late(conn: &mut PgConnection, limit: i64) -> Result<Vec<Late>, StorageError> {
    Ok(sqlx::query!(
        r#"SELECT c.id, c.number AS "number!", c.member_id, o.name, max(r.at) AS "at!"
           FROM order_review r
           JOIN call_off c ON c.contract_id = r.contract_id AND c.id = r.call_off_id
           JOIN organisation o ON o.id = c.member_id
           WHERE r.check_point IN ('dispatch', 'receipt') AND r.findings @> '[{"outcome": "notice"}]' AND c.status <> 'cancelled'
             AND NOT EXISTS (SELECT FROM supplier_confirmation s
                             WHERE s.contract_id = r.contract_id AND s.call_off_id = r.call_off_id AND s.at >= r.at)
           GROUP BY c.id, c.number, c.member_id, o.name
           ORDER BY 5, 2
           LIMIT $1"#,
        limit
    )
    .fetch_all(conn)
    .await?
    .into_iter()
    .map(|row| Late {
        call_off: CallOffId(row.id),
        number: row.number,
        member: OrganisationId(row.member_id),
        member_name: row.name,
        at: row.at,
    })
    .collect())
}
