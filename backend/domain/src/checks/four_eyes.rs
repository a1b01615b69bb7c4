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

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let Some(releaser) = &case.facts.request.releaser else { return Vec::new() };
    let gross = case.priced.gross;
    let verdict = if releaser.technical {
        Verdict::block().wording("technical")
    } else if releaser.person == case.facts.request.requester {
        Verdict::block().wording("same_person")
    } else if let Some(limit) = releaser.limit.filter(|limit| *limit < gross) {
        Verdict::block().wording("limit").figure("limit", limit).figure("over", gross - limit)
    } else {
        Verdict::passed()
    };
    vec![verdict.figure("gross", gross)]
}
