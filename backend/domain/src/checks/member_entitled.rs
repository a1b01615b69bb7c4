//! Entitled to call off (Abrufberechtigung).
//!
//! A member may use a framework only if the notice identified it: on a named list valid on the day,
//! or in an announced category of kinds and a region (C-216/17, recital 60 Dir. 2014/24/EU). Where the body
//! orders for the member, the entitled party is the body, which concluded the contract; the member orders
//! in-house (§ 108 GWB), and inhouse-evidence-current asks for that.

use crate::checks::member_active::outside;
use crate::checks::{Check, texts};
use crate::facts::{Covers, Entitlement};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;
use crate::supply_chain::EntitledParty;

/// The rule.
pub const CHECK: Check =
    Check { id: "member-entitled", version: 2, addressee: Addressee::Office, texts: texts!("member_entitled"), run };

/// Until edition 2: it asked for the member whoever ordered.
pub(super) const CHECK_1: Check = Check { version: 1, run: run_1, ..CHECK };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let contract = &case.facts.contract;
    match contract.supply_chain.entitled_party() {
        EntitledParty::Member => run_1(case),
        EntitledParty::Body => vec![
            Verdict::passed()
                .wording("body")
                .figure("member", case.facts.member.name.as_str())
                .figure("contract", contract.number.as_str()),
        ],
    }
}

fn run_1(case: &Case<'_>) -> Vec<Verdict> {
    let contract = &case.facts.contract;
    let own: Vec<&Entitlement> =
        contract.entitlements.iter().filter(|entry| entry.covers.covers(&case.facts.member)).collect();
    let category = |entry: &Entitlement| matches!(entry.covers, Covers::Category { .. });
    let verdict = match own.iter().find(|entry| entry.validity.contains(case.day)) {
        Some(entry) => Verdict::passed().figure("document", entry.document.as_str()).input("entitlement", entry.id),
        None if own.is_empty() && contract.entitlements.iter().any(category) => Verdict::block().wording("category"),
        None => outside(own.iter().map(|entry| entry.validity), case.day),
    };
    vec![
        verdict
            .figure("member", case.facts.member.name.as_str())
            .figure("contract", contract.number.as_str())
            .figure("notice", contract.notice_reference.as_str())
            .figure("notice_date", contract.notice_date)
            .figure("day", case.day),
    ]
}

/// Whether the member is entitled on the day by an announced category; `Some(true)` if that category
/// includes members that join later.
pub(super) fn by_category(case: &Case<'_>) -> Option<bool> {
    case.facts
        .contract
        .entitlements
        .iter()
        .filter(|entry| entry.covers.covers(&case.facts.member) && entry.validity.contains(case.day))
        .filter_map(|entry| match entry.covers {
            Covers::Named { .. } => None,
            Covers::Category { includes_future_members, .. } => Some(includes_future_members),
        })
        .max()
}
