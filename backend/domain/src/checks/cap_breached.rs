//! Ceiling already exceeded (Höchstgrenze überzogen).
//!
//! Facts that happened outside (an emergency paper order, imported turnover, a ceiling cut by a court)
//! are recorded even above the limit: nobody must falsify a figure to save it. Then everything stops.

use crate::checks::cap_value::place;
use crate::checks::{Check, texts};
use crate::facts::{Measure, ScopeState};
use crate::finding::{Addressee, Verdict};
use crate::money::Volume;
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "cap-breached", version: 1, addressee: Addressee::Office, texts: texts!("cap_breached"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let scopes = &case.facts.scopes;
    if scopes.is_empty() {
        return Vec::new();
    }
    match scopes.iter().find(|scope| scope.breached) {
        None => vec![Verdict::passed()],
        Some(scope) => vec![block(case, scope)],
    }
}

fn block(case: &Case<'_>, scope: &ScopeState) -> Verdict {
    let limit = scope.limit.unwrap_or(Volume::ZERO);
    let measure: Measure = scope.measure;
    Verdict::block()
        .figure("place", place(&case.facts.contract, scope.scope))
        .volume("consumed", scope.consumed(), measure)
        .volume("limit", limit, measure)
        .volume("over", scope.consumed() - limit, measure)
        .input("guard", scope.guard)
}
