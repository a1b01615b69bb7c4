//! Membership in force (Mitgliedschaft wirksam).
//!
//! Only a member may call off, from the day of its admission to its last day, both included, as
//! calendar dates in Berlin. The entry in the list of members is declaratory and irrelevant here.
//!
//! Example: admitted for 1 July 2026; 2026-06-30T22:30:00Z is 1 July in Berlin, so passed (GC-04).

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "member-active", version: 1, addressee: Addressee::Office, texts: texts!("member_active"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let member = &case.facts.member;
    let verdict = match member.membership_on(case.day) {
        Some(membership) => Verdict::passed().figure("since", membership.from),
        None => Verdict::block(),
    };
    vec![verdict.figure("member", member.name.as_str()).figure("day", case.day)]
}
