//! Lot and supplier match (Los und Lieferant passen).
//!
//! A party of the framework delivers the items of its own lots only (§ 21 (2) VgV). Whether the
//! supplier is a party at all is supplier-is-party's question.

use crate::checks::supplier_is_party::stopped_lots;
use crate::checks::{Check, texts};
use crate::facts::{Facts, Item, Lot, Party, StopScope};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "lot-supplier-match",
    version: 1,
    addressee: Addressee::Requester,
    texts: texts!("lot_supplier_match"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let Facts { contract, request, .. } = case.facts;
    let requested: Vec<&Lot> = requested_lots(case.facts);
    if requested.is_empty() || !contract.is_party(request.supplier, None, case.day) {
        return Vec::new();
    }
    let foreign = |lot: &&&Lot| !contract.is_party(request.supplier, Some(lot.id), case.day);
    let named = |lot: &&Lot| format!("{} {}", lot.number, lot.title);
    let foreign: Vec<String> = requested.iter().filter(foreign).map(named).collect();
    let stopped = stopped_lots(contract, request.supplier, case.day);
    let verdict = if foreign.is_empty() {
        Verdict::passed().figure("lots", requested.iter().map(named).collect::<Vec<_>>())
    } else if foreign.iter().all(|lot| stopped.contains(lot)) {
        let of_requested = |party: &&Party| {
            party.supplier == request.supplier
                && party.stop_scope == Some(StopScope::Lot)
                && requested.iter().any(|lot| party.lot == Some(lot.id))
        };
        let first = contract.parties.iter().filter(of_requested).filter_map(|party| party.stopped_from).min();
        Verdict::block().wording("stopped").figure("lots", foreign).figure("stopped_from", first.unwrap_or(case.day))
    } else {
        Verdict::block().figure("lots", foreign)
    };
    vec![
        verdict
            .figure("supplier", request.supplier_name.as_str())
            .figure("contract", contract.number.as_str())
            .figure("day", case.day)
            .input("organisation", request.supplier),
    ]
}

/// Lots with a requested item.
fn requested_lots(facts: &Facts) -> Vec<&Lot> {
    let Facts { contract, request, .. } = facts;
    let requested: Vec<&Item> = request.lines.iter().filter_map(|line| contract.item(&line.article_number)).collect();
    contract.lots.iter().filter(|lot| requested.iter().any(|item| item.lot == Some(lot.id))).collect()
}
