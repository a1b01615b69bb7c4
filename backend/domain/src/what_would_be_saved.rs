//! What would a town have saved: its past purchases beside the price list of the contracts (Sparpotenzial).
//!
//! Purchases in, a judgement per line out: which item of which contract it would have been, or why none. The amounts
//! come from [`crate::pricing`]; what may be shown of them to whoever is not entitled says [`disclosure`].

pub mod disclosure;
pub mod matching;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::facts::{Facts, Item, Mechanism, Price};
use crate::ids::{ContractId, ItemId, OrganisationId};
use crate::money::{Net, Quantity};
use crate::pricing::{amount, price_of};

/// A line of what somebody has bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purchase {
    /// Line of the file, from 1.
    pub line: u64,
    /// Article number of the seller or maker; empty where the file has none.
    pub article_number: String,
    /// What it was, in words.
    pub description: String,
    /// Unit of the quantity, with the time it is for if the price has one; empty where the file has none.
    pub unit: String,
    /// How much.
    pub quantity: Quantity,
    /// Net amount paid for the line.
    pub paid: Net,
    /// ISO 4217.
    pub currency: String,
    /// When it was bought, if the file says so.
    pub bought_on: Option<NaiveDate>,
}

/// An item of a contract in force, as far as purchases are compared with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedItem {
    /// The contract.
    pub contract: ContractId,
    /// The item.
    pub item: ItemId,
    /// Article number.
    pub article_number: String,
    /// Text of the schedule.
    pub title: String,
    /// Unit.
    pub unit: String,
    /// The price is for a unit and month.
    pub by_month: bool,
    /// ISO 4217.
    pub currency: String,
}

/// How a purchase was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// By its article number.
    Article,
    /// By its words: share of the words both have in common, in whole percent.
    Description(u8),
}

/// Why a purchase was compared with nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unmatched {
    /// Neither number nor words lead to an item.
    NotListed,
    /// Items with these words exist, but more than one is as likely.
    Ambiguous,
    /// The item is there, in another unit.
    Unit,
    /// The item is there, in another currency.
    Currency,
    /// The words fit, but the file names no unit: then only an article number is sure enough.
    NoUnit,
    /// The item has no fixed price today: it needs a quote, or its price has not begun.
    NoPrice,
}

impl Unmatched {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::NotListed, Self::Ambiguous, Self::Unit, Self::Currency, Self::NoUnit, Self::NoPrice];

    /// As the database writes it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::NotListed => "not_listed",
            Self::Ambiguous => "ambiguous",
            Self::Unit => "unit",
            Self::Currency => "currency",
            Self::NoUnit => "no_unit",
            Self::NoPrice => "no_price",
        }
    }

    /// The reason with this key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.key() == key)
    }

    /// In German, with what would help.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::NotListed => "Steht in keinem Vertrag: weder Artikelnummer noch Bezeichnung passen.",
            Self::Ambiguous => "Mehrere Artikel passen gleich gut. Mit der Artikelnummer der Liste wäre es eindeutig.",
            Self::Unit => "Der Artikel steht in der Liste, aber in einer anderen Einheit.",
            Self::Currency => "Der Artikel steht in der Liste, aber in einer anderen Währung.",
            Self::NoUnit => "Die Bezeichnung passt, aber die Datei nennt keine Einheit.",
            Self::NoPrice => {
                "Der Artikel hat heute keinen festen Listenpreis, zum Beispiel weil er nach Angebot kommt."
            }
        }
    }
}

/// What the contract asks today for a quantity of an item, by the supplier a call-off would name: of the highest
/// rank that has a price, the lowest price where each item goes to the cheapest. By month where the price is.
#[must_use]
pub fn listed_amount(facts: &Facts, item: &Item, quantity: Quantity, day: NaiveDate) -> Option<Net> {
    let of = |supplier: OrganisationId| match &price_of(item, supplier, day)?.price {
        Price::Subscription { unit_price_month } => Net::of_sane_line(*unit_price_month, quantity, None),
        _ => amount(facts, item, supplier, quantity, day),
    };
    let parties = facts.contract.ranked_parties(item.lot, day);
    let mut amounts = parties.iter().filter_map(|party| of(party.supplier));
    match facts.contract.mechanism {
        Mechanism::BestPricePerItem { .. } => amounts.min(),
        _ => amounts.next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{citrix, of};

    #[test]
    fn the_amount_is_that_of_the_list_and_by_month_where_the_price_is() {
        let facts = citrix();
        let day = of("2026-01-19");
        let amount_of = |article: &str, quantity: &str| {
            listed_amount(&facts, facts.contract.item(article).expect("an item"), of(quantity), day)
        };
        assert_eq!(amount_of("CTX-TRN", "2"), Some(of("2360.00")));
        assert_eq!(amount_of("CTX-UNI", "10"), Some(of("118.50")));
        let item = facts.contract.item("CTX-TRN").expect("an item");
        assert_eq!(listed_amount(&facts, item, of("2"), of("2024-01-19")), None, "no price and no supplier yet");
    }

    #[test]
    fn reasons_are_found_by_their_key() {
        for reason in Unmatched::ALL {
            assert_eq!(Unmatched::from_key(reason.key()), Some(reason));
        }
    }
}
