//! What a person's assignment allows, and the name behind an id.

use abruf_domain::facts::{Authority, Power, Releaser};
use abruf_domain::ids::{AssignmentId, PersonId};
use abruf_domain::money::Gross;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::StorageError;
use super::error::consistent;

/// Whoever releases under this assignment: up to which amount, and with what power to bind the member.
pub async fn releaser(conn: &mut PgConnection, person: PersonId, id: AssignmentId) -> Result<Releaser, StorageError> {
    let row = sqlx::query!(
        r#"SELECT a.release_limit_gross, a.heads_administration, p.technical,
                  coalesce((SELECT jsonb_agg(jsonb_build_object('limit', s.limit_gross::text, 'subject', s.subject, 'document', s.document,
                                                 'validity', jsonb_build_object('from', s.valid_from, 'to', s.valid_to))
                                             ORDER BY s.valid_from, s.id)
                            FROM signing_authority s
                            WHERE s.person_id = a.person_id AND s.member_id = a.organisation_id), '[]') AS "authorities!: Json<Vec<Authority>>"
           FROM assignment a
           JOIN person p ON p.id = a.person_id
           WHERE a.id = $1 AND a.person_id = $2"#,
        id.0,
        person.0,
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(Releaser::new(person, None)) };
    let limit = row.release_limit_gross.map(Gross::new).transpose();
    Ok(Releaser {
        power: Power { head: row.heads_administration, authorities: row.authorities.0 },
        technical: row.technical,
        ..Releaser::new(person, consistent(limit, "assignment", "release_limit_gross", id)?)
    })
}

/// The assignment under which a person may release for a member on this day; the one with the highest
/// limit.
pub async fn approver_of(
    conn: &mut PgConnection,
    member: abruf_domain::ids::OrganisationId,
    person: PersonId,
    day: chrono::NaiveDate,
) -> Result<Option<AssignmentId>, StorageError> {
    let id = sqlx::query_scalar!(
        "SELECT id
         FROM assignment
         WHERE organisation_id = $1 AND person_id = $2 AND role = 'approver'
           AND valid_from <= $3 AND (valid_to IS NULL OR $3 <= valid_to)
         ORDER BY release_limit_gross DESC NULLS FIRST
         LIMIT 1",
        member.0,
        person.0,
        day
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(AssignmentId))
}

/// Name of a visible person.
pub async fn person_name(conn: &mut PgConnection, id: PersonId) -> Result<Option<String>, StorageError> {
    Ok(sqlx::query_scalar!("SELECT name FROM person WHERE id = $1", id.0).fetch_optional(conn).await?)
}

/// Names of those who may release a request of `requester` for a member on this day, deputies too.
pub async fn approvers(
    conn: &mut PgConnection,
    member: abruf_domain::ids::OrganisationId,
    requester: PersonId,
    today: chrono::NaiveDate,
) -> Result<Vec<String>, StorageError> {
    Ok(sqlx::query_scalar!(
        "SELECT p.name
         FROM assignment a
         JOIN person p ON p.id = a.person_id
         WHERE a.organisation_id = $1 AND a.role = 'approver' AND a.person_id <> $3
           AND a.valid_from <= $2 AND (a.valid_to IS NULL OR $2 <= a.valid_to)
         ORDER BY p.name",
        member.0,
        today,
        requester.0
    )
    .fetch_all(conn)
    .await?)
}

/// Last day of an assignment; `None`: until further notice.
pub async fn valid_to(conn: &mut PgConnection, id: AssignmentId) -> Result<Option<chrono::NaiveDate>, StorageError> {
    Ok(sqlx::query_scalar!("SELECT valid_to FROM assignment WHERE id = $1", id.0).fetch_optional(conn).await?.flatten())
}
