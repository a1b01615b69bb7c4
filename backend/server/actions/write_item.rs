//! Write an item of a draft: what it is called, how it is taxed, what the law asks of it, its first price.

use abruf_domain::facts::{Accessibility, EvbIt, ItemTraits, Price, VatChange, VatTreatment};
use abruf_domain::ids::{ItemId, LotId, OrganisationId};
use abruf_domain::money::{Percent, Quantity, UnitPrice};
use abruf_domain::price_change;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::write_contract_parts::{Writing, in_order, text, wrong};
use super::{ActionError, FieldError};
use crate::storage::contract_parts::{self, UnreleasedPrice};
use crate::storage::master_data::contracts;

/// VAT categories of an item (EN 16931); those after the first two need a reason.
pub const VAT_CATEGORIES: &[&str] = &["S", "Z", "E", "AE", "O"];

/// An item, as the office enters it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewItem {
    /// Number of its lot.
    pub lot: i32,
    /// Article number, unique in the contract.
    pub article_number: String,
    /// Text of the schedule.
    pub title: String,
    /// Unit in German.
    pub unit: String,
    /// CPV code; empty where nobody has said.
    #[serde(default)]
    pub cpv: String,
    /// VAT rate in percent.
    pub vat_rate_pct: Percent,
    /// S, Z, E, AE or O; absent: S above 0 percent, Z at 0.
    #[serde(default)]
    pub vat_category: Option<String>,
    /// Reason for E, AE and O.
    #[serde(default)]
    pub vat_reason: String,
    /// Later treatments, by first day of supply.
    #[serde(default)]
    pub vat_changes: Vec<VatChange>,
    /// Smallest quantity of a line.
    #[serde(default)]
    pub min_quantity: Option<Quantity>,
    /// Packing unit; 0 is any quantity.
    #[serde(default)]
    pub step: Option<Quantity>,
    /// Whether it processes personal data.
    #[serde(default)]
    pub personal_data: bool,
    /// Accessibility, where it has a user interface.
    #[serde(default)]
    pub accessibility: Option<Accessibility>,
    /// EVB-IT contract, where it is an IT item.
    #[serde(default)]
    pub evb_it: Option<EvbIt>,
    /// Its first price.
    #[serde(default)]
    pub price: Option<FirstPrice>,
}

/// A first price; it is released with the contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FirstPrice {
    /// With whom; may be left out where the lot has one supplier.
    #[serde(default)]
    pub supplier: String,
    /// The price.
    pub price: Price,
    /// First day; absent: the first day of the term.
    #[serde(default)]
    pub valid_from: Option<NaiveDate>,
    /// Last day.
    #[serde(default)]
    pub valid_to: Option<NaiveDate>,
    /// Freight per unit; counts where the contract compares prices with freight.
    #[serde(default)]
    pub freight: Option<UnitPrice>,
}

impl Writing<'_> {
    /// Writes the item with its first price.
    pub(super) async fn item(&mut self, item: &NewItem) -> Result<(), ActionError> {
        let Some((lot_id, _)) = contract_parts::lot(&mut self.tx, self.contract, item.lot).await? else {
            return wrong(
                "item_lot",
                format!("Es gibt kein Los {}. Bitte legen Sie es zuerst an, oder wählen Sie ein anderes.", item.lot),
            );
        };
        text("article_number", &item.article_number, 100, "Bitte geben Sie die Artikelnummer ein.")?;
        text("item_title", &item.title, 1_000, "Bitte geben Sie die Bezeichnung der Position ein.")?;
        text("unit", &item.unit, 40, "Bitte geben Sie die Einheit ein, zum Beispiel Stück.")?;
        check_cpv(item.cpv.trim())?;
        let vat = vat_of(item);
        check_vat("vat", &vat)?;
        for change in &item.vat_changes {
            check_vat("vat_changes", &change.vat)?;
        }
        if item.vat_changes.windows(2).any(|pair| pair[1].from <= pair[0].from) {
            return wrong(
                "vat_changes",
                "Bitte ordnen Sie die Änderungen der Umsatzsteuer nach dem Tag, jeden Tag einmal.",
            );
        }
        check_accessibility(item.accessibility.as_ref())?;
        check_evb_it(item.evb_it.as_ref())?;
        let min_quantity = item.min_quantity.unwrap_or(Quantity::ONE);
        if min_quantity.is_zero() || min_quantity.is_negative() {
            return wrong("min_quantity", "Die Mindestmenge ist größer als 0. Bitte geben Sie zum Beispiel 1 ein.");
        }
        let step = item.step.unwrap_or(Quantity::ONE);
        if step.is_negative() {
            return wrong("step", "Die Verpackungseinheit ist 0 oder größer; 0 lässt jede Menge zu.");
        }
        let id = ItemId(self.app.chance.id(self.app.clock.now()));
        let row = contracts::NewItem {
            id,
            lot: lot_id,
            article_number: item.article_number.trim(),
            title: item.title.trim(),
            unit: item.unit.trim(),
            cpv: item.cpv.trim(),
            vat,
            min_quantity,
            step,
            traits: ItemTraits {
                personal_data: item.personal_data,
                accessibility: item.accessibility.clone(),
                evb_it: item.evb_it.clone(),
            },
        };
        contracts::insert_item(&mut self.tx, self.contract, &row).await?;
        for change in &item.vat_changes {
            contracts::insert_vat_change(&mut self.tx, self.contract, id, change).await?;
        }
        let Some(first) = &item.price else { return Ok(()) };
        if first.freight.is_some_and(|freight| freight.decimal().is_sign_negative()) {
            return wrong("freight", "Frachtkosten sind 0 oder mehr. Bitte prüfen Sie den Betrag.");
        }
        let faults = price_change::faults(&first.price, min_quantity);
        if !faults.is_empty() {
            let faults = faults.iter().map(|fault| FieldError::new("price", fault.german())).collect();
            return Err(ActionError::Invalid(faults));
        }
        let supplier = self.supplier_of_price(item.lot, lot_id, first.supplier.trim()).await?;
        let valid_from = first.valid_from.unwrap_or(self.terms.starts_on);
        in_order(valid_from, first.valid_to)?;
        let price = UnreleasedPrice {
            id: self.app.chance.id(self.app.clock.now()),
            item: id,
            supplier,
            price: &first.price,
            valid_from,
            valid_to: first.valid_to,
            freight: first.freight,
            recorded_by: self.actor.person,
        };
        Ok(contract_parts::insert_price(&mut self.tx, self.contract, &price).await?)
    }

    /// The supplier a first price is agreed with: the one named, or the only one of the lot.
    async fn supplier_of_price(&mut self, lot: i32, lot_id: LotId, named: &str) -> Result<OrganisationId, ActionError> {
        let suppliers = contract_parts::suppliers_of(&mut self.tx, self.contract, lot_id).await?;
        let fitting: Vec<_> = suppliers.iter().filter(|(_, name)| named.is_empty() || name == named).collect();
        match fitting[..] {
            [(supplier, _)] => Ok(*supplier),
            [] if named.is_empty() => wrong(
                "price_supplier",
                format!("Los {lot} hat noch keinen Lieferanten. Bitte tragen Sie ihn zuerst ein."),
            ),
            _ => {
                let names: Vec<&str> = suppliers.iter().map(|(_, name)| name.as_str()).collect();
                wrong(
                    "price_supplier",
                    format!("Los {lot} hat die Lieferanten {}. Bitte nennen Sie einen davon.", names.join(", ")),
                )
            }
        }
    }
}

/// None at all, or a code.
pub(super) fn check_cpv(cpv: &str) -> Result<(), ActionError> {
    if cpv.is_empty() || is_cpv(cpv) {
        return Ok(());
    }
    wrong("cpv", "Ein CPV-Code hat acht Ziffern, zum Beispiel 48000000 oder 48000000-8. Bitte prüfen Sie ihn.")
}

/// Eight digits, with or without the check digit (Regulation (EC) No 213/2008).
fn is_cpv(code: &str) -> bool {
    let (digits, check) = code.split_once('-').unwrap_or((code, "0"));
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    digits.len() == 8 && check.len() == 1 && all_digits(digits) && all_digits(check)
}

fn vat_of(item: &NewItem) -> VatTreatment {
    let usual = if item.vat_rate_pct.is_zero() { "Z" } else { "S" };
    VatTreatment {
        category: item.vat_category.clone().unwrap_or_else(|| usual.to_owned()),
        rate: item.vat_rate_pct,
        reason: item.vat_reason.trim().to_owned(),
    }
}

/// Category, rate and reason fit together, as the invoice standard wants them.
pub(super) fn check_vat(place: &str, vat: &VatTreatment) -> Result<(), ActionError> {
    let field = |own: &str| if place == "vat" { own.to_owned() } else { place.to_owned() };
    if !VAT_CATEGORIES.contains(&vat.category.as_str()) {
        let known = VAT_CATEGORIES.join(", ");
        return wrong(
            &field("vat_category"),
            format!("„{}“ ist keine Kategorie der Umsatzsteuer. Möglich sind: {known}.", vat.category),
        );
    }
    if vat.rate.is_negative() || Percent::HUNDRED <= vat.rate {
        return wrong(
            &field("vat_rate_pct"),
            "Bitte geben Sie einen Umsatzsteuersatz ab 0 und unter 100 Prozent ein, zum Beispiel 19.",
        );
    }
    if (vat.category == "S") == vat.rate.is_zero() {
        return wrong(
            &field("vat_rate_pct"),
            "Nur die Kategorie S hat einen Satz über 0. Bitte prüfen Sie Satz und Kategorie der Umsatzsteuer.",
        );
    }
    if ["E", "AE", "O"].contains(&vat.category.as_str()) && vat.reason.is_empty() {
        return wrong(
            &field("vat_reason"),
            "Diese Kategorie braucht einen Grund, zum Beispiel § 4 Nr. 21 UStG. Bitte geben Sie ihn ein.",
        );
    }
    Ok(())
}

/// What is stated or excepted has its evidence.
pub(super) fn check_accessibility(accessibility: Option<&Accessibility>) -> Result<(), ActionError> {
    match accessibility {
        Some(Accessibility::Stated { document: proof } | Accessibility::Excepted { reason: proof }) => {
            text("accessibility_evidence", proof, 500, "Bitte nennen Sie den Nachweis, oder den Grund der Ausnahme.")
        }
        Some(Accessibility::Missing) | None => Ok(()),
    }
}

/// A typed EVB-IT contract has its type.
pub(super) fn check_evb_it(evb_it: Option<&EvbIt>) -> Result<(), ActionError> {
    match evb_it {
        Some(EvbIt::Typed { kind }) => {
            text("evb_it_type", kind, 200, "Bitte nennen Sie den EVB-IT-Vertragstyp, zum Beispiel Überlassung Typ B.")
        }
        Some(EvbIt::Missing) | None => Ok(()),
    }
}
