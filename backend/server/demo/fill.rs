//! Call-offs that bring a contract to the state of its story: 96 % taken, or a rest to the cent.
//!
//! They are planned from the real rest of the ceiling, after everything before is settled, and made
//! by large members like any other.

use abruf_domain::money::{Net, Quantity, Volume};
use abruf_domain::period::berlin_date;
use chrono::{DateTime, Days, TimeDelta, Utc};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::calendar::working_day_from;
use super::call_offs::{Fate, Planned};
use super::contracts::{Basket, Design, units};
use super::dice::Dice;
use super::opening::Opened;
use super::world::World;

/// Where a ceiling is to be brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fill {
    /// Just below this share of it.
    Share { permille: i64 },
    /// Little less than this is free, in whole euros.
    AtMostFree { at_most: i64 },
    /// Exactly this is free.
    ExactlyFree { free: &'static str },
}

/// Most pieces of one call-off.
const MOST: i64 = 45;
/// Most call-offs.
const CALLS: usize = 16;
/// From this many euros on, every even amount can be made up of pairs of monitors and arms.
const SURELY_EXACT: i64 = 20_400;

/// Plans the call-offs, one every ten minutes from `at` on.
pub(super) fn plan(
    fill: Fill,
    contract: &Opened,
    world: &World,
    dice: &Dice,
    at: DateTime<Utc>,
    taken: Volume,
) -> Vec<Planned> {
    let Opened { design, entitled, limit, .. } = contract;
    let free = (*limit - taken).decimal();
    let baskets = match fill {
        Fill::Share { permille } => {
            let goal = (limit.decimal() * Decimal::new(permille, 3)).trunc();
            closest(design, at, goal - taken.decimal())
        }
        Fill::AtMostFree { at_most } => closest(design, at, free - Decimal::from(at_most)),
        Fill::ExactlyFree { free: wanted } => {
            let wanted: Decimal = wanted.parse().expect("the table of contracts holds decimals");
            exact(design, at, (free - wanted).to_i64().unwrap_or(0))
        }
    };
    let large: Vec<usize> = (0..world.members.len())
        .filter(|index| entitled[*index] && 200 <= world.members[*index].row.desks)
        .filter(|index| world.members[*index].membership.contains(berlin_date(at)))
        .collect();
    let minutes = (0_i64..).map(|call| TimeDelta::minutes(10 * call));
    baskets
        .into_iter()
        .zip(minutes)
        .map(|(basket, after)| {
            let fate = Fate::ReleasedOn(working_day_from(berlin_date(at) + Days::new(1)));
            let mut planned = Planned::new(dice, berlin_date(at), *dice.pick(&large), basket, fate);
            planned.at = at + after;
            planned
        })
        .collect()
}

/// Baskets of one line each whose sum comes close to `goal` from below.
fn closest(design: &Design, at: DateTime<Utc>, goal: Decimal) -> Vec<Basket> {
    let day = berlin_date(at);
    let mut left = goal;
    let mut baskets = Vec::new();
    let dearest_first = {
        let mut articles: Vec<(Net, &'static str)> = design
            .items
            .iter()
            .map(|item| (design.net(&basket(vec![(item.article, units(1))]), day), item.article))
            .collect();
        articles.sort_by_key(|(net, _)| std::cmp::Reverse(*net));
        articles
    };
    for (_, article) in dearest_first {
        while baskets.len() < CALLS {
            let fitting = (1..=MOST).rev().map(|count| basket(vec![(article, units(count))]));
            let Some(found) = fitting.into_iter().find(|basket| design.net(basket, day).decimal() <= left) else {
                break;
            };
            left -= design.net(&found, day).decimal();
            baskets.push(found);
        }
    }
    baskets
}

/// Baskets whose sum is exactly `goal` euros: pairs of three articles with whole prices.
fn exact(design: &Design, at: DateTime<Utc>, goal: i64) -> Vec<Basket> {
    let day = berlin_date(at);
    let pair = |article| {
        let net = design.net(&basket(vec![(article, units(2))]), day);
        net.decimal().to_i64().unwrap_or(1).max(1)
    };
    let articles: Vec<&'static str> = design.items.iter().map(|item| item.article).collect();
    let [small, large, arm] = [articles[0], articles[1], articles[2]];
    let (of_small, of_large, of_arm) = (pair(small), pair(large), pair(arm));
    let mut left = goal;
    let mut baskets = Vec::new();
    let chunk = MOST / 2;
    while SURELY_EXACT + chunk * of_large <= left && baskets.len() + 2 < CALLS {
        baskets.push(basket(vec![(large, units(2 * chunk))]));
        left -= chunk * of_large;
    }
    let combinations =
        (0..=left.max(0) / of_large).rev().flat_map(|larges| (0..of_arm).map(move |smalls| (larges, smalls)));
    let found = combinations
        .map(|(larges, smalls)| (larges, smalls, left - larges * of_large - smalls * of_small))
        .find(|(_, _, rest)| 0 <= *rest && rest % of_arm == 0);
    if let Some((larges, smalls, rest)) = found {
        let lines = [(large, larges), (small, smalls), (arm, rest / of_arm)];
        let lines =
            lines.into_iter().filter(|(_, pairs)| 0 < *pairs).map(|(article, pairs)| (article, units(2 * pairs)));
        baskets.push(basket(lines.collect()));
    }
    baskets
}

fn basket(lines: Vec<(&'static str, Quantity)>) -> Basket {
    Basket {
        lines,
        need: "Beschaffung für mehrere Ämter gemeinsam, Mengen laut Bedarfsabfrage und Inventar.".to_owned(),
        performance: None,
        desired_in: Some(21),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::calendar::{Calendar, at};
    use crate::demo::contracts::{MONITORS, NOTEBOOKS, all};

    fn design(key: &str) -> Design {
        let designs = all(Calendar::new("2026-11-22".parse().expect("a date")));
        designs.into_iter().find(|design| design.key == key).expect("one of the eight")
    }

    #[test]
    fn every_even_amount_is_made_up_exactly() {
        let design = design(MONITORS);
        let noon = at("2026-11-13".parse().expect("a date"), 12, 0);
        for goal in (20_400..21_400).step_by(2).chain([54_322, 90_000]) {
            let baskets = exact(&design, noon, goal);
            let sum: Net = baskets.iter().map(|basket| design.net(basket, berlin_date(noon))).sum();
            assert_eq!(sum, Net::rounded(Decimal::from(goal)));
        }
    }

    #[test]
    fn close_means_less_than_a_bag_below() {
        let design = design(NOTEBOOKS);
        let noon = at("2026-11-13".parse().expect("a date"), 12, 0);
        for goal in [500, 12_345, 87_654] {
            let baskets = closest(&design, noon, Decimal::from(goal));
            let sum: Net = baskets.iter().map(|basket| design.net(basket, berlin_date(noon))).sum();
            let missing = Decimal::from(goal) - sum.decimal();
            assert!(Decimal::ZERO <= missing && missing < Decimal::from(30), "{goal}: {missing}");
        }
    }
}
