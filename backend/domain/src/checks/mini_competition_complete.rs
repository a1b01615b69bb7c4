//! Mini-competition complete (Miniwettbewerb ordnungsgemäß).
//!
//! All parties of the lot asked in text form, a deadline that was kept secret until the opening, two
//! persons at the opening, the announced criterion, the best offer chosen, no price above the framework's
//! (§ 21 (5) VgV). One offer is enough. Offers that came too late are left out of the comparison; at
//! equal offers each of them may be chosen. One finding per call-off, for the first defect in the order
//! of the procedure.

use crate::checks::{Check, texts};
use crate::facts::{AwardCriterion, CompetitionOffer, Facts, Mechanism, MiniCompetition, Party, RequestLine};
use crate::finding::{Addressee, Verdict};
use crate::money::Net;
use crate::pricing::{highest_price, in_order, months, price_of};
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "mini-competition-complete",
    version: 1,
    addressee: Addressee::Office,
    texts: texts!("mini_competition_complete"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let Facts { contract, request, .. } = case.facts;
    let by_competition = matches!(contract.mechanism, Mechanism::MiniCompetitionAbove { .. });
    let Some(held) = request.mini_competition.as_ref().filter(|_| by_competition) else { return Vec::new() };
    let verdict = asked(case, held)
        .or_else(|| opened(held))
        .or_else(|| criterion(held))
        .or_else(|| offers(case, held))
        .unwrap_or_else(Verdict::passed);
    vec![
        verdict
            .figure("supplier", request.supplier_name.as_str())
            .figure("contract", contract.number.as_str())
            .figure("invited", count(held.invited.len()))
            .figure("offers", count(held.offers.len())),
    ]
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Somebody was not asked, or not in text form.
fn asked(case: &Case<'_>, held: &MiniCompetition) -> Option<Verdict> {
    let contract = &case.facts.contract;
    let lots = case.facts.requested_lots().into_iter();
    let mut parties: Vec<&Party> = lots.flat_map(|lot| contract.ranked_parties(lot, case.day)).collect();
    parties.sort_by_key(|party| party.rank);
    parties.dedup_by_key(|party| party.supplier);
    let forgotten = parties.iter().filter(|party| !held.invited.contains(&party.supplier));
    let not_invited: Vec<String> = forgotten.map(|party| party.name.clone()).collect();
    if !not_invited.is_empty() {
        return Some(Verdict::block().param("not_invited", not_invited));
    }
    (!held.text_form).then(|| Verdict::block().wording("text_form"))
}

/// Not opened, opened at the deadline or before, or by one person alone.
fn opened(held: &MiniCompetition) -> Option<Verdict> {
    let Some(opened_at) = held.opened_at else { return Some(Verdict::block().wording("unopened")) };
    if opened_at <= held.deadline_at {
        return Some(Verdict::block().wording("opened_early"));
    }
    let mut persons = held.opened_by.clone()?;
    persons.sort_unstable();
    persons.dedup();
    (persons.len() < 2).then(|| Verdict::block().wording("opened_alone"))
}

/// Another criterion than the announced one.
fn criterion(held: &MiniCompetition) -> Option<Verdict> {
    let announced = held.announced?;
    (announced != held.criterion).then(|| match held.criterion {
        AwardCriterion::Price => Verdict::block().wording("price_not_announced"),
        AwardCriterion::Points => Verdict::block().wording("points_not_announced"),
    })
}

/// The chosen supplier's offer: there, complete, in time, the best, and not above the framework's prices.
fn offers(case: &Case<'_>, held: &MiniCompetition) -> Option<Verdict> {
    let Some(chosen) = held.offer_of(case.facts.request.supplier) else {
        return Some(Verdict::block().wording("without_offer"));
    };
    let Some(total) = total(case, chosen) else { return Some(Verdict::block().wording("incomplete")) };
    if is_late(held, chosen) {
        return Some(Verdict::block().wording("late"));
    }
    not_best(case, held, chosen, total).or_else(|| above_framework(case, chosen))
}

/// An offer counts as in time where the source does not say when it came.
fn is_late(held: &MiniCompetition, offer: &CompetitionOffer) -> bool {
    offer.received_at.is_some_and(|received_at| held.deadline_at < received_at)
}

/// A better offer that came in time.
fn not_best(case: &Case<'_>, held: &MiniCompetition, chosen: &CompetitionOffer, chosen_total: Net) -> Option<Verdict> {
    let rivals = held.offers.iter().filter(|offer| !is_late(held, offer));
    let name = |offer: &CompetitionOffer| name_of(case, offer);
    match held.criterion {
        AwardCriterion::Price => {
            let (best, total) =
                rivals.filter_map(|offer| Some((offer, total(case, offer)?))).min_by_key(|(_, total)| *total)?;
            (total < chosen_total).then(|| {
                Verdict::block()
                    .wording("dearer")
                    .figure("best", name(best))
                    .figure("best_total", total)
                    .figure("total", chosen_total)
            })
        }
        AwardCriterion::Points => {
            // Without points an offer has not been assessed; it loses against any that has.
            let best = rivals.max_by_key(|offer| offer.points)?;
            (chosen.points < best.points).then(|| Verdict::block().wording("fewer_points").figure("best", name(best)))
        }
    }
}

/// As the contract names the party.
fn name_of(case: &Case<'_>, offer: &CompetitionOffer) -> String {
    let mut parties = case.facts.contract.parties.iter();
    parties.find(|party| party.supplier == offer.supplier).map(|party| party.name.clone()).unwrap_or_default()
}

/// What the requested lines cost by this offer; `None` where it leaves one of them out.
fn total(case: &Case<'_>, offer: &CompetitionOffer) -> Option<Net> {
    let lines = case.facts.request.lines.iter().filter(|line| is_known(case, line));
    lines.map(|line| line_total(case, offer, line)).sum()
}

/// An article outside the contract is item-in-scope's finding.
fn is_known(case: &Case<'_>, line: &RequestLine) -> bool {
    case.facts.contract.item(&line.article_number).is_some()
}

fn line_total(case: &Case<'_>, offer: &CompetitionOffer, line: &RequestLine) -> Option<Net> {
    let facts = case.facts;
    let unit_price = *offer.unit_prices.get(&line.article_number)?;
    let item = facts.contract.item(&line.article_number)?;
    let months = price_of(item, facts.request.supplier, case.day).and_then(|term| months(facts, term));
    Net::of_sane_line(unit_price, line.quantity, months)
}

/// A competition lowers the framework's prices or keeps them, it never raises them.
fn above_framework(case: &Case<'_>, chosen: &CompetitionOffer) -> Option<Verdict> {
    let facts = case.facts;
    facts.request.lines.iter().find_map(|line| {
        let item = facts.contract.item(&line.article_number)?;
        let offered = *chosen.unit_prices.get(&line.article_number)?;
        let quantity = in_order(facts, &line.article_number);
        let highest = highest_price(facts, item, chosen.supplier, quantity, case.day)?;
        (highest < offered).then(|| {
            Verdict::block()
                .wording("above_framework")
                .figure("sku", line.article_number.as_str())
                .figure("unit", item.unit.as_str())
                .figure("offered", offered)
                .figure("highest", highest)
        })
    })
}
