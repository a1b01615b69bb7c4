//! Charts as SVG: facts in, a drawing out, no script and no colour of its own (classes of `app.css` follow light, dark
//! and print). Each has a title and a description, its values as text, and the same numbers as a table to unfold.
//!
//! Lengths run in percent of the drawing's width and in pixels downwards, so that a drawing fits a phone and a sheet.

pub mod bars;
pub mod line;

use abruf_domain::money::Net;
use abruf_domain::notation::Language;
use rust_decimal::Decimal;

use crate::http::pages::written::money;

/// The classes a chart can draw, in the order of their evidence; P is no cash and stands in tables only.
pub const CLASSES: [Class; 3] = [Class::A, Class::B, Class::C];

/// A class of evidence as it is drawn: never by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Proven: solid.
    A,
    /// List price: striped.
    B,
    /// Benchmark: dotted.
    C,
}

impl Class {
    /// Its letter.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }

    /// What it is measured against.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::A => "A belegt, netto",
            Self::B => "B Listenpreis",
            Self::C => "C Vergleichswert",
        }
    }

    /// Style of its bars and lines.
    #[must_use]
    pub const fn style(self) -> &'static str {
        match self {
            Self::A => "chart__a",
            Self::B => "chart__b",
            Self::C => "chart__c",
        }
    }
}

/// An amount as a chart prints it.
fn exact(net: Net) -> String {
    money(net.decimal(), "EUR")
}

/// An amount with few letters, for the narrow space above a point: `12.346 €`, `1,23 Mio. €`. The table beside it has
/// the cents.
fn short(net: Net) -> String {
    let amount = net.decimal();
    if Decimal::from(1_000_000) <= amount.abs() {
        let millions = (amount / Decimal::from(1_000_000)).round_dp(2);
        return format!("{}\u{a0}Mio.\u{a0}€", Language::German.number(millions.normalize()));
    }
    format!("{}\u{a0}€", Language::German.number(amount.round().normalize()))
}

/// A name that fits on a phone.
fn shortened(name: &str) -> String {
    if name.chars().count() <= 40 {
        name.to_owned()
    } else {
        format!("{}…", name.chars().take(39).collect::<String>())
    }
}

/// A place between `least` and `most`, as a share of `width` with two decimals; half of it where both are the same.
fn place(amount: Decimal, least: Decimal, most: Decimal, width: Decimal) -> Decimal {
    let range = most - least;
    if range.is_zero() { Decimal::ZERO } else { ((amount - least) * width / range).round_dp(2) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_amounts_are_german_and_need_little_room() {
        let of = |text: &str| short(text.parse().unwrap()).replace('\u{a0}', " ");
        assert_eq!(of("0.00"), "0 €");
        assert_eq!(of("12345.67"), "12.346 €");
        assert_eq!(of("-1234567.00"), "\u{2212}1,23 Mio. €");
        assert_eq!(of("2000000.00"), "2 Mio. €");
    }
}
