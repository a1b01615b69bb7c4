//! Volume almost used up (Volumen fast verbraucht).
//!
//! From a configured share of the ceiling on (80 %), as long as cap-value does not refuse. Helps the
//! office to start the next tender in time.

use crate::checks::cap_value::{place, scopes};
use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::money::{Percent, Volume};
use crate::review::Case;
use crate::volume::demand;

/// The rule.
pub const CHECK: Check =
    Check { id: "cap-warning", version: 1, addressee: Addressee::Office, texts: texts!("cap_warning"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let ratio = case.facts.parameters.cap_warning_ratio;
    let states: Vec<_> = scopes(case)
        .filter_map(|scope| Some((scope, scope.limit?, scope.taken() + demand(scope, case.priced))))
        .collect();
    if states.is_empty() || states.iter().any(|(_, limit, after)| limit < after) {
        return Vec::new();
    }
    match states.iter().find(|(_, limit, after)| after.reaches(ratio, *limit)) {
        None => vec![Verdict::passed().figure("threshold", ratio.percent())],
        Some((scope, limit, after)) => vec![
            Verdict::notice()
                .figure("place", place(&case.facts.contract, scope.scope))
                .figure("share", share(*after, *limit))
                .figure("after", after.as_net())
                .figure("limit", limit.as_net())
                .figure("free", (*limit - *after).as_net())
                .input("guard", scope.guard),
        ],
    }
}

/// Whole percent, rounded down: 99.9 % must not read as exhausted. A ceiling of nothing is full.
fn share(after: Volume, limit: Volume) -> Percent {
    after.percent_of(limit).and_then(|share| Percent::new(share).ok()).unwrap_or(Percent::HUNDRED)
}
