//! What a session got from the outside provider by which its person signed in.

use abruf_domain::ids::{AssignmentId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::storage::StorageError;
use crate::storage::error::affected;

/// What the provider gave.
#[derive(Debug, Clone)]
pub struct Given<'a> {
    /// The provider.
    pub issuer: &'a str,
    /// The session there.
    pub session: Option<&'a str>,
    /// When a second factor was shown there that we trust.
    pub factor_at: Option<DateTime<Utc>>,
    /// Assignments it may act for; none: all.
    pub may_act_for: Option<&'a [Uuid]>,
    /// The one it acts for, if there is no choice.
    pub acts_for: Option<Uuid>,
}

/// Writes it to a session that was just begun.
pub async fn mark(tx: &mut PgConnection, id: Uuid, given: &Given<'_>) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE session SET issuer = $2, provider_session = $3, provider_factor_at = $4, may_act_for = $5, assignment_id = $6
         WHERE id = $1",
        id,
        given.issuer,
        given.session,
        given.factor_at,
        given.may_act_for,
        given.acts_for
    )
    .execute(tx)
    .await?;
    affected("mark the session of a provider", 1, done.rows_affected())
}

/// A session that takes another one's place has from the provider what that one had.
pub async fn hand_on(tx: &mut PgConnection, from: Uuid, to: Uuid) -> Result<(), StorageError> {
    sqlx::query!(
        "UPDATE session n SET issuer = o.issuer, provider_session = o.provider_session,
                provider_factor_at = o.provider_factor_at, may_act_for = o.may_act_for
         FROM session o WHERE o.id = $1 AND n.id = $2 AND o.person_id = n.person_id AND o.issuer IS NOT NULL",
        from,
        to
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The provider by which the person of a session signed in.
pub async fn issuer_of(tx: &mut PgConnection, id: Uuid) -> Result<Option<String>, StorageError> {
    let row = sqlx::query_scalar!("SELECT issuer FROM session WHERE id = $1", id).fetch_optional(tx).await?;
    Ok(row.flatten())
}

/// Whether what the provider said leaves the session this assignment.
pub async fn may_act_for(tx: &mut PgConnection, id: Uuid, assignment: AssignmentId) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM session WHERE id = $1 AND (may_act_for IS NULL OR $2 = ANY (may_act_for))) AS "may!""#,
        id,
        assignment.0
    )
    .fetch_one(tx)
    .await?)
}

/// Assignments of a person that are valid now, with role and organisation.
pub async fn assignments_now(
    tx: &mut PgConnection,
    person: PersonId,
    (now, today): (DateTime<Utc>, NaiveDate),
) -> Result<Vec<(Uuid, String, Uuid)>, StorageError> {
    let rows = sqlx::query!(
        "SELECT id, role, organisation_id FROM assignment
         WHERE person_id = $1 AND valid_from <= $3 AND (valid_to IS NULL OR $3 <= valid_to) AND (ends_at IS NULL OR $2 < ends_at)
         ORDER BY id",
        person.0,
        now,
        today
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|it| (it.id, it.role, it.organisation_id)).collect())
}

/// Ends the sessions a person began by a provider, all or one, as far as they had begun by then; how many lived.
pub async fn end(
    tx: &mut PgConnection,
    person: PersonId,
    (issuer, session): (&str, Option<&str>),
    begun_by: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<u64, StorageError> {
    let done = sqlx::query!(
        "UPDATE session SET revoked_at = $5
         WHERE person_id = $1 AND issuer = $2 AND ($3::text IS NULL OR provider_session = $3) AND created_at <= $4
           AND revoked_at IS NULL",
        person.0,
        issuer,
        session,
        begun_by,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}
