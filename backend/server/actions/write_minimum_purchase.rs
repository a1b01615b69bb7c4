//! Write a minimum purchase (Mindestabnahme) into a draft.

use abruf_domain::money::Volume;
use abruf_domain::notation::Language::German;
use chrono::NaiveDate;

use super::ActionError;
use super::write_contract_parts::{Writing, text, wrong};
use crate::storage::contract_parts;
use crate::storage::minimum_purchases::{self, NewMinimumPurchase};

impl Writing<'_> {
    /// A minimum purchase of the contract or of an item.
    pub(super) async fn minimum_purchase(
        &mut self,
        of: &str,
        measure: &str,
        amount: Volume,
        due_on: NaiveDate,
        consequence: &str,
    ) -> Result<(), ActionError> {
        let (of, consequence) = (of.trim(), consequence.trim());
        let item = match of {
            "" => None,
            article => match contract_parts::item(&mut self.tx, self.contract, article).await? {
                Some((item, _)) => Some(item),
                None => {
                    let message = format!(
                        "Es gibt keine Position „{of}“. Bitte geben Sie eine Artikelnummer dieses Vertrags ein, oder nichts für den ganzen Vertrag."
                    );
                    return wrong("minimum_of", message);
                }
            },
        };
        match measure {
            "value" => {}
            "quantity" if item.is_some() => {}
            "quantity" => {
                return wrong(
                    "minimum_measure",
                    "Eine Menge gilt für eine Position. Bitte geben Sie ihre Artikelnummer ein, oder wählen Sie „Wert netto“.",
                );
            }
            other => {
                return wrong(
                    "minimum_measure",
                    format!("„{other}“ ist nicht möglich. Möglich sind: value, quantity."),
                );
            }
        }
        if amount <= Volume::ZERO {
            return wrong("minimum_amount", "Bitte geben Sie eine Mindestabnahme über 0 ein.");
        }
        if due_on < self.terms.starts_on {
            let begin = German.date(self.terms.starts_on);
            return wrong(
                "due_on",
                format!("Der Tag liegt vor dem Vertragsbeginn am {begin}. Bitte prüfen Sie das Datum."),
            );
        }
        text(
            "consequence",
            consequence,
            1_000,
            "Bitte schreiben Sie, was sonst geschieht, zum Beispiel eine Ausgleichszahlung.",
        )?;
        let id = self.app.chance.id(self.app.clock.now());
        let new = NewMinimumPurchase { id, item, measure, amount, due_on, consequence };
        Ok(minimum_purchases::put(&mut self.tx, self.contract, &new).await?)
    }
}
