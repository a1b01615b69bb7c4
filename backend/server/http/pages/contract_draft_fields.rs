//! The forms of the page where a draft is written, as typed, and the part of a contract each one means.

#![expect(
    clippy::disallowed_types,
    reason = "what serde derives for `flatten` names every number type; all fields are text"
)]

use abruf_domain::facts::Covers;
use abruf_domain::ids::OrganisationId;
use abruf_domain::money::{NumberError, Percent, Quantity, Volume};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::write_contract_parts::{Part, Supplier};
use crate::actions::write_item::{FirstPrice, NewItem};
use crate::http::form::Mistakes;
use crate::http::pages::item_traits::ItemTraitFields;
use crate::http::pages::price_fields::{PriceFields, read_price};
use crate::http::pages::read_amount::read_number;
use crate::http::pages::written::read_day;
use crate::storage::contract_parts::PartId;

/// Every field of the page; each form sends its own.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// Which form: lot, item, list, ceiling, entitlement, option, minimum_purchase.
    pub part: String,
    /// Number of a lot.
    pub lot_number: String,
    /// Title of a lot.
    pub lot_title: String,
    /// Name of a supplier.
    pub supplier: String,
    /// Whether an unknown one is new.
    pub supplier_new: String,
    /// Rank of a supplier.
    pub rank: String,
    /// Number of an item's lot.
    pub item_lot: String,
    /// Article number.
    pub article_number: String,
    /// Text of the schedule.
    pub item_title: String,
    /// Unit.
    pub unit: String,
    /// VAT rate.
    pub vat_rate_pct: String,
    /// Smallest quantity.
    pub min_quantity: String,
    /// Packing unit.
    pub step: String,
    /// What else there is to say of an item.
    #[serde(flatten)]
    pub traits: ItemTraitFields,
    /// Supplier of the price.
    pub price_supplier: String,
    /// Kind of the price.
    pub price_kind: String,
    /// Price, list price or cap.
    pub price: String,
    /// Discount.
    pub discount: String,
    /// Tiers.
    pub tiers: String,
    /// What counts towards a tier.
    pub counted: String,
    /// Id of the price index.
    pub index: String,
    /// Its value at the base.
    pub index_base: String,
    /// Share that never moves.
    pub fixed_share: String,
    /// Share that follows the index.
    pub variable_share: String,
    /// Moves up to this do not count.
    pub threshold: String,
    /// A price list.
    pub csv: String,
    /// How to read it.
    pub map: String,
    /// Scope of a ceiling.
    pub scope: String,
    /// Lot, article or member of a ceiling.
    pub of: String,
    /// value or quantity.
    pub measure: String,
    /// Limit.
    pub limit: String,
    /// None, said expressly.
    pub unlimited: String,
    /// A soft quota.
    pub soft: String,
    /// named or category.
    pub mode: String,
    /// Id of the named member.
    pub member: String,
    /// Legal kinds, separated by commas.
    pub kinds: String,
    /// Region.
    pub region: String,
    /// Whether members that join later are included.
    pub future: String,
    /// First day of an entitlement.
    pub valid_from: String,
    /// Last day of an entitlement.
    pub valid_to: String,
    /// Proof.
    pub document: String,
    /// Its date.
    pub document_date: String,
    /// Wording of the notice.
    pub wording: String,
    /// End of an option.
    pub new_end: String,
    /// Its deadline.
    pub notice_deadline: String,
    /// Article of a minimum purchase; empty for the whole contract.
    pub minimum_of: String,
    /// value or quantity.
    pub minimum_measure: String,
    /// What must have been called off.
    pub minimum_amount: String,
    /// By when.
    pub due_on: String,
    /// What follows otherwise.
    pub consequence: String,
    /// What the first person wants the second one to know.
    pub note: String,
    /// Version of the draft that was seen.
    pub seen: String,
}

impl Typed {
    /// What an empty page proposes.
    #[must_use]
    pub fn proposed(next_lot: usize) -> Self {
        let own = |text: &str| text.to_owned();
        Self {
            lot_number: next_lot.to_string(),
            rank: own("1"),
            item_lot: own("1"),
            unit: own("Stück"),
            vat_rate_pct: own("19"),
            min_quantity: own("1"),
            step: own("1"),
            region: own("DE-ST"),
            map: own(EXAMPLE_MAP),
            ..Self::default()
        }
    }

    /// The part this form means, if every field can be read.
    #[must_use]
    pub fn read(&self, mistakes: &mut Mistakes) -> Option<Part> {
        let part = match self.part.as_str() {
            "item" => self.item(mistakes),
            "ceiling" => self.ceiling(mistakes),
            "entitlement" => self.entitlement(mistakes),
            "option" => Some(Part::Option {
                new_end: needed_day(
                    "new_end",
                    &self.new_end,
                    "Bitte geben Sie den letzten Tag der Verlängerung ein.",
                    mistakes,
                )?,
                notice_deadline: needed_day(
                    "notice_deadline",
                    &self.notice_deadline,
                    "Bitte geben Sie den letzten Tag ein, an dem die Option ausgeübt werden kann.",
                    mistakes,
                )?,
            }),
            "minimum_purchase" => self.minimum_purchase(mistakes),
            _ => self.lot(mistakes),
        };
        part.filter(|_| mistakes.is_empty())
    }

    fn lot(&self, mistakes: &mut Mistakes) -> Option<Part> {
        let named = !self.supplier.trim().is_empty();
        let supplier = named.then(|| Supplier {
            name: self.supplier.trim().to_owned(),
            is_new: !self.supplier_new.is_empty(),
            rank: self.rank.trim().parse().unwrap_or(0),
            valid_from: None,
            valid_to: None,
        });
        let Ok(number) = self.lot_number.trim().parse() else {
            mistakes.add("lot_number", "Bitte geben Sie eine Losnummer von 1 bis 9.999 ein.");
            return None;
        };
        Some(Part::Lot { number, title: self.lot_title.trim().to_owned(), supplier })
    }

    fn item(&self, mistakes: &mut Mistakes) -> Option<Part> {
        let fields = PriceFields {
            price_kind: self.price_kind.clone(),
            price: self.price.clone(),
            discount: self.discount.clone(),
            tiers: self.tiers.clone(),
            counted: self.counted.clone(),
            index: self.index.clone(),
            index_base: self.index_base.clone(),
            fixed_share: self.fixed_share.clone(),
            variable_share: self.variable_share.clone(),
            threshold: self.threshold.clone(),
        };
        let price = match read_price(&fields) {
            Ok(price) => price,
            Err(errors) => {
                mistakes.0.extend(errors);
                None
            }
        };
        let vat_rate = number("vat_rate_pct", &self.vat_rate_pct, Percent::DECIMALS, Percent::new, mistakes);
        let min_quantity = number("min_quantity", &self.min_quantity, Quantity::DECIMALS, Quantity::new, mistakes);
        let step = number("step", &self.step, Quantity::DECIMALS, Quantity::new, mistakes);
        let Ok(lot) = self.item_lot.trim().parse() else {
            mistakes.add("item_lot", "Bitte geben Sie die Nummer eines Loses dieses Vertrags ein.");
            return None;
        };
        let Some(vat_rate_pct) = vat_rate else {
            mistakes.add("vat_rate_pct", "Bitte geben Sie den Umsatzsteuersatz ein, zum Beispiel 19.");
            return None;
        };
        let mut item = NewItem {
            lot,
            article_number: self.article_number.trim().to_owned(),
            title: self.item_title.trim().to_owned(),
            unit: self.unit.trim().to_owned(),
            cpv: String::new(),
            vat_rate_pct,
            vat_category: None,
            vat_reason: String::new(),
            vat_changes: Vec::new(),
            min_quantity,
            step,
            personal_data: false,
            accessibility: None,
            evb_it: None,
            price: price.map(|price| FirstPrice {
                supplier: self.price_supplier.trim().to_owned(),
                price,
                valid_from: None,
                valid_to: None,
                freight: None,
            }),
        };
        self.traits.read_into(&mut item, mistakes);
        Some(Part::Item(Box::new(item)))
    }

    fn ceiling(&self, mistakes: &mut Mistakes) -> Option<Part> {
        let unlimited = !self.unlimited.is_empty();
        let limit = number("limit", &self.limit, Volume::DECIMALS, Volume::new, mistakes);
        Some(Part::Ceiling {
            scope: self.scope.clone(),
            of: self.of.trim().to_owned(),
            measure: self.measure.clone(),
            limit,
            unlimited,
            hard: self.soft.is_empty(),
        })
    }

    fn minimum_purchase(&self, mistakes: &mut Mistakes) -> Option<Part> {
        let due_on = needed_day(
            "due_on",
            &self.due_on,
            "Bitte geben Sie den letzten Tag ein, an dem ein Abruf zählt.",
            mistakes,
        );
        let amount = number("minimum_amount", &self.minimum_amount, Volume::DECIMALS, Volume::new, mistakes);
        if amount.is_none() && mistakes.at("minimum_amount").is_none() {
            mistakes.add("minimum_amount", "Bitte geben Sie eine Mindestabnahme über 0 ein.");
        }
        Some(Part::MinimumPurchase {
            of: self.minimum_of.trim().to_owned(),
            measure: self.minimum_measure.clone(),
            amount: amount?,
            due_on: due_on?,
            consequence: self.consequence.trim().replace("\r\n", "\n"),
        })
    }

    fn entitlement(&self, mistakes: &mut Mistakes) -> Option<Part> {
        let covers = if self.mode == "category" {
            Covers::Category {
                kinds: self.kinds.split(',').map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned).collect(),
                region: self.region.trim().to_owned(),
                includes_future_members: !self.future.is_empty(),
            }
        } else {
            let Ok(member) = self.member.parse::<Uuid>() else {
                mistakes.add("member", "Bitte wählen Sie ein Mitglied aus der Liste.");
                return None;
            };
            Covers::Named { member: OrganisationId(member) }
        };
        let valid_to = match read_day(&self.valid_to) {
            Ok(day) => day,
            Err(message) => {
                mistakes.add("valid_to", message);
                None
            }
        };
        let valid_from = needed_day(
            "valid_from",
            &self.valid_from,
            "Bitte geben Sie den ersten Tag der Berechtigung ein.",
            mistakes,
        );
        let dated =
            needed_day("document_date", &self.document_date, "Bitte geben Sie das Datum des Belegs ein.", mistakes);
        Some(Part::Entitlement {
            covers,
            valid_from: valid_from?,
            valid_to,
            document: self.document.trim().to_owned(),
            document_date: dated?,
            wording: self.wording.trim().replace("\r\n", "\n"),
        })
    }
}

/// What the buttons that take a part back send.
#[derive(Debug, Deserialize)]
pub struct Removal {
    /// lot, party, item, ceiling, entitlement, option or minimum_purchase.
    #[serde(default)]
    part: String,
    /// Its id.
    #[serde(default)]
    id: Uuid,
    /// The lot of a supplier.
    #[serde(default)]
    lot: Uuid,
}

impl Removal {
    /// Which part; `None` if there is no such kind.
    #[must_use]
    pub fn part(&self) -> Option<PartId> {
        match self.part.as_str() {
            "lot" => Some(PartId::Lot(self.id)),
            "party" => Some(PartId::Party(self.lot, self.id)),
            "item" => Some(PartId::Item(self.id)),
            "ceiling" => Some(PartId::Ceiling(self.id)),
            "entitlement" => Some(PartId::Entitlement(self.id)),
            "option" => Some(PartId::Option(self.id)),
            "minimum_purchase" => Some(PartId::MinimumPurchase(self.id)),
            _ => None,
        }
    }
}

fn needed_day(field: &str, text: &str, missing: &str, mistakes: &mut Mistakes) -> Option<NaiveDate> {
    match read_day(text) {
        Ok(Some(day)) => Some(day),
        Ok(None) => {
            mistakes.add(field, missing);
            None
        }
        Err(message) => {
            mistakes.add(field, message);
            None
        }
    }
}

fn number<T>(
    field: &str,
    text: &str,
    decimals: u32,
    new: fn(Decimal) -> Result<T, NumberError>,
    mistakes: &mut Mistakes,
) -> Option<T> {
    let too_large = |_| "Diese Zahl ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned();
    let read = read_number(text, decimals).and_then(|number| number.map(new).transpose().map_err(too_large));
    read.map_err(|message| mistakes.add(field, message)).ok().flatten()
}

/// A mapping for a list as German spreadsheets write it.
const EXAMPLE_MAP: &str = r#"separator = ";"
decimal = ","
thousands = "."
currency = "EUR"
vat_rate = "19"
supplier_region = "DE-ST"

[columns]
article_number = "Artikelnummer"
title = "Bezeichnung"
unit = "Einheit"
price = "Preis"
supplier = "Lieferant"
"#;
