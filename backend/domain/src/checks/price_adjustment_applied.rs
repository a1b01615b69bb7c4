//! Price adjustment applied (Preisgleitung angewendet).
//!
//! Where the index moved by strictly more than the threshold, up or down, the contract's formula
//! `base x (a + b x I / I0)` gives the unit price. Nothing to decide; the releaser has to know it.
//!
//! Example: 148.00 x (0.30 + 0.70 x 118.9 / 112.4) = 153.99 (GC-14).

use crate::checks::{Check, texts};
use crate::facts::{IndexValue, Price};
use crate::finding::{Addressee, Verdict};
use crate::money::{IndexPoints, Percent};
use crate::pricing::{PricedLine, indexed, newest_index, price_term, won};
use crate::review::Case;

/// The rule.
pub const CHECK: Check = Check {
    id: "price-adjustment-applied",
    version: 1,
    addressee: Addressee::Releaser,
    texts: texts!("price_adjustment_applied"),
    run,
};

fn run(case: &Case<'_>) -> Vec<Verdict> {
    case.priced.lines.iter().filter_map(|line| judge(case, line)).collect()
}

fn judge(case: &Case<'_>, line: &PricedLine) -> Option<Verdict> {
    let facts = case.facts;
    let item = facts.contract.item(&line.article_number)?;
    let term = price_term(facts, item, case.day)?;
    let Price::Index { base_price, fixed_share, variable_share, series, index_base, threshold } = &term.price else {
        return None;
    };
    let (adjusted, moved) = indexed(facts, &term.price, case.day)?;
    let written = line.unit_price.as_deref()?;
    // A lower offer or the result of a mini-competition took the formula's place.
    if won(facts, &line.article_number).is_some() || written.parse() != Ok(adjusted) {
        return None;
    }
    let verdict = match (moved, newest_index(facts, *series, case.day)) {
        // As text: the parameter has the scale of the line's unit price, whatever it ends in.
        (Some(value), _) => with_index(Verdict::notice().param("unit_price", written), value, *index_base),
        (None, Some(value)) => with_index(Verdict::passed(), value, *index_base),
        (None, None) => Verdict::passed().wording("base"),
    };
    Some(
        verdict
            .figure("sku", line.article_number.as_str())
            .figure("unit", item.unit.as_str())
            .figure("base_price", *base_price)
            .figure("adjusted", adjusted)
            .figure("fixed_share", fixed_share.percent())
            .figure("variable_share", variable_share.percent())
            .figure("index_base", *index_base)
            .figure("threshold", *threshold)
            .input("price_term", term.id),
    )
}

fn with_index(verdict: Verdict, value: &IndexValue, base: IndexPoints) -> Verdict {
    let moved = value.value.move_from(base).unwrap_or(Percent::ZERO);
    verdict.figure("index_now", value.value).figure("moved", moved)
}
