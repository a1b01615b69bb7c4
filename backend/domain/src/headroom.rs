//! „Wie viel kann ich noch bestellen?“: the largest quantity of an article that no rule blocks, and what
//! limits it.
//!
//! Found by asking the review itself, so that the answer and a later release cannot disagree. Within one
//! tier a larger quantity costs more; between tiers it may cost less. So each tier is searched by
//! itself, the highest first.

use serde::{Deserialize, Serialize};

use crate::facts::{Facts, Price};
use crate::finding::{Finding, Outcome};
use crate::money::Quantity;
use crate::period::berlin_date;
use crate::pricing::price_term;
use crate::review::{Decision, Review, review};

/// The largest permitted quantity of an article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headroom {
    /// The article.
    pub article_number: String,
    /// The largest quantity that nothing blocks; `None` if nothing can be ordered at all.
    pub quantity: Option<Quantity>,
    /// What the next larger quantity would meet; empty if only the size of numbers limits it.
    pub limited_by: Vec<Finding>,
    /// What has to be justified at the largest quantity.
    pub to_justify: Vec<Finding>,
}

/// Answers for the first line of this article; other lines stay as they are.
#[must_use]
pub fn headroom(facts: &Facts, article_number: &str) -> Headroom {
    let mut asked = Asked::new(facts, article_number);
    let found = asked.search();
    let next = found.map_or(asked.least, |steps| steps + 1);
    let judged = |asked: &mut Asked, steps| {
        let review = asked.judged(steps);
        (review.gaps.is_empty()).then_some(review)
    };
    Headroom {
        article_number: article_number.to_owned(),
        quantity: found.map(|steps| asked.quantity(steps)),
        limited_by: judged(&mut asked, next).map(|review| of_outcome(&review, Outcome::Block)).unwrap_or_default(),
        to_justify: found.map(|steps| of_outcome(&asked.judged(steps), Outcome::Justify)).unwrap_or_default(),
    }
}

fn of_outcome(review: &Review, outcome: Outcome) -> Vec<Finding> {
    review.with_outcome(outcome).cloned().collect()
}

/// The question, in whole steps of the packing unit.
struct Asked {
    facts: Facts,
    line: Option<usize>,
    step: Quantity,
    least: u64,
    /// First step of each tier, ascending.
    tiers: Vec<u64>,
}

/// More steps than any order has; the amount is absurd before.
const MOST: u64 = 9_000_000_000;

impl Asked {
    fn new(facts: &Facts, article_number: &str) -> Self {
        let item = facts.contract.item(article_number);
        let step = item.map(|item| item.step).filter(|step| !step.is_zero()).unwrap_or(Quantity::ONE);
        let in_steps = |quantity: Quantity| quantity.steps_up(step).clamp(1, MOST);
        let least = item.map_or(1, |item| in_steps(item.min_quantity));
        let day = berlin_date(facts.evaluated_at);
        let term = item.and_then(|item| price_term(facts, item, day));
        let mut tiers: Vec<u64> = match term.map(|term| &term.price) {
            Some(Price::TierAllUnits { tiers, .. } | Price::TierGraduated { tiers, .. }) => {
                tiers.iter().map(|tier| in_steps(tier.from).max(least)).collect()
            }
            _ => Vec::new(),
        };
        tiers.push(least);
        tiers.sort_unstable();
        tiers.dedup();
        let mut facts = facts.clone();
        let line = facts.request.lines.iter().position(|line| line.article_number == article_number);
        // Only what is asked about is asked; savings are not.
        facts.baselines.clear();
        Self { facts, line, step, least, tiers }
    }

    fn quantity(&self, steps: u64) -> Quantity {
        self.step.times(steps)
    }

    fn judged(&mut self, steps: u64) -> Review {
        let quantity = self.quantity(steps);
        if let Some(line) = self.line.and_then(|at| self.facts.request.lines.get_mut(at)) {
            line.quantity = quantity;
        }
        review(&self.facts)
    }

    fn permitted(&mut self, steps: u64) -> bool {
        let review = self.judged(steps);
        review.gaps.is_empty() && review.decision != Decision::Blocked
    }

    fn search(&mut self) -> Option<u64> {
        self.line?;
        let mut end = MOST;
        for first in self.tiers.clone().into_iter().rev() {
            if let Some(found) = self.largest_within(first, end) {
                return Some(found);
            }
            end = first - 1;
        }
        None
    }

    /// The largest permitted one of a tier, whose permitted ones come first.
    fn largest_within(&mut self, first: u64, last: u64) -> Option<u64> {
        if last < first || !self.permitted(first) {
            return None;
        }
        let (mut good, mut reach) = (first, 1_u64);
        while good + reach <= last && self.permitted(good + reach) {
            good += reach;
            reach *= 2;
        }
        let mut bad = (good + reach).min(last + 1);
        while 1 < bad - good {
            let middle = good + (bad - good) / 2;
            match self.permitted(middle) {
                true => good = middle,
                false => bad = middle,
            }
        }
        Some(good)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{ceiling, citrix, item, line, of};
    use crate::facts::{Counted, Measure, Scope, Tier};
    use proptest::prelude::*;

    fn only(facts: &mut Facts, article: &str) {
        facts.request.lines = vec![line(1, article, "1")];
    }

    fn rules(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.rule.as_str()).collect()
    }

    #[test]
    fn a_rest_of_ten_days_permits_ten_and_names_the_ceiling() {
        let mut facts = citrix();
        only(&mut facts, "CTX-TRN");
        facts.scopes = vec![ceiling(30, Scope::Contract, Measure::Value, "311800.00", "300000.00")];
        let room = headroom(&facts, "CTX-TRN");
        assert_eq!(room.quantity, Some(of("10")));
        assert_eq!(rules(&room.limited_by), ["cap-value"]);
    }

    #[test]
    fn one_cent_less_permits_one_day_less() {
        let mut facts = citrix();
        only(&mut facts, "CTX-TRN");
        facts.scopes = vec![ceiling(30, Scope::Contract, Measure::Value, "311799.99", "300000.00")];
        assert_eq!(headroom(&facts, "CTX-TRN").quantity, Some(of("9")));
    }

    #[test]
    fn nobody_may_order_from_an_expired_contract() {
        let mut facts = citrix();
        facts.evaluated_at = of("2027-03-01T09:00:00Z");
        let room = headroom(&facts, "CTX-TRN");
        assert_eq!(room.quantity, None);
        assert_eq!(rules(&room.limited_by), ["within-term"]);
    }

    #[test]
    fn a_cheaper_tier_above_a_gap_is_found() {
        // 48 and 49 cost more than 50: 50 fits where 49 does not.
        let tier = |from: &str, price: &str| Tier { from: of(from), unit_price: of(price) };
        let tiers = vec![tier("1", "912.40"), tier("10", "874.90"), tier("50", "839.50")];
        let mut facts = citrix();
        facts.contract.items.push(item(
            14,
            "NB-14",
            "Stück",
            Price::TierAllUnits { counted: Counted::PerOrder, tiers },
        ));
        only(&mut facts, "NB-14");
        facts.scopes = vec![ceiling(30, Scope::Contract, Measure::Value, "41980.00", "0")];
        assert_eq!(headroom(&facts, "NB-14").quantity, Some(of("50")));
    }

    #[test]
    fn without_a_ceiling_only_the_size_of_numbers_limits() {
        let mut facts = citrix();
        only(&mut facts, "CTX-TRN");
        facts.scopes.clear();
        let room = headroom(&facts, "CTX-TRN");
        assert!(room.limited_by.is_empty() && room.quantity.is_some(), "{room:?}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_it_permits_passes_and_one_step_more_does_not(rest in 0_i64..5_000_000, step in 1_u32..7) {
            let mut facts = citrix();
            only(&mut facts, "CTX-TRN");
            facts.contract.items[1].step = of(&step.to_string());
            facts.contract.items[1].min_quantity = of("1");
            let limit = rust_decimal::Decimal::new(rest, 2).to_string();
            facts.scopes = vec![ceiling(30, Scope::Contract, Measure::Value, &limit, "0")];
            let room = headroom(&facts, "CTX-TRN");
            let verdict = |steps: u64| {
                let mut facts = facts.clone();
                facts.request.lines[0].quantity = of::<Quantity>(&step.to_string()).times(steps);
                review(&facts).decision
            };
            let steps = room.quantity.map_or(0, |quantity| quantity.steps_up(of(&step.to_string())));
            prop_assert!(steps == 0 || verdict(steps) != Decision::Blocked);
            prop_assert_eq!(verdict(steps + 1), Decision::Blocked);
        }
    }
}
