//! Sessions: the rows that session tokens name. Revoking a row ends its tokens at once.

use abruf_domain::ids::{AssignmentId, OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::storage::error::affected;
use crate::storage::people::{Acting, AssignmentRow};
use crate::storage::sign_in_events::Origin;
use crate::storage::{Db, StorageError};

/// A session that is neither revoked nor over.
#[derive(Debug, Clone)]
pub struct Session {
    /// Claim `sid` of the token.
    pub id: Uuid,
    /// Who signed in.
    pub person: PersonId,
    /// Their name, as shown.
    pub person_name: String,
    /// The assignment chosen, if any.
    pub assignment: Option<AssignmentId>,
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// End if not renewed.
    pub expires_at: DateTime<Utc>,
}

/// What a session has shown of a second factor, and what its person has to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FactorState {
    /// When it was shown in this session.
    pub shown_at: Option<DateTime<Utc>>,
    /// The person has set one up.
    pub has: bool,
    /// What the person may do today wants one.
    pub needs: bool,
}

/// A session with whom it acts for and what it has shown.
#[derive(Debug, Clone)]
pub struct Found {
    /// The session.
    pub session: Session,
    /// Whom it acts for.
    pub acting: Option<Acting>,
    /// Its second factor.
    pub factor: FactorState,
}

/// Starts a session.
pub async fn insert(tx: &mut PgConnection, session: &Session) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO session (id, person_id, assignment_id, created_at, last_seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $4, $5)",
        session.id,
        session.person.0,
        session.assignment.map(|it| it.0),
        session.created_at,
        session.expires_at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The session of this id and person with the assignment it acts under, unless it is revoked or over.
/// Nobody acts yet, so this is the one thing that is asked without an actor, in one statement.
pub async fn current(
    db: &Db,
    id: Uuid,
    person: PersonId,
    now: DateTime<Utc>,
    today: NaiveDate,
) -> Result<Option<Found>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT person_name AS "person_name!", assignment_id, created_at AS "created_at!", expires_at AS "expires_at!",
                  second_factor_at, has_factor AS "has_factor!", needs_factor AS "needs_factor!", role,
                  organisation, organisation_name, body, body_name, body_email, period_from, period_to, members AS "members!"
           FROM abruf.session_acting($1, $2, $3, $4)"#,
        id,
        person.0,
        now,
        today,
    )
    .fetch_optional(db.pool())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let assignment = row.assignment_id.map(AssignmentId);
    let acting = match (assignment, row.role, row.organisation, row.body) {
        (Some(id), Some(role), Some(organisation), Some(body)) => {
            let assignment = AssignmentRow {
                id,
                role,
                organisation: OrganisationId(organisation),
                organisation_name: row.organisation_name.unwrap_or_default(),
                body: OrganisationId(body),
                body_name: row.body_name.unwrap_or_default(),
                body_email: row.body_email.unwrap_or_default(),
                period_from: row.period_from,
                period_to: row.period_to,
                members: row.members,
            };
            Some(assignment.acting(person)?)
        }
        _ => None,
    };
    let session = Session {
        id,
        person,
        person_name: row.person_name,
        assignment,
        created_at: row.created_at,
        expires_at: row.expires_at,
    };
    let factor = FactorState { shown_at: row.second_factor_at, has: row.has_factor, needs: row.needs_factor };
    Ok(Some(Found { session, acting, factor }))
}

/// A session as it was, living or not.
#[derive(Debug, Clone)]
pub struct Former {
    /// Which.
    pub id: Uuid,
    /// Whom it acted for.
    pub assignment: Option<AssignmentId>,
}

/// What a person began since an instant, also what is over, newest first; at most 100.
pub async fn begun_since(
    tx: &mut PgConnection,
    person: PersonId,
    since: DateTime<Utc>,
) -> Result<Vec<Former>, StorageError> {
    let rows = sqlx::query!(
        "SELECT id, assignment_id FROM session WHERE person_id = $1 AND $2 <= created_at
         ORDER BY created_at DESC, id DESC LIMIT 100",
        person.0,
        since
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| Former { id: row.id, assignment: row.assignment_id.map(AssignmentId) }).collect())
}

/// Notes that the session was used and moves its end.
pub async fn renew(
    tx: &mut PgConnection,
    id: Uuid,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    // A sign-out in between wins: no row, no error.
    sqlx::query!(
        "UPDATE session SET last_seen_at = $2, expires_at = $3 WHERE id = $1 AND revoked_at IS NULL",
        id,
        now,
        expires_at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Lets the person act for another of their assignments.
pub async fn choose_assignment(tx: &mut PgConnection, id: Uuid, assignment: AssignmentId) -> Result<(), StorageError> {
    let done =
        sqlx::query!("UPDATE session SET assignment_id = $2 WHERE id = $1", id, assignment.0).execute(tx).await?;
    affected("choose assignment", 1, done.rows_affected())
}

/// Ends one session.
pub async fn revoke(tx: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<(), StorageError> {
    sqlx::query!("UPDATE session SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", id, now)
        .execute(tx)
        .await?;
    Ok(())
}

/// Ends all sessions of a person.
pub async fn revoke_all(tx: &mut PgConnection, person: PersonId, now: DateTime<Utc>) -> Result<(), StorageError> {
    sqlx::query!("UPDATE session SET revoked_at = $2 WHERE person_id = $1 AND revoked_at IS NULL", person.0, now)
        .execute(tx)
        .await?;
    Ok(())
}

/// Notes where a session was begun, and when its second factor was shown.
pub async fn describe(
    tx: &mut PgConnection,
    id: Uuid,
    origin: &Origin,
    second_factor_at: Option<DateTime<Utc>>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE session SET network = $2, client = $3, second_factor_at = $4 WHERE id = $1",
        id,
        origin.network,
        origin.client,
        second_factor_at
    )
    .execute(tx)
    .await?;
    affected("describe session", 1, done.rows_affected())
}

/// A session in its person's list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Which.
    pub id: Uuid,
    /// Sign-in.
    pub created_at: DateTime<Utc>,
    /// Last renewal.
    pub last_seen_at: DateTime<Utc>,
    /// End if not used.
    pub expires_at: DateTime<Utc>,
    /// Shortened address.
    pub network: String,
    /// Browser and system.
    pub client: String,
    /// Whom it acts for.
    pub organisation: Option<String>,
}

/// The sessions of a person that live, newest first.
pub async fn of_person(
    tx: &mut PgConnection,
    person: PersonId,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Listed>, StorageError> {
    Ok(sqlx::query_as!(
        Listed,
        r#"SELECT s.id, s.created_at, s.last_seen_at, s.expires_at, s.network, s.client, o.name AS "organisation?"
           FROM session s
           LEFT JOIN assignment a ON a.id = s.assignment_id
           LEFT JOIN organisation o ON o.id = a.organisation_id
           WHERE s.person_id = $1 AND s.revoked_at IS NULL AND $2 < s.expires_at
           ORDER BY s.created_at DESC, s.id DESC
           LIMIT $3"#,
        person.0,
        now,
        limit
    )
    .fetch_all(tx)
    .await?)
}

/// Ends one living session of a person; false if there is none such.
pub async fn revoke_own(
    tx: &mut PgConnection,
    person: PersonId,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "UPDATE session SET revoked_at = $3 WHERE id = $1 AND person_id = $2 AND revoked_at IS NULL AND $3 < expires_at",
        id,
        person.0,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends every session of a person but this one; how many lived.
pub async fn revoke_others(
    tx: &mut PgConnection,
    person: PersonId,
    keep: Uuid,
    now: DateTime<Utc>,
) -> Result<u64, StorageError> {
    let done = sqlx::query!(
        "UPDATE session SET revoked_at = $3 WHERE person_id = $1 AND id <> $2 AND revoked_at IS NULL AND $3 < expires_at",
        person.0,
        keep,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Deletes the sessions that ended before an instant; how many.
pub async fn forget(tx: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, StorageError> {
    let gone =
        sqlx::query!("DELETE FROM session WHERE least(expires_at, coalesce(revoked_at, expires_at)) < $1", before)
            .execute(tx)
            .await?;
    Ok(gone.rows_affected())
}
