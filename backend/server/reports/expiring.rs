//! Contracts by the next day on which somebody has to act: the end of the term, or the deadline of an option.

use chrono::NaiveDate;
use sqlx::PgConnection;

use super::question::Question;
use super::table::{Cell, Column, Kind, Row, Table};
use crate::storage::StorageError;

/// The report over contracts in force; the period asked for is that of the next deadline.
///
/// # Errors
/// If the database fails.
pub async fn table(conn: &mut PgConnection, question: &Question, today: NaiveDate) -> Result<Table, StorageError> {
    let found = sqlx::query!(
        r#"SELECT c.id AS "id!", c.number AS "number!", c.title AS "title!", c.effective_end AS "effective_end!", c.suppliers,
                  o.new_end AS "new_end?", o.notice_deadline AS "notice_deadline?",
                  coalesce(o.notice_deadline, c.effective_end) AS "due!"
           FROM (SELECT f.id, f.number, f.title,
                        greatest(f.ends_on, (SELECT max(x.new_end) FROM contract_option x
                                             WHERE x.contract_id = f.id AND x.exercised_on <= x.notice_deadline)) AS effective_end,
                        (SELECT string_agg(DISTINCT s.name, ', ' ORDER BY s.name)
                         FROM contract_party p JOIN organisation s ON s.id = p.supplier_id
                         WHERE p.contract_id = f.id) AS suppliers
                 FROM framework_contract f
                 WHERE f.status IN ('active', 'suspended') AND ($1::uuid IS NULL OR f.id = $1)) c
           LEFT JOIN contract_option o ON o.contract_id = c.id AND o.exercised_on IS NULL AND c.effective_end < o.new_end
           WHERE $4 <= c.effective_end
             AND ($2::date IS NULL OR $2 <= coalesce(o.notice_deadline, c.effective_end))
             AND ($3::date IS NULL OR coalesce(o.notice_deadline, c.effective_end) <= $3)
           ORDER BY coalesce(o.notice_deadline, c.effective_end), c.number, o.new_end"#,
        question.contract,
        question.from,
        question.to,
        today
    )
    .fetch_all(&mut *conn)
    .await?;
    let rows: Vec<Row> = found
        .into_iter()
        .map(|it| {
            let days = (it.due - today).num_days();
            let option = match it.notice_deadline {
                None => "keine offene Option",
                Some(deadline) if deadline < today => "Frist verstrichen, nicht ausgeübt",
                Some(_) => "offen, noch nicht ausgeübt",
            };
            let cells = vec![
                Cell::text(format!("{} {}", it.number, it.title)),
                Cell::text(it.suppliers.unwrap_or_default()),
                Cell::Day(it.effective_end),
                Cell::day(it.new_end),
                Cell::day(it.notice_deadline),
                Cell::Count(days),
                Cell::text(option),
            ];
            Row::leading_to(cells, format!("/rahmenvertraege/{}", it.id))
        })
        .collect();
    let reported = count(&mut *conn, question, today).await?;
    Ok(Table {
        name: "expiring",
        title: "Auslaufende Verträge und offene Optionen".to_owned(),
        lead: "Verträge in Kraft nach dem nächsten Tag, an dem jemand handeln muss: Laufzeitende oder Frist einer Option.".to_owned(),
        filter: Vec::new(),
        as_of: chrono::DateTime::UNIX_EPOCH,
        sheet: "Verträge",
        columns: vec![
            Column::new("contract", "Rahmenvertrag", Kind::Text).typed(),
            Column::new("suppliers", "Lieferant", Kind::Text).typed(),
            Column::new("ends_on", "Endet am", Kind::Day),
            Column::new("option_until", "Option bis", Kind::Day),
            Column::new("notice_deadline", "Option anzeigen bis", Kind::Day),
            Column::new("days_left", "Tage bis dahin", Kind::Count),
            Column::new("option", "Option", Kind::Text),
        ],
        checks: vec![Table::counted("Zeilen", &rows, reported)],
        rows,
        method: vec![
            "„Endet am“ ist der letzte Tag mit allen rechtzeitig ausgeübten Optionen.".to_owned(),
            "Eine Option zählt nur, wenn sie spätestens am Tag ihrer Frist ausgeübt wird (§ 132 Abs. 2 Nr. 1 GWB); danach ist sie verfallen.".to_owned(),
            "Der Zeitraum der Auswahl meint den nächsten Tag zum Handeln: die Frist der Option, sonst das Laufzeitende.".to_owned(),
            "Abgleich: die Zahl der Zeilen gegen eine eigene Zählung.".to_owned(),
        ],
        empty: "In diesem Zeitraum endet kein Vertrag und läuft keine Frist ab.".to_owned(),
    })
}

/// Running contracts with their open options, counted without listing them.
async fn count(conn: &mut PgConnection, question: &Question, today: NaiveDate) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"WITH running AS (
             SELECT f.id, greatest(f.ends_on, max(o.new_end) FILTER (WHERE o.exercised_on <= o.notice_deadline)) AS effective_end
             FROM framework_contract f
             LEFT JOIN contract_option o ON o.contract_id = f.id
             WHERE f.status IN ('active', 'suspended') AND ($1::uuid IS NULL OR f.id = $1)
             GROUP BY f.id, f.ends_on
           )
           SELECT count(*) AS "count!"
           FROM running r
           LEFT JOIN contract_option o ON o.contract_id = r.id AND o.exercised_on IS NULL AND r.effective_end < o.new_end
           WHERE $4 <= r.effective_end
             AND ($2::date IS NULL OR $2 <= coalesce(o.notice_deadline, r.effective_end))
             AND ($3::date IS NULL OR coalesce(o.notice_deadline, r.effective_end) <= $3)"#,
        question.contract,
        question.from,
        question.to,
        today
    )
    .fetch_one(conn)
    .await?)
}
