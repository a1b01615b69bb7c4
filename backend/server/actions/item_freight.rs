//! Freight of an item of a contract in force. It stands with the price of each supplier, and prices are dated versions
//! that are never overwritten: a new freight is the same price from a day to come on, released by a second person.

use abruf_domain::ids::{ContractId, OrganisationId, PersonId};
use abruf_domain::money::UnitPrice;
use abruf_domain::notation::Language::German;
use chrono::{DateTime, Days, NaiveDate, Utc};

use super::{ActionError, FieldError};
use crate::app::App;
use crate::storage::Tx;
use crate::storage::contracts::Contract;
use crate::storage::item_proposals::FreightChange;
use crate::storage::price_proposals::{self, CurrentPrice, Freight, Succession};

/// What somebody wants the freight of an item to be.
#[derive(Debug, Clone)]
pub struct FreightWish {
    /// With which supplier; `None`: the only one that has a price for it.
    pub supplier: Option<OrganisationId>,
    /// First day of orders it counts for.
    pub from: NaiveDate,
    /// Net per unit; `None`: none is named any more.
    pub per_unit: Option<UnitPrice>,
}

/// The freight as a proposal holds it, beside the price it stands with.
///
/// # Errors
/// What is wrong with it, by field.
pub(super) async fn judged(
    tx: &mut Tx,
    contract: &Contract,
    article: &str,
    wish: &FreightWish,
    today: NaiveDate,
) -> Result<(FreightChange, CurrentPrice), ActionError> {
    let wrong = |field: &str, message: String| ActionError::Invalid(vec![FieldError::new(field, message)]);
    if wish.from <= today {
        let earliest = German.date(today.checked_add_days(Days::new(1)).unwrap_or(today));
        let message =
            format!("Fracht ändert sich nie rückwirkend und nie für heute. Der früheste erste Tag ist der {earliest}.");
        return Err(wrong("freight_from", message));
    }
    if contract.effective_end < wish.from {
        let end = German.date(contract.effective_end);
        let message = format!("Der Vertrag endet am {end}. Eine Fracht danach gilt nie. Bitte prüfen Sie den Tag.");
        return Err(wrong("freight_from", message));
    }
    if wish.per_unit.is_some_and(UnitPrice::is_negative) {
        return Err(wrong("freight", "Frachtkosten sind 0 oder mehr. Bitte prüfen Sie den Betrag.".to_owned()));
    }
    let day = German.date(wish.from);
    let mut prices = price_proposals::of_article(tx, contract.id, article, wish.from).await?;
    if let Some(supplier) = wish.supplier {
        prices.retain(|price| price.supplier == supplier);
    }
    if 1 < prices.len() {
        let names: Vec<&str> = prices.iter().map(|price| price.supplier_name.as_str()).collect();
        let message = format!(
            "Artikel {article} hat am {day} Preise von {} Lieferanten: {}. Bitte wählen Sie, wessen Fracht sich ändert.",
            names.len(),
            names.join(", ")
        );
        return Err(wrong("freight_supplier", message));
    }
    let Some(price) = prices.pop() else {
        let message = format!(
            "Artikel {article} hat am {day} keinen freigegebenen Preis, zu dem eine Fracht gehören kann. Bitte prüfen Sie Tag und Lieferant."
        );
        return Err(wrong("freight_from", message));
    };
    if price.valid_from == wish.from {
        let message = format!(
            "Artikel {article} hat ab {day} schon einen freigegebenen Preis. Zwei Versionen dürfen sich nicht überschneiden. Bitte wählen Sie einen späteren ersten Tag."
        );
        return Err(wrong("freight_from", message));
    }
    if price.freight == wish.per_unit {
        let message =
            "Diese Fracht gilt schon. Bitte prüfen Sie den Betrag oder lassen Sie die Felder der Fracht leer.";
        return Err(wrong("freight", message.to_owned()));
    }
    let change = FreightChange { supplier: price.supplier, from: wish.from, per_unit: wish.per_unit };
    Ok((change, price))
}

/// The price a proposed freight stands with, as it is now; `None` if none holds on that day any more.
pub(super) async fn price_of(
    tx: &mut Tx,
    contract: ContractId,
    article: &str,
    change: &FreightChange,
) -> Result<Option<CurrentPrice>, ActionError> {
    let prices = price_proposals::of_article(tx, contract, article, change.from).await?;
    Ok(prices.into_iter().find(|price| price.supplier == change.supplier))
}

/// Who proposed and who releases, and when.
pub(super) struct Persons {
    /// The first.
    pub proposed_by: PersonId,
    /// The second.
    pub released_by: PersonId,
    /// The release.
    pub at: DateTime<Utc>,
}

/// Ends the price the day before and begins the same one with the new freight.
///
/// # Errors
/// [`ActionError::NotNow`] if the day has come, or another version begins on it.
pub(super) async fn release(
    app: &App,
    tx: &mut Tx,
    contract: ContractId,
    change: &FreightChange,
    price: Option<&CurrentPrice>,
    persons: &Persons,
) -> Result<(), ActionError> {
    let day = German.date(change.from);
    if change.from <= app.clock.today() {
        return Err(ActionError::NotNow(format!(
            "Die Fracht sollte sich ab {day} ändern. Dieser Tag ist da oder vorbei, und sie ändert sich nie rückwirkend. \
             Bitte nehmen Sie den Vorschlag zurück und schlagen Sie einen späteren Tag vor."
        )));
    }
    let Some(price) = price.filter(|price| price.valid_from != change.from) else {
        return Err(ActionError::NotNow(format!(
            "Der Preis, zu dem diese Fracht gehört, hat sich inzwischen zum {day} geändert. Bitte nehmen Sie den Vorschlag zurück."
        )));
    };
    let next = Succession {
        id: app.chance.id(persons.at),
        follows: price,
        price: &price.price,
        freight: Freight::Is(change.per_unit),
        valid_from: change.from,
        recorded_by: persons.proposed_by,
        released_by: persons.released_by,
        at: persons.at,
    };
    Ok(price_proposals::succeed(tx, contract, &next).await?)
}
