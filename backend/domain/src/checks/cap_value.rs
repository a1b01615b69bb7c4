//! Ceiling by value (Höchstwert).
//!
//! A framework loses its effect when its maximum is reached (C-23/20). Counted are all call-offs
//! released or recorded, what other requests have reserved, and this one, net, with surcharge,
//! without VAT, fee and bonus. Reaching the ceiling exactly is allowed.
//!
//! Example: ceiling 500,000.00; consumed 480,576.01; this one 19,424.00: refused, 0.01 too much (GC-08).

use crate::checks::{Check, texts};
use crate::facts::{ContractTerms, Measure, Scope, ScopeState};
use crate::finding::{Addressee, Place, Verdict};
use crate::review::Case;
use crate::volume::demand;

/// The rule.
pub const CHECK: Check =
    Check { id: "cap-value", version: 1, addressee: Addressee::Office, texts: texts!("cap_value"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    scopes(case).filter_map(|scope| judge(case, scope)).collect()
}

/// Value ceilings of contract, lots and items; quotas are member-quota's.
pub(super) fn scopes<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a ScopeState> {
    case.facts.scopes.iter().filter(|scope| scope.measure == Measure::Value && scope.scope != Scope::Member)
}

fn judge(case: &Case<'_>, scope: &ScopeState) -> Option<Verdict> {
    let limit = scope.limit?;
    let after = scope.taken() + demand(scope, case.priced);
    let verdict = if after <= limit {
        Verdict::passed()
    } else if scope.taken() < limit {
        Verdict::block().param("overrun", (after - limit).as_net())
    } else {
        Verdict::block().wording("exhausted").param("overrun", (after - limit).as_net())
    };
    Some(
        verdict
            .figure("place", place(&case.facts.contract, scope.scope))
            .figure("limit", limit.as_net())
            .figure("consumed", scope.consumed().as_net())
            .figure("reserved", scope.reserved.as_net())
            .figure("this", demand(scope, case.priced).as_net())
            .figure("after", after.as_net())
            .figure("free", (limit - scope.taken()).as_net())
            .input("guard", scope.guard),
    )
}

/// Where the ceiling stands; the contract where its lot or item is not among the facts.
#[must_use]
pub fn place(contract: &ContractTerms, scope: Scope) -> Place {
    let place = match scope {
        Scope::Contract => None,
        Scope::Lot(id) => contract
            .lots
            .iter()
            .find(|lot| lot.id == id)
            .map(|lot| Place::Lot { number: lot.number, title: lot.title.clone() }),
        Scope::Item(id) => contract
            .items
            .iter()
            .find(|item| item.id == id)
            .map(|item| Place::Item { article_number: item.article_number.clone() }),
        Scope::Member => Some(Place::Quota { contract: contract.number.clone() }),
    };
    place.unwrap_or_else(|| Place::Contract { number: contract.number.clone() })
}
