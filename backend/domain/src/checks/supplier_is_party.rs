//! Supplier is party (Lieferant ist Vertragspartner).
//!
//! Call-offs only between the buyers named in the notice and the partners of the framework, for the
//! lot of each item (§ 21 (2) VgV).

use crate::checks::{Check, texts};
use crate::facts::Item;
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "supplier-is-party",
    version: 1,
    addressee: Addressee::Office,
    texts: texts!("supplier_is_party"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let facts = case.facts;
    let contract = &facts.contract;
    let supplier = facts.request.supplier;
    let requested = |item: &&Item| facts.request.lines.iter().any(|line| line.article_number == item.article_number);
    let foreign_lots: Vec<String> = contract
        .items
        .iter()
        .filter(requested)
        .filter(|item| !contract.is_party(supplier, item.lot, case.day))
        .filter_map(|item| item.lot)
        .map(|lot| contract.lot_name(lot))
        .collect();
    let party = contract.is_party(supplier, None, case.day) && foreign_lots.is_empty();
    let verdict = if party { Verdict::passed() } else { Verdict::block() };
    vec![
        verdict
            .figure("supplier", facts.request.supplier_name.as_str())
            .figure("contract", contract.number.as_str())
            .figure("day", case.day)
            .input("organisation", supplier),
    ]
}
