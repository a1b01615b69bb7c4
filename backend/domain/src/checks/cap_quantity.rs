//! Ceiling by quantity (Höchstmenge).
//!
//! As the ceiling by value, in the item's unit: a maximum quantity binds like a maximum value (C-23/20).
//! Several lines of one item count together.

use crate::checks::cap_value::place;
use crate::checks::{Check, texts};
use crate::facts::{Item, Measure, Scope, ScopeState};
use crate::finding::{Addressee, Verdict};
use crate::money::Volume;
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
    let after = scope.taken() + demand(scope, case.priced);
    let free = (limit - scope.taken()).max(Volume::ZERO);
    let over = (limit < after).then(|| after - limit);
    let verdict = match scope.scope {
        Scope::Item(id) => of_item(contract.items.iter().find(|item| item.id == id)?, over, free),
        Scope::Contract | Scope::Lot(_) | Scope::Member => of_all(over),
    };
    Some(
        verdict
            .figure("place", place(contract, scope.scope))
            .figure("limit", limit)
            .figure("consumed", scope.consumed())
            .figure("reserved", scope.reserved)
            .figure("this", demand(scope, case.priced))
            .figure("after", after)
            .figure("free", free)
            .input("guard", scope.guard),
    )
}

/// The cure names the largest quantity that can still be ordered, if there is one.
fn of_item(item: &Item, over: Option<Volume>, free: Volume) -> Verdict {
    let Some(over) = over else { return Verdict::passed().figure("unit", item.unit.as_str()) };
    let fitting = free.last_multiple_of(item.step);
    let verdict = match fitting.is_zero() || fitting < item.min_quantity.into() {
        false => Verdict::block().figure("fitting", fitting),
        true => Verdict::block().wording("exhausted"),
    };
    verdict.param("sku", item.article_number.as_str()).param("overrun", over).figure("unit", item.unit.as_str())
}

/// A lot or contract counts articles of different units: no unit is named.
fn of_all(over: Option<Volume>) -> Verdict {
    match over {
        None => Verdict::passed().wording("total"),
        Some(over) => Verdict::block().wording("total").param("overrun", over),
    }
}
