//! Who may call off.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Member;
use crate::ids::{EntitlementId, OrganisationId};
use crate::period::Validity;

/// Who may call off: an entry of the list or an announced category.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlement {
    /// Which entry.
    pub id: EntitlementId,
    /// Whom it covers.
    pub covers: Covers,
    /// From when to when.
    pub validity: Validity,
    /// Later of entry date and document date; `None` where the source carries none.
    pub proven_on: Option<NaiveDate>,
    /// The document.
    pub document: String,
    /// Modification under § 132 GWB behind a later entry.
    pub modification_reference: Option<String>,
}

/// Whom an entitlement covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Covers {
    /// One named member.
    Named {
        /// Who.
        member: OrganisationId,
    },
    /// A category announced in the notice.
    Category {
        /// Legal kinds.
        kinds: Vec<String>,
        /// Region, e.g. DE-ST.
        region: String,
        /// Whether the notice includes members that join later.
        includes_future_members: bool,
    },
}

impl Covers {
    /// Whether this member is covered, dates aside.
    #[must_use]
    pub fn covers(&self, member: &Member) -> bool {
        match self {
            Self::Named { member: named } => *named == member.id,
            Self::Category { kinds, region, .. } => kinds.contains(&member.kind) && *region == member.region,
        }
    }
}
