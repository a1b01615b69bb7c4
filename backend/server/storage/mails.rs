//! Mail that leaves the house: orders, what changes them, and notices, one row per recipient, written before it is sent.

use abruf_domain::ids::{CallOffId, ContractId, DocumentId, MiniCompetitionId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
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
