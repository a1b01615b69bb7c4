//! Facts to prices: line, surcharge, VAT by rate, totals (rules.md section 4, EN 16931 order).
//!
//! Prices are computed, never typed. A line whose price cannot be found has none; the totals run
//! over the rest, and item-in-scope or supplier-is-party says why. A line that has a price but no
//! amount is unfinished or absurdly large; [`crate::review::Gap`] says which.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::facts::{Facts, Item, Price, PriceTerm, RequestLine, VatTreatment};
use crate::ids::{ItemId, LotId, PriceTermId};
use crate::money::{Gross, Net, Percent, Quantity, UnitPrice, Vat};
use crate::period::Months;

/// A line with its price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricedLine {
    /// Position of the request.
    pub position: i32,
    /// Article number as entered.
    pub article_number: String,
    /// Quantity asked for.
    pub quantity: Quantity,
    /// The item, if the contract has it.
    pub item: Option<ItemId>,
    /// Its lot.
    pub lot: Option<LotId>,
    /// The price used.
    pub price_term: Option<PriceTermId>,
    /// Effective unit price, per month for subscriptions, as text in the scale it is printed with.
    pub unit_price: Option<String>,
    /// Months of a subscription, four decimals, for display.
    pub months: Option<String>,
    /// Line amount, rounded once.
    pub net: Option<Net>,
    /// VAT of the line.
    pub vat: Option<VatTreatment>,
}

/// VAT of one category and rate: computed on the sum of its bases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VatGroup {
    /// S, Z, E, AE or O.
    pub category: String,
    /// Rate in percent.
    pub rate: Percent,
    /// Sum of line amounts and surcharge.
    pub base: Net,
    /// Tax, rounded once.
    pub tax: Vat,
}

/// A call-off with all its amounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PricedCallOff {
    /// Lines in order.
    pub lines: Vec<PricedLine>,
    /// Sum of the line amounts.
    pub lines_net: Net,
    /// Small-order surcharge.
    pub surcharge: Net,
    /// Net order value: lines and surcharge. Counts against every ceiling.
    pub net: Net,
    /// VAT by rate, highest first.
    pub vat: Vec<VatGroup>,
    /// Sum of the taxes.
    pub vat_total: Vat,
    /// What is paid in the end, cash discount aside.
    pub gross: Gross,
}

/// Prices the request of these facts on day `day`.
#[must_use]
pub fn price(facts: &Facts, day: NaiveDate) -> PricedCallOff {
    let months = facts.request.performance.map(|period| period.months());
    let mut lines: Vec<PricedLine> =
        facts.request.lines.iter().map(|line| price_line(facts, line, months, day)).collect();
    if !lines.iter().filter_map(|line| line.net).sum::<Net>().is_sane() {
        lines.iter_mut().for_each(|line| line.net = None);
    }
    let lines_net: Net = lines.iter().filter_map(|line| line.net).sum();
    let surcharge = facts
        .contract
        .min_order
        .as_ref()
        .filter(|minimum| lines_net < minimum.value)
        .and_then(|minimum| minimum.surcharge.as_ref());

    let mut vat: Vec<VatGroup> = Vec::new();
    for line in &lines {
        if let (Some(net), Some(treatment)) = (line.net, &line.vat) {
            add_to_group(&mut vat, &treatment.category, treatment.rate, net);
        }
    }
    if let Some(surcharge) = surcharge {
        let category = if surcharge.vat_rate == Percent::ZERO { "Z" } else { "S" };
        add_to_group(&mut vat, category, surcharge.vat_rate, surcharge.net);
    }
    for group in &mut vat {
        group.tax = group.base.vat(group.rate);
    }
    vat.sort_by(|a, b| b.rate.cmp(&a.rate).then_with(|| a.category.cmp(&b.category)));

    let surcharge = surcharge.map_or(Net::ZERO, |surcharge| surcharge.net);
    let net = lines_net + surcharge;
    let vat_total: Vat = vat.iter().map(|group| group.tax).sum();
    PricedCallOff { lines, lines_net, surcharge, net, vat, vat_total, gross: net.plus_vat(vat_total) }
}

fn add_to_group(groups: &mut Vec<VatGroup>, category: &str, rate: Percent, net: Net) {
    if let Some(group) = groups.iter_mut().find(|group| group.rate == rate && group.category == category) {
        group.base += net;
    } else {
        groups.push(VatGroup { category: category.to_owned(), rate, base: net, tax: Vat::ZERO });
    }
}

fn price_line(facts: &Facts, line: &RequestLine, months: Option<Months>, day: NaiveDate) -> PricedLine {
    let item = facts.contract.item(&line.article_number);
    let term = item.and_then(|item| price_term(facts, item, day));
    let applied = term.and_then(|term| apply(&term.price, line.quantity, months, facts.contract.unit_price_decimals));
    PricedLine {
        position: line.position,
        article_number: line.article_number.clone(),
        quantity: line.quantity,
        item: item.map(|item| item.id),
        lot: item.and_then(|item| item.lot),
        price_term: term.map(|term| term.id),
        unit_price: applied.as_ref().map(|applied| applied.unit_price.clone()),
        months: applied.as_ref().and_then(|applied| applied.months).map(|months| months.rounded().to_string()),
        net: applied.and_then(|applied| applied.net),
        vat: item.map(|item| item.vat.clone()),
    }
}

/// What paying in time saves (Skonto): information, part of no total, ceiling or saving (GC-14).
#[must_use]
pub fn cash_discount(gross: Gross, rate: Percent) -> Gross {
    gross.percentage(rate)
}

/// The released price of the item with the chosen supplier, valid on `day`.
#[must_use]
pub fn price_term<'a>(facts: &Facts, item: &'a Item, day: NaiveDate) -> Option<&'a PriceTerm> {
    item.prices.iter().find(|term| term.supplier == facts.request.supplier && term.validity.contains(day))
}

/// A price applied to a quantity.
struct Applied {
    unit_price: String,
    months: Option<Months>,
    net: Option<Net>,
}

/// `None` only for a subscription without a performance period; no amount if it is not sane.
fn apply(price: &Price, quantity: Quantity, months: Option<Months>, decimals: u32) -> Option<Applied> {
    let plain = |unit_price: UnitPrice, decimals: u32| Applied {
        unit_price: unit_price.with_decimals(decimals),
        months: None,
        net: Net::of_sane_line(unit_price, quantity, None),
    };
    match price {
        Price::Fixed { unit_price } => Some(plain(*unit_price, 2)),
        Price::TierAllUnitsPerOrder { tiers } => {
            // Below the first tier its price applies; qty-increment says what the minimum is.
            let reached = tiers.iter().rev().find(|tier| tier.from <= quantity).or_else(|| tiers.first())?;
            Some(plain(reached.unit_price, 2))
        }
        Price::ListMinus { list_price, discount_pct } => {
            Some(plain(list_price.after_discount(*discount_pct, decimals), decimals))
        }
        Price::Subscription { unit_price_month } => {
            let months = months?;
            Some(Applied {
                unit_price: unit_price_month.with_decimals(2),
                months: Some(months),
                net: Net::of_sane_line(*unit_price_month, quantity, Some(months)),
            })
        }
    }
}
