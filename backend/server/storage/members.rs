//! Writes what makes an organisation a member: the organisation, its dated role, its membership.

use abruf_domain::ids::OrganisationId;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::register::RegisterEntry;

/// A membership to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewMembership {
    /// Which.
    pub id: Uuid,
    /// The cooperative.
    pub body: OrganisationId,
    /// The member.
    pub member: OrganisationId,
    /// Date of the declaration of accession.
    pub declared_on: NaiveDate,
    /// First day.
    pub effective_from: NaiveDate,
    /// Shares taken.
    pub shares: i32,
    /// Nominal value of one.
    pub share_value_net: Decimal,
}

/// The organisation with this official municipality key: it may have been a member before.
pub async fn with_official_key(conn: &mut PgConnection, key: &str) -> Result<Option<OrganisationId>, StorageError> {
    let id =
        sqlx::query_scalar!("SELECT id FROM organisation WHERE official_key = $1", key).fetch_optional(conn).await?;
    Ok(id.map(OrganisationId))
}

/// Writes a municipality as the register words it.
pub async fn insert_organisation(
    conn: &mut PgConnection,
    id: OrganisationId,
    entry: &RegisterEntry,
    kind: &str,
    land: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO organisation (id, name, kind, region, jurisdiction, official_key, inhabitants, postcode, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id.0,
        entry.name,
        kind,
        format!("DE-{land}"),
        format!("de/{}", land.to_lowercase()),
        entry.official_key,
        entry.inhabitants,
        entry.postcode,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes it a member to the body from a day on, unless it is one then.
pub async fn insert_role(
    conn: &mut PgConnection,
    role: Uuid,
    body: OrganisationId,
    member: OrganisationId,
    valid_from: NaiveDate,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO organisation_role (id, organisation_id, body_id, role, valid_from)
         SELECT $1, $2, $3, 'member', $4
         WHERE NOT EXISTS (SELECT FROM organisation_role
                           WHERE organisation_id = $2 AND body_id = $3 AND role = 'member'
                             AND (valid_to IS NULL OR $4 <= valid_to))",
        role,
        member.0,
        body.0,
        valid_from
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes a membership; `membership_once` refuses one that overlaps another.
pub async fn insert_membership(conn: &mut PgConnection, new: &NewMembership) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO membership (id, body_id, member_id, declared_on, effective_from, shares, share_value_net)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        new.id,
        new.body.0,
        new.member.0,
        new.declared_on,
        new.effective_from,
        new.shares,
        new.share_value_net,
    )
    .execute(conn)
    .await?;
    Ok(())
}
