//! Amounts, unit prices, quantities and rates: the only file that does arithmetic with [`Decimal`].
//!
//! **The rounding rule, stated once.** Every amount is rounded half-up on its absolute value
//! (*kaufmännisch*: 0.125 becomes 0.13, -0.125 becomes -0.13) to cents, once, at the place that
//! names it: the line, the tax of a rate, the fee, the baseline amount. Sums add rounded amounts
//! and are exact (EN 16931 BR-CO-10, BR-CO-17). Unit prices may carry more decimals.
//!
//! Net and gross are different types on purpose: nothing in the workspace can add or compare them.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};
use std::str::FromStr;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::period::Months;

/// Rounds half-up on the absolute value.
fn round_half_up(value: Decimal, decimals: u32) -> Decimal {
    let mut rounded = value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(decimals);
    // -0.00 and 0.00 are the same amount and must be the same text.
    if rounded.is_zero() {
        rounded.set_sign_positive(true);
    }
    rounded
}

/// Why a text or a number is not an amount, price, quantity or rate of ours.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NumberError {
    /// Not a plain decimal number with a point: letters, two separators, nothing at all.
    #[error("`{0}` is not a decimal number")]
    NotANumber(String),
    /// More decimals than the type keeps; nothing is rounded silently at the border.
    #[error("{value} has more than {allowed} decimals")]
    TooManyDecimals {
        /// The number as given.
        value: Decimal,
        /// Decimals the type keeps.
        allowed: u32,
    },
    /// Outside the range the database can hold.
    #[error("{value} is outside the allowed range up to {limit}")]
    OutOfRange {
        /// The number as given.
        value: Decimal,
        /// Largest absolute value allowed.
        limit: Decimal,
    },
}

/// Parses a plain decimal (`-12.50`): no exponent, no thousands separators, at most 28 digits.
fn parse_plain(text: &str) -> Result<Decimal, NumberError> {
    let not_a_number = || NumberError::NotANumber(text.chars().take(40).collect());
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = !digits.is_empty()
        && digits.len() <= 29
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && digits.bytes().filter(|b| *b == b'.').count() <= 1
        && !digits.starts_with('.')
        && !digits.ends_with('.');
    if !plain {
        return Err(not_a_number());
    }
    Decimal::from_str_exact(text).map_err(|_| not_a_number())
}

/// Declares a decimal newtype: private field, checked constructor, text and JSON as a plain string.
macro_rules! decimal_type {
    ($(#[$doc:meta])* $name:ident, decimals = $decimals:expr, limit = $limit:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Decimal);

        impl $name {
            /// Decimals this type keeps; also the scale of its column.
            pub const DECIMALS: u32 = $decimals;

            /// Takes a number that already has few enough decimals.
            ///
            /// # Errors
            /// If it has more decimals than [`Self::DECIMALS`] or is larger than its column.
            pub fn new(value: Decimal) -> Result<Self, NumberError> {
                let normalised = value.normalize();
                if normalised.scale() > Self::DECIMALS {
                    return Err(NumberError::TooManyDecimals { value, allowed: Self::DECIMALS });
                }
                let limit = Decimal::from($limit);
                if value.abs() > limit {
                    return Err(NumberError::OutOfRange { value, limit });
                }
                Ok(Self(value))
            }

            /// The number itself, for storage and display.
            #[must_use]
            pub const fn decimal(self) -> Decimal {
                self.0
            }

            /// Whether it is exactly zero.
            #[must_use]
            pub fn is_zero(self) -> bool {
                self.0.is_zero()
            }

            /// Whether it is below zero.
            #[must_use]
            pub fn is_negative(self) -> bool {
                self.0.is_sign_negative() && !self.0.is_zero()
            }
        }

        impl FromStr for $name {
            type Err = NumberError;
            fn from_str(text: &str) -> Result<Self, NumberError> {
                Self::new(parse_plain(text)?)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NumberError;
            fn try_from(text: String) -> Result<Self, NumberError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}

/// Sums and differences of amounts with cents; exact.
macro_rules! amount_type {
    ($name:ident) => {
        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(Decimal::ZERO);

            /// Rounds half-up to cents.
            #[must_use]
            pub fn rounded(value: Decimal) -> Self {
                Self(round_half_up(value, 2))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", round_half_up(self.0, 2))
            }
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                *self = *self + other;
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(Decimal::ZERO - self.0)
            }
        }

        impl Sum for $name {
            fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
                amounts.fold(Self::ZERO, Add::add)
            }
        }
    };
}

decimal_type! {
    /// An amount without VAT, in whole cents of the contract's currency (`numeric(14,2)`).
    Net, decimals = 2, limit = 999_999_999_999_i64
}
amount_type!(Net);

decimal_type! {
    /// An amount of VAT, in whole cents (`numeric(14,2)`).
    Vat, decimals = 2, limit = 999_999_999_999_i64
}
amount_type!(Vat);

decimal_type! {
    /// An amount with VAT, in whole cents (`numeric(14,2)`).
    Gross, decimals = 2, limit = 999_999_999_999_i64
}
amount_type!(Gross);

decimal_type! {
    /// Price of one unit without VAT, up to six decimals (`numeric(16,6)`).
    UnitPrice, decimals = 6, limit = 9_999_999_999_i64
}

decimal_type! {
    /// A quantity in the item's unit, up to four decimals (`numeric(14,4)`).
    Quantity, decimals = 4, limit = 9_999_999_999_i64
}

decimal_type! {
    /// A percentage: `1.5` means 1.5 %.
    Percent, decimals = 4, limit = 10_000_i64
}

impl Net {
    /// One cent.
    pub const CENT: Self = Self(Decimal::from_parts(1, 0, 0, false, 2));

    /// `round2(unit price x quantity)`, or with months for a price per month; the one rounding of a line.
    ///
    /// Multiplied out before dividing, so that a part of a month loses nothing (GC-26).
    #[must_use]
    pub fn of_line(unit_price: UnitPrice, quantity: Quantity, months: Option<Months>) -> Self {
        let product = unit_price.0 * quantity.0;
        match months {
            None => Self::rounded(product),
            Some(months) => Self::rounded(product * months.numerator() / Months::denominator()),
        }
    }

    /// As [`Self::of_line`]; `None` from ten thousand million on, before anything can overflow.
    #[must_use]
    pub fn of_sane_line(unit_price: UnitPrice, quantity: Quantity, months: Option<Months>) -> Option<Self> {
        let product = unit_price.0.checked_mul(quantity.0)?;
        let factor = months.map_or(Decimal::ONE, Months::numerator);
        product.checked_mul(factor)?;
        Some(Self::of_line(unit_price, quantity, months)).filter(|net| net.is_sane())
    }

    /// Below ten thousand million. No call-off of a town is larger; what is, is a typing error, and
    /// refused before it meets a column or a sum that cannot hold it.
    #[must_use]
    pub fn is_sane(self) -> bool {
        self.0.abs() < Decimal::from(10_000_000_000_i64)
    }

    /// `round2(sum of price x quantity)`: a line whose units stand in several tiers, rounded once.
    /// `None` where the amount is not sane.
    #[must_use]
    pub fn of_sane_parts(parts: impl IntoIterator<Item = (UnitPrice, Quantity)>) -> Option<Self> {
        let mut sum = Decimal::ZERO;
        for (unit_price, quantity) in parts {
            sum = sum.checked_add(unit_price.0.checked_mul(quantity.0)?)?;
        }
        Some(Self::rounded(sum)).filter(|net| net.is_sane())
    }

    /// As [`Self::of_sane_parts`], for a line that is `part` of the `whole` quantity: still rounded once.
    #[must_use]
    pub fn of_sane_share(
        parts: impl IntoIterator<Item = (UnitPrice, Quantity)>,
        part: Quantity,
        whole: Quantity,
    ) -> Option<Self> {
        let mut sum = Decimal::ZERO;
        for (unit_price, quantity) in parts {
            sum = sum.checked_add(unit_price.0.checked_mul(quantity.0)?)?;
        }
        let share = sum.checked_mul(part.0)?.checked_div(whole.0)?;
        Some(Self::rounded(share)).filter(|net| net.is_sane())
    }

    /// `round2(this x part / whole)`: the share of a part; nothing where there is no whole.
    #[must_use]
    pub fn share(self, part: Decimal, whole: Decimal) -> Self {
        (self.0 * part).checked_div(whole).map_or(Self::ZERO, Self::rounded)
    }

    /// `round2(this x part / whole)` of months: what a part of a term costs; nothing where there is no whole.
    #[must_use]
    pub fn share_of_months(self, part: Months, whole: Months) -> Self {
        self.share(part.numerator(), whole.numerator())
    }

    /// `round2(rate % of this amount)`: a cooperative fee.
    #[must_use]
    pub fn percentage(self, rate: Percent) -> Self {
        Self::rounded(self.0 * rate.0 / Decimal::ONE_HUNDRED)
    }

    /// `rate %` of this amount, rounded down to the cent: a legal limit is never rounded in anybody's
    /// favour, and whole cents exceed it exactly where they exceed the unrounded one.
    #[must_use]
    pub fn percentage_down(self, rate: Percent) -> Self {
        let mut limit =
            (self.0 * rate.0 / Decimal::ONE_HUNDRED).round_dp_with_strategy(2, RoundingStrategy::ToNegativeInfinity);
        limit.rescale(2);
        Self(limit)
    }

    /// In whole cents, for shares that must add up.
    #[must_use]
    pub fn cents(self) -> i128 {
        let mut cents = self.0;
        cents.rescale(2);
        cents.mantissa()
    }

    /// From whole cents; `None` beyond what an amount can hold.
    #[must_use]
    pub fn of_cents(cents: i128) -> Option<Self> {
        Self::new(Decimal::try_from_i128_with_scale(cents, 2).ok()?).ok()
    }

    /// `round2(this x rate)`: the tax of one VAT group, computed on the sum of its bases (BR-CO-17).
    #[must_use]
    pub fn vat(self, rate: Percent) -> Vat {
        Vat::rounded(self.0 * rate.0 / Decimal::ONE_HUNDRED)
    }

    /// Adds the tax; the only way from net to gross.
    #[must_use]
    pub fn plus_vat(self, vat: Vat) -> Gross {
        Gross(self.0 + vat.0)
    }

    /// This amount as a percentage of `whole`, half-up to two decimals; `None` if `whole` is zero.
    #[must_use]
    pub fn percent_of(self, whole: Self) -> Option<Decimal> {
        if whole.is_zero() {
            return None;
        }
        Some(round_half_up(self.0 * Decimal::ONE_HUNDRED / whole.0, 2))
    }
}

impl Gross {
    /// `round2(rate % of this amount)`: a cash discount.
    #[must_use]
    pub fn percentage(self, rate: Percent) -> Self {
        Self::rounded(self.0 * rate.0 / Decimal::ONE_HUNDRED)
    }
}

impl From<Net> for UnitPrice {
    fn from(net: Net) -> Self {
        Self(net.0)
    }
}

impl UnitPrice {
    /// Rounds half-up to the decimals a contract fixes for derived prices.
    #[must_use]
    pub fn rounded(value: Decimal, decimals: u32) -> Self {
        Self(round_half_up(value, decimals.min(Self::DECIMALS)))
    }

    /// List price minus discount: `round(list x (1 - discount))` to the contract's decimals (GC-13).
    #[must_use]
    pub fn after_discount(self, discount: Percent, decimals: u32) -> Self {
        let factor = Decimal::ONE - discount.0 / Decimal::ONE_HUNDRED;
        Self::rounded(self.0 * factor, decimals)
    }

    /// Price adjustment: `round(p0 x (a + b x I / I0))` to the contract's decimals, multiplied out
    /// before dividing (GC-14). The base itself where I0 is zero.
    #[must_use]
    pub fn adjusted(self, fixed: Ratio, variable: Ratio, now: IndexPoints, base: IndexPoints, decimals: u32) -> Self {
        let numerator = self.0 * (fixed.0 * base.0 + variable.0 * now.0);
        numerator.checked_div(base.0).map_or(self, |price| Self::rounded(price, decimals))
    }

    /// What one unit costs on average where units have different prices: `net / quantity`, four
    /// decimals, for display only (GC-04).
    #[must_use]
    pub fn average(net: Net, quantity: Quantity) -> Option<String> {
        let average = net.0.checked_div(quantity.0)?;
        let mut average = round_half_up(average, 4);
        average.rescale(4);
        Some(average.to_string())
    }

    /// As text with at least `decimals` decimals, never fewer than it has.
    #[must_use]
    pub fn with_decimals(self, decimals: u32) -> String {
        let mut value = self.0.normalize();
        if value.scale() < decimals {
            value.rescale(decimals);
        }
        value.to_string()
    }
}

impl fmt::Display for UnitPrice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_decimals(2))
    }
}

impl Add for UnitPrice {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Default for Quantity {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// One unit.
    pub const ONE: Self = Self(Decimal::ONE);

    /// Whether this is a whole number of `step`s; a step of zero allows every quantity.
    #[must_use]
    pub fn is_multiple_of(self, step: Self) -> bool {
        step.is_zero() || (self.0 % step.0).is_zero()
    }

    /// So many whole steps reach this: 7 in packs of 5 are 2. Nothing for a step of zero.
    #[must_use]
    pub fn steps_up(self, step: Self) -> u64 {
        self.0.checked_div(step.0).and_then(|steps| steps.ceil().to_u64()).unwrap_or(0)
    }

    /// This so many times; the largest quantity where that would be larger.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        let most = Decimal::from(9_999_999_999_i64);
        Self(self.0.checked_mul(Decimal::from(count)).unwrap_or(most).min(most))
    }

    /// The nearest whole number of steps that is not smaller than this and not smaller than `minimum`.
    #[must_use]
    pub fn next_multiple_of(self, step: Self, minimum: Self) -> Self {
        let at_least = self.0.max(minimum.0);
        if step.is_zero() {
            return Self(at_least);
        }
        Self((at_least / step.0).ceil() * step.0)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.normalize())
    }
}

impl Add for Quantity {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Quantity {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(quantities: I) -> Self {
        quantities.fold(Self::ZERO, Add::add)
    }
}

impl Percent {
    /// 0 %.
    pub const ZERO: Self = Self(Decimal::ZERO);
    /// 80 %: an in-house body owes its owners more than this share of its activity (§ 108 (1) no. 2 GWB).
    pub const EIGHTY: Self = Self(Decimal::from_parts(80, 0, 0, false, 0));
    /// 100 %.
    pub const HUNDRED: Self = Self(Decimal::ONE_HUNDRED);
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.normalize())
    }
}

decimal_type! {
    /// Points of an offer in a mini-competition (`numeric(8,4)`).
    Points, decimals = 4, limit = 1_000_i64
}
amount_type!(Points);

impl Points {
    /// The best mark a criterion of quality can get.
    pub const BEST_MARK: Self = Self(Decimal::TEN);

    /// `round2(weight x mark / 10)`: what a mark of quality is worth.
    #[must_use]
    pub fn of_mark(mark: Self, weight: Percent) -> Self {
        Self::rounded(weight.0 * mark.0 / Decimal::TEN)
    }

    /// `round2(weight x lowest / price)`: half of the points at double the lowest price. A price of nothing gets all.
    #[must_use]
    pub fn by_ratio(lowest: Net, price: Net, weight: Percent) -> Self {
        Self::rounded((weight.0 * lowest.0).checked_div(price.0).unwrap_or(weight.0))
    }

    /// `round2(weight x (2 x lowest - price) / lowest)`: no points from double the lowest price on.
    #[must_use]
    pub fn by_distance(lowest: Net, price: Net, weight: Percent) -> Self {
        let room = (lowest.0 + lowest.0 - price.0).max(Decimal::ZERO);
        let all_or_none = if price.0.is_zero() { weight.0 } else { Decimal::ZERO };
        Self::rounded((weight.0 * room).checked_div(lowest.0).unwrap_or(all_or_none))
    }
}

decimal_type! {
    /// A share between nothing and everything: `0.80` means four fifths.
    Ratio, decimals = 4, limit = 1_i64
}

impl Ratio {
    /// `0.80` as 80 %.
    #[must_use]
    pub fn percent(self) -> Percent {
        Percent(self.0 * Decimal::ONE_HUNDRED)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

decimal_type! {
    /// Points of a price index, e.g. `118.9`.
    IndexPoints, decimals = 4, limit = 1_000_000_i64
}

impl IndexPoints {
    /// `|I / I0 - 1| > threshold`, strictly and in both directions; this is I.
    #[must_use]
    pub fn moved_by_more_than(self, threshold: Percent, base: Self) -> bool {
        threshold.0 * base.0 < (self.0 - base.0).abs() * Decimal::ONE_HUNDRED
    }

    /// By how many percent this is above (or below) `base`, half-up to two decimals; `None` if `base` is zero.
    #[must_use]
    pub fn move_from(self, base: Self) -> Option<Percent> {
        let change = ((self.0 - base.0) * Decimal::ONE_HUNDRED).checked_div(base.0)?;
        Some(Percent(round_half_up(change, 2)))
    }
}

impl fmt::Display for IndexPoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.normalize())
    }
}

decimal_type! {
    /// What a ceiling counts: net value in the contract's currency or a quantity (`numeric(18,4)`).
    Volume, decimals = 4, limit = 99_999_999_999_999_i64
}

impl Volume {
    /// Nothing.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// As an amount, for display and findings; recorded facts may carry four decimals.
    #[must_use]
    pub fn as_net(self) -> Net {
        Net::rounded(self.0)
    }

    /// An estimate, rounded down to the decimals of a volume; beyond its limit, the limit.
    #[must_use]
    pub fn from_estimate(estimate: Decimal) -> Self {
        let limit = Decimal::from(99_999_999_999_999_i64);
        Self(estimate.round_dp_with_strategy(Self::DECIMALS, RoundingStrategy::ToZero).clamp(-limit, limit))
    }

    /// The largest whole number of steps that is not larger than this.
    #[must_use]
    pub fn last_multiple_of(self, step: Quantity) -> Self {
        if step.is_zero() { self } else { Self((self.0 / step.0).floor() * step.0) }
    }

    /// Whether this has reached `ratio` (0.80) of `limit`.
    #[must_use]
    pub fn reaches(self, ratio: Ratio, limit: Self) -> bool {
        self.0 >= ratio.0 * limit.0
    }

    /// This as a percentage of `whole`, rounded down to whole percent so that 99.9 % never reads 100; `None` if `whole` is zero.
    #[must_use]
    pub fn percent_of(self, whole: Self) -> Option<Decimal> {
        if whole.0.is_zero() {
            return None;
        }
        Some((self.0 * Decimal::ONE_HUNDRED / whole.0).floor())
    }
}

impl fmt::Display for Volume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.normalize())
    }
}

impl From<Net> for Volume {
    fn from(net: Net) -> Self {
        Self(net.0)
    }
}

impl From<Quantity> for Volume {
    fn from(quantity: Quantity) -> Self {
        Self(quantity.0)
    }
}

impl Add for Volume {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Volume {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Volume {
    type Output = Self;
    fn neg(self) -> Self {
        Self(Decimal::ZERO - self.0)
    }
}

impl Sum for Volume {
    fn sum<I: Iterator<Item = Self>>(volumes: I) -> Self {
        volumes.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn net(text: &str) -> Net {
        text.parse().expect("a test amount")
    }

    fn price(text: &str) -> UnitPrice {
        text.parse().expect("a test price")
    }

    #[test]
    fn half_a_cent_goes_away_from_zero_on_both_sides() {
        assert_eq!(Net::rounded(Decimal::new(125, 3)).to_string(), "0.13");
        assert_eq!(Net::rounded(Decimal::new(-125, 3)).to_string(), "-0.13");
        assert_eq!(Net::rounded(Decimal::new(-4, 3)).to_string(), "0.00");
    }

    #[test]
    fn a_derived_price_is_rounded_first_and_the_line_once() {
        let derived = price("33.33").after_discount("12.5".parse().expect("a rate"), 4);
        assert_eq!(derived.with_decimals(4), "29.1638");
        let line = Net::of_line(derived, "5".parse().expect("a quantity"), None);
        assert_eq!(line, net("145.82"));
    }

    #[test]
    fn text_that_is_no_plain_number_is_refused_with_the_text() {
        for text in ["", "abc", "1e9", "1,5", "1.2.3", "--1", "+1", ".5", "5.", " 1", "NaN"] {
            assert!(text.parse::<Net>().is_err(), "{text} was taken");
        }
        assert!("9".repeat(40).parse::<Quantity>().is_err());
    }

    #[test]
    fn a_third_decimal_is_refused_not_rounded_away() {
        assert_eq!(
            "1.005".parse::<Net>(),
            Err(NumberError::TooManyDecimals { value: Decimal::new(1005, 3), allowed: 2 })
        );
    }

    #[test]
    fn packing_units_are_checked_exactly() {
        let step = "0.25".parse().expect("a step");
        assert!("0.75".parse::<Quantity>().expect("a quantity").is_multiple_of(step));
        assert!(!"0.8".parse::<Quantity>().expect("a quantity").is_multiple_of(step));
        let next = "0.8".parse::<Quantity>().expect("a quantity").next_multiple_of(step, Quantity::ZERO);
        assert_eq!(next.to_string(), "1");
    }

    proptest! {
        #[test]
        fn the_order_of_lines_never_changes_a_sum(cents in prop::collection::vec(-100_000_i64..100_000, 0..40)) {
            let amounts: Vec<Net> = cents.iter().map(|c| Net::rounded(Decimal::new(*c, 2))).collect();
            let forwards: Net = amounts.iter().copied().sum();
            let backwards: Net = amounts.iter().rev().copied().sum();
            prop_assert_eq!(forwards, backwards);
        }

        #[test]
        fn an_amount_survives_its_own_text(cents in -99_999_999_i64..99_999_999) {
            let amount = Net::rounded(Decimal::new(cents, 2));
            prop_assert_eq!(amount.to_string().parse::<Net>(), Ok(amount));
        }
    }
}
