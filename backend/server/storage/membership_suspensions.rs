//! Days on which the rights of a member rest.

use abruf_domain::ids::{OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// A suspension, as recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// Which.
    pub id: Uuid,
    /// First day, included.
    pub valid_from: NaiveDate,
    /// Last day, included; none while no end is known.
    pub valid_to: Option<NaiveDate>,
    /// The resolution or the rule of the Satzung.
    pub reason: String,
    /// When it was lifted: it then counts for no day.
    pub lifted_at: Option<DateTime<Utc>>,
}

/// The suspensions of a member of a body, the newest first.
pub async fn of_member(
    conn: &mut PgConnection,
    body: OrganisationId,
    member: OrganisationId,
) -> Result<Vec<Suspension>, StorageError> {
    Ok(sqlx::query_as!(
        Suspension,
        "SELECT id, valid_from, valid_to, reason, lifted_at
         FROM membership_suspension
         WHERE body_id = $1 AND member_id = $2
         ORDER BY valid_from DESC, id DESC",
        body.0,
        member.0
    )
    .fetch_all(conn)
    .await?)
}

/// Writes one; days that rest already are refused by `membership_suspension_once`.
pub async fn insert(
    conn: &mut PgConnection,
    body: OrganisationId,
    member: OrganisationId,
    new: &Suspension,
    person: PersonId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO membership_suspension (id, body_id, member_id, valid_from, valid_to, reason, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        body.0,
        member.0,
        new.valid_from,
        new.valid_to,
        new.reason,
        person.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Lifts one from today on: days before stay suspended, one that has not begun counts for no day. False if it
/// was lifted or is over.
pub async fn lift(
    conn: &mut PgConnection,
    id: Uuid,
    today: NaiveDate,
    person: PersonId,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "UPDATE membership_suspension
         SET valid_to = CASE WHEN valid_from < $2 THEN $2::date - 1 ELSE valid_to END,
             lifted_by = CASE WHEN valid_from < $2 THEN lifted_by ELSE $3 END,
             lifted_at = CASE WHEN valid_from < $2 THEN lifted_at ELSE $4::timestamptz END
         WHERE id = $1 AND lifted_at IS NULL AND (valid_to IS NULL OR $2 <= valid_to)",
        id,
        today,
        person.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}
