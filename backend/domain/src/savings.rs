//! Savings of one call-off against dated, evidenced baselines (rules.md section 5).
//!
//! ```text
//! baseline_i    = round2(B_i x q_i [x months])         effect_i = baseline_i - line_net_i
//! price_effect  = sum of effect_i over evidenced lines, negative ones included
//! fee           = round2(fee % x N)
//! net           = price_effect - surcharge - fee + bonus realised
//! rate          = net / sum of baseline_i x 100        (none if there is no baseline)
//! coverage      = evidenced line_net / all line_net x 100
//! budget effect = effect by VAT rate x (1 + rate), costs at the highest rate of the order; class A, information
//! ```
//! Worked example (GC-01): 120 users x 12 months x 11.85 plus 2 training days x 1,180.00 is
//! N 19,424.00; baseline 20,448.00 + 2,500.00; effect 3,524.00; fee 1.5 % 291.36; net 3,232.64 = 14.09 %.
//!
//! The process effect is no cash: it stands in its own field and is never added. It is counted once per member,
//! contract and calendar year: by the first order above the direct-award limit that stands. Where that order is
//! cancelled, or cut to the limit or below, its effect is taken back, and the next such release counts it.
//!
//! **Stages.** Each is a book of its own; they stand side by side and are never added to each other.
//!
//! - *planned* (geplant): at the release, for the order as it stands; cancellations and corrections are counter
//!   entries in the same book.
//! - *realised* (realisiert): of each line the quantity that is both delivered and invoiced, at the price invoiced,
//!   against the baseline of its release. The later of delivery and invoice makes the entry, on the day it is noted, so
//!   that a year that is over never changes; an invoice that counts no more makes a counter entry. An invoice that the
//!   rules block counts for nothing. An order noted as invoiced in a word counts as billed as ordered.
//! - *audited* (geprueft): what was realised, and seen by the auditor, when they marked it as checked. The last mark
//!   decides: an objection takes the audited entries back.
//!
//! ```text
//! part          = sum over invoices of min(invoiced, delivered and not counted before) x months
//! whole         = quantity that stands x months of the term
//! baseline'     = round2(planned baseline x part / whole)
//! as ordered'   = round2(planned line_net x part / whole)
//! line_net'     = as ordered' + sum of (invoiced line_net - round2(price ordered x quantity x months))
//! effect'       = baseline' - line_net'
//! fee'          = round2(planned fee x as ordered' of all lines and surcharge / N)
//! surcharge'    = as invoiced, once a line is realised      process effect' = planned, once a line is realised
//! ```
//! Parts are cumulated before they are rounded, and an entry is the difference to what is booked already: a cent of
//! rounding between partial invoices is neither saved nor lost, and an order that is delivered and invoiced in full at
//! the prices ordered has realised what was planned, to the cent.
//!
//! Worked example, all delivered: the users are invoiced for six of twelve months: 8,532.00 against 10,224.00, effect
//! 1,692.00, fee 127.98. One day of training is invoiced at 1,150.00 instead of 1,180.00: 1,150.00 against 1,250.00,
//! effect 100.00, fee 17.70. The rest as ordered: effect 3,554.00, fee 291.36, net 3,262.64, which is 30.00 above plan.

use chrono::{Months, NaiveDate};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::facts::{Baseline, BaselineKind, Facts, Per};
use crate::ids::BaselineId;
use crate::money::{Net, Percent};
use crate::pricing::{PricedCallOff, PricedLine};

pub mod realised;

/// Version of the method, stored with each entry.
pub const METHOD_VERSION: i32 = 1;

/// How sure an effect is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum EvidenceClass {
    /// Proven: own earlier contract or offers.
    A,
    /// Against a list price.
    B,
    /// Against an external benchmark.
    C,
}

impl EvidenceClass {
    /// The key in the database.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }
}

impl From<BaselineKind> for EvidenceClass {
    fn from(kind: BaselineKind) -> Self {
        match kind {
            BaselineKind::PriorContract | BaselineKind::MarketQuotes => Self::A,
            BaselineKind::ListPrice => Self::B,
            BaselineKind::ExternalBenchmark => Self::C,
        }
    }
}

/// Why a line does or does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LineEvidence {
    /// A baseline that counts.
    Valid {
        /// Which.
        baseline: BaselineId,
        /// Its class.
        class: EvidenceClass,
    },
    /// The best baseline is too old; its effect is information only.
    Stale {
        /// Which.
        baseline: BaselineId,
    },
    /// No baseline at all.
    Missing,
}

/// The saving of one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineSaving {
    /// Position of the request.
    pub position: i32,
    /// Article number.
    pub article_number: String,
    /// What it is measured against.
    pub evidence: LineEvidence,
    /// Baseline amount; zero where there is none.
    pub baseline: Net,
    /// Baseline minus line; zero where there is none.
    pub effect: Net,
    /// The line's amount.
    pub line_net: Net,
}

/// The savings of one call-off. Amounts net.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Savings {
    /// By line.
    pub lines: Vec<LineSaving>,
    /// Sum of evidenced baseline amounts.
    pub baseline: Net,
    /// Sum of evidenced effects.
    pub price_effect: Net,
    /// Small-order surcharge.
    pub surcharge: Net,
    /// Fee of the cooperative.
    pub fee: Net,
    /// Bonus realised by a credit note; none at release.
    pub bonus_realised: Net,
    /// What is saved, may be negative.
    pub net: Net,
    /// `net` in percent of the baseline.
    pub rate_pct: Option<Decimal>,
    /// Effect against stale baselines; shown, not counted.
    pub unevidenced_effect: Net,
    /// Avoided tender, not cash, by board resolution.
    pub process_effect_noncash: Net,
    /// Evidenced order value in percent of all lines.
    pub coverage_pct: Option<Decimal>,
}

/// Computes the savings of a priced call-off on day `day`.
#[must_use]
pub fn savings(facts: &Facts, priced: &PricedCallOff, day: NaiveDate) -> Savings {
    let lines: Vec<LineSaving> = priced.lines.iter().filter_map(|line| line_saving(facts, line, day)).collect();
    let evidenced = |line: &&LineSaving| matches!(line.evidence, LineEvidence::Valid { .. });
    let baseline: Net = lines.iter().filter(evidenced).map(|line| line.baseline).sum();
    let price_effect: Net = lines.iter().filter(evidenced).map(|line| line.effect).sum();
    let covered: Net = lines.iter().filter(evidenced).map(|line| line.line_net).sum();
    let unevidenced_effect: Net = lines.iter().filter(|line| !evidenced(line)).map(|line| line.effect).sum();
    let fee = fee(priced.net, facts.contract.fee_pct);
    let net = price_effect - priced.surcharge - fee;
    Savings {
        baseline,
        price_effect,
        surcharge: priced.surcharge,
        fee,
        bonus_realised: Net::ZERO,
        net,
        rate_pct: net.percent_of(baseline),
        unevidenced_effect,
        process_effect_noncash: process_effect(facts, priced.net),
        coverage_pct: covered.percent_of(priced.lines_net),
        lines,
    }
}

/// The cooperative's fee: `round2(rate x N)`.
#[must_use]
pub fn fee(net: Net, rate: Percent) -> Net {
    net.percentage(rate)
}

fn line_saving(facts: &Facts, line: &PricedLine, day: NaiveDate) -> Option<LineSaving> {
    let line_net = line.net?;
    let fits = |it: &&Baseline| it.article_number == line.article_number && it.covers(day);
    let candidates = || facts.baselines.iter().filter(fits);
    let fresh = candidates().find(|baseline| !is_stale(baseline, facts.parameters.baseline_max_age_months, day));
    let chosen = fresh.or_else(|| candidates().next());
    let baseline = chosen.map_or(Some(Net::ZERO), |baseline| {
        // A baseline per unit on a subscription line is the price of the whole term.
        let months = match baseline.per {
            Per::Month if line.months.is_some() => facts.request.performance.map(|period| period.months()),
            Per::Month | Per::Unit => None,
        };
        Net::of_sane_line(baseline.unit_price, line.quantity, months)
    });
    // An absurd comparison proves nothing.
    let (fresh, chosen, baseline) = match baseline {
        Some(baseline) => (fresh, chosen, baseline),
        None => (None, None, Net::ZERO),
    };
    let evidence = match (fresh, chosen) {
        (Some(baseline), _) => LineEvidence::Valid { baseline: baseline.id, class: baseline.kind.into() },
        (None, Some(baseline)) => LineEvidence::Stale { baseline: baseline.id },
        (None, None) => LineEvidence::Missing,
    };
    Some(LineSaving {
        position: line.position,
        article_number: line.article_number.clone(),
        effect: if chosen.is_some() { baseline - line_net } else { Net::ZERO },
        evidence,
        baseline,
        line_net,
    })
}

/// A baseline counts if it is dated at least `max_age_months` before `day` or later.
#[must_use]
pub fn is_stale(baseline: &Baseline, max_age_months: u32, day: NaiveDate) -> bool {
    day.checked_sub_months(Months::new(max_age_months)).is_some_and(|oldest| baseline.dated < oldest)
}

/// `flat - own effort - central share`, once per member, contract and calendar year, and only above
/// the direct-award limit: below it no tender is avoided.
fn process_effect(facts: &Facts, net: Net) -> Net {
    let Some(central_share) = facts.contract.process_central_share else { return Net::ZERO };
    let parameters = &facts.parameters;
    if facts.process_effect_counted || net <= parameters.direct_award_limit || parameters.process_cost_flat.is_zero() {
        return Net::ZERO;
    }
    parameters.process_cost_flat - parameters.process_own_call_off_effort - central_share
}
