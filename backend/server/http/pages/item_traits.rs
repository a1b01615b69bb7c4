//! The fields of an item beside its name and price: CPV code, VAT, accessibility, EVB-IT, freight.

use abruf_domain::facts::{Accessibility, EvbIt, VatChange, VatTreatment};
use abruf_domain::money::{Percent, UnitPrice};
use abruf_domain::notation::Language::German;
use serde::Deserialize;

use crate::actions::write_item::{NewItem, VAT_CATEGORIES};
use crate::http::form::Mistakes;
use crate::http::pages::read_amount::read_number;
use crate::http::pages::written::read_day;

/// VAT categories to choose from, with the words users read.
pub const VAT_CHOICES: &[(&str, &str)] = &[
    ("", "nach dem Satz"),
    ("S", "S: steuerpflichtig"),
    ("Z", "Z: Satz 0"),
    ("E", "E: steuerfrei, mit Grund"),
    ("AE", "AE: Steuerschuld beim Mitglied, mit Grund"),
    ("O", "O: nicht steuerbar, mit Grund"),
];

/// What can be said of accessibility.
pub const ACCESSIBILITY_CHOICES: &[(&str, &str)] = &[
    ("", "keine Bedienoberfläche"),
    ("stated", "Erklärung des Lieferanten liegt vor"),
    ("excepted", "Ausnahme mit Grund"),
    ("missing", "noch kein Nachweis"),
];

/// What can be said of EVB-IT.
pub const EVB_IT_CHOICES: &[(&str, &str)] =
    &[("", "keine IT-Leistung"), ("typed", "IT-Leistung mit Vertragstyp"), ("missing", "IT-Leistung, Typ noch offen")];

/// The fields, as typed.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct ItemTraitFields {
    /// CPV code.
    pub cpv: String,
    /// Key of [`VAT_CHOICES`].
    pub vat_category: String,
    /// Reason of the category.
    pub vat_reason: String,
    /// Later treatments, a line each: `01.01.2027: 7` or `01.01.2027: E § 4 Nr. 21 UStG`.
    pub vat_changes: String,
    /// Whether it processes personal data.
    pub personal_data: String,
    /// Key of [`ACCESSIBILITY_CHOICES`].
    pub accessibility: String,
    /// Reference of the statement, or reason of the exception.
    pub accessibility_evidence: String,
    /// Key of [`EVB_IT_CHOICES`].
    pub evb_it: String,
    /// Type of the EVB-IT contract.
    pub evb_it_type: String,
    /// Freight per unit of the first price.
    pub freight: String,
}

impl ItemTraitFields {
    /// Enters what was typed into the item; what cannot be read becomes a mistake at its field.
    pub fn read_into(&self, item: &mut NewItem, mistakes: &mut Mistakes) {
        self.cpv.trim().clone_into(&mut item.cpv);
        item.vat_category = Some(self.vat_category.clone()).filter(|category| !category.is_empty());
        self.vat_reason.trim().clone_into(&mut item.vat_reason);
        item.vat_changes = read_vat_changes(&self.vat_changes, mistakes);
        item.personal_data = !self.personal_data.is_empty();
        let evidence = self.accessibility_evidence.trim().to_owned();
        item.accessibility = match self.accessibility.as_str() {
            "stated" => Some(Accessibility::Stated { document: evidence }),
            "excepted" => Some(Accessibility::Excepted { reason: evidence }),
            "missing" => Some(Accessibility::Missing),
            _ => None,
        };
        item.evb_it = match self.evb_it.as_str() {
            "typed" => Some(EvbIt::Typed { kind: self.evb_it_type.trim().to_owned() }),
            "missing" => Some(EvbIt::Missing),
            _ => None,
        };
        let freight = read_number(&self.freight, UnitPrice::DECIMALS).map(|it| it.map(UnitPrice::new).transpose());
        match (freight, &mut item.price) {
            (Ok(Ok(None)), _) => {}
            (Ok(Ok(freight)), Some(price)) => price.freight = freight,
            (Ok(Ok(Some(_))), None) => {
                mistakes.add("freight", "Fracht gehört zu einem Preis. Bitte geben Sie auch den Preis ein.");
            }
            (Ok(Err(_)), _) => mistakes.add("freight", "Diese Zahl ist zu groß. Bitte prüfen Sie die Eingabe."),
            (Err(message), _) => mistakes.add("freight", message),
        }
    }
}

/// Treatments, one per line; a line that cannot be read is named.
fn read_vat_changes(text: &str, mistakes: &mut Mistakes) -> Vec<VatChange> {
    let mut changes = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        match read_vat_change(line) {
            Some(change) => changes.push(change),
            None => mistakes.add(
                "vat_changes",
                format!(
                    "Zeile {}: „{}“ ist nicht lesbar. Erwartet: Tag, Doppelpunkt, Satz oder Kategorie mit Grund, zum Beispiel 01.01.2027: 7.",
                    German.number(number.into()),
                    line.trim()
                ),
            ),
        }
    }
    changes
}

fn read_vat_change(line: &str) -> Option<VatChange> {
    let (day, treatment) = line.split_once(':')?;
    let from = read_day(day.trim()).ok().flatten()?;
    let (first, reason) = treatment.trim().split_once(' ').unwrap_or((treatment.trim(), ""));
    let vat = if VAT_CATEGORIES.contains(&first) {
        VatTreatment { category: first.to_owned(), rate: Percent::ZERO, reason: reason.trim().to_owned() }
    } else {
        let rate = Percent::new(read_number(treatment, Percent::DECIMALS).ok().flatten()?).ok()?;
        let category = if rate.is_zero() { "Z" } else { "S" };
        VatTreatment { category: category.to_owned(), rate, reason: String::new() }
    };
    Some(VatChange { from, vat })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_the_day_and_the_rate_or_the_category_with_its_reason() {
        let read = |line: &str| read_vat_change(line).map(|it| (it.from.to_string(), it.vat));
        let vat = |category: &str, rate: i64, reason: &str| VatTreatment {
            category: category.to_owned(),
            rate: Percent::new(rate.into()).unwrap(),
            reason: reason.to_owned(),
        };
        let day = || "2027-01-01".to_owned();
        assert_eq!(read("01.01.2027: 7"), Some((day(), vat("S", 7, ""))));
        assert_eq!(read("01.01.2027:0"), Some((day(), vat("Z", 0, ""))));
        assert_eq!(read("01.01.2027: E § 4 Nr. 21 UStG"), Some((day(), vat("E", 0, "§ 4 Nr. 21 UStG"))));
        assert_eq!(read("31.02.2027: 7"), None);
        assert_eq!(read("01.01.2027 7"), None);
        assert_eq!(read("01.01.2027: sieben"), None);
    }
}
