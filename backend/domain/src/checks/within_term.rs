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
    let verdict = if case.day < start {
        Verdict::block().wording("before")
    } else if case.day <= end {
        Verdict::passed()
    } else {
        late_option(case).unwrap_or_else(|| Verdict::block().wording("after"))
    };
    vec![
        verdict
            .figure("contract", contract.number.as_str())
            .figure("start", start)
            .figure("end", end)
            .figure("day", case.day),
    ]
}

/// The option that would have covered the day, had it been exercised in time.
fn late_option(case: &Case<'_>) -> Option<Verdict> {
    let mut options = case.facts.contract.options.iter().filter(|option| case.day <= option.new_end);
    options.find_map(|option| {
        let exercised_on = option.exercised_on.filter(|on| option.notice_deadline < *on)?;
        Some(
            Verdict::block()
                .wording("late_option")
                .figure("new_end", option.new_end)
                .figure("exercised_on", exercised_on)
                .figure("deadline", option.notice_deadline),
        )
    })
}
