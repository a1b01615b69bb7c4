//! Orders, and what changes them, by mail: how far each mail got, and whether the supplier knows.

use abruf_domain::ids::{CallOffId, ContractId, DocumentId, OrganisationId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::affected;

/// A mail that carries an order, or what changes it, as people see it.
#[derive(Debug, Clone)]
pub struct OrderMail {
    /// Which.
    pub id: Uuid,
    /// The order it is about.
    pub call_off: CallOffId,
    /// The document it carries.
    pub document: Option<DocumentId>,
    /// Mail address.
    pub recipient: String,
    /// With angle brackets.
    pub message_id: String,
    /// waiting, sending, sent, failed or withdrawn.
    pub state: String,
    /// Attempts begun.
    pub attempts: i32,
    /// Next attempt.
    pub not_before: DateTime<Utc>,
    /// Last answer of the mail server.
    pub answer: String,
    /// Who had it sent again, if visible.
    pub asked_by: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// After a failure: how the supplier was told another way.
    pub told: Option<Told>,
}

impl OrderMail {
    /// Whether it is still to be sent.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        self.ended_at.is_none()
    }

    /// Whether it will not be tried again.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.state == "failed"
    }

    /// Whether a mail server took it.
    #[must_use]
    pub fn was_sent(&self) -> bool {
        self.state == "sent"
    }
    /// Whether somebody has to do something about it, unless it was sent again since.
    #[must_use]
    pub fn is_a_task(&self) -> bool {
        self.has_failed() && self.told.is_none()
    }
}

/// That the supplier was told another way.
#[derive(Debug, Clone)]
pub struct Told {
    /// How.
    pub how: String,
    /// Who noted it, if visible.
    pub person: String,
    /// When it was noted.
    pub at: DateTime<Utc>,
}

/// The mails that carry the order itself, oldest first.
pub async fn of_order(conn: &mut PgConnection, call_off: &CallOff) -> Result<Vec<OrderMail>, StorageError> {
    of_kind(conn, call_off, "order").await
}

/// The mails of what changes an order (cancellations, partial cancellations, new delivery dates), oldest first.
pub async fn of_changes(conn: &mut PgConnection, call_off: &CallOff) -> Result<Vec<OrderMail>, StorageError> {
    of_kind(conn, call_off, "change").await
}

async fn of_kind(conn: &mut PgConnection, call_off: &CallOff, kind: &str) -> Result<Vec<OrderMail>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT m.id, m.document_id, m.recipient, m.message_id, m.state, m.attempts, m.not_before, m.answer,
                  p.name AS "asked_by?", m.created_at, m.ended_at, m.told_how, m.told_at, coalesce(t.name, '') AS "told_by!"
           FROM mail m
           LEFT JOIN person p ON p.id = m.asked_by
           LEFT JOIN person t ON t.id = m.told_by
           WHERE m.contract_id = $1 AND m.call_off_id = $2 AND m.kind = $3
           ORDER BY m.created_at, m.id"#,
        call_off.contract.0,
        call_off.id.0,
        kind
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OrderMail {
            id: row.id,
            call_off: call_off.id,
            document: row.document_id.map(DocumentId),
            recipient: row.recipient,
            message_id: row.message_id,
            state: row.state,
            attempts: row.attempts,
            not_before: row.not_before,
            answer: row.answer,
            asked_by: row.asked_by,
            created_at: row.created_at,
            ended_at: row.ended_at,
            told: row.told_how.zip(row.told_at).map(|(how, at)| Told { how, person: row.told_by, at }),
        })
        .collect())
}

/// The call-off of a visible mail with this Message-ID that carries an order or a change, with its kind.
pub async fn of_message(
    conn: &mut PgConnection,
    message_id: &str,
) -> Result<Option<(CallOffId, String)>, StorageError> {
    Ok(sqlx::query!(
        r#"SELECT call_off_id AS "call_off_id!", kind FROM mail
           WHERE message_id = $1 AND kind IN ('order', 'change') AND call_off_id IS NOT NULL"#,
        message_id
    )
    .fetch_optional(conn)
    .await?
    .map(|row| (CallOffId(row.call_off_id), row.kind)))
}

/// Notes how the supplier was told of a change whose mail failed.
pub async fn note_told(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
    how: &str,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE mail SET told_how = $3, told_by = $4, told_at = $5
         WHERE contract_id = $1 AND id = $2 AND state = 'failed' AND told_at IS NULL",
        contract.0,
        id,
        how,
        by.0,
        now
    )
    .execute(conn)
    .await?;
    affected("note how a supplier was told", 1, done.rows_affected())
}

/// Notes that a change which a mail server had taken came back.
pub async fn came_back(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
    reason: &str,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE mail SET state = 'failed', answer = left($3, 1000)
         WHERE contract_id = $1 AND id = $2 AND kind = 'change' AND state = 'sent'",
        contract.0,
        id,
        reason
    )
    .execute(conn)
    .await?;
    affected("note that a mail came back", 1, done.rows_affected())
}

/// An order, or what changes it, that could not be delivered, or came back, and was not sent since.
#[derive(Debug, Clone)]
pub struct Undelivered {
    /// The order.
    pub call_off: CallOffId,
    /// Kind of the document that did not arrive.
    pub document: String,
    /// Its number.
    pub number: String,
    /// Whose order it is.
    pub member: OrganisationId,
    /// Their name.
    pub member_name: String,
    /// Where it went; empty where no mail was sent.
    pub recipient: String,
    /// The words of the mail server, or of whoever reported it.
    pub reason: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// The visible orders that have not reached their supplier, oldest first.
///
/// Released means: not with the supplier. The last thing that happened to such an order is a failed mail or a
/// dispatch that came back, unless it is being sent anew.
pub async fn undelivered(conn: &mut PgConnection, limit: i64) -> Result<Vec<Undelivered>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.number AS "number!", c.member_id, o.name, coalesce(m.recipient, '') AS "recipient!",
                  CASE WHEN b.at IS NULL OR b.at < m.ended_at THEN m.answer ELSE b.reason END AS "reason!",
                  greatest(b.at, m.ended_at) AS "since!"
           FROM call_off c
           JOIN organisation o ON o.id = c.member_id
           LEFT JOIN LATERAL (
               SELECT l.recipient, l.answer, l.state, l.ended_at FROM mail l
               WHERE l.contract_id = c.contract_id AND l.call_off_id = c.id AND l.kind = 'order'
               ORDER BY l.created_at DESC, l.id DESC
               LIMIT 1) m ON true
           LEFT JOIN LATERAL (
               SELECT r.reason, r.at FROM order_bounce r
               WHERE r.contract_id = c.contract_id AND r.call_off_id = c.id
               ORDER BY r.at DESC
               LIMIT 1) b ON true
           WHERE c.status = 'released'
             AND (m.state = 'failed' OR (b.at IS NOT NULL AND (m.state IS NULL OR m.state NOT IN ('waiting', 'sending'))))
           ORDER BY 7, 2
           LIMIT $1"#,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Undelivered {
            call_off: CallOffId(row.id),
            document: "order".to_owned(),
            number: row.number,
            member: OrganisationId(row.member_id),
            member_name: row.name,
            recipient: row.recipient,
            reason: row.reason,
            since: row.since,
        })
        .collect())
}

/// The visible changes of orders that have not reached the supplier, oldest first: the last mail of their document
/// failed, and nobody noted that the supplier was told another way.
pub async fn undelivered_changes(conn: &mut PgConnection, limit: i64) -> Result<Vec<Undelivered>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.number AS "number!", c.member_id, o.name, d.kind AS document, m.recipient, m.answer AS reason,
                  m.ended_at AS "since!"
           FROM mail m
           JOIN call_off c ON c.contract_id = m.contract_id AND c.id = m.call_off_id
           JOIN document d ON d.contract_id = m.contract_id AND d.id = m.document_id
           JOIN organisation o ON o.id = c.member_id
           WHERE m.kind = 'change' AND m.state = 'failed' AND m.told_at IS NULL
             AND NOT EXISTS (
                 SELECT FROM mail l
                 WHERE l.contract_id = m.contract_id AND l.call_off_id = m.call_off_id AND l.document_id = m.document_id
                   AND (l.created_at, l.id) > (m.created_at, m.id))
           ORDER BY 8, 2, m.id
           LIMIT $1"#,
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Undelivered {
            call_off: CallOffId(row.id),
            document: row.document,
            number: row.number,
            member: OrganisationId(row.member_id),
            member_name: row.name,
            recipient: row.recipient,
            reason: row.reason,
            since: row.since,
        })
        .collect())
}
