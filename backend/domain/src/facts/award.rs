//! How the supplier was found: declines of a cascade, mini-competitions.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::{OrganisationId, PersonId};
use crate::money::UnitPrice;

/// A supplier of a cascade that passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// Who.
    pub supplier: OrganisationId,
    /// When it was received, or when the answer period ended in silence.
    pub received_at: DateTime<Utc>,
    /// Why.
    pub reason: String,
    /// The document; empty does not count.
    pub document: String,
}

/// A renewed competition among the parties of a lot (§ 21 (5) VgV).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MiniCompetition {
    /// Suppliers asked.
    pub invited: Vec<OrganisationId>,
    /// Asked in text form.
    pub text_form: bool,
    /// End of the time for offers.
    pub deadline_at: DateTime<Utc>,
    /// When the offers were opened.
    pub opened_at: Option<DateTime<Utc>>,
    /// Who opened them; two persons. `None` where the source does not say.
    #[serde(default)]
    pub opened_by: Option<Vec<PersonId>>,
    /// Criterion applied.
    pub criterion: AwardCriterion,
    /// Criterion announced with the contract; `None` where the source does not say.
    #[serde(default)]
    pub announced: Option<AwardCriterion>,
    /// Offers, as opened.
    pub offers: Vec<CompetitionOffer>,
}

/// By what the best offer is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AwardCriterion {
    /// The lowest price.
    Price,
    /// The highest number of points over announced criteria.
    Points,
}

/// An offer in a mini-competition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompetitionOffer {
    /// Whose.
    pub supplier: OrganisationId,
    /// Price per unit by article.
    pub unit_prices: BTreeMap<String, UnitPrice>,
    /// Points, where they decide.
    #[serde(default)]
    pub points: Option<Decimal>,
    /// When it was received; `None` where the source does not say.
    #[serde(default)]
    pub received_at: Option<DateTime<Utc>>,
}

impl MiniCompetition {
    /// The offer of this supplier.
    #[must_use]
    pub fn offer_of(&self, supplier: OrganisationId) -> Option<&CompetitionOffer> {
        self.offers.iter().find(|offer| offer.supplier == supplier)
    }
}
