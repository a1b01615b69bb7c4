//! The life of a supplier order: what the body orders from the supplier after a member has ordered in-house.
//!
//! It waits from the release of the in-house order on. The body approves it by a person that neither requested
//! nor released the in-house order, or refuses it; a refusal cancels the in-house order. When the in-house order
//! is cancelled, so is this one.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::ids::PersonId;

/// Where a supplier order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for the body.
    Waiting,
    /// The body orders; only now may it be sent.
    Approved,
    /// The body does not order; the in-house order is cancelled with it.
    Refused,
    /// The in-house order was cancelled.
    Cancelled,
}

impl State {
    /// All of them, in the order of life.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Approved, Self::Refused, Self::Cancelled];

    /// The key in the database and in JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }

    /// The words users read.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::Waiting => "wartet auf die Genossenschaft",
            Self::Approved => "freigegeben",
            Self::Refused => "abgelehnt",
            Self::Cancelled => "storniert",
        }
    }

    /// Whether the way from here to `next` is legal.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Waiting, Self::Approved | Self::Refused | Self::Cancelled) | (Self::Approved, Self::Cancelled)
        )
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl FromStr for State {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|state| state.key() == text)
            .ok_or_else(|| format!("`{text}` is no state of a supplier order"))
    }
}

/// Whether this person may decide on the supplier order behind an in-house order: never whoever requested or
/// released that one (four eyes, § 3 `KomKBVO` LSA).
#[must_use]
pub fn may_decide(person: PersonId, requester: PersonId, releaser: PersonId) -> bool {
    person != requester && person != releaser
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::id;

    #[test]
    fn what_was_refused_or_cancelled_stays_so() {
        for end in [State::Refused, State::Cancelled] {
            assert!(State::ALL.iter().all(|next| !end.may_become(*next)));
        }
    }

    #[test]
    fn an_approval_is_not_taken_back_by_a_refusal() {
        assert!(!State::Approved.may_become(State::Refused));
        assert!(State::Approved.may_become(State::Cancelled));
    }

    #[test]
    fn every_state_is_read_from_its_key() {
        assert!(State::ALL.iter().all(|state| state.key().parse() == Ok(*state)));
        assert!("open".parse::<State>().is_err());
    }

    #[test]
    fn neither_requester_nor_releaser_decides() {
        assert!(may_decide(id(1), id(2), id(3)));
        assert!(!may_decide(id(2), id(2), id(3)));
        assert!(!may_decide(id(3), id(2), id(3)));
    }
}
