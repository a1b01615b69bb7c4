//! Cascade (Kaskade).
//!
//! The order goes to the first supplier in rank that has not declined: each one ranked higher needs a
//! documented decline that came in before the release (§ 21 (4) no. 1 VgV). Contracts with
//! mini-competitions are a cascade up to their direct limit.

use crate::checks::{Check, texts};
use crate::facts::{Facts, Mechanism, Party};
use crate::finding::{Addressee, Verdict};
use crate::ids::{LotId, OrganisationId};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "cascade-order", version: 1, addressee: Addressee::Office, texts: texts!("cascade_order"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let facts = case.facts;
    if !is_cascade(case) {
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
    let missing: Vec<String> =
        before.iter().filter(|party| !has_declined(case, party.supplier)).map(|party| party.name.clone()).collect();
    let verdict = match (missing.is_empty(), before.is_empty()) {
        (true, true) => Verdict::passed().wording("first"),
        (true, false) => Verdict::passed(),
        (false, _) => Verdict::block().param("missing_declines", missing),
    };
    vec![
        verdict
            .figure("supplier", facts.request.supplier_name.as_str())
            .figure("before", before.iter().map(|party| party.name.clone()).collect::<Vec<_>>())
            .figure("contract", facts.contract.number.as_str())
            .input("organisation", facts.request.supplier),
    ]
}

/// Whether the contract is a cascade for this order.
fn is_cascade(case: &Case<'_>) -> bool {
    let Facts { contract, request, .. } = case.facts;
    match contract.mechanism {
        Mechanism::Cascade => true,
        Mechanism::MiniCompetitionAbove { direct_limit } => {
            request.mini_competition.is_none() && case.priced.net <= direct_limit
        }
        Mechanism::Single | Mechanism::Rotation | Mechanism::BestPricePerItem { .. } => false,
    }
}

/// Parties of the lot ranked before the chosen one; `None` if it has no rank there: supplier-is-party
/// or lot-supplier-match says so.
fn ranked_before<'a>(case: &Case<'a>, lot: Option<LotId>) -> Option<Vec<&'a Party>> {
    let mut parties = case.facts.contract.ranked_parties(lot, case.day);
    let chosen = parties.iter().position(|party| party.supplier == case.facts.request.supplier)?;
    parties.truncate(chosen);
    Some(parties)
}

/// A decline without a document, or one that came in later, does not count.
fn has_declined(case: &Case<'_>, supplier: OrganisationId) -> bool {
    case.facts.request.declines.iter().any(|decline| {
        decline.supplier == supplier
            && decline.received_at <= case.facts.evaluated_at
            && !decline.document.trim().is_empty()
    })
}
