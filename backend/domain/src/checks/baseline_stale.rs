//! Baseline stale (Vergleichsbasis veraltet).
//!
//! A comparison price older than the configured months (24) is shown, not counted: the market moves.

use crate::checks::baseline_missing::articles;
use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;
use crate::savings::LineEvidence;

/// The rule.
pub const CHECK: Check =
    Check { id: "baseline-stale", version: 1, addressee: Addressee::Office, texts: texts!("baseline_stale"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    articles(case, |evidence| matches!(evidence, LineEvidence::Stale { .. }))
}
