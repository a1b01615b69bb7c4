//! The case format as types: the keys of the golden cases and our own optional ones. An unknown key
//! is an error. Our own keys are documented in `tests/cases/README.md`.

mod kinds;

use std::collections::BTreeMap;

use abruf_domain::call_off::Status;
use abruf_domain::facts::{
    Accessibility, AuthorityClass, AwardCriterion, BaselineKind, BindingRules, BudgetMode, CouncilLimit, EvbIt,
    FundsConfirmation, InhouseEvidence, LegalBasis, Offer, Papers, Per, Power, Regime, SupplyChain,
};
use abruf_domain::money::{Gross, IndexPoints, Net, Percent, Quantity, Ratio, UnitPrice, Volume};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

pub(super) use kinds::{
    Allocation, Cancellation, EXPECT_ALLOCATION, EXPECT_CALL_OFF, EXPECT_CANCELLATION, EXPECT_CONCURRENCY,
    EXPECT_FINDINGS, EXPECT_INVOICE_CHECK, EXPECT_RETENTION, InvoiceCheck, MinorIncreases, Retention, Term,
};

/// A file: fixtures and cases. Contracts stay plain JSON until a case has put its override over them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    #[expect(dead_code, reason = "for readers of the file")]
    pub(super) meta: Value,
    /// Ours: a sibling file whose config, members and contracts are taken over.
    pub(super) fixtures: Option<String>,
    pub(super) config: Option<Config>,
    #[serde(default)]
    pub(super) members: BTreeMap<String, Member>,
    #[serde(default)]
    pub(super) contracts: BTreeMap<String, Map<String, Value>>,
    /// Parsed one by one, so that a broken case does not hide the others.
    pub(super) cases: Vec<Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    pub(super) timezone: String,
    pub(super) currency: String,
    #[expect(dead_code, reason = "for readers of the file")]
    pub(super) rounding: String,
    pub(super) cap_warning_ratio: Ratio,
    pub(super) split_window_days: u32,
    /// Ours: days of duplicate-call-off, 14 without.
    pub(super) duplicate_window_days: Option<u32>,
    /// Ours: EU threshold at the dates of the file.
    pub(super) eu_threshold_net: Option<Net>,
    pub(super) baseline_max_age_months: u32,
    pub(super) direct_award_limit_net: Net,
    pub(super) process_cost_flat: Net,
    pub(super) process_own_calloff_effort: Net,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) region: String,
    /// Ours: without it the member was never admitted.
    pub(super) from: Option<NaiveDate>,
    pub(super) to: Option<NaiveDate>,
    pub(super) input_vat_deductible: bool,
    /// Ours: it deducts from this day on, whatever the plain key says.
    pub(super) input_vat_deductible_from: Option<NaiveDate>,
    /// Ours: classes as contracting authority.
    pub(super) authority: Option<Vec<AuthorityClass>>,
    /// Ours: in-house evidence by year.
    pub(super) inhouse_evidence: Option<Vec<InhouseEvidence>>,
    /// Ours: from where on the council decides.
    pub(super) council_limit: Option<CouncilLimit>,
    /// Ours: who may bind it.
    pub(super) binding_rules: Option<BindingRules>,
    /// Ours: whether it routes e-invoices.
    #[serde(default)]
    pub(super) routes_invoices: bool,
    /// Ours: path of its law pack; the numbers and citations of the shipped pack go over the config.
    pub(super) law: Option<String>,
    /// Ours: memberships before or after this one.
    #[serde(default)]
    pub(super) further_memberships: Vec<FromTo>,
    /// Ours: days on which its rights rest.
    #[serde(default)]
    pub(super) suspensions: Vec<FromTo>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FromTo {
    pub(super) from: NaiveDate,
    pub(super) to: Option<NaiveDate>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) title: String,
    pub(super) input: Value,
    pub(super) expect: Value,
    #[serde(default)]
    #[expect(dead_code, reason = "for readers of the file")]
    pub(super) why: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contract {
    pub(super) number: String,
    pub(super) title: String,
    pub(super) regime: Regime,
    pub(super) status: String,
    pub(super) notice_date: NaiveDate,
    pub(super) start: NaiveDate,
    pub(super) end: NaiveDate,
    #[serde(default)]
    pub(super) extensions: Vec<Extension>,
    #[serde(default)]
    pub(super) runoff_allowed: bool,
    pub(super) mechanism: Mechanism,
    pub(super) direct_limit_net: Option<Net>,
    pub(super) suppliers: Vec<String>,
    pub(super) entitlement: Entitlement,
    pub(super) max_value_net: Option<Volume>,
    #[serde(default)]
    pub(super) member_quotas: BTreeMap<String, Quota>,
    pub(super) fee_pct: Percent,
    pub(super) process_central_share: Option<Net>,
    #[serde(default)]
    #[expect(dead_code, reason = "a value other than the one known way is an error of the file")]
    pub(super) proration: Proration,
    #[serde(default)]
    pub(super) cancellation_tier_rule: CancellationTierRule,
    pub(super) unit_price_decimals: Option<u32>,
    pub(super) min_order: Option<MinOrder>,
    pub(super) skonto: Option<Skonto>,
    pub(super) items: BTreeMap<String, Item>,
    /// Ours: why members need not tender.
    pub(super) legal_basis: Option<LegalBasis>,
    /// Ours: who orders from whom.
    #[serde(default)]
    pub(super) supply_chain: SupplyChain,
    /// Ours: VAT of the in-house order where it is not that of the items.
    pub(super) in_house_vat: Option<InHouseVat>,
    /// Ours: freight counts in the comparison of best prices.
    #[serde(default)]
    pub(super) compare_with_freight: bool,
    /// Ours: agreement on data processing for the whole framework.
    pub(super) framework_avv: Option<FrameworkAgreement>,
    /// Ours: suppliers stopped from a day on (insolvency, exclusion).
    #[serde(default)]
    pub(super) supplier_stops: BTreeMap<String, NaiveDate>,
    /// Ours: suppliers stopped from a day on for this contract alone, or for one lot of it.
    #[serde(default)]
    pub(super) narrow_stops: Vec<NarrowStop>,
    /// Ours: working days a supplier of a cascade has for its answer, by the holidays of Sachsen-Anhalt.
    pub(super) answer_period_days: Option<u32>,
    /// Ours: ceiling by quantity over all items.
    pub(super) max_qty: Option<Volume>,
    /// Ours: lots with their suppliers and ceilings.
    #[serde(default)]
    pub(super) lots: Vec<Lot>,
}

/// A stop that reaches this contract alone, or one lot of it alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NarrowStop {
    pub(super) supplier: String,
    pub(super) from: NaiveDate,
    pub(super) lot: Option<i32>,
}

/// E exempt or O outside the scope of the tax.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InHouseVat {
    pub(super) category: String,
    pub(super) reason: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Extension {
    pub(super) new_end: NaiveDate,
    pub(super) notice_deadline: NaiveDate,
    pub(super) exercised_on: Option<NaiveDate>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Entitlement {
    NamedList {
        members: Vec<String>,
        /// Ours: entries with dates and documents.
        #[serde(default)]
        entries: Vec<Entry>,
    },
    Category {
        kinds: Vec<String>,
        region: String,
        includes_future_members: bool,
    },
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) member: String,
    pub(super) from: NaiveDate,
    pub(super) to: Option<NaiveDate>,
    pub(super) proven_on: Option<NaiveDate>,
    pub(super) document: String,
    pub(super) modification: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Quota {
    pub(super) value_net: Volume,
    pub(super) mode: QuotaMode,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum QuotaMode {
    Hard,
    Soft,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MinOrder {
    pub(super) value_net: Net,
    pub(super) surcharge_net: Option<Net>,
    pub(super) surcharge_vat: Option<Percent>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Skonto {
    pub(super) pct: Percent,
    pub(super) days: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lot {
    pub(super) number: i32,
    pub(super) title: String,
    pub(super) suppliers: Vec<String>,
    pub(super) max_value_net: Option<Volume>,
    pub(super) max_qty: Option<Volume>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Item {
    pub(super) text: String,
    pub(super) unit: String,
    pub(super) vat: Percent,
    pub(super) min_qty: Quantity,
    pub(super) step: Quantity,
    pub(super) personal_data: bool,
    pub(super) max_qty: Option<Volume>,
    /// By supplier.
    pub(super) price: BTreeMap<String, Map<String, Value>>,
    /// Ours: the number of its lot.
    pub(super) lot: Option<i32>,
    /// Ours: VAT by date of supply.
    #[serde(default)]
    pub(super) vat_changes: Vec<VatChange>,
    /// Ours: accessibility of an item with a user interface.
    pub(super) accessibility: Option<Accessibility>,
    /// Ours: EVB-IT type of an IT item.
    pub(super) evb_it: Option<EvbIt>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VatChange {
    pub(super) from: NaiveDate,
    pub(super) vat: Percent,
    pub(super) category: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FrameworkAgreement {
    pub(super) reference: String,
    pub(super) members: Vec<String>,
}

/// How the supplier is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mechanism {
    Single,
    Cascade,
    Rotation,
    BestPricePerItem,
    MiniCompetitionAbove,
}

/// How a part of a month counts; there is one way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Proration {
    #[default]
    CalendarDaysOfMonth,
}

/// What a cancellation does to a tiered price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum CancellationTierRule {
    #[default]
    PriceAsOrdered,
    ReTier,
}

/// The price types.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Price {
    Fixed {
        unit_price: UnitPrice,
    },
    TierAllUnitsPerOrder {
        tiers: Vec<(Quantity, UnitPrice)>,
    },
    TierAllUnitsCumulativeMember {
        tiers: Vec<(Quantity, UnitPrice)>,
    },
    TierAllUnitsCumulativeContract {
        tiers: Vec<(Quantity, UnitPrice)>,
    },
    TierGraduatedPerOrder {
        tiers: Vec<(Quantity, UnitPrice)>,
    },
    TierGraduatedCumulativeMember {
        tiers: Vec<(Quantity, UnitPrice)>,
    },
    TierGraduatedCumulativeContract {
        tiers: Vec<(Quantity, UnitPrice)>,
    },
    ListMinus {
        list_price: UnitPrice,
        discount_pct: Percent,
    },
    Subscription {
        unit_price_month: UnitPrice,
    },
    Index {
        base_price: UnitPrice,
        fixed_share: Ratio,
        variable_share: Ratio,
        index_base: IndexPoints,
        threshold_pct: Percent,
        threshold: Threshold,
    },
    /// Ours: a free-text item.
    Quoted {
        cap: UnitPrice,
    },
}

/// When an index clause moves the price; there is one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Threshold {
    StrictlyGreater,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decline {
    pub(super) supplier: String,
    pub(super) received_at: DateTime<Utc>,
    pub(super) reason: String,
    pub(super) evidence: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RankRequest {
    pub(super) supplier: String,
    pub(super) asked_on: NaiveDate,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MiniCompetition {
    pub(super) invited: Vec<String>,
    pub(super) text_form: bool,
    pub(super) deadline_at: DateTime<Utc>,
    pub(super) opened_at: Option<DateTime<Utc>>,
    pub(super) award_criterion: AwardCriterion,
    pub(super) offers: Vec<CompetitionOffer>,
    /// Ours: criterion announced with the contract.
    pub(super) announced_criterion: Option<AwardCriterion>,
    /// Ours: who opened the offers.
    pub(super) opened_by: Option<Vec<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompetitionOffer {
    pub(super) supplier: String,
    pub(super) unit_prices: BTreeMap<String, UnitPrice>,
    /// Ours: points, where they decide.
    pub(super) points: Option<Decimal>,
    /// Ours: when it was received.
    pub(super) received_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RecentCallOff {
    pub(super) date: NaiveDate,
    pub(super) net: Net,
    pub(super) status: Status,
    /// Ours: gross value, for limits in gross.
    pub(super) gross: Option<Gross>,
    /// Ours: articles and quantities.
    #[serde(default)]
    pub(super) lines: Vec<Line>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CallOff {
    pub(super) contract: String,
    pub(super) member: String,
    pub(super) supplier: String,
    pub(super) evaluated_at: DateTime<Utc>,
    pub(super) performance: Option<FromTo>,
    pub(super) lines: Vec<Line>,
    pub(super) requester: String,
    pub(super) approver: Option<String>,
    pub(super) need_justification: Option<String>,
    pub(super) avv_reference: Option<String>,
    pub(super) budget_available: Option<Gross>,
    pub(super) budget_overrun_approval: Option<String>,
    #[serde(default)]
    pub(super) declines: Vec<Decline>,
    /// Ours: requests to suppliers of a cascade.
    #[serde(default)]
    pub(super) rank_requests: Vec<RankRequest>,
    pub(super) mini_competition: Option<MiniCompetition>,
    pub(super) index_now: Option<IndexPoints>,
    #[serde(default)]
    pub(super) prior: Prior,
    #[serde(default)]
    pub(super) baselines: BTreeMap<String, OneOrMany<Baseline>>,
    #[serde(default)]
    pub(super) contract_override: Map<String, Value>,
    /// Ours: release limit of the approver.
    pub(super) approver_limit_gross: Option<Gross>,
    /// Ours: what is recorded of the approver's power to bind the member.
    pub(super) approver_power: Option<Power>,
    /// Ours: the approver is a technical account.
    #[serde(default)]
    pub(super) approver_technical: bool,
    /// Ours: papers and references beside `avv_reference`.
    pub(super) papers: Option<Papers>,
    /// Ours: what `budget_available` does not say.
    pub(super) budget: Option<BudgetAccount>,
    /// Ours: published index values with their days, beside `index_now`.
    #[serde(default)]
    pub(super) index_values: Vec<IndexValue>,
    /// Ours: declared interests.
    #[serde(default)]
    pub(super) interests: Vec<Interest>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct BudgetAccount {
    pub(super) mode: BudgetMode,
    pub(super) account: String,
    pub(super) later_years: Option<Vec<(i32, Gross)>>,
    pub(super) provisional_until: Option<NaiveDate>,
    pub(super) confirmation: Option<FundsConfirmation>,
    pub(super) account_missing: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndexValue {
    pub(super) value: IndexPoints,
    pub(super) published_on: NaiveDate,
    #[serde(default = "yes")]
    pub(super) released: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Interest {
    pub(super) person: String,
    pub(super) supplier: String,
    pub(super) nature: String,
    pub(super) from: NaiveDate,
    pub(super) to: Option<NaiveDate>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) sku: String,
    pub(super) qty: Quantity,
    /// Ours: an offer lower than the contract's price, or of a free-text item.
    pub(super) offer: Option<Offer>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Prior {
    pub(super) consumed_value_net: Option<Volume>,
    pub(super) member_consumed_value_net: Option<Volume>,
    pub(super) consumed_qty: BTreeMap<String, Volume>,
    pub(super) recent_call_offs: Vec<RecentCallOff>,
    pub(super) last_rotation_supplier: Option<String>,
    pub(super) process_effect_used_this_year: bool,
    /// Ours: what the member itself has called off, by article.
    pub(super) member_consumed_qty: BTreeMap<String, Volume>,
    /// Ours: what happened outside, on top of the consumed value.
    pub(super) recorded_value_net: Option<Volume>,
    /// Ours: what other requests have reserved.
    pub(super) reserved_value_net: Option<Volume>,
    /// Ours: what other requests have reserved, by article.
    pub(super) reserved_qty: BTreeMap<String, Volume>,
    /// Ours: what other requests of the member have reserved.
    pub(super) member_reserved_value_net: Option<Volume>,
    /// Ours: consumption by number of the lot.
    pub(super) lot_consumed_value_net: BTreeMap<i32, Volume>,
    /// Ours: consumption by number of the lot.
    pub(super) lot_consumed_qty: BTreeMap<i32, Volume>,
    /// Ours: consumption of the contract's ceiling by quantity.
    pub(super) contract_consumed_qty: Option<Volume>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Baseline {
    pub(super) unit_price: UnitPrice,
    pub(super) per: Per,
    pub(super) kind: BaselineKind,
    pub(super) dated: NaiveDate,
    pub(super) evidence: String,
}

/// The golden files carry one baseline per article; ours may carry several, best kind first.
#[derive(Debug, Clone)]
pub(super) struct OneOrMany<T>(Vec<T>);

/// By hand: an untagged enum would only say that nothing matched, not which key is misspelt.
impl<'de, T: DeserializeOwned> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let parse = |value| serde_json::from_value(value).map_err(D::Error::custom);
        Ok(Self(match Value::deserialize(deserializer)? {
            Value::Array(many) => many.into_iter().map(parse).collect::<Result<_, _>>()?,
            one => vec![parse(one)?],
        }))
    }
}

impl<T> OneOrMany<T> {
    pub(super) fn all(&self) -> &[T] {
        &self.0
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "the mode is for readers")]
pub(super) struct Concurrency {
    pub(super) contract: String,
    pub(super) consumed_value_net: Volume,
    pub(super) call_offs: Vec<CallOff>,
    pub(super) mode: Option<String>,
}
