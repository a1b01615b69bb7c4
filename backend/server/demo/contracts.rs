//! The eleven contracts: what each is made of, and how members use it. One file per contract.
//!
//! Dates count from the anchor day, so that one is always about to expire and one always has expired.
//! Ceilings follow from the planned demand (`demo/ceilings.rs`): whatever the seed, each contract is
//! as full as its story needs.

mod citrix;
mod development;
mod furniture;
mod hosting;
mod monitors;
mod network;
mod notebooks;
mod printers;
mod security;
mod toner;
mod training;

use abruf_domain::facts::{
    BaselineKind, Counted, ExtensionOption, LegalBasis, Mechanism, MinOrder, Per, Price, Surcharge, Tier, VatTreatment,
};
use abruf_domain::money::{Net, Percent, Quantity, UnitPrice};
use abruf_domain::period::Period;
use chrono::{Datelike, Days, NaiveDate};
use rust_decimal::Decimal;

use super::calendar::Calendar;
use super::dice::Dice;
use super::fill::Fill;

/// Citrix licences with training days: the contract of the first walk through the program.
pub(super) const CITRIX: &str = "citrix";
/// Notebooks: 96 % of the ceiling are taken.
pub(super) const NOTEBOOKS: &str = "notebooks";
/// Hosting: ordered through the body, with pairs of orders.
pub(super) const HOSTING: &str = "hosting";
/// Development days: an announced category that includes future members.
pub(super) const DEVELOPMENT: &str = "development";
/// Training seats: soft quotas, small-order surcharge; expires within 60 days.
pub(super) const TRAINING: &str = "training";
/// Printers: list prices; breached by a recorded emergency order.
pub(super) const PRINTERS: &str = "printers";
/// Monitors: the rest is one cent less than 24 large ones.
pub(super) const MONITORS: &str = "monitors";
/// Toner and books: expired.
pub(super) const TONER: &str = "toner";

/// Office furniture: suppliers in rank, with an answer period.
pub(super) const FURNITURE: &str = "furniture";
/// Network devices: suppliers take turns.
pub(super) const NETWORK: &str = "network";

/// IT security: larger needs are put up for a mini-competition.
pub(super) const SECURITY: &str = "security";

/// A contract before it is entered.
#[derive(Debug, Clone)]
pub(super) struct Design {
    pub key: &'static str,
    pub number: String,
    pub title: &'static str,
    pub description: &'static str,
    pub search_words: &'static str,
    pub regime: &'static str,
    pub supply_chain: &'static str,
    /// VAT between member and body where it is not that of the items.
    pub in_house_vat: Option<VatTreatment>,
    pub legal_basis: &'static str,
    pub legal_basis_key: LegalBasis,
    pub notice_reference: String,
    pub notice_date: NaiveDate,
    pub procedure_reference: String,
    pub term: Period,
    pub options: Vec<(ExtensionOption, String)>,
    pub unit_price_decimals: u32,
    pub fee: &'static str,
    pub min_order: Option<MinOrder>,
    pub delivery_terms: &'static str,
    pub lots: Vec<Lot>,
    pub items: Vec<Item>,
    pub entitled: Entitled,
    pub ceiling: Ceiling,
    /// Each member has a soft quota.
    pub has_quotas: bool,
    pub choice: Choice,
    pub demand: Option<Demand>,
    /// Call-offs near the anchor that bring the ceiling to where the story needs it.
    pub fill: Option<(NaiveDate, Fill)>,
    /// Day of an emergency order on paper that breaches the ceiling.
    pub emergency: Option<NaiveDate>,
}

/// A lot with its supplier.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lot {
    pub title: &'static str,
    pub supplier: &'static str,
}

/// How a supplier is chosen; `next` is the second supplier of every lot, at the same prices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// One supplier per lot.
    One,
    /// In rank; who does not answer in so many working days has passed.
    Cascade { next: &'static str, answer_days: i32 },
    /// In turn.
    Rotation { next: &'static str },
    /// In rank up to this net amount, above it by mini-competition.
    Competition { next: &'static str, direct_limit: &'static str },
}

impl Choice {
    pub(super) fn mechanism(self) -> Mechanism {
        match self {
            Self::One => Mechanism::Single,
            Self::Cascade { .. } => Mechanism::Cascade,
            Self::Rotation { .. } => Mechanism::Rotation,
            Self::Competition { direct_limit, .. } => {
                Mechanism::MiniCompetitionAbove { direct_limit: amount(direct_limit) }
            }
        }
    }

    /// The second supplier.
    pub(super) const fn next(self) -> Option<&'static str> {
        match self {
            Self::One => None,
            Self::Cascade { next, .. } | Self::Rotation { next } | Self::Competition { next, .. } => Some(next),
        }
    }

    pub(super) const fn answer_days(self) -> Option<i32> {
        match self {
            Self::Cascade { answer_days, .. } => Some(answer_days),
            Self::One | Self::Rotation { .. } | Self::Competition { .. } => None,
        }
    }
}

/// An item with its prices and baselines.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub article: &'static str,
    pub title: &'static str,
    pub unit: &'static str,
    pub cpv: &'static str,
    pub vat: VatTreatment,
    /// Smallest quantity and packing unit, in tenths.
    pub min: i64,
    pub step: i64,
    pub personal_data: bool,
    /// Index of its lot.
    pub lot: usize,
    /// First days of the versions, ascending, with their price.
    pub prices: Vec<(NaiveDate, Price)>,
    pub baselines: Vec<Baseline>,
    /// Ceiling by quantity: planned demand is this share of it.
    pub quantity_percent: Option<u64>,
}

/// A baseline with its evidence.
#[derive(Debug, Clone)]
pub(super) struct Baseline {
    pub kind: BaselineKind,
    pub price: UnitPrice,
    pub per: Per,
    pub dated_on: NaiveDate,
    pub evidence: String,
}

/// Who may call off.
#[derive(Debug, Clone, Copy)]
pub(super) enum Entitled {
    /// Those on the list of the notice: this share of the members of that day.
    Named(u64),
    /// An announced category that includes future members.
    Category { kinds: &'static [&'static str], wording: &'static str },
}

/// How the ceiling follows from the planned demand.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ceiling {
    /// Planned demand is this share of it, in percent.
    pub taken_percent: u64,
    /// At least this much is free, in whole euros.
    pub free_at_least: u64,
    /// One cent below a round amount.
    pub less_a_cent: bool,
}

/// How members use a contract.
#[derive(Debug, Clone, Copy)]
pub(super) struct Demand {
    /// Call-offs of the full demo.
    pub calls: usize,
    /// First and last day of ordinary call-offs.
    pub from: NaiveDate,
    pub until: NaiveDate,
    /// What a member orders.
    pub basket: fn(&Dice, Shopper) -> Basket,
    /// Working days from confirmation to delivery.
    pub lead: u64,
    /// What people get wrong at first.
    pub slips: &'static [Slip],
}

/// Who orders and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shopper {
    pub desks: u64,
    pub day: NaiveDate,
}

/// What is ordered.
#[derive(Debug, Clone)]
pub(super) struct Basket {
    pub lines: Vec<(&'static str, Quantity)>,
    pub need: String,
    pub performance: Option<Period>,
    /// Days until delivery is wished for; none for services.
    pub desired_in: Option<u64>,
}

/// A mistake in a first submission that the review declines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slip {
    /// Nothing is wrong with the form: the contract or the member stands in the way.
    None,
    /// The need is not explained.
    NoNeed,
    /// Half a packing unit.
    OffStep,
    /// An article that is not in the contract.
    Unknown(&'static str),
}

/// All of them, in the order of their numbers.
pub(super) fn all(calendar: Calendar) -> Vec<Design> {
    vec![
        citrix::design(calendar),
        toner::design(calendar),
        hosting::design(calendar),
        training::design(calendar),
        printers::design(calendar),
        notebooks::design(calendar),
        monitors::design(calendar),
        development::design(calendar),
        furniture::design(calendar),
        network::design(calendar),
        security::design(calendar),
    ]
}

impl Design {
    /// Whether an item needs an agreement under Art. 28 GDPR.
    pub(super) fn processes_personal_data(&self) -> bool {
        self.items.iter().any(|item| item.personal_data)
    }

    /// The item with this article number.
    pub(super) fn item(&self, article: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.article == article)
    }

    /// Line amount on `day` as the pricing of the domain computes it.
    pub(super) fn line_net(&self, article: &str, quantity: Quantity, basket: &Basket, day: NaiveDate) -> Net {
        let Some(price) = self.item(article).and_then(|item| item.price_on(day)) else { return Net::ZERO };
        match price {
            Price::Fixed { unit_price } => Net::of_line(*unit_price, quantity, None),
            Price::Subscription { unit_price_month } => {
                Net::of_line(*unit_price_month, quantity, basket.performance.map(Period::months))
            }
            Price::ListMinus { list_price, discount_pct } => {
                Net::of_line(list_price.after_discount(*discount_pct, self.unit_price_decimals), quantity, None)
            }
            Price::TierAllUnits { tiers, .. } => {
                let tier = tiers.iter().rev().find(|tier| tier.from <= quantity);
                tier.map_or(Net::ZERO, |tier| Net::of_line(tier.unit_price, quantity, None))
            }
            // No demo contract has these; the stream of orders would have to keep their running totals.
            Price::TierGraduated { .. } | Price::Index { .. } | Price::Quoted { .. } => Net::ZERO,
        }
    }

    /// Net order value with surcharge.
    pub(super) fn net(&self, basket: &Basket, day: NaiveDate) -> Net {
        let lines: Net = basket.lines.iter().map(|(article, n)| self.line_net(article, *n, basket, day)).sum();
        let minimum = self.min_order.as_ref().filter(|minimum| lines < minimum.value);
        let surcharge = minimum.and_then(|minimum| minimum.surcharge.as_ref());
        lines + surcharge.map_or(Net::ZERO, |surcharge| surcharge.net)
    }
}

impl Item {
    /// The price valid on `day`.
    pub(super) fn price_on(&self, day: NaiveDate) -> Option<&Price> {
        self.prices.iter().rev().find(|(from, _)| *from <= day).map(|(_, price)| price)
    }

    fn at_vat(self, rate: &str) -> Self {
        Self { vat: VatTreatment { rate: rate_of(rate), ..self.vat }, ..self }
    }

    fn baseline(mut self, kind: BaselineKind, price: &str, dated_on: NaiveDate, evidence: impl Into<String>) -> Self {
        self.baselines.push(Baseline {
            kind,
            price: unit_price(price),
            per: Per::Unit,
            dated_on,
            evidence: evidence.into(),
        });
        self
    }

    fn per_month(mut self) -> Self {
        self.baselines.iter_mut().for_each(|baseline| baseline.per = Per::Month);
        self
    }

    fn packed(self, tenths: i64) -> Self {
        Self { min: tenths, step: tenths, ..self }
    }
}

/// `RV-<year of the first day>-<number>`.
fn number(term: Period, number: u32) -> String {
    format!("RV-{}-{number:02}", term.from().year())
}

fn term(from: NaiveDate, to: NaiveDate) -> Period {
    Period::new(from, to).expect("the terms of the demo are in order")
}

/// An item at 19 % VAT, any whole quantity.
fn item(
    article: &'static str,
    title: &'static str,
    unit: &'static str,
    cpv: &'static str,
    prices: Vec<(NaiveDate, Price)>,
) -> Item {
    Item {
        article,
        title,
        unit,
        cpv,
        vat: VatTreatment { category: "S".to_owned(), rate: rate_of("19"), reason: String::new() },
        min: 10,
        step: 10,
        personal_data: false,
        lot: 0,
        prices,
        baselines: Vec::new(),
        quantity_percent: None,
    }
}

fn unit_price(text: &str) -> UnitPrice {
    text.parse().expect("prices in the tables of the demo are written as decimals")
}

fn rate_of(text: &str) -> Percent {
    text.parse().expect("rates in the tables of the demo are written as decimals")
}

fn amount(text: &str) -> Net {
    text.parse().expect("amounts in the tables of the demo are written as decimals")
}

fn fixed(price: &str) -> Price {
    Price::Fixed { unit_price: unit_price(price) }
}

fn monthly(price: &str) -> Price {
    Price::Subscription { unit_price_month: unit_price(price) }
}

fn list_minus(list: &str, discount: &str) -> Price {
    Price::ListMinus { list_price: unit_price(list), discount_pct: rate_of(discount) }
}

fn tiers(tiers: &[(i64, &str)]) -> Price {
    Price::TierAllUnits {
        counted: Counted::PerOrder,
        tiers: tiers.iter().map(|(from, price)| Tier { from: units(*from), unit_price: unit_price(price) }).collect(),
    }
}

/// Minimum order value with surcharge at 19 % VAT.
fn small_order(minimum: &str, surcharge: &str) -> Option<MinOrder> {
    let surcharge = Surcharge { net: amount(surcharge), vat_rate: rate_of("19") };
    Some(MinOrder { value: amount(minimum), surcharge: Some(surcharge) })
}

/// A whole quantity.
pub(super) fn units(count: i64) -> Quantity {
    tenths(count * 10)
}

/// A quantity in tenths.
pub(super) fn tenths(count: i64) -> Quantity {
    Quantity::new(Decimal::new(count, 1)).expect("quantities of the demo are small")
}

/// A count of dice as a whole quantity.
fn counted(count: u64) -> Quantity {
    units(i64::try_from(count).unwrap_or(1))
}

/// One of the texts, with the quantity in German notation for `{n}`.
fn need(dice: &Dice, texts: &[&'static str], quantity: Quantity) -> String {
    dice.text(texts).replace("{n}", &quantity.to_string().replace('.', ","))
}

/// Twelve months from the first of the month after `day`.
pub(super) fn year_after(day: NaiveDate) -> Period {
    let first = next_month(day);
    let end = first.with_year(first.year() + 1).expect("the first of a month exists in every year");
    term(first, end - Days::new(1))
}

/// First day of the month after `day`.
fn next_month(day: NaiveDate) -> NaiveDate {
    Calendar::new(day).month(1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn designs(anchor: &str) -> Vec<Design> {
        all(Calendar::new(anchor.parse().expect("a date")))
    }

    #[test]
    fn eleven_contracts_with_different_numbers_whatever_the_day() {
        for anchor in ["2026-11-22", "2027-01-01", "2027-02-28", "2028-02-29", "2026-12-31"] {
            let designs = designs(anchor);
            assert_eq!(designs.iter().map(|design| &design.number).collect::<BTreeSet<_>>().len(), 11, "{anchor}");
            for design in &designs {
                assert!(design.notice_date < design.term.from(), "{} {anchor}", design.key);
                assert!(design.options.iter().all(|(option, _)| design.term.to() < option.new_end));
            }
        }
    }

    #[test]
    fn one_has_expired_one_expires_within_sixty_days_the_others_run_on() {
        for anchor in ["2026-11-22", "2027-01-01", "2027-07-01", "2027-07-31", "2028-02-29"] {
            let day: NaiveDate = anchor.parse().expect("a date");
            for design in designs(anchor) {
                let end = design.options.iter().filter(|(option, _)| option.exercised_on.is_some());
                let end = end.map(|(option, _)| option.new_end).fold(design.term.to(), NaiveDate::max);
                let left = end.signed_duration_since(day).num_days();
                match design.key {
                    TONER => assert!(left < 0, "{anchor}: {left}"),
                    TRAINING => assert!((1..=60).contains(&left), "{anchor}: {left}"),
                    _ => assert!(60 < left, "{} {anchor}: {left}", design.key),
                }
            }
        }
    }

    #[test]
    fn the_first_walk_costs_what_the_worked_example_says() {
        let citrix = designs("2026-11-22").remove(0);
        let day: NaiveDate = "2026-11-22".parse().expect("a date");
        let basket = Basket {
            lines: vec![("CTX-UNI", units(120)), ("CTX-TRN", units(2))],
            need: String::new(),
            performance: Some(year_after(day)),
            desired_in: None,
        };
        assert_eq!(citrix.number, "RV-2025-01");
        assert_eq!(citrix.net(&basket, day).to_string(), "19424.00");
    }

    #[test]
    fn monitors_cost_whole_euros_in_pairs() {
        let designs = designs("2026-11-22");
        let monitors = designs.iter().find(|design| design.key == MONITORS).expect("monitors");
        for item in &monitors.items {
            assert_eq!(item.step, 20);
            for (_, price) in &item.prices {
                let Price::Fixed { unit_price } = price else { panic!("a fixed price") };
                assert!(unit_price.decimal().fract().is_zero(), "{}", item.article);
            }
        }
    }
}
