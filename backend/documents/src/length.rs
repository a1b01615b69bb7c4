//! Lengths on paper: whole micrometres, so that layout is exact, comparable and the same everywhere.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

/// A length or a position in micrometres.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Length(i64);

impl Length {
    /// No length.
    pub const ZERO: Self = Self(0);

    /// Whole millimetres.
    #[must_use]
    pub const fn mm(millimetres: i64) -> Self {
        Self(millimetres * 1000)
    }

    /// Micrometres.
    #[must_use]
    pub const fn um(micrometres: i64) -> Self {
        Self(micrometres)
    }

    /// Tenths of a typographic point (1 pt = 25.4 mm / 72), rounded to the nearest micrometre.
    #[must_use]
    pub const fn tenths_of_point(tenths: i64) -> Self {
        Self((tenths * 25_400 + 360) / 720)
    }

    /// The number of micrometres.
    #[must_use]
    pub const fn micrometres(self) -> i64 {
        self.0
    }

    /// The longer of the two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Ord::max(self, other)
    }

    /// This length times `numerator / denominator`, rounded towards zero.
    #[must_use]
    pub const fn scaled(self, numerator: i64, denominator: i64) -> Self {
        Self(self.0 * numerator / denominator)
    }

    /// Reads millimetres with up to three decimals: `12`, `-0.25`, `98.5`; at most two metres.
    #[must_use]
    pub fn parse_mm(text: &str) -> Option<Self> {
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(fraction) || fraction.len() > 3 || whole.len() > 4 {
            return None;
        }
        let millimetres: i64 = whole.parse().ok()?;
        let micrometres: i64 = format!("{fraction:0<3}").parse().ok()?;
        (millimetres <= 2000).then_some(Self(sign * (millimetres * 1000 + micrometres)))
    }
}

/// Millimetres with two decimals, rounded: `98.50`.
impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hundredths = (self.0.abs() + 5) / 10;
        let sign = if self.0 < 0 && hundredths > 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", hundredths / 100, hundredths % 100)
    }
}

impl fmt::Debug for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} mm")
    }
}

impl Add for Length {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl AddAssign for Length {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Length {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl SubAssign for Length {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Neg for Length {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl Mul<i64> for Length {
    type Output = Self;
    fn mul(self, factor: i64) -> Self {
        Self(self.0 * factor)
    }
}

impl Div<i64> for Length {
    type Output = Self;
    fn div(self, divisor: i64) -> Self {
        Self(self.0 / divisor)
    }
}

impl Sum for Length {
    fn sum<I: Iterator<Item = Self>>(lengths: I) -> Self {
        lengths.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn millimetres_are_read_and_written_exactly() {
        assert_eq!(Length::parse_mm("98.5"), Some(Length::um(98_500)));
        assert_eq!(Length::parse_mm("-0.125"), Some(Length::um(-125)));
        assert_eq!(Length::um(98_504).to_string(), "98.50");
        assert_eq!(Length::um(-4).to_string(), "0.00");
        assert_eq!(Length::um(-1234).to_string(), "-1.23");
    }

    #[test]
    fn anything_that_is_no_plain_length_is_refused() {
        for text in ["", "-", "1,5", "1.", ".5", "1.2345", "99999", "1e3", "12mm", "2001"] {
            assert_eq!(Length::parse_mm(text), None, "{text} was taken");
        }
    }

    #[test]
    fn ten_points_are_three_and_a_half_millimetres() {
        assert_eq!(Length::tenths_of_point(100), Length::um(3528));
    }
}
