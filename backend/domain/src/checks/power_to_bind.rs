//! Power to bind (Vertretungsmacht).
//!
//! An order binds the member only if the releaser is head of the administration, holds a dated
//! authority, or the order is current business up to the member's own limit (§ 73 KVG LSA,
//! § 64 GO NRW). Judged where the member recorded its rules; where only something about the
//! person is recorded, a notice says what is missing.

use crate::checks::{Check, texts};
use crate::facts::{Authority, Power};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "power-to-bind", version: 1, addressee: Addressee::Releaser, texts: texts!("power_to_bind"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let Some(releaser) = &case.facts.request.releaser else { return Vec::new() };
    let member = &case.facts.member;
    let Some(rules) = &member.binding_rules else {
        return match releaser.power == Power::default() {
            true => Vec::new(),
            false => vec![Verdict::notice().figure("member", member.name.as_str())],
        };
    };
    let gross = case.priced.gross;
    let authorities = &releaser.power.authorities;
    let verdict = if releaser.power.head {
        Verdict::passed().wording("head")
    } else if let Some(authority) = authorities.iter().find(|authority| is_enough(authority, case)) {
        Verdict::passed().wording("authority").figure("document", authority.document.as_str())
    } else if let Some(limit) = rules.current_business.filter(|limit| gross <= *limit) {
        Verdict::passed().wording("current_business").figure("limit", limit)
    } else {
        Verdict::block()
    };
    vec![verdict.figure("gross", gross).figure("member", member.name.as_str()).figure("day", case.day)]
}

/// Valid on the day, for this contract, for this amount, and on paper.
fn is_enough(authority: &Authority, case: &Case<'_>) -> bool {
    authority.validity.contains(case.day)
        && authority.limit.is_none_or(|limit| case.priced.gross <= limit)
        && !authority.document.trim().is_empty()
        && is_about(&authority.subject, case)
}

/// The subject lists contract numbers or titles; empty means all.
fn is_about(subject: &str, case: &Case<'_>) -> bool {
    let contract = &case.facts.contract;
    let mut named = subject.split([',', ';']).map(str::trim).filter(|name| !name.is_empty()).peekable();
    named.peek().is_none() || named.any(|name| name == contract.number || name == contract.title)
}
