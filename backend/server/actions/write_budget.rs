//! Write what is available on an account of one's member in a year: by hand, or from a file of the
//! accounting system. A file is looked at first and written as a whole, or not at all.

use std::collections::BTreeMap;

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::sha256;
use abruf_domain::money::Gross;
use abruf_domain::notation::Language::German;
use chrono::{Datelike, NaiveDate};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::import::Report;
use super::import::cells::{Cells, Notation, RowError};
use super::import::table::Table;
use super::{ActionError, FieldError, is_storable, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::budgets::{self, AccountYear};
use crate::storage::{StorageError, Tx};

/// Columns a file must have; `bezeichnung`, `vorlaeufig_bis` and `genehmigung` may stand beside them.
pub const COLUMNS: [&str; 3] = ["konto", "jahr", "verfuegbar"];

/// Years a budget can be about, counted from this one: last year's rest, and far commitments.
const YEARS: (i32, i32) = (1, 15);

/// How files and people write amounts here.
const AMOUNTS: Notation = Notation { decimal: ',', thousands: Some('.') };

/// Most mistakes of a file told at once; the rest is counted.
const MOST_TOLD: usize = 20;

/// A figure of a file beside the one it would replace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// What the file says.
    pub new: AccountYear,
    /// What is recorded.
    pub before: Option<AccountYear>,
}

impl Figure {
    fn changes(&self) -> bool {
        let Some(before) = &self.before else { return true };
        let kept_name = if self.new.name.is_empty() { &before.name } else { &self.new.name };
        *before != AccountYear { name: kept_name.clone(), ..self.new.clone() }
    }
}

/// What a file would do.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Counted.
    pub report: Report,
    /// Its figures, in the order of the file.
    pub figures: Vec<Figure>,
}

/// Writes one figure by hand, in place of what stood there. Its day is today.
///
/// # Errors
/// [`ActionError::Invalid`] with what is wrong at which field.
pub async fn enter(app: &App, actor: &Actor, new: &AccountYear) -> Result<(), ActionError> {
    only(actor, &[Role::Treasurer])?;
    let (now, today) = (app.clock.now(), app.clock.today());
    let new = AccountYear {
        account: new.account.trim().to_owned(),
        name: new.name.trim().to_owned(),
        overrun_approval: new.overrun_approval.as_deref().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned),
        imported: false,
        as_of: today,
        ..new.clone()
    };
    let errors = mistakes(&new, today);
    if !errors.is_empty() {
        return Err(ActionError::Invalid(errors));
    }
    let mut tx = app.db.begin(actor).await?;
    budgets::write_account_year(&mut tx, app.chance.id(now), actor.organisation, &new).await?;
    let detail = json!({ "account": new.account, "year": new.year, "available": new.available });
    log(app, &mut tx, actor, "budget_entered", None, detail).await?;
    Ok(tx.commit().await?)
}

fn mistakes(new: &AccountYear, today: NaiveDate) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let mut wrong = |field: &str, message: String| errors.push(FieldError::new(field, message));
    if new.account.is_empty() {
        wrong("account", "Bitte geben Sie die Nummer des Kontos ein, zum Beispiel 11150.5291000.".to_owned());
    }
    let approval = new.overrun_approval.as_deref().unwrap_or_default();
    for (field, text, most) in
        [("account", new.account.as_str(), 100), ("name", &new.name, 200), ("overrun_approval", approval, 200)]
    {
        let length = text.chars().count();
        if most < length {
            wrong(field, format!("Der Text hat {length} Zeichen, erlaubt sind {most}. Bitte kürzen Sie ihn."));
        } else if !is_storable(text) || text.contains(char::is_control) {
            wrong(field, "Der Text enthält ein unsichtbares Zeichen. Bitte geben Sie ihn neu ein.".to_owned());
        }
    }
    if let Some(message) = year_mistake(new.year, today) {
        wrong("year", message);
    }
    if new.provisional_until.is_some_and(|until| until.year() != new.year) {
        let message = "Die vorläufige Haushaltsführung endet in ihrem Haushaltsjahr. Bitte prüfen Sie Jahr und Tag.";
        wrong("provisional_until", message.to_owned());
    }
    errors
}

fn year_mistake(year: i32, today: NaiveDate) -> Option<String> {
    let (first, last) = (today.year() - YEARS.0, today.year() + YEARS.1);
    (!(first..=last).contains(&year))
        .then(|| format!("Das Jahr {year} liegt zu weit weg. Möglich sind {first} bis {last}."))
}

/// Looks at a file without writing anything. `as_of` is the day of its figures.
///
/// # Errors
/// [`ActionError::Invalid`] with line, column and expectation of everything that is wrong.
pub async fn preview(app: &App, actor: &Actor, csv: &str, as_of: NaiveDate) -> Result<Preview, ActionError> {
    only(actor, &[Role::Treasurer])?;
    let mut tx = app.db.begin(actor).await?;
    judged(app, &mut tx, actor, csv, as_of).await
}

/// Writes a file as a whole, or not at all.
///
/// # Errors
/// As [`preview`].
pub async fn import(app: &App, actor: &Actor, csv: &str, as_of: NaiveDate) -> Result<Preview, ActionError> {
    only(actor, &[Role::Treasurer])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let mut preview = judged(app, &mut tx, actor, csv, as_of).await?;
    for figure in preview.figures.iter().filter(|figure| figure.changes()) {
        budgets::write_account_year(&mut tx, app.chance.id(now), actor.organisation, &figure.new).await?;
    }
    let file = HEXLOWER.encode(&sha256(csv.as_bytes()));
    let detail = json!({ "as_of": as_of, "rows": preview.report.rows });
    log(app, &mut tx, actor, "budget_imported", Some(file), detail).await?;
    tx.commit().await?;
    preview.report.written = true;
    Ok(preview)
}

async fn judged(app: &App, tx: &mut Tx, actor: &Actor, csv: &str, as_of: NaiveDate) -> Result<Preview, ActionError> {
    let today = app.clock.today();
    if today < as_of {
        let message = format!("Der Stand {} liegt in der Zukunft. Bitte prüfen Sie den Tag.", German.date(as_of));
        return Err(ActionError::Invalid(vec![FieldError::new("as_of", message)]));
    }
    let table = Table::read(csv.as_bytes(), b';', &COLUMNS)
        .map_err(|error| ActionError::Invalid(vec![FieldError::new("csv", error.to_string())]))?;
    let (news, errors) = read_rows(&table, as_of, today);
    if !errors.is_empty() {
        return Err(ActionError::Invalid(told(&errors)));
    }
    let known = budgets::account_years(tx, actor.organisation, i32::MIN).await?;
    let figures: Vec<Figure> = news
        .into_iter()
        .map(|new| Figure {
            before: known.iter().find(|it| it.account == new.account && it.year == new.year).cloned(),
            new,
        })
        .collect();
    let mut report = Report { rows: table.rows.len(), ..Report::default() };
    for figure in &figures {
        match (&figure.before, figure.changes()) {
            (None, _) => report.new += 1,
            (Some(_), true) => report.changed += 1,
            (Some(_), false) => report.unchanged += 1,
        }
    }
    Ok(Preview { report, figures })
}

fn told(errors: &[RowError]) -> Vec<FieldError> {
    let mut told: Vec<FieldError> =
        errors.iter().take(MOST_TOLD).map(|error| FieldError::new("csv", error.to_string())).collect();
    if MOST_TOLD < errors.len() {
        let rest = German.number((errors.len() - MOST_TOLD).into());
        told.push(FieldError::new("csv", format!("Dazu kommen {rest} weitere Fehler. Es wurde nichts übernommen.")));
    }
    told
}

fn read_rows(table: &Table, as_of: NaiveDate, today: NaiveDate) -> (Vec<AccountYear>, Vec<RowError>) {
    let mut news = Vec::new();
    let mut errors = Vec::new();
    let mut lines: BTreeMap<(String, i32), u64> = BTreeMap::new();
    for row in &table.rows {
        let mut cells = Cells::new(table, row);
        let account = cells.text("konto", 100);
        let name = cells.optional_text("bezeichnung", 200);
        let year = cells.whole_number("jahr", "2027");
        if 0 < year && year_mistake(year, today).is_some() {
            let (first, last) = (today.year() - YEARS.0, today.year() + YEARS.1);
            cells.refuse("jahr", "liegt zu weit weg", &format!("{first} bis {last}"));
        }
        let available = read_amount(&mut cells, "verfuegbar");
        let approval = cells.optional_text("genehmigung", 200);
        let provisional_until = read_day(&mut cells, "vorlaeufig_bis");
        if provisional_until.is_some_and(|until| until.year() != year) {
            cells.refuse("vorlaeufig_bis", "liegt nicht im Haushaltsjahr", &format!("ein Tag in {year}"));
        }
        if let Some(first) = lines.insert((account.clone(), year), row.line) {
            cells.refuse("konto", &format!("steht für {year} schon in Zeile {first}"), "jedes Konto einmal je Jahr");
        }
        let wrong = cells.errors();
        match available {
            Some(available) if wrong.is_empty() => news.push(AccountYear {
                account,
                name,
                year,
                available,
                overrun_approval: Some(approval).filter(|it| !it.is_empty()),
                provisional_until,
                imported: true,
                as_of,
            }),
            _ => errors.extend(wrong),
        }
    }
    (news, errors)
}

/// An amount, which may be below zero: accounts can be overdrawn.
fn read_amount(cells: &mut Cells<'_>, column: &str) -> Option<Gross> {
    let raw = cells.raw(column).trim_end_matches('€').trim();
    let (sign, digits) = raw.strip_prefix('-').map_or(("", raw), |digits| ("-", digits));
    let amount = AMOUNTS.plain(digits).and_then(|plain| format!("{sign}{plain}").parse::<Gross>().ok());
    if amount.is_none() {
        cells.refuse(column, "ist kein Betrag", &AMOUNTS.example());
    }
    amount
}

fn read_day(cells: &mut Cells<'_>, column: &str) -> Option<NaiveDate> {
    let raw = cells.raw(column);
    if raw.is_empty() {
        return None;
    }
    let day = NaiveDate::parse_from_str(raw, "%d.%m.%Y").or_else(|_| NaiveDate::parse_from_str(raw, "%Y-%m-%d")).ok();
    if day.is_none() {
        cells.refuse(column, "ist kein Datum", "31.03.2027");
    }
    day
}

async fn log(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    action: &str,
    after: Option<String>,
    detail: Value,
) -> Result<(), StorageError> {
    let mut entry =
        AuditEntry::new(app.clock.now(), Some(actor.person.0), action, "organisation", actor.organisation.0);
    entry.after = after;
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), member: Some(actor.organisation), call_off: None };
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), detail);
    audit_log::append(tx, actor.body.0, &record).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn read(csv: &str) -> (Vec<AccountYear>, Vec<String>) {
        let table = Table::read(csv.as_bytes(), b';', &COLUMNS).unwrap();
        let (news, errors) = read_rows(&table, day("2026-11-20"), day("2026-11-22"));
        (news, errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn overdrawn_accounts_and_commitments_of_later_years_are_read() {
        let (news, errors) = read(
            "konto;bezeichnung;jahr;verfuegbar;vorlaeufig_bis\n11150.52;EDV;2026;1.234,50 €;\n11150.52;;2027;5000;31.03.2027\n4711;;2026;-0,01;\n",
        );
        assert_eq!(errors, Vec::<String>::new());
        let read: Vec<_> = news.iter().map(|it| (it.year, it.available.to_string(), it.provisional_until)).collect();
        let until = Some(day("2027-03-31"));
        assert_eq!(
            read,
            [(2026, "1234.50".to_owned(), None), (2027, "5000.00".to_owned(), until), (2026, "-0.01".to_owned(), None)]
        );
    }

    #[test]
    fn what_is_wrong_is_named_by_line_and_column() {
        let (_, errors) = read(
            "konto;jahr;verfuegbar;vorlaeufig_bis\n;2026;1,00;\n1;26;1,00;\n2;2026;1.23;\n3;2026;1,00;31.03.2027\n4;2026;1,00;\n4;2026;2,00;\n",
        );
        for (line, column) in [(2, "konto"), (3, "jahr"), (4, "verfuegbar"), (5, "vorlaeufig_bis"), (7, "konto")] {
            let place = format!("Zeile {line}, Spalte {column}:");
            assert!(errors.iter().any(|error| error.starts_with(&place)), "{place} in {errors:?}");
        }
        assert!(errors.iter().any(|error| error.contains("steht für 2026 schon in Zeile 6")), "{errors:?}");
        assert_eq!(errors.len(), 5);
    }
}
