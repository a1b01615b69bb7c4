//! Everything a review may see, and nothing else: stored as canonical JSON beside its result, so
//! that any review can be replayed years later.
//!
//! Ids of the rows behind the facts travel along: a finding names what it used.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{
    BaselineId, ContractId, EntitlementId, GuardId, ItemId, LotId, OrganisationId, PersonId, PriceTermId,
};
use crate::money::{Gross, Net, Percent, Quantity, Ratio, UnitPrice, Volume};
use crate::period::{Period, Validity};

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
    /// From when to when.
    pub validity: Validity,
}

/// An item with its dated prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Which.
    pub id: ItemId,
    /// Article number.
    pub article_number: String,
    /// Text of the schedule.
    pub title: String,
    /// Unit, e.g. Stück.
    pub unit: String,
    /// Its lot.
    pub lot: Option<LotId>,
    /// VAT of the item.
    pub vat: VatTreatment,
    /// Smallest quantity of a line.
    pub min_quantity: Quantity,
    /// Packing unit.
    pub step: Quantity,
    /// Released prices.
    pub prices: Vec<PriceTerm>,
}

/// VAT category and rate of a line (EN 16931).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct VatTreatment {
    /// S, Z, E, AE or O.
    pub category: String,
    /// Rate in percent.
    pub rate: Percent,
    /// Reason for E, AE and O.
    pub reason: String,
}

/// A dated price with one supplier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceTerm {
    /// Which.
    pub id: PriceTermId,
    /// With whom.
    pub supplier: OrganisationId,
    /// From when to when.
    pub validity: Validity,
    /// The price.
    pub price: Price,
}

/// How a price is formed (rules.md section 4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Price {
    /// The same for every unit.
    Fixed {
        /// Per unit.
        unit_price: UnitPrice,
    },
    /// Durchstaffel: the highest tier reached gives the price of all units of the order.
    TierAllUnitsPerOrder {
        /// Tiers, ascending.
        tiers: Vec<Tier>,
    },
    /// List price minus discount, rounded to the contract's decimals.
    ListMinus {
        /// Of the list version.
        list_price: UnitPrice,
        /// Discount.
        discount_pct: Percent,
    },
    /// Per unit and month of the performance period.
    Subscription {
        /// Per unit and month.
        unit_price_month: UnitPrice,
    },
}

/// A tier of a tiered price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// First quantity of the tier.
    pub from: Quantity,
    /// Per unit.
    pub unit_price: UnitPrice,
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
}

impl Member {
    /// The membership in force on this day.
    #[must_use]
    pub fn membership_on(&self, day: NaiveDate) -> Option<Validity> {
        self.memberships.iter().copied().find(|membership| membership.contains(day))
    }
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// From whom.
    pub supplier: OrganisationId,
    /// The supplier's name, for findings.
    pub supplier_name: String,
    /// Lines.
    pub lines: Vec<RequestLine>,
    /// Performance period; subscriptions need one.
    pub performance: Option<Period>,
    /// Reason for need and quantity.
    pub need: String,
    /// Who asks.
    pub requester: PersonId,
    /// Who releases; known at release only.
    pub releaser: Option<Releaser>,
}

/// Who releases and up to which amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Releaser {
    /// Who.
    pub person: PersonId,
    /// Release limit; `None`: unlimited.
    pub limit: Option<Gross>,
}

/// A line of the request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestLine {
    /// Position from 1.
    pub position: i32,
    /// Article number as entered.
    pub article_number: String,
    /// Quantity.
    pub quantity: Quantity,
}

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

/// A dated comparison price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Which.
    pub id: BaselineId,
    /// Of which article.
    pub article_number: String,
    /// Kind of evidence.
    pub kind: BaselineKind,
    /// Price.
    pub unit_price: UnitPrice,
    /// Per what.
    pub per: Per,
    /// Date of the evidence.
    pub dated: NaiveDate,
    /// The evidence in words.
    pub evidence: String,
}

/// Kind of evidence, best first (rules.md section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineKind {
    /// Last price paid under an earlier contract.
    PriorContract,
    /// At least two offers of the same time.
    MarketQuotes,
    /// Another public framework.
    ExternalBenchmark,
    /// A list price: the weakest.
    ListPrice,
}

/// What a baseline price is per.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Per {
    /// Per unit; not multiplied by months.
    Unit,
    /// Per unit and month.
    Month,
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
}
