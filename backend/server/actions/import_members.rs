//! Admit many members from a list: looked at first, admitted all or none. Each admission is the one of `admit_member.rs`,
//! with its rules and its log; the same list taken twice admits nobody twice.

use std::collections::BTreeMap;

use abruf_domain::notation::Language::German;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::admit_member::{self, Admission};
use super::{ActionError, only};
use crate::actions::import::cells::RowError;
use crate::actions::import::member_columns::Field;
use crate::actions::import::member_rows::{self, MemberFile, MemberRow};
use crate::actions::import::town_names::{Directory, Meant, may_be};
use crate::actions::import::{ImportError, Progress};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::members::{self, KnownMembership};
use crate::storage::{Tx, register};

/// How often a list is judged anew after somebody else admitted one of its members in between.
const ATTEMPTS: usize = 3;

/// What taking a list did, or would do.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MembersReport {
    /// Rows of the file.
    pub rows: usize,
    /// Who is admitted, in the order of the file.
    pub new: Vec<Newcomer>,
    /// Rows whose town is a member already; they stay as they are.
    pub already: usize,
    /// Rows with at least one error.
    pub rejected: usize,
    /// What the sender should know of, in German.
    pub notes: Vec<String>,
    /// What is wrong, by line.
    pub errors: Vec<RowError>,
    /// Whether anything was written.
    pub written: bool,
    /// The rejected rows as CSV with two more columns, line and error.
    #[serde(skip)]
    pub rejects: Option<Vec<u8>>,
}

impl MembersReport {
    /// In one sentence: `412 Zeilen: 398 neu, 9 schon Mitglied, 5 mit Fehler`.
    #[must_use]
    pub fn sentence(&self) -> String {
        format!(
            "{} Zeilen: {} neu, {} schon Mitglied, {} mit Fehler",
            self.rows,
            self.new.len(),
            self.already,
            self.rejected
        )
    }
}

/// Somebody to be admitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Newcomer {
    /// Row of the file.
    pub line: u64,
    /// Official municipality key.
    pub official_key: String,
    /// Name in the register.
    pub name: String,
    /// Day of the declaration.
    pub declared_on: NaiveDate,
    /// First day of membership.
    pub effective_from: NaiveDate,
    /// Shares.
    pub shares: i32,
    /// Nominal value of one.
    pub share_value_net: Decimal,
}

impl Newcomer {
    fn admission(&self) -> Admission {
        Admission {
            official_key: self.official_key.clone(),
            declared_on: self.declared_on,
            effective_from: self.effective_from,
            shares: self.shares,
            share_value_net: self.share_value_net,
        }
    }
}

/// Looks at a list without writing anything.
///
/// # Errors
/// If the file is refused as a whole, the register is empty, or the database fails.
pub async fn preview(app: &App, actor: &Actor, bytes: &[u8]) -> Result<MembersReport, ImportError> {
    only(actor, &[Role::Office])?;
    let file = member_rows::read(bytes, app.clock.today())?;
    let mut tx = app.db.begin(actor).await?;
    judge(&mut tx, actor, &file, app.clock.today()).await
}

/// Admits everybody of the list who is no member yet, in one transaction, unless a single row is wrong.
///
/// # Errors
/// As [`preview`]; nothing is written then.
pub async fn import(
    app: &App,
    actor: &Actor,
    bytes: &[u8],
    progress: Progress<'_>,
) -> Result<MembersReport, ImportError> {
    only(actor, &[Role::Office])?;
    let today = app.clock.today();
    let file = member_rows::read(bytes, today)?;
    let mut attempt = 1;
    loop {
        let mut tx = app.db.begin(actor).await?;
        let mut report = judge(&mut tx, actor, &file, today).await?;
        if report.rejected > 0 || report.new.is_empty() {
            return Ok(report);
        }
        match write(app, &mut tx, actor, &report.new, progress).await {
            Ok(()) => {
                tx.commit().await?;
                report.written = true;
                return Ok(report);
            }
            // Somebody was faster, perhaps the same person with a second click: what is left is judged anew.
            Err(ActionError::Storage(error)) if attempt < ATTEMPTS && admit_member::is_taken(&error) => attempt += 1,
            Err(error) => return Err(error.into()),
        }
    }
}

async fn write(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    new: &[Newcomer],
    progress: Progress<'_>,
) -> Result<(), ActionError> {
    // By key, whatever the order of the file. Two lists that meet may still stop each other: the log is locked in between.
    let mut ordered: Vec<&Newcomer> = new.iter().collect();
    ordered.sort_by(|a, b| a.official_key.cmp(&b.official_key));
    let keys: Vec<String> = ordered.iter().map(|it| it.official_key.clone()).collect();
    let entries = register::find_all(&mut *tx, &keys).await?;
    let total = ordered.len() as u64;
    for (done, newcomer) in (1..).zip(ordered) {
        let entry = entries.iter().find(|it| it.official_key == newcomer.official_key).ok_or(ActionError::NotFound)?;
        admit_member::enter(app, &mut *tx, actor, entry, &newcomer.admission()).await?;
        progress(done, total);
    }
    Ok(())
}

/// Everything about a list before it is written.
async fn judge(tx: &mut Tx, actor: &Actor, file: &MemberFile, today: NaiveDate) -> Result<MembersReport, ImportError> {
    let names = register::names(&mut *tx).await?;
    if names.is_empty() {
        return Err(ImportError::Conflict(
            "Das Verzeichnis der Städte und Gemeinden ist leer. Bitte lesen Sie es zuerst ein: unter Einrichtung, oder mit „abruf import register“."
                .to_owned(),
        ));
    }
    let (towns, mut errors) = towns(file, &names);
    let keys: Vec<String> = towns.iter().map(|(_, key, _)| (*key).to_owned()).collect();
    let mut known: BTreeMap<String, Vec<KnownMembership>> = BTreeMap::new();
    for it in members::memberships_with_official_keys(&mut *tx, actor.body, &keys).await? {
        known.entry(it.official_key.clone()).or_default().push(it);
    }
    let mut report = MembersReport { rows: file.count, notes: file.notes.clone(), ..MembersReport::default() };
    let (mut undeclared, mut unshared) = (0, 0);
    for (row, key, name) in towns {
        // A membership without an end meets every one that is open: so does the constraint of the table.
        let meets = |it: &&KnownMembership| it.effective_to.is_none_or(|last| row.effective_from <= last);
        match known.get(key).and_then(|all| all.iter().rev().find(meets)) {
            None => {
                undeclared += usize::from(row.declared_on.is_none());
                unshared += usize::from(row.shares.is_none());
                report.new.push(newcomer(row, key, name));
            }
            Some(KnownMembership { effective_to: Some(last), .. }) if *last < today => {
                errors.push(RowError::in_cell(
                    row.line,
                    file.columns.heading(Field::Since).unwrap_or_default(),
                    &German.date(row.effective_from),
                    &format!("liegt vor dem Ende der früheren Mitgliedschaft am {}", German.date(*last)),
                    "ein Tag danach",
                ));
            }
            Some(is) => {
                report.already += 1;
                if is.effective_from != row.effective_from {
                    report.notes.push(format!(
                        "Zeile {}: {name} ist Mitglied ab {}, in der Datei steht {}. Es bleibt bei dem, was eingetragen ist.",
                        row.line,
                        German.date(is.effective_from),
                        German.date(row.effective_from)
                    ));
                }
            }
        }
    }
    if 0 < undeclared {
        report.notes.push(format!(
            "Zeilen ohne Tag der Beitrittserklärung: {undeclared}. Eingetragen wird dort der erste Tag der Mitgliedschaft."
        ));
    }
    if 0 < unshared {
        report
            .notes
            .push(format!("Zeilen ohne Zahl der Geschäftsanteile: {unshared}. Eingetragen wird dort 1 Anteil."));
    }
    errors.sort_by_key(|error| error.line);
    let (rejected, rejects) = file.rejects(&errors);
    report.rejected = rejected;
    report.rejects = (0 < rejected).then_some(rejects);
    report.errors = errors;
    Ok(report)
}

/// What the file leaves out is filled in as the form does, or with the latest day it can have been.
fn newcomer(row: &MemberRow, key: &str, name: &str) -> Newcomer {
    Newcomer {
        line: row.line,
        official_key: key.to_owned(),
        name: name.to_owned(),
        declared_on: row.declared_on.unwrap_or(row.effective_from),
        effective_from: row.effective_from,
        shares: row.shares.unwrap_or(1),
        share_value_net: row.share_value_net,
    }
}

/// A row with key and name of its town in the register.
type Town<'a> = (&'a MemberRow, &'a str, &'a str);

/// The rows whose town is in the register and stands once, and all errors up to here.
fn towns<'a>(file: &'a MemberFile, names: &'a [(String, String)]) -> (Vec<Town<'a>>, Vec<RowError>) {
    let by_key: BTreeMap<&str, &str> = names.iter().map(|(key, name)| (key.as_str(), name.as_str())).collect();
    let directory = Directory::of(names);
    let mut errors = file.errors.clone();
    let mut towns = Vec::new();
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for row in &file.rows {
        let (key, name) = match town(row, file, &by_key, &directory) {
            Ok(town) => town,
            Err(error) => {
                errors.push(error);
                continue;
            }
        };
        if let Some(line) = seen.insert(key, row.line) {
            seen.insert(key, line);
            let (field, written) = row.key.as_ref().map_or((Field::Name, &row.name), |key| (Field::Key, key));
            let heading = file.columns.heading(field).unwrap_or_default();
            let problem = format!("steht schon in Zeile {line}");
            errors.push(RowError::in_cell(row.line, heading, written, &problem, "jedes Mitglied einmal"));
            continue;
        }
        towns.push((row, key, name));
    }
    (towns, errors)
}

/// Key and name of the town that a row means.
fn town<'a>(
    row: &MemberRow,
    file: &MemberFile,
    by_key: &BTreeMap<&'a str, &'a str>,
    directory: &Directory<'a>,
) -> Result<(&'a str, &'a str), RowError> {
    const UNKNOWN: &str = "steht nicht im Verzeichnis der Städte und Gemeinden";
    let wrong = |field, written: &str, problem: &str, expected: &str| {
        let heading = file.columns.heading(field).unwrap_or_default();
        Err(RowError::in_cell(row.line, heading, written, problem, expected))
    };
    let Some(key) = &row.key else {
        return match directory.meant(&row.name) {
            Meant::One(key) => Ok((key, by_key.get(key).copied().unwrap_or_default())),
            Meant::Nobody => wrong(Field::Name, &row.name, UNKNOWN, "ein Name daraus oder der Gemeindeschlüssel"),
            Meant::Several(keys, count) => {
                let problem = format!("heißen {count} Städte und Gemeinden");
                let expected = format!("der Gemeindeschlüssel, zum Beispiel {}", keys.join(", "));
                wrong(Field::Name, &row.name, &problem, &expected)
            }
        };
    };
    let Some((key, official)) = by_key.get_key_value(key.as_str()) else {
        let expected = "ein Schlüssel daraus; ein anderes Verzeichnis lesen Sie unter Einrichtung ein";
        return wrong(Field::Key, key, UNKNOWN, expected);
    };
    if !row.name.is_empty() && !may_be(&row.name, official) {
        return wrong(Field::Name, &row.name, &format!("gehört nicht zum Gemeindeschlüssel {key}"), official);
    }
    Ok((key, official))
}
