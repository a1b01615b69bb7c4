//! Lines that save nothing because no valid comparison price stands behind them, each with what is missing.

use abruf_domain::money::Net;
use sqlx::PgConnection;
use tokio_stream::StreamExt;

use super::question::Question;
use super::row_stream::{FOR_A_TABLE, Rows, collected};
use super::savings_by::total;
use super::table::{Cell, Column, Kind, Row, Table};
use crate::storage::StorageError;
use crate::storage::error::consistent;

/// Columns of [`rows`].
pub(super) fn columns() -> Vec<Column> {
    vec![
        Column::new("call_off", "Abruf", Kind::Text).typed(),
        Column::new("position", "Pos.", Kind::Count),
        Column::new("dated_on", "Datum", Kind::Day).not_on_paper(),
        Column::new("member", "Mitglied", Kind::Text).typed(),
        Column::new("contract", "Rahmenvertrag", Kind::Text).typed().not_on_paper(),
        Column::new("article_number", "Artikel", Kind::Text).not_on_paper(),
        Column::new("title", "Leistung", Kind::Text).typed(),
        Column::new("reason", "Was fehlt", Kind::Text),
        Column::new("newest_on", "Neuester Beleg vom", Kind::Day).not_on_paper(),
        Column::new("evidence", "Beleg", Kind::Text).typed().not_on_paper(),
        Column::new("volume", "Auftragswert", Kind::Net),
    ]
}

/// The lines, the largest order value first.
pub(super) fn rows<'a>(conn: &'a mut PgConnection, question: &'a Question, most: Option<i64>) -> Rows<'a> {
    let found = sqlx::query!(
        r#"SELECT v.id AS "id!", coalesce(v.number, v.case_number) AS "number!", m.name AS "member!", f.number AS "contract_number!", f.title AS "title!",
                  e.position AS "position!", coalesce(l.article_number, '') AS "article!", coalesce(i.title, '') AS "item!",
                  e.dated_on AS "dated_on!", e.volume AS "volume!", b.dated_on AS "newest_on?", coalesce(b.evidence, '') AS "evidence!",
                  EXISTS (SELECT FROM baseline p
                          WHERE p.contract_id = l.contract_id AND p.item_id = l.item_id AND p.approved_at IS NULL AND p.refused_at IS NULL
                            AND (p.member_id IS NULL OR p.member_id = v.member_id)) AS "pending!"
           FROM (SELECT s.contract_id, s.call_off_id, s.position, min(s.dated_on) AS dated_on, sum(s.order_net) AS volume
                 FROM planned_savings s
                 WHERE s.class = 'none'
                   AND ($1::date IS NULL OR $1 <= s.dated_on) AND ($2::date IS NULL OR s.dated_on <= $2)
                   AND ($3::int IS NULL OR extract(year FROM s.dated_on) = $3)
                   AND ($4::uuid IS NULL OR s.contract_id = $4) AND ($5::uuid IS NULL OR s.member_id = $5)
                 GROUP BY s.contract_id, s.call_off_id, s.position
                 HAVING sum(s.order_net) <> 0) e
           JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
           JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
           JOIN organisation m ON m.id = v.member_id
           LEFT JOIN call_off_line l ON l.contract_id = e.contract_id AND l.call_off_id = e.call_off_id AND l.position = e.position
           LEFT JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id
           LEFT JOIN LATERAL (
               SELECT a.dated_on, a.evidence
               FROM baseline a
               WHERE a.contract_id = l.contract_id AND a.item_id = l.item_id AND a.approved_at IS NOT NULL AND a.withdrawn_at IS NULL
                 AND (a.member_id IS NULL OR a.member_id = v.member_id)
               ORDER BY a.dated_on DESC
               LIMIT 1) b ON true
           ORDER BY e.volume DESC, v.id, e.position
           LIMIT $6"#,
        question.from,
        question.to,
        question.year,
        question.contract,
        question.member,
        most
    )
    .fetch(conn);
    Box::pin(found.map(|it| {
        let it = it?;
        let reason = match it.newest_on {
            _ if it.volume.is_sign_negative() => "Storno eines Abrufs aus der Zeit davor",
            Some(newest) if it.dated_on < newest => "Vergleichspreis erst nach dem Abruf datiert",
            Some(_) => "Vergleichspreis veraltet oder in anderer Einheit",
            None if it.pending => "Vergleichspreis wartet auf die Freigabe durch eine zweite Person",
            None => "kein Vergleichspreis",
        };
        let cells = vec![
            Cell::text(it.number),
            Cell::Count(it.position.into()),
            Cell::Day(it.dated_on),
            Cell::text(it.member),
            Cell::text(format!("{} {}", it.contract_number, it.title)),
            Cell::text(it.article),
            Cell::text(it.item),
            Cell::text(reason),
            Cell::day(it.newest_on),
            Cell::text(it.evidence),
            Cell::Net(consistent(Net::new(it.volume), "savings_entry", "order_net", it.id)?),
        ];
        Ok(Row::leading_to(cells, format!("/abrufe/{}/einsparung", it.id)))
    }))
}

/// The report.
///
/// # Errors
/// If the database fails.
pub async fn table(conn: &mut PgConnection, question: &Question) -> Result<Table, StorageError> {
    let (columns, rows) = (columns(), collected(rows(&mut *conn, question, FOR_A_TABLE)).await?);
    // The whole is what the savings report says of the class without a baseline.
    let uncompared = Question { class: Some("none".to_owned()), by: Vec::new(), ..question.clone() };
    let reported = total(&mut *conn, &uncompared).await?.sums.volume;
    Ok(Table {
        name: "open-evidence",
        title: "Offene Nachweise".to_owned(),
        lead: "Positionen ohne gültigen Vergleichspreis. Sie zählen mit 0,00 € und senken die Deckungsquote.".to_owned(),
        filter: Vec::new(),
        as_of: chrono::DateTime::UNIX_EPOCH,
        sheet: "Positionen",
        checks: Table::summed(&columns, &rows, "volume", reported).into_iter().collect(),
        columns,
        rows,
        method: vec![
            "Eine Position ist verglichen, wenn bei ihrer Freigabe ein belegter, freigegebener Vergleichspreis derselben Leistung in derselben Einheit vorlag, der nicht zu alt war.".to_owned(),
            "„Was fehlt“ schaut auf die Vergleichspreise von heute; das Urteil bei der Freigabe ändert sich dadurch nicht.".to_owned(),
            "Stornierte Positionen stehen nicht hier: ihr Auftragswert ist zurückgebucht.".to_owned(),
            "Abgleich: die Summe der Liste gegen „ohne Vergleichspreis“ im Bericht der Einsparungen. Alle Beträge netto in Euro.".to_owned(),
        ],
        empty: "In dieser Auswahl hat jede Position einen gültigen Vergleichspreis.".to_owned(),
    })
}
