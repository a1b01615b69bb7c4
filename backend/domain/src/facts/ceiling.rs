//! Ceiling scopes with their consumption.

use serde::{Deserialize, Serialize};

use crate::ids::{GuardId, ItemId, LotId};
use crate::money::Volume;

/// What a ceiling scope is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The whole contract.
    Contract,
    /// One lot.
    Lot(LotId),
    /// One item.
    Item(ItemId),
    /// The member's quota.
    Member,
}

/// What a ceiling counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Net value.
    Value,
    /// Quantity.
    Quantity,
}

/// A ceiling scope with its consumption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeState {
    /// Guard row.
    pub guard: GuardId,
    /// What it is about.
    pub scope: Scope,
    /// What it counts.
    pub measure: Measure,
    /// Ceiling; `None` is explicitly unlimited.
    pub limit: Option<Volume>,
    /// Whether exceeding is refused; soft quotas need a justification.
    pub hard: bool,
    /// Released through Abruf.
    pub authorised: Volume,
    /// Recorded facts.
    pub recorded: Volume,
    /// Reserved by other requests.
    pub reserved: Volume,
    /// Recorded facts exceed the limit.
    pub breached: bool,
}

impl ScopeState {
    /// Authorised and recorded.
    #[must_use]
    pub fn consumed(&self) -> Volume {
        self.authorised + self.recorded
    }

    /// Consumed and reserved.
    #[must_use]
    pub fn taken(&self) -> Volume {
        self.consumed() + self.reserved
    }
}
