//! Ceiling by value (Höchstwert).
//!
//! A framework loses its effect when its maximum is reached (C-23/20). Counted are all call-offs
//! released or recorded, what other requests have reserved, and this one, net, with surcharge,
//! without VAT, fee and bonus. Reaching the ceiling exactly is allowed.
//!
//! Example: ceiling 500,000.00; consumed 480,576.01; this one 19,424.00: refused, 0.01 too much (GC-08).

use crate::checks::{Check, texts};
use crate::facts::{ContractTerms, Measure, Scope, ScopeState};
use crate::finding::{Addressee, Verdict};
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
    let verdict =
        if after <= limit { Verdict::passed() } else { Verdict::block().param("overrun", (after - limit).as_net()) };
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

/// Where the ceiling stands, as users read it.
pub(super) fn place(contract: &ContractTerms, scope: Scope) -> String {
    match scope {
        Scope::Contract => format!("Rahmenvertrag {}", contract.number),
        Scope::Lot(lot) => contract.lot_name(lot),
        Scope::Item(item) => contract
            .items
            .iter()
            .find(|candidate| candidate.id == item)
            .map_or_else(|| contract.number.clone(), |item| format!("Artikel {}", item.article_number)),
        Scope::Member => format!("Kontingent im Rahmenvertrag {}", contract.number),
    }
}
