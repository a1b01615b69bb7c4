//! Activation: a contract, a version of its prices or a modification of it comes into force.
//!
//! Facts in, findings out, as for call-offs; what is missing is named piece by piece.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::checks;
use crate::facts::{EvbIt, Price, Regime};
use crate::finding::Finding;
use crate::ids::{OrganisationId, PersonId};
use crate::law::{Citation, Law};
use crate::money::{Net, Percent, Quantity, Volume};
use crate::period::{Period, Validity};

/// The facts of one activation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Activation {
    /// Berlin date of the activation.
    pub day: NaiveDate,
    /// Number of the contract.
    pub number: String,
    /// What comes into force.
    pub subject: Subject,
    /// The law of the contract's jurisdiction on the day.
    #[serde(default)]
    pub law: ActivationLaw,
}

/// What the law of a jurisdiction says about contracts. Without a word about it, the numbers that
/// federal law has had since the rules were written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ActivationLaw {
    /// Longest term in years without a reason, VgV (§ 21 (6) VgV).
    pub longest_term_vgv: u32,
    /// Longest term in years without a reason, UVgO (§ 15 (4) UVgO).
    pub longest_term_uvgo: u32,
    /// Contracts awarded before this day could not know that a ceiling is needed (C-23/20, 17 June 2021).
    pub ceiling_required_since: Option<NaiveDate>,
    /// What findings cite where that differs from the words of the rule book, by rule.
    pub citations: BTreeMap<String, Citation>,
}

impl Default for ActivationLaw {
    fn default() -> Self {
        Self {
            longest_term_vgv: 4,
            longest_term_uvgo: 6,
            ceiling_required_since: NaiveDate::from_ymd_opt(2021, 6, 17),
            citations: BTreeMap::new(),
        }
    }
}

impl ActivationLaw {
    /// The numbers of a jurisdiction; what they do not say stays as federal law has it.
    #[must_use]
    pub fn of(law: &Law, citations: BTreeMap<String, Citation>) -> Self {
        let usual = Self::default();
        Self {
            longest_term_vgv: law.value("longest_term_vgv_years").unwrap_or(usual.longest_term_vgv),
            longest_term_uvgo: law.value("longest_term_uvgo_years").unwrap_or(usual.longest_term_uvgo),
            ceiling_required_since: law.value("ceiling_required_since").or(usual.ceiling_required_since),
            citations,
        }
    }

    /// Longest term in years without a reason.
    #[must_use]
    pub const fn longest_term_years(&self, regime: Regime) -> u32 {
        match regime {
            Regime::Vgv => self.longest_term_vgv,
            Regime::Uvgo => self.longest_term_uvgo,
        }
    }
}

/// What comes into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A contract with its first prices.
    Contract(Box<NewContract>),
    /// A version of prices.
    Prices(Vec<PriceVersion>),
    /// A modification under § 132 GWB.
    Modification(Box<Modification>),
}

/// A contract before it becomes active.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewContract {
    /// Which procurement rules it was awarded under.
    pub regime: Regime,
    /// Date of the award.
    #[serde(default)]
    pub awarded_on: Option<NaiveDate>,
    /// Term from the first day to the last one with all options exercised.
    #[serde(default)]
    pub term_with_options: Option<Period>,
    /// Why the term is longer than the law's (BT-109), as it stands in the award file.
    #[serde(default)]
    pub term_reason: Option<TermReason>,
    /// Maximum value of the whole contract; `None`: none, or explicitly unlimited.
    #[serde(default)]
    pub maximum_value: Option<Net>,
    /// Maximum quantity of the whole contract.
    #[serde(default)]
    pub maximum_quantity: Option<Volume>,
    /// Lots.
    #[serde(default)]
    pub lots: Vec<NewLot>,
    /// Number of suppliers that are party of every lot.
    #[serde(default)]
    pub parties_of_all_lots: u32,
    /// Items of the schedule.
    #[serde(default)]
    pub items: Vec<NewItem>,
    /// Prices of the items.
    #[serde(default)]
    pub prices: Vec<PriceVersion>,
    /// Who may call off.
    #[serde(default)]
    pub entitlements: Vec<NewEntitlement>,
    /// How long its documents are kept; `None`: not chosen.
    #[serde(default)]
    pub retention_class: Option<String>,
    /// Who prepared it.
    pub prepared_by: PersonId,
    /// Who activates it.
    pub activated_by: PersonId,
}

/// Why a term is longer than usual.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermReason {
    /// The reason.
    pub text: String,
    /// Date of the document that says so; later than the award it is an afterthought.
    pub dated: NaiveDate,
}

/// A lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewLot {
    /// Its number.
    pub number: i32,
    /// Its title.
    pub title: String,
    /// Number of suppliers of this lot.
    pub parties: u32,
    /// Maximum value.
    #[serde(default)]
    pub maximum_value: Option<Net>,
    /// Maximum quantity.
    #[serde(default)]
    pub maximum_quantity: Option<Volume>,
}

/// An item of the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewItem {
    /// Its article number.
    pub article_number: String,
    /// EVB-IT contract; `None`: no IT.
    #[serde(default)]
    pub evb_it: Option<EvbIt>,
}

/// A dated price of an item with one supplier, with who entered and released it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PriceVersion {
    /// Of which article.
    pub article_number: String,
    /// Smallest quantity of the article.
    #[serde(default = "one")]
    pub min_quantity: Quantity,
    /// With whom.
    pub supplier: OrganisationId,
    /// From when to when.
    pub validity: Validity,
    /// The price.
    pub price: Price,
    /// Who entered it.
    pub recorded_by: PersonId,
    /// Who released it; `None`: nobody yet.
    #[serde(default)]
    pub released_by: Option<PersonId>,
}

fn one() -> Quantity {
    Quantity::ONE
}

/// Who may call off, with the proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewEntitlement {
    /// Name of the member, or of the category.
    pub name: String,
    /// The document that proves it; empty does not count.
    pub document: String,
    /// Whether it is a category announced in the notice.
    #[serde(default)]
    pub category: bool,
    /// The category as the notice words it; a category needs its quotation.
    #[serde(default)]
    pub wording: String,
}

/// An increase of the contract's value without a new procedure (§ 132 GWB).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Modification {
    /// On which ground.
    pub ground: ModificationGround,
    /// Value of the contract at its award.
    pub initial: Net,
    /// By how much it rises.
    pub increase: Net,
    /// Increases before this one on the ground of § 132 (3) GWB; they count together.
    #[serde(default)]
    pub earlier_minor: Vec<Net>,
    /// Whether the contract is about works.
    #[serde(default)]
    pub works: bool,
    /// Reference of the published notice (§ 132 (5) GWB); empty does not count.
    #[serde(default)]
    pub publication: String,
    /// The review clause of the contract, where it is the ground.
    #[serde(default)]
    pub clause: String,
    /// The law's limits on the day.
    pub limits: ModificationLimits,
}

/// On which ground a contract is modified without a new procedure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ModificationGround {
    /// A clear review clause or option, § 132 (2) no. 1 GWB: no percentage.
    ReviewClause,
    /// Additional services that became necessary, § 132 (2) no. 2 GWB.
    Additional,
    /// Circumstances nobody could foresee, § 132 (2) no. 3 GWB.
    Unforeseen,
    /// A minor change, § 132 (3) GWB: small and below the EU threshold.
    Minor,
}

/// Limits of § 132 GWB on a day: dated data, not constants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModificationLimits {
    /// Share of the initial value for minor changes of supplies and services: 10 %.
    pub minor: Percent,
    /// The same for works: 15 %.
    pub minor_works: Percent,
    /// Share of the initial value for each single change under (2) no. 2 and 3: 50 %.
    pub single: Percent,
    /// EU threshold that minor changes together must not exceed.
    pub eu_threshold: Net,
}

impl Activation {
    /// The contract, where one is activated.
    #[must_use]
    pub fn contract(&self) -> Option<&NewContract> {
        match &self.subject {
            Subject::Contract(contract) => Some(contract),
            Subject::Prices(_) | Subject::Modification(_) => None,
        }
    }

    /// The prices that come into force, with a contract or by themselves.
    #[must_use]
    pub fn prices(&self) -> Option<&[PriceVersion]> {
        match &self.subject {
            Subject::Contract(contract) => Some(&contract.prices),
            Subject::Prices(prices) => Some(prices),
            Subject::Modification(_) => None,
        }
    }
}

/// Judges an activation: every finding, passed ones too, in the order of the rule list.
#[must_use]
pub fn judge(activation: &Activation) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        checks::ACTIVATION.iter().flat_map(|check| check.findings_on(activation)).collect();
    for finding in &mut findings {
        finding.citation = activation.law.citations.get(&finding.rule).cloned();
    }
    findings
}
