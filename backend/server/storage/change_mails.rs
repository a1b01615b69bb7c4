//! What changes an order, by mail: cancellations, partial cancellations, new delivery dates.

use abruf_domain::ids::{CallOffId, ContractId, DocumentId, OrganisationId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::affected;
use super::mails::{OrderMail, Undelivered};

/// What changes an order, by mail.
#[derive(Debug, Clone)]
pub struct ChangeMail {
    /// The document it carries.
    pub document: DocumentId,
    /// The mail.
    pub mail: OrderMail,
    /// After a failure: how the supplier was told another way.
    pub told: Option<Told>,
}

impl ChangeMail {
    /// Whether somebody has to do something about it, unless it was sent again since.
    #[must_use]
    pub fn is_a_task(&self) -> bool {
        self.mail.has_failed() && self.told.is_none()
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

/// The mails of what changes an order, oldest first.
pub async fn of_call_off(conn: &mut PgConnection, call_off: &CallOff) -> Result<Vec<ChangeMail>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT m.id, m.document_id AS "document_id!", m.recipient, m.message_id, m.state, m.attempts, m.not_before, m.answer,
                  p.name AS "asked_by?", m.created_at, m.ended_at, m.told_how, m.told_at, coalesce(t.name, '') AS "told_by!"
           FROM mail m
           LEFT JOIN person p ON p.id = m.asked_by
           LEFT JOIN person t ON t.id = m.told_by
           WHERE m.contract_id = $1 AND m.call_off_id = $2 AND m.kind = 'change'
           ORDER BY m.created_at, m.id"#,
        call_off.contract.0,
        call_off.id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| ChangeMail {
            document: DocumentId(row.document_id),
            told: row.told_how.zip(row.told_at).map(|(how, at)| Told { how, person: row.told_by, at }),
            mail: OrderMail {
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
            },
        })
        .collect())
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

/// The visible changes of orders that have not reached the supplier, oldest first: the last mail of their document
/// failed, and nobody noted that the supplier was told another way.
pub async fn undelivered(conn: &mut PgConnection, limit: i64) -> Result<Vec<Undelivered>, StorageError> {
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
