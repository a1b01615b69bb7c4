//! Minimum quantity and packing unit (Mindestmenge, Verpackungseinheit).
//!
//! A line's quantity is at least the minimum and a whole multiple of the packing unit.
//!
//! Example: toner in packs of 5: 5 and 10 are fine, 7 is refused with "nächste Menge 10".

use crate::checks::{Check, texts};
use crate::facts::{Item, RequestLine};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "qty-increment", version: 1, addressee: Addressee::Requester, texts: texts!("qty_increment"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let lines = case.facts.request.lines.iter();
    let pairs: Vec<(&RequestLine, &Item)> =
        lines.filter_map(|line| Some((line, case.facts.contract.item(&line.article_number)?))).collect();
    let refused: Vec<Verdict> = pairs
        .iter()
        .filter(|(line, item)| line.quantity < item.min_quantity || !line.quantity.is_multiple_of(item.step))
        .map(|(line, item)| {
            let verdict = match item.step.is_zero() {
                true => Verdict::block().wording("minimum"),
                false => Verdict::block(),
            };
            verdict
                .param("sku", line.article_number.as_str())
                .figure("item", item.title.as_str())
                .figure("quantity", line.quantity)
                .figure("unit", item.unit.as_str())
                .figure("minimum", item.min_quantity)
                .figure("step", item.step)
                .figure("next", line.quantity.next_multiple_of(item.step, item.min_quantity))
                .input("item", item.id)
        })
        .collect();
    match (refused.is_empty(), pairs.is_empty()) {
        (false, _) => refused,
        (true, false) => vec![Verdict::passed()],
        (true, true) => Vec::new(),
    }
}
