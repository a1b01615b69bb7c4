//! Cascade (Kaskade).
//!
//! The order goes to the first supplier in rank that has not passed: each one ranked higher needs a
//! documented decline that came in before the release, or a request whose answer period is over where
//! the contract sets one (§ 21 (4) no. 1 VgV). Contracts with mini-competitions are a cascade up to
//! their direct limit.
//!
//! Facts without requests and without a period are judged as ever: that needs no new version.

use crate::answer_period::Deadline;
use crate::cascade::{Answer, answer, is_cascade};
use crate::checks::{Check, texts};
use crate::facts::Party;
use crate::finding::{Addressee, Verdict};
use crate::ids::LotId;
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "cascade-order", version: 1, addressee: Addressee::Office, texts: texts!("cascade_order"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let facts = case.facts;
    if !is_cascade(facts, case.priced.net) {
        return Vec::new();
    }
    let lots = facts.requested_lots().into_iter().filter_map(|lot| ranked_before(case, lot));
    let ranked: Vec<Vec<&Party>> = lots.collect();
    if ranked.is_empty() {
        return Vec::new();
    }
    let mut before: Vec<&Party> = ranked.into_iter().flatten().collect();
    before.sort_by_key(|party| party.rank);
    before.dedup_by_key(|party| party.supplier);
    let answers: Vec<(&Party, Answer)> =
        before.iter().map(|party| (*party, answer(facts, party.supplier, case.day))).collect();
    let missing: Vec<String> =
        answers.iter().filter(|(_, answer)| !answer.has_passed()).map(|(party, _)| party.name.clone()).collect();
    let silent = deadlines(&answers, |answer| match answer {
        Answer::Silent(deadline) => Some(deadline),
        _ => None,
    });
    let running = deadlines(&answers, |answer| match answer {
        Answer::Asked { deadline, .. } => deadline.as_ref(),
        _ => None,
    });
    let verdict = match (missing.is_empty(), before.is_empty()) {
        (true, true) => Verdict::passed().wording("first"),
        (true, false) if silent.is_empty() => Verdict::passed(),
        (true, false) => Verdict::passed().wording("silence").figure("deadlines", silent),
        (false, _) if running.is_empty() => Verdict::block().param("missing_declines", missing),
        (false, _) => {
            Verdict::block().wording("waiting").param("missing_declines", missing).figure("deadlines", running)
        }
    };
    vec![
        verdict
            .figure("supplier", facts.request.supplier_name.as_str())
            .figure("before", before.iter().map(|party| party.name.clone()).collect::<Vec<_>>())
            .figure("contract", facts.contract.number.as_str())
            .input("organisation", facts.request.supplier),
    ]
}

/// The deadlines that `pick` finds, with the names of those who were asked.
fn deadlines(answers: &[(&Party, Answer)], pick: impl Fn(&Answer) -> Option<&Deadline>) -> Vec<(String, Deadline)> {
    let picked = answers.iter().filter_map(|(party, answer)| Some((party.name.clone(), pick(answer)?.clone())));
    picked.collect()
}

/// Parties of the lot ranked before the chosen one; `None` if it has no rank there: supplier-is-party
/// or lot-supplier-match says so.
fn ranked_before<'a>(case: &Case<'a>, lot: Option<LotId>) -> Option<Vec<&'a Party>> {
    let mut parties = case.facts.contract.ranked_parties(lot, case.day);
    let chosen = parties.iter().position(|party| party.supplier == case.facts.request.supplier)?;
    parties.truncate(chosen);
    Some(parties)
}
