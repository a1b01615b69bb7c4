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
        "INSERT INTO organisation (id, name, kind, region, jurisdiction, official_key, inhabitants, postcode, town, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id.0,
        entry.name,
        kind,
        format!("DE-{land}"),
        format!("de/{}", land.to_lowercase()),
        entry.official_key,
        entry.inhabitants,
        entry.postcode,
        // "Halle (Saale), Stadt": the rest is its legal kind, not its address.
        entry.name.split(',').next().unwrap_or_default(),
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
pub async fn insert_membership(conn: &mut PgConnection, id: Uuid, new: &NewMembership) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO membership (id, body_id, member_id, declared_on, effective_from, shares, share_value_net)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id,
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

/// Whether exactly this membership is there.
pub async fn is_admitted(conn: &mut PgConnection, new: &NewMembership) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM membership
                          WHERE body_id = $1 AND member_id = $2 AND declared_on = $3 AND effective_from = $4
                            AND effective_to IS NULL AND shares = $5 AND share_value_net = $6) AS "there!""#,
        new.body.0,
        new.member.0,
        new.declared_on,
        new.effective_from,
        new.shares,
        new.share_value_net,
    )
    .fetch_one(conn)
    .await?)
}

/// Whether the member deducts input VAT on this day (§ 2b UStG).
pub async fn deducts_input_vat(
    conn: &mut PgConnection,
    member: OrganisationId,
    day: NaiveDate,
) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM input_vat_deduction
                          WHERE member_id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR $2 <= valid_to)) AS "deducts!""#,
        member.0,
        day
    )
    .fetch_one(conn)
    .await?)
}

/// Official keys of those that are members of the body on that day or later, with who they are.
pub async fn with_official_keys(
    conn: &mut PgConnection,
    body: OrganisationId,
    keys: &[String],
    day: NaiveDate,
) -> Result<Vec<(String, OrganisationId)>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT DISTINCT o.official_key AS "key!", o.id
           FROM organisation o
           JOIN membership m ON m.member_id = o.id
           WHERE m.body_id = $1 AND o.official_key = ANY ($2) AND (m.effective_to IS NULL OR $3 <= m.effective_to)"#,
        body.0,
        keys,
        day,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.key, OrganisationId(row.id))).collect())
}

/// A membership of a municipality.
#[derive(Debug, Clone)]
pub struct KnownMembership {
    /// Its official key.
    pub official_key: String,
    /// First day.
    pub effective_from: NaiveDate,
    /// Last day, if there is one.
    pub effective_to: Option<NaiveDate>,
}

/// All memberships in the body of municipalities with these official keys, also past ones.
pub async fn memberships_with_official_keys(
    conn: &mut PgConnection,
    body: OrganisationId,
    keys: &[String],
) -> Result<Vec<KnownMembership>, StorageError> {
    Ok(sqlx::query_as!(
        KnownMembership,
        r#"SELECT o.official_key AS "official_key!", m.effective_from, m.effective_to
           FROM membership m
           JOIN organisation o ON o.id = m.member_id
           WHERE m.body_id = $1 AND o.official_key = ANY ($2)
           ORDER BY o.official_key, m.effective_from"#,
        body.0,
        keys,
    )
    .fetch_all(conn)
    .await?)
}
