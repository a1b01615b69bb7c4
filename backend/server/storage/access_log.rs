//! Looks from outside at the call-offs and documents of members: by the body and by auditors.

use abruf_domain::ids::OrganisationId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use crate::actor::{Actor, Standing};

/// Notes that the actor looked at a call-off (`call_off`) or a file of it (`document`); nothing if they do not see it.
pub async fn note(
    conn: &mut PgConnection,
    actor: &Actor,
    call_off: Uuid,
    what: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO access_entry (at, body_id, member_id, call_off_id, what, role, organisation_id, person_id)
         SELECT $1, $2, c.member_id, c.id, $3, $4, $5, $6 FROM call_off c WHERE c.id = $7",
        now,
        actor.body.0,
        what,
        actor.role.key(),
        actor.organisation.0,
        actor.person.0,
        call_off
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that the actor opened a certificate of a member; nothing for papers of the body itself.
pub async fn note_certificate(
    conn: &mut PgConnection,
    actor: &Actor,
    certificate: Uuid,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO access_entry (at, body_id, member_id, what, role, organisation_id, person_id)
         SELECT $1, $2, c.member_id, 'document', $3, $4, $5
         FROM certificate c
         WHERE c.id = $6 AND c.member_id <> c.body_id",
        now,
        actor.body.0,
        actor.role.key(),
        actor.organisation.0,
        actor.person.0,
        certificate
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that the actor opened a file of a mini-competition of a member.
pub async fn note_competition(
    conn: &mut PgConnection,
    actor: &Actor,
    competition: Uuid,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO access_entry (at, body_id, member_id, call_off_id, what, role, organisation_id, person_id)
         SELECT $1, $2, m.member_id, m.call_off_id, 'document', $3, $4, $5
         FROM mini_competition m
         WHERE m.id = $6 AND m.member_id IS NOT NULL",
        now,
        actor.body.0,
        actor.role.key(),
        actor.organisation.0,
        actor.person.0,
        competition
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes an export: for each member in an auditor's scope, for the body once for all of them.
pub async fn note_export(conn: &mut PgConnection, actor: &Actor, now: DateTime<Utc>) -> Result<(), StorageError> {
    let members: Vec<Option<Uuid>> = match &actor.standing {
        Standing::Auditor(scope) => scope.members.iter().map(|id| Some(id.0)).collect(),
        _ => vec![None],
    };
    sqlx::query!(
        "INSERT INTO access_entry (at, body_id, member_id, what, role, organisation_id, person_id)
         SELECT $1, $2, member, 'export', $3, $4, $5 FROM unnest($6::uuid[]) AS member",
        now,
        actor.body.0,
        actor.role.key(),
        actor.organisation.0,
        actor.person.0,
        &members as &[Option<Uuid>]
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A look, as the member reads it: role and organisation, no name.
#[derive(Debug, Clone)]
pub struct Access {
    /// When.
    pub at: DateTime<Utc>,
    /// `call_off`, `document` or `export`.
    pub what: String,
    /// Role of whoever looked, as stored.
    pub role: String,
    /// For which organisation they acted.
    pub organisation: String,
    /// Whose call-off; none for an export over all members.
    pub member: Option<String>,
    /// The call-off; none for an export.
    pub call_off: Option<Uuid>,
    /// Its number, or its Vorgangsnummer.
    pub number: Option<String>,
}

/// The visible looks, newest first; of one member, if asked for.
pub async fn list(
    conn: &mut PgConnection,
    member: Option<OrganisationId>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Access>, StorageError> {
    Ok(sqlx::query_as!(
        Access,
        r#"SELECT e.at, e.what, e.role, o.name AS organisation, m.name AS "member?", e.call_off_id AS call_off,
                  coalesce(c.number, c.case_number) AS number
           FROM access_entry e
           JOIN organisation o ON o.id = e.organisation_id
           LEFT JOIN organisation m ON m.id = e.member_id
           LEFT JOIN call_off c ON c.id = e.call_off_id
           WHERE $1::uuid IS NULL OR e.member_id = $1 OR e.member_id IS NULL
           ORDER BY e.at DESC, e.id DESC
           LIMIT $2 OFFSET $3"#,
        member.map(|id| id.0),
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}

/// How many visible looks there are.
pub async fn count(conn: &mut PgConnection, member: Option<OrganisationId>) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM access_entry e
           WHERE $1::uuid IS NULL OR e.member_id = $1 OR e.member_id IS NULL"#,
        member.map(|id| id.0)
    )
    .fetch_one(conn)
    .await?)
}
