//! German notation and nothing else: 1.234,50 €, 04.05.2027, 14:05 Uhr.
//!
//! Works on the text of exact decimals; nothing is computed or rounded here. What belongs together
//! is joined by a no-break space. A minus is a minus (U+2212), as on the pages: a hyphen reads as a dash before a word.

use abruf_domain::period::Period;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe::Berlin;

/// No-break space: between number and unit, § and its number.
pub const NBSP: char = '\u{a0}';

/// The sign of what is below zero.
pub const MINUS: char = '\u{2212}';

/// `1234.5` with at least two decimals: `1.234,50`. More decimals are kept.
///
/// `None` if the text is no plain decimal.
#[must_use]
pub fn number(text: &str, decimals: usize) -> Option<String> {
    let (sign, digits) = text.strip_prefix('-').map_or((None, text), |rest| (Some(MINUS), rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 8);
    out.extend(sign);
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    if decimals > 0 || !fraction.is_empty() {
        out.push(',');
        out.push_str(fraction);
        for _ in fraction.len()..decimals {
            out.push('0');
        }
    }
    Some(out)
}

/// An amount with its currency: `1.234,50 €`, other currencies by code.
#[must_use]
pub fn money(text: &str, currency: &str) -> Option<String> {
    let sign = if currency == "EUR" { "€" } else { currency };
    Some(format!("{}{NBSP}{sign}", number(text, 2)?))
}

/// `19` becomes `19 %`, `7.5` becomes `7,5 %`.
#[must_use]
pub fn percent(text: &str) -> Option<String> {
    Some(format!("{}{NBSP}%", number(text, 0)?))
}

/// `04.05.2027`.
#[must_use]
pub fn date(day: NaiveDate) -> String {
    day.format("%d.%m.%Y").to_string()
}

/// Berlin time of an instant: `04.05.2027, 14:05 Uhr`.
#[must_use]
pub fn date_time(at: DateTime<Utc>) -> String {
    format!("{}{NBSP}Uhr", at.with_timezone(&Berlin).format("%d.%m.%Y, %H:%M"))
}

/// `01.06.2027 bis 31.05.2028`; a single day stands alone.
#[must_use]
pub fn period(period: Period) -> String {
    if period.from() == period.to() {
        return date(period.from());
    }
    format!("{} bis{NBSP}{}", date(period.from()), date(period.to()))
}

/// `1 Monat`, `12 Monate`, `9,5333 Monate`.
#[must_use]
pub fn months(text: &str) -> Option<String> {
    let count = number(text, 0)?;
    let noun = if count == "1" { "Monat" } else { "Monate" };
    Some(format!("{count}{NBSP}{noun}"))
}

/// Words that are never separated from what follows.
const BINDS_NEXT: [&str; 7] = ["§", "§§", "Dr.", "Prof.", "Frau", "Herr", "Herrn"];

/// Words that are not separated from a number that follows.
const BINDS_NEXT_NUMBER: [&str; 12] =
    ["Art.", "Abs.", "Nr.", "Nrn.", "S.", "Satz", "Los", "Pos.", "Az.", "Nummer", "bis", "Seite"];

/// Words that stay with the number before them.
const BINDS_TO_NUMBER: [&str; 41] = [
    "%", "‰", "€", "EUR", "GBP", "USD", "Uhr", "Stück", "Monat", "Monate", "Monaten", "Tag", "Tage", "Tagen", "Jahr",
    "Jahre", "Jahren", "Wochen", "Stunden", "Seiten", "MB", "GB", "TB", "mm", "cm", "m", "km", "m²", "m³", "g", "kg",
    "t", "l", "ml", "W", "kW", "kWh", "V", "A", "°C", "Zoll",
];

/// Legal forms too short for a line of their own.
const BINDS_TO_NAME: [&str; 4] = ["eG", "AG", "KG", "SE"];

/// Puts no-break spaces where a line break would hurt: after § and Abs., between number and unit.
#[must_use]
pub fn bind(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut previous = "";
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 {
            let bare = word.trim_end_matches([',', '.', ';', ')', ':']);
            let binder = previous.trim_start_matches(['(', '„']);
            let number_before = previous.ends_with(|c: char| c.is_ascii_digit());
            let number_after = word.starts_with(|c: char| c.is_ascii_digit());
            let joined = BINDS_NEXT.contains(&binder)
                || (number_after && BINDS_NEXT_NUMBER.contains(&binder))
                || (number_before && BINDS_TO_NUMBER.contains(&bare))
                || (matches!(previous, "Mio." | "Mrd.") && bare == "€")
                || BINDS_TO_NAME.contains(&bare)
                || (is_ordinal(binder) && word.starts_with(char::is_uppercase));
            out.push(if joined { NBSP } else { ' ' });
        }
        out.push_str(word);
        previous = word;
    }
    out
}

/// "4." of "4. Auflage"; a longer number with a point more likely ends a sentence.
fn is_ordinal(word: &str) -> bool {
    word.strip_suffix('.')
        .is_some_and(|digits| matches!(digits.len(), 1 | 2) && digits.bytes().all(|b| b.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn thousands_get_points_and_decimals_a_comma() {
        assert_eq!(number("1234567.5", 2).as_deref(), Some("1.234.567,50"));
        assert_eq!(number("-999.00", 2).as_deref(), Some("\u{2212}999,00"));
        assert_eq!(number("0.333333", 2).as_deref(), Some("0,333333"));
        assert_eq!(number("120", 0).as_deref(), Some("120"));
        assert_eq!(number("12.5", 0).as_deref(), Some("12,5"));
    }

    #[test]
    fn text_that_is_no_decimal_is_not_printed_as_one() {
        for text in ["", "-", "1,5", "abc", "1e5", ".5"] {
            assert_eq!(number(text, 2), None, "{text} was taken");
        }
    }

    #[test]
    fn currencies_other_than_the_euro_are_named_by_code() {
        assert_eq!(money("1234.5", "EUR").as_deref(), Some("1.234,50\u{a0}€"));
        assert_eq!(money("1234.5", "GBP").as_deref(), Some("1.234,50\u{a0}GBP"));
    }

    #[test]
    fn instants_are_printed_in_berlin_time() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a test instant");
        assert_eq!(date_time(at("2027-02-28T23:00:00Z")), "01.03.2027, 00:00\u{a0}Uhr");
        assert_eq!(date_time(at("2027-06-30T12:05:00Z")), "30.06.2027, 14:05\u{a0}Uhr");
    }

    #[test]
    fn paragraph_signs_and_units_keep_their_numbers() {
        assert_eq!(
            bind("nach § 286 Abs. 3 BGB in 30 Tagen, 12 %"),
            "nach §\u{a0}286 Abs.\u{a0}3 BGB in 30\u{a0}Tagen, 12\u{a0}%"
        );
        assert_eq!(bind("Einkauf Mittelland eG, 2,5 Mio. €."), "Einkauf Mittelland\u{a0}eG, 2,5 Mio.\u{a0}€.");
        assert_eq!(bind("Los 2 und Los drei"), "Los\u{a0}2 und Los drei");
        assert_eq!(bind("4. Auflage, 80 g, im Jahr 2027. Die"), "4.\u{a0}Auflage, 80\u{a0}g, im Jahr 2027. Die");
    }

    #[test]
    fn one_month_is_singular() {
        assert_eq!(months("1").as_deref(), Some("1\u{a0}Monat"));
        assert_eq!(months("9.5333").as_deref(), Some("9,5333\u{a0}Monate"));
    }

    proptest! {
        #[test]
        fn a_printed_amount_reads_back_as_the_amount(cents in -99_999_999_999_i64..99_999_999_999) {
            let text = rust_decimal::Decimal::new(cents, 2).to_string();
            let printed = number(&text, 2).expect("a plain decimal");
            prop_assert_eq!(printed.replace('.', "").replace(',', ".").replace(MINUS, "-"), text);
        }

        #[test]
        fn binding_changes_nothing_but_spaces(text in "[ a-z0-9§%.]{0,60}") {
            prop_assert_eq!(bind(&text).replace(NBSP, " "), text);
        }
    }
}
