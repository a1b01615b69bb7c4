//! Item in the contract (Leistung im Vertrag).
//!
//! Only what stands in the price list valid on the day can be called off (§ 21 (2) VgV). An unknown
//! article number is out of scope, and so is an item for which a contracted supplier has no price. A
//! price that only waits for its release is price-version-approved's finding, not this rule's.

use crate::checks::{Check, texts};
use crate::facts::{Facts, Item, PriceTerm};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "item-in-scope", version: 2, addressee: Addressee::Requester, texts: texts!("item_in_scope"), run };

/// Until edition 1: a price that waits for its release counted as none.
pub(super) const CHECK_1: Check = Check { version: 1, run: run_1, ..CHECK };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    judge(case, |_| true)
}

fn run_1(case: &Case<'_>) -> Vec<Verdict> {
    judge(case, |term| term.released)
}

fn judge(case: &Case<'_>, counts: fn(&PriceTerm) -> bool) -> Vec<Verdict> {
    let facts = case.facts;
    if facts.request.lines.is_empty() {
        return Vec::new();
    }
    let outside: Vec<String> = facts
        .request
        .lines
        .iter()
        .filter(|line| !facts.contract.item(&line.article_number).is_some_and(|item| has_price(case, item, counts)))
        .map(|line| line.article_number.clone())
        .collect();
    let verdict = if outside.is_empty() { Verdict::passed() } else { Verdict::block() };
    vec![verdict.figure("articles", outside).figure("contract", facts.contract.number.as_str()).figure("day", case.day)]
}

/// A supplier that is no party of the lot is the finding of supplier-is-party or lot-supplier-match.
fn has_price(case: &Case<'_>, item: &Item, counts: fn(&PriceTerm) -> bool) -> bool {
    let Facts { contract, request, .. } = case.facts;
    let mut prices = item.prices.iter().filter(|term| counts(term));
    !contract.is_party(request.supplier, item.lot, case.day)
        || prices.any(|term| term.supplier == request.supplier && term.validity.contains(case.day))
}
