//! What a price list changes in a contract: a comparison of its rows with what is there. Decides without
//! writing, so that a dry run and a real one cannot differ.
//!
//! Prices are never overwritten and never retroactive: a new price ends the one before on the day
//! before it begins, and that day must not have passed. Orders of today were made with today's price.

use std::collections::BTreeMap;

use abruf_domain::ids::{ItemId, LotId, OrganisationId, PriceTermId};
use abruf_domain::money::UnitPrice;
use abruf_domain::notation::Language;
use chrono::{Days, NaiveDate};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::actions::import::cells::RowError;
use crate::actions::import::price_map::PriceMap;
use crate::actions::import::price_rows::PriceRow;
use crate::storage::price_lists::{KnownItem, KnownOrganisation, KnownPrice, NewItem, NewPrice, Party};

/// Price kind of everything a list imports: the same net price for every unit.
const FIXED: &str = "fixed";

/// What is known before the import.
#[derive(Debug)]
pub struct Known {
    /// Lots with their suppliers.
    pub parties: Vec<Party>,
    /// Organisations with names of the list.
    pub organisations: Vec<KnownOrganisation>,
    /// Items by article number.
    pub items: BTreeMap<String, KnownItem>,
}

/// The day prices begin, and the day it is.
#[derive(Debug, Clone, Copy)]
pub struct Dates {
    /// First day of the prices.
    pub valid_from: NaiveDate,
    /// Today in Berlin.
    pub today: NaiveDate,
}

/// A supplier that becomes one with this list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSupplier {
    /// Which.
    pub id: OrganisationId,
    /// The name of a new organisation; `None`: it exists in another role.
    pub name: Option<String>,
    /// Last day of the role, if a later period of it exists already.
    pub valid_to: Option<NaiveDate>,
}

/// What one row changes; nothing at all if it says what is known.
#[derive(Debug, Default)]
pub struct Change {
    /// An item that did not exist.
    pub item: Option<NewItem>,
    /// An item with another text.
    pub title: Option<(ItemId, String)>,
    /// A price that ends.
    pub ends: Option<PriceTermId>,
    /// A price that begins.
    pub price: Option<NewPrice>,
}

impl Change {
    /// Whether the row says nothing new.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.item.is_none() && self.title.is_none() && self.price.is_none()
    }
}

/// Everything to write.
#[derive(Debug, Default)]
pub struct Plan {
    /// Suppliers to insert or to give the role.
    pub suppliers: Vec<NewSupplier>,
    /// Lots to insert, with number and title.
    pub lots: Vec<(LotId, i32, String)>,
    /// Parties to insert.
    pub parties: Vec<(LotId, OrganisationId)>,
    /// One per row.
    pub changes: Vec<Change>,
    /// Rows that do not fit the contract.
    pub errors: Vec<RowError>,
}

/// Compares the rows of a list with what is known.
pub fn plan(rows: &[PriceRow], map: &PriceMap, known: Known, days: Dates, new_id: &dyn Fn() -> Uuid) -> Plan {
    let lots = lots_of(&known.parties);
    let mut planner = Planner {
        map,
        organisations: known.organisations,
        items: known.items,
        lots,
        days,
        new_id,
        plan: Plan::default(),
        by_name: BTreeMap::new(),
    };
    for row in rows {
        match planner.change(row) {
            Ok(change) => planner.plan.changes.push(change),
            Err((column, message)) => {
                planner.plan.errors.push(RowError { line: row.line, column: Some(column), message });
            }
        }
    }
    planner.plan
}

/// Column and message of a row that does not fit.
type Misfit = (String, String);

struct Lot {
    id: LotId,
    number: i32,
    title: String,
    suppliers: Vec<(OrganisationId, NaiveDate, Option<NaiveDate>)>,
}

struct Planner<'a> {
    map: &'a PriceMap,
    organisations: Vec<KnownOrganisation>,
    items: BTreeMap<String, KnownItem>,
    lots: Vec<Lot>,
    days: Dates,
    new_id: &'a dyn Fn() -> Uuid,
    plan: Plan,
    by_name: BTreeMap<String, OrganisationId>,
}

impl Planner<'_> {
    fn change(&mut self, row: &PriceRow) -> Result<Change, Misfit> {
        let supplier = self.supplier(&row.supplier)?;
        let lot = self.lot(row, supplier)?;
        let Some(item) = self.items.get(&row.article_number) else {
            let item = ItemId((self.new_id)());
            return Ok(Change {
                item: Some(NewItem {
                    id: item,
                    lot,
                    article_number: row.article_number.clone(),
                    title: row.title.clone(),
                    unit: row.unit.clone(),
                }),
                price: Some(self.price(item, supplier, 1, row.unit_price, None)),
                ..Change::default()
            });
        };
        fits(row, item, lot, self.map)?;
        let mut change =
            Change { title: (item.title != row.title).then(|| (item.id, row.title.clone())), ..Change::default() };
        let prices = item.prices.get(&supplier).map_or(&[][..], Vec::as_slice);
        match next_price(prices, row, self.days).map_err(|message| (self.map.columns.price.clone(), message))? {
            Next::Same => {}
            Next::Begins { ends, valid_to } => {
                let version = item.last_versions.get(&supplier).copied().unwrap_or_default() + 1;
                change.ends = ends;
                change.price = Some(self.price(item.id, supplier, version, row.unit_price, valid_to));
            }
        }
        Ok(change)
    }

    fn price(
        &self,
        item: ItemId,
        supplier: OrganisationId,
        version: i32,
        unit_price: UnitPrice,
        valid_to: Option<NaiveDate>,
    ) -> NewPrice {
        NewPrice { id: PriceTermId((self.new_id)()), item, supplier, version, kind: FIXED, unit_price, valid_to }
    }

    /// The organisation this name means: a supplier of the body, else another one of its house, else a new one.
    fn supplier(&mut self, name: &str) -> Result<OrganisationId, Misfit> {
        if let Some(id) = self.by_name.get(name) {
            return Ok(*id);
        }
        let mut meant: Vec<&KnownOrganisation> = self.organisations.iter().filter(|known| known.name == name).collect();
        if meant.iter().any(|known| known.is_supplier) {
            meant.retain(|known| known.is_supplier);
        }
        let id = match meant.as_slice() {
            [] => {
                let id = OrganisationId((self.new_id)());
                self.plan.suppliers.push(NewSupplier { id, name: Some(name.to_owned()), valid_to: None });
                id
            }
            [known] => {
                if !known.is_supplier {
                    let valid_to = known.supplier_again.map(day_before);
                    self.plan.suppliers.push(NewSupplier { id: known.id, name: None, valid_to });
                }
                known.id
            }
            _ => {
                let message = format!("„{name}“ heißen {} Organisationen. Erwartet: ein eindeutiger Name", meant.len());
                return Err((self.map.columns.supplier.clone(), message));
            }
        };
        self.by_name.insert(name.to_owned(), id);
        Ok(id)
    }

    /// The lot of the row, with its supplier as party on the first day of the prices.
    fn lot(&mut self, row: &PriceRow, supplier: OrganisationId) -> Result<LotId, Misfit> {
        let found = match &row.lot {
            Some(title) => self.lots.iter().position(|lot| lot.title == *title),
            None => self.lots.iter().position(|lot| lot.suppliers.iter().any(|(id, ..)| *id == supplier)),
        };
        let at = found.unwrap_or_else(|| self.open_lot(row));
        let day = self.days.valid_from;
        let on_day = |from: NaiveDate, to: Option<NaiveDate>| from <= day && to.is_none_or(|to| day <= to);
        let lot = &mut self.lots[at];
        let refuse = |message: String| Err((self.map.columns.supplier.clone(), message));
        match lot.suppliers.iter().find(|(id, ..)| *id == supplier) {
            Some((_, from, to)) if on_day(*from, *to) => {}
            Some(_) => {
                return refuse(format!(
                    "„{}“ ist am {} nicht Vertragspartner von Los {}",
                    row.supplier,
                    Language::German.date(day),
                    lot.number
                ));
            }
            None if lot.suppliers.iter().any(|(_, from, to)| on_day(*from, *to)) => {
                return refuse(format!(
                    "„{}“ ist nicht der Lieferant von Los {} „{}“. Erwartet: ein Lieferant je Los",
                    row.supplier, lot.number, lot.title
                ));
            }
            None => {
                lot.suppliers.push((supplier, day, None));
                self.plan.parties.push((lot.id, supplier));
            }
        }
        Ok(lot.id)
    }

    fn open_lot(&mut self, row: &PriceRow) -> usize {
        let number = self.lots.iter().map(|lot| lot.number).max().unwrap_or_default() + 1;
        let title = row.lot.clone().unwrap_or_else(|| row.supplier.clone());
        let id = LotId((self.new_id)());
        self.plan.lots.push((id, number, title.clone()));
        self.lots.push(Lot { id, number, title, suppliers: Vec::new() });
        self.lots.len() - 1
    }
}

/// Lot, unit and tax of an item belong to the contract; a list only brings prices and texts.
fn fits(row: &PriceRow, item: &KnownItem, lot: LotId, map: &PriceMap) -> Result<(), Misfit> {
    let article = &row.article_number;
    if item.lot != lot {
        let message = format!("Artikel {article} gehört im Vertrag zu einem anderen Los. Erwartet: derselbe Lieferant");
        return Err((map.columns.supplier.clone(), message));
    }
    if item.unit != row.unit {
        let message = format!("„{}“ ist eine andere Einheit als im Vertrag. Erwartet: {}", row.unit, item.unit);
        return Err((map.columns.unit.clone(), message));
    }
    let rate: Decimal = map.vat_rate.decimal();
    if item.vat_rate_pct != rate {
        let (is, given) = (Language::German.percent(item.vat_rate_pct.normalize()), Language::German.percent(rate));
        let message = format!("Artikel {article} hat im Vertrag {is} Umsatzsteuer. Die Zuordnung sagt {given}");
        return Err((map.columns.price.clone(), message));
    }
    Ok(())
}

/// What a row means beside the prices there are.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// This very price holds on its first day already.
    Same,
    /// A new one begins.
    Begins { ends: Option<PriceTermId>, valid_to: Option<NaiveDate> },
}

/// `prices` in the order of their days.
fn next_price(prices: &[KnownPrice], row: &PriceRow, days: Dates) -> Result<Next, String> {
    let day = days.valid_from;
    let current = prices.iter().find(|price| price.valid_from <= day && price.valid_to.is_none_or(|to| day <= to));
    let later = prices.iter().find(|price| day < price.valid_from);
    let valid_to = later.map(|price| day_before(price.valid_from));
    let article = &row.article_number;
    let Some(current) = current else {
        return Ok(Next::Begins { ends: None, valid_to });
    };
    let since = Language::German.date(current.valid_from);
    if current.kind == FIXED && current.unit_price == Some(row.unit_price) {
        Ok(Next::Same)
    } else if current.valid_from == day {
        Err(format!(
            "Artikel {article} hat ab {since} schon einen freigegebenen Preis. Erwartet: ein späterer erster Tag"
        ))
    } else if day <= days.today {
        let tomorrow = Language::German.date(days.today.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX));
        Err(format!(
            "Artikel {article} hat seit {since} einen freigegebenen Preis, der nicht rückwirkend endet. Erwartet: erster Tag frühestens {tomorrow}"
        ))
    } else {
        Ok(Next::Begins { ends: Some(current.id), valid_to })
    }
}

fn day_before(day: NaiveDate) -> NaiveDate {
    day.checked_sub_days(Days::new(1)).unwrap_or(NaiveDate::MIN)
}

fn lots_of(parties: &[Party]) -> Vec<Lot> {
    let mut lots: Vec<Lot> = Vec::new();
    for party in parties {
        if lots.last().is_none_or(|lot| lot.id != party.lot) {
            let (number, title) = (party.lot_number, party.lot_title.clone());
            lots.push(Lot { id: party.lot, number, title, suppliers: Vec::new() });
        }
        if let (Some(lot), Some(supplier), Some(from)) = (lots.last_mut(), party.supplier, party.valid_from) {
            lot.suppliers.push((supplier, from, party.valid_to));
        }
    }
    lots
}
