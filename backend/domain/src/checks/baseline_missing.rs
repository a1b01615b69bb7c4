//! Baseline missing (Vergleichsbasis fehlt).
//!
//! A line without an approved comparison price counts nothing as saved; coverage is printed.

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;
use crate::savings::LineEvidence;

/// The rule.
pub const CHECK: Check =
    Check { id: "baseline-missing", version: 1, addressee: Addressee::Office, texts: texts!("baseline_missing"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    articles(case, |evidence| *evidence == LineEvidence::Missing)
}

/// One notice with all articles whose evidence is like this, in line order; passed if there are none.
pub(super) fn articles(case: &Case<'_>, like: fn(&LineEvidence) -> bool) -> Vec<Verdict> {
    let Some(savings) = case.savings else { return Vec::new() };
    let articles: Vec<String> =
        savings.lines.iter().filter(|line| like(&line.evidence)).map(|line| line.article_number.clone()).collect();
    match articles.is_empty() {
        true => vec![Verdict::passed()],
        false => vec![
            Verdict::notice().param("skus", articles).figure("months", case.facts.parameters.baseline_max_age_months),
        ],
    }
}
