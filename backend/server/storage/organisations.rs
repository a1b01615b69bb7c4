//! Organisations: names and addresses for pages and documents.

use abruf_domain::ids::OrganisationId;
use chrono::NaiveDate;
use sqlx::PgConnection;

use super::StorageError;

/// An organisation as documents print it.
#[derive(Debug, Clone)]
pub struct Organisation {
    /// Which.
    pub id: OrganisationId,
    /// Official name.
    pub name: String,
    /// Legal kind key.
    pub kind: String,
    /// Street and number.
    pub street: String,
    /// Postcode.
    pub postcode: String,
    /// Town.
    pub town: String,
    /// Central mail address.
    pub email: String,
    /// Routing id for e-invoices.
    pub leitweg_id: Option<String>,
}

impl Organisation {
    /// Street and town as two lines, without empty ones.
    #[must_use]
    pub fn address_lines(&self) -> Vec<String> {
        [self.street.clone(), format!("{} {}", self.postcode, self.town).trim().to_owned()]
            .into_iter()
            .filter(|line| !line.is_empty())
            .collect()
    }
}

/// The organisation with this id.
pub async fn find(conn: &mut PgConnection, id: OrganisationId) -> Result<Option<Organisation>, StorageError> {
    let row = sqlx::query!(
        "SELECT name, kind, street, postcode, town, email, leitweg_id FROM organisation WHERE id = $1",
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Organisation {
        id,
        name: row.name,
        kind: row.kind,
        street: row.street,
        postcode: row.postcode,
        town: row.town,
        email: row.email,
        leitweg_id: row.leitweg_id,
    }))
}

/// Its name.
pub async fn name(conn: &mut PgConnection, id: OrganisationId) -> Result<Option<String>, StorageError> {
    Ok(sqlx::query_scalar!("SELECT name FROM organisation WHERE id = $1", id.0).fetch_optional(conn).await?)
}

/// Path of its law pack, e.g. `de/st`.
pub async fn jurisdiction(conn: &mut PgConnection, id: OrganisationId) -> Result<Option<String>, StorageError> {
    Ok(sqlx::query_scalar!("SELECT jurisdiction FROM organisation WHERE id = $1", id.0).fetch_optional(conn).await?)
}

/// Writes a purchasing body with its role.
pub async fn insert_body(
    conn: &mut PgConnection,
    id: OrganisationId,
    role: uuid::Uuid,
    name: &str,
    today: NaiveDate,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO organisation (id, name, kind, region, created_at) VALUES ($1, $2, 'genossenschaft', 'DE-ST', $3)",
        id.0,
        name,
        now
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "INSERT INTO organisation_role (id, organisation_id, body_id, role, valid_from) VALUES ($1, $2, $2, 'body', $3)",
        role,
        id.0,
        today
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// What a purchasing body says of itself: on documents, in the imprint, in the help of every page.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Particulars {
    /// Official name.
    pub name: String,
    /// Legal kind key.
    pub kind: String,
    /// Street and number.
    pub street: String,
    /// Postcode.
    pub postcode: String,
    /// Town.
    pub town: String,
    /// Central mail address.
    pub email: String,
    /// Telephone.
    pub phone: String,
    /// Register and number in it.
    pub register_entry: String,
    /// Who represents it by law.
    pub represented_by: String,
    /// VAT identification number, if it has one.
    pub vat_id: String,
}

/// What a body says of itself.
pub async fn particulars(conn: &mut PgConnection, id: OrganisationId) -> Result<Option<Particulars>, StorageError> {
    Ok(sqlx::query_as!(
        Particulars,
        "SELECT name, kind, street, postcode, town, email, phone, register_entry, represented_by, vat_id
         FROM organisation WHERE id = $1",
        id.0
    )
    .fetch_optional(conn)
    .await?)
}

/// Changes what a body says of itself.
pub async fn set_particulars(
    conn: &mut PgConnection,
    id: OrganisationId,
    new: &Particulars,
) -> Result<(), StorageError> {
    sqlx::query!(
        "UPDATE organisation
         SET name = $2, kind = $3, street = $4, postcode = $5, town = $6, email = $7, phone = $8, register_entry = $9,
             represented_by = $10, vat_id = $11
         WHERE id = $1",
        id.0,
        new.name,
        new.kind,
        new.street,
        new.postcode,
        new.town,
        new.email,
        new.phone,
        new.register_entry,
        new.represented_by,
        new.vat_id
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// First day of a membership that has not begun, where none is in force today.
pub async fn membership_to_come(
    conn: &mut PgConnection,
    body: OrganisationId,
    member: OrganisationId,
    today: NaiveDate,
) -> Result<Option<NaiveDate>, StorageError> {
    Ok(sqlx::query_scalar!(
        "SELECT min(effective_from)
         FROM membership
         WHERE body_id = $1 AND member_id = $2
         HAVING bool_and($3 < effective_from)",
        body.0,
        member.0,
        today
    )
    .fetch_optional(conn)
    .await?
    .flatten())
}

/// Whether the organisation is, or was, a supplier to the body.
pub async fn is_supplier(
    conn: &mut PgConnection,
    body: OrganisationId,
    id: OrganisationId,
) -> Result<bool, StorageError> {
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM organisation_role WHERE organisation_id = $2 AND body_id = $1 AND role = 'supplier') AS "there!""#,
        body.0,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(row.there)
}

/// Whether the organisation is, or was, a member of the body.
pub async fn is_member(
    conn: &mut PgConnection,
    body: OrganisationId,
    id: OrganisationId,
) -> Result<bool, StorageError> {
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM organisation_role WHERE organisation_id = $2 AND body_id = $1 AND role = 'member') AS "there!""#,
        body.0,
        id.0,
    )
    .fetch_one(conn)
    .await?;
    Ok(row.there)
}
