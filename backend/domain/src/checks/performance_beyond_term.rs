//! Performance beyond the term (Leistung über Vertragsende).
//!
//! A call-off made within the term may be performed after it where the contract allows run-off
//! (recital 62 of Directive 2014/24/EU); it is no tool to empty the rest on the last day, so a reason
//! is asked for. After the term within-term speaks, not this rule.
//!
//! Example: the term ends on 28 February 2027, licences run until 28 February 2030: justify (GC-24).

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "performance-beyond-term",
    version: 1,
    addressee: Addressee::Requester,
    texts: texts!("performance_beyond_term"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let contract = &case.facts.contract;
    let end = contract.effective_end();
    let Some(performance) = case.facts.request.performance.filter(|_| case.day <= end) else { return Vec::new() };
    let verdict = match (performance.to() <= end, contract.runoff_allowed) {
        (true, _) => Verdict::passed(),
        (false, true) => Verdict::justify().wording("runoff"),
        (false, false) => Verdict::block(),
    };
    vec![
        verdict
            .figure("contract", contract.number.as_str())
            .figure("end", end)
            .figure("performed_until", performance.to()),
    ]
}
