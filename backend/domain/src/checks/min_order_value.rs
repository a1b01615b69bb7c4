//! Minimum order value (Mindestbestellwert).
//!
//! Below the minimum the contract either adds a surcharge, which is a notice, or refuses the order.
//! The sum of the lines counts, before surcharge and VAT.

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "min-order-value", version: 1, addressee: Addressee::Requester, texts: texts!("min_order_value"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let Some(minimum) = &case.facts.contract.min_order else { return Vec::new() };
    let lines_net = case.priced.lines_net;
    let verdict = if minimum.value <= lines_net {
        Verdict::passed()
    } else if let Some(surcharge) = &minimum.surcharge {
        Verdict::notice().figure("surcharge", surcharge.net).figure("missing", minimum.value - lines_net)
    } else {
        Verdict::block().figure("missing", minimum.value - lines_net)
    };
    vec![verdict.figure("lines", lines_net).figure("minimum", minimum.value)]
}
