//! How amounts, quantities and dates are written for people: `1.234,50 €`, `04.05.2027`.
//!
//! German and English only differ here; every sentence of a rule goes through this file.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};
use chrono_tz::Europe::Berlin;
use rust_decimal::Decimal;

/// No-break space: between number and unit, so that a line never ends between them.
const NO_BREAK: char = '\u{a0}';

/// The language of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Deutsch.
    German,
    /// English.
    English,
}

impl Language {
    /// Thousands separator and decimal separator.
    const fn separators(self) -> (char, char) {
        match self {
            Self::German => ('.', ','),
            Self::English => (',', '.'),
        }
    }

    /// A decimal number with its own scale and grouped thousands: `1.234,5`.
    #[must_use]
    pub fn number(self, value: Decimal) -> String {
        let (thousands, point) = self.separators();
        let text = value.abs().to_string();
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let mut out = String::with_capacity(text.len() + 8);
        if value.is_sign_negative() && !value.is_zero() {
            out.push('\u{2212}');
        }
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                out.push(thousands);
            }
            out.push(digit);
        }
        if !fraction.is_empty() {
            out.push(point);
            out.push_str(fraction);
        }
        out
    }

    /// An amount with two decimals and its currency: `1.234,50 €`.
    #[must_use]
    pub fn money(self, value: Decimal, currency: &str) -> String {
        let mut cents = value;
        cents.rescale(2);
        format!("{}{NO_BREAK}{}", self.number(cents), currency_sign(currency))
    }

    /// A unit price: at least two decimals, never fewer than it has.
    #[must_use]
    pub fn unit_price(self, value: Decimal, currency: &str) -> String {
        let mut price = value.normalize();
        if price.scale() < 2 {
            price.rescale(2);
        }
        format!("{}{NO_BREAK}{}", self.number(price), currency_sign(currency))
    }

    /// A percentage: `14,09 %`.
    #[must_use]
    pub fn percent(self, value: Decimal) -> String {
        format!("{}{NO_BREAK}%", self.number(value))
    }

    /// A date: `04.05.2027`, in English `4 May 2027`.
    #[must_use]
    pub fn date(self, day: NaiveDate) -> String {
        match self {
            Self::German => format!("{:02}.{:02}.{}", day.day(), day.month(), day.year()),
            Self::English => format!("{} {} {}", day.day(), day.format("%B"), day.year()),
        }
    }

    /// An instant in Berlin to the minute: `04.05.2027, 09:15 Uhr`.
    #[must_use]
    pub fn instant(self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&Berlin);
        let day = self.date(local.date_naive());
        match self {
            Self::German => format!("{day}, {:02}:{:02}{NO_BREAK}Uhr", local.hour(), local.minute()),
            Self::English => format!("{day}, {:02}:{:02} (Berlin)", local.hour(), local.minute()),
        }
    }
}

/// The sign or code of a currency: euros have a sign, others their ISO code.
fn currency_sign(currency: &str) -> &str {
    if currency == "EUR" { "€" } else { currency }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_in_a_german_letter() {
        assert_eq!(Language::German.money(Decimal::new(123_456_750, 2), "EUR"), "1.234.567,50\u{a0}€");
        assert_eq!(Language::German.money(Decimal::new(-132, 2), "EUR"), "\u{2212}1,32\u{a0}€");
        assert_eq!(Language::German.unit_price(Decimal::new(291_638, 4), "GBP"), "29,1638\u{a0}GBP");
        assert_eq!(Language::English.number(Decimal::new(12_345, 1)), "1,234.5");
    }

    #[test]
    fn dates_read_as_in_a_german_letter() {
        let day = NaiveDate::from_ymd_opt(2027, 5, 4).expect("a date");
        assert_eq!(Language::German.date(day), "04.05.2027");
        assert_eq!(Language::English.date(day), "4 May 2027");
    }
}
