//! Where orders from a contract go by mail.

use abruf_domain::ids::{ContractId, OrganisationId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::StorageError;

/// A supplier of a contract with its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupplierAddress {
    /// Who.
    pub supplier: OrganisationId,
    /// Its name.
    pub name: String,
    /// Where orders from this contract go; empty: to the central address.
    pub address: String,
    /// Central mail address of the supplier; empty where none is known.
    pub central: String,
}

/// The suppliers of a contract, by name.
pub async fn of_contract(conn: &mut PgConnection, contract: ContractId) -> Result<Vec<SupplierAddress>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT o.id, o.name, coalesce(a.address, '') AS "address!", o.email AS central
           FROM organisation o
           LEFT JOIN order_address a ON a.contract_id = $1 AND a.supplier_id = o.id
           WHERE EXISTS (SELECT FROM contract_party p WHERE p.contract_id = $1 AND p.supplier_id = o.id)
           ORDER BY o.name, o.id"#,
        contract.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| SupplierAddress {
            supplier: OrganisationId(row.id),
            name: row.name,
            address: row.address,
            central: row.central,
        })
        .collect())
}

/// Where an order goes: the address of the contract, else the supplier's central one; empty where neither is known.
pub async fn for_order(
    conn: &mut PgConnection,
    contract: ContractId,
    supplier: OrganisationId,
) -> Result<String, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT coalesce(a.address, o.email) AS "address!"
           FROM organisation o
           LEFT JOIN order_address a ON a.contract_id = $1 AND a.supplier_id = o.id
           WHERE o.id = $2"#,
        contract.0,
        supplier.0
    )
    .fetch_optional(conn)
    .await?
    .unwrap_or_default())
}

/// Writes the address of a supplier; an empty one takes the central address again.
pub async fn set(
    conn: &mut PgConnection,
    contract: ContractId,
    supplier: OrganisationId,
    address: &str,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    if address.is_empty() {
        sqlx::query!("DELETE FROM order_address WHERE contract_id = $1 AND supplier_id = $2", contract.0, supplier.0)
            .execute(conn)
            .await?;
        return Ok(());
    }
    sqlx::query!(
        "INSERT INTO order_address (contract_id, supplier_id, address, changed_by, changed_at)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (contract_id, supplier_id) DO UPDATE SET address = $3, changed_by = $4, changed_at = $5",
        contract.0,
        supplier.0,
        address,
        by.0,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
