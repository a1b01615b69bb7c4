//! The member's money as far as it keeps an account in Abruf.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::ids::PersonId;
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
    /// The treasurer's word on the money of this request; `None` where nobody has to give it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<FundsConfirmation>,
    /// The member imports its balances, and the request names no account to check.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub account_missing: bool,
}

/// The treasurer's word on the money of a request (Mittelbestätigung).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FundsConfirmation {
    /// Not given yet.
    Awaited,
    /// Given, by another person than the requester.
    Given {
        /// The treasurer.
        by: PersonId,
        /// Berlin date.
        on: NaiveDate,
        /// Up to this amount, as the member bears it.
        amount: Gross,
    },
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

impl BudgetMode {
    /// All of them, the default of a member first.
    pub const ALL: [Self; 3] = [Self::ReferenceOnly, Self::Confirmed, Self::Imported];

    /// The key in the database and in JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::ReferenceOnly => "reference_only",
            Self::Confirmed => "confirmed",
            Self::Imported => "imported",
        }
    }

    /// The mode whose [`key`](Self::key) this is.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.key() == key)
    }

    /// The words users read.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::ReferenceOnly => "nur Kontierung",
            Self::Confirmed => "Bestätigung durch die Kämmerei",
            Self::Imported => "Abgleich mit eingespielten Mitteln",
        }
    }
}
