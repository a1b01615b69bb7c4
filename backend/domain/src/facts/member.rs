//! The member whose need it is: membership, authority, evidence, house rules.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::ids::OrganisationId;
use crate::money::{Gross, Percent};
use crate::period::Validity;

/// The member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub id: OrganisationId,
    /// Name.
    pub name: String,
    /// Legal kind key, e.g. stadt.
    pub kind: String,
    /// Region, e.g. DE-ST.
    pub region: String,
    /// Memberships, by date.
    pub memberships: Vec<Validity>,
    /// Days on which its rights rest; none in facts of before, and then not written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspensions: Vec<Validity>,
    /// Class as contracting authority (§§ 99, 100 GWB), dated; `None` where the source does not say.
    #[serde(default)]
    pub authority: Option<Vec<AuthorityClass>>,
    /// In-house evidence by year; `None` where the source does not say.
    #[serde(default)]
    pub inhouse_evidence: Option<Vec<InhouseEvidence>>,
    /// Whether it deducts input VAT at D: then budgets are net.
    #[serde(default)]
    pub deducts_input_vat: bool,
    /// Amount from which its council decides; `None`: not recorded.
    #[serde(default)]
    pub council_limit: Option<CouncilLimit>,
    /// Who may bind it; `None`: not recorded.
    #[serde(default)]
    pub binding_rules: Option<BindingRules>,
    /// Whether it must route e-invoices; private-law members may have no routing id.
    #[serde(default)]
    pub routes_invoices: bool,
}

impl Member {
    /// The membership in force on this day.
    #[must_use]
    pub fn membership_on(&self, day: NaiveDate) -> Option<Validity> {
        self.memberships.iter().copied().find(|membership| membership.contains(day))
    }

    /// The suspension in force on this day: a member whose rights rest.
    #[must_use]
    pub fn suspension_on(&self, day: NaiveDate) -> Option<Validity> {
        self.suspensions.iter().copied().find(|suspension| suspension.contains(day))
    }
}

/// A dated class as contracting authority.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorityClass {
    /// E.g. `§ 99 Nr. 1 GWB`.
    pub class: String,
    /// From when to when.
    pub validity: Validity,
    /// The document.
    pub document: String,
}

/// Evidence that the body is in-house of its members, for one year (§ 108 GWB).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InhouseEvidence {
    /// The year it is for.
    pub year: i32,
    /// Control as over an own department, by organs composed of representatives of all.
    pub control: bool,
    /// Share of activity for the owners, average of three years; more than 80 % is needed.
    pub activity_share: Percent,
    /// Direct private capital in the body.
    pub private_capital: bool,
    /// Whether it was approved.
    pub approved: bool,
    /// The document.
    pub document: String,
}

/// Limit of the Hauptsatzung from which the council decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CouncilLimit {
    /// From this amount on.
    pub amount: Gross,
    /// Whether the member measures it net.
    pub net: bool,
    /// The by-law.
    pub source: String,
}

/// What the member recorded about its power to bind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindingRules {
    /// Current business (Geschäfte der laufenden Verwaltung) up to this amount.
    pub current_business: Option<Gross>,
    /// When they were recorded.
    pub recorded_on: NaiveDate,
}
