//! Compare what a supplier reports of its turnover with the ledger, keep the comparison, and close its differences.
//!
//! Each line of the report ends in one place of the comparison, also one that names nobody of ours or cannot be
//! read: what the sums above it differ by is the sum of the list below.

use std::collections::HashMap;

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::sha256;
use abruf_domain::ids::OrganisationId;
use abruf_domain::turnover_reconciliation::{Outcome, Reported, reconcile};
use data_encoding::HEXLOWER;
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use super::import::ImportError;
use super::import::cells::RowError;
use super::import::turnover_map::TurnoverMap;
use super::import::turnover_names::{KnownContract, assign};
use super::import::turnover_report::TurnoverReport;
use super::import::turnover_rows::{self, TurnoverRow};
use super::import_turnover::{directory, row_number};
use super::{ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::supplier_reports::{self, NewReport, ReportLine};
use crate::storage::turnover_uploads::{self, ReportOf, Upload};
use crate::storage::{StorageError, Tx};

/// Longest reason, in characters.
const LONGEST_REASON: usize = 2_000;

/// A report beside the ledger.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// How the file was read.
    pub report: TurnoverReport,
    /// Each place: differences first, by kind, then what agrees.
    pub lines: Vec<ReportLine>,
    /// Sum of what is reported.
    pub reported: Decimal,
    /// Sum of what the ledger knows for it.
    pub known: Decimal,
    /// ISO 4217.
    pub currency: String,
}

/// Compares an uploaded report without keeping anything.
///
/// # Errors
/// If the file is refused as a whole, or the database fails.
pub async fn preview(app: &App, actor: &Actor, upload: &Upload, of: &ReportOf) -> Result<Comparison, ImportError> {
    let mut tx = app.db.begin(actor).await?;
    compare(app, &mut tx, actor, upload, of).await
}

/// Keeps the comparison of an uploaded report; its differences are tasks of the office from then on. The report
/// gets the id of its upload.
///
/// # Errors
/// As [`preview`]; if the upload is gone, or the same file was compared for the same period before.
pub async fn record(app: &App, actor: &Actor, id: Uuid) -> Result<(), ImportError> {
    if actor.role != Role::Office {
        return Err(ImportError::NotPermitted("Umsatzmeldungen vergleicht die Geschäftsstelle.".to_owned()));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let gone = || ImportError::NotFound("Diese Datei wartet nicht mehr auf eine Bestätigung.".to_owned());
    let upload = turnover_uploads::find(&mut tx, id).await?.ok_or_else(gone)?;
    let of = upload.report.clone().ok_or_else(gone)?;
    let compared = compare(app, &mut tx, actor, &upload, &of).await?;
    let hash = sha256(&upload.bytes);
    let warnings = json!(compared.report.warnings);
    let new = NewReport {
        id,
        body: actor.body,
        of: &of,
        currency: &compared.currency,
        file_name: &upload.file_name,
        bytes: &upload.bytes,
        sha256: &hash,
        mapping: &upload.mapping,
        warnings: &warnings,
        reported: compared.reported,
        known: compared.known,
        person: actor.person,
        at: now,
    };
    supplier_reports::insert(&mut tx, &new).await.map_err(in_german)?;
    for line in &compared.lines {
        supplier_reports::insert_line(&mut tx, of.contract, id, line).await?;
    }
    turnover_uploads::remove(&mut tx, id).await?;
    let mut entry = AuditEntry::new(now, Some(actor.person.0), "supplier_report_compared", "supplier_report", id);
    entry.after = Some(HEXLOWER.encode(&hash));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    let detail = json!({ "file": upload.file_name, "reported": compared.reported, "known": compared.known });
    let log = Record::with_detail(entry, concerns, app.chance.bytes(), detail);
    audit_log::append_to_contract(&mut tx, of.contract, &log).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(())
}

fn in_german(error: StorageError) -> ImportError {
    match error.constraint() {
        Some("supplier_report_file_once" | "supplier_report_pkey" | "supplier_report_id_unique") => {
            ImportError::Conflict("Diese Datei wurde für diesen Zeitraum schon verglichen.".to_owned())
        }
        _ => error.into(),
    }
}

async fn compare(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    upload: &Upload,
    of: &ReportOf,
) -> Result<Comparison, ImportError> {
    let mut map = TurnoverMap::read(upload.mapping.as_bytes())?;
    // Contract and supplier are known; a lot decides nothing here.
    (map.columns.framework, map.columns.supplier, map.columns.lot) = (None, None, None);
    let known = directory(&mut *tx, actor).await?;
    let gone = || ImportError::NotFound("Den Vertrag dieser Meldung gibt es nicht.".to_owned());
    let contract = known.contracts.iter().find(|it| it.id == of.contract).ok_or_else(gone)?;
    let mut read = turnover_rows::read(&upload.bytes, &map, app.clock.today())?;
    let readable = read.rows.clone();
    let assigned = assign(&mut read, &map, &known, Some(of.contract));
    let members: HashMap<u64, OrganisationId> = assigned.rows.iter().map(|it| (it.row.line, it.member)).collect();
    let notes: HashMap<u64, String> = read.rejected.iter().map(|row| (row.line, note(&row.errors))).collect();

    let (mut reported, mut lines) = (Vec::new(), Vec::new());
    let now = app.clock.now();
    let mut aside = |row: i32, amount: Option<Decimal>, note: String| {
        lines.push(ReportLine {
            id: app.chance.id(now),
            position: 0,
            outcome: Outcome::NotAssignable,
            member: None,
            month: None,
            order: None,
            reported: amount.unwrap_or_default(),
            known: Decimal::ZERO,
            rows: vec![row],
            note,
        });
    };
    for row in &readable {
        let number = row_number(row.line)?;
        match obstacle(row, contract, of) {
            // Amounts of another currency are in no sum.
            Some(note) if row.currency != contract.currency => aside(number, None, note),
            Some(note) => aside(number, Some(row.amount.decimal()), note),
            None => reported.push(Reported {
                row: number.unsigned_abs(),
                order: row.order.clone(),
                member: members.get(&row.line).copied(),
                month: row.month,
                amount: row.amount,
            }),
        }
    }
    let was_read: std::collections::HashSet<u64> = readable.iter().map(|row| row.line).collect();
    for row in read.rejected.iter().filter(|row| !was_read.contains(&row.line)) {
        let amount = row.amount.filter(|_| row.currency == contract.currency);
        aside(row_number(row.line)?, amount, note(&row.errors));
    }
    let ours = supplier_reports::known(&mut *tx, of).await?;
    for place in reconcile(&reported, &ours) {
        let rows: Vec<i32> = place.rows.iter().map(|row| row.cast_signed()).collect();
        let first = rows.first().and_then(|row| notes.get(&u64::from(row.unsigned_abs())));
        lines.push(ReportLine {
            id: app.chance.id(now),
            position: 0,
            outcome: place.outcome,
            member: place.member,
            month: place.month,
            order: place.order,
            reported: place.reported.decimal(),
            known: place.known.decimal(),
            note: first.filter(|_| place.outcome == Outcome::NotAssignable).cloned().unwrap_or_default(),
            rows,
        });
    }
    lines.sort_by_key(|line| Outcome::ALL.iter().position(|outcome| *outcome == line.outcome));
    for (position, line) in (1..).zip(&mut lines) {
        line.position = position;
    }
    let mut report = read.report();
    report.warnings.extend(assigned.warnings);
    report.unknown = assigned.unknown;
    Ok(Comparison {
        reported: lines.iter().map(|line| line.reported).sum(),
        known: lines.iter().map(|line| line.known).sum(),
        currency: contract.currency.clone(),
        report,
        lines,
    })
}

/// Why a line that can be read is not compared at all.
fn obstacle(row: &TurnoverRow, contract: &KnownContract, of: &ReportOf) -> Option<String> {
    if row.currency != contract.currency {
        let own = &contract.currency;
        return Some(format!("{} {}: Der Vertrag rechnet in {own}, umgerechnet wird nicht", row.amount, row.currency));
    }
    let month = row.month.format("%m.%Y");
    (!(of.from..=of.to).contains(&row.month)).then(|| format!("{month} liegt außerhalb des gemeldeten Zeitraums"))
}

fn note(errors: &[RowError]) -> String {
    errors.iter().map(RowError::without_line).collect::<Vec<_>>().join(" | ")
}

/// Closes a difference with what it was and what was done about it.
///
/// # Errors
/// [`ActionError::NotFound`] where there is none, [`ActionError::Invalid`] without a reason,
/// [`ActionError::NotNow`] where somebody has closed it.
pub async fn close(app: &App, actor: &Actor, id: Uuid, reason: &str) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let reason = reason.trim();
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let (contract, closed) = supplier_reports::difference(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let missing =
        "Bitte schreiben Sie, woran es lag und was veranlasst ist, zum Beispiel: Nachmeldung für März angefordert.";
    check_text("reason", reason, LONGEST_REASON, missing)?;
    if closed {
        return Err(already_closed());
    }
    supplier_reports::close(&mut tx, contract, id, reason, actor.person, now).await.map_err(|error| {
        match error.constraint() {
            Some("supplier_report_closing_pkey") => already_closed(),
            _ => error.into(),
        }
    })?;
    let mut entry =
        AuditEntry::new(now, Some(actor.person.0), "supplier_report_difference_closed", "supplier_report_line", id);
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    let log = Record::with_detail(entry, concerns, app.chance.bytes(), json!({ "reason": reason }));
    audit_log::append_to_contract(&mut tx, contract, &log).await?;
    Ok(tx.commit().await?)
}

fn already_closed() -> ActionError {
    ActionError::Invalid(vec![FieldError::new(
        "reason",
        "Diese Abweichung ist schon erledigt. Es wurde nichts geändert.",
    )])
}
