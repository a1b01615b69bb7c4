//! The savings report on its upper levels: a breakdown by up to three dimensions, and the call-offs behind a row of it.
//! Every level is a table with an address of its own; `savings_lines` goes on from here.

use std::collections::BTreeSet;
use std::sync::Arc;

use abruf_domain::call_off::Status;
use abruf_domain::cpv;
use sqlx::PgConnection;
use tokio_stream::StreamExt;
use uuid::Uuid;

use super::names;
use super::question::{Dimension, Question};
use super::row_stream::{FOR_A_TABLE, Rows, collected};
use super::savings::{Sums, sums_of};
use super::savings_by::{Part, grouped, total};
use super::table::{Below, Cell, Check, Column, Kind, Links, Row, Table};
use crate::storage::StorageError;

/// Address of a level for a question.
pub(super) fn address(level: &str, question: &Question) -> String {
    let query = question.address();
    if query.is_empty() { format!("/berichte/{level}") } else { format!("/berichte/{level}?{query}") }
}

/// The figures of every level, in their order.
pub(super) const FIGURES: [Column; 9] = [
    Column::new("volume", "Auftragswert", Kind::Net),
    Column::new("a_effect", "A Preiseffekt", Kind::Net).not_on_paper(),
    Column::new("surcharge", "Zuschlag", Kind::Net).not_on_paper(),
    Column::new("fee", "Umlage", Kind::Net).not_on_paper(),
    Column::new("bonus", "Bonus", Kind::Net).not_on_paper(),
    Column::new("a_net", "A netto", Kind::Net),
    Column::new("b_effect", "B Liste", Kind::Net),
    Column::new("c_effect", "C Vergleich", Kind::Net),
    Column::new("p_effect", "P Prozess", Kind::Net),
];

pub(super) fn figures(sums: &Sums) -> [Cell; 9] {
    [
        sums.volume,
        sums.a_effect,
        sums.surcharge,
        sums.fee,
        sums.bonus,
        sums.a_net,
        sums.b_effect,
        sums.c_effect,
        sums.p_effect,
    ]
    .map(Cell::Net)
}

/// The rows added up beside what the database says of the whole.
pub(super) fn checks(columns: &[Column], rows: &[Row], whole: &Part) -> Vec<Check> {
    let sums = &whole.sums;
    [
        ("baseline", whole.baseline),
        ("volume", sums.volume),
        ("a_effect", sums.a_effect),
        ("surcharge", sums.surcharge),
        ("fee", sums.fee),
        ("bonus", sums.bonus),
        ("a_net", sums.a_net),
        ("b_effect", sums.b_effect),
        ("c_effect", sums.c_effect),
        ("p_effect", sums.p_effect),
    ]
    .into_iter()
    .filter_map(|(key, reported)| Table::summed(columns, rows, key, reported))
    .collect()
}

/// How savings are computed, for the method sheet.
#[must_use]
pub fn method() -> Vec<String> {
    [
        "Vergleichswert einer Position = Vergleichspreis × Menge (× Monate), auf Cent gerundet.",
        "Preiseffekt einer Position = Vergleichswert − Auftragswert. Mehrkosten bleiben mit Minus in jeder Summe.",
        "Der Vergleichspreis ist datiert, belegt und von einer zweiten Person freigegeben; am Tag des Abrufs ist er höchstens so alt, wie das Haus es festgelegt hat (üblich 24 Monate). Ältere und fehlende zählen mit 0,00 €.",
        "A netto = A Preiseffekt − Zuschlag − Umlage + Bonus. Klasse A: früherer eigener Vertrag oder eingeholte Angebote.",
        "Klasse B: Listenpreis. Klasse C: anderer öffentlicher Rahmenvertrag. Klasse P: ersparte Vergabeverfahren, nicht zahlungswirksam.",
        "Die Klassen werden nie zusammengezählt.",
        "Jede Buchung zählt an ihrem Tag; ein Storno bucht seine Einsparung am Tag des Stornos zurück.",
        "Alle Beträge sind netto in Euro. Verträge in anderer Währung sind nicht enthalten.",
        "Abgleich: Die Summe der Liste ist aus ihren Zeilen gerechnet, der Wert im Bericht in einer eigenen Abfrage ohne Liste.",
    ]
    .map(ToOwned::to_owned)
    .to_vec()
}

/// A table of a level that is still to get its rows.
pub(super) fn level(name: &'static str, title: String, lead: &str, columns: Vec<Column>) -> Table {
    Table {
        name,
        title,
        lead: lead.to_owned(),
        filter: Vec::new(),
        as_of: chrono::DateTime::UNIX_EPOCH,
        sheet: "Liste",
        columns,
        rows: Vec::new(),
        checks: Vec::new(),
        method: method(),
        empty: "Zu dieser Auswahl gibt es keine Buchungen.".to_owned(),
    }
}

/// Savings by up to three dimensions.
///
/// # Errors
/// If the database fails.
pub async fn breakdown(conn: &mut PgConnection, question: &Question) -> Result<Table, StorageError> {
    let by = if question.by.is_empty() { vec![Dimension::Contract] } else { question.by.clone() };
    let parts = grouped(&mut *conn, question, &by).await?;
    let whole = total(&mut *conn, question).await?;
    let contracts = names::contracts(&mut *conn).await?;
    let ids: BTreeSet<Uuid> = parts
        .iter()
        .flat_map(|part| by.iter().zip(&part.keys))
        .filter(|(it, _)| matches!(it, Dimension::Member | Dimension::Supplier))
        .filter_map(|(_, key)| key.parse().ok())
        .collect();
    let organisations = names::organisations(&mut *conn, &ids.into_iter().collect::<Vec<_>>()).await?;
    let below: Arc<dyn Below> = Arc::new(BelowBreakdown { question: question.clone(), by: by.clone() });
    let word = |dimension: Dimension, key: &str| match dimension {
        Dimension::Contract => contracts.get(key).cloned().unwrap_or_default(),
        Dimension::Member | Dimension::Supplier => organisations.get(key).cloned().unwrap_or_default(),
        Dimension::Year => key.to_owned(),
        Dimension::Category if key.is_empty() => "ohne CPV-Code".to_owned(),
        Dimension::Category => cpv::name(key),
        Dimension::Class => class_words(key).to_owned(),
    };
    let mut rows: Vec<(Vec<String>, Row)> = parts.iter().map(|part| breakdown_row(part, &by, &below, &word)).collect();
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    let columns: Vec<Column> = by
        .iter()
        .map(|it| Column::new(it.key(), it.german(), Kind::Text))
        .chain([
            Column::new("call_offs", "Abrufe", Kind::Count).not_on_paper(),
            Column::new("coverage_pct", "Verglichen", Kind::Percent).not_on_paper(),
        ])
        .chain(FIGURES)
        .collect();
    let words: Vec<&str> = by.iter().map(|it| it.german()).collect();
    let title = format!("Einsparungen nach {}", words.join(", "));
    let mut table = level(
        "savings-by",
        title,
        "Jede Zeile führt eine Ebene tiefer, jeder Auftragswert zu seinen Abrufen.",
        columns,
    );
    table.rows = rows.into_iter().map(|(_, row)| row).collect();
    table.checks = checks(&table.columns, &table.rows, &whole);
    Ok(table)
}

fn breakdown_row(
    part: &Part,
    by: &[Dimension],
    below: &Arc<dyn Below>,
    word: &impl Fn(Dimension, &str) -> String,
) -> (Vec<String>, Row) {
    let words: Vec<String> = by.iter().zip(&part.keys).map(|(it, key)| word(*it, key)).collect();
    let mut cells: Vec<Cell> = Vec::with_capacity(by.len() + 2 + FIGURES.len());
    cells.extend(words.iter().map(|words| Cell::text(words.as_str())));
    cells.push(Cell::Count(part.call_offs));
    cells.push(Cell::percent(part.sums.coverage_pct()));
    cells.extend(figures(&part.sums));
    (words, Row { cells, links: Links::Later(Arc::clone(below), part.keys.clone()) })
}

/// What lies below a row of a breakdown.
#[derive(Debug)]
struct BelowBreakdown {
    question: Question,
    by: Vec<Dimension>,
}

impl Below for BelowBreakdown {
    fn links(&self, keys: &[String; 3]) -> Vec<Option<String>> {
        let mut links = Vec::with_capacity(self.by.len() + 3);
        let mut narrow = self.question.clone();
        for (at, (dimension, key)) in self.by.iter().zip(keys).enumerate() {
            narrow = narrow.narrowed(*dimension, key);
            links.push(Some(below(&narrow, &self.by[at + 1..])));
        }
        // The order value leads to its call-offs at once.
        narrow.by = Vec::new();
        let call_offs = Some(address("einsparungen-abrufe", &narrow));
        links.extend([call_offs.clone(), None, call_offs]);
        links
    }
}

/// The level below a row: the dimensions that are left, else contract and then member, else the call-offs.
fn below(narrow: &Question, left: &[Dimension]) -> String {
    let usual = [Dimension::Contract, Dimension::Member].into_iter().find(|it| !narrow.fixes(*it));
    let by = if left.is_empty() { usual.into_iter().collect() } else { left.to_vec() };
    let name = if by.is_empty() { "einsparungen-abrufe" } else { "einsparungen-nach" };
    address(name, &Question { by, ..narrow.clone() })
}

/// Columns of the call-offs of a question.
pub(super) fn call_off_columns() -> Vec<Column> {
    [
        Column::new("call_off", "Abruf", Kind::Text).typed(),
        Column::new("dated_on", "Datum", Kind::Day),
        Column::new("status", "Stand", Kind::Text).not_on_paper(),
        Column::new("member", "Mitglied", Kind::Text).typed(),
        Column::new("contract", "Rahmenvertrag", Kind::Text).typed().not_on_paper(),
    ]
    .into_iter()
    .chain(FIGURES)
    .collect()
}

/// The call-offs of a question, the newest first.
pub(super) fn call_off_rows<'a>(conn: &'a mut PgConnection, question: &'a Question, most: Option<i64>) -> Rows<'a> {
    let found = sqlx::query!(
        r#"SELECT e.call_off_id AS "id!", coalesce(v.number, v.case_number) AS "number!", v.status AS "status!", m.name AS "member!",
                  f.number || ' ' || f.title AS "contract!", min(e.dated_on) AS dated_on,
                  sum(e.order_net) AS "volume!", coalesce(sum(e.order_net) FILTER (WHERE e.baseline_id IS NOT NULL), 0) AS "evidenced!",
                  coalesce(sum(e.effect_net) FILTER (WHERE e.class = 'A'), 0) AS "a!",
                  sum(e.surcharge_net) AS "surcharge!", sum(e.fee_net) AS "fee!", sum(e.bonus_net) AS "bonus!",
                  coalesce(sum(e.effect_net) FILTER (WHERE e.class = 'B'), 0) AS "b!",
                  coalesce(sum(e.effect_net) FILTER (WHERE e.class = 'C'), 0) AS "c!",
                  coalesce(sum(e.effect_net) FILTER (WHERE e.class = 'P'), 0) AS "p!"
           FROM planned_savings e
           JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
           JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
           JOIN organisation m ON m.id = v.member_id
           LEFT JOIN call_off_line l ON l.contract_id = e.contract_id AND l.call_off_id = e.call_off_id AND l.position = e.position
           LEFT JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id
           WHERE ($1::date IS NULL OR $1 <= e.dated_on)
             AND ($2::date IS NULL OR e.dated_on <= $2)
             AND ($3::int IS NULL OR extract(year FROM e.dated_on) = $3)
             AND ($4::uuid IS NULL OR e.contract_id = $4)
             AND ($5::uuid IS NULL OR e.member_id = $5)
             AND ($6::uuid IS NULL OR v.supplier_id = $6)
             AND ($7::text IS NULL OR coalesce(substring(i.cpv FROM '^[0-9]{2}'), 'none') = $7)
             AND ($8::text IS NULL OR e.class = $8)
             AND ($9::uuid IS NULL OR e.call_off_id = $9)
             AND ($10::int IS NULL OR coalesce(e.position, 0) = $10)
           GROUP BY e.call_off_id, v.number, v.case_number, v.status, m.name, f.number, f.title
           ORDER BY min(e.dated_on) DESC, e.call_off_id DESC
           LIMIT $11"#,
        question.from,
        question.to,
        question.year,
        question.contract,
        question.member,
        question.supplier,
        question.category,
        question.class,
        question.call_off,
        question.position,
        most
    )
    .fetch(conn);
    Box::pin(found.map(move |it| {
        let it = it?;
        let status = it.status.parse::<Status>().map(Status::german).unwrap_or_default();
        let mut cells = vec![
            Cell::text(it.number),
            Cell::day(it.dated_on),
            Cell::text(status),
            Cell::text(it.member),
            Cell::text(it.contract),
        ];
        let amounts = [it.volume, it.evidenced, it.a, it.surcharge, it.fee, it.bonus, it.b, it.c, it.p];
        cells.extend(figures(&sums_of(amounts, it.id)?));
        let narrow = Question { call_off: Some(it.id), by: Vec::new(), ..question.clone() };
        Ok(Row::leading_to(cells, address("einsparungen-positionen", &narrow)))
    }))
}

/// The call-offs of a question.
///
/// # Errors
/// If the database fails.
pub async fn call_offs(conn: &mut PgConnection, question: &Question) -> Result<Table, StorageError> {
    let whole = total(&mut *conn, question).await?;
    let mut table = level(
        "savings-call-offs",
        "Abrufe hinter der Einsparung".to_owned(),
        "Jeder Abruf führt zu seinen Positionen.",
        call_off_columns(),
    );
    table.sheet = "Einzelabrufe";
    table.rows = collected(call_off_rows(&mut *conn, question, FOR_A_TABLE)).await?;
    table.checks = checks(&table.columns, &table.rows, &whole);
    Ok(table)
}

/// A class in words.
#[must_use]
pub fn class_words(class: &str) -> &'static str {
    match class {
        "A" => "A – belegt",
        "B" => "B – Listenpreis",
        "C" => "C – Vergleichswert",
        "P" => "P – Prozesskosten",
        _ => "ohne Vergleichspreis",
    }
}

/// What kind of baseline.
#[must_use]
pub fn kind_words(kind: &str) -> &str {
    match kind {
        "prior_contract" => "früherer Vertrag",
        "market_quotes" => "eingeholte Angebote",
        "list_price" => "Listenpreis",
        "external_benchmark" => "anderer öffentlicher Rahmenvertrag",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_leads_to_the_dimensions_left_then_to_contract_member_and_call_offs() {
        let question = Question { by: vec![Dimension::Year, Dimension::Class], ..Question::default() };
        let year = question.narrowed(Dimension::Year, "2026");
        assert_eq!(below(&year, &[Dimension::Class]), "/berichte/einsparungen-nach?nach=klasse&jahr=2026");
        assert_eq!(below(&year, &[]), "/berichte/einsparungen-nach?nach=vertrag&jahr=2026");
        let id = Uuid::from_u128(7).to_string();
        let contract =
            Question { by: vec![Dimension::Contract], ..Question::default() }.narrowed(Dimension::Contract, &id);
        assert!(below(&contract, &[]).starts_with("/berichte/einsparungen-nach?nach=mitglied&vertrag="));
        let both = contract.narrowed(Dimension::Member, &id);
        assert!(below(&both, &[]).starts_with("/berichte/einsparungen-abrufe?vertrag="));
    }

    #[test]
    fn a_level_sums_every_figure_it_shows() {
        let columns: Vec<Column> = FIGURES.to_vec();
        let whole = Part {
            keys: Default::default(),
            call_offs: 0,
            classes: Vec::new(),
            dated_on: None,
            baseline: abruf_domain::money::Net::ZERO,
            sums: Sums::ZERO,
        };
        assert_eq!(checks(&columns, &[], &whole).len(), FIGURES.len());
    }
}
