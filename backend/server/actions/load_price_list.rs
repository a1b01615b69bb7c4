//! Load a price list into a draft: its suppliers become parties, its rows items with first prices. They
//! are released with the contract. All or nothing.

use abruf_domain::canonical::sha256;
use abruf_domain::ids::ContractId;
use abruf_domain::notation::Language::German;
use data_encoding::HEXLOWER;
use serde_json::json;
use uuid::Uuid;

use crate::actions::import::Report;
use crate::actions::import::price_map::PriceMap;
use crate::actions::import::price_plan::{Change, Dates, plan};
use crate::actions::import::price_rows::read_rows;
use crate::actions::import::table::Table;
use crate::actions::import_price_list::{known, write_parties};
use crate::actions::write_contract::{log, writable};
use crate::actions::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::{contract_drafts, contract_parts, contracts, price_lists};

/// Most rows whose mistakes are told at once; the rest is counted.
const MOST_TOLD: usize = 20;

/// Reads, compares and, unless a single row is wrong, writes. `csv` and `map` are the fields of the form.
pub async fn load(app: &App, actor: &Actor, id: ContractId, csv: &str, map: &str) -> Result<Report, ActionError> {
    only(actor, &[Role::Office])?;
    let wrong = |field: &str, message: String| ActionError::Invalid(vec![FieldError::new(field, message)]);
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    writable(&mut tx, actor, id).await?;
    let terms = contract_drafts::terms(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let contract = contracts::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let map = PriceMap::read(map.as_bytes()).map_err(|error| wrong("map", error.to_string()))?;
    if map.currency != terms.currency {
        let message = format!(
            "Der Vertrag rechnet in {}, die Zuordnung sagt {}. Es wird nicht umgerechnet. Bitte ändern Sie eines von beiden.",
            terms.currency, map.currency
        );
        return Err(wrong("map", message));
    }
    let table = Table::read(csv.as_bytes(), map.separator, &map.required_columns())
        .map_err(|error| wrong("csv", error.to_string()))?;
    let read = read_rows(&table, &map);
    let known = known(&mut tx, &contract, &read.rows, terms.starts_on).await?;
    // Nothing of a draft has ever been ordered: no first day is too early.
    let days = Dates { valid_from: terms.starts_on, today: terms.starts_on.pred_opt().unwrap_or(terms.starts_on) };
    let plan = plan(&read.rows, &map, known, days, &|| app.chance.id(now));

    let mut report = Report { rows: table.rows.len(), left_out: read.left_out, ..Report::default() };
    report.new = plan.changes.iter().filter(|change| change.item.is_some()).count();
    report.unchanged = plan.changes.iter().filter(|change| change.is_nothing()).count();
    report.changed = plan.changes.len() - report.new - report.unchanged;
    let mut errors: Vec<_> = read.errors.iter().chain(&plan.errors).collect();
    errors.sort_by_key(|error| error.line);
    if !errors.is_empty() {
        let mut told: Vec<FieldError> =
            errors.iter().take(MOST_TOLD).map(|error| FieldError::new("csv", error.to_string())).collect();
        if MOST_TOLD < errors.len() {
            let rest = German.number((errors.len() - MOST_TOLD).into());
            told.push(FieldError::new(
                "csv",
                format!("Dazu kommen {rest} weitere Fehler. Es wurde nichts übernommen."),
            ));
        }
        return Err(ActionError::Invalid(told));
    }

    write_parties(app, &mut tx, &contract, &map, &plan, terms.starts_on).await?;
    let items: Vec<_> = plan.changes.iter().filter_map(|change: &Change| change.item.clone()).collect();
    let titles: Vec<_> = plan.changes.iter().filter_map(|change| change.title.clone()).collect();
    let prices: Vec<_> = plan.changes.iter().filter_map(|change| change.price.clone()).collect();
    // What the list says again replaces what an earlier one said: neither has been released.
    let repriced: Vec<Uuid> = prices.iter().map(|price| price.item.0).collect();
    contract_parts::remove_unreleased_prices(&mut tx, id, Some(&repriced)).await?;
    price_lists::insert_items(&mut tx, id, map.vat_rate.decimal(), &items).await?;
    price_lists::retitle_items(&mut tx, id, &titles).await?;
    contract_parts::insert_prices(&mut tx, id, &prices, terms.starts_on, actor.person).await?;
    contract_drafts::touch(&mut tx, id).await?;
    let file = HEXLOWER.encode(&sha256(csv.as_bytes()));
    log(app, &mut tx, actor, id, "price_list_recorded", &json!({ "file": file, "rows": report.rows }), now).await?;
    tx.commit().await?;
    report.written = true;
    Ok(report)
}
