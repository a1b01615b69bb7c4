//! Supplier is party (Lieferant ist Vertragspartner).
//!
//! Call-offs only between the buyers named in the notice and the partners of the framework
//! (§ 21 (2) VgV). A partner of another lot is lot-supplier-match's finding, not this rule's.

use crate::checks::{Check, texts};
use crate::facts::{Facts, Item, Lot};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
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
    let stopped =
        contract.parties.iter().filter(|party| party.supplier == supplier).find_map(|party| party.stopped_from);
    let verdict = match (contract.is_party(supplier, None, case.day), stopped.filter(|from| *from <= case.day)) {
        (true, _) => Verdict::passed(),
        (false, Some(from)) => Verdict::block().wording("stopped").figure("stopped_from", from),
        (false, None) => Verdict::block(),
    };
    vec![
        verdict
            .figure("supplier", case.facts.request.supplier_name.as_str())
            .figure("contract", contract.number.as_str())
            .figure("day", case.day)
            .input("organisation", supplier),
    ]
}

/// Until edition 1: it also spoke about lots.
pub(super) const CHECK_1: Check = Check { version: 1, run: run_1, ..CHECK };

fn run_1(case: &Case<'_>) -> Vec<Verdict> {
    let Facts { contract, request, .. } = case.facts;
    let requested: Vec<&Item> = request.lines.iter().filter_map(|line| contract.item(&line.article_number)).collect();
    let foreign = |lot: &&Lot| {
        requested.iter().any(|item| item.lot == Some(lot.id))
            && !contract.is_party(request.supplier, Some(lot.id), case.day)
    };
    let lots: Vec<String> =
        contract.lots.iter().filter(foreign).map(|lot| format!("{} {}", lot.number, lot.title)).collect();
    if lots.is_empty() || !contract.is_party(request.supplier, None, case.day) {
        return run(case);
    }
    let verdict = Verdict::block().wording("lot").figure("lots", lots);
    vec![
        verdict
            .figure("supplier", request.supplier_name.as_str())
            .figure("contract", contract.number.as_str())
            .figure("day", case.day)
            .input("organisation", request.supplier),
    ]
}
