//! Uploaded turnover files that nobody has confirmed yet.

use abruf_domain::ids::{ContractId, OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;

/// What a supplier's report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportOf {
    /// The contract.
    pub contract: ContractId,
    /// Who reports.
    pub supplier: OrganisationId,
    /// First month, as its first day.
    pub from: NaiveDate,
    /// Last month, as its first day.
    pub to: NaiveDate,
    /// orders or invoices.
    pub basis: String,
}

/// A file before it is confirmed.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Which; later the id of the import or report.
    pub id: Uuid,
    /// Name of the file.
    pub file_name: String,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// The file.
    pub bytes: Vec<u8>,
    /// The mapping, as text.
    pub mapping: String,
    /// What the report is about; none for turnover to be recorded.
    pub report: Option<ReportOf>,
    /// Who uploaded it.
    pub person: PersonId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Keeps a file, or finds the same one that waits already. Returns its id.
pub async fn keep(conn: &mut PgConnection, body: OrganisationId, new: &Upload) -> Result<Uuid, StorageError> {
    let report = new.report.as_ref();
    sqlx::query!(
        "INSERT INTO turnover_upload (id, body_id, purpose, file_name, sha256, bytes, mapping, contract_id, supplier_id,
                                      period_from, period_to, basis, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT DO NOTHING",
        new.id,
        body.0,
        if report.is_some() { "report" } else { "turnover" },
        new.file_name,
        new.sha256,
        new.bytes,
        new.mapping,
        report.map(|it| it.contract.0),
        report.map(|it| it.supplier.0),
        report.map(|it| it.from),
        report.map(|it| it.to),
        report.map(|it| it.basis.as_str()),
        new.person.0,
        new.at,
    )
    .execute(&mut *conn)
    .await?;
    Ok(sqlx::query_scalar!(
        "SELECT id FROM turnover_upload
         WHERE body_id = $1 AND sha256 = $2 AND contract_id IS NOT DISTINCT FROM $3 AND supplier_id IS NOT DISTINCT FROM $4
           AND period_from IS NOT DISTINCT FROM $5 AND period_to IS NOT DISTINCT FROM $6 AND basis IS NOT DISTINCT FROM $7",
        body.0,
        new.sha256,
        report.map(|it| it.contract.0),
        report.map(|it| it.supplier.0),
        report.map(|it| it.from),
        report.map(|it| it.to),
        report.map(|it| it.basis.as_str()),
    )
    .fetch_one(conn)
    .await?)
}

/// A file that waits.
pub async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Upload>, StorageError> {
    let row = sqlx::query!(
        "SELECT id, file_name, sha256, bytes, mapping, contract_id, supplier_id, period_from, period_to, basis, person_id, at
         FROM turnover_upload
         WHERE id = $1",
        id
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let report = match (row.contract_id, row.supplier_id, row.period_from, row.period_to, row.basis) {
            (Some(contract), Some(supplier), Some(from), Some(to), Some(basis)) => Ok(Some(ReportOf {
                contract: ContractId(contract),
                supplier: OrganisationId(supplier),
                from,
                to,
                basis,
            })),
            (None, None, None, None, None) => Ok(None),
            _ => Err("a report in part"),
        };
        Ok(Upload {
            id: row.id,
            file_name: row.file_name,
            sha256: row.sha256,
            bytes: row.bytes,
            mapping: row.mapping,
            report: consistent(report, "turnover_upload", "contract_id", row.id)?,
            person: PersonId(row.person_id),
            at: row.at,
        })
    })
    .transpose()
}

/// Files that wait, newest first: id, name, whether it is a supplier's report, when.
pub async fn waiting(
    conn: &mut PgConnection,
    limit: i64,
) -> Result<Vec<(Uuid, String, bool, DateTime<Utc>)>, StorageError> {
    let rows = sqlx::query!(
        "SELECT id, file_name, purpose, at FROM turnover_upload ORDER BY at DESC, id DESC LIMIT $1",
        limit
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.file_name, row.purpose == "report", row.at)).collect())
}

/// Gives a file another mapping; `false` if it is gone.
pub async fn remap(conn: &mut PgConnection, id: Uuid, mapping: &str) -> Result<bool, StorageError> {
    let done = sqlx::query!("UPDATE turnover_upload SET mapping = $2 WHERE id = $1", id, mapping).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a file away: it was taken, or thrown away. `false` if it is gone already.
pub async fn remove(conn: &mut PgConnection, id: Uuid) -> Result<bool, StorageError> {
    let done = sqlx::query!("DELETE FROM turnover_upload WHERE id = $1", id).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}
