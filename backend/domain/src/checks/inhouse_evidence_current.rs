//! In-house evidence current (In-House-Nachweis aktuell).
//!
//! An in-house contract, and every contract on which the body orders for its members, needs evidence for the year of the call-off or the year before: control as
//! over an own department, more than 80 % of activity for the owners, no direct private capital
//! (§ 108 (1), (4), (5), (7) GWB). Evidence of a year is prepared until 30 June of the next; the
//! year before counts until then and, by the same words, until the end of the year.
//!
//! Evidence that is missing, not approved, or does not show control or the share has to be
//! justified by the office. Direct private capital ends the privilege and blocks, even where the
//! newer evidence is not approved yet: nobody may order against better knowledge.

use chrono::Datelike;

use crate::checks::{Check, texts};
use crate::facts::{InhouseEvidence, LegalBasis, SupplyChain};
use crate::finding::{Addressee, Verdict};
use crate::money::Percent;
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "inhouse-evidence-current",
    version: 2,
    addressee: Addressee::Office,
    texts: texts!("inhouse_evidence_current"),
    run,
};

/// Until edition 2: the supply chain did not count.
pub(super) const CHECK_1: Check = Check { version: 1, run: run_1, ..CHECK };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    // Whatever the contract rests on: where the body orders, the member orders in-house from it.
    let through_body = case.facts.contract.supply_chain == SupplyChain::ThroughBody;
    if through_body || rests_on_it(case) { judge(case) } else { Vec::new() }
}

fn run_1(case: &Case<'_>) -> Vec<Verdict> {
    if rests_on_it(case) { judge(case) } else { Vec::new() }
}

fn rests_on_it(case: &Case<'_>) -> bool {
    case.facts.contract.legal_basis == Some(LegalBasis::Inhouse)
}

fn judge(case: &Case<'_>) -> Vec<Verdict> {
    let Some(recorded) = &case.facts.member.inhouse_evidence else { return Vec::new() };
    let year = case.day.year();
    let counting = || recorded.iter().filter(|evidence| evidence.year == year || evidence.year == year - 1);
    let proof = counting().filter(|evidence| evidence.approved).max_by_key(|evidence| evidence.year);
    let newer = |evidence: &&InhouseEvidence| proof.is_none_or(|proof| proof.year <= evidence.year);
    let private = counting().filter(newer).find(|evidence| evidence.private_capital);
    vec![match (private, proof) {
        (Some(evidence), _) => Verdict::block().wording("private_capital").figure("of", evidence.year.to_string()),
        (None, None) => Verdict::justify()
            .figure("year", year.to_string())
            .figure("year_before", (year - 1).to_string())
            .figure("day", case.day),
        (None, Some(proof)) => shown_by(proof, case.facts.parameters.inhouse_activity_share.unwrap_or(Percent::EIGHTY)),
    }]
}

fn shown_by(proof: &InhouseEvidence, needed: Percent) -> Verdict {
    let verdict = if !proof.control {
        Verdict::justify().wording("control")
    } else if proof.activity_share <= needed {
        Verdict::justify().wording("activity")
    } else {
        Verdict::passed()
    };
    verdict
        .figure("of", proof.year.to_string())
        .figure("share", proof.activity_share)
        .figure("needed", needed)
        .figure("document", proof.document.as_str())
}
