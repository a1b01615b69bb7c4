//! Keys of programs. Only the hash of a key is stored; uses are counted by the function that finds it.

use abruf_domain::ids::{AssignmentId, OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::storage::people::{Acting, AssignmentRow};
use crate::storage::sessions::FactorState;
use crate::storage::{Db, StorageError};

/// A key to be stored.
#[derive(Debug)]
pub struct NewKey<'a> {
    /// Which.
    pub id: Uuid,
    /// Who made it.
    pub person: PersonId,
    /// For which of their assignments.
    pub assignment: AssignmentId,
    /// What for.
    pub name: &'a str,
    /// The part that is shown again.
    pub prefix: &'a str,
    /// Hash of the whole.
    pub sha256: [u8; 32],
    /// What it may do.
    pub scopes: &'a [String],
    /// Now.
    pub created_at: DateTime<Utc>,
    /// End.
    pub expires_at: DateTime<Utc>,
}

/// Stores a key; false if there is one of this id.
pub async fn insert(tx: &mut PgConnection, key: &NewKey<'_>) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "INSERT INTO api_key (id, person_id, assignment_id, name, prefix, key_sha256, scopes, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (id) DO NOTHING",
        key.id,
        key.person.0,
        key.assignment.0,
        key.name,
        key.prefix,
        key.sha256.as_slice(),
        key.scopes,
        key.created_at,
        key.expires_at,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many keys of a person still open something.
pub async fn count_living(tx: &mut PgConnection, person: PersonId, now: DateTime<Utc>) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM api_key WHERE person_id = $1 AND revoked_at IS NULL AND $2 < expires_at"#,
        person.0,
        now
    )
    .fetch_one(tx)
    .await?)
}

/// A key in a list; never the key itself.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Which.
    pub id: Uuid,
    /// What for.
    pub name: String,
    /// The part that is shown again.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Whose.
    pub person: Uuid,
    /// Their name.
    pub person_name: String,
    /// Assignment it acts for.
    pub assignment: Uuid,
    /// Its role, as the database writes it.
    pub role: String,
    /// Its organisation.
    pub organisation_name: String,
    /// The assignment is valid.
    pub assigned: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// End.
    pub expires_at: DateTime<Utc>,
    /// Requests it was accepted for.
    pub uses: i64,
    /// The last of them.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Requests it was refused for.
    pub refusals: i64,
    /// When it was revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

/// The visible keys, of one person or of all, newest first.
pub async fn page(
    tx: &mut PgConnection,
    person: Option<PersonId>,
    (now, today): (DateTime<Utc>, NaiveDate),
    limit: i64,
    offset: i64,
) -> Result<Vec<Listed>, StorageError> {
    Ok(sqlx::query_as!(
        Listed,
        r#"SELECT k.id, k.name, k.prefix, k.scopes, k.person_id AS person, p.name AS person_name,
                  k.assignment_id AS assignment, a.role, o.name AS organisation_name,
                  (a.valid_from <= $3 AND (a.valid_to IS NULL OR $3 <= a.valid_to)
                   AND (a.ends_at IS NULL OR $2 < a.ends_at)) AS "assigned!",
                  k.created_at, k.expires_at, k.uses, k.last_used_at, k.refusals, k.revoked_at
           FROM api_key k
           JOIN person p ON p.id = k.person_id
           JOIN assignment a ON a.id = k.assignment_id
           JOIN organisation o ON o.id = a.organisation_id
           WHERE $1::uuid IS NULL OR k.person_id = $1
           ORDER BY k.created_at DESC, k.id DESC
           LIMIT $4 OFFSET $5"#,
        person.map(|it| it.0),
        now,
        today,
        limit,
        offset
    )
    .fetch_all(tx)
    .await?)
}

/// How many there are.
pub async fn count(tx: &mut PgConnection, person: Option<PersonId>) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM api_key WHERE $1::uuid IS NULL OR person_id = $1"#,
        person.map(|it| it.0)
    )
    .fetch_one(tx)
    .await?)
}

/// Revokes a visible key, of one person or of anybody; whose it was, or none if there is none such that is not revoked.
pub async fn revoke(
    tx: &mut PgConnection,
    id: Uuid,
    of: Option<PersonId>,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<Option<PersonId>, StorageError> {
    let person = sqlx::query_scalar!(
        "UPDATE api_key SET revoked_at = $4, revoked_by = $3
         WHERE id = $1 AND ($2::uuid IS NULL OR person_id = $2) AND revoked_at IS NULL
         RETURNING person_id",
        id,
        of.map(|it| it.0),
        by.0,
        now
    )
    .fetch_optional(tx)
    .await?;
    Ok(person.map(PersonId))
}

/// Revokes every key of a person that opens something; which they were, oldest first.
pub async fn revoke_all(
    tx: &mut PgConnection,
    person: PersonId,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<Vec<Uuid>, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"WITH revoked AS (
               UPDATE api_key SET revoked_at = $3, revoked_by = $2
               WHERE person_id = $1 AND revoked_at IS NULL AND $3 < expires_at
               RETURNING id
           )
           SELECT id AS "id!" FROM revoked ORDER BY id"#,
        person.0,
        by.0,
        now
    )
    .fetch_all(tx)
    .await?)
}

/// A key that was sent, and what it is good for.
#[derive(Debug, Clone)]
pub struct Used {
    /// Which.
    pub id: Uuid,
    /// Whose.
    pub person: PersonId,
    /// Their name.
    pub person_name: String,
    /// Account of the demo.
    pub demo: bool,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// End.
    pub expires_at: DateTime<Utc>,
    /// Neither revoked nor over, and its assignment is valid.
    pub works: bool,
    /// The first time of the day, to be written down.
    pub to_be_noted: bool,
    /// The second factor of its person; the key was made by somebody who had shown what they have.
    pub factor: FactorState,
    /// Whom it acts for.
    pub acting: Acting,
}

/// Finds and counts a key by its hash. Nobody acts yet: with sessions the one thing asked without an actor.
pub async fn use_key(
    db: &Db,
    sha256: &[u8],
    now: DateTime<Utc>,
    today: NaiveDate,
) -> Result<Option<Used>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT key_id AS "id!", key_person AS "person!", person_name AS "person_name!", demo AS "demo!",
                  key_scopes AS "scopes!", made_at AS "made_at!", ends_at AS "ends_at!", works AS "works!",
                  to_be_noted AS "to_be_noted!", has_factor AS "has_factor!", needs_factor AS "needs_factor!",
                  role AS "role!", assignment AS "assignment!", organisation AS "organisation!",
                  organisation_name AS "organisation_name!", body AS "body!", body_name AS "body_name!",
                  body_email AS "body_email!", period_from, period_to, members AS "members!"
           FROM abruf.use_api_key($1, $2, $3)"#,
        sha256,
        now,
        today,
    )
    .fetch_optional(db.pool())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let person = PersonId(row.person);
    let assignment = AssignmentRow {
        id: AssignmentId(row.assignment),
        role: row.role,
        organisation: OrganisationId(row.organisation),
        organisation_name: row.organisation_name,
        body: OrganisationId(row.body),
        body_name: row.body_name,
        body_email: row.body_email,
        period_from: row.period_from,
        period_to: row.period_to,
        members: row.members,
    };
    Ok(Some(Used {
        id: row.id,
        person,
        person_name: row.person_name,
        demo: row.demo,
        scopes: row.scopes,
        created_at: row.made_at,
        expires_at: row.ends_at,
        works: row.works,
        to_be_noted: row.to_be_noted,
        factor: FactorState { shown_at: Some(row.made_at), has: row.has_factor, needs: row.needs_factor },
        acting: assignment.acting(person)?,
    }))
}
