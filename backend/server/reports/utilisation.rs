//! How much of every ceiling and quota is taken: one row per guard row the reader may see.

use abruf_domain::money::{Net, Volume};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::question::Question;
use super::table::{Cell, Column, Kind, Row, Table};
use crate::storage::StorageError;
use crate::storage::error::consistent;

/// The report. `whole_ledger` says whether the reader sees every booking of the volume ledger; then the guard rows are
/// compared with it, else with their own sum.
///
/// # Errors
/// If the database fails.
pub async fn table(conn: &mut PgConnection, question: &Question, whole_ledger: bool) -> Result<Table, StorageError> {
    let guards = sqlx::query!(
        r#"SELECT g.id AS "id!", g.contract_id AS "contract_id!", g.scope AS "scope!", g.measure AS "measure!", g.limit_amount, g.hard AS "hard!",
                  g.authorised AS "authorised!", g.recorded AS "recorded!", g.reserved AS "reserved!", g.breached AS "breached!",
                  f.number AS "number!", f.title AS "title!", f.currency AS "currency!", coalesce(l.title, i.article_number || ' ' || i.title, m.name, '') AS "name!",
                  coalesce(i.unit, '') AS "unit!"
           FROM guard g
           JOIN framework_contract f ON f.id = g.contract_id
           LEFT JOIN lot l ON l.contract_id = g.contract_id AND l.id = g.lot_id
           LEFT JOIN item i ON i.contract_id = g.contract_id AND i.id = g.item_id
           LEFT JOIN organisation m ON m.id = g.member_id
           WHERE f.status NOT IN ('draft', 'demand_survey', 'resolution', 'tender', 'award')
             AND (g.limit_amount IS NOT NULL OR (g.scope = 'contract' AND g.measure = 'value'))
             AND ($1::uuid IS NULL OR g.contract_id = $1)
             AND ($2::uuid IS NULL OR g.member_id IS NULL OR g.member_id = $2)
           ORDER BY f.number, f.id, CASE g.scope WHEN 'contract' THEN 0 WHEN 'lot' THEN 1 WHEN 'item' THEN 2 ELSE 3 END,
                    l.number, i.article_number, m.name, g.measure"#,
        question.contract,
        question.member
    )
    .fetch_all(&mut *conn)
    .await?;
    let (mut rows, mut listed) = (Vec::with_capacity(guards.len()), Net::ZERO);
    for it in guards {
        let volume = |value: Decimal, column| consistent(Volume::new(value), "guard", column, it.id);
        let limit = it.limit_amount.map(|limit| volume(limit, "limit_amount")).transpose()?;
        let (authorised, recorded, reserved) =
            (volume(it.authorised, "authorised")?, volume(it.recorded, "recorded")?, volume(it.reserved, "reserved")?);
        let is_value = it.measure == "value";
        let (consumed, taken) = (authorised + recorded, authorised + recorded + reserved);
        if it.scope == "contract" && is_value && it.currency == "EUR" {
            listed += consumed.as_net();
        }
        let free = limit.map(|limit| (limit - taken).max(Volume::ZERO));
        let cell = |volume: Option<Volume>| volume.map_or(Cell::Empty, |it| Cell::volume(it, is_value));
        let hint = match () {
            () if it.breached => "überzogen, gesperrt",
            () if limit.is_none() => "ohne Grenze",
            () if !it.hard => "weich: Überschreitung mit Begründung",
            () => "",
        };
        let cells = vec![
            Cell::text(format!("{} {}", it.number, it.title)),
            Cell::text(scope_words(&it.scope)),
            Cell::text(it.name),
            Cell::text(if is_value { it.currency } else { it.unit }),
            cell(limit),
            cell(Some(authorised)),
            cell(Some(recorded)),
            cell(Some(consumed)),
            cell(Some(reserved)),
            cell(free),
            Cell::percent(limit.and_then(|limit| taken.percent_of(limit))),
            Cell::text(hint),
        ];
        rows.push(Row::leading_to(cells, format!("/rahmenvertraege/{}", it.contract_id)));
    }
    let reported = consumed_in_euros(&mut *conn, question.contract, whole_ledger).await?;
    Ok(Table {
        name: "utilisation",
        title: "Ausschöpfung der Höchstgrenzen und Kontingente".to_owned(),
        lead: "Über die ganze Laufzeit, Nacherfasstes eingeschlossen. Gezeigt wird, was Sie sehen dürfen.".to_owned(),
        filter: Vec::new(),
        as_of: chrono::DateTime::UNIX_EPOCH,
        sheet: "Grenzen",
        columns: vec![
            Column::new("contract", "Rahmenvertrag", Kind::Text).typed(),
            Column::new("scope", "Ebene", Kind::Text),
            Column::new("name", "Los, Position, Mitglied", Kind::Text).typed(),
            Column::new("unit", "Einheit", Kind::Text),
            Column::new("limit", "Grenze", Kind::Quantity),
            Column::new("authorised", "Abgerufen", Kind::Quantity).not_on_paper(),
            Column::new("recorded", "Nacherfasst", Kind::Quantity).not_on_paper(),
            Column::new("consumed", "Verbraucht", Kind::Quantity),
            Column::new("reserved", "Reserviert", Kind::Quantity).not_on_paper(),
            Column::new("free", "Frei", Kind::Quantity),
            Column::new("taken_pct", "Belegt", Kind::Percent),
            Column::new("hint", "Hinweis", Kind::Text),
        ],
        rows,
        checks: vec![Table::partial("Verbraucht je Vertrag, nur Euro", listed, reported)],
        method: vec![
            "Verbraucht = abgerufen + nacherfasst. Frei = Grenze − verbraucht − reserviert, mindestens 0.".to_owned(),
            "Belegt = (verbraucht + reserviert) ÷ Grenze, auf ganze Prozent abgerundet.".to_owned(),
            if whole_ledger {
                "Abgleich: die Zeilen der Verträge in Euro gegen die Summe aller Buchungen im Volumenbuch.".to_owned()
            } else {
                "Abgleich: die Zeilen der Verträge in Euro gegen dieselbe Summe aus einer eigenen Abfrage; das Volumenbuch anderer Mitglieder sehen Sie nicht.".to_owned()
            },
        ],
        empty: "Kein Vertrag in dieser Auswahl hat eine Grenze.".to_owned(),
    })
}

/// What the contracts in euros have consumed: by the ledger, or by their guard rows.
async fn consumed_in_euros(
    conn: &mut PgConnection,
    contract: Option<Uuid>,
    whole_ledger: bool,
) -> Result<Net, StorageError> {
    let sum = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(round(CASE WHEN $2 THEN b.booked ELSE g.authorised + g.recorded END, 2)), 0) AS "sum!"
           FROM guard g
           JOIN framework_contract f ON f.id = g.contract_id AND f.currency = 'EUR'
           LEFT JOIN LATERAL (
               SELECT sum(e.amount) AS booked
               FROM volume_entry e
               WHERE $2 AND e.contract_id = g.contract_id AND e.guard_id = g.id AND e.account IN ('authorised', 'recorded')) b ON true
           WHERE g.scope = 'contract' AND g.measure = 'value'
             AND f.status NOT IN ('draft', 'demand_survey', 'resolution', 'tender', 'award')
             AND ($1::uuid IS NULL OR g.contract_id = $1)"#,
        contract,
        whole_ledger
    )
    .fetch_one(conn)
    .await?;
    Ok(consistent(Volume::new(sum), "volume_entry", "amount", "sum")?.as_net())
}

fn scope_words(scope: &str) -> &'static str {
    match scope {
        "contract" => "Vertrag",
        "lot" => "Los",
        "item" => "Position",
        _ => "Kontingent",
    }
}
