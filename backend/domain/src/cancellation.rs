//! The order that remains when quantities of a released one are cancelled.
//!
//! By default each line keeps its price as ordered, whatever tier the rest would stand in, and the
//! surcharge stays as it was: the supplier agreed to both. A contract may say instead that the rest
//! is priced anew (re-tier). What becomes free goes back to the ceilings.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::facts::{Facts, Price};
use crate::money::{Net, Quantity, UnitPrice, Vat};
use crate::period::berlin_date;
use crate::pricing::{PricedCallOff, PricedLine, price, vat, vat_parts};
use crate::savings::{Savings, savings};

/// What a cancellation does to the price of the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceOfRest {
    /// The effective unit price of the order stays.
    #[default]
    PriceAsOrdered,
    /// The rest is priced as if it had been ordered alone.
    ReTier,
}

/// A quantity of a line that is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelledQuantity {
    /// Position of the line.
    pub position: i32,
    /// How much of it.
    pub quantity: Quantity,
}

/// The order after the cancellation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remaining {
    /// Lines that remain, with all amounts.
    pub priced: PricedCallOff,
    /// Net value that becomes free.
    pub freed: Net,
    /// Savings of what remains.
    pub savings: Savings,
}

/// A quantity that cannot be cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NotCancellable {
    /// The order has no such line.
    #[error("position {position} is no line of the order; it has {lines} lines")]
    NoSuchLine {
        /// Position asked for.
        position: i32,
        /// Lines of the order.
        lines: usize,
    },
    /// More than is left, or nothing at all.
    #[error("position {position}: {asked} cannot be cancelled, allowed is more than 0 and at most {left}")]
    NotInOrder {
        /// Position asked for.
        position: i32,
        /// Quantity to be cancelled.
        asked: Quantity,
        /// Quantity ordered and not yet cancelled.
        left: Quantity,
    },
}

/// The remaining order; `facts` are those the release rests on, `ordered` its amounts.
///
/// # Errors
/// If a quantity is not in the order.
pub fn remaining(
    facts: &Facts,
    ordered: &PricedCallOff,
    cancelled: &[CancelledQuantity],
    rule: PriceOfRest,
) -> Result<Remaining, NotCancellable> {
    let day = berlin_date(facts.evaluated_at);
    let mut rest = facts.clone();
    for cancelled in cancelled {
        let lines = rest.request.lines.len();
        let line = rest.request.lines.iter_mut().find(|line| line.position == cancelled.position);
        let line = line.ok_or(NotCancellable::NoSuchLine { position: cancelled.position, lines })?;
        if cancelled.quantity <= Quantity::ZERO || line.quantity < cancelled.quantity {
            let asked = cancelled.quantity;
            return Err(NotCancellable::NotInOrder { position: cancelled.position, asked, left: line.quantity });
        }
        line.quantity = line.quantity - cancelled.quantity;
    }
    rest.request.lines.retain(|line| !line.quantity.is_zero());
    let priced = match rule {
        _ if rest.request.lines.is_empty() => of_lines(facts, Vec::new(), Net::ZERO),
        PriceOfRest::ReTier => price(&rest, day),
        PriceOfRest::PriceAsOrdered => of_lines(facts, as_ordered(&rest, ordered), ordered.surcharge),
    };
    let savings = savings(&rest, &priced, day);
    Ok(Remaining { freed: ordered.net - priced.net, savings, priced })
}

/// Lines of the rest at the unit price of the order.
fn as_ordered(rest: &Facts, ordered: &PricedCallOff) -> Vec<PricedLine> {
    let lines = rest.request.lines.iter().filter_map(|line| {
        let before = ordered.lines.iter().find(|priced| priced.position == line.position)?;
        let net = if before.quantity == line.quantity { before.net } else { part(rest, before, line.quantity) };
        Some(PricedLine { quantity: line.quantity, net, ..before.clone() })
    });
    lines.collect()
}

/// A graduated line has no unit price but an average: its rest is a share of the line.
fn part(facts: &Facts, before: &PricedLine, quantity: Quantity) -> Option<Net> {
    let terms = facts.contract.items.iter().flat_map(|item| &item.prices);
    let mut used = terms.filter(|term| Some(term.id) == before.price_term);
    if used.any(|term| matches!(term.price, Price::TierGraduated { .. })) {
        return Some(before.net?.share(quantity.decimal(), before.quantity.decimal()));
    }
    let unit_price: UnitPrice = before.unit_price.as_ref()?.parse().ok()?;
    let months = facts.request.performance.filter(|_| before.months.is_some()).map(|period| period.months());
    Net::of_sane_line(unit_price, quantity, months)
}

fn of_lines(facts: &Facts, lines: Vec<PricedLine>, surcharge: Net) -> PricedCallOff {
    let day = berlin_date(facts.evaluated_at);
    let lines_net: Net = lines.iter().filter_map(|line| line.net).sum();
    let parts: Vec<vat::VatPart> = lines.iter().flat_map(|line| vat_parts(facts, line, day)).collect();
    let charged = facts.contract.min_order.as_ref().and_then(|minimum| minimum.surcharge.as_ref());
    let groups = vat::groups(&parts, charged.filter(|_| !surcharge.is_zero()));
    let net = lines_net + surcharge;
    let vat_total: Vat = groups.iter().map(|group| group.tax).sum();
    PricedCallOff { lines, lines_net, surcharge, net, vat: groups, vat_total, gross: net.plus_vat(vat_total) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{citrix, of};

    fn cancel(list: &[(i32, &str)]) -> Result<Remaining, NotCancellable> {
        let facts = citrix();
        let ordered = price(&facts, berlin_date(facts.evaluated_at));
        let cancelled: Vec<CancelledQuantity> = list
            .iter()
            .map(|(position, quantity)| CancelledQuantity { position: *position, quantity: of(quantity) })
            .collect();
        remaining(&facts, &ordered, &cancelled, PriceOfRest::PriceAsOrdered)
    }

    #[test]
    fn what_remains_and_what_is_freed_make_up_the_order() {
        let rest = cancel(&[(1, "20")]).expect("20 of 120");
        assert_eq!((rest.priced.net, rest.freed), (of("16580.00"), of("2844.00")));
    }

    #[test]
    fn everything_cancelled_leaves_nothing() {
        let rest = cancel(&[(1, "120"), (2, "2")]).expect("all of it");
        assert_eq!((rest.priced.lines.len(), rest.priced.net, rest.freed), (0, Net::ZERO, of("19424.00")));
    }

    #[test]
    fn more_than_was_ordered_is_refused_with_what_is_left() {
        let refused = cancel(&[(2, "1"), (2, "1.5")]).expect_err("only one is left");
        assert_eq!(refused, NotCancellable::NotInOrder { position: 2, asked: of("1.5"), left: of("1") });
        assert_eq!(cancel(&[(3, "1")]), Err(NotCancellable::NoSuchLine { position: 3, lines: 2 }));
        assert!(cancel(&[(1, "0")]).is_err());
    }
}
