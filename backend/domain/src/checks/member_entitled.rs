//! Entitled to call off (Abrufberechtigung).
//!
//! A member may use a framework only if the notice identified it: on a named list valid on the day,
//! or in an announced category of kinds and a region (C-216/17, recital 60 Dir. 2014/24/EU).

use crate::checks::member_active::outside;
use crate::checks::{Check, texts};
use crate::facts::{Covers, Entitlement};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "member-entitled", version: 1, addressee: Addressee::Office, texts: texts!("member_entitled"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
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
