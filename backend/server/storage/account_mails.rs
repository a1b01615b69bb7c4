//! Letters with a link into an account. They hold no link: it is drawn when the letter is sent.

use abruf_domain::ids::PersonId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::affected;

/// Asks for a letter to a person.
pub async fn push(
    conn: &mut PgConnection,
    id: Uuid,
    person: PersonId,
    asked_by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO account_mail (id, person_id, purpose, asked_by, created_at, not_before) VALUES ($1, $2, 'invitation', $3, $4, $4)",
        id,
        person.0,
        asked_by.0,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Asks for a letter to whoever signs in under this address, by one statement that does the same for nobody's: to
/// nobody, to an account of the demo, and beyond `most` since `since` no letter goes out.
///
/// Returns whose it is.
pub async fn push_recovery(
    conn: &mut PgConnection,
    id: Uuid,
    email: &str,
    (most, since): (i64, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<Option<PersonId>, StorageError> {
    let person = sqlx::query_scalar!(
        r#"INSERT INTO account_mail (id, person_id, purpose, created_at, not_before, state, ended_at)
           SELECT $1, a.person, 'recovery', $3, $3,
                  CASE WHEN a.wanted THEN 'waiting' ELSE 'void' END, CASE WHEN a.wanted THEN NULL ELSE $3::timestamptz END
           FROM (SELECT p.id AS person,
                        p.id IS NOT NULL AND NOT p.demo
                        AND (SELECT count(*) FROM account_mail m
                             WHERE m.person_id = p.id AND m.purpose = 'recovery' AND $5 < m.created_at) < $4 AS wanted
                 FROM (SELECT) one
                 LEFT JOIN person p ON p.email = $2) a
           RETURNING person_id"#,
        id,
        email,
        now,
        most,
        since
    )
    .fetch_one(conn)
    .await?;
    Ok(person.map(PersonId))
}

/// An attempt that has begun.
#[derive(Debug, Clone)]
pub struct Begun {
    /// Which letter.
    pub id: Uuid,
    /// To whom.
    pub person: PersonId,
    /// Their mail address.
    pub email: String,
    /// Their name.
    pub name: String,
    /// `invitation` or `recovery`.
    pub purpose: String,
    /// Who invited.
    pub asked_by: Option<Uuid>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Which attempt this is, from 1.
    pub attempts: i32,
}

/// Begins an attempt at the next letter that is due; `None` if there is none or everything is held after a restore.
pub async fn begin_next(
    conn: &mut PgConnection,
    now: DateTime<Utc>,
    lost_at: DateTime<Utc>,
) -> Result<Option<Begun>, StorageError> {
    Ok(sqlx::query_as!(
        Begun,
        r#"UPDATE account_mail m
           SET state = 'sending', attempts = attempts + 1, not_before = $2
           FROM person p
           WHERE p.id = m.person_id AND m.id = (
               SELECT w.id FROM account_mail w
               WHERE w.ended_at IS NULL AND w.not_before <= $1 AND NOT EXISTS (SELECT FROM installation WHERE outbox_held)
               ORDER BY w.not_before, w.id
               LIMIT 1
               FOR UPDATE OF w SKIP LOCKED)
           RETURNING m.id, p.id AS person, p.email, p.name, m.purpose, m.asked_by, m.created_at, m.attempts"#,
        now,
        lost_at
    )
    .fetch_optional(conn)
    .await?)
}

/// Ends a letter: `sent`, `failed` or `void`.
pub async fn end(
    conn: &mut PgConnection,
    id: Uuid,
    state: &str,
    answer: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE account_mail SET state = $2, answer = left($3, 1000), ended_at = $4 WHERE id = $1 AND ended_at IS NULL",
        id,
        state,
        answer,
        now
    )
    .execute(conn)
    .await?;
    affected("end a letter", 1, done.rows_affected())
}

/// Notes why an attempt came to nothing, and when the next one is due.
pub async fn postpone(
    conn: &mut PgConnection,
    id: Uuid,
    answer: &str,
    not_before: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "UPDATE account_mail SET state = 'waiting', answer = left($2, 1000), not_before = $3 WHERE id = $1 AND ended_at IS NULL",
        id,
        answer,
        not_before
    )
    .execute(conn)
    .await?;
    Ok(())
}
