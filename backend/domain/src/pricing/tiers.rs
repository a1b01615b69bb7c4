//! Tiers: which price each unit has.

use crate::facts::{CalledOff, Counted, Tier};
use crate::money::{Quantity, UnitPrice};

/// Units of one tier.
pub type TierPart = (UnitPrice, Quantity);

/// What was called off before and counts towards the tier.
#[must_use]
pub const fn position(counted: Counted, called_off: CalledOff) -> Quantity {
    match counted {
        Counted::PerOrder => Quantity::ZERO,
        Counted::PerMember => called_off.by_member,
        Counted::PerContract => called_off.by_all,
    }
}

/// Durchstaffel: the price of all units once `before + quantity` is reached. Below the first tier its
/// price applies; qty-increment says what the minimum is.
#[must_use]
pub fn all_units(tiers: &[Tier], before: Quantity, quantity: Quantity) -> Option<UnitPrice> {
    let reached = tiers.iter().rev().find(|tier| tier.from <= before + quantity).or_else(|| tiers.first())?;
    Some(reached.unit_price)
}

/// Stufenstaffel: the units after `before`, each in its own tier. A tier from 1001 begins when 1,000
/// units have gone.
#[must_use]
pub fn graduated(tiers: &[Tier], before: Quantity, quantity: Quantity) -> Vec<TierPart> {
    let end = before + quantity;
    let mut parts = Vec::new();
    for (index, tier) in tiers.iter().enumerate() {
        let begin = if index == 0 { Quantity::ZERO } else { tier.from - Quantity::ONE };
        let next = tiers.get(index + 1).map_or(end, |next| (next.from - Quantity::ONE).min(end));
        let first = begin.max(before);
        if first < next {
            parts.push((tier.unit_price, next - first));
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::of;
    use proptest::prelude::*;

    fn tiers(list: &[(&str, &str)]) -> Vec<Tier> {
        list.iter().map(|(from, price)| Tier { from: of(from), unit_price: of(price) }).collect()
    }

    fn e_akte() -> Vec<Tier> {
        tiers(&[("1", "48.00"), ("1001", "44.50"), ("3001", "41.00")])
    }

    #[test]
    fn the_thousandth_unit_is_the_last_of_the_first_tier() {
        assert_eq!(graduated(&e_akte(), of("999"), of("1")), [(of("48.00"), of("1"))]);
        assert_eq!(graduated(&e_akte(), of("1000"), of("1")), [(of("44.50"), of("1"))]);
    }

    #[test]
    fn an_order_over_two_tiers_has_two_prices() {
        assert_eq!(graduated(&e_akte(), of("950"), of("120")), [(of("48.00"), of("50")), (of("44.50"), of("70"))]);
    }

    #[test]
    fn all_units_change_their_price_at_the_tier() {
        let tiers = tiers(&[("1", "912.40"), ("10", "874.90")]);
        assert_eq!(all_units(&tiers, of("0"), of("9")), Some(of("912.40")));
        assert_eq!(all_units(&tiers, of("0"), of("10")), Some(of("874.90")));
        assert_eq!(all_units(&tiers, of("9"), of("1")), Some(of("874.90")));
    }

    proptest! {
        #[test]
        fn graduated_units_are_neither_lost_nor_doubled(before in 0_u32..5000, quantity in 1_u32..5000) {
            let [before, quantity]: [Quantity; 2] = [before, quantity].map(|number| of(&number.to_string()));
            let parts = graduated(&e_akte(), before, quantity);
            prop_assert_eq!(parts.iter().map(|(_, units)| *units).sum::<Quantity>(), quantity);
        }

        #[test]
        fn two_orders_in_a_row_cost_what_one_costs(before in 0_u32..5000, first in 1_u32..2000, second in 1_u32..2000) {
            let [before, first, second]: [Quantity; 3] =
                [before, first, second].map(|number| of(&number.to_string()));
            let net = |before, quantity| crate::money::Net::of_sane_parts(graduated(&e_akte(), before, quantity));
            let apart = net(before, first).zip(net(before + first, second)).map(|(a, b)| a + b);
            prop_assert_eq!(apart, net(before, first + second));
        }
    }
}
