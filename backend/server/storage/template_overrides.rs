//! Template texts of the customer, as they were loaded.

use std::collections::BTreeMap;

use abruf_domain::ids::OrganisationId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// The texts in use for the documents of a member, by name; of the body alone without a member.
pub async fn current(
    conn: &mut PgConnection,
    body: OrganisationId,
    member: Option<OrganisationId>,
) -> Result<BTreeMap<String, String>, StorageError> {
    let rows = sqlx::query!(
        "SELECT DISTINCT ON (member_id, name) name, wording
         FROM template_override
         WHERE body_id = $1 AND (member_id IS NULL OR member_id = $2)
         ORDER BY member_id NULLS FIRST, name, loaded_at DESC, id DESC",
        body.0,
        member.map(Uuid::from)
    )
    .fetch_all(conn)
    .await?;
    // The body's stand first, so that those of the member count where both have one.
    Ok(rows.into_iter().filter_map(|row| Some((row.name, row.wording?))).collect())
}

/// The texts that a body or a member has of its own, by name.
pub async fn own(
    conn: &mut PgConnection,
    body: OrganisationId,
    member: Option<OrganisationId>,
) -> Result<BTreeMap<String, String>, StorageError> {
    let rows = sqlx::query!(
        "SELECT DISTINCT ON (name) name, wording
         FROM template_override
         WHERE body_id = $1 AND member_id IS NOT DISTINCT FROM $2
         ORDER BY name, loaded_at DESC, id DESC",
        body.0,
        member.map(Uuid::from)
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.name, row.wording?))).collect())
}

/// A text to be used from now on.
#[derive(Debug)]
pub struct NewOverride<'a> {
    /// Which.
    pub id: Uuid,
    /// The purchasing body.
    pub body: OrganisationId,
    /// For whose documents; `None`: of all its members.
    pub member: Option<OrganisationId>,
    /// File name.
    pub name: &'a str,
    /// The text with its version; `None`: the default counts again.
    pub wording: Option<(&'a str, &'a str)>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a text; older ones stay.
pub async fn insert(conn: &mut PgConnection, new: &NewOverride<'_>) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO template_override (id, body_id, member_id, name, wording, version, loaded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new.id,
        new.body.0,
        new.member.map(Uuid::from),
        new.name,
        new.wording.map(|it| it.0),
        new.wording.map(|it| it.1),
        new.at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Who may have templates: each body by name, then its members.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The purchasing body.
    pub body: OrganisationId,
    /// Its name.
    pub body_name: String,
    /// The member; `None`: the body itself.
    pub member: Option<OrganisationId>,
    /// Its name.
    pub member_name: Option<String>,
}

/// Everybody who may have templates.
pub async fn owners(conn: &mut PgConnection) -> Result<Vec<Owner>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT b.id AS "body!", b.name AS "body_name!", m.id AS "member?", m.name AS "member_name?"
           FROM organisation b
           JOIN (SELECT DISTINCT body_id, organisation_id AS member_id FROM organisation_role WHERE role = 'member'
                 UNION ALL
                 SELECT DISTINCT organisation_id, NULL::uuid FROM organisation_role WHERE role = 'body') AS o ON o.body_id = b.id
           LEFT JOIN organisation m ON m.id = o.member_id
           ORDER BY b.name, b.id, m.name NULLS FIRST, m.id"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Owner {
            body: OrganisationId(row.body),
            body_name: row.body_name,
            member: row.member.map(OrganisationId),
            member_name: row.member_name,
        })
        .collect())
}
