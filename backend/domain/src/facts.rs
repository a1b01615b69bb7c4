//! Everything a review may see, and nothing else: stored as canonical JSON beside its result, so
//! that any review can be replayed years later.
//!
//! Ids of the rows behind the facts travel along: a finding names what it used.

mod award;
mod baseline;
mod budget;
mod ceiling;
mod contract;
mod entitlement;
mod item;
mod member;
mod price;
mod request;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use award::{AwardCriterion, CompetitionOffer, Decline, MiniCompetition};
pub use baseline::{Baseline, BaselineKind, Per};
pub use budget::{Budget, BudgetMode, FundsConfirmation};
pub use ceiling::{Measure, Scope, ScopeState};
pub use contract::{
    CashDiscount, ContractTerms, DataProcessingAgreement, ExtensionOption, IndexValue, LastAward, LegalBasis, Lot,
    Mechanism, MinOrder, Party, Regime, StopScope, SupplyChain, Surcharge,
};
pub use entitlement::{Covers, Entitlement};
pub use item::{Accessibility, CalledOff, EvbIt, Item, ItemTraits, VatChange, VatTreatment};
pub use member::{AuthorityClass, BindingRules, CouncilLimit, InhouseEvidence, Member};
pub use price::{Counted, Price, PriceTerm, Tier};
pub use request::{Authority, DeclaredInterest, EarlierCallOff, Offer, Papers, Power, Releaser, Request, RequestLine};

use crate::ids::LotId;
use crate::law::Citation;
use crate::money::{Net, Percent, Ratio};

/// When a review takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckPoint {
    /// A request is handed over for release; also while drafting.
    Submission,
    /// A second person releases the request.
    Release,
}

impl CheckPoint {
    /// The key in the database and in JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Submission => "submission",
            Self::Release => "release",
        }
    }
}

/// The facts of one review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The instant judged; its Berlin date is the D of every rule.
    pub evaluated_at: DateTime<Utc>,
    /// When in the life of the call-off.
    pub check_point: CheckPoint,
    /// The contract's terms.
    pub contract: ContractTerms,
    /// The member whose need it is.
    pub member: Member,
    /// What is asked for.
    pub request: Request,
    /// Ceilings with their consumption, without the request's own reservation.
    pub scopes: Vec<ScopeState>,
    /// Approved baselines of the requested items, best kind first.
    pub baselines: Vec<Baseline>,
    /// Whether this member's process effect of this contract and year is already counted.
    pub process_effect_counted: bool,
    /// Dated legal and house parameters valid at D.
    pub parameters: Parameters,
}

impl Facts {
    /// Lots of the requested items, in the order of the lines; `None` stands for the whole contract,
    /// where it has no lots or none of the articles is known.
    #[must_use]
    pub fn requested_lots(&self) -> Vec<Option<LotId>> {
        let lines = self.request.lines.iter();
        let mut lots = Vec::new();
        for lot in lines.filter_map(|line| self.contract.item(&line.article_number)).map(|item| item.lot) {
            if !lots.contains(&lot) {
                lots.push(lot);
            }
        }
        if lots.is_empty() { vec![None] } else { lots }
    }
}

/// Dated parameters of law and house, each valid at D.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameters {
    /// From which share of a ceiling on a warning is given.
    pub cap_warning_ratio: Ratio,
    /// Age in months above which a baseline is stale.
    pub baseline_max_age_months: u32,
    /// Below this net order value no tender is avoided.
    pub direct_award_limit: Net,
    /// Cost of a tender by board resolution; zero without one.
    pub process_cost_flat: Net,
    /// Own effort of a call-off, taken off the flat rate.
    pub process_own_call_off_effort: Net,
    /// Days back in which own call-offs count together for order splitting.
    #[serde(default = "thirty")]
    pub split_window_days: u32,
    /// Days back in which the same order is taken for a duplicate.
    #[serde(default = "fourteen")]
    pub duplicate_window_days: u32,
    /// EU threshold for supplies and services at D in the contract's jurisdiction; `None` where the source
    /// does not say.
    #[serde(default)]
    pub eu_threshold: Option<Net>,
    /// Share of its activity above which an in-house body works for its owners, in the contract's
    /// jurisdiction; `None` where the source does not say: then the 80 % that § 108 (1) no. 2 GWB has had from the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inhouse_activity_share: Option<Percent>,
    /// What findings cite where that differs from the words of the rule book, by rule: procurement rules in
    /// the contract's jurisdiction, the others in the member's; see [`crate::law::RULES_OF_CONTRACT`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub citations: BTreeMap<String, Citation>,
}

fn thirty() -> u32 {
    30
}

fn fourteen() -> u32 {
    14
}
