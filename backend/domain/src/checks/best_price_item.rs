//! Best price per item (Bester Preis je Artikel).
//!
//! Each item goes to the party that offers it cheapest on the day, at the requested quantity, with
//! freight where the contract says so (§ 21 (4) no. 1 VgV). At the same price both may be chosen. The
//! price lists are compared; an offer given now to win the order is none of them.

use crate::checks::{Check, texts};
use crate::facts::{Item, Mechanism, Party, RequestLine};
use crate::finding::{Addressee, Verdict};
use crate::ids::OrganisationId;
use crate::money::UnitPrice;
use crate::pricing::{in_order, price_of, unit_price};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "best-price-item", version: 1, addressee: Addressee::Office, texts: texts!("best_price_item"), run };

/// What a party asks for a unit.
#[derive(Debug, Clone, Copy)]
struct Asked {
    unit_price: UnitPrice,
    /// With freight, where it counts.
    compared: UnitPrice,
}

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let Mechanism::BestPricePerItem { with_freight } = case.facts.contract.mechanism else { return Vec::new() };
    case.facts.request.lines.iter().filter_map(|line| judge(case, line, with_freight)).collect()
}

fn judge(case: &Case<'_>, line: &RequestLine, with_freight: bool) -> Option<Verdict> {
    let facts = case.facts;
    let item = facts.contract.item(&line.article_number)?;
    let parties = facts.contract.ranked_parties(item.lot, case.day);
    let chosen = parties.iter().find(|party| party.supplier == facts.request.supplier)?;
    let own = asked(case, item, chosen.supplier, with_freight)?;
    // By rank: of several at the same price the first is named.
    let best: Option<(&Party, Asked)> = parties
        .iter()
        .filter_map(|party| Some((*party, asked(case, item, party.supplier, with_freight)?)))
        .min_by_key(|(_, asked)| asked.compared)
        .filter(|(_, best)| best.compared < own.compared);
    let verdict = match &best {
        Some((party, best)) => {
            let block = if with_freight { Verdict::block().wording("freight") } else { Verdict::block() };
            block
                .param("sku", line.article_number.as_str())
                .param("best_supplier", party.name.as_str())
                .param("best_unit_price", best.unit_price)
                .figure("best_compared", best.compared)
        }
        None => Verdict::passed().figure("sku", line.article_number.as_str()),
    };
    Some(
        verdict
            .figure("supplier", facts.request.supplier_name.as_str())
            .figure("unit", item.unit.as_str())
            .figure("unit_price", own.unit_price)
            .figure("compared", own.compared)
            .input("item", item.id),
    )
}

/// Unit price of the party's list at the quantity of the whole order; without freight where its list
/// names none.
fn asked(case: &Case<'_>, item: &Item, supplier: OrganisationId, with_freight: bool) -> Option<Asked> {
    let quantity = in_order(case.facts, &item.article_number);
    let unit_price = unit_price(case.facts, item, supplier, quantity, case.day)?;
    let freight = price_of(item, supplier, case.day)?.freight.filter(|_| with_freight);
    Some(Asked { unit_price, compared: freight.map_or(unit_price, |freight| unit_price + freight) })
}
