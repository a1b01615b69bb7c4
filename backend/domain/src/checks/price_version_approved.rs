//! Price version released (Preisstand freigegeben), the part about call-offs.
//!
//! A second person releases each price list and each index value before anything is ordered at it. A
//! price that only waits for its release blocks, and so does an index value newer than the released
//! one. An article without any price is item-in-scope's finding.

use crate::checks::{Check, texts};
use crate::facts::{Facts, IndexValue, Item, Price};
use crate::finding::{Addressee, Verdict};
use crate::pricing::{price_term, won};
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "price-version-approved",
    version: 1,
    addressee: Addressee::Office,
    texts: texts!("price_version_approved"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let Facts { contract, request, .. } = case.facts;
    let lines = request.lines.iter().filter_map(|line| contract.item(&line.article_number));
    let items: Vec<&Item> = lines.filter(|item| contract.is_party(request.supplier, item.lot, case.day)).collect();
    let waiting: Vec<&Item> = items.iter().copied().filter(|item| waits(case, item)).collect();
    let indexed: Vec<(&Item, &IndexValue)> =
        items.iter().filter_map(|item| Some((*item, waiting_index(case, item)?))).collect();
    if items.iter().all(|item| price_term(case.facts, item, case.day).is_none()) && waiting.is_empty() {
        return Vec::new();
    }
    let verdict = match (waiting.is_empty(), indexed.is_empty()) {
        (true, true) => Verdict::passed(),
        (false, true) => Verdict::block(),
        (true, false) => Verdict::block().wording("index"),
        (false, false) => Verdict::block().wording("both"),
    };
    let names = |items: Vec<&Item>| items.iter().map(|item| item.article_number.clone()).collect::<Vec<_>>();
    let verdict = match indexed.first() {
        Some((_, value)) => verdict
            .figure("index", value.value)
            .figure("published_on", value.published_on)
            .figure("indexed", names(indexed.iter().map(|(item, _)| *item).collect())),
        None => verdict,
    };
    vec![
        verdict.figure("articles", names(waiting)).figure("contract", contract.number.as_str()).figure("day", case.day),
    ]
}

/// The supplier's only price of this day is not released.
fn waits(case: &Case<'_>, item: &Item) -> bool {
    let mut prices = item.prices.iter();
    price_term(case.facts, item, case.day).is_none()
        && prices.any(|term| term.supplier == case.facts.request.supplier && term.validity.contains(case.day))
}

/// The newest published value of the item's index, if nobody has released it. A price won in a
/// mini-competition does not follow the index.
fn waiting_index<'a>(case: &Case<'a>, item: &Item) -> Option<&'a IndexValue> {
    let Price::Index { series, .. } = &price_term(case.facts, item, case.day)?.price else { return None };
    let values = case.facts.contract.index_values.iter();
    let newest =
        values.filter(|value| value.series == *series && value.published_on <= case.day).max_by_key(|value| {
            // Of two values of one day the released one counts.
            (value.published_on, value.released)
        })?;
    (!newest.released && won(case.facts, &item.article_number).is_none()).then_some(newest)
}
