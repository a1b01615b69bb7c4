//! Accessibility (Barrierefreiheit).
//!
//! Public bodies buy accessible products (§ 121 (2) GWB, BITV 2.0, EN 301 549): an item with a user
//! interface needs the supplier's statement, or an exception with its reason.

use crate::checks::{Check, texts};
use crate::facts::{Accessibility, Item};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "accessibility-evidence",
    version: 1,
    addressee: Addressee::Office,
    texts: texts!("accessibility_evidence"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let concerned: Vec<&Item> = case.requested_items().filter(|item| item.traits.accessibility.is_some()).collect();
    if concerned.is_empty() {
        return Vec::new();
    }
    let articles = |items: &[&Item]| items.iter().map(|item| item.article_number.clone()).collect::<Vec<String>>();
    let open: Vec<&Item> = concerned.iter().copied().filter(|item| !is_settled(item)).collect();
    vec![if open.is_empty() {
        Verdict::passed().figure("skus", articles(&concerned))
    } else {
        Verdict::notice().param("skus", articles(&open))
    }]
}

/// A statement without its document and an exception without its reason settle nothing.
fn is_settled(item: &Item) -> bool {
    match &item.traits.accessibility {
        Some(Accessibility::Stated { document }) => !document.trim().is_empty(),
        Some(Accessibility::Excepted { reason }) => !reason.trim().is_empty(),
        Some(Accessibility::Missing) => false,
        None => true,
    }
}
