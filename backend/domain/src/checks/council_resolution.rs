//! Council resolution (Gremienbeschluss).
//!
//! From the limit of its by-law on the member's council decides, or an emergency decision is on
//! file (§ 45 KVG LSA, Hauptsatzung). Each member says whether its limit is net or gross.

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::money::Vat;
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "council-resolution",
    version: 1,
    addressee: Addressee::Administration,
    texts: texts!("council_resolution"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let Some(limit) = &case.facts.member.council_limit else { return Vec::new() };
    let papers = &case.facts.request.papers;
    let amount = if limit.net { case.priced.net.plus_vat(Vat::ZERO) } else { case.priced.gross };
    let verdict = if amount < limit.amount {
        Verdict::passed()
    } else {
        match (papers.council_resolution.trim(), papers.emergency_decision.trim()) {
            ("", "") => Verdict::block(),
            ("", emergency) => Verdict::passed().wording("emergency").figure("paper", emergency),
            (resolution, _) => Verdict::passed().wording("resolved").figure("paper", resolution),
        }
    };
    vec![verdict.figure("amount", amount).figure("limit", limit.amount).figure("by_law", limit.source.as_str())]
}
