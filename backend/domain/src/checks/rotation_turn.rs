//! Rotation.
//!
//! The suppliers of a lot take turns in the order of their ranks (§ 21 (4) no. 1 VgV). The last award
//! that was not cancelled moves the turn; each lot has its own.
//!
//! Example: A, B, C; the last one was B, so C is next. After C it is A again.

use chrono::NaiveDate;

use crate::checks::{Check, texts};
use crate::facts::{Facts, Mechanism, Party};
use crate::finding::{Addressee, Verdict};
use crate::ids::{LotId, OrganisationId};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "rotation-turn", version: 1, addressee: Addressee::Office, texts: texts!("rotation_turn"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let Facts { contract, request, .. } = case.facts;
    if contract.mechanism != Mechanism::Rotation {
        return Vec::new();
    }
    let turns: Vec<&Party> = case
        .facts
        .requested_lots()
        .into_iter()
        // Where the chosen supplier is no party of the lot, supplier-is-party or lot-supplier-match says so.
        .filter(|lot| contract.is_party(request.supplier, *lot, case.day))
        .filter_map(|lot| next_in_turn(case.facts, lot, case.day))
        .collect();
    let other = turns.iter().find(|next| next.supplier != request.supplier);
    let verdict = match (other, turns.is_empty()) {
        (_, true) => return Vec::new(),
        (Some(next), false) => Verdict::block().param("expected", next.name.as_str()),
        (None, false) => Verdict::passed(),
    };
    vec![
        verdict
            .figure("supplier", request.supplier_name.as_str())
            .figure("contract", contract.number.as_str())
            .input("organisation", request.supplier),
    ]
}

/// Whose turn it is in the lot on this day.
pub(crate) fn next_in_turn(facts: &Facts, lot: Option<LotId>, day: NaiveDate) -> Option<&Party> {
    let contract = &facts.contract;
    let parties = contract.ranked_parties(lot, day);
    let next = last_award(facts, lot).and_then(|last| {
        // The rank of the last one counts even if it is no party any more.
        let rank = contract.parties.iter().find(|party| party.supplier == last)?.rank;
        parties.iter().copied().find(|party| rank < party.rank)
    });
    next.or_else(|| parties.first().copied())
}

/// Who had the last award of the lot; one recorded for the whole contract counts for each of its lots.
pub(crate) fn last_award(facts: &Facts, lot: Option<LotId>) -> Option<OrganisationId> {
    let awards = &facts.contract.last_awards;
    let of = |wanted: Option<LotId>| awards.iter().find(|award| award.lot == wanted);
    of(lot).or_else(|| of(None)).map(|award| award.supplier)
}
