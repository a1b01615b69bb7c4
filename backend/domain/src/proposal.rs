//! Whom a draft names as its supplier before anybody has chosen, and why: what the contract's mechanism
//! says on the day. The rules judge whoever is named in the end.

use chrono::NaiveDate;

use crate::cascade;
use crate::checks::best_price_item::{asked, cheapest};
use crate::checks::rotation_turn::{last_award, next_in_turn};
use crate::facts::{Facts, Item, Mechanism, Party};
use crate::ids::LotId;
use crate::period::berlin_date;

/// A proposed supplier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal<'a> {
    /// Who.
    pub party: &'a Party,
    /// Why.
    pub why: Why,
}

/// Why a supplier is proposed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The contract has no other for this lot.
    Only,
    /// First in rank.
    First,
    /// Those ranked higher have declined or stayed silent: their names.
    NextInRank(Vec<String>),
    /// Next in turn after this one; `None` where nobody had an award yet.
    Turn(Option<String>),
    /// Cheapest for every line.
    Cheapest,
    /// Cheapest for the first line; others are cheaper for these articles, which want a call-off of their own.
    CheapestOfFirst(Vec<String>),
}

impl Why {
    /// The key in JSON.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Only => "only",
            Self::First => "first",
            Self::NextInRank(_) => "next_in_rank",
            Self::Turn(_) => "turn",
            Self::Cheapest => "cheapest",
            Self::CheapestOfFirst(_) => "cheapest_of_first",
        }
    }
}

/// Whom the mechanism proposes; `None` where nobody is party on the day.
#[must_use]
pub fn propose(facts: &Facts) -> Option<Proposal<'_>> {
    let day = berlin_date(facts.evaluated_at);
    let lot = first_lot(facts);
    let parties = facts.contract.ranked_parties(lot, day);
    let first = *parties.first()?;
    if parties.len() == 1 {
        return Some(Proposal { party: first, why: Why::Only });
    }
    match facts.contract.mechanism {
        Mechanism::Single => Some(Proposal { party: first, why: Why::First }),
        Mechanism::Cascade | Mechanism::MiniCompetitionAbove { .. } => {
            // Where all have passed the first one stays named: the rule says what is missing.
            let next = cascade::next(facts, lot, day).unwrap_or(first);
            let passed: Vec<String> = parties
                .iter()
                .take_while(|party| party.supplier != next.supplier)
                .map(|party| party.name.clone())
                .collect();
            Some(Proposal { party: next, why: if passed.is_empty() { Why::First } else { Why::NextInRank(passed) } })
        }
        Mechanism::Rotation => {
            let last = last_award(facts, lot).and_then(|last| {
                facts.contract.parties.iter().find(|party| party.supplier == last).map(|party| party.name.clone())
            });
            next_in_turn(facts, lot, day).map(|party| Proposal { party, why: Why::Turn(last) })
        }
        Mechanism::BestPricePerItem { with_freight } => {
            Some(cheapest_of_lines(facts, day, with_freight).unwrap_or(Proposal { party: first, why: Why::First }))
        }
    }
}

/// The parties one may choose among: only where the mechanism leaves it open, because a call-off goes to
/// one supplier and each item has its own cheapest, or because a competition decides.
#[must_use]
pub fn choices(facts: &Facts) -> Vec<&Party> {
    let day = berlin_date(facts.evaluated_at);
    match facts.contract.mechanism {
        Mechanism::BestPricePerItem { .. } | Mechanism::MiniCompetitionAbove { .. } => {
            facts.contract.ranked_parties(first_lot(facts), day)
        }
        Mechanism::Single | Mechanism::Cascade | Mechanism::Rotation => Vec::new(),
    }
}

/// The lot of the first line; of the contract where it has only one.
#[must_use]
pub fn first_lot(facts: &Facts) -> Option<LotId> {
    let named = facts.requested_lots().into_iter().next().flatten();
    let only = match facts.contract.lots.as_slice() {
        [only] => Some(only.id),
        _ => None,
    };
    named.or(only)
}

fn cheapest_of_lines(facts: &Facts, day: NaiveDate, with_freight: bool) -> Option<Proposal<'_>> {
    let lines = facts.request.lines.iter();
    let items: Vec<&Item> = lines.filter_map(|line| facts.contract.item(&line.article_number)).collect();
    let (party, _) = cheapest(facts, items.first()?, day, with_freight)?;
    let others: Vec<String> = items
        .iter()
        .filter(|item| {
            let best = cheapest(facts, item, day, with_freight).map(|(_, best)| best.compared);
            let own = asked(facts, item, party.supplier, day, with_freight).map(|own| own.compared);
            best.is_some() && own != best
        })
        .map(|item| item.article_number.clone())
        .collect();
    Some(Proposal { party, why: if others.is_empty() { Why::Cheapest } else { Why::CheapestOfFirst(others) } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer_period::{AnswerPeriod, RankRequest};
    use crate::example::{LOT, SUPPLIER, citrix, id, line, of, since};
    use crate::facts::{LastAward, Price, PriceTerm};

    const RIVAL: u128 = 60;

    /// The rival stands first, our supplier second; judged on 19 January 2026.
    fn two(mechanism: Mechanism) -> Facts {
        let mut facts = citrix();
        facts.contract.mechanism = mechanism;
        let ours = Party { rank: 2, ..facts.contract.parties[0].clone() };
        let rival = Party { supplier: id(RIVAL), rank: 1, name: "Rivale GmbH".to_owned(), ..ours.clone() };
        facts.contract.parties = vec![rival, ours];
        facts.request.lines = vec![line(1, "CTX-TRN", "2")];
        facts
    }

    fn proposed(facts: &Facts) -> (u128, Why) {
        let it = propose(facts).expect("somebody is party");
        (it.party.supplier.0.as_u128(), it.why)
    }

    fn priced(facts: &mut Facts, item: usize, unit_price: &str) {
        let term = PriceTerm {
            supplier: id(RIVAL),
            price: Price::Fixed { unit_price: of(unit_price) },
            ..facts.contract.items[item].prices[0].clone()
        };
        facts.contract.items[item].prices.push(term);
    }

    #[test]
    fn a_cascade_proposes_the_next_rank_once_the_period_of_the_first_is_over() {
        let mut facts = two(Mechanism::Cascade);
        assert_eq!(proposed(&facts), (RIVAL, Why::First));
        facts.request.rank_requests = vec![RankRequest { supplier: id(RIVAL), asked_on: of("2026-01-13") }];
        assert_eq!(proposed(&facts).0, RIVAL, "without a period silence says nothing");
        facts.contract.answer_period = Some(AnswerPeriod { working_days: 3, holidays: Vec::new() });
        assert_eq!(proposed(&facts), (SUPPLIER, Why::NextInRank(vec!["Rivale GmbH".to_owned()])));
        facts.request.rank_requests[0].asked_on = of("2026-01-14");
        assert_eq!(proposed(&facts).0, RIVAL, "due today: not over yet");
    }

    #[test]
    fn a_rotation_proposes_who_comes_after_the_last_award() {
        let mut facts = two(Mechanism::Rotation);
        assert_eq!(proposed(&facts), (RIVAL, Why::Turn(None)));
        facts.contract.last_awards = vec![LastAward { lot: Some(id(LOT)), supplier: id(RIVAL) }];
        assert_eq!(proposed(&facts), (SUPPLIER, Why::Turn(Some("Rivale GmbH".to_owned()))));
        facts.request.lines.clear();
        assert_eq!(proposed(&facts).0, SUPPLIER, "a new draft without lines, where the contract has one lot");
    }

    #[test]
    fn the_cheapest_is_proposed_and_articles_that_are_cheaper_elsewhere_are_named() {
        let mut facts = two(Mechanism::BestPricePerItem { with_freight: false });
        priced(&mut facts, 1, "1180.01");
        assert_eq!(proposed(&facts), (SUPPLIER, Why::Cheapest));
        facts.request.lines.push(line(2, "CTX-UNI", "10"));
        facts.contract.items[0].prices[0].price = Price::Fixed { unit_price: of("11.85") };
        priced(&mut facts, 0, "11.84");
        assert_eq!(proposed(&facts), (SUPPLIER, Why::CheapestOfFirst(vec!["CTX-UNI".to_owned()])));
        assert_eq!(choices(&facts).len(), 2);
    }

    #[test]
    fn a_stopped_supplier_is_not_proposed_from_the_day_of_the_stop_on() {
        let mut facts = two(Mechanism::Cascade);
        facts.contract.parties[0].validity = crate::example::between("2025-03-01", "2026-01-19");
        assert_eq!(proposed(&facts).0, RIVAL, "the day before the stop");
        facts.contract.parties[0].validity = crate::example::between("2025-03-01", "2026-01-18");
        assert_eq!(proposed(&facts), (SUPPLIER, Why::Only));
        facts.contract.parties[1].validity = since("2026-02-01");
        assert_eq!(propose(&facts), None);
    }
}
