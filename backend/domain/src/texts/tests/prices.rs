//! Situations of the rules about terms, offers, price versions, index clauses and tiers.

use super::bent;
use crate::example::{id, line, of};
use crate::facts::{Counted, Facts, IndexValue, Offer, Price, Tier};
use crate::ids::IndexSeriesId;
use crate::period::Period;

const SERIES: u128 = 50;

/// The training days at this price.
fn priced(price: Price) -> Facts {
    bent(|facts| facts.contract.items[1].prices[0].price = price)
}

fn performed_until(day: &str, runoff_allowed: bool) -> Facts {
    bent(|facts| {
        facts.request.performance = Some(Period::new(of("2026-02-01"), of(day)).expect("in order"));
        facts.contract.runoff_allowed = runoff_allowed;
    })
}

/// The training days with an offer of the supplier; `quoted` has a cap in place of a price.
fn offered(unit_price: &str, document: &str, quoted: bool) -> Facts {
    bent(|facts| {
        let offer = Offer { unit_price: of(unit_price), document: document.to_owned() };
        facts.request.lines[1].offer = Some(offer);
        if quoted {
            facts.contract.items[1].prices[0].price = Price::Quoted { cap: of("1200.00") };
        }
    })
}

/// Technician hours beside the training days, with these index values: published, value, released.
fn indexed(values: &[(&str, &str, bool)]) -> Facts {
    let mut facts = priced(Price::Index {
        base_price: of("148.00"),
        fixed_share: of("0.30"),
        variable_share: of("0.70"),
        series: id::<IndexSeriesId>(SERIES),
        index_base: of("112.4"),
        threshold: of("5"),
    });
    let value = |&(published_on, value, released): &(&str, &str, bool)| IndexValue {
        series: id::<IndexSeriesId>(SERIES),
        value: of(value),
        published_on: of(published_on),
        released,
    };
    facts.contract.index_values = values.iter().map(value).collect();
    facts
}

fn unreleased(mut facts: Facts) -> Facts {
    facts.contract.items[0].prices[0].released = false;
    facts
}

fn tiered(quantity: &str) -> Facts {
    let tier = |from: &str, unit_price: &str| Tier { from: of(from), unit_price: of(unit_price) };
    let tiers = vec![tier("1", "912.40"), tier("10", "874.90"), tier("50", "839.50")];
    let mut facts = priced(Price::TierAllUnits { counted: Counted::PerOrder, tiers });
    facts.request.lines = vec![line(1, "CTX-TRN", quantity)];
    facts
}

pub(super) fn situations() -> Vec<Facts> {
    vec![
        // performance-beyond-term
        performed_until("2027-02-28", false),
        performed_until("2027-03-01", true),
        performed_until("2027-03-01", false),
        // price-matches-terms
        offered("1180.00", "Angebot 17", false),
        offered("1100.00", "Angebot 17", false),
        offered("1180.01", "Angebot 17", false),
        offered("1200.01", "Angebot 17", true),
        offered("1100.00", " ", false),
        // price-version-approved
        unreleased(bent(|_| ())),
        indexed(&[("2026-01-02", "118.9", false)]),
        unreleased(indexed(&[("2026-01-02", "118.9", false)])),
        // price-adjustment-applied
        indexed(&[]),
        indexed(&[("2025-12-01", "118.0", true)]),
        indexed(&[("2025-12-01", "118.9", true)]),
        indexed(&[("2025-12-01", "106.0", true)]),
        // tier-jump-cheaper
        tiered("47"),
        tiered("48"),
    ]
}
