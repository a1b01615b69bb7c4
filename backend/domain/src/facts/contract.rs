//! The terms of a framework contract as far as a request touches them.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Entitlement, Item, VatTreatment};
use crate::answer_period::AnswerPeriod;
use crate::ids::{ContractId, IndexSeriesId, LotId, OrganisationId};
use crate::money::{IndexPoints, Net, Percent};
use crate::period::{Period, Validity};

/// The terms of a framework contract, cut down to what the request touches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractTerms {
    /// Which contract.
    pub id: ContractId,
    /// Its number, e.g. RV-2025-01.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Stored status key; only `active` lets call-offs through.
    pub status: String,
    /// Date of the contract notice.
    pub notice_date: NaiveDate,
    /// Number of the contract notice.
    pub notice_reference: String,
    /// Term without options.
    pub term: Period,
    /// Options to extend it.
    pub options: Vec<ExtensionOption>,
    /// Lots.
    pub lots: Vec<Lot>,
    /// Suppliers by lot.
    pub parties: Vec<Party>,
    /// Items the request names that exist in the contract.
    pub items: Vec<Item>,
    /// Entries of the entitlement list that may concern the member.
    pub entitlements: Vec<Entitlement>,
    /// ISO 4217.
    pub currency: String,
    /// Decimals of derived unit prices.
    pub unit_price_decimals: u32,
    /// Minimum order value with its surcharge.
    pub min_order: Option<MinOrder>,
    /// Fee of the cooperative.
    pub fee_pct: Percent,
    /// Share of the central tender; `None`: no process effect for this contract.
    pub process_central_share: Option<Net>,
    /// Which procurement rules it was awarded under.
    #[serde(default)]
    pub regime: Regime,
    /// Path of the jurisdiction whose procurement law it was awarded under, e.g. `de/st`; `None` where the
    /// source does not say: then the member's stood for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jurisdiction: Option<String>,
    /// Why a member may call off without tendering; `None` where the source does not say.
    #[serde(default)]
    pub legal_basis: Option<LegalBasis>,
    /// Who orders from whom.
    #[serde(default)]
    pub supply_chain: SupplyChain,
    /// How a supplier is chosen among several.
    #[serde(default)]
    pub mechanism: Mechanism,
    /// Whether performance may end after the contract does.
    #[serde(default)]
    pub runoff_allowed: bool,
    /// Cash discount; never changes order value, ceiling or saving.
    #[serde(default)]
    pub cash_discount: Option<CashDiscount>,
    /// Framework-wide agreement on data processing.
    #[serde(default)]
    pub data_processing: Option<DataProcessingAgreement>,
    /// Published index values that price terms refer to, oldest first.
    #[serde(default)]
    pub index_values: Vec<IndexValue>,
    /// Supplier of the last award of each lot that was not cancelled (rotation).
    #[serde(default)]
    pub last_awards: Vec<LastAward>,
    /// How long a supplier of the cascade may think; `None`: silence is no decline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_period: Option<AnswerPeriod>,
    /// VAT of the in-house order where it is not that of the items: exempt (E) or outside the scope (O), with
    /// its reason. Counts through the body only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_house_vat: Option<VatTreatment>,
}

impl ContractTerms {
    /// Last day of the term, options exercised in time included (rules.md 7 and 8).
    #[must_use]
    pub fn effective_end(&self) -> NaiveDate {
        self.options
            .iter()
            .filter(|option| option.exercised_on.is_some_and(|on| on <= option.notice_deadline))
            .map(|option| option.new_end)
            .fold(self.term.to(), NaiveDate::max)
    }

    /// The item with this article number.
    #[must_use]
    pub fn item(&self, article_number: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.article_number == article_number)
    }

    /// Whether the supplier is party of the lot on this day; any lot if `lot` is `None`.
    #[must_use]
    pub fn is_party(&self, supplier: OrganisationId, lot: Option<LotId>, day: NaiveDate) -> bool {
        self.parties.iter().any(|party| {
            party.supplier == supplier
                && lot.is_none_or(|lot| party.lot.is_none_or(|own| own == lot))
                && party.validity.contains(day)
        })
    }

    /// Parties of the lot on this day, by rank.
    #[must_use]
    pub fn ranked_parties(&self, lot: Option<LotId>, day: NaiveDate) -> Vec<&Party> {
        let of_lot = |party: &&Party| lot.is_none_or(|lot| party.lot.is_none_or(|own| own == lot));
        let mut parties: Vec<&Party> =
            self.parties.iter().filter(of_lot).filter(|party| party.validity.contains(day)).collect();
        parties.sort_by_key(|party| party.rank);
        parties.dedup_by_key(|party| party.supplier);
        parties
    }

    /// "Los 2 Citrix" for findings; the contract's number where the lot is unknown.
    #[must_use]
    pub fn lot_name(&self, lot: LotId) -> String {
        self.lots
            .iter()
            .find(|candidate| candidate.id == lot)
            .map_or_else(|| self.number.clone(), |lot| format!("Los {} {}", lot.number, lot.title))
    }
}

/// An option to extend the term.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtensionOption {
    /// Last day if exercised in time.
    pub new_end: NaiveDate,
    /// Last day on which it can be exercised.
    pub notice_deadline: NaiveDate,
    /// When it was exercised.
    pub exercised_on: Option<NaiveDate>,
}

/// A lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lot {
    /// Which.
    pub id: LotId,
    /// Its number.
    pub number: i32,
    /// Its title.
    pub title: String,
}

/// A supplier of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Who.
    pub supplier: OrganisationId,
    /// Of which lot; `None`: of all.
    pub lot: Option<LotId>,
    /// From when to when; a stop (insolvency, exclusion) ends it the day before.
    pub validity: Validity,
    /// Rank among the suppliers of the lot, from 1: order of cascade and rotation, tie-breaker.
    #[serde(default = "first_rank")]
    pub rank: u32,
    /// Name, for findings.
    #[serde(default)]
    pub name: String,
    /// First day of the stop that ended it early; `None`: not stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_from: Option<NaiveDate>,
    /// How far that stop reaches, where it is narrower than all contracts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_scope: Option<StopScope>,
}

/// How far a stop of a supplier reaches that is narrower than all contracts of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopScope {
    /// One contract.
    Contract,
    /// One lot of it.
    Lot,
}

fn first_rank() -> u32 {
    1
}

/// Minimum order value and what happens below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MinOrder {
    /// Smallest sum of lines.
    pub value: Net,
    /// Surcharge below it; `None`: refused.
    pub surcharge: Option<Surcharge>,
}

/// A small-order surcharge with its own VAT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surcharge {
    /// Amount.
    pub net: Net,
    /// Its VAT rate.
    pub vat_rate: Percent,
}

/// The procurement rules of a contract.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// Vergabeverordnung: above the EU threshold.
    #[default]
    Vgv,
    /// Unterschwellenvergabeordnung: below it.
    Uvgo,
}

/// Why a member may call off without a procedure of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegalBasis {
    /// In-house award to a body under joint control (§ 108 (1), (4), (5) GWB).
    Inhouse,
    /// Central purchasing body (§ 120 (4) GWB).
    CentralPurchasingBody,
    /// Horizontal cooperation (§ 108 (6) GWB).
    HorizontalCooperation,
    /// The members tendered jointly (§ 4 VgV).
    JointProcurement,
}

/// Who orders from whom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SupplyChain {
    /// The member orders from the framework supplier and must itself be entitled.
    #[default]
    Direct,
    /// The member orders in-house from the body; the body, entitled itself, from the supplier.
    ThroughBody,
}

/// How a supplier is chosen among the parties of a lot (§ 21 (3) to (5) VgV).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Mechanism {
    /// One supplier.
    #[default]
    Single,
    /// By rank; the next one only after a documented decline.
    Cascade,
    /// In turn; a cancelled award does not move the turn.
    Rotation,
    /// The cheapest party of each item.
    BestPricePerItem {
        /// Whether a party's freight counts in the comparison.
        #[serde(default)]
        with_freight: bool,
    },
    /// A cascade up to the limit, a mini-competition above it.
    MiniCompetitionAbove {
        /// Announced limit for direct call-offs.
        direct_limit: Net,
    },
}

/// Cash discount (Skonto).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashDiscount {
    /// Of the gross amount.
    pub rate: Percent,
    /// Paid within so many days.
    pub days: u32,
}

/// Agreement under Art. 28 GDPR for the whole framework; it serves members that acceded to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataProcessingAgreement {
    /// Its reference.
    pub reference: String,
    /// Members that acceded.
    pub members: BTreeSet<OrganisationId>,
}

/// A published value of a price index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexValue {
    /// Of which series.
    pub series: IndexSeriesId,
    /// The value.
    pub value: IndexPoints,
    /// When it was published; it counts from that day on.
    pub published_on: NaiveDate,
    /// Whether a second person released it.
    pub released: bool,
}

/// Who got the last award of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastAward {
    /// The lot; `None`: the contract has no lots.
    pub lot: Option<LotId>,
    /// The supplier.
    pub supplier: OrganisationId,
}
