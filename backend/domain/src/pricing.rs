//! Facts to prices: line, surcharge, VAT by rate, totals (rules.md section 4, EN 16931 order).
//!
//! Prices are computed, never typed. A line whose price cannot be found has none; the totals run
//! over the rest, and item-in-scope, supplier-is-party or price-version-approved says why. A line that
//! has a price but no amount is unfinished or absurdly large; [`crate::review::Gap`] says which.

pub mod tiers;
pub mod vat;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::facts::{Facts, IndexValue, Item, Offer, Price, PriceTerm, RequestLine, VatTreatment};
use crate::ids::{IndexSeriesId, ItemId, LotId, OrganisationId, PriceTermId};
use crate::money::{Gross, Net, Percent, Quantity, UnitPrice, Vat};
use crate::period::Months;
pub use vat::{VatGroup, VatPart};

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
    let mut lines: Vec<PricedLine> = facts.request.lines.iter().map(|line| price_line(facts, line, day)).collect();
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

    let mut parts: Vec<VatPart> = lines.iter().flat_map(|line| vat_parts(facts, line, day)).collect();
    parts.extend(surcharge.map(|surcharge| vat::of_surcharge(surcharge, facts.contract.vat_of_the_whole())));
    let vat = vat::groups(&parts);
    let surcharge = surcharge.map_or(Net::ZERO, |surcharge| surcharge.net);
    let net = lines_net + surcharge;
    let vat_total: Vat = vat.iter().map(|group| group.tax).sum();
    PricedCallOff { lines, lines_net, surcharge, net, vat, vat_total, gross: net.plus_vat(vat_total) }
}

/// VAT of a line; more than one part where the treatment changes within a subscription.
#[must_use]
pub fn vat_parts(facts: &Facts, line: &PricedLine, day: NaiveDate) -> Vec<VatPart> {
    let Some((item, net)) = facts.contract.item(&line.article_number).zip(line.net) else { return Vec::new() };
    match facts.contract.vat_of_the_whole() {
        Some(whole) => vec![VatPart { vat: whole.clone(), base: net }],
        None => vat::parts(item, net, facts.request.performance, day, line.months.is_some()),
    }
}

fn price_line(facts: &Facts, line: &RequestLine, day: NaiveDate) -> PricedLine {
    let item = facts.contract.item(&line.article_number);
    let term = item.and_then(|item| price_term(facts, item, day));
    let applied = item.zip(term).and_then(|(item, term)| agreed(facts, line, item, term, day));
    let applied = match &line.offer {
        Some(offer) => Some(with_offer(offer, line.quantity, applied)).filter(|_| term.is_some()),
        None => applied,
    };
    let supplied = facts.request.performance.map_or(day, |period| period.to());
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
        vat: item.map(|item| facts.contract.vat_of_the_whole().unwrap_or_else(|| item.vat_on(supplied)).clone()),
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
    price_of(item, facts.request.supplier, day)
}

/// The released price of the item with this supplier, valid on `day`.
#[must_use]
pub fn price_of(item: &Item, supplier: OrganisationId, day: NaiveDate) -> Option<&PriceTerm> {
    item.prices.iter().find(|term| term.released && term.supplier == supplier && term.validity.contains(day))
}

/// What the contract says a quantity of the item costs with this supplier on `day`: the amount of a
/// line of its own, mini-competition and offers aside. For comparisons of suppliers and quantities.
#[must_use]
pub fn amount(facts: &Facts, item: &Item, supplier: OrganisationId, quantity: Quantity, day: NaiveDate) -> Option<Net> {
    apply(facts, item, &price_of(item, supplier, day)?.price, quantity, quantity, day)?.net
}

/// What a unit of the item costs with this supplier on `day` by the contract alone, where the order
/// holds this quantity of it: per month for subscriptions, on average for graduated tiers. `None`
/// for a free-text item, whose contract has a highest price only.
#[must_use]
pub fn unit_price(
    facts: &Facts,
    item: &Item,
    supplier: OrganisationId,
    quantity: Quantity,
    day: NaiveDate,
) -> Option<UnitPrice> {
    apply(facts, item, &price_of(item, supplier, day)?.price, quantity, quantity, day)?.unit_price.parse().ok()
}

/// The most a unit may cost with this supplier on `day`: its price by the contract, or the cap of a
/// free-text item.
#[must_use]
pub fn highest_price(
    facts: &Facts,
    item: &Item,
    supplier: OrganisationId,
    quantity: Quantity,
    day: NaiveDate,
) -> Option<UnitPrice> {
    match price_of(item, supplier, day)?.price {
        Price::Quoted { cap } => Some(cap),
        _ => unit_price(facts, item, supplier, quantity, day),
    }
}

/// Months of the performance period where the item is paid by month; `None` otherwise and where the
/// period is missing.
#[must_use]
pub fn months(facts: &Facts, term: &PriceTerm) -> Option<Months> {
    matches!(term.price, Price::Subscription { .. }).then_some(facts.request.performance?.months())
}

/// Price of the article in the chosen supplier's offer of the mini-competition: it stands in for the
/// contract's.
#[must_use]
pub fn won(facts: &Facts, article_number: &str) -> Option<UnitPrice> {
    let competition = facts.request.mini_competition.as_ref()?;
    competition.offer_of(facts.request.supplier)?.unit_prices.get(article_number).copied()
}

/// Quantity of the article over all lines: they stand in one tier, however they are written.
#[must_use]
pub fn in_order(facts: &Facts, article_number: &str) -> Quantity {
    facts.request.lines.iter().filter(|line| line.article_number == article_number).map(|line| line.quantity).sum()
}

/// Result of the mini-competition where there is one, else the contract's price.
fn agreed(facts: &Facts, line: &RequestLine, item: &Item, term: &PriceTerm, day: NaiveDate) -> Option<Applied> {
    match won(facts, &line.article_number) {
        Some(unit_price) => {
            let months = matches!(term.price, Price::Subscription { .. }).then_some(facts.request.performance);
            match months {
                Some(None) => None,
                Some(Some(period)) => Some(Applied::monthly(unit_price, line.quantity, period.months())),
                None => Some(Applied::plain(unit_price, line.quantity, 2)),
            }
        }
        None => apply(facts, item, &term.price, line.quantity, in_order(facts, &line.article_number), day),
    }
}

/// A lower offer counts; a higher one does not, and price-matches-terms says so. A free-text item has
/// no other price than its offer.
fn with_offer(offer: &Offer, quantity: Quantity, agreed: Option<Applied>) -> Applied {
    let months = agreed.as_ref().and_then(|agreed| agreed.months);
    let offered = match months {
        Some(months) => Applied::monthly(offer.unit_price, quantity, months),
        None => Applied::plain(offer.unit_price, quantity, 2),
    };
    match agreed {
        Some(agreed) if agreed.net <= offered.net => agreed,
        _ => offered,
    }
}

/// A price applied to a quantity.
struct Applied {
    unit_price: String,
    months: Option<Months>,
    net: Option<Net>,
}

impl Applied {
    fn plain(unit_price: UnitPrice, quantity: Quantity, decimals: u32) -> Self {
        let net = Net::of_sane_line(unit_price, quantity, None);
        Self { unit_price: unit_price.with_decimals(decimals), months: None, net }
    }

    fn monthly(unit_price: UnitPrice, quantity: Quantity, months: Months) -> Self {
        let net = Net::of_sane_line(unit_price, quantity, Some(months));
        Self { unit_price: unit_price.with_decimals(2), months: Some(months), net }
    }
}

/// `None` for a subscription without a performance period and a free-text item without its quote; no
/// amount if it is not sane. `in_order` is the quantity of the article over all lines.
fn apply(
    facts: &Facts,
    item: &Item,
    price: &Price,
    quantity: Quantity,
    in_order: Quantity,
    day: NaiveDate,
) -> Option<Applied> {
    let decimals = facts.contract.unit_price_decimals;
    match price {
        Price::Fixed { unit_price } => Some(Applied::plain(*unit_price, quantity, 2)),
        Price::TierAllUnits { counted, tiers } => {
            let before = tiers::position(*counted, item.called_off);
            Some(Applied::plain(tiers::all_units(tiers, before, in_order)?, quantity, 2))
        }
        Price::TierGraduated { counted, tiers } => {
            let before = tiers::position(*counted, item.called_off);
            // Lines of one article share its tiers by quantity.
            let net = Net::of_sane_share(tiers::graduated(tiers, before, in_order), quantity, in_order);
            Some(Applied { unit_price: UnitPrice::average(net.unwrap_or(Net::ZERO), quantity)?, months: None, net })
        }
        Price::ListMinus { list_price, discount_pct } => {
            Some(Applied::plain(list_price.after_discount(*discount_pct, decimals), quantity, decimals))
        }
        Price::Index { .. } => Some(Applied::plain(indexed(facts, price, day)?.0, quantity, decimals)),
        Price::Subscription { unit_price_month } => {
            Some(Applied::monthly(*unit_price_month, quantity, facts.request.performance?.months()))
        }
        Price::Quoted { .. } => None,
    }
}

/// Price of an index clause on `day`, with the published value that moved it; `None` for other prices.
#[must_use]
pub fn indexed<'a>(facts: &'a Facts, price: &Price, day: NaiveDate) -> Option<(UnitPrice, Option<&'a IndexValue>)> {
    let Price::Index { base_price, fixed_share, variable_share, series, index_base, threshold } = price else {
        return None;
    };
    let newest = newest_index(facts, *series, day);
    let moved = newest.filter(|value| value.value.moved_by_more_than(*threshold, *index_base));
    let unit_price = moved.map_or(*base_price, |value| {
        let decimals = facts.contract.unit_price_decimals;
        base_price.adjusted(*fixed_share, *variable_share, value.value, *index_base, decimals)
    });
    Some((unit_price, moved))
}

/// The newest released value of the index that was published by `day`.
#[must_use]
pub fn newest_index(facts: &Facts, series: IndexSeriesId, day: NaiveDate) -> Option<&IndexValue> {
    let known = facts.contract.index_values.iter();
    known
        .filter(|value| value.released && value.series == series && value.published_on <= day)
        .max_by_key(|value| value.published_on)
}
