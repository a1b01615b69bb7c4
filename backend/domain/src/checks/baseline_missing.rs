//! Baseline missing (Vergleichsbasis fehlt).
//!
//! A line without an approved comparison price counts nothing as saved; coverage is printed.

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::money::Net;
use crate::review::Case;
use crate::savings::{LineEvidence, LineSaving};

/// The rule.
pub const CHECK: Check =
    Check { id: "baseline-missing", version: 1, addressee: Addressee::Office, texts: texts!("baseline_missing"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    articles(case, |evidence| *evidence == LineEvidence::Missing)
}

/// One notice with all articles whose evidence is like this, in line order; passed if there are none.
pub(super) fn articles(case: &Case<'_>, like: fn(&LineEvidence) -> bool) -> Vec<Verdict> {
    let Some(savings) = case.savings else { return Vec::new() };
    let lines: Vec<&LineSaving> = savings.lines.iter().filter(|line| like(&line.evidence)).collect();
    let verdict = match lines.is_empty() {
        true => Verdict::passed(),
        false => Verdict::notice()
            .param("skus", lines.iter().map(|line| line.article_number.clone()).collect::<Vec<_>>())
            .figure("effect", lines.iter().map(|line| line.effect).sum::<Net>()),
    };
    vec![verdict.figure("months", case.facts.parameters.baseline_max_age_months)]
}
