//! Who uses which contract, and who could: every member that is entitled to call off, with what it called off.

use abruf_domain::money::Net;
use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::question::Question;
use super::table::{Cell, Column, Kind, Row, Table};
use crate::storage::StorageError;
use crate::storage::error::consistent;

/// The report of a body; `members` limits it to those the reader may look at.
///
/// # Errors
/// If the database fails.
pub async fn table(
    conn: &mut PgConnection,
    question: &Question,
    (body, members): (Uuid, Option<&[Uuid]>),
    today: NaiveDate,
) -> Result<Table, StorageError> {
    let found = sqlx::query!(
        r#"WITH entitled AS (
             SELECT f.id AS contract_id, s.member_id, min(greatest(s.effective_from, n.valid_from, f.starts_on)) AS since
             FROM framework_contract f
             JOIN membership s ON s.body_id = $1 AND s.effective_from <= $2 AND (s.effective_to IS NULL OR $2 <= s.effective_to)
             JOIN organisation o ON o.id = s.member_id
             LEFT JOIN entitlement n ON n.contract_id = f.id AND n.valid_from <= $2 AND (n.valid_to IS NULL OR $2 <= n.valid_to)
                  AND (n.member_id = s.member_id
                       OR (n.mode = 'category' AND o.kind = ANY (n.kinds) AND o.region = n.region
                           AND (n.includes_future_members OR s.effective_from <= f.notice_date)))
             WHERE f.status IN ('active', 'suspended') AND f.currency = 'EUR'
               AND (n.id IS NOT NULL OR f.supply_chain = 'through_body')
             GROUP BY f.id, s.member_id
           ), used AS (
             SELECT e.contract_id, e.member_id, sum(e.order_net) AS volume, max(e.dated_on) FILTER (WHERE v.status <> 'cancelled') AS last_on,
                    count(DISTINCT e.call_off_id) FILTER (WHERE v.status <> 'cancelled') AS call_offs
             FROM planned_savings e
             JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
             JOIN call_off v ON v.contract_id = e.contract_id AND v.id = e.call_off_id
             WHERE e.body_id = $1
               AND ($3::date IS NULL OR $3 <= e.dated_on) AND ($4::date IS NULL OR e.dated_on <= $4)
               AND ($5::int IS NULL OR extract(year FROM e.dated_on) = $5)
             GROUP BY e.contract_id, e.member_id
           )
           SELECT f.id AS "contract_id!", m.id AS "member_id!", f.number AS "number!", f.title AS "title!", m.name AS "member!",
                  n.since AS "since?", n.member_id IS NOT NULL AS "entitled!", coalesce(u.call_offs, 0) AS "call_offs!",
                  coalesce(u.volume, 0) AS "volume!", u.last_on AS "last_on?"
           FROM entitled n
           FULL JOIN used u ON u.contract_id = n.contract_id AND u.member_id = n.member_id
           JOIN framework_contract f ON f.id = coalesce(n.contract_id, u.contract_id)
           JOIN organisation m ON m.id = coalesce(n.member_id, u.member_id)
           WHERE ($6::uuid IS NULL OR f.id = $6) AND ($7::uuid IS NULL OR m.id = $7) AND ($8::uuid[] IS NULL OR m.id = ANY ($8))
           ORDER BY f.number, f.id, m.name, m.id"#,
        body,
        today,
        question.from,
        question.to,
        question.year,
        question.contract,
        question.member,
        members as Option<&[Uuid]>
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut rows = Vec::with_capacity(found.len());
    for it in found {
        let volume = consistent(Net::new(it.volume), "savings_entry", "order_net", it.contract_id)?;
        let state = match (it.entitled, it.call_offs) {
            (true, 0) => "könnte",
            (true, _) => "nutzt",
            (false, _) => "hat genutzt, heute nicht berechtigt",
        };
        let cells = vec![
            Cell::text(format!("{} {}", it.number, it.title)),
            Cell::text(it.member),
            Cell::text(state),
            Cell::Count(it.call_offs),
            Cell::Net(volume),
            Cell::day(it.last_on),
            Cell::day(it.since),
        ];
        let narrow =
            Question { contract: Some(it.contract_id), member: Some(it.member_id), by: Vec::new(), ..question.clone() };
        let call_offs = (0 < it.call_offs).then(|| format!("/berichte/einsparungen-abrufe?{}", narrow.address()));
        let contract = format!("/rahmenvertraege/{}", it.contract_id);
        rows.push(Row::linked(cells, vec![Some(contract), None, None, None, call_offs]));
    }
    let columns = vec![
        Column::new("contract", "Rahmenvertrag", Kind::Text).typed(),
        Column::new("member", "Mitglied", Kind::Text).typed(),
        Column::new("state", "Nutzung", Kind::Text),
        Column::new("call_offs", "Abrufe", Kind::Count),
        Column::new("volume", "Auftragswert", Kind::Net),
        Column::new("last_on", "Zuletzt am", Kind::Day),
        Column::new("entitled_since", "Berechtigt seit", Kind::Day).not_on_paper(),
    ];
    let reported = volume(&mut *conn, question, (body, members)).await?;
    Ok(Table {
        name: "usage",
        title: "Nutzung: wer nutzt was, wer könnte".to_owned(),
        lead: "Jedes Mitglied, das heute abrufen darf, mit dem, was es in diesem Zeitraum abgerufen hat.".to_owned(),
        filter: Vec::new(),
        as_of: chrono::DateTime::UNIX_EPOCH,
        sheet: "Nutzung",
        checks: Table::summed(&columns, &rows, "volume", reported).into_iter().collect(),
        columns,
        rows,
        method: vec![
            "Berechtigt ist, wer heute Mitglied ist und namentlich oder über eine bekannt gemachte Gruppe auf der Liste des Vertrags steht; bei Verträgen, die über die Genossenschaft laufen, jedes Mitglied. Ob ein einzelner Abruf zulässig ist, sagt erst seine Prüfung.".to_owned(),
            "Stornierte Abrufe zählen nicht; ihr Auftragswert ist am Tag des Stornos zurückgebucht.".to_owned(),
            "Auftragswert netto in Euro; Verträge in anderer Währung sind nicht enthalten.".to_owned(),
            "Abgleich: die Summe der Liste gegen die Summe aller Buchungen der Auswahl.".to_owned(),
        ],
        empty: "In dieser Auswahl ist niemand zum Abruf berechtigt.".to_owned(),
    })
}

/// What was called off, without any list.
async fn volume(
    conn: &mut PgConnection,
    question: &Question,
    (body, members): (Uuid, Option<&[Uuid]>),
) -> Result<Net, StorageError> {
    let sum = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(e.order_net), 0) AS "sum!"
           FROM planned_savings e
           JOIN framework_contract f ON f.id = e.contract_id AND f.currency = 'EUR'
           WHERE e.body_id = $1
               AND ($2::date IS NULL OR $2 <= e.dated_on) AND ($3::date IS NULL OR e.dated_on <= $3)
             AND ($4::int IS NULL OR extract(year FROM e.dated_on) = $4)
             AND ($5::uuid IS NULL OR e.contract_id = $5) AND ($6::uuid IS NULL OR e.member_id = $6)
             AND ($7::uuid[] IS NULL OR e.member_id = ANY ($7))"#,
        body,
        question.from,
        question.to,
        question.year,
        question.contract,
        question.member,
        members as Option<&[Uuid]>
    )
    .fetch_one(conn)
    .await?;
    consistent(Net::new(sum), "savings_entry", "order_net", "sum")
}
