//! Within the term (Laufzeit).
//!
//! From the first to the last day, both included, as calendar dates in Berlin. An option extends the
//! term only if it was exercised by its notice deadline (GC-33: a late exercise has no effect).
//!
//! Example: ends on 28 February 2027; 2027-02-28T23:00:00Z is 1 March in Berlin: refused (GC-03).

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "within-term", version: 1, addressee: Addressee::Office, texts: texts!("within_term"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let contract = &case.facts.contract;
    let (start, end) = (contract.term.from(), contract.effective_end());
    let verdict = if start <= case.day && case.day <= end { Verdict::passed() } else { Verdict::block() };
    vec![
        verdict
            .figure("contract", contract.number.as_str())
            .figure("start", start)
            .figure("end", end)
            .figure("day", case.day),
    ]
}
