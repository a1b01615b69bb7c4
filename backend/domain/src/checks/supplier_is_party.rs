//! Supplier is party (Lieferant ist Vertragspartner).
//!
//! Call-offs only between the buyers named in the notice and the partners of the framework, for the
//! lot of each item (§ 21 (2) VgV).

use crate::checks::{Check, texts};
use crate::facts::{Facts, Item, Lot};
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
    let contract = &case.facts.contract;
    let supplier = case.facts.request.supplier;
    let verdict = if !contract.is_party(supplier, None, case.day) {
        Verdict::block()
    } else {
        let foreign = foreign_lots(case);
        match foreign.is_empty() {
            true => Verdict::passed(),
            false => Verdict::block().wording("lot").figure("lots", foreign),
        }
    };
    vec![
        verdict
            .figure("supplier", case.facts.request.supplier_name.as_str())
            .figure("contract", contract.number.as_str())
            .figure("day", case.day)
            .input("organisation", supplier),
    ]
}

/// "2 Citrix" for each lot with a requested item of which the supplier is no party.
fn foreign_lots(case: &Case<'_>) -> Vec<String> {
    let Facts { contract, request, .. } = case.facts;
    let requested: Vec<&Item> = request.lines.iter().filter_map(|line| contract.item(&line.article_number)).collect();
    let foreign = |lot: &&Lot| {
        requested.iter().any(|item| item.lot == Some(lot.id))
            && !contract.is_party(request.supplier, Some(lot.id), case.day)
    };
    contract.lots.iter().filter(foreign).map(|lot| format!("{} {}", lot.number, lot.title)).collect()
}
