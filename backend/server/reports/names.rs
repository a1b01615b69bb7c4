//! Names of what reports list, looked up once per report: contracts, organisations, one supplier, one call-off.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::storage::StorageError;

/// Number and title of every visible contract, by id as text.
///
/// # Errors
/// If the database fails.
pub async fn contracts(conn: &mut PgConnection) -> Result<HashMap<String, String>, StorageError> {
    let rows = sqlx::query!("SELECT id, number, title FROM framework_contract").fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id.to_string(), format!("{} {}", row.number, row.title))).collect())
}

/// Names of organisations, by id as text.
///
/// # Errors
/// If the database fails.
pub async fn organisations(conn: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<String, String>, StorageError> {
    let rows = sqlx::query!("SELECT id, name FROM organisation WHERE id = ANY ($1)", ids).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id.to_string(), row.name)).collect())
}

/// Name of a supplier that is party to a visible contract or has a visible call-off.
///
/// # Errors
/// If the database fails.
pub async fn visible_supplier(conn: &mut PgConnection, id: Uuid) -> Result<Option<String>, StorageError> {
    Ok(sqlx::query_scalar!(
        "SELECT o.name
         FROM organisation o
         WHERE o.id = $1
           AND (EXISTS (SELECT FROM contract_party p JOIN framework_contract f ON f.id = p.contract_id WHERE p.supplier_id = o.id)
                OR EXISTS (SELECT FROM call_off c WHERE c.supplier_id = o.id))",
        id
    )
    .fetch_optional(conn)
    .await?)
}

/// Number of a visible call-off, that of its case before its release.
///
/// # Errors
/// If the database fails.
pub async fn visible_call_off(conn: &mut PgConnection, id: Uuid) -> Result<Option<String>, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT coalesce(number, case_number) AS "number!" FROM call_off WHERE id = $1"#, id)
        .fetch_optional(conn)
        .await?)
}
