//! Where the framework contract was dearer than what it is compared with: call-offs with a negative net of class A, and
//! lines with a negative effect of their class. What a cancellation takes back is no extra cost.

use abruf_domain::money::Net;
use sqlx::PgConnection;
use tokio_stream::StreamExt;

use super::question::Question;
use super::row_stream::{FOR_A_TABLE, Rows, collected};
use super::savings_levels::class_words;
use super::table::{Cell, Column, Kind, Row, Table};
use crate::storage::StorageError;
use crate::storage::error::consistent;

/// Columns of [`call_off_rows`].
pub(super) fn call_off_columns() -> Vec<Column> {
    vec![
        Column::new("call_off", "Abruf", Kind::Text).typed(),
        Column::new("dated_on", "Datum", Kind::Day),
        Column::new("member", "Mitglied", Kind::Text).typed(),
        Column::new("contract", "Rahmenvertrag", Kind::Text).typed(),
        Column::new("reason", "Begründung", Kind::Text).typed(),
        Column::new("volume", "Auftragswert A", Kind::Net),
        Column::new("a_effect", "A Preiseffekt", Kind::Net).not_on_paper(),
        Column::new("costs", "Zuschlag, Umlage, Bonus", Kind::Net).not_on_paper(),
        Column::new("a_net", "A netto", Kind::Net),
    ]
}

/// Call-offs whose class A costs in the end, the dearest first.
pub(super) fn call_off_rows<'a>(conn: &'a mut PgConnection, question: &'a Question, most: Option<i64>) -> Rows<'a> {
    let found = sqlx::query!(
        r#"SELECT v.id AS "id!", coalesce(v.number, v.case_number) AS "number!", m.name AS "member!", f.number AS "contract_number!", f.title AS "title!",
                  min(e.dated_on) AS "dated_on!", sum(e.order_net) AS "volume!", sum(e.effect_net) AS "effect!",
                  sum(e.surcharge_net + e.fee_net - e.bonus_net) AS "costs!",
                  sum(e.effect_net - e.surcharge_net - e.fee_net + e.bonus_net) AS "net!",
                  coalesce((SELECT string_agg(j.wording, ' ') FROM justification j
                            WHERE j.contract_id = v.contract_id AND j.call_off_id = v.id AND j.rule = 'savings-negative'), '') AS "reason!"
           FROM planned_savings e
           JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
           JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
           JOIN organisation m ON m.id = v.member_id
           WHERE e.class = 'A'
             AND ($1::date IS NULL OR $1 <= e.dated_on) AND ($2::date IS NULL OR e.dated_on <= $2)
             AND ($3::int IS NULL OR extract(year FROM e.dated_on) = $3)
             AND ($4::uuid IS NULL OR e.contract_id = $4) AND ($5::uuid IS NULL OR e.member_id = $5)
           GROUP BY v.contract_id, v.id, m.name, f.number, f.title
           HAVING sum(e.effect_net - e.surcharge_net - e.fee_net + e.bonus_net) < 0 AND 0 <= sum(e.order_net)
           ORDER BY sum(e.effect_net - e.surcharge_net - e.fee_net + e.bonus_net), v.id
           LIMIT $6"#,
        question.from,
        question.to,
        question.year,
        question.contract,
        question.member,
        most
    )
    .fetch(conn);
    Box::pin(found.map(move |it| {
        let it = it?;
        let net = |value, column| consistent(Net::new(value), "savings_entry", column, it.id).map(Cell::Net);
        let cells = vec![
            Cell::text(it.number),
            Cell::Day(it.dated_on),
            Cell::text(it.member),
            Cell::text(format!("{} {}", it.contract_number, it.title)),
            Cell::text(it.reason),
            net(it.volume, "order_net")?,
            net(it.effect, "effect_net")?,
            net(it.costs, "fee_net")?,
            net(it.net, "effect_net")?,
        ];
        Ok(Row::leading_to(cells, format!("/abrufe/{}/einsparung", it.id)))
    }))
}

/// Call-offs whose class A costs in the end.
///
/// # Errors
/// If the database fails.
pub async fn call_offs(conn: &mut PgConnection, question: &Question) -> Result<Table, StorageError> {
    let rows = collected(call_off_rows(&mut *conn, question, FOR_A_TABLE)).await?;
    let reported = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(s.net), 0) AS "sum!"
           FROM (SELECT sum(e.effect_net - e.surcharge_net - e.fee_net + e.bonus_net) AS net, sum(e.order_net) AS volume
                 FROM planned_savings e
                 JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
                 WHERE e.class = 'A'
                   AND ($1::date IS NULL OR $1 <= e.dated_on) AND ($2::date IS NULL OR e.dated_on <= $2)
                   AND ($3::int IS NULL OR extract(year FROM e.dated_on) = $3)
                   AND ($4::uuid IS NULL OR e.contract_id = $4) AND ($5::uuid IS NULL OR e.member_id = $5)
                 GROUP BY e.call_off_id) s
           WHERE s.net < 0 AND 0 <= s.volume"#,
        question.from,
        question.to,
        question.year,
        question.contract,
        question.member
    )
    .fetch_one(&mut *conn)
    .await?;
    let title = "Mehrkosten: Abrufe mit negativer Einsparung";
    let lead =
        "Abrufe, deren belegte Einsparung nach Zuschlag und Umlage negativ ist. Sie sind in jeder Summe enthalten.";
    table("negative-call-offs", title, lead, (call_off_columns(), rows, "a_net", Net::rounded(reported)))
}

/// Columns of [`line_rows`].
pub(super) fn line_columns() -> Vec<Column> {
    vec![
        Column::new("call_off", "Abruf", Kind::Text).typed(),
        Column::new("position", "Pos.", Kind::Count),
        Column::new("dated_on", "Datum", Kind::Day).not_on_paper(),
        Column::new("member", "Mitglied", Kind::Text).typed(),
        Column::new("contract", "Rahmenvertrag", Kind::Text).typed().not_on_paper(),
        Column::new("article_number", "Artikel", Kind::Text).not_on_paper(),
        Column::new("title", "Leistung", Kind::Text).typed(),
        Column::new("class", "Klasse", Kind::Text),
        Column::new("volume", "Auftragswert", Kind::Net),
        Column::new("baseline", "Vergleichswert", Kind::Net),
        Column::new("effect", "Wirkung", Kind::Net),
    ]
}

/// Lines that are dearer than their baseline, the dearest first.
pub(super) fn line_rows<'a>(conn: &'a mut PgConnection, question: &'a Question, most: Option<i64>) -> Rows<'a> {
    let found = sqlx::query!(
        r#"SELECT v.id AS "id!", coalesce(v.number, v.case_number) AS "number!", m.name AS "member!", f.number AS "contract_number!", f.title AS "title!",
                  e.position AS "position!", e.class AS "class!", coalesce(l.article_number, '') AS "article!", coalesce(i.title, '') AS "item!",
                  min(e.dated_on) AS "dated_on!", sum(e.order_net) AS "volume!", sum(e.baseline_net) AS "baseline!",
                  sum(e.effect_net) AS "effect!"
           FROM planned_savings e
           JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
           JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
           JOIN organisation m ON m.id = v.member_id
           LEFT JOIN call_off_line l ON l.contract_id = e.contract_id AND l.call_off_id = e.call_off_id AND l.position = e.position
           LEFT JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id
           WHERE e.class IN ('A', 'B', 'C') AND e.position IS NOT NULL
             AND ($1::date IS NULL OR $1 <= e.dated_on) AND ($2::date IS NULL OR e.dated_on <= $2)
             AND ($3::int IS NULL OR extract(year FROM e.dated_on) = $3)
             AND ($4::uuid IS NULL OR e.contract_id = $4) AND ($5::uuid IS NULL OR e.member_id = $5)
           GROUP BY v.contract_id, v.id, m.name, f.number, f.title, e.position, e.class, l.article_number, i.title
           HAVING sum(e.effect_net) < 0 AND 0 <= sum(e.order_net)
           ORDER BY sum(e.effect_net), v.id, e.position
           LIMIT $6"#,
        question.from,
        question.to,
        question.year,
        question.contract,
        question.member,
        most
    )
    .fetch(conn);
    Box::pin(found.map(move |it| {
        let it = it?;
        let net = |value, column| consistent(Net::new(value), "savings_entry", column, it.id).map(Cell::Net);
        let cells = vec![
            Cell::text(it.number),
            Cell::Count(it.position.into()),
            Cell::Day(it.dated_on),
            Cell::text(it.member),
            Cell::text(format!("{} {}", it.contract_number, it.title)),
            Cell::text(it.article),
            Cell::text(it.item),
            Cell::text(class_words(&it.class)),
            net(it.volume, "order_net")?,
            net(it.baseline, "baseline_net")?,
            net(it.effect, "effect_net")?,
        ];
        let narrow =
            Question { call_off: Some(it.id), position: Some(it.position), by: Vec::new(), ..question.clone() };
        Ok(Row::leading_to(cells, format!("/berichte/einsparungen-belege?{}", narrow.address())))
    }))
}

/// Lines that are dearer than their baseline.
///
/// # Errors
/// If the database fails.
pub async fn lines(conn: &mut PgConnection, question: &Question) -> Result<Table, StorageError> {
    let rows = collected(line_rows(&mut *conn, question, FOR_A_TABLE)).await?;
    let reported = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(s.effect), 0) AS "sum!"
           FROM (SELECT sum(e.effect_net) AS effect, sum(e.order_net) AS volume
                 FROM planned_savings e
                 JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
                 WHERE e.class IN ('A', 'B', 'C') AND e.position IS NOT NULL
                   AND ($1::date IS NULL OR $1 <= e.dated_on) AND ($2::date IS NULL OR e.dated_on <= $2)
                   AND ($3::int IS NULL OR extract(year FROM e.dated_on) = $3)
                   AND ($4::uuid IS NULL OR e.contract_id = $4) AND ($5::uuid IS NULL OR e.member_id = $5)
                 GROUP BY e.call_off_id, e.position, e.class) s
           WHERE s.effect < 0 AND 0 <= s.volume"#,
        question.from,
        question.to,
        question.year,
        question.contract,
        question.member
    )
    .fetch_one(&mut *conn)
    .await?;
    let title = "Mehrkosten: Positionen über dem Vergleichspreis";
    let lead =
        "Positionen, die mehr kosten als ihr Vergleichspreis. Die Summe mischt die Klassen und steht nur zum Abgleich.";
    table("negative-lines", title, lead, (line_columns(), rows, "effect", Net::rounded(reported)))
}

fn table(
    name: &'static str,
    title: &str,
    lead: &str,
    (columns, rows, key, reported): (Vec<Column>, Vec<Row>, &str, Net),
) -> Result<Table, StorageError> {
    Ok(Table {
        name,
        title: title.to_owned(),
        lead: lead.to_owned(),
        filter: Vec::new(),
        as_of: chrono::DateTime::UNIX_EPOCH,
        sheet: "Mehrkosten",
        checks: Table::summed(&columns, &rows, key, reported).into_iter().collect(),
        columns,
        rows,
        method: vec![
            "Wirkung einer Position = Vergleichswert − Auftragswert; hier stehen nur die mit Minus.".to_owned(),
            "A netto eines Abrufs = A Preiseffekt − Zuschlag − Umlage + Bonus.".to_owned(),
            "Was ein Storno zurückbucht, sind keine Mehrkosten und steht nicht hier.".to_owned(),
            "Die Klassen werden in keinem anderen Bericht zusammengezählt. Alle Beträge netto in Euro.".to_owned(),
            "Abgleich: die Summe der Liste gegen dieselbe Summe aus einer eigenen Abfrage.".to_owned(),
        ],
        empty: "In dieser Auswahl gibt es keine Mehrkosten.".to_owned(),
    })
}
