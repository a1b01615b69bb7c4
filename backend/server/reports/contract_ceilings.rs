//! The contracts whose ceilings make up the utilisation of a year: a row each, their sums above.

use std::collections::BTreeMap;

use abruf_domain::ids::ContractId;
use abruf_domain::money::{Net, Volume};
use abruf_domain::notation::Language::German;
use chrono::Datelike;
use sqlx::PgConnection;
use uuid::Uuid;

use super::ceiling_history;
use super::question::Question;
use super::table::{Cell, Column, Kind, Row, Table};
use crate::storage::StorageError;
use crate::storage::contracts::{self, Contract};
use crate::storage::error::consistent;

/// Whether a ceiling in euros counts for the utilisation of this year, or of all.
#[must_use]
pub fn counts(contract: &Contract, year: Option<i32>) -> bool {
    contract.currency == "EUR" && contract.ceiling.limit.is_some() && runs_in(contract, year)
}

/// Whether the contract runs on a day of this year; always without a year.
#[must_use]
pub fn runs_in(contract: &Contract, year: Option<i32>) -> bool {
    year.is_none_or(|year| contract.starts_on.year() <= year && year <= contract.effective_end.year())
}

/// The report over the contracts of a year; with a last day as it stood at its end, for whoever sees every booking.
///
/// # Errors
/// If the database fails.
pub async fn table(conn: &mut PgConnection, question: &Question) -> Result<Table, StorageError> {
    let mut all = contracts::list(&mut *conn, None).await?;
    all.retain(|it| counts(it, question.year) && question.contract.is_none_or(|id| id == it.id.0));
    let ids: Vec<Uuid> = all.iter().map(|it| it.id.0).collect();
    let next = question.to.and_then(|day| day.succ_opt());
    let then: Option<BTreeMap<ContractId, Volume>> = match next {
        Some(next) => {
            let ids: Vec<ContractId> = all.iter().map(|it| it.id).collect();
            Some(ceiling_history::consumed_before(&mut *conn, &ids, next).await?.into_iter().collect())
        }
        None => None,
    };
    let (mut rows, mut limits, mut taken) = (Vec::with_capacity(all.len()), Net::ZERO, Net::ZERO);
    for it in &all {
        let Some(limit) = it.ceiling.limit else { continue };
        let (consumed, reserved) = match &then {
            Some(then) => (then.get(&it.id).copied().unwrap_or(Volume::ZERO), Volume::ZERO),
            None => (it.ceiling.consumed, it.ceiling.reserved),
        };
        let (limit, consumed) = (limit.as_net(), consumed.as_net());
        (limits, taken) = (limits + limit, taken + consumed);
        let cells = vec![
            Cell::text(format!("{} {}", it.number, it.title)),
            Cell::Day(it.effective_end),
            Cell::Net(limit),
            Cell::Net(consumed),
            Cell::Net(reserved.as_net()),
            Cell::percent(consumed.percent_of(limit)),
            Cell::text(if it.ceiling.breached && then.is_none() { "überzogen, gesperrt" } else { "" }),
        ];
        rows.push(Row::leading_to(cells, format!("/rahmenvertraege/{}", it.id)));
    }
    let reported = sqlx::query!(
        r#"SELECT coalesce(sum(round(g.limit_amount, 2)), 0) AS "limit!",
                  coalesce(sum(round(CASE WHEN $2::date IS NULL THEN g.authorised + g.recorded ELSE coalesce(b.booked, 0) END, 2)), 0) AS "consumed!",
                  coalesce(sum(round(g.reserved, 2)) FILTER (WHERE $2::date IS NULL), 0) AS "reserved!"
           FROM guard g
           LEFT JOIN LATERAL (
               SELECT sum(e.amount) AS booked
               FROM volume_entry e
               WHERE $2::date IS NOT NULL AND e.contract_id = g.contract_id AND e.guard_id = g.id
                 AND e.account IN ('authorised', 'recorded') AND e.at < ($2::date)::timestamp AT TIME ZONE 'Europe/Berlin') b ON true
           WHERE g.scope = 'contract' AND g.measure = 'value' AND g.contract_id = ANY ($1)"#,
        &ids,
        next
    )
    .fetch_one(conn)
    .await?;
    let net = |value, column| consistent(Volume::new(value), "guard", column, "sum").map(Volume::as_net);
    let sums = [
        ("limit", net(reported.limit, "limit_amount")?),
        ("consumed", net(reported.consumed, "consumed")?),
        ("reserved", net(reported.reserved, "reserved")?),
    ];
    let columns = vec![
        Column::new("contract", "Rahmenvertrag", Kind::Text).typed(),
        Column::new("ends_on", "Endet am", Kind::Day),
        Column::new("limit", "Höchstwert", Kind::Net),
        Column::new("consumed", "Verbraucht", Kind::Net),
        Column::new("reserved", "Reserviert", Kind::Net).not_on_paper(),
        Column::new("consumed_pct", "Ausschöpfung", Kind::Percent),
        Column::new("hint", "Hinweis", Kind::Text),
    ];
    let share = taken.percent_of(limits).map(|share| Cell::Percent(share).written());
    let at_the_end = question.to.map(|day| German.date(day));
    Ok(Table {
        name: "contract-ceilings",
        title: "Ausschöpfung der Verträge".to_owned(),
        lead: share.map_or_else(
            || "Die Höchstwerte der Verträge in Euro und was davon verbraucht ist.".to_owned(),
            |share| match &at_the_end {
                None => format!("{share} der Höchstwerte in Euro sind verbraucht, über die ganze Laufzeit und alle Mitglieder."),
                Some(day) => format!("Am Ende des {day} waren {share} der heutigen Höchstwerte in Euro verbraucht, über alle Mitglieder."),
            },
        ),
        filter: Vec::new(),
        as_of: chrono::DateTime::UNIX_EPOCH,
        sheet: "Verträge",
        checks: sums.into_iter().filter_map(|(key, net)| Table::summed(&columns, &rows, key, net)).collect(),
        columns,
        rows,
        method: vec![
            "Alle Verträge in Euro mit Höchstwert, die im gewählten Jahr wenigstens einen Tag laufen; ohne Jahr alle.".to_owned(),
            "Verbraucht = abgerufen + nacherfasst, über die ganze Laufzeit. Ausschöpfung = verbraucht ÷ Höchstwert; Reserviertes zählt nicht mit.".to_owned(),
            "Zu einem früheren Tag: was bis zu seinem Ende gebucht war, gemessen an den Höchstwerten von heute; Reserviertes von damals ist nicht bekannt.".to_owned(),
            "Abgleich: die Summen der Liste gegen dieselben Summen aus einer eigenen Abfrage der Höchstwerte oder Buchungen.".to_owned(),
        ],
        empty: "In dieser Auswahl läuft kein Vertrag mit Höchstwert in Euro.".to_owned(),
    })
}
