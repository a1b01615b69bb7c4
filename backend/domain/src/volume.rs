//! What a call-off takes from each ceiling scope.

use crate::facts::{Measure, Scope, ScopeState};
use crate::money::{Quantity, Volume};
use crate::pricing::PricedCallOff;

/// Net value or quantity this call-off takes from the scope. The surcharge counts for contract and
/// member, not for a single lot or item.
#[must_use]
pub fn demand(scope: &ScopeState, priced: &PricedCallOff) -> Volume {
    demand_at(scope.scope, scope.measure, priced)
}

/// As [`demand`], for a scope of which nothing else matters.
#[must_use]
pub fn demand_at(scope: Scope, measure: Measure, priced: &PricedCallOff) -> Volume {
    match (scope, measure) {
        (Scope::Contract | Scope::Member, Measure::Value) => priced.net.into(),
        (Scope::Contract | Scope::Member, Measure::Quantity) => {
            priced.lines.iter().filter(|line| line.item.is_some()).map(|line| line.quantity).sum::<Quantity>().into()
        }
        (Scope::Lot(lot), Measure::Value) => {
            priced.lines.iter().filter(|line| line.lot == Some(lot)).filter_map(|line| line.net).map(Volume::from).sum()
        }
        (Scope::Lot(lot), Measure::Quantity) => {
            priced.lines.iter().filter(|line| line.lot == Some(lot)).map(|line| line.quantity).sum::<Quantity>().into()
        }
        (Scope::Item(item), Measure::Value) => priced
            .lines
            .iter()
            .filter(|line| line.item == Some(item))
            .filter_map(|line| line.net)
            .map(Volume::from)
            .sum(),
        (Scope::Item(item), Measure::Quantity) => priced
            .lines
            .iter()
            .filter(|line| line.item == Some(item))
            .map(|line| line.quantity)
            .sum::<Quantity>()
            .into(),
    }
}
