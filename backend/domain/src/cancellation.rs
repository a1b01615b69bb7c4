//! The order that remains when quantities of a released one are cancelled.
//!
//! By default each line keeps its price as ordered, whatever tier the rest would stand in, and the
//! surcharge stays as it was: the supplier agreed to both. A contract may say instead that the rest
//! is priced anew (re-tier). What becomes free goes back to the ceilings.

use std::str::FromStr;

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

impl PriceOfRest {
    /// Both, the usual one first.
    pub const ALL: [Self; 2] = [Self::PriceAsOrdered, Self::ReTier];

    /// The key in the database and in JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::PriceAsOrdered => "price_as_ordered",
            Self::ReTier => "re_tier",
        }
    }
}

impl FromStr for PriceOfRest {
    type Err = UnknownPriceOfRest;
    fn from_str(key: &str) -> Result<Self, UnknownPriceOfRest> {
        Self::ALL.into_iter().find(|rule| rule.key() == key).ok_or_else(|| UnknownPriceOfRest(key.to_owned()))
    }
}

/// A text that is no rule about the price of the rest.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no rule about the price of the rest")]
pub struct UnknownPriceOfRest(pub String);

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

/// Quantities taken back in one step, and how the rest is priced after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut<'a> {
    /// What is taken back.
    pub quantities: &'a [CancelledQuantity],
    /// What it does to the price of the rest.
    pub rule: PriceOfRest,
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
    let rest = less(facts, cancelled)?;
    let priced = match rule {
        _ if rest.request.lines.is_empty() => of_lines(facts, Vec::new(), Net::ZERO),
        PriceOfRest::ReTier => price(&rest, day),
        PriceOfRest::PriceAsOrdered => of_lines(facts, as_ordered(&rest, ordered), ordered.surcharge),
    };
    let savings = savings(&rest, &priced, day);
    Ok(Remaining { freed: ordered.net - priced.net, savings, priced })
}

/// The order that remains after several cuts, in their order. A cut that keeps prices keeps those of the last one
/// that priced the rest anew; several of them are one, so that no cent is rounded twice.
///
/// # Errors
/// If a quantity is not in the order any more.
pub fn remaining_after(facts: &Facts, ordered: &PricedCallOff, cuts: &[Cut<'_>]) -> Result<Remaining, NotCancellable> {
    let (mut facts, mut priced) = (facts.clone(), ordered.clone());
    let mut since: Vec<CancelledQuantity> = Vec::new();
    for cut in cuts {
        for part in cut.quantities {
            match since.iter_mut().find(|it| it.position == part.position) {
                Some(it) => it.quantity = it.quantity + part.quantity,
                None => since.push(*part),
            }
        }
        if cut.rule == PriceOfRest::ReTier {
            priced = remaining(&facts, &priced, &since, cut.rule)?.priced;
            facts = less(&facts, &since)?;
            since.clear();
        }
    }
    let rest = remaining(&facts, &priced, &since, PriceOfRest::PriceAsOrdered)?;
    Ok(Remaining { freed: ordered.net - rest.priced.net, ..rest })
}

/// Whether what is left has other prices than before: another unit price of a line, or another surcharge.
#[must_use]
pub fn is_priced_anew(before: &PricedCallOff, after: &PricedCallOff) -> bool {
    let was = |position| before.lines.iter().find(|line| line.position == position);
    after.surcharge != before.surcharge
        || after.lines.iter().any(|line| was(line.position).is_some_and(|was| was.unit_price != line.unit_price))
}

/// The facts with what is left of the request.
fn less(facts: &Facts, cancelled: &[CancelledQuantity]) -> Result<Facts, NotCancellable> {
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
    Ok(rest)
}

/// What a cancellation gives back: quantities and amounts of an order before it less those after it. Its tax
/// is computed on what is given back, as on every document.
#[must_use]
pub fn given_back(before: &PricedCallOff, after: &PricedCallOff) -> PricedCallOff {
    let rest = |position| after.lines.iter().find(|line| line.position == position);
    let lines: Vec<PricedLine> = before
        .lines
        .iter()
        .filter_map(|line| {
            let (quantity, net) = match rest(line.position) {
                None => (line.quantity, line.net),
                Some(rest) => (line.quantity - rest.quantity, line.net.zip(rest.net).map(|(was, is)| was - is)),
            };
            (!quantity.is_zero()).then(|| PricedLine { quantity, net, ..line.clone() })
        })
        .collect();
    let groups: Vec<vat::VatGroup> = before
        .vat
        .iter()
        .filter_map(|group| {
            let rest = after.vat.iter().find(|it| it.category == group.category && it.rate == group.rate);
            let base = group.base - rest.map_or(Net::ZERO, |rest| rest.base);
            (!base.is_zero()).then(|| vat::VatGroup { base, tax: base.vat(group.rate), ..group.clone() })
        })
        .collect();
    let net = before.net - after.net;
    let vat_total: Vat = groups.iter().map(|group| group.tax).sum();
    PricedCallOff {
        lines,
        lines_net: before.lines_net - after.lines_net,
        surcharge: before.surcharge - after.surcharge,
        net,
        vat: groups,
        vat_total,
        gross: net.plus_vat(vat_total),
    }
}

/// A line whose rest is no orderable quantity any more. Allowed: the packing unit binds who orders, not
/// who takes back; it is shown all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OffStep {
    /// Position of the line.
    pub position: i32,
    /// Which article.
    pub article_number: String,
    /// What is left of it.
    pub rest: Quantity,
    /// Smallest quantity of the contract.
    pub minimum: Quantity,
    /// Packing unit; zero where there is none.
    pub step: Quantity,
}

/// The lines of `rest` that fall below the minimum or between packing units.
#[must_use]
pub fn off_step(facts: &Facts, rest: &PricedCallOff) -> Vec<OffStep> {
    let lines = rest.lines.iter().filter_map(|line| {
        let item = facts.contract.item(&line.article_number)?;
        let ordered = facts.request.lines.iter().find(|ordered| ordered.position == line.position)?;
        let off = line.quantity < item.min_quantity || !line.quantity.is_multiple_of(item.step);
        (off && ordered.quantity != line.quantity).then(|| OffStep {
            position: line.position,
            article_number: line.article_number.clone(),
            rest: line.quantity,
            minimum: item.min_quantity,
            step: item.step,
        })
    });
    lines.collect()
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
    let charged = charged.filter(|_| !surcharge.is_zero());
    let charged = charged.map(|charged| vat::of_surcharge(charged, facts.contract.vat_of_the_whole()));
    let groups = vat::groups(parts.iter().chain(&charged));
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
    fn what_is_given_back_is_the_order_less_the_rest() {
        let facts = citrix();
        let ordered = price(&facts, berlin_date(facts.evaluated_at));
        let part = cancel(&[(1, "20")]).expect("20 of 120");
        let back = given_back(&ordered, &part.priced);
        assert_eq!(back.lines.len(), 1, "untouched lines are not given back");
        assert_eq!((back.lines[0].quantity, back.net, back.lines_net), (of("20"), part.freed, part.freed));
        assert_eq!(back.vat.iter().map(|group| group.base).sum::<Net>(), back.net);
        assert_eq!(back.gross, back.net.plus_vat(back.vat_total));
    }

    #[test]
    fn a_rest_between_packing_units_is_pointed_out_only_where_something_was_taken_back() {
        let mut facts = citrix();
        for item in &mut facts.contract.items {
            item.step = of("7");
        }
        let ordered = price(&facts, berlin_date(facts.evaluated_at));
        assert_eq!(off_step(&facts, &ordered), [], "the order itself was judged at its release");
        let cancelled = [CancelledQuantity { position: 1, quantity: of("20") }];
        let rest = remaining(&facts, &ordered, &cancelled, PriceOfRest::PriceAsOrdered).expect("20 of 120");
        let off = off_step(&facts, &rest.priced);
        assert_eq!(off.iter().map(|it| (it.position, it.rest, it.step)).collect::<Vec<_>>(), [(1, of("100"), of("7"))]);
    }

    #[test]
    fn a_cut_that_keeps_prices_keeps_those_of_the_last_that_priced_anew() {
        let mut facts = citrix();
        let item = facts.contract.items.iter_mut().find(|item| item.article_number == "CTX-UNI").expect("an item");
        item.prices[0].price = serde_json::from_value(serde_json::json!({
            "type": "tier_all_units", "counted": "per_order",
            "tiers": [{ "from": "1", "unit_price": "20.00" }, { "from": "100", "unit_price": "11.85" }],
        }))
        .expect("a price");
        let ordered = price(&facts, berlin_date(facts.evaluated_at));
        let [twenty_one, one] = ["21", "1"].map(|quantity| [CancelledQuantity { position: 1, quantity: of(quantity) }]);
        let anew = Cut { quantities: &twenty_one, rule: PriceOfRest::ReTier };
        let keeps = Cut { quantities: &one, rule: PriceOfRest::PriceAsOrdered };
        let unit_price = |cuts: &[Cut<'_>]| {
            let rest = remaining_after(&facts, &ordered, cuts).expect("within the order").priced;
            (
                rest.lines[0].unit_price.clone().expect("a price"),
                rest.lines[0].quantity,
                is_priced_anew(&ordered, &rest),
            )
        };
        assert_eq!(unit_price(&[]), ("11.85".to_owned(), of("120"), false));
        assert_eq!(unit_price(&[keeps]), ("11.85".to_owned(), of("119"), false));
        assert_eq!(unit_price(&[anew, keeps]), ("20.00".to_owned(), of("98"), true));
        assert_eq!(unit_price(&[keeps, anew]), ("20.00".to_owned(), of("98"), true));
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
