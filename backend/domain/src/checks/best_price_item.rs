//! Best price per item (Bester Preis je Artikel).
//!
//! Each item goes to the party that offers it cheapest on the day, at the requested quantity, with
//! freight where the contract says so (§ 21 (4) no. 1 VgV). At the same price both may be chosen. The
//! price lists are compared; an offer given now to win the order is none of them.

use chrono::NaiveDate;

use crate::checks::{Check, texts};
use crate::facts::{Facts, Item, Mechanism, Party, RequestLine};
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
pub(crate) struct Asked {
    unit_price: UnitPrice,
    /// With freight, where it counts.
    pub(crate) compared: UnitPrice,
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
    let own = asked(facts, item, chosen.supplier, case.day, with_freight)?;
    let best = cheapest(facts, item, case.day, with_freight).filter(|(_, best)| best.compared < own.compared);
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

/// The cheapest party of the item, by rank: of several at the same price the first.
pub(crate) fn cheapest<'a>(
    facts: &'a Facts,
    item: &Item,
    day: NaiveDate,
    with_freight: bool,
) -> Option<(&'a Party, Asked)> {
    let parties = facts.contract.ranked_parties(item.lot, day).into_iter();
    parties
        .filter_map(|party| Some((party, asked(facts, item, party.supplier, day, with_freight)?)))
        .min_by_key(|(_, asked)| asked.compared)
}

/// Unit price of the party's list at the quantity of the whole order; without freight where its list
/// names none.
pub(crate) fn asked(
    facts: &Facts,
    item: &Item,
    supplier: OrganisationId,
    day: NaiveDate,
    with_freight: bool,
) -> Option<Asked> {
    let quantity = in_order(facts, &item.article_number);
    let unit_price = unit_price(facts, item, supplier, quantity, day)?;
    let freight = price_of(item, supplier, day)?.freight.filter(|_| with_freight);
    Some(Asked { unit_price, compared: freight.map_or(unit_price, |freight| unit_price + freight) })
}
