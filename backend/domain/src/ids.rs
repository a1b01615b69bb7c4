//! Identifiers: a UUID with the name of what it identifies, so that no two can be mixed up.
//!
//! They are made by the program (UUID version 7) and passed in; the domain makes none.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

id!(
    /// A purchasing body, member, supplier or audit body; one organisation may be several of them.
    OrganisationId
);
id!(
    /// A natural person with an account.
    PersonId
);
id!(
    /// What a person may do, for whom, from when to when.
    AssignmentId
);
id!(
    /// A framework contract.
    ContractId
);
id!(
    /// A lot of a framework contract.
    LotId
);
id!(
    /// An item of a lot's schedule.
    ItemId
);
id!(
    /// A dated price of an item with one supplier.
    PriceTermId
);
id!(
    /// A mini-competition among the parties of a lot.
    MiniCompetitionId
);
id!(
    /// A call-off, from draft to closed.
    CallOffId
);
id!(
    /// A stored review of a call-off.
    ReviewId
);
id!(
    /// A guard row: one ceiling scope with its consumption.
    GuardId
);
id!(
    /// A dated comparison price with its evidence.
    BaselineId
);
id!(
    /// A frozen document.
    DocumentId
);
id!(
    /// An entry of an entitlement list, or an announced category.
    EntitlementId
);
id!(
    /// A published price index that contracts refer to.
    IndexSeriesId
);
