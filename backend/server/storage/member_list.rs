//! Members of a purchasing body as lists, filters and their own pages show them.

use abruf_domain::ids::OrganisationId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use crate::actor::{Actor, Standing};

/// Name of a member that the actor may look at: their own, those of their body, those in scope.
pub async fn visible_name(
    conn: &mut PgConnection,
    actor: &Actor,
    id: OrganisationId,
) -> Result<Option<String>, StorageError> {
    let in_view = match &actor.standing {
        Standing::Member => actor.organisation == id,
        Standing::Body => true,
        Standing::Auditor(scope) => scope.members.contains(&id),
    };
    if !in_view {
        return Ok(None);
    }
    Ok(sqlx::query_scalar!(
        "SELECT o.name
         FROM organisation o
         WHERE o.id = $1
           AND EXISTS (SELECT FROM organisation_role r
                       WHERE r.organisation_id = o.id AND r.body_id = $2 AND r.role = 'member')",
        id.0,
        actor.body.0
    )
    .fetch_optional(conn)
    .await?)
}

/// Members that the actor may look at, by name: for filters.
pub async fn options(conn: &mut PgConnection, actor: &Actor) -> Result<Vec<(OrganisationId, String)>, StorageError> {
    let only: Option<Vec<Uuid>> = match &actor.standing {
        Standing::Member => Some(vec![actor.organisation.0]),
        Standing::Body => None,
        Standing::Auditor(scope) => Some(scope.members.iter().map(|id| id.0).collect()),
    };
    let rows = sqlx::query!(
        "SELECT o.id, o.name
         FROM organisation o
         WHERE EXISTS (SELECT FROM organisation_role r
                       WHERE r.organisation_id = o.id AND r.body_id = $1 AND r.role = 'member')
           AND ($2::uuid[] IS NULL OR o.id = ANY ($2))
         ORDER BY o.name, o.id",
        actor.body.0,
        only.as_deref() as Option<&[Uuid]>,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (OrganisationId(row.id), row.name)).collect())
}
