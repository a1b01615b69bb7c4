//! Turnover files that were taken back as a whole, and the imports whose lines do that.

use abruf_domain::ids::{ContractId, LotId, OrganisationId, PersonId};
use abruf_domain::money::Volume;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;
use super::turnover::NewLine;

/// That a file was taken back.
#[derive(Debug, Clone)]
pub struct Revocation {
    /// The import that counts no more.
    pub import: Uuid,
    /// The import whose lines take it back.
    pub counter: Uuid,
    /// Why.
    pub reason: String,
    /// Who, if the name is visible.
    pub person: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// The revocation an import is part of, on either side.
pub async fn of_import(conn: &mut PgConnection, import: Uuid) -> Result<Option<Revocation>, StorageError> {
    Ok(sqlx::query_as!(
        Revocation,
        r#"SELECT r.import_id AS import, r.counter_id AS counter, r.reason, p.name AS "person?", r.at
           FROM turnover_revocation r
           LEFT JOIN person p ON p.id = r.person_id
           WHERE r.import_id = $1 OR r.counter_id = $1"#,
        import
    )
    .fetch_optional(conn)
    .await?)
}

/// Notes that a file was taken back. Fails by `turnover_revocation_pkey` where that has happened.
pub async fn insert(
    conn: &mut PgConnection,
    import: Uuid,
    counter: Uuid,
    reason: &str,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO turnover_revocation (import_id, counter_id, reason, person_id, at) VALUES ($1, $2, $3, $4, $5)",
        import,
        counter,
        reason,
        by.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The lines of an import as they are taken back: the same with the sign turned, and ids of their own.
pub async fn counter_lines(
    conn: &mut PgConnection,
    import: Uuid,
    new_id: impl Fn() -> Uuid,
) -> Result<Vec<NewLine>, StorageError> {
    let rows = sqlx::query!(
        "SELECT contract_id, row_number, raw, month, amount, currency, member_id, supplier_id, lot_id, reference
         FROM turnover_line
         WHERE import_id = $1
         ORDER BY row_number",
        import
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(NewLine {
                id: new_id(),
                contract: ContractId(row.contract_id),
                row: row.row_number,
                raw: row.raw,
                month: row.month,
                amount: -consistent(Volume::new(row.amount), "turnover_line", "amount", import)?,
                currency: row.currency,
                member: OrganisationId(row.member_id),
                supplier: row.supplier_id.map(OrganisationId),
                lot: row.lot_id.map(LotId),
                reference: row.reference,
            })
        })
        .collect()
}
