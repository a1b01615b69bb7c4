//! Import turnover that happened outside: each line becomes an entry of the ledger with its file and row, also
//! above a ceiling, which is breached then. Looked at first (nothing is written), then taken in one transaction.
//!
//! What is taken and what is refused is the whole file: the sums are compared as the file was read, and again by
//! the database over what it has got. The same file is taken once.

use std::collections::BTreeMap;

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::sha256;
use abruf_domain::contract_life::BEFORE_ACTIVATION;
use abruf_domain::ids::ContractId;
use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use data_encoding::HEXLOWER;
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use crate::actions::import::price_map::MapRefused;
use crate::actions::import::turnover_map::TurnoverMap;
use crate::actions::import::turnover_names::{AssignedRow, Directory, KnownContract, assign};
use crate::actions::import::turnover_report::{Breach, TurnoverReport, exact};
use crate::actions::import::turnover_rows::{self, TurnoverRows};
use crate::actions::import::{ImportError, Progress};
use crate::actions::keyed::Keyed;
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::turnover::{self, Addition, ImportSum, NewImport, NewLine, Refused};
use crate::storage::{StorageError, Tx, organisations, people, turnover_names, turnover_uploads};

/// Lines written with one statement.
const LINES: usize = 1_000;

/// A file to be taken.
#[derive(Debug, Clone, Copy)]
pub struct TurnoverFile<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// The mapping, as text.
    pub mapping: &'a str,
    /// Take the right lines although others are refused.
    pub partial: bool,
    /// What all its amounts must add up to, in the currency of the mapping.
    pub control_sum: Option<Decimal>,
    /// The upload it was, if it was one.
    pub upload: Option<Uuid>,
    /// Key of a program that may ask twice.
    pub key: Option<&'a IdempotencyKey>,
}

/// Everything about a file before it is written.
pub(super) struct Judged {
    pub report: TurnoverReport,
    pub refused: Vec<Refused>,
    pub lines: Vec<NewLine>,
    pub additions: Vec<Addition>,
    /// Word of the log.
    pub action: &'static str,
}

/// Looks at a file without writing anything.
///
/// # Errors
/// If the file is refused as a whole, was taken before, or the database fails.
pub async fn preview(app: &App, actor: &Actor, file: &TurnoverFile<'_>) -> Result<TurnoverReport, ImportError> {
    only_office(actor)?;
    let mut tx = app.db.begin(actor).await?;
    Ok(judge(app, &mut tx, actor, file).await?.report)
}

/// Takes a file, unless lines are refused and it shall not be taken in part. Whoever repeats a request with its key gets the
/// id of the import that the first one made, and nothing else of its report.
///
/// # Errors
/// As [`preview`]; nothing is written then.
pub async fn import(
    app: &App,
    actor: &Actor,
    file: &TurnoverFile<'_>,
    progress: Progress<'_>,
) -> Result<TurnoverReport, ImportError> {
    only_office(actor)?;
    let keyed = Keyed { app, actor, key: file.key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    if let Some(id) = keyed.replay::<Uuid>(&mut tx).await? {
        return Ok(TurnoverReport { id: Some(id), written: true, ..TurnoverReport::default() });
    }
    let mut judged = judge(app, &mut tx, actor, file).await?;
    let report = &judged.report;
    if judged.lines.is_empty() || (report.rejected > 0 && !file.partial) {
        return Ok(judged.report);
    }
    let id = write(app, &mut tx, actor, file, &judged, progress).await?;
    if let Some(upload) = file.upload {
        turnover_uploads::remove(&mut tx, upload).await?;
    }
    keyed.keep(&mut tx, &id).await?;
    tx.commit().await.map_err(StorageError::from)?;
    judged.report.id = Some(id);
    judged.report.written = true;
    Ok(judged.report)
}

fn only_office(actor: &Actor) -> Result<(), ImportError> {
    match actor.role {
        Role::Office => Ok(()),
        other => {
            Err(ImportError::NotPermitted(format!("Umsatz erfasst die Geschäftsstelle, nicht: {}.", other.german())))
        }
    }
}

async fn judge(app: &App, tx: &mut Tx, actor: &Actor, file: &TurnoverFile<'_>) -> Result<Judged, ImportError> {
    let map = TurnoverMap::read(file.mapping.as_bytes())?;
    if map.columns.framework.is_none() {
        let expected = "die Spalte, in der der Rahmenvertrag steht";
        return Err(MapRefused::Value { key: "columns.framework", value: String::new(), expected }.into());
    }
    if let Some((_, at)) = turnover::taken(&mut *tx, actor.body, &sha256(file.bytes)).await? {
        return Err(taken_before(Some(German.date(berlin_date(at)))));
    }
    let mut read = turnover_rows::read(file.bytes, &map, app.clock.today())?;
    let known = directory(&mut *tx, actor).await?;
    let assigned = assign(&mut read, &map, &known, None);
    let mut report = read.report();
    report.warnings.extend(assigned.warnings);
    report.unknown = assigned.unknown;
    if let Some((currency, sums)) = report.sums.iter().find(|(_, sums)| !sums.adds_up()) {
        // Cannot be, and must never be written if it is.
        return Err(ImportError::Conflict(format!(
            "Übernommen und abgelehnt ergeben nicht die Kontrollsumme von {}.",
            exact(sums.control, currency)
        )));
    }
    check_control(file, &map, &report)?;
    let now = app.clock.now();
    let lines: Vec<NewLine> =
        assigned.rows.into_iter().map(|row| new_line(app.chance.id(now), row)).collect::<Result<_, _>>()?;
    let additions = turnover::additions(&mut *tx, &lines).await?;
    check_below_zero(&additions)?;
    report.breached = additions
        .iter()
        .filter(|addition| addition.breaches)
        .map(|addition| Breach { contract: addition.contract_number.clone(), scope: scope(addition) })
        .collect();
    Ok(Judged { report, refused: refused(&read)?, lines, additions, action: "turnover_recorded" })
}

/// Everybody a file of this actor's body may name.
pub(super) async fn directory(tx: &mut Tx, actor: &Actor) -> Result<Directory, StorageError> {
    let contracts = turnover_names::contracts(&mut *tx, actor.body).await?;
    Ok(Directory {
        contracts: contracts
            .into_iter()
            .map(|it| KnownContract {
                id: it.id,
                number: it.number,
                currency: it.currency,
                draft: BEFORE_ACTIVATION.iter().any(|state| state.key() == it.status),
                starts_on: it.starts_on,
                ends_on: it.ends_on,
                lots: it.lots,
                suppliers: it.suppliers,
            })
            .collect(),
        members: turnover_names::organisations(&mut *tx, actor.body, "member").await?,
        suppliers: turnover_names::organisations(&mut *tx, actor.body, "supplier").await?,
    })
}

fn taken_before(day: Option<String>) -> ImportError {
    let when = day.map_or_else(|| "inzwischen".to_owned(), |day| format!("schon am {day}"));
    ImportError::Conflict(format!(
        "Diese Datei wurde {when} übernommen. Dieselbe Datei zählt nur einmal. Eine Korrektur ist eine eigene Datei mit den Zeilen, die sich ändern; oder Sie nehmen die erste zuvor zurück."
    ))
}

fn check_control(file: &TurnoverFile<'_>, map: &TurnoverMap, report: &TurnoverReport) -> Result<(), ImportError> {
    let control = report.sums.get(&map.currency).map_or(Decimal::ZERO, |sums| sums.control);
    match file.control_sum {
        Some(expected) if expected != control => Err(ImportError::Conflict(format!(
            "Die Beträge der Datei ergeben {}, angegeben ist {}. Bitte prüfen Sie, ob die Datei vollständig ist.",
            exact(control, &map.currency),
            exact(expected, &map.currency)
        ))),
        _ => Ok(()),
    }
}

/// Less than nothing cannot have been bought: it would make room above the limit.
pub(super) fn check_below_zero(additions: &[Addition]) -> Result<(), ImportError> {
    let below: Vec<String> = additions
        .iter()
        .filter(|addition| addition.recorded + addition.amount < Decimal::ZERO)
        .map(|addition| {
            format!(
                "Vertrag {}, {}: nacherfasst sind {}, die Datei nimmt {} zurück",
                addition.contract_number,
                scope(addition),
                German.number(addition.recorded.normalize()),
                German.number((Decimal::ZERO - addition.amount).normalize())
            )
        })
        .collect();
    if below.is_empty() {
        return Ok(());
    }
    Err(ImportError::Conflict(format!(
        "Die Datei nimmt mehr zurück, als nacherfasst ist. {}. Bitte übernehmen Sie zuerst die Datei, die sie berichtigt.",
        below.join("; ")
    )))
}

/// What a ceiling is about, in German.
fn scope(addition: &Addition) -> String {
    match (addition.lot, addition.member) {
        (Some(_), _) => format!("Los {}", addition.scope_name),
        (_, Some(_)) => format!("Kontingent {}", addition.scope_name),
        _ => "gesamt".to_owned(),
    }
}

fn new_line(id: Uuid, assigned: AssignedRow) -> Result<NewLine, ImportError> {
    let row = assigned.row;
    Ok(NewLine {
        id,
        contract: assigned.contract,
        row: row_number(row.line)?,
        raw: row.raw,
        month: row.month,
        amount: row.amount,
        currency: row.currency,
        member: assigned.member,
        supplier: assigned.supplier,
        lot: assigned.lot,
        reference: row.reference.unwrap_or_default(),
    })
}

pub(super) fn row_number(line: u64) -> Result<i32, ImportError> {
    i32::try_from(line).map_err(|_| ImportError::Conflict(format!("Zeile {line} liegt zu weit hinten.")))
}

/// Writes an import with its lines, what they add to the ledger, and the log.
pub(super) async fn write(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    file: &TurnoverFile<'_>,
    judged: &Judged,
    progress: Progress<'_>,
) -> Result<Uuid, ImportError> {
    let now = app.clock.now();
    // An upload keeps its id: whoever confirms twice finds the import.
    let id = file.upload.unwrap_or_else(|| app.chance.id(now));
    let hash = sha256(file.bytes);
    let warnings = json!(judged.report.warnings);
    let new = NewImport {
        id,
        body: actor.body,
        file_name: file.name,
        bytes: file.bytes,
        sha256: &hash,
        mapping: file.mapping,
        warnings: &warnings,
        person: actor.person,
        at: now,
    };
    turnover::insert_import(&mut *tx, &new).await.map_err(in_german)?;
    let total = judged.lines.len() as u64;
    let source = format!("Umsatzdatei {}, Zeile ", file.name);
    let mut done = 0;
    for lines in judged.lines.chunks(LINES) {
        turnover::insert_lines(&mut *tx, id, lines).await?;
        turnover::write_entries(&mut *tx, lines, &judged.additions, &source, now, &|| app.chance.id(now)).await?;
        done += lines.len() as u64;
        progress(done, total);
    }
    for lines in judged.refused.chunks(LINES) {
        turnover::insert_refused(&mut *tx, id, lines).await?;
    }
    for sum in import_sums(&judged.report)? {
        turnover::insert_sum(&mut *tx, id, &sum).await?;
    }
    take_guards(app, tx, actor, file, judged, id).await?;
    Ok(id)
}

/// Guard rows last, by contract, each contract's own row and its log after its lots and quotas; then the log of
/// the body.
async fn take_guards(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    file: &TurnoverFile<'_>,
    judged: &Judged,
    id: Uuid,
) -> Result<(), ImportError> {
    let now = app.clock.now();
    let hash = HEXLOWER.encode(&sha256(file.bytes));
    let record = |detail| {
        let mut entry = AuditEntry::new(now, Some(actor.person.0), judged.action, "turnover_import", id);
        entry.after = Some(hash.clone());
        actor.sign(&mut entry);
        let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
        Record::with_detail(entry, concerns, app.chance.bytes(), detail)
    };
    let mut rows: BTreeMap<ContractId, usize> = BTreeMap::new();
    for line in &judged.lines {
        *rows.entry(line.contract).or_default() += 1;
    }
    for addition in &judged.additions {
        let breached = turnover::add_recorded(&mut *tx, addition).await?;
        if breached.is_none() {
            // Somebody has taken back what stood there when it was looked at.
            return Err(ImportError::Conflict(
                "Inzwischen wurde ein nacherfasster Betrag zurückgenommen. Bitte sehen Sie die Datei noch einmal an."
                    .to_owned(),
            ));
        }
        if addition.lot.is_none() && addition.member.is_none() {
            let lines = rows.get(&addition.contract).copied().unwrap_or_default();
            let detail = json!({ "file": file.name, "lines": lines, "amount": addition.amount, "breached": breached });
            audit_log::append_to_contract(&mut *tx, addition.contract, &record(detail)).await?;
        }
    }
    let detail = json!({ "file": file.name, "lines": judged.lines.len(), "rejected": judged.report.rejected });
    audit_log::append(&mut *tx, actor.body.0, &record(detail)).await?;
    Ok(())
}

fn refused(read: &TurnoverRows) -> Result<Vec<Refused>, ImportError> {
    let line = |row: &turnover_rows::RejectedRow| {
        let reasons: Vec<String> = row.errors.iter().map(|error| error.without_line()).collect();
        Ok(Refused {
            row: row_number(row.line)?,
            raw: row.raw.replace('\0', ""),
            currency: row.currency.clone(),
            amount: row.amount,
            reason: reasons.join(" | "),
        })
    };
    read.rejected.iter().map(line).collect()
}

fn import_sums(report: &TurnoverReport) -> Result<Vec<ImportSum>, ImportError> {
    let number = |count: usize| row_number(count as u64);
    let sum = |(currency, sums): (&String, &crate::actions::import::turnover_report::CurrencySums)| {
        Ok(ImportSum {
            currency: currency.clone(),
            lines: number(sums.rows)?,
            negative_lines: number(sums.negative_rows)?,
            imported_lines: number(sums.imported_rows)?,
            imported: sums.imported,
            rejected_lines: number(sums.rejected_rows)?,
            rejected: sums.rejected,
            unread_lines: number(sums.unread_rows)?,
            control: sums.control,
        })
    };
    report.sums.iter().map(sum).collect()
}

fn in_german(error: StorageError) -> ImportError {
    match error.constraint() {
        Some("turnover_import_file_once" | "turnover_import_pkey") => taken_before(None),
        _ => error.into(),
    }
}

/// The person of this address, acting for the office of the body named so; without a name, of the only one.
///
/// # Errors
/// If there is no such person, or they act for several bodies and none is named.
pub async fn office_of(app: &App, email: &str, body: Option<&str>) -> Result<Actor, ImportError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let email = email.trim().to_lowercase();
    let Some(account) = people::find_account(&mut tx, &email).await? else {
        return Err(ImportError::NotFound(format!("Es gibt kein Konto mit der Adresse {email}.")));
    };
    let acts = people::assignments(&mut tx, account.person, (app.clock.now(), app.clock.today())).await?;
    let mut found = Vec::new();
    for acting in acts.into_iter().map(|it| it.actor).filter(|it| it.role == Role::Office) {
        let name = organisations::name(&mut tx, acting.body).await?.unwrap_or_default();
        if body.is_none_or(|wanted| wanted.trim() == name) {
            found.push(acting);
        }
    }
    let several = found.len();
    match (found.pop(), several) {
        (Some(actor), 1) => Ok(actor),
        (None, _) => Err(ImportError::NotPermitted(format!(
            "{email} gehört heute nicht zur Geschäftsstelle{}.",
            body.map_or_else(String::new, |body| format!(" von {body}"))
        ))),
        _ => Err(ImportError::Conflict(format!(
            "{email} gehört zu {several} Geschäftsstellen. Bitte nennen Sie mit --body, welche gemeint ist."
        ))),
    }
}
