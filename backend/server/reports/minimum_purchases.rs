//! Minimum purchases of running contracts: what is consumed and missing, what there will be at the rate of the last months,
//! and what follows otherwise; those at risk first.

use abruf_domain::ids::ContractId;
use abruf_domain::minimum_purchase::Outlook;
use abruf_domain::money::{Net, Volume};
use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::question::Question;
use super::table::{Cell, Column, Kind, Row, Table};
use crate::storage::StorageError;
use crate::storage::error::consistent;
use crate::storage::minimum_purchases::{self, Progress};

/// The report; for those who see the whole ledger.
///
/// # Errors
/// If the database fails.
pub async fn table(conn: &mut PgConnection, question: &Question, today: NaiveDate) -> Result<Table, StorageError> {
    let mut all = minimum_purchases::progress(&mut *conn, question.contract.map(ContractId)).await?;
    all.sort_by_key(|it| (it.on(today).outlook(), it.row.due_on));
    let listed: Net = all.iter().filter(|it| counts_in_euros(it)).map(|it| it.consumed.as_net()).sum();
    let rows: Vec<Row> = all.iter().map(|it| row(it, today)).collect();
    let (count, consumed) = reported(&mut *conn, question.contract).await?;
    Ok(Table {
        name: "minimum-purchases",
        title: "Mindestabnahmen in Gefahr".to_owned(),
        lead: "Was bis wann abgerufen sein muss, was davon fehlt und ob es im bisherigen Tempo gelingt. Gefährdetes steht oben.".to_owned(),
        filter: Vec::new(),
        as_of: chrono::DateTime::UNIX_EPOCH,
        sheet: "Mindestabnahmen",
        columns: columns(),
        checks: vec![
            Table::counted("Zeilen", &rows, count),
            Table::partial("Verbraucht, ganze Verträge in Euro", listed, consumed),
        ],
        rows,
        method: method(),
        empty: "In dieser Auswahl hat kein laufender Vertrag eine Mindestabnahme.".to_owned(),
    })
}

fn counts_in_euros(it: &Progress) -> bool {
    it.row.article_number.is_none() && it.row.currency == "EUR"
}

fn row(it: &Progress, today: NaiveDate) -> Row {
    let (row, course) = (&it.row, it.on(today));
    let is_value = row.measure == "value";
    let volume = |volume: Volume| Cell::volume(volume, is_value);
    let (least, most) =
        course.projected().map_or((Cell::Empty, Cell::Empty), |(least, most)| (volume(least), volume(most)));
    let of = row.article_number.as_ref().map(|article| format!("{article} {}", row.item_title));
    let outlook = course.outlook();
    let days_left = if row.due_on < today { Cell::Empty } else { Cell::Count(course.days_left()) };
    let cells = vec![
        Cell::text(format!("{} {}", row.contract_number, row.contract_title)),
        Cell::text(of.unwrap_or_else(|| "ganzer Vertrag".to_owned())),
        Cell::text(if is_value { row.currency.clone() } else { row.unit.clone() }),
        volume(row.amount),
        volume(course.consumed),
        volume(course.missing()),
        Cell::Day(row.due_on),
        days_left,
        least,
        most,
        Cell::text(outlook.german()),
        if matches!(outlook, Outlook::Reached) { Cell::Empty } else { Cell::text(row.consequence.clone()) },
    ];
    Row::leading_to(cells, format!("/rahmenvertraege/{}", row.contract))
}

fn columns() -> Vec<Column> {
    vec![
        Column::new("contract", "Rahmenvertrag", Kind::Text).typed(),
        Column::new("of", "Für", Kind::Text),
        Column::new("unit", "Einheit", Kind::Text).not_on_paper(),
        Column::new("minimum", "Mindestens", Kind::Quantity),
        Column::new("consumed", "Verbraucht", Kind::Quantity),
        Column::new("missing", "Fehlt", Kind::Quantity),
        Column::new("due_on", "Bis", Kind::Day),
        Column::new("days_left", "Tage bis dahin", Kind::Count),
        Column::new("projected_least", "Am Ende mindestens", Kind::Quantity),
        Column::new("projected_most", "höchstens", Kind::Quantity).not_on_paper(),
        Column::new("outlook", "Aussicht", Kind::Text),
        Column::new("consequence", "Sonst", Kind::Text).typed().not_on_paper(),
    ]
}

fn method() -> Vec<String> {
    [
        "Verbraucht = freigegeben + nacherfasst, gebucht bis zum genannten Tag; Stornos sind abgezogen, Reserviertes zählt nicht. Fehlt = Mindestabnahme − verbraucht, mindestens 0.",
        "Für eine Position zählen Menge oder Nettowert ihrer Zeilen in freigegebenen Abrufen, dazu Nacherfasstes.",
        "Am Ende = verbraucht + Abruf je Monat × verbleibende Tage ÷ 30,4375, mit dem kleinsten und dem größten Mittel der letzten 3, 6 und 12 vollen Kalendermonate wie beim Abfluss. Nacherfasstes zählt nicht zum Tempo.",
        "Nicht erreichbar: auch im größten Tempo reicht es nicht. Gefährdet: im kleinsten Tempo reicht es nicht.",
        "Es wird nichts hochgerechnet: keine Saison, kein Trend. Verglichen wird die Mindestabnahme des Vertrags, wie er aktiviert wurde.",
        "Abgleich: die Zahl der Zeilen gegen eine eigene Zählung, und der Verbrauch ganzer Verträge in Euro gegen ihr Volumenbuch.",
    ]
    .map(ToOwned::to_owned)
    .to_vec()
}

/// How many there are, and what the ledger says of whole contracts in euros.
async fn reported(conn: &mut PgConnection, contract: Option<Uuid>) -> Result<(i64, Net), StorageError> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "count!",
                  coalesce(sum((SELECT round(sum(e.amount), 2) FROM volume_entry e
                                WHERE e.contract_id = m.contract_id AND e.guard_id = g.id AND e.account <> 'reserved'
                                  AND e.at < ((m.due_on + 1)::timestamp AT TIME ZONE 'Europe/Berlin'))), 0) AS "consumed!"
           FROM minimum_purchase m
           JOIN framework_contract f ON f.id = m.contract_id AND f.status IN ('active', 'suspended')
           LEFT JOIN guard g ON g.contract_id = m.contract_id AND g.scope = 'contract' AND g.measure = 'value'
                            AND m.item_id IS NULL AND f.currency = 'EUR'
           WHERE $1::uuid IS NULL OR m.contract_id = $1"#,
        contract
    )
    .fetch_one(conn)
    .await?;
    Ok((row.count, consistent(Volume::new(row.consumed), "volume_entry", "amount", "sum")?.as_net()))
}
