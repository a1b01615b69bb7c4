//! Standstill (Wartepflicht prüfen).
//!
//! Whether § 134 GWB applies to an award after a mini-competition above the EU threshold is disputed;
//! hence a notice and no more. Never for single suppliers: their contract was concluded with the
//! framework (C-274/21).

use crate::checks::{Check, texts};
use crate::facts::Mechanism;
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "standstill-check", version: 1, addressee: Addressee::Office, texts: texts!("standstill_check"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let held = case.facts.request.mini_competition.is_some();
    let by_competition = matches!(case.facts.contract.mechanism, Mechanism::MiniCompetitionAbove { .. });
    let Some(threshold) = case.facts.parameters.eu_threshold.filter(|_| held && by_competition) else {
        return Vec::new();
    };
    let verdict = if case.priced.net < threshold { Verdict::passed() } else { Verdict::notice() };
    vec![verdict.figure("net", case.priced.net).figure("threshold", threshold)]
}
