//! Ceiling by quantity (Höchstmenge).
//!
//! As the ceiling by value, in the item's unit: a maximum quantity binds like a maximum value (C-23/20).
//! Several lines of one item count together.

use crate::checks::cap_value::place;
use crate::checks::{Check, texts};
use crate::facts::{Measure, Scope, ScopeState};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;
use crate::volume::demand;

/// The rule.
pub const CHECK: Check =
    Check { id: "cap-quantity", version: 1, addressee: Addressee::Office, texts: texts!("cap_quantity"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let scopes = case.facts.scopes.iter();
    scopes
        .filter(|scope| scope.measure == Measure::Quantity && scope.scope != Scope::Member)
        .filter_map(|scope| judge(case, scope))
        .collect()
}

fn judge(case: &Case<'_>, scope: &ScopeState) -> Option<Verdict> {
    let limit = scope.limit?;
    let contract = &case.facts.contract;
    let item = match scope.scope {
        Scope::Item(id) => Some(contract.items.iter().find(|item| item.id == id)?),
        Scope::Contract | Scope::Lot(_) | Scope::Member => None,
    };
    let after = scope.taken() + demand(scope, case.priced);
    let verdict = if after <= limit {
        Verdict::passed()
    } else {
        let verdict = Verdict::block().param("overrun", (after - limit).as_quantity());
        match item {
            Some(item) => verdict.param("sku", item.article_number.as_str()),
            None => verdict,
        }
    };
    Some(
        verdict
            .figure("place", place(contract, scope.scope))
            .figure("unit", item.map_or("Einheiten", |item| item.unit.as_str()))
            .figure("limit", limit.as_quantity())
            .figure("consumed", scope.consumed().as_quantity())
            .figure("reserved", scope.reserved.as_quantity())
            .figure("this", demand(scope, case.priced).as_quantity())
            .figure("after", after.as_quantity())
            .figure("free", (limit - scope.taken()).as_quantity())
            .input("guard", scope.guard),
    )
}
