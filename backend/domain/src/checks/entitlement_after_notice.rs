//! Put on the list after the notice (Berechtigung nach Bekanntmachung ergänzt).
//!
//! A named list is fixed by the notice: an entry or document dated later entitles nobody, unless a
//! modification under § 132 GWB with its arithmetic stands behind it. A member covered by an
//! announced category needs no entry. Entries without dates are not judged. Where the body orders for the
//! member, no entry of the member is needed at all.

use crate::checks::member_entitled::by_category;
use crate::checks::{Check, texts};
use crate::facts::Entitlement;
use crate::finding::{Addressee, Verdict};
use crate::review::Case;
use crate::supply_chain::EntitledParty;

/// The rule.
pub const CHECK: Check = Check {
    id: "entitlement-after-notice",
    version: 2,
    addressee: Addressee::Office,
    texts: texts!("entitlement_after_notice"),
    run,
};

/// Until edition 2: it asked for the member whoever ordered.
pub(super) const CHECK_1: Check = Check { version: 1, run: run_1, ..CHECK };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    match case.facts.contract.supply_chain.entitled_party() {
        EntitledParty::Member => run_1(case),
        EntitledParty::Body => {
            vec![Verdict::passed().wording("body").figure("member", case.facts.member.name.as_str())]
        }
    }
}

fn run_1(case: &Case<'_>) -> Vec<Verdict> {
    if by_category(case).is_some() {
        return Vec::new();
    }
    let contract = &case.facts.contract;
    let entries: Vec<&Entitlement> = contract
        .entitlements
        .iter()
        .filter(|entry| entry.covers.covers(&case.facts.member) && entry.validity.contains(case.day))
        .collect();
    let sound = |entry: &&&Entitlement| {
        entry.modification_reference.is_some() || entry.proven_on.is_none_or(|on| on <= contract.notice_date)
    };
    let Some(entry) = entries.iter().find(sound).or_else(|| entries.first()) else { return Vec::new() };
    let Some(proven_on) = entry.proven_on else { return Vec::new() };
    let verdict = match &entry.modification_reference {
        _ if proven_on <= contract.notice_date => Verdict::passed(),
        Some(reference) => Verdict::passed().wording("modification").figure("modification", reference.as_str()),
        None => Verdict::block(),
    };
    vec![
        verdict
            .figure("member", case.facts.member.name.as_str())
            .figure("document", entry.document.as_str())
            .figure("entered_on", proven_on)
            .figure("notice_date", contract.notice_date)
            .input("entitlement", entry.id),
    ]
}
