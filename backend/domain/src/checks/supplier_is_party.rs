//! Supplier is party (Lieferant ist Vertragspartner).
//!
//! Call-offs only between the buyers named in the notice and the partners of the framework
//! (§ 21 (2) VgV). A partner of another lot is lot-supplier-match's finding, not this rule's.

use chrono::NaiveDate;

use crate::checks::{Check, texts};
use crate::facts::{ContractTerms, Facts, Item, Lot, StopScope};
use crate::finding::{Addressee, Verdict};
use crate::ids::OrganisationId;
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
    let mut own = contract.parties.iter().filter(|party| party.supplier == supplier);
    let stopped = own.find_map(|party| Some((party.stopped_from?, party.stop_scope)));
    let stopped = stopped.filter(|(from, _)| *from <= case.day);
    let verdict = match (contract.is_party(supplier, None, case.day), stopped) {
        (true, _) => Verdict::passed(),
        (false, None) => Verdict::block(),
        (false, Some((from, scope))) => match scope {
            None => Verdict::block().wording("stopped"),
            Some(StopScope::Contract) => Verdict::block().wording("stopped_contract"),
            Some(StopScope::Lot) => {
                Verdict::block().wording("stopped_lot").figure("lots", stopped_lots(contract, supplier, case.day))
            }
        }
        .figure("stopped_from", from),
    };
    vec![
        verdict
            .figure("supplier", case.facts.request.supplier_name.as_str())
            .figure("contract", contract.number.as_str())
            .figure("day", case.day)
            .input("organisation", supplier),
    ]
}

/// Lots for which alone the supplier is stopped on this day, with number and title.
pub(super) fn stopped_lots(contract: &ContractTerms, supplier: OrganisationId, day: NaiveDate) -> Vec<String> {
    let stopped = |lot: &&Lot| {
        contract.parties.iter().any(|party| {
            party.supplier == supplier
                && party.lot == Some(lot.id)
                && party.stop_scope == Some(StopScope::Lot)
                && party.stopped_from.is_some_and(|from| from <= day)
        })
    };
    contract.lots.iter().filter(stopped).map(|lot| format!("{} {}", lot.number, lot.title)).collect()
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
