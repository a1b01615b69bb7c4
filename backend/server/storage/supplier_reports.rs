//! Reports of suppliers compared with the ledger, and the differences as tasks of the office.

use abruf_domain::ids::{ContractId, OrganisationId, PersonId};
use abruf_domain::money::Volume;
use abruf_domain::turnover_reconciliation::{Known, Outcome};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::{affected, consistent};
use super::turnover_uploads::ReportOf;

/// What the ledger knows for a report: the orders of the supplier, by month of their release or by their invoices,
/// and recorded turnover of the period. Orders of other months are known by their number.
pub async fn known(conn: &mut PgConnection, of: &ReportOf) -> Result<Vec<Known>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.number AS "order?", c.member_id AS "member!", held.month AS "month!", held.amount AS "amount!"
           FROM call_off c
           JOIN framework_contract f ON f.id = c.contract_id
           CROSS JOIN LATERAL (
               SELECT date_trunc('month', c.released_at AT TIME ZONE 'Europe/Berlin')::date AS month, sum(e.amount) AS amount
               FROM volume_entry e
               JOIN guard g ON g.contract_id = e.contract_id AND g.id = e.guard_id AND g.scope = 'contract' AND g.measure = 'value'
               WHERE $5 = 'orders' AND e.contract_id = c.contract_id AND e.call_off_id = c.id AND e.account = 'authorised'
               HAVING count(*) > 0
               UNION ALL
               SELECT date_trunc('month', i.invoiced_on)::date, sum(i.net)
               FROM invoice i
               WHERE $5 = 'invoices' AND i.contract_id = c.contract_id AND i.call_off_id = c.id AND NOT i.blocked
                 AND i.payer = CASE f.supply_chain WHEN 'through_body' THEN 'body' ELSE 'member' END
                 AND date_trunc('month', i.invoiced_on)::date BETWEEN $3 AND $4
                 AND NOT EXISTS (SELECT FROM invoice_cancellation x WHERE x.contract_id = i.contract_id AND x.invoice_id = i.id)
               GROUP BY 1) held
           WHERE c.contract_id = $1 AND c.supplier_id = $2 AND c.number IS NOT NULL
           UNION ALL
           SELECT NULL, t.member_id, t.month, t.amount
           FROM turnover_line t
           WHERE t.contract_id = $1 AND (t.supplier_id = $2 OR t.supplier_id IS NULL) AND t.month BETWEEN $3 AND $4"#,
        of.contract.0,
        of.supplier.0,
        of.from,
        of.to,
        of.basis,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Known {
                amount: consistent(Volume::new(row.amount), "volume_entry", "amount", row.member)?,
                order: row.order,
                member: OrganisationId(row.member),
                in_period: (of.from..=of.to).contains(&row.month),
                month: row.month,
            })
        })
        .collect()
}

/// A report to be kept.
#[derive(Debug, Clone, Copy)]
pub struct NewReport<'a> {
    /// Its id.
    pub id: Uuid,
    /// The purchasing body.
    pub body: OrganisationId,
    /// What it is about.
    pub of: &'a ReportOf,
    /// ISO 4217.
    pub currency: &'a str,
    /// Name of the file.
    pub file_name: &'a str,
    /// The file.
    pub bytes: &'a [u8],
    /// Its SHA-256.
    pub sha256: &'a [u8],
    /// The mapping, as text.
    pub mapping: &'a str,
    /// What was repaired or is remarkable.
    pub warnings: &'a Value,
    /// Sum of what is reported.
    pub reported: Decimal,
    /// Sum of what the ledger knows for it.
    pub known: Decimal,
    /// Who compares.
    pub person: PersonId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Keeps a report; at commit its sums have to be those of its lines. Fails by `supplier_report_file_once` where
/// this file has been compared for this period.
pub async fn insert(conn: &mut PgConnection, new: &NewReport<'_>) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO supplier_report (contract_id, id, body_id, supplier_id, period_from, period_to, basis, currency, file_name,
                                      sha256, bytes, mapping, warnings, reported, known, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        new.of.contract.0,
        new.id,
        new.body.0,
        new.of.supplier.0,
        new.of.from,
        new.of.to,
        new.of.basis,
        new.currency,
        new.file_name,
        new.sha256,
        new.bytes,
        new.mapping,
        new.warnings,
        new.reported,
        new.known,
        new.person.0,
        new.at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A place of the comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportLine {
    /// Which.
    pub id: Uuid,
    /// Place from 1.
    pub position: i32,
    /// How both sides agree.
    pub outcome: Outcome,
    /// The member, if it is known.
    pub member: Option<OrganisationId>,
    /// The month, unless an order number decided.
    pub month: Option<NaiveDate>,
    /// Number of the order.
    pub order: Option<String>,
    /// By the report.
    pub reported: Decimal,
    /// By the ledger.
    pub known: Decimal,
    /// Lines of the file.
    pub rows: Vec<i32>,
    /// Why a line cannot be assigned.
    pub note: String,
}

/// Keeps a place of the comparison.
pub async fn insert_line(
    conn: &mut PgConnection,
    contract: ContractId,
    report: Uuid,
    line: &ReportLine,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO supplier_report_line (contract_id, id, report_id, position, outcome, member_id, month, order_number,
                                           reported, known, source_rows, note)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        contract.0,
        line.id,
        report,
        line.position,
        line.outcome.key(),
        line.member.map(Uuid::from),
        line.month,
        line.order,
        line.reported,
        line.known,
        &line.rows,
        line.note,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A report without its file.
#[derive(Debug, Clone)]
pub struct Report {
    /// Which.
    pub id: Uuid,
    /// The contract.
    pub contract_id: Uuid,
    /// Its number.
    pub contract_number: String,
    /// Who reports.
    pub supplier: String,
    /// First month.
    pub period_from: NaiveDate,
    /// Last month.
    pub period_to: NaiveDate,
    /// orders or invoices.
    pub basis: String,
    /// ISO 4217.
    pub currency: String,
    /// Name of the file.
    pub file_name: String,
    /// What was repaired or is remarkable.
    pub warnings: Value,
    /// Sum of what is reported.
    pub reported: Decimal,
    /// Sum of what the ledger knows for it.
    pub known: Decimal,
    /// Differences nobody has closed.
    pub open: i64,
    /// When it was compared.
    pub at: DateTime<Utc>,
}

/// The visible reports, newest first; one of them, where `id` is given.
pub async fn reports(
    conn: &mut PgConnection,
    id: Option<Uuid>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Report>, StorageError> {
    Ok(sqlx::query_as!(
        Report,
        r#"SELECT r.id, r.contract_id, f.number AS contract_number, s.name AS supplier, r.period_from, r.period_to, r.basis,
                  r.currency, r.file_name, r.warnings, r.reported, r.known,
                  (SELECT count(*) FROM supplier_report_line l
                   WHERE l.contract_id = r.contract_id AND l.report_id = r.id AND l.outcome <> 'matched'
                     AND NOT EXISTS (SELECT FROM supplier_report_closing c
                                     WHERE c.contract_id = l.contract_id AND c.line_id = l.id)) AS "open!",
                  r.at
           FROM supplier_report r
           JOIN framework_contract f ON f.id = r.contract_id
           JOIN organisation s ON s.id = r.supplier_id
           WHERE $1::uuid IS NULL OR r.id = $1
           ORDER BY r.at DESC, r.id DESC
           LIMIT $2 OFFSET $3"#,
        id,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}

/// How many reports are visible.
pub async fn count(conn: &mut PgConnection) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM supplier_report"#).fetch_one(conn).await?)
}

/// A place of a comparison as it is shown.
#[derive(Debug, Clone)]
pub struct ShownLine {
    /// Which.
    pub id: Uuid,
    /// Its report.
    pub report_id: Uuid,
    /// Number of the contract.
    pub contract_number: String,
    /// Who reports.
    pub supplier: String,
    /// ISO 4217.
    pub currency: String,
    /// Key of the outcome.
    pub outcome: String,
    /// Name of the member, if it is known.
    pub member: Option<String>,
    /// The month, unless an order number decided.
    pub month: Option<NaiveDate>,
    /// Number of the order.
    pub order_number: Option<String>,
    /// By the report.
    pub reported: Decimal,
    /// By the ledger.
    pub known: Decimal,
    /// Lines of the file.
    pub source_rows: Vec<i32>,
    /// Why a line cannot be assigned.
    pub note: String,
    /// How it ended.
    pub reason: Option<String>,
    /// When.
    pub closed_at: Option<DateTime<Utc>>,
}

/// Which places of comparisons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// All of this report.
    OfReport(Uuid),
    /// Differences nobody has closed, of all reports.
    Open,
}

/// Places of comparisons, in their order.
pub async fn lines(
    conn: &mut PgConnection,
    which: Which,
    limit: i64,
    offset: i64,
) -> Result<Vec<ShownLine>, StorageError> {
    let report = match which {
        Which::OfReport(id) => Some(id),
        Which::Open => None,
    };
    Ok(sqlx::query_as!(
        ShownLine,
        r#"SELECT l.id, l.report_id, f.number AS contract_number, s.name AS supplier, r.currency, l.outcome, m.name AS "member?",
                  l.month, l.order_number, l.reported, l.known, l.source_rows, l.note, c.reason AS "reason?", c.at AS "closed_at?"
           FROM supplier_report_line l
           JOIN supplier_report r ON r.contract_id = l.contract_id AND r.id = l.report_id
           JOIN framework_contract f ON f.id = l.contract_id
           JOIN organisation s ON s.id = r.supplier_id
           LEFT JOIN organisation m ON m.id = l.member_id
           LEFT JOIN supplier_report_closing c ON c.contract_id = l.contract_id AND c.line_id = l.id
           WHERE CASE WHEN $1::uuid IS NULL THEN l.outcome <> 'matched' AND c.line_id IS NULL ELSE l.report_id = $1 END
           ORDER BY r.at DESC, r.id, l.position
           LIMIT $2 OFFSET $3"#,
        report,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}

/// Number of places by outcome with their sums: reported, known.
pub async fn outcome_sums(
    conn: &mut PgConnection,
    report: Uuid,
) -> Result<Vec<(String, i64, Decimal, Decimal)>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT outcome, count(*) AS "count!", sum(reported) AS "reported!", sum(known) AS "known!"
           FROM supplier_report_line
           WHERE report_id = $1
           GROUP BY outcome"#,
        report
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.outcome, row.count, row.reported, row.known)).collect())
}

/// The contract of a visible difference, and whether it is closed; `None`: there is no such difference.
pub async fn difference(conn: &mut PgConnection, id: Uuid) -> Result<Option<(ContractId, bool)>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT l.contract_id,
                  EXISTS (SELECT FROM supplier_report_closing c WHERE c.contract_id = l.contract_id AND c.line_id = l.id) AS "closed!"
           FROM supplier_report_line l
           WHERE l.id = $1 AND l.outcome <> 'matched'"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (ContractId(row.contract_id), row.closed)))
}

/// Closes a difference. Fails by the key of the table where somebody was faster.
pub async fn close(
    conn: &mut PgConnection,
    contract: ContractId,
    line: Uuid,
    reason: &str,
    person: PersonId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "INSERT INTO supplier_report_closing (contract_id, line_id, reason, person_id, at) VALUES ($1, $2, $3, $4, $5)",
        contract.0,
        line,
        reason,
        person.0,
        at
    )
    .execute(conn)
    .await?;
    affected("close a difference", 1, done.rows_affected())
}
