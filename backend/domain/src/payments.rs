//! Payments of a call-off by the calendar year in which they fall due (§ 107 KVG LSA).
//!
//! A subscription falls due month by month, everything else when the performance is complete. What
//! would have fallen due before the release falls due in its year.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use crate::facts::Facts;
use crate::money::{Gross, Net, Vat};
use crate::period::{Months, Period};
use crate::pricing::vat::{self, VatPart};
use crate::pricing::{PricedCallOff, PricedLine};

/// What the member bears in the end: gross, or net where it deducts input VAT.
#[must_use]
pub fn burden(facts: &Facts, priced: &PricedCallOff) -> Gross {
    if facts.member.deducts_input_vat { priced.net.plus_vat(Vat::ZERO) } else { priced.gross }
}

/// What falls due in each year after the one of `day`, as the member bears it. The rest of
/// [`burden`] falls due in the year of `day`, with the cent that rounding by year may leave.
#[must_use]
pub fn later_years(facts: &Facts, priced: &PricedCallOff, day: NaiveDate) -> BTreeMap<i32, Gross> {
    let mut parts: BTreeMap<i32, Vec<VatPart>> = BTreeMap::new();
    for line in &priced.lines {
        for (year, part) in by_year(facts, line, day) {
            parts.entry(year).or_default().push(part);
        }
    }
    let complete = facts.request.performance.map_or(day, Period::to).year();
    let surcharge = facts.contract.min_order.as_ref().and_then(|minimum| minimum.surcharge.as_ref());
    let surcharge = surcharge.filter(|_| !priced.surcharge.is_zero());
    if surcharge.is_some() {
        parts.entry(complete).or_default();
    }
    let surcharge = surcharge.map(|surcharge| vat::of_surcharge(surcharge, facts.contract.vat_of_the_whole()));
    let later = parts.into_iter().filter(|(year, _)| day.year() < *year);
    later
        .map(|(year, parts)| {
            let groups = vat::groups(parts.iter().chain(surcharge.iter().filter(|_| year == complete)));
            let net: Net = groups.iter().map(|group| group.base).sum();
            let tax: Vat = groups.iter().map(|group| group.tax).sum();
            (year, net.plus_vat(if facts.member.deducts_input_vat { Vat::ZERO } else { tax }))
        })
        .collect()
}

/// What falls due in each year from the one of `day` on, as the member bears it; the sum is [`burden`].
#[must_use]
pub fn plan(facts: &Facts, priced: &PricedCallOff, day: NaiveDate) -> BTreeMap<i32, Gross> {
    let mut years = later_years(facts, priced, day);
    let this_year = burden(facts, priced) - years.values().copied().sum::<Gross>();
    if !this_year.is_zero() {
        years.insert(day.year(), this_year);
    }
    years
}

/// A line cut at New Year, each part with its VAT.
fn by_year(facts: &Facts, line: &PricedLine, day: NaiveDate) -> Vec<(i32, VatPart)> {
    let (Some(item), Some(net)) = (facts.contract.item(&line.article_number), line.net) else { return Vec::new() };
    let performance = facts.request.performance;
    let (Some(period), true) = (performance, line.months.is_some()) else {
        let due = performance.map_or(day, Period::to).year();
        return vat::parts(item, net, performance, day, false).into_iter().map(|part| (due, part)).collect();
    };
    let whole = period.months();
    let mut parts = Vec::new();
    let mut passed = Months::ZERO;
    let mut given = Net::ZERO;
    for year in period.from().year()..=period.to().year() {
        let Some(part) = part_in(period, year) else { continue };
        passed = passed + part.months();
        let reached = net.share_of_months(passed, whole);
        let split = vat::parts(item, reached - given, Some(part), day, true);
        parts.extend(split.into_iter().map(|part| (year, part)));
        given = reached;
    }
    parts
}

/// The days of the period that lie in this calendar year.
fn part_in(period: Period, year: i32) -> Option<Period> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1)?.max(period.from());
    let last = NaiveDate::from_ymd_opt(year, 12, 31)?.min(period.to());
    Period::new(first, last).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{citrix, of};
    use crate::pricing::price;

    fn later(facts: &Facts) -> Vec<(i32, Gross)> {
        let day = of("2026-01-19");
        later_years(facts, &price(facts, day), day).into_iter().collect()
    }

    #[test]
    fn a_subscription_falls_due_month_by_month_and_training_at_its_end() {
        // January 2027: 120 x 11.85 = 1,422.00 plus the training 2,360.00, with 19 %.
        assert_eq!(later(&citrix()), [(2027, of("4500.58"))]);
    }

    #[test]
    fn nothing_falls_due_later_when_the_performance_ends_on_the_last_of_december() {
        let mut facts = citrix();
        facts.request.performance = Period::new(of("2026-02-01"), of("2026-12-31")).ok();
        assert_eq!(later(&facts), []);
    }

    #[test]
    fn three_years_add_up_to_the_whole_order_but_for_the_year_of_the_release() {
        let mut facts = citrix();
        facts.request.performance = Period::new(of("2026-02-01"), of("2028-01-31")).ok();
        // 24 months: 12 in 2027; January 2028 with the training.
        assert_eq!(later(&facts), [(2027, of("20306.16")), (2028, of("4500.58"))]);
    }

    #[test]
    fn the_plan_adds_up_to_what_the_member_bears() {
        let (facts, day) = (citrix(), of("2026-01-19"));
        let priced = price(&facts, day);
        let plan: Vec<_> = plan(&facts, &priced, day).into_iter().collect();
        assert_eq!(plan, [(2026, of("18613.98")), (2027, of("4500.58"))]);
        assert_eq!(plan.iter().map(|(_, due)| *due).sum::<Gross>(), burden(&facts, &priced));
    }

    #[test]
    fn who_deducts_input_vat_bears_the_net_amount() {
        let mut facts = citrix();
        facts.member.deducts_input_vat = true;
        assert_eq!(later(&facts), [(2027, of("3782.00"))]);
    }
}
