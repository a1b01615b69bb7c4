//! Recorded turnover as the office looks at it: imports, their sums and lines, what was refused.

use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::Volume;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;
use super::turnover::{ImportSum, Refused};

/// An import without its file.
#[derive(Debug, Clone)]
pub struct Import {
    /// Which.
    pub id: Uuid,
    /// Name of the file.
    pub file_name: String,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// The mapping, as text.
    pub mapping: String,
    /// What was repaired or is remarkable.
    pub warnings: Value,
    /// Who recorded it, if the name is visible.
    pub person: Option<String>,
    /// When.
    pub at: DateTime<Utc>,
}

/// How many imports are visible.
pub async fn count(conn: &mut PgConnection) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM turnover_import"#).fetch_one(conn).await?)
}

/// How many lines of an import were recorded.
pub async fn count_lines(conn: &mut PgConnection, import: Uuid) -> Result<i64, StorageError> {
    let count = sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM turnover_line WHERE import_id = $1"#, import);
    Ok(count.fetch_one(conn).await?)
}

/// The visible imports, newest first.
pub async fn imports(conn: &mut PgConnection, limit: i64, offset: i64) -> Result<Vec<Import>, StorageError> {
    Ok(sqlx::query_as!(
        Import,
        r#"SELECT i.id, i.file_name, i.sha256, i.mapping, i.warnings, p.name AS "person?", i.at
           FROM turnover_import i
           LEFT JOIN person p ON p.id = i.person_id
           ORDER BY i.at DESC, i.id DESC
           LIMIT $1 OFFSET $2"#,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}

/// One import.
pub async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Import>, StorageError> {
    Ok(sqlx::query_as!(
        Import,
        r#"SELECT i.id, i.file_name, i.sha256, i.mapping, i.warnings, p.name AS "person?", i.at
           FROM turnover_import i
           LEFT JOIN person p ON p.id = i.person_id
           WHERE i.id = $1"#,
        id
    )
    .fetch_optional(conn)
    .await?)
}

/// The file of an import with its name.
pub async fn file(conn: &mut PgConnection, id: Uuid) -> Result<Option<(String, Vec<u8>)>, StorageError> {
    let row =
        sqlx::query!("SELECT file_name, bytes FROM turnover_import WHERE id = $1", id).fetch_optional(conn).await?;
    Ok(row.map(|row| (row.file_name, row.bytes)))
}

/// The sums of imports by currency, each with its import.
pub async fn sums(conn: &mut PgConnection, imports: &[Uuid]) -> Result<Vec<(Uuid, ImportSum)>, StorageError> {
    let rows = sqlx::query!(
        "SELECT import_id, currency, lines, negative_lines, imported_lines, imported, rejected_lines, rejected,
                unread_lines, control
         FROM turnover_import_sum
         WHERE import_id = ANY ($1)
         ORDER BY import_id, currency",
        imports
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let sum = ImportSum {
                currency: row.currency,
                lines: row.lines,
                negative_lines: row.negative_lines,
                imported_lines: row.imported_lines,
                imported: row.imported,
                rejected_lines: row.rejected_lines,
                rejected: row.rejected,
                unread_lines: row.unread_lines,
                control: row.control,
            };
            (row.import_id, sum)
        })
        .collect())
}

/// What the lines of an import are summed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The contract.
    Contract,
    /// The member.
    Member,
    /// The month.
    Month,
}

impl By {
    const fn key(self) -> &'static str {
        match self {
            Self::Contract => "contract",
            Self::Member => "member",
            Self::Month => "month",
        }
    }
}

/// A sum of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineSum {
    /// Number of the contract, name of the member, or month as `2027-03`.
    pub name: String,
    /// The value of the filter that shows its lines: an id, or the month.
    pub key: String,
    /// ISO 4217.
    pub currency: String,
    /// Lines.
    pub lines: i64,
    /// Their sum.
    pub amount: Decimal,
}

/// The lines of an import, summed.
pub async fn line_sums(conn: &mut PgConnection, import: Uuid, by: By) -> Result<Vec<LineSum>, StorageError> {
    Ok(sqlx::query_as!(
        LineSum,
        r#"SELECT CASE $2 WHEN 'contract' THEN f.number WHEN 'member' THEN m.name ELSE to_char(t.month, 'YYYY-MM') END AS "name!",
                  CASE $2 WHEN 'contract' THEN t.contract_id::text WHEN 'member' THEN t.member_id::text
                          ELSE to_char(t.month, 'YYYY-MM') END AS "key!",
                  t.currency, count(*) AS "lines!", sum(t.amount) AS "amount!"
           FROM turnover_line t
           JOIN framework_contract f ON f.id = t.contract_id
           JOIN organisation m ON m.id = t.member_id
           WHERE t.import_id = $1
           GROUP BY 1, 2, t.currency
           ORDER BY 1, 2, t.currency"#,
        import,
        by.key(),
    )
    .fetch_all(conn)
    .await?)
}

/// Which lines.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this contract.
    pub contract: Option<ContractId>,
    /// Of this member.
    pub member: Option<OrganisationId>,
    /// Of this month, as its first day.
    pub month: Option<NaiveDate>,
}

/// A line as it is shown.
#[derive(Debug, Clone)]
pub struct Line {
    /// Line of the file.
    pub row: i32,
    /// As it stands there.
    pub raw: String,
    /// First day of its month.
    pub month: NaiveDate,
    /// Net amount.
    pub amount: Volume,
    /// ISO 4217.
    pub currency: String,
    /// The contract.
    pub contract: ContractId,
    /// Its number.
    pub contract_number: String,
    /// The member.
    pub member: String,
    /// The supplier, where the file names one.
    pub supplier: Option<String>,
    /// Number of the lot, where the file names one.
    pub lot: Option<i32>,
    /// Number of the invoice, or nothing.
    pub reference: String,
}

/// The lines of an import, in the order of the file.
pub async fn lines(
    conn: &mut PgConnection,
    import: Uuid,
    filter: &Filter,
    limit: i64,
    offset: i64,
) -> Result<Vec<Line>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT t.id, t.row_number, t.raw, t.month, t.amount, t.currency, t.contract_id, f.number, m.name AS member,
                  s.name AS "supplier?", l.number AS "lot?", t.reference
           FROM turnover_line t
           JOIN framework_contract f ON f.id = t.contract_id
           JOIN organisation m ON m.id = t.member_id
           LEFT JOIN organisation s ON s.id = t.supplier_id
           LEFT JOIN lot l ON l.contract_id = t.contract_id AND l.id = t.lot_id
           WHERE t.import_id = $1 AND ($2::uuid IS NULL OR t.contract_id = $2) AND ($3::uuid IS NULL OR t.member_id = $3)
             AND ($4::date IS NULL OR t.month = $4)
           ORDER BY t.row_number
           LIMIT $5 OFFSET $6"#,
        import,
        filter.contract.map(Uuid::from),
        filter.member.map(Uuid::from),
        filter.month,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Line {
                amount: consistent(Volume::new(row.amount), "turnover_line", "amount", row.id)?,
                row: row.row_number,
                raw: row.raw,
                month: row.month,
                currency: row.currency,
                contract: ContractId(row.contract_id),
                contract_number: row.number,
                member: row.member,
                supplier: row.supplier,
                lot: row.lot,
                reference: row.reference,
            })
        })
        .collect()
}

/// Number and sum of the lines that [`lines`] lists, by currency.
pub async fn line_totals(
    conn: &mut PgConnection,
    import: Uuid,
    filter: &Filter,
) -> Result<Vec<(String, i64, Decimal)>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT currency, count(*) AS "lines!", sum(amount) AS "amount!"
           FROM turnover_line
           WHERE import_id = $1 AND ($2::uuid IS NULL OR contract_id = $2) AND ($3::uuid IS NULL OR member_id = $3)
             AND ($4::date IS NULL OR month = $4)
           GROUP BY currency
           ORDER BY currency"#,
        import,
        filter.contract.map(Uuid::from),
        filter.member.map(Uuid::from),
        filter.month,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.currency, row.lines, row.amount)).collect())
}

/// The refused lines of an import, in the order of the file.
pub async fn refused(conn: &mut PgConnection, import: Uuid) -> Result<Vec<Refused>, StorageError> {
    Ok(sqlx::query_as!(
        Refused,
        "SELECT row_number AS row, raw, currency, amount, reason FROM turnover_reject WHERE import_id = $1 ORDER BY row_number",
        import
    )
    .fetch_all(conn)
    .await?)
}
