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

/// What a baseline price is per.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Per unit; not multiplied by months.
    Unit,
    /// Per unit and month.
    Month,
}
