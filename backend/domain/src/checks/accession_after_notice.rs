//! Joined after the notice (Beitritt nach Bekanntmachung).
//!
//! A category may include members that join later, if the notice says so; then it is a notice. If it
//! does not, the newcomer is not entitled. Named lists are judged by member-entitled and
//! entitlement-after-notice. Only looked at where the membership is in force. Where the body orders for the
//! member, it is the body that the notice has to name: the member may have joined at any time.

use crate::checks::member_entitled::by_category;
use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;
use crate::supply_chain::EntitledParty;

/// The rule.
pub const CHECK: Check = Check {
    id: "accession-after-notice",
    version: 2,
    addressee: Addressee::Office,
    texts: texts!("accession_after_notice"),
    run,
};

/// Until edition 2: it asked for the member whoever ordered.
pub(super) const CHECK_1: Check = Check { version: 1, run: run_1, ..CHECK };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let contract = &case.facts.contract;
    let Some(membership) = case.facts.member.membership_on(case.day) else { return Vec::new() };
    match contract.supply_chain.entitled_party() {
        EntitledParty::Member => run_1(case),
        EntitledParty::Body => vec![
            Verdict::passed()
                .wording("body")
                .figure("member", case.facts.member.name.as_str())
                .figure("joined", membership.from)
                .figure("notice_date", contract.notice_date),
        ],
    }
}

fn run_1(case: &Case<'_>) -> Vec<Verdict> {
    let contract = &case.facts.contract;
    let Some(membership) = case.facts.member.membership_on(case.day) else { return Vec::new() };
    let Some(includes_future_members) = by_category(case) else { return Vec::new() };
    let verdict = if membership.from <= contract.notice_date {
        Verdict::passed()
    } else if includes_future_members {
        Verdict::notice()
    } else {
        Verdict::block()
    };
    vec![
        verdict
            .figure("member", case.facts.member.name.as_str())
            .figure("joined", membership.from)
            .figure("notice", contract.notice_reference.as_str())
            .figure("notice_date", contract.notice_date),
    ]
}
