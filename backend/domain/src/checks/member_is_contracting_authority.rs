//! The member is a contracting authority (Öffentlicher Auftraggeber).
//!
//! Only contracting authorities of §§ 99, 100 GWB may use a framework without a procedure of their
//! own (§ 108 (4), § 120 (4) GWB). The class is dated: a change of legal form ends it.

use crate::checks::member_active::outside;
use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "member-is-contracting-authority",
    version: 1,
    addressee: Addressee::Office,
    texts: texts!("member_is_contracting_authority"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let member = &case.facts.member;
    let Some(classes) = &member.authority else { return Vec::new() };
    let verdict = match classes.iter().find(|class| class.validity.contains(case.day)) {
        Some(class) => {
            Verdict::passed().figure("class", class.class.as_str()).figure("document", class.document.as_str())
        }
        None => outside(classes.iter().map(|class| class.validity), case.day),
    };
    vec![verdict.figure("member", member.name.as_str()).figure("day", case.day)]
}
