//! Dated comparison prices.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::ids::BaselineId;
use crate::money::UnitPrice;

/// A dated comparison price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Which.
    pub id: BaselineId,
    /// Of which article.
    pub article_number: String,
    /// Kind of evidence.
    pub kind: BaselineKind,
    /// Price.
    pub unit_price: UnitPrice,
    /// Per what.
    pub per: Per,
    /// Date of the evidence.
    pub dated: NaiveDate,
    /// The evidence in words.
    pub evidence: String,
    /// First day of orders it is compared with; `None`: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<NaiveDate>,
    /// Last day of orders it is compared with; `None`: until it is stale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<NaiveDate>,
}

impl Baseline {
    /// Whether orders of this day may be compared with it at all. How old it may be is another question.
    #[must_use]
    pub fn covers(&self, day: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// Kind of evidence, best first (rules.md section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineKind {
    /// Last price paid under an earlier contract.
    PriorContract,
    /// At least two offers of the same time.
    MarketQuotes,
    /// Another public framework.
    ExternalBenchmark,
    /// A list price: the weakest.
    ListPrice,
}

impl BaselineKind {
    /// All of them, best first.
    pub const ALL: [Self; 4] = [Self::PriorContract, Self::MarketQuotes, Self::ExternalBenchmark, Self::ListPrice];

    /// The key in the database.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::PriorContract => "prior_contract",
            Self::MarketQuotes => "market_quotes",
            Self::ExternalBenchmark => "external_benchmark",
            Self::ListPrice => "list_price",
        }
    }

    /// The kind with this key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// What a baseline price is per.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Per unit; not multiplied by months.
    Unit,
    /// Per unit and month.
    Month,
}

impl Per {
    /// The key in the database.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Month => "month",
        }
    }
}
