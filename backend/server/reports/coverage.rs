//! How much of the order value has a valid comparison price: a row per contract, the coverage quota of the whole above.

use abruf_domain::money::Net;
use sqlx::PgConnection;

use super::question::Question;
use super::table::{Cell, Column, Kind, Row, Table};
use crate::storage::StorageError;
use crate::storage::error::consistent;

/// The report, the largest part without a comparison first.
///
/// # Errors
/// If the database fails.
pub async fn table(conn: &mut PgConnection, question: &Question) -> Result<Table, StorageError> {
    let found = sqlx::query!(
        r#"SELECT f.id AS "id!", f.number AS "number!", f.title AS "title!", sum(e.order_net) AS "lines!",
                  coalesce(sum(e.order_net) FILTER (WHERE e.baseline_id IS NOT NULL), 0) AS "compared!",
                  count(DISTINCT (e.call_off_id, e.position)) FILTER (WHERE e.class = 'none') AS "open!"
           FROM savings_entry e
           JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
           WHERE e.position IS NOT NULL AND e.stage IN ('planned', 'cancelled', 'corrected')
             AND ($1::date IS NULL OR $1 <= e.dated_on) AND ($2::date IS NULL OR e.dated_on <= $2)
             AND ($3::int IS NULL OR extract(year FROM e.dated_on) = $3)
             AND ($4::uuid IS NULL OR e.contract_id = $4) AND ($5::uuid IS NULL OR e.member_id = $5)
           GROUP BY f.id, f.number, f.title
           ORDER BY sum(e.order_net) FILTER (WHERE e.baseline_id IS NULL) DESC NULLS LAST, f.number, f.id"#,
        question.from,
        question.to,
        question.year,
        question.contract,
        question.member
    )
    .fetch_all(&mut *conn)
    .await?;
    let (mut rows, mut all, mut all_compared) = (Vec::with_capacity(found.len()), Net::ZERO, Net::ZERO);
    for it in found {
        let net = |value| consistent(Net::new(value), "savings_entry", "order_net", it.id);
        let (lines, compared) = (net(it.lines)?, net(it.compared)?);
        (all, all_compared) = (all + lines, all_compared + compared);
        let cells = vec![
            Cell::text(format!("{} {}", it.number, it.title)),
            Cell::Net(lines),
            Cell::Net(compared),
            Cell::Net(lines - compared),
            Cell::percent(compared.percent_of(lines)),
        ];
        let narrow = Question { contract: Some(it.id), by: Vec::new(), ..question.clone() };
        let open = Question { class: Some("none".to_owned()), ..narrow.clone() };
        let lines_of = |question: &Question| Some(format!("/berichte/einsparungen-positionen?{}", question.address()));
        let to_open = lines_of(&open).filter(|_| 0 < it.open);
        rows.push(Row::linked(cells, vec![lines_of(&narrow), None, None, to_open]));
    }
    let reported = sqlx::query!(
        r#"SELECT coalesce(sum(e.order_net) FILTER (WHERE e.baseline_id IS NOT NULL), 0) AS "compared!",
                  coalesce(sum(e.order_net - e.surcharge_net), 0) AS "lines!"
           FROM savings_entry e
           JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
           WHERE e.stage IN ('planned', 'cancelled', 'corrected')
             AND ($1::date IS NULL OR $1 <= e.dated_on) AND ($2::date IS NULL OR e.dated_on <= $2)
             AND ($3::int IS NULL OR extract(year FROM e.dated_on) = $3)
             AND ($4::uuid IS NULL OR e.contract_id = $4) AND ($5::uuid IS NULL OR e.member_id = $5)"#,
        question.from,
        question.to,
        question.year,
        question.contract,
        question.member
    )
    .fetch_one(&mut *conn)
    .await?;
    let (lines, compared) = (Net::rounded(reported.lines), Net::rounded(reported.compared));
    let quota = all_compared.percent_of(all).map(|quota| Cell::Percent(quota).written());
    let columns = vec![
        Column::new("contract", "Rahmenvertrag", Kind::Text).typed(),
        Column::new("lines_net", "Positionen netto", Kind::Net),
        Column::new("compared_net", "Davon verglichen", Kind::Net),
        Column::new("open_net", "Ohne Vergleich", Kind::Net),
        Column::new("coverage_pct", "Deckungsquote", Kind::Percent),
    ];
    let checks = [("lines_net", lines), ("compared_net", compared), ("open_net", lines - compared)];
    Ok(Table {
        name: "coverage",
        title: "Deckungsquote: verglichene Positionen".to_owned(),
        lead: quota.map_or_else(
            || "Wie viel vom Wert der Positionen einen gültigen Vergleichspreis hat.".to_owned(),
            |quota| format!("{quota} vom Wert der Positionen haben einen gültigen Vergleichspreis."),
        ),
        filter: Vec::new(),
        as_of: chrono::DateTime::UNIX_EPOCH,
        sheet: "Deckungsquote",
        checks: checks.into_iter().filter_map(|(key, net)| Table::summed(&columns, &rows, key, net)).collect(),
        columns,
        rows,
        method: vec![
            "Deckungsquote = Nettowert der Positionen mit gültigem Vergleichspreis ÷ Nettowert aller Positionen. Mindermengenzuschläge sind keine Positionen und zählen in keinem der beiden.".to_owned(),
            "Geplante Werte: freigegeben, Stornos und Berichtigungen gegengerechnet, wie auf der Seite der Einsparungen.".to_owned(),
            "Abgleich: die Summen der Liste gegen dieselben Summen aus einer eigenen Abfrage über alle Buchungen. Alle Beträge netto in Euro.".to_owned(),
        ],
        empty: "In dieser Auswahl gibt es keine Positionen.".to_owned(),
    })
}
