//! Import a price list into a contract: recorded by one person, released by another, all or nothing.
//!
//! In a draft a row becomes an item of its supplier's lot with a dated fixed price; an item that is there
//! gets a new version of its price if the amount differs. Both persons and the file's hash stand in the
//! contract's log. A contract in force gets no new items this way (§ 132 GWB): its list is a proposal that
//! the second person releases with the rest of its price versions (`change_prices.rs`).

use std::collections::{BTreeMap, BTreeSet};

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::sha256;
use abruf_domain::facts::Price;
use abruf_domain::ids::{ContractId, ItemId, PersonId};
use abruf_domain::notation::Language;
use chrono::NaiveDate;
use data_encoding::HEXLOWER;

use crate::actions::ActionError;
use crate::actions::change_prices::{self, PriceChange, Wish};
use crate::actions::import::cells::RowError;
use crate::actions::import::price_map::PriceMap;
use crate::actions::import::price_plan::{Change, Dates, Known, Plan, plan};
use crate::actions::import::price_rows::{PriceRow, PriceRows, read_rows};
use crate::actions::import::table::Table;
use crate::actions::import::{CHUNK, ImportError, Progress, Report};
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::contracts::{self, Contract};
use crate::storage::price_lists::{self, Release};
use crate::storage::{StorageError, Tx, people};

/// States in which a contract has been activated: a second person releases each change of its prices.
const IN_FORCE: [&str; 2] = ["active", "suspended"];

/// States in which a contract still gets prices.
const OPEN: [&str; 7] = ["draft", "demand_survey", "resolution", "tender", "award", "active", "suspended"];

/// Which list goes where, and who answers for it.
#[derive(Debug, Clone, Copy)]
pub struct PriceList<'a> {
    /// The file.
    pub bytes: &'a [u8],
    /// How to read it.
    pub map: &'a PriceMap,
    /// Number of the contract.
    pub contract: &'a str,
    /// Mail address of who recorded the prices.
    pub recorded_by: &'a str,
    /// Mail address of who released them; none for a contract in force, where they do so later.
    pub released_by: Option<&'a str>,
    /// The document behind a proposal.
    pub document: &'a str,
    /// Why prices change by more than the contract's bound; empty where none does.
    pub reason: &'a str,
    /// First day of the prices.
    pub valid_from: NaiveDate,
    /// Look only.
    pub dry_run: bool,
}

/// Reads, compares and, unless a single row is wrong, writes.
///
/// # Errors
/// If file, contract or persons do not fit, or the database fails; nothing is written then.
pub async fn import_price_list(app: &App, list: &PriceList<'_>, progress: Progress<'_>) -> Result<Report, ImportError> {
    let table = Table::read(list.bytes, list.map.separator, &list.map.required_columns())?;
    let read = read_rows(&table, list.map);

    let mut tx = app.db.begin(RunsAs::Job).await?;
    let contract = find_contract(&mut tx, list).await?;
    if IN_FORCE.contains(&contract.status.as_str()) {
        return propose(app, tx, list, &contract, &table, read).await;
    }
    let release = release(app, &mut tx, list, &contract).await?;
    price_lists::lock(&mut tx, contract.id).await?;
    let known = known(&mut tx, &contract, &read.rows, list.valid_from).await?;
    let dates = Dates { valid_from: list.valid_from, today: app.clock.today() };
    let plan = plan(&read.rows, list.map, known, dates, &|| app.chance.id(release.released_at));

    let mut report = Report { rows: table.rows.len(), left_out: read.left_out, ..Report::default() };
    for change in &plan.changes {
        match change {
            change if change.is_nothing() => report.unchanged += 1,
            Change { item: Some(_), .. } => report.new += 1,
            _ => report.changed += 1,
        }
    }
    let errors = read.errors.into_iter().chain(plan.errors.iter().cloned()).collect();
    report.reject(&table, errors);
    if list.dry_run || report.rejected > 0 || report.new + report.changed == 0 {
        return Ok(report);
    }
    write(app, &mut tx, list, &contract, &plan, &release, progress).await.map_err(in_german)?;
    log(&mut tx, list, &contract, &release).await?;
    tx.commit().await?;
    report.written = true;
    Ok(report)
}

/// Proposes the prices that differ from those of a contract in force.
async fn propose(
    app: &App,
    mut tx: Tx,
    list: &PriceList<'_>,
    contract: &Contract,
    table: &Table,
    read: PriceRows,
) -> Result<Report, ImportError> {
    if list.released_by.is_some() {
        return Err(ImportError::Conflict(format!(
            "Vertrag {} ist in Kraft: Die zweite Person gibt die Preise unter „Neue Preise“ frei, wenn sie die Vorschau \
             gesehen hat. Bitte lassen Sie --released-by weg.",
            contract.number
        )));
    }
    let actor = acting(app, &mut tx, list.recorded_by, contract, &[Role::Office]).await?;
    let known = known(&mut tx, contract, &read.rows, list.valid_from).await?;
    let mut errors = read.errors;
    errors.extend(read.rows.iter().filter(|row| !known.items.contains_key(&row.article_number)).map(|row| RowError {
        line: row.line,
        column: list.map.columns.article_number.clone(),
        message: format!(
            "Artikel {} steht nicht im Vertrag. Ein Vertrag in Kraft bekommt durch eine Preisliste keine neuen Artikel",
            row.article_number
        ),
    }));
    let mut report = Report { rows: table.rows.len(), left_out: read.left_out, ..Report::default() };
    let mut wish = Vec::new();
    if errors.is_empty() {
        let days = Dates { valid_from: list.valid_from, today: app.clock.today() };
        let articles: BTreeMap<ItemId, String> =
            known.items.iter().map(|(article, item)| (item.id, article.clone())).collect();
        let plan = plan(&read.rows, list.map, known, days, &|| app.chance.id(app.clock.now()));
        errors.extend(plan.errors);
        for price in plan.changes.into_iter().filter_map(|change| change.price) {
            if let Some(article) = articles.get(&price.item) {
                wish.push((article.clone(), price.supplier, Price::Fixed { unit_price: price.unit_price }));
            }
        }
        report.changed = wish.len();
        report.unchanged = read.rows.len().saturating_sub(wish.len() + errors.len());
    }
    report.reject(table, errors);
    tx.rollback().await?;
    if report.rejected > 0 || wish.is_empty() {
        return Ok(report);
    }
    let change = PriceChange {
        valid_from: list.valid_from,
        wish: Wish::Listed(wish),
        document: list.document.to_owned(),
        reason: list.reason.to_owned(),
    };
    let done = match list.dry_run {
        true => change_prices::preview(app, &actor, contract.id, &change).await.map(|_| ()),
        false => change_prices::propose(app, &actor, contract.id, &change).await,
    };
    done.map_err(refused)?;
    report.written = !list.dry_run;
    report.proposed = report.written;
    Ok(report)
}

/// Why a list cannot be proposed, in the words of the page.
fn refused(error: ActionError) -> ImportError {
    match error {
        ActionError::Storage(error) => error.into(),
        ActionError::NotNow(words) => ImportError::Conflict(words),
        ActionError::Invalid(errors) => {
            let words: Vec<String> = errors.into_iter().map(|error| error.message).collect();
            ImportError::Conflict(words.join(" "))
        }
        other => ImportError::Conflict(other.to_string()),
    }
}

async fn find_contract(tx: &mut Tx, list: &PriceList<'_>) -> Result<Contract, ImportError> {
    let number = list.contract;
    let ids = price_lists::contracts_numbered(&mut *tx, number).await?;
    let id = match ids.as_slice() {
        [id] => *id,
        [] => return Err(ImportError::NotFound(format!("Es gibt keinen Vertrag mit der Nummer {number}."))),
        _ => return Err(ImportError::Conflict(format!("Die Nummer {number} haben {} Verträge.", ids.len()))),
    };
    let contract = contracts::find(&mut *tx, id).await?.ok_or_else(|| {
        ImportError::NotFound(format!(
            "Vertrag {number} ist unvollständig angelegt: ihm fehlt die Zeile für den Höchstwert."
        ))
    })?;
    if !OPEN.contains(&contract.status.as_str()) {
        return Err(ImportError::Conflict(format!("Vertrag {number} ist beendet und bekommt keine Preise mehr.")));
    }
    if contract.currency != list.map.currency {
        return Err(ImportError::Conflict(format!(
            "Vertrag {number} rechnet in {}, die Preisliste in {}. Es wird nicht umgerechnet.",
            contract.currency, list.map.currency
        )));
    }
    if contract.effective_end < list.valid_from {
        return Err(ImportError::Conflict(format!(
            "Vertrag {number} endet am {}. Preise ab {} gelten nie.",
            Language::German.date(contract.effective_end),
            Language::German.date(list.valid_from)
        )));
    }
    Ok(contract)
}

/// The two persons: both of the body's office or board, and not the same.
async fn release(app: &App, tx: &mut Tx, list: &PriceList<'_>, contract: &Contract) -> Result<Release, ImportError> {
    let Some(second) = list.released_by else {
        return Err(ImportError::NotPermitted(
            "Bitte nennen Sie mit --released-by die zweite Person, die die Preise freigibt.".to_owned(),
        ));
    };
    let recorded_by = clerk(app, &mut *tx, list.recorded_by, contract).await?;
    let released_by = clerk(app, &mut *tx, second, contract).await?;
    if recorded_by == released_by {
        return Err(four_eyes());
    }
    Ok(Release { recorded_by, released_by, released_at: app.clock.now(), valid_from: list.valid_from })
}

async fn clerk(app: &App, tx: &mut Tx, email: &str, contract: &Contract) -> Result<PersonId, ImportError> {
    Ok(acting(app, tx, email, contract, &[Role::Office, Role::Board]).await?.person)
}

/// The person of an address, acting for the contract's body in one of these roles.
async fn acting(
    app: &App,
    tx: &mut Tx,
    email: &str,
    contract: &Contract,
    roles: &[Role],
) -> Result<Actor, ImportError> {
    let email = email.trim().to_lowercase();
    let Some(account) = people::find_account(&mut *tx, &email).await? else {
        return Err(ImportError::NotFound(format!("Es gibt kein Konto mit der Adresse {email}.")));
    };
    let acts = people::assignments(&mut *tx, account.person, (app.clock.now(), app.clock.today())).await?;
    let of_house = acts.into_iter().map(|it| it.actor).find(|it| it.body == contract.body && roles.contains(&it.role));
    of_house.ok_or_else(|| {
        let house = match roles.contains(&Role::Board) {
            true => "weder zur Geschäftsstelle noch zum Vorstand",
            false => "nicht zur Geschäftsstelle",
        };
        let number = &contract.number;
        ImportError::NotPermitted(format!(
            "{email} gehört heute {house} der Einkaufsgemeinschaft von Vertrag {number}."
        ))
    })
}

pub(super) async fn known(
    tx: &mut Tx,
    contract: &Contract,
    rows: &[PriceRow],
    day: NaiveDate,
) -> Result<Known, StorageError> {
    let names: BTreeSet<&String> = rows.iter().map(|row| &row.supplier).collect();
    let names: Vec<String> = names.into_iter().cloned().collect();
    Ok(Known {
        parties: price_lists::parties(&mut *tx, contract.id).await?,
        organisations: price_lists::organisations_named(&mut *tx, contract.body, &names, day).await?,
        items: price_lists::items(&mut *tx, contract.id).await?,
    })
}

async fn write(
    app: &App,
    tx: &mut Tx,
    list: &PriceList<'_>,
    contract: &Contract,
    plan: &Plan,
    release: &Release,
    progress: Progress<'_>,
) -> Result<(), StorageError> {
    write_parties(app, tx, contract, list.map, plan, release.valid_from).await?;
    let total = plan.changes.len() as u64;
    let mut done = 0;
    for changes in plan.changes.chunks(CHUNK) {
        write_changes(&mut *tx, contract.id, list.map, changes, release).await?;
        done += changes.len() as u64;
        progress(done, total);
    }
    Ok(())
}

/// Suppliers, lots and parties that the list brings along.
pub(super) async fn write_parties(
    app: &App,
    tx: &mut Tx,
    contract: &Contract,
    map: &PriceMap,
    plan: &Plan,
    valid_from: NaiveDate,
) -> Result<(), StorageError> {
    let now = app.clock.now();
    for supplier in &plan.suppliers {
        if let Some(name) = &supplier.name {
            price_lists::insert_supplier(&mut *tx, supplier.id, name, &map.supplier_region, now).await?;
        }
        let id = app.chance.id(now);
        price_lists::insert_supplier_role(&mut *tx, id, supplier.id, contract.body, valid_from, supplier.valid_to)
            .await?;
    }
    for (lot, number, title) in &plan.lots {
        price_lists::insert_lot(&mut *tx, contract.id, *lot, *number, title).await?;
    }
    for (lot, supplier) in &plan.parties {
        price_lists::insert_party(&mut *tx, contract.id, *lot, *supplier, valid_from).await?;
    }
    Ok(())
}

/// Old prices end before new ones begin: the constraint against overlaps looks at every statement.
async fn write_changes(
    tx: &mut Tx,
    contract: ContractId,
    map: &PriceMap,
    changes: &[Change],
    release: &Release,
) -> Result<(), StorageError> {
    let items: Vec<_> = changes.iter().filter_map(|change| change.item.clone()).collect();
    let titles: Vec<_> = changes.iter().filter_map(|change| change.title.clone()).collect();
    let ends: Vec<_> = changes.iter().filter_map(|change| change.ends).collect();
    let prices: Vec<_> = changes.iter().filter_map(|change| change.price.clone()).collect();
    price_lists::insert_items(&mut *tx, contract, map.vat_rate.decimal(), &items).await?;
    price_lists::retitle_items(&mut *tx, contract, &titles).await?;
    if let Some(last_day) = release.valid_from.pred_opt() {
        price_lists::close_prices(&mut *tx, contract, &ends, last_day).await?;
    }
    price_lists::insert_prices(&mut *tx, contract, &prices, release).await
}

/// One entry for each of the two, both bound to the file.
async fn log(tx: &mut Tx, list: &PriceList<'_>, contract: &Contract, release: &Release) -> Result<(), StorageError> {
    let file = HEXLOWER.encode(&sha256(list.bytes));
    for (person, action) in [(release.recorded_by, "price_list_recorded"), (release.released_by, "price_list_released")]
    {
        let mut entry =
            AuditEntry::new(release.released_at, Some(person.0), action, "framework_contract", contract.id.0);
        entry.after = Some(file.clone());
        let concerns = Concerns { body: Some(contract.body), ..Concerns::default() };
        audit_log::append_to_contract(&mut *tx, contract.id, &Record::new(entry, concerns)).await?;
    }
    Ok(())
}

fn four_eyes() -> ImportError {
    ImportError::NotPermitted(
        "Wer Preise erfasst, darf sie nicht selbst freigeben. Bitte nennen Sie mit --released-by eine zweite Person."
            .to_owned(),
    )
}

/// What the checks above explain the constraints guarantee, also against somebody who was faster.
fn in_german(error: StorageError) -> ImportError {
    match error.constraint() {
        Some("price_term_four_eyes") => four_eyes(),
        Some("price_term_no_overlap") => ImportError::Conflict(
            "Für einen Artikel gilt an diesen Tagen schon ein freigegebener Preis. Es wurde nichts übernommen."
                .to_owned(),
        ),
        _ => error.into(),
    }
}
