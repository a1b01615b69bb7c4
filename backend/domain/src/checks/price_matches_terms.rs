//! Price matches the contract (Preis entspricht Vertrag).
//!
//! Prices are computed, never typed. An offer of the supplier may be lower than the contract's price,
//! never higher: that would change the contract (§ 132 (1) GWB). A free-text item costs what its offer
//! says, up to its cap. Each offer needs its document. One finding per call-off, for the first line of
//! the gravest kind.

use crate::checks::{Check, texts};
use crate::facts::{Item, Offer, Price, RequestLine};
use crate::finding::{Addressee, Verdict};
use crate::money::UnitPrice;
use crate::pricing::{highest_price, in_order, price_term, won};
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "price-matches-terms",
    version: 1,
    addressee: Addressee::Office,
    texts: texts!("price_matches_terms"),
    run,
};

/// How an offer stands to the contract, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Higher,
    AboveCap,
    WithoutDocument,
    Lower,
    AsAgreed,
}

/// A line with an offer beside what the contract says.
struct Offered<'a> {
    standing: Standing,
    line: &'a RequestLine,
    item: &'a Item,
    offer: &'a Offer,
    agreed: UnitPrice,
}

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let lines = case.facts.request.lines.iter();
    let offered: Vec<Offered<'_>> = lines.filter_map(|line| compare(case, line)).collect();
    let Some(gravest) = offered.iter().min_by_key(|offered| offered.standing) else { return Vec::new() };
    let verdict = match gravest.standing {
        Standing::Higher => Verdict::block(),
        Standing::AboveCap => Verdict::block().wording("cap"),
        Standing::WithoutDocument => Verdict::block().wording("document"),
        Standing::Lower => Verdict::notice(),
        Standing::AsAgreed => Verdict::passed(),
    };
    let alike = offered.iter().filter(|offered| offered.standing == gravest.standing);
    vec![
        verdict
            .figure("sku", gravest.line.article_number.as_str())
            .figure("unit", gravest.item.unit.as_str())
            .figure("offered", gravest.offer.unit_price)
            .figure("agreed", gravest.agreed)
            .figure("document", gravest.offer.document.as_str())
            .figure("articles", alike.map(|offered| offered.line.article_number.clone()).collect::<Vec<_>>())
            .input("item", gravest.item.id),
    ]
}

/// `None` without an offer, and for an article without a price: item-in-scope says so.
fn compare<'a>(case: &Case<'a>, line: &'a RequestLine) -> Option<Offered<'a>> {
    let facts = case.facts;
    let offer = line.offer.as_ref()?;
    let item = facts.contract.item(&line.article_number)?;
    let quoted = matches!(price_term(facts, item, case.day)?.price, Price::Quoted { .. });
    let quantity = in_order(facts, &line.article_number);
    let agreed = won(facts, &line.article_number)
        .or_else(|| highest_price(facts, item, facts.request.supplier, quantity, case.day))?;
    let standing = match (agreed < offer.unit_price, quoted) {
        (true, true) => Standing::AboveCap,
        (true, false) => Standing::Higher,
        _ if offer.document.trim().is_empty() => Standing::WithoutDocument,
        (false, false) if offer.unit_price < agreed => Standing::Lower,
        _ => Standing::AsAgreed,
    };
    Some(Offered { standing, line, item, offer, agreed })
}
