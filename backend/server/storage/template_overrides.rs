//! Templates, text blocks, logos and fonts of the customer, as they were loaded.

use abruf_domain::ids::OrganisationId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// A file of a customer: a text, or the hash of a logo or font.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideRow {
    /// File name.
    pub name: String,
    /// The text.
    pub wording: Option<String>,
    /// SHA-256 of the logo or font.
    pub asset: Option<Vec<u8>>,
}

/// The files in use for the documents of a member, those of its body first; of the body alone without a member. Of two
/// with a name the later one counts.
pub async fn current(
    conn: &mut PgConnection,
    body: OrganisationId,
    member: Option<OrganisationId>,
) -> Result<Vec<OverrideRow>, StorageError> {
    let mut rows = sqlx::query_as!(
        OverrideRow,
        "SELECT DISTINCT ON (member_id, name) name, wording, asset_sha256 AS asset
         FROM template_override
         WHERE body_id = $1 AND (member_id IS NULL OR member_id = $2)
         ORDER BY member_id NULLS FIRST, name, loaded_at DESC, id DESC",
        body.0,
        member.map(Uuid::from)
    )
    .fetch_all(conn)
    .await?;
    rows.retain(|row| row.wording.is_some() || row.asset.is_some());
    Ok(rows)
}

/// The files that a body or a member has of its own.
pub async fn own(
    conn: &mut PgConnection,
    body: OrganisationId,
    member: Option<OrganisationId>,
) -> Result<Vec<OverrideRow>, StorageError> {
    let mut rows = sqlx::query_as!(
        OverrideRow,
        "SELECT DISTINCT ON (name) name, wording, asset_sha256 AS asset
         FROM template_override
         WHERE body_id = $1 AND member_id IS NOT DISTINCT FROM $2
         ORDER BY name, loaded_at DESC, id DESC",
        body.0,
        member.map(Uuid::from)
    )
    .fetch_all(conn)
    .await?;
    rows.retain(|row| row.wording.is_some() || row.asset.is_some());
    Ok(rows)
}

/// A logo or font.
pub async fn asset(conn: &mut PgConnection, sha256: &[u8]) -> Result<Option<Vec<u8>>, StorageError> {
    Ok(sqlx::query_scalar!("SELECT bytes FROM template_asset WHERE sha256 = $1", sha256).fetch_optional(conn).await?)
}

/// Keeps a logo or font, once.
pub async fn keep_asset(conn: &mut PgConnection, sha256: &[u8; 32], bytes: &[u8]) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO template_asset (sha256, bytes) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        &sha256[..],
        bytes
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What a file says from now on.
#[derive(Debug, Clone, Copy)]
pub enum Content<'a> {
    /// This text.
    Text(&'a str),
    /// The logo or font of this hash.
    Asset(&'a [u8; 32]),
    /// Nothing of its own: the default counts again.
    TakenBack,
}

/// A file to be used from now on.
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
    /// What it says.
    pub content: Content<'a>,
    /// Its version; `None` where it is taken back.
    pub version: Option<&'a str>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a file; older ones stay.
pub async fn insert(conn: &mut PgConnection, new: &NewOverride<'_>) -> Result<(), StorageError> {
    let (wording, asset) = match new.content {
        Content::Text(text) => (Some(text), None),
        Content::Asset(sha256) => (None, Some(&sha256[..])),
        Content::TakenBack => (None, None),
    };
    sqlx::query!(
        "INSERT INTO template_override (id, body_id, member_id, name, wording, asset_sha256, version, loaded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        new.body.0,
        new.member.map(Uuid::from),
        new.name,
        wording,
        asset,
        new.version,
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
