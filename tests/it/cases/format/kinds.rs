//! What the kinds beside a call-off take, and the keys each kind may expect.

use std::collections::BTreeMap;

use abruf_domain::facts::Regime;
use abruf_domain::money::{Net, Quantity, UnitPrice};
use abruf_domain::period::Period;
use chrono::NaiveDate;
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancellation {
    pub(crate) base_case: String,
    pub(crate) cancel: Vec<CancelledLine>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelledLine {
    pub(crate) sku: String,
    pub(crate) qty: Quantity,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvoiceCheck {
    pub(crate) contract: String,
    pub(crate) supplier: String,
    pub(crate) sku: String,
    /// Invoiced; ordered too, unless `ordered_qty` says otherwise.
    pub(crate) qty: Quantity,
    pub(crate) order_unit_price: UnitPrice,
    pub(crate) invoice_unit_price: UnitPrice,
    /// Ours: quantity ordered.
    pub(crate) ordered_qty: Option<Quantity>,
    /// Ours: quantity delivered.
    pub(crate) delivered_qty: Option<Quantity>,
    /// Ours: the net sum the invoice prints.
    pub(crate) stated_net: Option<Net>,
    /// Ours: period of a subscription.
    pub(crate) performance: Option<Period>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Allocation {
    pub(crate) bonus: Net,
    pub(crate) turnover_net: BTreeMap<String, Net>,
    pub(crate) second: Option<Box<SecondAllocation>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecondAllocation {
    pub(crate) bonus: Net,
    pub(crate) turnover_net: BTreeMap<String, Net>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retention {
    pub(crate) award_date: NaiveDate,
    pub(crate) contract_end: NaiveDate,
    pub(crate) cooperative_voucher_created: NaiveDate,
    pub(crate) cooperative_letter_created: NaiveDate,
    pub(crate) member_annual_accounts_resolved_on: NaiveDate,
    /// Ours: path of the law pack, `de/st` without.
    pub(crate) law: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Term {
    pub(crate) regime: Regime,
    pub(crate) start: NaiveDate,
    /// With all options.
    pub(crate) end: NaiveDate,
    /// Ours: date of the award.
    pub(crate) awarded_on: Option<NaiveDate>,
    /// Ours: reason for a longer term.
    pub(crate) reason: Option<String>,
    /// Ours: date of that reason.
    pub(crate) reason_dated: Option<NaiveDate>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MinorIncreases {
    pub(crate) initial: Net,
    pub(crate) increases: Vec<Net>,
    /// Ours: a contract about works.
    #[serde(default)]
    pub(crate) works: bool,
    /// Ours: another threshold than that of 2026/27.
    pub(crate) eu_threshold: Option<Net>,
}

/// Keys that may stand in `expect` of a call-off; `gaps` is ours.
pub(crate) const EXPECT_CALL_OFF: &[&str] = &[
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
    "sources",
    "wordings",
];

/// Keys that may stand in `expect` of a concurrency case.
pub(crate) const EXPECT_CONCURRENCY: &[&str] =
    &["net_each", "released_count", "blocked_count", "blocked_findings", "final_consumed_value_net"];

/// Keys that may stand in `expect` of a cancellation; `surcharge_net` and `refused` are ours.
pub(crate) const EXPECT_CANCELLATION: &[&str] =
    &["line_net", "surcharge_net", "vat", "gross", "freed_value_net", "consumed_value_net_after", "savings", "refused"];

/// Keys that may stand in `expect` of an invoice check.
pub(crate) const EXPECT_INVOICE_CHECK: &[&str] = &["findings", "expected_net", "invoiced_net"];

/// Keys that may stand in `expect` of an allocation.
pub(crate) const EXPECT_ALLOCATION: &[&str] = &["allocation", "second"];

/// Keys that may stand in `expect` of a retention case.
pub(crate) const EXPECT_RETENTION: &[&str] = &[
    "procurement_file_until",
    "cooperative_voucher_until",
    "cooperative_letter_until",
    "member_voucher_until",
    "member_books_until",
];

/// Keys that may stand in `expect` of an activation or a dispatch.
pub(crate) const EXPECT_FINDINGS: &[&str] = &["findings"];
