//! Tier jump (Staffelsprung).
//!
//! Where all units of an order get the price of the tier reached, a larger order can cost less in
//! total. Told, never done: the need decides, and 50 pieces nobody needs are no saving (§ 98 (2) KVG
//! LSA). Graduated tiers cannot jump: there each further unit costs something.
//!
//! Example: 48 x 874.90 = 41,995.20, but 50 x 839.50 = 41,975.00 (GC-10).

use crate::checks::{Check, texts};
use crate::facts::{Item, Price, Tier};
use crate::finding::{Addressee, Verdict};
use crate::money::{Net, Quantity};
use crate::pricing::{amount, in_order, price_term, tiers, won};
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "tier-jump-cheaper",
    version: 1,
    addressee: Addressee::Requester,
    texts: texts!("tier_jump_cheaper"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    case.facts.contract.items.iter().filter_map(|item| judge(case, item)).collect()
}

/// One article: its lines stand in one tier, however they are written.
fn judge(case: &Case<'_>, item: &Item) -> Option<Verdict> {
    let facts = case.facts;
    let quantity = in_order(facts, &item.article_number);
    let term = price_term(facts, item, case.day)?;
    let Price::TierAllUnits { counted, tiers: list } = &term.price else { return None };
    // Tiers are the contract's; what was won in a mini-competition has none.
    if won(facts, &item.article_number).is_some() {
        return None;
    }
    let net = ordered(case, item)?;
    let before = tiers::position(*counted, item.called_off);
    let cheaper = list.iter().find_map(|tier| jump(case, item, tier, before, quantity).filter(|(_, jump)| *jump < net));
    let verdict = match cheaper {
        Some((more, jump)) => Verdict::notice()
            .param("buy_qty", more)
            .param("net", jump)
            .param("cheaper_by", net - jump)
            .figure("more", more - quantity),
        None => Verdict::passed(),
    };
    Some(
        verdict
            .figure("sku", item.article_number.as_str())
            .figure("unit", item.unit.as_str())
            .figure("quantity", quantity)
            .figure("ordered_net", net)
            .input("price_term", term.id),
    )
}

/// What the article's lines come to; `None` where one of them has no amount, or no line asks for it.
fn ordered(case: &Case<'_>, item: &Item) -> Option<Net> {
    let lines = case.priced.lines.iter().filter(|line| line.item == Some(item.id));
    let nets: Option<Vec<Net>> = lines.map(|line| line.net).collect();
    nets.filter(|nets| !nets.is_empty()).map(|nets| nets.into_iter().sum())
}

/// The smallest order that reaches the tier, if it is larger than this one, and what it costs.
fn jump(case: &Case<'_>, item: &Item, tier: &Tier, before: Quantity, quantity: Quantity) -> Option<(Quantity, Net)> {
    if tier.from <= before + quantity {
        return None;
    }
    let order = (tier.from - before).next_multiple_of(item.step, item.min_quantity);
    Some((order, amount(case.facts, item, case.facts.request.supplier, order, case.day)?))
}
