//! Recorded turnover: the import with its file, its lines, and what they add to the ledger and the guard rows.
//!
//! A fact outside counts even above the limit; then the scope is breached (`storage/volume.rs`). An import may
//! touch many contracts: they are taken by id, and the rows of each in the order of all movements (lots, quotas
//! by id, contract), so that two imports and a release never wait for each other in a circle.

use abruf_domain::ids::{ContractId, GuardId, LotId, OrganisationId, PersonId};
use abruf_domain::money::Volume;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::affected;

/// An import with its file.
#[derive(Debug, Clone, Copy)]
pub struct NewImport<'a> {
    /// Its id.
    pub id: Uuid,
    /// The purchasing body.
    pub body: OrganisationId,
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
    /// Who records it.
    pub person: PersonId,
    /// When.
    pub at: DateTime<Utc>,
}

/// When this body took a file with this hash, and as which import, unless it was taken back.
pub async fn taken(
    conn: &mut PgConnection,
    body: OrganisationId,
    sha256: &[u8],
) -> Result<Option<(Uuid, DateTime<Utc>)>, StorageError> {
    let row = sqlx::query!(
        "SELECT i.id, i.at FROM turnover_import i
         WHERE i.body_id = $1 AND i.sha256 = $2
           AND NOT EXISTS (SELECT FROM turnover_revocation r WHERE r.import_id = i.id)",
        body.0,
        sha256
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| (row.id, row.at)))
}

/// Writes the import. Fails by `turnover_import_file_once` where the file was taken in the meantime.
pub async fn insert_import(conn: &mut PgConnection, new: &NewImport<'_>) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO turnover_import (id, body_id, file_name, sha256, bytes, mapping, warnings, person_id, at, take)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9,
                 1 + (SELECT count(*)::int FROM turnover_import i JOIN turnover_revocation r ON r.import_id = i.id
                      WHERE i.body_id = $2 AND i.sha256 = $4))",
        new.id,
        new.body.0,
        new.file_name,
        new.sha256,
        new.bytes,
        new.mapping,
        new.warnings,
        new.person.0,
        new.at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The sums of an import in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportSum {
    /// ISO 4217.
    pub currency: String,
    /// Lines of the file.
    pub lines: i32,
    /// Lines below zero.
    pub negative_lines: i32,
    /// Lines recorded.
    pub imported_lines: i32,
    /// Their sum.
    pub imported: Decimal,
    /// Lines refused.
    pub rejected_lines: i32,
    /// Their sum, where it can be read.
    pub rejected: Decimal,
    /// Refused lines in no sum.
    pub unread_lines: i32,
    /// Sum of the file.
    pub control: Decimal,
}

/// Writes a sum; at commit it has to be that of the lines.
pub async fn insert_sum(conn: &mut PgConnection, import: Uuid, sum: &ImportSum) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO turnover_import_sum (import_id, currency, lines, negative_lines, imported_lines, imported,
                                          rejected_lines, rejected, unread_lines, control)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        import,
        sum.currency,
        sum.lines,
        sum.negative_lines,
        sum.imported_lines,
        sum.imported,
        sum.rejected_lines,
        sum.rejected,
        sum.unread_lines,
        sum.control,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A line to be recorded.
#[derive(Debug, Clone)]
pub struct NewLine {
    /// Its id.
    pub id: Uuid,
    /// The contract.
    pub contract: ContractId,
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
    /// Who bought.
    pub member: OrganisationId,
    /// Who delivered.
    pub supplier: Option<OrganisationId>,
    /// The lot.
    pub lot: Option<LotId>,
    /// Number of the invoice, or nothing.
    pub reference: String,
}

/// Writes lines of an import.
pub async fn insert_lines(conn: &mut PgConnection, import: Uuid, lines: &[NewLine]) -> Result<(), StorageError> {
    let column = |of: fn(&NewLine) -> Uuid| lines.iter().map(of).collect::<Vec<Uuid>>();
    let rows: Vec<i32> = lines.iter().map(|line| line.row).collect();
    let raws: Vec<String> = lines.iter().map(|line| line.raw.clone()).collect();
    let months: Vec<NaiveDate> = lines.iter().map(|line| line.month).collect();
    let amounts: Vec<Decimal> = lines.iter().map(|line| line.amount.decimal()).collect();
    let currencies: Vec<String> = lines.iter().map(|line| line.currency.clone()).collect();
    let suppliers: Vec<Option<Uuid>> = lines.iter().map(|line| line.supplier.map(Uuid::from)).collect();
    let lots: Vec<Option<Uuid>> = lines.iter().map(|line| line.lot.map(Uuid::from)).collect();
    let references: Vec<String> = lines.iter().map(|line| line.reference.clone()).collect();
    let done = sqlx::query!(
        "INSERT INTO turnover_line (contract_id, id, import_id, row_number, raw, month, amount, currency, member_id,
                                    supplier_id, lot_id, reference)
         SELECT contract_id, id, $1, row_number, raw, month, amount, currency, member_id, supplier_id, lot_id, reference
         FROM unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::date[], $7::numeric[], $8::text[], $9::uuid[],
                     $10::uuid[], $11::uuid[], $12::text[])
              AS line (contract_id, id, row_number, raw, month, amount, currency, member_id, supplier_id, lot_id, reference)",
        import,
        &column(|line| line.contract.0),
        &column(|line| line.id),
        &rows,
        &raws,
        &months,
        &amounts,
        &currencies,
        &column(|line| line.member.0),
        &suppliers as &[Option<Uuid>],
        &lots as &[Option<Uuid>],
        &references,
    )
    .execute(conn)
    .await?;
    affected("record turnover lines", lines.len() as u64, done.rows_affected())
}

/// A line that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Line of the file.
    pub row: i32,
    /// As it stands there.
    pub raw: String,
    /// ISO 4217.
    pub currency: String,
    /// Its amount, if it can be read.
    pub amount: Option<Decimal>,
    /// What is wrong.
    pub reason: String,
}

/// Keeps the refused lines of an import.
pub async fn insert_refused(conn: &mut PgConnection, import: Uuid, refused: &[Refused]) -> Result<(), StorageError> {
    let rows: Vec<i32> = refused.iter().map(|line| line.row).collect();
    let raws: Vec<String> = refused.iter().map(|line| line.raw.clone()).collect();
    let currencies: Vec<String> = refused.iter().map(|line| line.currency.clone()).collect();
    let amounts: Vec<Option<Decimal>> = refused.iter().map(|line| line.amount).collect();
    let reasons: Vec<String> = refused.iter().map(|line| line.reason.clone()).collect();
    sqlx::query!(
        "INSERT INTO turnover_reject (import_id, row_number, raw, currency, amount, reason)
         SELECT $1, row_number, raw, currency, amount, reason
         FROM unnest($2::int[], $3::text[], $4::text[], $5::numeric[], $6::text[])
              AS line (row_number, raw, currency, amount, reason)",
        import,
        &rows,
        &raws,
        &currencies,
        &amounts as &[Option<Decimal>],
        &reasons,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A guard row that lines count against, and what they add to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addition {
    /// The contract.
    pub contract: ContractId,
    /// Its number.
    pub contract_number: String,
    /// The guard row.
    pub guard: GuardId,
    /// The lot it is about.
    pub lot: Option<LotId>,
    /// The member it is about.
    pub member: Option<OrganisationId>,
    /// Title of the lot, name of the member; empty for the contract.
    pub scope_name: String,
    /// Recorded before.
    pub recorded: Decimal,
    /// What is added.
    pub amount: Decimal,
    /// Whether the limit is exceeded with it.
    pub breaches: bool,
}

impl Addition {
    /// Whether this line counts against it: each against its contract, its lot and the quota of its member.
    fn takes(&self, line: &NewLine) -> bool {
        self.contract == line.contract
            && match (self.lot, self.member) {
                (Some(lot), _) => line.lot == Some(lot),
                (_, Some(member)) => line.member == member,
                _ => true,
            }
    }
}

/// The guard rows that these lines count against, in the order in which they are taken: the value of the contract,
/// and where there are such, the ceiling in value of the lot and the quota in value of the member.
pub async fn additions(conn: &mut PgConnection, lines: &[NewLine]) -> Result<Vec<Addition>, StorageError> {
    let contracts: Vec<Uuid> = lines.iter().map(|line| line.contract.0).collect();
    let members: Vec<Uuid> = lines.iter().map(|line| line.member.0).collect();
    let lots: Vec<Option<Uuid>> = lines.iter().map(|line| line.lot.map(Uuid::from)).collect();
    let amounts: Vec<Decimal> = lines.iter().map(|line| line.amount.decimal()).collect();
    let rows = sqlx::query!(
        r#"SELECT g.contract_id, f.number, g.id, g.lot_id, g.member_id, coalesce(l.title, m.name, '') AS "scope_name!", g.recorded,
                  sum(line.amount) AS "amount!",
                  (g.hard AND coalesce(g.limit_amount < g.authorised + g.recorded + g.reserved + sum(line.amount), false)) AS "breaches!"
           FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::numeric[]) AS line (contract_id, member_id, lot_id, amount)
           JOIN guard g ON g.contract_id = line.contract_id AND g.measure = 'value'
               AND (g.scope = 'contract' OR g.lot_id = line.lot_id OR g.member_id = line.member_id)
           JOIN framework_contract f ON f.id = g.contract_id
           LEFT JOIN lot l ON l.contract_id = g.contract_id AND l.id = g.lot_id
           LEFT JOIN organisation m ON m.id = g.member_id
           GROUP BY g.contract_id, g.id, f.number, l.title, m.name
           ORDER BY g.contract_id, array_position(ARRAY['item', 'lot', 'member', 'contract'], g.scope), g.id"#,
        &contracts,
        &members,
        &lots as &[Option<Uuid>],
        &amounts,
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Addition {
            contract: ContractId(row.contract_id),
            contract_number: row.number,
            guard: GuardId(row.id),
            lot: row.lot_id.map(LotId),
            member: row.member_id.map(OrganisationId),
            scope_name: row.scope_name,
            recorded: row.recorded,
            amount: row.amount,
            breaches: row.breaches,
        })
        .collect())
}

/// Writes an entry of the ledger for each line and each of these guard rows it counts against. `source` is the
/// evidence before the number of the row; `id` makes ids.
pub async fn write_entries(
    conn: &mut PgConnection,
    lines: &[NewLine],
    additions: &[Addition],
    source: &str,
    at: DateTime<Utc>,
    id: &(dyn Fn() -> Uuid + Sync),
) -> Result<(), StorageError> {
    let entries: Vec<(&NewLine, &Addition)> = lines
        .iter()
        .flat_map(|line| additions.iter().filter(|addition| addition.takes(line)).map(move |addition| (line, addition)))
        .collect();
    let ids: Vec<Uuid> = entries.iter().map(|_| id()).collect();
    let contracts: Vec<Uuid> = entries.iter().map(|(line, _)| line.contract.0).collect();
    let guards: Vec<Uuid> = entries.iter().map(|(_, addition)| addition.guard.0).collect();
    let amounts: Vec<Decimal> = entries.iter().map(|(line, _)| line.amount.decimal()).collect();
    let reasons: Vec<String> = entries.iter().map(|(line, _)| format!("{source}{}", line.row)).collect();
    let sources: Vec<Uuid> = entries.iter().map(|(line, _)| line.id).collect();
    let done = sqlx::query!(
        "INSERT INTO volume_entry (contract_id, id, guard_id, kind, account, amount, reason, at, turnover_line_id)
         SELECT contract_id, id, guard_id, 'record', 'recorded', amount, reason, $7, turnover_line_id
         FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::numeric[], $5::text[], $6::uuid[])
              AS entry (contract_id, id, guard_id, amount, reason, turnover_line_id)",
        &contracts,
        &ids,
        &guards,
        &amounts,
        &reasons,
        &sources,
        at,
    )
    .execute(conn)
    .await?;
    affected("record turnover in the ledger", entries.len() as u64, done.rows_affected())
}

/// Adds to a guard row what the ledger has got. Returns whether its limit is exceeded now, or `None` where more
/// would be taken back than was ever recorded; then the transaction must be rolled back.
pub async fn add_recorded(conn: &mut PgConnection, addition: &Addition) -> Result<Option<bool>, StorageError> {
    let row = sqlx::query_scalar!(
        r#"UPDATE guard
           SET recorded = recorded + $3, version = version + 1,
               breached = hard AND coalesce(limit_amount < authorised + recorded + reserved + $3, false)
           WHERE contract_id = $1 AND id = $2 AND 0 <= recorded + $3
           RETURNING breached"#,
        addition.contract.0,
        addition.guard.0,
        addition.amount,
    )
    .fetch_optional(conn)
    .await?;
    Ok(row)
}
