//! Items of the schedule with their VAT and dated prices.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::PriceTerm;
use crate::ids::{ItemId, LotId};
use crate::money::{Percent, Quantity};

/// An item with its dated prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Which.
    pub id: ItemId,
    /// Article number.
    pub article_number: String,
    /// Text of the schedule.
    pub title: String,
    /// Unit, e.g. Stück.
    pub unit: String,
    /// Its lot.
    pub lot: Option<LotId>,
    /// VAT of the item.
    pub vat: VatTreatment,
    /// Smallest quantity of a line.
    pub min_quantity: Quantity,
    /// Packing unit.
    pub step: Quantity,
    /// Dated prices.
    pub prices: Vec<PriceTerm>,
    /// Later VAT treatments by first day; the date of supply chooses.
    #[serde(default)]
    pub vat_changes: Vec<VatChange>,
    /// What data protection, accessibility and EVB-IT want to know.
    #[serde(default)]
    pub traits: ItemTraits,
    /// Quantities called off so far, for cumulative tiers.
    #[serde(default)]
    pub called_off: CalledOff,
}

impl Item {
    /// VAT treatment of a supply on this day.
    #[must_use]
    pub fn vat_on(&self, supply: NaiveDate) -> &VatTreatment {
        let reached = self.vat_changes.iter().filter(|change| change.from <= supply).max_by_key(|change| change.from);
        reached.map_or(&self.vat, |change| &change.vat)
    }
}

/// VAT category and rate of a line (EN 16931).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VatTreatment {
    /// S, Z, E, AE or O.
    pub category: String,
    /// Rate in percent.
    pub rate: Percent,
    /// Reason for E, AE and O.
    pub reason: String,
}

/// A VAT treatment from a day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatChange {
    /// First day of supply it counts for.
    pub from: NaiveDate,
    /// The treatment.
    pub vat: VatTreatment,
}

/// What an item is, as far as rules beside price and volume ask.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ItemTraits {
    /// It processes personal data (Art. 28 GDPR).
    pub personal_data: bool,
    /// Statement on accessibility; `None`: no user interface, or the source does not say.
    pub accessibility: Option<Accessibility>,
    /// EVB-IT contract; `None`: no IT, or the source does not say.
    pub evb_it: Option<EvbIt>,
}

/// Accessibility of an item with a user interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Accessibility {
    /// A statement of the supplier lies in the file.
    Stated {
        /// Its reference.
        document: String,
    },
    /// An exception with its reason.
    Excepted {
        /// The reason.
        reason: String,
    },
    /// Nothing yet.
    Missing,
}

/// EVB-IT contract of an IT item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum EvbIt {
    /// Of this type, e.g. `Überlassung Typ B`.
    Typed {
        /// The type.
        kind: String,
    },
    /// An IT item without a type.
    Missing,
}

/// Quantities of an item called off before this request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalledOff {
    /// By all members.
    pub by_all: Quantity,
    /// By this member.
    pub by_member: Quantity,
}
