//! Organisations, the roles they play, and their memberships.

use abruf_domain::ids::OrganisationId;
use abruf_domain::period::Validity;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::storage::StorageError;

/// An organisation to be entered.
#[derive(Debug, Clone)]
pub struct NewOrganisation<'a> {
    /// Its id.
    pub id: OrganisationId,
    /// Official name.
    pub name: &'a str,
    /// Legal kind key.
    pub kind: &'a str,
    /// ISO 3166-2.
    pub region: &'a str,
    /// Population, where it has one.
    pub inhabitants: Option<i32>,
    /// Street and number.
    pub street: &'a str,
    /// Postcode.
    pub postcode: &'a str,
    /// Town of the address.
    pub town: &'a str,
    /// Central mail address.
    pub email: &'a str,
    /// Routing id for e-invoices.
    pub leitweg_id: Option<&'a str>,
}

/// Enters an organisation.
pub async fn insert(
    conn: &mut PgConnection,
    organisation: &NewOrganisation<'_>,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO organisation (id, name, kind, region, inhabitants, street, postcode, town, email, leitweg_id, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        organisation.id.0,
        organisation.name,
        organisation.kind,
        organisation.region,
        organisation.inhabitants,
        organisation.street,
        organisation.postcode,
        organisation.town,
        organisation.email,
        organisation.leitweg_id,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Enters what an organisation is to a purchasing body: `body`, `member`, `supplier` or `audit_body`.
pub async fn insert_role(
    conn: &mut PgConnection,
    id: Uuid,
    organisation: OrganisationId,
    body: OrganisationId,
    role: &str,
    validity: Validity,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO organisation_role (id, organisation_id, body_id, role, valid_from, valid_to)
         VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        organisation.0,
        body.0,
        role,
        validity.from,
        validity.to,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A membership to be entered.
#[derive(Debug, Clone)]
pub struct NewMembership {
    /// Its id.
    pub id: Uuid,
    /// The cooperative.
    pub body: OrganisationId,
    /// The member.
    pub member: OrganisationId,
    /// Date of the declaration of accession.
    pub declared_on: NaiveDate,
    /// First and last day.
    pub validity: Validity,
    /// Entry in the list of members.
    pub listed_on: Option<NaiveDate>,
    /// Number of shares.
    pub shares: i32,
    /// Nominal value of one.
    pub share_value: Decimal,
    /// Whether it may deduct input VAT.
    pub input_vat_deductible: bool,
}

/// Enters a membership.
pub async fn insert_membership(conn: &mut PgConnection, membership: &NewMembership) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO membership (id, body_id, member_id, declared_on, effective_from, effective_to, listed_on, shares,
                                 share_value_net, input_vat_deductible)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        membership.id,
        membership.body.0,
        membership.member.0,
        membership.declared_on,
        membership.validity.from,
        membership.validity.to,
        membership.listed_on,
        membership.shares,
        membership.share_value,
        membership.input_vat_deductible,
    )
    .execute(conn)
    .await?;
    Ok(())
}
