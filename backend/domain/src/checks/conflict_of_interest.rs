//! Conflict of interest (Interessenkonflikt).
//!
//! Who has a declared interest in the supplier takes no part, until another person acts (§ 6 VgV,
//! § 33 KVG LSA). An organisation may be member, supplier and on the board at once. What the
//! interest is stays out of the finding: findings travel further than the declaration should.

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::ids::PersonId;
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "conflict-of-interest",
    version: 1,
    addressee: Addressee::Office,
    texts: texts!("conflict_of_interest"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let request = &case.facts.request;
    let interested = |person: PersonId| {
        request.interests.iter().any(|interest| {
            interest.person == person && interest.supplier == request.supplier && interest.validity.contains(case.day)
        })
    };
    let verdict = if interested(request.requester) {
        Verdict::block().wording("requester")
    } else if request.releaser.as_ref().is_some_and(|releaser| interested(releaser.person)) {
        Verdict::block().wording("releaser")
    } else {
        Verdict::passed()
    };
    vec![verdict.figure("supplier", request.supplier_name.as_str()).figure("day", case.day)]
}
