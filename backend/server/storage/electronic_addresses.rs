//! Electronic addresses of suppliers, as their body knows them.

use abruf_domain::electronic_address::ElectronicAddress;
use abruf_domain::ids::{OrganisationId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::StorageError;
use super::error::consistent;

/// The address of a supplier; `None` where the body has entered none.
pub async fn of_supplier(
    conn: &mut PgConnection,
    body: OrganisationId,
    supplier: OrganisationId,
) -> Result<Option<ElectronicAddress>, StorageError> {
    let row = sqlx::query!(
        "SELECT scheme, address FROM electronic_address WHERE body_id = $1 AND supplier_id = $2",
        body.0,
        supplier.0
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        consistent(ElectronicAddress::read(&row.scheme, &row.address), "electronic_address", "address", supplier.0)
    })
    .transpose()
}

/// Writes the address of a supplier; `None` takes it away.
pub async fn set(
    conn: &mut PgConnection,
    body: OrganisationId,
    supplier: OrganisationId,
    address: Option<&ElectronicAddress>,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let Some(address) = address else {
        sqlx::query!("DELETE FROM electronic_address WHERE body_id = $1 AND supplier_id = $2", body.0, supplier.0)
            .execute(conn)
            .await?;
        return Ok(());
    };
    sqlx::query!(
        "INSERT INTO electronic_address (body_id, supplier_id, scheme, address, changed_by, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (body_id, supplier_id) DO UPDATE SET scheme = $3, address = $4, changed_by = $5, changed_at = $6",
        body.0,
        supplier.0,
        address.scheme().code(),
        address.id(),
        by.0,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
