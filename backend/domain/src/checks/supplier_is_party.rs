//! Supplier is party (Lieferant ist Vertragspartner).
//!
//! Call-offs only between the buyers named in the notice and the partners of the framework
//! (§ 21 (2) VgV). A partner of another lot is lot-supplier-match's finding, not this rule's.

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule. Version 1 also spoke about lots.
pub const CHECK: Check = Check {
    id: "supplier-is-party",
    version: 2,
    addressee: Addressee::Office,
    texts: texts!("supplier_is_party"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let contract = &case.facts.contract;
    let supplier = case.facts.request.supplier;
    let verdict = match contract.is_party(supplier, None, case.day) {
        true => Verdict::passed(),
        false => Verdict::block(),
    };
    vec![
        verdict
            .figure("supplier", case.facts.request.supplier_name.as_str())
            .figure("contract", contract.number.as_str())
            .figure("day", case.day)
            .input("organisation", supplier),
    ]
}
