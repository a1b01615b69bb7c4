//! The member's money as far as it keeps an account in Abruf.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::money::Gross;

/// Money available for a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// What the member keeps.
    #[serde(default)]
    pub mode: BudgetMode,
    /// Account or product.
    #[serde(default)]
    pub account: String,
    /// Available in the year of the release; in gross, or net where input VAT is deducted.
    pub available: Gross,
    /// Available in later years, by year; `None` where the source carries no payment plan: then the
    /// whole amount counts against the year of the release.
    #[serde(default)]
    pub later_years: Option<Vec<(i32, Gross)>>,
    /// Approval of over- or unplanned spending (§ 105 KVG LSA).
    #[serde(default)]
    pub overrun_approval: Option<String>,
    /// The budget is provisional until this day (§ 104 KVG LSA).
    #[serde(default)]
    pub provisional_until: Option<NaiveDate>,
}

/// What a member keeps of its budget in Abruf.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BudgetMode {
    /// A reference on the request, no amounts: nothing to check.
    ReferenceOnly,
    /// The treasurer confirms the money of each request.
    #[default]
    Confirmed,
    /// Balances imported from the accounting system.
    Imported,
}
