//! Mail that leaves the house: orders, what changes them, and notices, one row per recipient, written before it is sent.

use abruf_domain::ids::{CallOffId, ContractId, DocumentId, MiniCompetitionId, OrganisationId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::affected;

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A call-off.
    CallOff(CallOffId),
    /// A mini-competition.
    Competition(MiniCompetitionId),
    /// The contract as a whole; only what tells of an event.
    Contract,
}

/// A mail to be written.
#[derive(Debug)]
pub struct NewMail<'a> {
    /// The contract.
    pub contract: ContractId,
    /// Which.
    pub id: Uuid,
    /// `order`, `change`, or the event that is told.
    pub kind: &'a str,
    /// What it is about.
    pub about: About,
    /// The document an order or its change consists of.
    pub document: Option<DocumentId>,
    /// Mail address.
    pub recipient: &'a str,
    /// Subject; of a mail with a document empty.
    pub subject: &'a str,
    /// Text; of a mail with a document empty.
    pub body: &'a str,
    /// With angle brackets, the same on each attempt.
    pub message_id: &'a str,
    /// Who had it sent again.
    pub asked_by: Option<PersonId>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a mail that waits to be sent.
pub async fn insert(conn: &mut PgConnection, new: &NewMail<'_>) -> Result<(), StorageError> {
    let (call_off, competition) = match new.about {
        About::CallOff(id) => (Some(id.0), None),
        About::Competition(id) => (None, Some(id.0)),
        About::Contract => (None, None),
    };
    sqlx::query!(
        "INSERT INTO mail (contract_id, id, kind, call_off_id, competition_id, document_id, recipient, subject, body,
                           message_id, asked_by, created_at, not_before)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)",
        new.contract.0,
        new.id,
        new.kind,
        call_off,
        competition,
        new.document.map(|id| id.0),
        new.recipient,
        new.subject,
        new.body,
        new.message_id,
        new.asked_by.map(|id| id.0),
        new.at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A mail whose attempt has begun.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The contract.
    pub contract: ContractId,
    /// Which.
    pub id: Uuid,
    /// `order`, `change`, or the event that is told.
    pub kind: String,
    /// The call-off it is about.
    pub call_off: Option<CallOffId>,
    /// The order or change it carries.
    pub document: Option<DocumentId>,
    /// Mail address.
    pub recipient: String,
    /// Subject; of a mail with a document empty.
    pub subject: String,
    /// Text; of a mail with a document empty.
    pub body: String,
    /// With angle brackets.
    pub message_id: String,
    /// Attempts, this one included.
    pub attempts: i32,
}

/// Begins an attempt at the next mail that is due; `None` if there is none or everything is held after a restore.
///
/// `lost_at` is when the attempt counts as lost, unless somebody says before what became of it.
pub async fn begin_next(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    lost_at: DateTime<Utc>,
) -> Result<Option<Begun>, StorageError> {
    let row = sqlx::query!(
        "UPDATE mail
         SET state = 'sending', attempts = attempts + 1, not_before = $2
         WHERE (contract_id, id) = (
             SELECT m.contract_id, m.id FROM mail m
             WHERE m.ended_at IS NULL AND m.not_before <= $1 AND NOT EXISTS (SELECT FROM installation WHERE outbox_held)
             ORDER BY m.not_before, m.id
             LIMIT 1
             FOR UPDATE OF m SKIP LOCKED)
         RETURNING contract_id, id, kind, call_off_id, document_id, recipient, subject, body, message_id, attempts",
        now,
        lost_at
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Begun {
        contract: ContractId(row.contract_id),
        id: row.id,
        kind: row.kind,
        call_off: row.call_off_id.map(CallOffId),
        document: row.document_id.map(DocumentId),
        recipient: row.recipient,
        subject: row.subject,
        body: row.body,
        message_id: row.message_id,
        attempts: row.attempts,
    }))
}

/// How a mail ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// A mail server took it.
    Sent,
    /// It will not be tried again.
    Failed,
    /// There is nothing to be sent any more.
    Withdrawn,
}

impl End {
    /// The key in the database.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Withdrawn => "withdrawn",
        }
    }
}

/// Ends a mail with the answer of the mail server.
pub async fn end(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
    end: End,
    answer: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE mail SET state = $3, answer = left($4, 1000), ended_at = $5 WHERE contract_id = $1 AND id = $2 AND ended_at IS NULL",
        contract.0,
        id,
        end.key(),
        answer,
        now
    )
    .execute(conn)
    .await?;
    affected("end a mail", 1, done.rows_affected())
}

/// Notes why an attempt came to nothing, and when the next one is due.
pub async fn postpone(
    conn: &mut PgConnection,
    contract: ContractId,
    id: Uuid,
    answer: &str,
    not_before: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "UPDATE mail SET state = 'waiting', answer = left($3, 1000), not_before = $4
         WHERE contract_id = $1 AND id = $2 AND ended_at IS NULL",
        contract.0,
        id,
        answer,
        not_before
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An order by mail, as people see it.
#[derive(Debug, Clone)]
pub struct OrderMail {
    /// Which.
    pub id: Uuid,
    /// The order it is about.
    pub call_off: CallOffId,
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
}

/// The mails of an order, oldest first.
pub async fn of_order(conn: &mut PgConnection, call_off: &CallOff) -> Result<Vec<OrderMail>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT m.id, m.recipient, m.message_id, m.state, m.attempts, m.not_before, m.answer, p.name AS "asked_by?",
                  m.created_at, m.ended_at
           FROM mail m
           LEFT JOIN person p ON p.id = m.asked_by
           WHERE m.contract_id = $1 AND m.call_off_id = $2 AND m.kind = 'order'
           ORDER BY m.created_at, m.id"#,
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OrderMail {
            id: row.id,
            call_off: call_off.id,
            recipient: row.recipient,
            message_id: row.message_id,
            state: row.state,
            attempts: row.attempts,
            not_before: row.not_before,
            answer: row.answer,
            asked_by: row.asked_by,
            created_at: row.created_at,
            ended_at: row.ended_at,
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
