//! A price before it is released: whether it is well formed, and how far it lies from the one before.
//!
//! Facts in, judgement out; the words are those of whoever shows it.

use serde::{Deserialize, Serialize};

use crate::facts::{Price, Tier};
use crate::money::{Percent, Quantity, UnitPrice};

/// What is wrong with a price that somebody entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "fault")]
pub enum PriceFault {
    /// An amount is below zero.
    Negative,
    /// A discount is below 0 or above 100 percent.
    Discount {
        /// As entered.
        percent: Percent,
    },
    /// A tiered price without a tier.
    NoTier,
    /// The first tier begins above the smallest quantity: some orders would have no price.
    Gap {
        /// Smallest quantity of the item.
        min_quantity: Quantity,
        /// Where the first tier begins.
        first: Quantity,
    },
    /// A tier begins where or before the one before it begins.
    TierOrder {
        /// Where the tier begins.
        from: Quantity,
        /// Where the one before it begins.
        after: Quantity,
    },
    /// The shares of an index clause are not one together.
    Shares,
}

impl PriceFault {
    /// What is wrong, with what would be right.
    #[must_use]
    pub fn german(&self) -> String {
        match self {
            Self::Negative => "Ein Preis kann nicht negativ sein. Bitte geben Sie 0 oder mehr ein.".to_owned(),
            Self::Discount { percent } => {
                format!("Der Rabatt beträgt {percent} Prozent. Möglich sind 0 bis 100. Bitte prüfen Sie die Eingabe.")
            }
            Self::NoTier => {
                "Ein Staffelpreis braucht mindestens eine Staffel. Bitte geben Sie je Zeile „Menge: Preis“ ein."
                    .to_owned()
            }
            Self::Gap { min_quantity, first } => format!(
                "Die erste Staffel beginnt bei {first}, bestellt werden kann ab {min_quantity}. Für die Mengen dazwischen \
                 fehlt ein Preis. Bitte lassen Sie die erste Staffel bei {min_quantity} beginnen."
            ),
            Self::TierOrder { from, after } => format!(
                "Die Staffel ab {from} steht nach der Staffel ab {after}. Jede Staffel beginnt höher als die davor. \
                 Bitte ordnen Sie die Staffeln aufsteigend."
            ),
            Self::Shares => "Fester und veränderlicher Anteil der Preisgleitklausel ergeben zusammen nicht 1. \
                             Bitte prüfen Sie beide."
                .to_owned(),
        }
    }
}

/// Everything that is wrong with a price of an item; nothing if it is well formed.
#[must_use]
pub fn faults(price: &Price, min_quantity: Quantity) -> Vec<PriceFault> {
    let negative = |price: UnitPrice| price.is_negative().then_some(PriceFault::Negative);
    match price {
        Price::Fixed { unit_price } => negative(*unit_price).into_iter().collect(),
        Price::Subscription { unit_price_month } => negative(*unit_price_month).into_iter().collect(),
        Price::Quoted { cap } => negative(*cap).into_iter().collect(),
        Price::ListMinus { list_price, discount_pct } => {
            let beyond = discount_pct.is_negative() || Percent::HUNDRED < *discount_pct;
            negative(*list_price)
                .into_iter()
                .chain(beyond.then_some(PriceFault::Discount { percent: *discount_pct }))
                .collect()
        }
        Price::TierAllUnits { tiers, .. } | Price::TierGraduated { tiers, .. } => tier_faults(tiers, min_quantity),
        Price::Index { base_price, fixed_share, variable_share, .. } => negative(*base_price)
            .into_iter()
            .chain(
                (fixed_share.decimal() + variable_share.decimal() != Quantity::ONE.decimal())
                    .then_some(PriceFault::Shares),
            )
            .collect(),
    }
}

fn tier_faults(tiers: &[Tier], min_quantity: Quantity) -> Vec<PriceFault> {
    let Some(first) = tiers.first() else { return vec![PriceFault::NoTier] };
    let gap = (min_quantity < first.from).then_some(PriceFault::Gap { min_quantity, first: first.from });
    let order = tiers
        .windows(2)
        .filter(|pair| pair[1].from <= pair[0].from)
        .map(|pair| PriceFault::TierOrder { from: pair[1].from, after: pair[0].from });
    let negative = tiers.iter().any(|tier| tier.unit_price.is_negative()).then_some(PriceFault::Negative);
    gap.into_iter().chain(order).chain(negative).collect()
}

/// How far a new price lies from the one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// There was none before.
    First,
    /// In percent of the one before, at the quantity where they differ most; negative is cheaper.
    Percent(Percent),
    /// Another kind of price, or one that cost nothing before: no percentage says it.
    OtherKind,
}

impl Change {
    /// Whether somebody has to confirm it with a reason: more than `limit` percent up or down, or not
    /// comparable at all.
    #[must_use]
    pub fn needs_reason(self, limit: Percent) -> bool {
        match self {
            Self::First => false,
            Self::Percent(percent) => limit.decimal() < percent.decimal().abs(),
            Self::OtherKind => true,
        }
    }
}

/// Compares a new price with the one it follows.
#[must_use]
pub fn change(before: Option<&Price>, after: &Price) -> Change {
    let Some(before) = before else { return Change::First };
    if std::mem::discriminant(before) != std::mem::discriminant(after) {
        return Change::OtherKind;
    }
    let mut farthest: Option<Percent> = None;
    for quantity in starts(before).chain(starts(after)) {
        let (Some(old), Some(new)) = (at(before, quantity), at(after, quantity)) else { return Change::OtherKind };
        if old.is_zero() && new.is_zero() {
            continue;
        }
        let Some(share) = (new.decimal() - old.decimal()).checked_div(old.decimal()) else { return Change::OtherKind };
        let Ok(percent) = Percent::new((share * Percent::HUNDRED.decimal()).round_dp(Percent::DECIMALS)) else {
            return Change::OtherKind;
        };
        if farthest.is_none_or(|so_far| so_far.decimal().abs() < percent.decimal().abs()) {
            farthest = Some(percent);
        }
    }
    Change::Percent(farthest.unwrap_or(Percent::ZERO))
}

/// The price changed by so many percent, every amount in it rounded to `decimals`; discounts, shares and
/// thresholds stay.
#[must_use]
pub fn changed_by(price: &Price, percent: Percent, decimals: u32) -> Price {
    let raised = |price: &UnitPrice| {
        let factor = (Percent::HUNDRED.decimal() + percent.decimal()) / Percent::HUNDRED.decimal();
        UnitPrice::rounded(price.decimal() * factor, decimals)
    };
    let raised_tiers = |tiers: &[Tier]| {
        tiers.iter().map(|tier| Tier { from: tier.from, unit_price: raised(&tier.unit_price) }).collect()
    };
    match price {
        Price::Fixed { unit_price } => Price::Fixed { unit_price: raised(unit_price) },
        Price::Subscription { unit_price_month } => Price::Subscription { unit_price_month: raised(unit_price_month) },
        Price::ListMinus { list_price, discount_pct } => {
            Price::ListMinus { list_price: raised(list_price), discount_pct: *discount_pct }
        }
        Price::TierAllUnits { counted, tiers } => Price::TierAllUnits { counted: *counted, tiers: raised_tiers(tiers) },
        Price::TierGraduated { counted, tiers } => {
            Price::TierGraduated { counted: *counted, tiers: raised_tiers(tiers) }
        }
        Price::Index { base_price, fixed_share, variable_share, series, index_base, threshold } => Price::Index {
            base_price: raised(base_price),
            fixed_share: *fixed_share,
            variable_share: *variable_share,
            series: *series,
            index_base: *index_base,
            threshold: *threshold,
        },
        Price::Quoted { cap } => Price::Quoted { cap: raised(cap) },
    }
}

/// Quantities at which a price may begin to differ.
fn starts(price: &Price) -> impl Iterator<Item = Quantity> {
    let tiers = match price {
        Price::TierAllUnits { tiers, .. } | Price::TierGraduated { tiers, .. } => tiers.as_slice(),
        _ => &[],
    };
    let one = tiers.is_empty().then_some(Quantity::ONE);
    one.into_iter().chain(tiers.iter().map(|tier| tier.from))
}

/// What the last unit of this quantity costs; below the first tier what the first one says.
fn at(price: &Price, quantity: Quantity) -> Option<UnitPrice> {
    match price {
        Price::Fixed { unit_price } => Some(*unit_price),
        Price::Subscription { unit_price_month } => Some(*unit_price_month),
        Price::ListMinus { list_price, discount_pct } => {
            Some(list_price.after_discount(*discount_pct, UnitPrice::DECIMALS))
        }
        Price::TierAllUnits { tiers, .. } | Price::TierGraduated { tiers, .. } => {
            tiers.iter().rev().find(|tier| tier.from <= quantity).or(tiers.first()).map(|tier| tier.unit_price)
        }
        Price::Index { base_price, .. } => Some(*base_price),
        Price::Quoted { cap } => Some(*cap),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::of;
    use crate::facts::Counted;

    fn fixed(price: &str) -> Price {
        Price::Fixed { unit_price: of(price) }
    }

    fn tiers(tiers: &[(&str, &str)]) -> Price {
        let tiers = tiers.iter().map(|(from, price)| Tier { from: of(from), unit_price: of(price) }).collect();
        Price::TierAllUnits { counted: Counted::PerOrder, tiers }
    }

    #[test]
    fn tiers_with_a_gap_below_or_out_of_order_are_faulty() {
        let gap = faults(&tiers(&[("5", "9.00"), ("10", "8.00")]), of("1"));
        assert_eq!(gap, [PriceFault::Gap { min_quantity: of("1"), first: of("5") }]);
        assert!(gap[0].german().contains("beginnt bei 5") && gap[0].german().contains("ab 1"), "{}", gap[0].german());
        let order = faults(&tiers(&[("1", "9.00"), ("10", "8.00"), ("10", "7.00")]), of("1"));
        assert_eq!(order, [PriceFault::TierOrder { from: of("10"), after: of("10") }]);
        assert_eq!(faults(&tiers(&[]), of("1")), [PriceFault::NoTier]);
        assert_eq!(faults(&tiers(&[("1", "9.00"), ("10", "8.00")]), of("5")), [], "the first tier may begin below");
    }

    #[test]
    fn amounts_below_zero_and_discounts_above_a_hundred_are_faulty() {
        assert_eq!(faults(&fixed("-0.01"), of("1")), [PriceFault::Negative]);
        assert_eq!(faults(&fixed("0.00"), of("1")), []);
        let discount = Price::ListMinus { list_price: of("10.00"), discount_pct: of("100.01") };
        assert_eq!(faults(&discount, of("1")), [PriceFault::Discount { percent: of("100.01") }]);
    }

    #[test]
    fn a_change_is_measured_where_it_is_farthest() {
        let percent = |before: &Price, after: &Price| change(Some(before), after);
        assert_eq!(percent(&fixed("10.00"), &fixed("13.00")), Change::Percent(of("30")));
        assert_eq!(percent(&fixed("10.00"), &fixed("9.00")), Change::Percent(of("-10")));
        let before = tiers(&[("1", "10.00"), ("10", "8.00")]);
        let after = tiers(&[("1", "10.00"), ("50", "8.00")]);
        assert_eq!(percent(&before, &after), Change::Percent(of("25")), "10 units rise from 8 to 10");
    }

    #[test]
    fn exactly_the_limit_needs_no_reason_and_a_hair_more_does() {
        let limit = of("30");
        assert!(!Change::Percent(of("30")).needs_reason(limit));
        assert!(Change::Percent(of("30.0001")).needs_reason(limit));
        assert!(Change::Percent(of("-30.0001")).needs_reason(limit));
        assert!(!Change::First.needs_reason(of("0")));
    }

    #[test]
    fn what_no_percentage_says_needs_a_reason() {
        assert_eq!(change(Some(&fixed("0.00")), &fixed("1.00")), Change::OtherKind);
        assert_eq!(change(Some(&fixed("1.00")), &tiers(&[("1", "1.00")])), Change::OtherKind);
        assert!(Change::OtherKind.needs_reason(of("100")));
        assert_eq!(change(Some(&fixed("0.00")), &fixed("0.00")), Change::Percent(of("0")));
        assert_eq!(change(None, &fixed("1.00")), Change::First);
    }

    #[test]
    fn a_percentage_changes_every_amount_and_nothing_else() {
        let raised = changed_by(&tiers(&[("1", "9.99"), ("10", "8.88")]), of("2.5"), 2);
        assert_eq!(raised, tiers(&[("1", "10.24"), ("10", "9.10")]));
        let discount = Price::ListMinus { list_price: of("100.00"), discount_pct: of("12.5") };
        let raised = Price::ListMinus { list_price: of("90.00"), discount_pct: of("12.5") };
        assert_eq!(changed_by(&discount, of("-10"), 2), raised);
    }
}
