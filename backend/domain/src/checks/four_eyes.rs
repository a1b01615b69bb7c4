//! Four eyes (Vier-Augen-Prinzip).
//!
//! Who asks does not release, not even as a deputy; and nobody releases more than their limit
//! (§ 3 KomKBVO LSA, service instruction). The database refuses it too. Since version 2 a technical
//! account is nobody's second pair of eyes.

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "four-eyes", version: 2, addressee: Addressee::Releaser, texts: texts!("four_eyes"), run };

/// Until edition 1: technical accounts were not known.
pub(super) const CHECK_1: Check = Check { version: 1, run: run_1, ..CHECK };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    match &case.facts.request.releaser {
        Some(releaser) if releaser.technical => {
            vec![Verdict::block().wording("technical").figure("gross", case.priced.gross)]
        }
        _ => run_1(case),
    }
}

fn run_1(case: &Case<'_>) -> Vec<Verdict> {
    let Some(releaser) = &case.facts.request.releaser else { return Vec::new() };
    let gross = case.priced.gross;
    let verdict = if releaser.person == case.facts.request.requester {
        Verdict::block().wording("same_person")
    } else if let Some(limit) = releaser.limit.filter(|limit| *limit < gross) {
        Verdict::block().wording("limit").figure("limit", limit).figure("over", gross - limit)
    } else {
        Verdict::passed()
    };
    vec![verdict.figure("gross", gross)]
}
