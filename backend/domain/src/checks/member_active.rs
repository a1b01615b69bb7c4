//! Membership in force (Mitgliedschaft wirksam).
//!
//! Only a member may call off, from the day of its admission to its last day, both included, as
//! calendar dates in Berlin. The entry in the list of members is declaratory and irrelevant here. While its
//! rights rest (exclusion under way, Satzung) it stays a member and calls nothing off.
//!
//! Example: admitted for 1 July 2026; 2026-06-30T22:30:00Z is 1 July in Berlin, so passed (GC-04).

use chrono::NaiveDate;

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::period::Validity;
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "member-active", version: 1, addressee: Addressee::Office, texts: texts!("member_active"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let member = &case.facts.member;
    let verdict = match (member.membership_on(case.day), member.suspension_on(case.day)) {
        (Some(_), Some(rest)) => Verdict::block().wording("resting").figure("from", rest.from),
        (Some(membership), None) => Verdict::passed().figure("since", membership.from),
        (None, _) => outside(member.memberships.iter().copied(), case.day),
    };
    vec![verdict.figure("member", member.name.as_str()).figure("day", case.day)]
}

/// Not yet, no longer, or never: three different things to do.
pub(super) fn outside(validities: impl Iterator<Item = Validity> + Clone, day: NaiveDate) -> Verdict {
    let next = validities.clone().map(|validity| validity.from).filter(|from| day < *from).min();
    let last = validities.filter_map(|validity| validity.to).filter(|to| *to < day).max();
    match (next, last) {
        (Some(from), _) => Verdict::block().wording("not_yet").figure("from", from),
        (None, Some(until)) => Verdict::block().wording("ended").figure("until", until),
        (None, None) => Verdict::block(),
    }
}
