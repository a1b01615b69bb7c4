//! Letters that invite towns, and the links in them, of which only hashes are stored.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::mails::End;

/// Writes a letter that waits to be sent.
pub async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    invitation: Uuid,
    recipient: &str,
    message_id: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO newcomer_mail (id, invitation_id, recipient, message_id, created_at, not_before) VALUES ($1, $2, $3, $4, $5, $5)",
        id,
        invitation,
        recipient,
        message_id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends what the letters of an invitation carry: none of their links opens any more, and none is sent.
pub async fn take_back(conn: &mut PgConnection, invitation: Uuid, now: DateTime<Utc>) -> Result<(), StorageError> {
    sqlx::query!(
        "DELETE FROM newcomer_mail_link WHERE mail_id IN (SELECT id FROM newcomer_mail WHERE invitation_id = $1)",
        invitation
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "UPDATE newcomer_mail SET state = 'withdrawn', ended_at = $2 WHERE invitation_id = $1 AND ended_at IS NULL",
        invitation,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A letter whose attempt has begun.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Which.
    pub id: Uuid,
    /// The invitation.
    pub invitation: Uuid,
    /// Mail address.
    pub recipient: String,
    /// With angle brackets.
    pub message_id: String,
    /// Attempts, this one included.
    pub attempts: i32,
}

/// Begins an attempt at the next letter that is due, as `mails::begin_next` does.
pub async fn begin_next(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    lost_at: DateTime<Utc>,
) -> Result<Option<Begun>, StorageError> {
    Ok(sqlx::query_as!(
        Begun,
        "UPDATE newcomer_mail
         SET state = 'sending', attempts = attempts + 1, not_before = $2
         WHERE id = (
             SELECT m.id FROM newcomer_mail m
             WHERE m.ended_at IS NULL AND m.not_before <= $1 AND NOT EXISTS (SELECT FROM installation WHERE outbox_held)
             ORDER BY m.not_before, m.id
             LIMIT 1
             FOR UPDATE OF m SKIP LOCKED)
         RETURNING id, invitation_id AS invitation, recipient, message_id, attempts",
        now,
        lost_at
    )
    .fetch_optional(conn)
    .await?)
}

/// Notes the link that an attempt carries.
pub async fn insert_link(
    conn: &mut PgConnection,
    mail: Uuid,
    token_sha256: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO newcomer_mail_link (token_sha256, mail_id, created_at) VALUES ($1, $2, $3)",
        &token_sha256[..],
        mail,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a letter with the answer of the mail server; nothing where it was taken back meanwhile.
pub async fn end(
    conn: &mut PgConnection,
    id: Uuid,
    end: End,
    answer: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "UPDATE newcomer_mail SET state = $2, answer = left($3, 1000), ended_at = coalesce(ended_at, $4)
         WHERE id = $1 AND state <> 'withdrawn'",
        id,
        end.key(),
        answer,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes why an attempt came to nothing, and when the next one is due.
pub async fn postpone(
    conn: &mut PgConnection,
    id: Uuid,
    answer: &str,
    not_before: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "UPDATE newcomer_mail SET state = 'waiting', answer = left($2, 1000), not_before = $3 WHERE id = $1 AND ended_at IS NULL",
        id,
        answer,
        not_before
    )
    .execute(conn)
    .await?;
    Ok(())
}
