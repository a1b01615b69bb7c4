//! Mini-competition required (Miniwettbewerb nötig).
//!
//! Above the announced limit the parties of the lot have to be asked again (§ 21 (4) no. 2 and 3 VgV).
//! Exactly at the limit a direct call-off is allowed. Where a competition is recorded,
//! mini-competition-complete judges it.

use crate::checks::{Check, texts};
use crate::facts::Mechanism;
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "mini-competition-required",
    version: 1,
    addressee: Addressee::Office,
    texts: texts!("mini_competition_required"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let Mechanism::MiniCompetitionAbove { direct_limit } = case.facts.contract.mechanism else { return Vec::new() };
    if case.facts.request.mini_competition.is_some() {
        return Vec::new();
    }
    let verdict = match case.priced.net <= direct_limit {
        true => Verdict::passed().figure("direct_limit", direct_limit),
        false => Verdict::block().param("direct_limit", direct_limit),
    };
    vec![verdict.figure("net", case.priced.net).figure("contract", case.facts.contract.number.as_str())]
}
