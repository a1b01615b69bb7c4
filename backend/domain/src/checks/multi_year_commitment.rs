//! Commitment of later years (Verpflichtung künftiger Jahre).
//!
//! What falls due after the year of the release binds later budgets: a commitment authorisation or
//! a budget reference has to be on file (§ 107 KVG LSA, § 10 KomHVO). Only where the member's
//! budget carries a payment plan.

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::money::Gross;
use crate::payments::later_years;
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "multi-year-commitment",
    version: 1,
    addressee: Addressee::Treasurer,
    texts: texts!("multi_year_commitment"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let request = &case.facts.request;
    if request.budget.as_ref().is_none_or(|budget| budget.later_years.is_none()) {
        return Vec::new();
    }
    let later = later_years(case.facts, case.priced, case.day);
    if later.is_empty() {
        return vec![Verdict::passed()];
    }
    let verdict = match request.papers.commitment.trim() {
        "" => Verdict::justify(),
        commitment => Verdict::passed().wording("committed").figure("commitment", commitment),
    };
    let years: Vec<String> = later.keys().map(i32::to_string).collect();
    vec![verdict.figure("years", years).figure("later", later.into_values().sum::<Gross>())]
}
