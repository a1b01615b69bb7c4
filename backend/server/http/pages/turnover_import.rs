//! `/verwaltung/umsaetze/{id}`: an import with its sums by contract, member and month, the lines behind each, and
//! what was refused. Every sum is that of the list it leads to.

use abruf_domain::ids::{ContractId, OrganisationId};
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDate;
use data_encoding::HEXLOWER;
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::import::turnover_report::{CurrencySums, Warning, exact, sentence};
use crate::app::App;
use crate::http::access::encoded;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::layout::{Frame, Page};
use crate::http::pages::pager::Pager;
use crate::http::pages::spreadsheet;
use crate::http::pages::written::{count, instant};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::turnover::ImportSum;
use crate::storage::turnover_list::{self, By, Filter, Line, LineSum};
use crate::storage::turnover_revocations::{self, Revocation};

/// Lines on a page.
const PAGE: i64 = 50;
/// Rows of a table of sums that are shown unfolded.
const UNFOLDED: usize = 12;

/// The page.
#[derive(askama::Template)]
#[template(path = "pages/turnover_import.html")]
pub struct TurnoverImportPage {
    frame: Frame,
    id: Uuid,
    file_name: String,
    hint: &'static str,
    taken: String,
    sha256: String,
    sums: Vec<String>,
    warnings: Vec<String>,
    rejected: i32,
    /// Set once the file was taken back, or takes another one back.
    revocation: Option<RevocationWords>,
    tables: Vec<SumTable>,
    filtered: bool,
    /// Number and sum of the lines below, by currency.
    totals: Vec<String>,
    rows: Vec<LineRow>,
    pager: Pager,
}

/// A revocation in words.
struct RevocationWords {
    sentence: String,
    reason: String,
    /// The file on the other side, and what to call it.
    other: (Uuid, &'static str),
}

/// Sums by one thing.
struct SumTable {
    title: &'static str,
    id: &'static str,
    rows: Vec<SumRow>,
    all: Vec<String>,
}

impl SumTable {
    fn is_long(&self) -> bool {
        UNFOLDED < self.rows.len()
    }
}

/// A sum with the address of its lines.
struct SumRow {
    name: String,
    address: String,
    lines: i64,
    amount: String,
}

/// A line in words.
struct LineRow {
    row: i32,
    month: String,
    contract: String,
    contract_id: Uuid,
    member: String,
    notes: Vec<String>,
    amount: String,
    raw: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    vertrag: String,
    mitglied: String,
    monat: String,
    seite: String,
    hinweis: String,
}

impl Asked {
    /// What is asked for; what cannot be read filters nothing away but itself: an unknown id has no lines.
    fn filter(&self) -> Filter {
        let id = |text: &str| (!text.is_empty()).then(|| text.parse::<Uuid>().unwrap_or_default());
        Filter {
            contract: id(&self.vertrag).map(ContractId),
            member: id(&self.mitglied).map(OrganisationId),
            month: NaiveDate::parse_from_str(&format!("{}-01", self.monat), "%Y-%m-%d").ok(),
        }
    }
}

/// `GET /verwaltung/umsaetze/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<TurnoverImportPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let it = turnover_list::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let sums: Vec<ImportSum> = turnover_list::sums(&mut tx, &[id]).await?.into_iter().map(|(_, sum)| sum).collect();
    let filter = asked.filter();
    let totals = turnover_list::line_totals(&mut tx, id, &filter).await?;
    let total = totals.iter().map(|(_, lines, _)| lines).sum();
    let address = format!("/verwaltung/umsaetze/{id}");
    let filters = [("vertrag", &*asked.vertrag), ("mitglied", &*asked.mitglied), ("monat", &*asked.monat)];
    let pager = Pager::new(&asked.seite, PAGE, total, &address, &filters);
    let lines = turnover_list::lines(&mut tx, id, &filter, PAGE, pager.offset()).await?;
    let mut tables = Vec::new();
    for (by, title, key) in [
        (By::Contract, "Nach Vertrag", "vertrag"),
        (By::Member, "Nach Mitglied", "mitglied"),
        (By::Month, "Nach Monat", "monat"),
    ] {
        let rows = turnover_list::line_sums(&mut tx, id, by).await?;
        tables.push(table(title, key, &address, rows));
    }
    let revocation = turnover_revocations::of_import(&mut tx, id).await?;
    let warnings: Vec<Warning> = serde_json::from_value(it.warnings.clone()).unwrap_or_default();
    Ok(Page(TurnoverImportPage {
        frame: frame.titled(it.file_name.clone()),
        id,
        file_name: it.file_name,
        hint: match asked.hinweis.as_str() {
            "uebernommen" => "Die Datei ist übernommen. Sie zählt ab jetzt.",
            "zurueckgenommen" => "Die Datei ist zurückgenommen. Sie zählt nicht mehr.",
            _ => "",
        },
        taken: format!("{}, {}", instant(it.at), it.person.unwrap_or_default()),
        sha256: HEXLOWER.encode(&it.sha256),
        sums: sums.iter().map(sum_words).collect(),
        warnings: warnings.into_iter().map(|warning| warning.text).collect(),
        rejected: sums.iter().map(|sum| sum.rejected_lines).sum(),
        revocation: revocation.map(|it| revocation_words(it, id)),
        tables,
        filtered: filters.iter().any(|(_, value)| !value.is_empty()),
        totals: totals
            .iter()
            .map(|(currency, lines, amount)| {
                format!("{}, {}", count(*lines, "Zeile", "Zeilen"), exact(*amount, currency))
            })
            .collect(),
        rows: lines.into_iter().map(line_row).collect(),
        pager,
    }))
}

fn revocation_words(it: Revocation, shown: Uuid) -> RevocationWords {
    let who = format!("{}, {}", instant(it.at), it.person.unwrap_or_default());
    let (sentence, other) = if it.import == shown {
        (format!("Zurückgenommen {who}. Die Datei zählt nicht mehr."), (it.counter, "Gegenbuchungen ansehen"))
    } else {
        (format!("Diese Buchungen nehmen eine Datei zurück: {who}."), (it.import, "Zurückgenommene Datei ansehen"))
    };
    RevocationWords { sentence, reason: it.reason, other }
}

/// The sentence of the import, from what is stored.
pub fn sum_words(sum: &ImportSum) -> String {
    let number = |lines: i32| usize::try_from(lines).unwrap_or_default();
    let sums = CurrencySums {
        rows: number(sum.lines),
        negative_rows: number(sum.negative_lines),
        imported_rows: number(sum.imported_lines),
        imported: sum.imported,
        rejected_rows: number(sum.rejected_lines),
        rejected: sum.rejected,
        unread_rows: number(sum.unread_lines),
        control: sum.control,
    };
    sentence(&sum.currency, &sums)
}

fn table(title: &'static str, key: &'static str, address: &str, rows: Vec<LineSum>) -> SumTable {
    let mut all: std::collections::BTreeMap<String, Decimal> = std::collections::BTreeMap::new();
    for row in &rows {
        *all.entry(row.currency.clone()).or_default() += row.amount;
    }
    SumTable {
        title,
        id: key,
        all: all.iter().map(|(currency, amount)| exact(*amount, currency)).collect(),
        rows: rows
            .into_iter()
            .map(|row| SumRow {
                address: format!("{address}?{key}={}#zeilen", encoded(&row.key)),
                name: if key == "monat" { month_words(&row.name) } else { row.name },
                lines: row.lines,
                amount: exact(row.amount, &row.currency),
            })
            .collect(),
    }
}

/// `03.2027` for `2027-03`.
fn month_words(month: &str) -> String {
    month.split_once('-').map_or_else(|| month.to_owned(), |(year, month)| format!("{month}.{year}"))
}

fn line_row(line: Line) -> LineRow {
    let lot = line.lot.map(|lot| format!("Los {lot}"));
    let invoice = (!line.reference.is_empty()).then(|| format!("Rechnung {}", line.reference));
    LineRow {
        row: line.row,
        month: line.month.format("%m.%Y").to_string(),
        contract: line.contract_number,
        contract_id: line.contract.0,
        member: line.member,
        notes: [line.supplier, lot, invoice].into_iter().flatten().collect(),
        amount: exact(line.amount.decimal(), &line.currency),
        raw: line.raw,
    }
}

/// `GET /verwaltung/umsaetze/{id}/abgelehnt.csv`
pub async fn rejects(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    turnover_list::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let rows: Vec<Vec<String>> = turnover_list::refused(&mut tx, id)
        .await?
        .into_iter()
        .map(|row| {
            let amount = row.amount.map(|amount| amount.normalize().to_string().replace('.', ","));
            vec![row.row.to_string(), amount.unwrap_or_default(), row.currency, row.reason, row.raw]
        })
        .collect();
    spreadsheet::download("abgelehnte-zeilen.csv", &["Zeile", "Betrag", "Währung", "Fehler", "Inhalt"], &rows)
}

/// `GET /verwaltung/umsaetze/{id}/datei`: the file as it came.
pub async fn file(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let (name, bytes) = turnover_list::file(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let disposition = format!("attachment; filename=\"umsatz.csv\"; filename*=UTF-8''{}", encoded(&name));
    Ok(([(CONTENT_TYPE, "application/octet-stream".to_owned()), (CONTENT_DISPOSITION, disposition)], bytes)
        .into_response())
}
