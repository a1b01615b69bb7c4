//! The case format as types: the keys of the golden cases and our own optional ones. An unknown key
//! is an error. Our own keys are documented in `tests/cases/README.md`.

use std::collections::BTreeMap;

use abruf_domain::facts::{BaselineKind, Per};
use abruf_domain::money::{Gross, Net, Percent, Quantity, Ratio, UnitPrice, Volume};
use chrono::{DateTime, NaiveDate, Utc};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

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
    #[expect(dead_code, reason = "of order-splitting, to come")]
    pub(super) split_window_days: u32,
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
    pub(super) from: NaiveDate,
    pub(super) to: Option<NaiveDate>,
    #[expect(dead_code, reason = "of budget-available, to come")]
    pub(super) input_vat_deductible: bool,
    /// Ours: memberships before or after this one.
    #[serde(default)]
    pub(super) further_memberships: Vec<FromTo>,
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
#[expect(dead_code, reason = "regime, run-off and cancellation belong to rules to come")]
pub(super) struct Contract {
    pub(super) number: String,
    pub(super) title: String,
    pub(super) regime: String,
    pub(super) status: String,
    pub(super) notice_date: NaiveDate,
    pub(super) start: NaiveDate,
    pub(super) end: NaiveDate,
    #[serde(default)]
    pub(super) extensions: Vec<Extension>,
    #[serde(default)]
    pub(super) runoff_allowed: bool,
    pub(super) mechanism: String,
    pub(super) direct_limit_net: Option<Net>,
    pub(super) suppliers: Vec<String>,
    pub(super) entitlement: Entitlement,
    pub(super) max_value_net: Option<Volume>,
    #[serde(default)]
    pub(super) member_quotas: BTreeMap<String, Quota>,
    pub(super) fee_pct: Percent,
    pub(super) process_central_share: Option<Net>,
    pub(super) proration: Option<String>,
    pub(super) cancellation_tier_rule: Option<String>,
    pub(super) unit_price_decimals: Option<u32>,
    pub(super) min_order: Option<MinOrder>,
    pub(super) skonto: Option<Skonto>,
    pub(super) items: BTreeMap<String, Item>,
    /// Ours: ceiling by quantity over all items.
    pub(super) max_qty: Option<Volume>,
    /// Ours: lots with their suppliers and ceilings.
    #[serde(default)]
    pub(super) lots: Vec<Lot>,
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
    #[expect(dead_code, reason = "the discount is possible; whether it was in time shows the payment")]
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
    #[expect(dead_code, reason = "of data-processing-agreement, to come")]
    pub(super) personal_data: bool,
    pub(super) max_qty: Option<Volume>,
    /// By supplier; read only where the case asks for the item, so that prices to come stay data.
    pub(super) price: BTreeMap<String, Map<String, Value>>,
    /// Ours: the number of its lot.
    pub(super) lot: Option<i32>,
}

/// The price types that are built; anything else is listed as missing.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Price {
    Fixed { unit_price: UnitPrice },
    TierAllUnitsPerOrder { tiers: Vec<(Quantity, UnitPrice)> },
    ListMinus { list_price: UnitPrice, discount_pct: Percent },
    Subscription { unit_price_month: UnitPrice },
}

impl Price {
    pub(super) const BUILT: [&str; 4] = ["fixed", "tier_all_units_per_order", "list_minus", "subscription"];
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "budget and data protection belong to rules to come")]
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
    pub(super) declines: Vec<Value>,
    pub(super) mini_competition: Option<Value>,
    pub(super) index_now: Option<String>,
    #[serde(default)]
    pub(super) prior: Prior,
    #[serde(default)]
    pub(super) baselines: BTreeMap<String, OneOrMany<Baseline>>,
    #[serde(default)]
    pub(super) contract_override: Map<String, Value>,
    /// Ours: release limit of the approver.
    pub(super) approver_limit_gross: Option<Gross>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub(super) sku: String,
    pub(super) qty: Quantity,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Prior {
    pub(super) consumed_value_net: Option<Volume>,
    pub(super) member_consumed_value_net: Option<Volume>,
    pub(super) consumed_qty: BTreeMap<String, Volume>,
    pub(super) recent_call_offs: Vec<Value>,
    pub(super) last_rotation_supplier: Option<String>,
    pub(super) process_effect_used_this_year: bool,
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

/// Keys that may stand in `expect` of a call-off; `gaps` is ours.
pub(super) const EXPECT_CALL_OFF: &[&str] = &[
    "decision",
    "findings",
    "lines",
    "surcharge_net",
    "net",
    "vat",
    "gross",
    "consumed_value_net_after",
    "remaining_value_net_after",
    "savings",
    "skonto_possible_gross",
    "contract_status_after",
    "gaps",
];

/// Keys that may stand in `expect` of a concurrency case.
pub(super) const EXPECT_CONCURRENCY: &[&str] =
    &["net_each", "released_count", "blocked_count", "blocked_findings", "final_consumed_value_net"];
