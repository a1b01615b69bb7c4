//! What an order has saved in fact (realisiert). The formulas and the worked example stand in `savings.rs`.

use rust_decimal::Decimal;

use crate::ids::BaselineId;
use crate::money::{Gross, Net, Percent, Quantity, UnitPrice};
use crate::period::Period;

/// What an entry is about: a line against one baseline, the costs of the whole order, or its process effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Line; none for surcharge, fee and process effect.
    pub position: Option<i32>,
    /// A, B, C, P or none.
    pub class: String,
    /// Baseline used.
    pub baseline: Option<BaselineId>,
}

/// Amounts of an account, net.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    /// Baseline amount.
    pub baseline: Net,
    /// Baseline minus line, or the process effect.
    pub effect: Net,
    /// Surcharge, against A.
    pub surcharge: Net,
    /// Fee, against A.
    pub fee: Net,
    /// Value of the line or of the surcharge.
    pub net: Net,
}

impl Amounts {
    /// Nothing.
    pub const ZERO: Self =
        Self { baseline: Net::ZERO, effect: Net::ZERO, surcharge: Net::ZERO, fee: Net::ZERO, net: Net::ZERO };

    /// Whether every amount is zero.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        [self.baseline, self.effect, self.surcharge, self.fee, self.net].iter().all(|it| it.is_zero())
    }

    /// Both together.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            baseline: self.baseline + other.baseline,
            effect: self.effect + other.effect,
            surcharge: self.surcharge + other.surcharge,
            fee: self.fee + other.fee,
            net: self.net + other.net,
        }
    }

    /// This without the other.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        Self {
            baseline: self.baseline - other.baseline,
            effect: self.effect - other.effect,
            surcharge: self.surcharge - other.surcharge,
            fee: self.fee - other.fee,
            net: self.net - other.net,
        }
    }
}

/// A line of an order with what happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineSoFar {
    /// Position of the order.
    pub position: i32,
    /// Quantity that stands.
    pub quantity: Quantity,
    /// Price ordered per unit, per month for subscriptions.
    pub unit_price: UnitPrice,
    /// Performance period, where the line is a subscription.
    pub performance: Option<Period>,
    /// Quantity delivered.
    pub delivered: Quantity,
    /// What invoices bill that count, oldest first.
    pub billed: Vec<Billed>,
}

/// A line of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Billed {
    /// Quantity.
    pub quantity: Quantity,
    /// Amount of the line.
    pub net: Net,
    /// What it covers of a subscription; `None`: all of it.
    pub performance: Option<Period>,
}

/// An order with what happened to it.
#[derive(Debug, Clone, Copy)]
pub struct OrderSoFar<'a> {
    /// What is planned of it and stands: release, cancellations and corrections summed by account.
    pub planned: &'a [(Account, Amounts)],
    /// Its lines.
    pub lines: &'a [LineSoFar],
    /// Surcharge by the invoices that count, if one of them bills it.
    pub surcharge_billed: Option<Net>,
    /// Somebody has noted in a word that it is invoiced: what no invoice names counts as billed as ordered.
    pub settled: bool,
}

/// What is realised of an order, by account, in the order of the plan.
#[must_use]
pub fn realised(order: &OrderSoFar<'_>) -> Vec<(Account, Amounts)> {
    let parts: Vec<(i32, Part)> = order.lines.iter().map(|line| (line.position, part(line, order.settled))).collect();
    let part_of = |position: i32| parts.iter().find(|(it, _)| *it == position).map(|(_, part)| part);
    let begun = parts.iter().any(|(_, part)| !part.done.is_zero());
    let ordered: Net = order.planned.iter().map(|(_, amounts)| amounts.net).sum();
    let planned_surcharge: Net = order.planned.iter().map(|(_, amounts)| amounts.surcharge).sum();
    let surcharge = order.surcharge_billed.or(order.settled.then_some(planned_surcharge)).filter(|_| begun);
    let of_lines =
        order.planned.iter().filter_map(|(account, amounts)| Some(part_of(account.position?)?.of(amounts.net)));
    let as_ordered = of_lines.sum::<Net>() + surcharge.map_or(Net::ZERO, |_| planned_surcharge);

    let mut surcharge = surcharge;
    let mut deviating: Vec<i32> = Vec::new();
    let mut of_account = |account: &Account, planned: &Amounts| match account.position {
        Some(position) => {
            let Some(part) = part_of(position) else { return Amounts::ZERO };
            let mut net = part.of(planned.net);
            // A line stands in one account; in two only where a correction moved it, and then one of them is empty.
            if !planned.net.is_zero() && !deviating.contains(&position) {
                deviating.push(position);
                net += part.deviation;
            }
            let baseline = part.of(planned.baseline);
            let effect = if account.baseline.is_some() { baseline - net } else { Net::ZERO };
            Amounts { baseline, effect, net, ..Amounts::ZERO }
        }
        None if account.class == "P" => {
            if begun {
                *planned
            } else {
                Amounts::ZERO
            }
        }
        None => {
            let surcharge = surcharge.take().unwrap_or(Net::ZERO);
            let fee = planned.fee.share(as_ordered.decimal(), ordered.decimal());
            Amounts { surcharge, fee, net: surcharge, ..Amounts::ZERO }
        }
    };
    order.planned.iter().map(|(account, planned)| (account.clone(), of_account(account, planned))).collect()
}

/// What has to be booked so that `booked` becomes `target`; empty where they agree.
#[must_use]
pub fn difference(target: &[(Account, Amounts)], booked: &[(Account, Amounts)]) -> Vec<(Account, Amounts)> {
    let sum = |list: &[(Account, Amounts)], account: &Account| {
        let own = list.iter().filter(|(it, _)| it == account);
        own.fold(Amounts::ZERO, |sum, (_, amounts)| sum.plus(amounts))
    };
    let mut accounts: Vec<&Account> = Vec::new();
    for (account, _) in target.iter().chain(booked) {
        if !accounts.contains(&account) {
            accounts.push(account);
        }
    }
    let of_account = |account: &Account| sum(target, account).minus(&sum(booked, account));
    let differing = accounts.into_iter().map(|account| (account.clone(), of_account(account)));
    differing.filter(|(_, amounts)| !amounts.is_zero()).collect()
}

/// What class A changes in the budget of a member that deducts no input VAT: effects with the VAT of their rate,
/// surcharge and fee with the highest of these rates. Information: the order and the saving stay net.
#[must_use]
pub fn budget_effect(effects: &[(Net, Percent)], costs: Net) -> Gross {
    let highest = effects.iter().map(|(_, rate)| *rate).max().unwrap_or(Percent::ZERO);
    let mut by_rate: Vec<(Percent, Net)> = vec![(highest, -costs)];
    for (effect, rate) in effects {
        match by_rate.iter_mut().find(|(it, _)| it == rate) {
            Some((_, sum)) => *sum += *effect,
            None => by_rate.push((*rate, *effect)),
        }
    }
    by_rate.into_iter().map(|(rate, net)| net.plus_vat(net.vat(rate))).sum()
}

/// How much of a line is both delivered and invoiced.
struct Part {
    /// In units, or units times months.
    done: Decimal,
    /// What stands of the line in the same measure.
    whole: Decimal,
    /// By how much the invoices deviate from the prices ordered.
    deviation: Net,
}

impl Part {
    fn of(&self, whole: Net) -> Net {
        whole.share(self.done, self.whole)
    }
}

fn part(line: &LineSoFar, settled: bool) -> Part {
    let months = |period: Option<Period>| line.performance.map(|whole| period.unwrap_or(whole).months());
    let measure = |quantity: Quantity, period: Option<Period>| {
        quantity.decimal() * months(period).map_or(Decimal::ONE, |months| months.numerator())
    };
    let mut counted: Vec<(Quantity, Option<Period>)> = Vec::new();
    let (mut done, mut deviation) = (Decimal::ZERO, Net::ZERO);
    for billed in &line.billed {
        // What an earlier invoice has counted for one of these days is not counted again.
        let before = counted.iter().filter(|(_, period)| share_a_day(*period, billed.performance));
        let before: Quantity = before.map(|(quantity, _)| *quantity).sum();
        let left = if line.delivered < before { Quantity::ZERO } else { line.delivered - before };
        let quantity = billed.quantity.min(left);
        done += measure(quantity, billed.performance);
        let as_ordered = Net::of_sane_line(line.unit_price, billed.quantity, months(billed.performance));
        let more = billed.net - as_ordered.unwrap_or(billed.net);
        deviation += more.share(quantity.decimal(), billed.quantity.decimal());
        counted.push((quantity, billed.performance));
    }
    let whole = measure(line.quantity, None);
    if settled {
        done = measure(line.delivered, None);
    }
    Part { done: done.min(whole), whole, deviation }
}

fn share_a_day(one: Option<Period>, other: Option<Period>) -> bool {
    one.zip(other).is_none_or(|(one, other)| one.overlaps(other))
}

#[cfg(test)]
mod tests;
