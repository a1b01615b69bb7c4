//! Dispatch: an order goes to the supplier.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::checks;
use crate::finding::Finding;

/// The facts of one dispatch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dispatch {
    /// Number of the order.
    pub number: String,
    /// Last day of the contract, options exercised in time included.
    pub effective_end: NaiveDate,
    /// When the order was released.
    pub released_at: DateTime<Utc>,
    /// When it was sent.
    pub sent_at: DateTime<Utc>,
    /// When the supplier received it, where that is known.
    #[serde(default)]
    pub received_at: Option<DateTime<Utc>>,
}

/// Judges a dispatch: every finding, passed ones too.
#[must_use]
pub fn judge(dispatch: &Dispatch) -> Vec<Finding> {
    checks::DISPATCH.iter().flat_map(|check| check.findings_on(dispatch)).collect()
}
