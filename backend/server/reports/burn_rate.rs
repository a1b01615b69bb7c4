//! How fast the ceilings of running contracts are used up, until when they last, and when the next tender has to begin.

use std::collections::BTreeMap;

use abruf_domain::burn_rate::{Course, Exhaustion, MonthVolume, Procedure, Rate, WINDOWS};
use abruf_domain::ids::ContractId;
use abruf_domain::money::{Net, Volume};
use abruf_domain::notation::Language;
use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::question::Question;
use super::table::{Cell, Column, Kind, Row, Table};
use crate::storage::error::consistent;
use crate::storage::{StorageError, contracts, parameters};

/// The report over the running contracts; for those who see the whole ledger.
///
/// # Errors
/// If the database fails.
pub async fn table(conn: &mut PgConnection, question: &Question, today: NaiveDate) -> Result<Table, StorageError> {
    let mut running = contracts::list(&mut *conn, None).await?;
    running.retain(|it| {
        matches!(it.status.as_str(), "active" | "suspended")
            && today <= it.effective_end
            && question.contract.is_none_or(|id| id == it.id.0)
    });
    let months = months(&mut *conn, question.contract).await?;
    let (mut rows, mut listed) = (Vec::with_capacity(running.len()), Net::ZERO);
    for contract in &running {
        let own = months.get(&contract.id.0).map(Vec::as_slice).unwrap_or_default();
        if contract.currency == "EUR" {
            listed += own.iter().map(|it| it.net).sum::<Net>();
        }
        let ceiling = &contract.ceiling;
        let course = Course {
            today,
            starts_on: contract.starts_on,
            ends_on: contract.effective_end,
            left: ceiling.limit.map(|limit| (limit - ceiling.consumed - ceiling.reserved).as_net()),
            months: own,
        };
        let procedure = question.procedure.unwrap_or_else(|| Procedure::usual(&contract.regime));
        let lead = lead_days(&mut *conn, contract.id, procedure, today).await?;
        let start = lead.map(|days| course.latest_start(days));
        let exhaustion = course.exhaustion();
        let rates = course.rates();
        let rate = |months: u32| {
            let found = rates.iter().find(|rate: &&Rate| rate.months == months);
            found.map_or(Cell::Empty, |rate| Cell::Net(rate.per_month))
        };
        let (earliest, latest) = match exhaustion {
            Exhaustion::Between { earliest, latest } => (Some(earliest), latest),
            Exhaustion::Reached => (Some(today), Some(today)),
            Exhaustion::Unlimited | Exhaustion::TooEarly | Exhaustion::NotInSight => (None, None),
        };
        let mut cells = vec![
            Cell::text(format!("{} {}", contract.number, contract.title)),
            Cell::text(contract.currency.clone()),
            ceiling.limit.map_or(Cell::Empty, |limit| Cell::Net(limit.as_net())),
            Cell::Net(ceiling.consumed.as_net()),
            course.left.map_or(Cell::Empty, |left| Cell::Net(left.max(Net::ZERO))),
        ];
        cells.extend(WINDOWS.map(rate));
        cells.extend([
            Cell::day(earliest),
            Cell::day(latest),
            Cell::Day(contract.effective_end),
            Cell::text(procedure.german()),
            lead.map_or(Cell::Empty, |days| Cell::Count(days.into())),
            Cell::day(start),
            Cell::text(hint(exhaustion, &rates, start, lead.is_none(), today)),
        ]);
        rows.push(Row::leading_to(cells, format!("/rahmenvertraege/{}", contract.id)));
    }
    let ids: Vec<Uuid> = running.iter().filter(|it| it.currency == "EUR").map(|it| it.id.0).collect();
    let reported = authorised(&mut *conn, &ids).await?;
    Ok(Table {
        name: "burn-rate",
        title: "Abfluss, Reichweite und nächste Ausschreibung".to_owned(),
        lead: "Wie schnell die Höchstwerte laufender Verträge ausgeschöpft werden und wann die nächste Ausschreibung spätestens beginnt.".to_owned(),
        filter: Vec::new(),
        as_of: chrono::DateTime::UNIX_EPOCH,
        sheet: "Verträge",
        columns: columns(),
        rows,
        checks: vec![Table::partial("Freigegeben laut Monaten, nur Euro", listed, reported)],
        method: method(),
        empty: "Zurzeit läuft kein Vertrag in dieser Auswahl.".to_owned(),
    })
}

fn columns() -> Vec<Column> {
    vec![
        Column::new("contract", "Rahmenvertrag", Kind::Text).typed(),
        Column::new("currency", "Währung", Kind::Text).not_on_paper(),
        Column::new("limit", "Höchstwert", Kind::Net).not_on_paper(),
        Column::new("consumed", "Verbraucht", Kind::Net).not_on_paper(),
        Column::new("left", "Frei", Kind::Net),
        Column::new("rate_3", "je Monat (3)", Kind::Net),
        Column::new("rate_6", "je Monat (6)", Kind::Net).not_on_paper(),
        Column::new("rate_12", "je Monat (12)", Kind::Net),
        Column::new("exhausted_earliest", "Ausgeschöpft frühestens", Kind::Day),
        Column::new("exhausted_latest", "spätestens", Kind::Day),
        Column::new("ends_on", "Laufzeitende", Kind::Day).not_on_paper(),
        Column::new("procedure", "Nächstes Verfahren", Kind::Text).not_on_paper(),
        Column::new("lead_days", "Vorlauf in Tagen", Kind::Count).not_on_paper(),
        Column::new("start_by", "Ausschreibung beginnen bis", Kind::Day),
        Column::new("hint", "Hinweis", Kind::Text),
    ]
}

fn method() -> Vec<String> {
    [
        "Abfluss je Monat = freigegebenes Volumen der letzten 3, 6 und 12 vollen Kalendermonate, geteilt durch deren Zahl. Stornos zählen in dem Monat, in dem sie gebucht wurden. Der laufende Monat zählt nicht.",
        "Ist ein Vertrag jünger als drei volle Monate, gibt es nur einen Wert über die Monate, die es gibt; er steht im Hinweis.",
        "Ausgeschöpft frühestens = heute + frei ÷ größter Abfluss; spätestens = heute + frei ÷ kleinster Abfluss. Ein Monat hat 30,4375 Tage; es wird auf ganze Tage abgerundet.",
        "Frei = Höchstwert − verbraucht − reserviert. Nacherfasstes verringert den freien Rest, zählt aber nicht als Abfluss: sein Monat ist oft nicht der des Bedarfs.",
        "Ausschreibung beginnen bis = der frühere Tag von „ausgeschöpft frühestens“ und Laufzeitende, weniger dem Vorlauf des Verfahrens. Nicht ausgeübte Optionen verlängern die Laufzeit hier nicht.",
        "Der Vorlauf steht je Verfahren als datierter Wert unter Verwaltung, Recht. Ohne Wahl gilt für VgV das offene Verfahren, für UVgO die öffentliche Ausschreibung.",
        "Es wird nichts hochgerechnet: keine Saison, kein Trend. Die Spanne zeigt, wie unsicher die Aussage ist.",
        "Abgleich: die Monatswerte der Verträge in Euro gegen „abgerufen“ in ihren Höchstwerten.",
    ]
    .map(ToOwned::to_owned)
    .to_vec()
}

fn hint(exhaustion: Exhaustion, rates: &[Rate], start: Option<NaiveDate>, no_lead: bool, today: NaiveDate) -> String {
    let german = Language::German;
    let mut words = Vec::new();
    match exhaustion {
        Exhaustion::Unlimited => words.push("kein Höchstwert".to_owned()),
        Exhaustion::Reached => words.push("ausgeschöpft".to_owned()),
        Exhaustion::TooEarly => words.push("noch kein voller Monat".to_owned()),
        Exhaustion::NotInSight => words.push("Ausschöpfung nicht absehbar".to_owned()),
        Exhaustion::Between { latest: None, .. } => words.push("im langsamsten Fall nicht absehbar".to_owned()),
        Exhaustion::Between { .. } => {}
    }
    if let [only] = rates
        && !WINDOWS.contains(&only.months)
    {
        let amount = german.number(only.per_month.decimal());
        let months = if only.months == 1 { "1 Monat".to_owned() } else { format!("{} Monate", only.months) };
        words.push(format!("nur {months} beobachtet, {amount} je Monat"));
    }
    if no_lead {
        words.push("für dieses Verfahren ist kein Vorlauf hinterlegt (Verwaltung, Recht)".to_owned());
    }
    if let Some(late) = start.map(|start| (today - start).num_days()).filter(|late| 0 < *late) {
        words.push(format!("überfällig seit {}", if late == 1 { "1 Tag".to_owned() } else { format!("{late} Tagen") }));
    }
    words.join(", ")
}

/// What was released in each month, by contract.
async fn months(
    conn: &mut PgConnection,
    contract: Option<Uuid>,
) -> Result<BTreeMap<Uuid, Vec<MonthVolume>>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT e.contract_id, date_trunc('month', e.at AT TIME ZONE 'Europe/Berlin')::date AS "month!", sum(e.amount) AS "sum!"
           FROM volume_entry e
           JOIN guard g ON g.contract_id = e.contract_id AND g.id = e.guard_id
           WHERE g.scope = 'contract' AND g.measure = 'value' AND e.account = 'authorised'
             AND ($1::uuid IS NULL OR e.contract_id = $1)
           GROUP BY 1, 2"#,
        contract
    )
    .fetch_all(conn)
    .await?;
    let mut months: BTreeMap<Uuid, Vec<MonthVolume>> = BTreeMap::new();
    for row in rows {
        let volume = consistent(Volume::new(row.sum), "volume_entry", "amount", row.contract_id)?;
        let month = MonthVolume { month: row.month, net: volume.as_net() };
        months.entry(row.contract_id).or_default().push(month);
    }
    Ok(months)
}

/// What the ceilings of these contracts say was released.
async fn authorised(conn: &mut PgConnection, contracts: &[Uuid]) -> Result<Net, StorageError> {
    let sum = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(authorised), 0) AS "sum!"
           FROM guard
           WHERE scope = 'contract' AND measure = 'value' AND contract_id = ANY ($1)"#,
        contracts
    )
    .fetch_one(conn)
    .await?;
    Ok(consistent(Volume::new(sum), "guard", "authorised", "sum")?.as_net())
}

/// Lead time of a procedure under the law of the contract; `None` where nobody has set one for this day.
async fn lead_days(
    conn: &mut PgConnection,
    contract: ContractId,
    procedure: Procedure,
    today: NaiveDate,
) -> Result<Option<u32>, StorageError> {
    parameters::valid_for_contract(conn, contract, today).await?.parsed_if_set(procedure.lead_key())
}
