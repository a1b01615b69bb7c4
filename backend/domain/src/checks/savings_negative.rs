//! Costs more than before (Mehrkosten).
//!
//! Negative savings stay in every sum and are named as such (GC-13: -1.32).

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "savings-negative", version: 1, addressee: Addressee::Office, texts: texts!("savings_negative"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let Some(savings) = case.savings else { return Vec::new() };
    let verdict = match savings.net.is_negative() {
        true => Verdict::notice().figure("more", -savings.net),
        false => Verdict::passed(),
    };
    vec![verdict.figure("net", savings.net).figure("baseline", savings.baseline)]
}
