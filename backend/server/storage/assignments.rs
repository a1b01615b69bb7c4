//! What a person's assignment allows, and the name behind an id.

use abruf_domain::ids::{AssignmentId, PersonId};
use abruf_domain::money::Gross;
use sqlx::PgConnection;

use super::StorageError;
use super::error::consistent;

/// Largest gross order value this assignment may release; `None`: unlimited.
pub async fn release_limit(conn: &mut PgConnection, id: AssignmentId) -> Result<Option<Gross>, StorageError> {
    let limit = sqlx::query_scalar!("SELECT release_limit_gross FROM assignment WHERE id = $1", id.0)
        .fetch_optional(conn)
        .await?
        .flatten();
    limit.map(|limit| consistent(Gross::new(limit), "assignment", "release_limit_gross", id)).transpose()
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

/// Who is approver of a member on this day, by name.
pub async fn approver_names(
    conn: &mut PgConnection,
    member: abruf_domain::ids::OrganisationId,
    today: chrono::NaiveDate,
) -> Result<Vec<(PersonId, String)>, StorageError> {
    let rows = sqlx::query!(
        "SELECT DISTINCT p.name, p.id
         FROM assignment a
         JOIN person p ON p.id = a.person_id
         WHERE a.organisation_id = $1 AND a.role = 'approver'
           AND a.valid_from <= $2 AND (a.valid_to IS NULL OR $2 <= a.valid_to)
         ORDER BY p.name, p.id",
        member.0,
        today
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (PersonId(row.id), row.name)).collect())
}

/// Last day of an assignment; `None`: until further notice.
pub async fn valid_to(conn: &mut PgConnection, id: AssignmentId) -> Result<Option<chrono::NaiveDate>, StorageError> {
    Ok(sqlx::query_scalar!("SELECT valid_to FROM assignment WHERE id = $1", id.0).fetch_optional(conn).await?.flatten())
}
