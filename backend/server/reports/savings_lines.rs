//! The savings report on its lower levels: the lines of call-offs, and the bookings of a line with the baseline each rests on.

use abruf_domain::money::Net;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use tokio_stream::StreamExt;

use super::question::Question;
use super::row_stream::{FOR_A_TABLE, Rows, collected};
use super::savings::sums_of;
use super::savings_by::total;
use super::savings_levels::{FIGURES, address, checks, class_words, figures, kind_words, level};
use super::table::{Cell, Column, Kind, Row, Table};
use crate::storage::StorageError;
use crate::storage::error::consistent;

/// Columns of the lines of call-offs.
pub(super) fn line_columns() -> Vec<Column> {
    [
        Column::new("call_off", "Abruf", Kind::Text).typed(),
        Column::new("position", "Pos.", Kind::Count),
        Column::new("article_number", "Artikel", Kind::Text).not_on_paper(),
        Column::new("title", "Leistung", Kind::Text).typed(),
        Column::new("cpv", "CPV", Kind::Text).not_on_paper(),
        Column::new("quantity", "Menge", Kind::Quantity).not_on_paper(),
        Column::new("unit", "Einheit", Kind::Text).not_on_paper(),
        Column::new("classes", "Klasse", Kind::Text).not_on_paper(),
        Column::new("baseline", "Vergleichswert", Kind::Net),
    ]
    .into_iter()
    .chain(FIGURES)
    .collect()
}

/// The lines by number of the call-off; what belongs to no line comes after the others.
pub(super) fn line_rows<'a>(conn: &'a mut PgConnection, question: &'a Question, most: Option<i64>) -> Rows<'a> {
    let found = sqlx::query!(
        r#"SELECT e.call_off_id AS "id!", coalesce(v.number, v.case_number) AS "number!", coalesce(e.position, 0) AS "position!",
                  coalesce(l.article_number, '') AS "article!", coalesce(i.title, '') AS "title!", coalesce(i.cpv, '') AS "cpv!",
                  l.quantity AS "quantity?", coalesce(i.unit, '') AS "unit!", string_agg(DISTINCT e.class, ' ') AS "classes!",
                  sum(e.baseline_net) AS "baseline!",
                  sum(e.order_net) AS "volume!", coalesce(sum(e.order_net) FILTER (WHERE e.baseline_id IS NOT NULL), 0) AS "evidenced!",
                  coalesce(sum(e.effect_net) FILTER (WHERE e.class = 'A'), 0) AS "a!",
                  sum(e.surcharge_net) AS "surcharge!", sum(e.fee_net) AS "fee!", sum(e.bonus_net) AS "bonus!",
                  coalesce(sum(e.effect_net) FILTER (WHERE e.class = 'B'), 0) AS "b!",
                  coalesce(sum(e.effect_net) FILTER (WHERE e.class = 'C'), 0) AS "c!",
                  coalesce(sum(e.effect_net) FILTER (WHERE e.class = 'P'), 0) AS "p!"
           FROM planned_savings e
           JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
           JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
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
           GROUP BY e.call_off_id, v.number, v.case_number, coalesce(e.position, 0), l.article_number, i.title, i.cpv, l.quantity, i.unit
           ORDER BY coalesce(v.number, v.case_number) COLLATE "C", e.call_off_id, coalesce(e.position, 0) = 0, coalesce(e.position, 0)
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
        let whole = it.position == 0;
        let mut cells = vec![
            Cell::text(it.number),
            if whole { Cell::Empty } else { Cell::Count(it.position.into()) },
            Cell::text(it.article),
            if whole { Cell::text("Zuschlag, Umlage, Prozesseffekt") } else { Cell::text(it.title) },
            Cell::text(it.cpv),
            it.quantity.map_or(Cell::Empty, Cell::Quantity),
            Cell::text(it.unit),
            Cell::text(it.classes.split_whitespace().map(class_words).collect::<Vec<_>>().join(", ")),
            Cell::Net(consistent(Net::new(it.baseline), "savings_entry", "baseline_net", it.id)?),
        ];
        let amounts = [it.volume, it.evidenced, it.a, it.surcharge, it.fee, it.bonus, it.b, it.c, it.p];
        cells.extend(figures(&sums_of(amounts, it.id)?));
        let narrow =
            Question { call_off: Some(it.id), position: Some(it.position), by: Vec::new(), ..question.clone() };
        Ok(Row::leading_to(cells, address("einsparungen-belege", &narrow)))
    }))
}

/// The lines of the call-offs of a question.
///
/// # Errors
/// If the database fails.
pub async fn lines(conn: &mut PgConnection, question: &Question) -> Result<Table, StorageError> {
    let whole = total(&mut *conn, question).await?;
    let mut table = level(
        "savings-lines",
        "Positionen hinter der Einsparung".to_owned(),
        "Jede Position führt zu ihren Buchungen mit Vergleichspreis und Beleg.",
        line_columns(),
    );
    table.sheet = "Positionen";
    table.rows = collected(line_rows(&mut *conn, question, FOR_A_TABLE)).await?;
    table.checks = checks(&table.columns, &table.rows, &whole);
    Ok(table)
}

/// Columns of the bookings.
pub(super) fn entry_columns() -> Vec<Column> {
    [
        Column::new("call_off", "Abruf", Kind::Text).typed(),
        Column::new("position", "Pos.", Kind::Count),
        Column::new("dated_on", "Gebucht am", Kind::Day),
        Column::new("stage", "Buchung", Kind::Text).not_on_paper(),
        Column::new("class", "Klasse", Kind::Text).not_on_paper(),
        Column::new("baseline_kind", "Verglichen mit", Kind::Text),
        Column::new("baseline_price", "Vergleichspreis", Kind::Quantity).not_on_paper(),
        Column::new("baseline_dated_on", "Beleg vom", Kind::Day).not_on_paper(),
        Column::new("evidence", "Beleg", Kind::Text).typed(),
        Column::new("baseline", "Vergleichswert", Kind::Net),
    ]
    .into_iter()
    .chain(FIGURES)
    .collect()
}

/// The bookings by their day.
pub(super) fn entry_rows<'a>(conn: &'a mut PgConnection, question: &'a Question, most: Option<i64>) -> Rows<'a> {
    let found = sqlx::query!(
        r#"SELECT e.call_off_id AS "id!", coalesce(v.number, v.case_number) AS "number!", e.position AS "position?",
                  e.dated_on AS "dated_on!", e.stage AS "stage!", e.class AS "class!", coalesce(b.kind, '') AS "kind!",
                  b.unit_price AS "price?", b.dated_on AS "evidence_on?", coalesce(b.evidence, '') AS "evidence!",
                  e.baseline_net AS "baseline!", e.order_net AS "volume!", e.effect_net AS "effect!",
                  e.surcharge_net AS "surcharge!", e.fee_net AS "fee!", e.bonus_net AS "bonus!"
           FROM planned_savings e
           JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
           JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
           LEFT JOIN baseline b ON b.contract_id = e.contract_id AND b.id = e.baseline_id
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
           ORDER BY e.dated_on, e.id
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
    Box::pin(found.map(|it| {
        let it = it?;
        let of = |class: &str| if it.class == class { it.effect } else { Decimal::ZERO };
        let amounts = [it.volume, it.volume, of("A"), it.surcharge, it.fee, it.bonus, of("B"), of("C"), of("P")];
        let sums = sums_of(amounts, it.id)?;
        let mut cells = vec![
            Cell::text(it.number),
            it.position.map_or(Cell::Empty, |position| Cell::Count(position.into())),
            Cell::Day(it.dated_on),
            Cell::text(stage_words(&it.stage)),
            Cell::text(class_words(&it.class)),
            Cell::text(kind_words(&it.kind)),
            it.price.map_or(Cell::Empty, Cell::Quantity),
            Cell::day(it.evidence_on),
            Cell::text(it.evidence),
            Cell::Net(consistent(Net::new(it.baseline), "savings_entry", "baseline_net", it.id)?),
        ];
        cells.extend(figures(&sums));
        Ok(Row::leading_to(cells, format!("/abrufe/{}/einsparung", it.id)))
    }))
}

/// The bookings of a question, each with the baseline it rests on: the last step down.
///
/// # Errors
/// If the database fails.
pub async fn entries(conn: &mut PgConnection, question: &Question) -> Result<Table, StorageError> {
    let whole = total(&mut *conn, question).await?;
    let mut table = level(
        "savings-entries",
        "Buchungen mit Vergleichspreis und Beleg".to_owned(),
        "Die letzte Ebene: jede Buchung mit dem Beleg, auf dem sie ruht.",
        entry_columns(),
    );
    table.sheet = "Buchungen";
    table.rows = collected(entry_rows(&mut *conn, question, FOR_A_TABLE)).await?;
    table.checks = checks(&table.columns, &table.rows, &whole);
    Ok(table)
}

fn stage_words(stage: &str) -> &str {
    match stage {
        "planned" => "Freigabe",
        "cancelled" => "Storno",
        "corrected" => "Berichtigung",
        other => other,
    }
}
