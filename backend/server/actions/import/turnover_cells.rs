//! Amounts as turnover files write them: currency signs, groups, parentheses for a minus, quotes around values,
//! and a letter that a spreadsheet left behind each of them.
//!
//! What is read differently than it is written is a [`Repair`], and told. What can be read in two ways is
//! refused: `1,5` in a file with points is neither 15 nor 1.5.

use abruf_domain::money::{NumberError, Volume};
use rust_decimal::Decimal;

use crate::actions::import::cells::Notation;

/// Decimals with which an amount that cannot be recorded still counts for the control sum: so the sum of the
/// longest file is exact.
const MOST_DECIMALS: u32 = 8;
/// How a cell, or a row, was read differently than it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Repair {
    /// The same letter behind each month of the file.
    MonthEnd,
    /// The same letter behind each amount of the file.
    AmountEnd,
    /// A time of day behind the day.
    TimeOfDay,
    /// A currency sign beside the amount.
    CurrencySign,
    /// Groups of thousands that the mapping does not name.
    Thousands,
    /// Parentheses for a negative amount.
    Parentheses,
    /// A minus behind the amount.
    TrailingMinus,
    /// A dash for the minus.
    Dash,
    /// A plus before the amount.
    Plus,
    /// Quotes around the value.
    Quotes,
    /// Blank columns behind the last one.
    BlankColumns,
    /// A name in other capitals or with other spaces than ours.
    Spelling,
}

impl Repair {
    /// What was done, for a sentence that begins with the number of rows.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::MonthEnd => "Der Monat endet auf ein überzähliges Zeichen; es wurde weggelassen",
            Self::AmountEnd => "Der Betrag endet auf ein überzähliges Zeichen; es wurde weggelassen",
            Self::TimeOfDay => "Hinter dem Tag steht eine Uhrzeit; sie wurde weggelassen",
            Self::CurrencySign => "Am Betrag steht ein Währungszeichen; es wurde weggelassen",
            Self::Thousands => "Der Betrag hat Tausendertrennzeichen; sie wurden weggelassen",
            Self::Parentheses => "Der Betrag steht in Klammern; er wurde als negativ gelesen",
            Self::TrailingMinus => "Das Minus steht hinter dem Betrag; er wurde als negativ gelesen",
            Self::Dash => "Statt des Minus steht ein Strich; der Betrag wurde als negativ gelesen",
            Self::Plus => "Vor dem Betrag steht ein Plus; es wurde weggelassen",
            Self::Quotes => "Um den Wert stehen Anführungszeichen; sie wurden weggelassen",
            Self::BlankColumns => "Hinter der letzten Spalte stehen leere; sie wurden weggelassen",
            Self::Spelling => "Der Name ist anders geschrieben als bei uns (Groß- und Kleinschreibung, Leerzeichen)",
        }
    }

    /// Stable word for programs.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::MonthEnd => "month_end",
            Self::AmountEnd => "amount_end",
            Self::TimeOfDay => "time_of_day",
            Self::CurrencySign => "currency_sign",
            Self::Thousands => "thousands",
            Self::Parentheses => "parentheses",
            Self::TrailingMinus => "trailing_minus",
            Self::Dash => "dash",
            Self::Plus => "plus",
            Self::Quotes => "quotes",
            Self::BlankColumns => "blank_columns",
            Self::Spelling => "spelling",
        }
    }
}

/// Why a cell is no amount that can be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AmountWrong {
    /// Nothing stands there.
    Empty,
    /// It is no number in the notation of the file.
    NotANumber,
    /// More than four decimals; nothing is rounded.
    TooManyDecimals,
    /// Larger than the ledger can hold.
    TooLarge,
    /// The sign of another currency stands beside it.
    OtherCurrency(&'static str),
}

/// An amount cell, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmountRead {
    /// What is recorded.
    pub amount: Result<Volume, AmountWrong>,
    /// The number for the control sum, also where it cannot be recorded.
    pub number: Option<Decimal>,
    /// What had to be done.
    pub repairs: Vec<Repair>,
}

/// Signs and codes beside amounts, with what they mean.
const CURRENCIES: [(&str, &str); 7] =
    [("€", "EUR"), ("£", "GBP"), ("$", "USD"), ("EUR", "EUR"), ("GBP", "GBP"), ("USD", "USD"), ("CHF", "CHF")];

/// What may stand between groups of three digits, beside point and comma.
const GROUPS: [char; 7] = ['.', ',', ' ', '\u{a0}', '\u{202f}', '\'', '’'];

/// Reads an amount of this currency.
#[must_use]
pub fn amount(raw: &str, notation: Notation, currency: &str) -> AmountRead {
    let mut repairs = Vec::new();
    let mut other = None;
    let mut text = unquoted(raw, &mut repairs);
    if text.is_empty() {
        return AmountRead { amount: Err(AmountWrong::Empty), number: None, repairs };
    }
    let (mut negative, mut signed) = (false, false);
    loop {
        text = text.trim();
        let beside = CURRENCIES.into_iter().find_map(|(sign, means)| {
            text.strip_prefix(sign).or_else(|| text.strip_suffix(sign)).map(|rest| (rest, means))
        });
        if let Some((rest, means)) = beside {
            text = rest;
            repairs.push(Repair::CurrencySign);
            if means != currency {
                other = Some(means);
            }
            continue;
        }
        let sign = if signed { None } else { without_sign(text) };
        let Some((rest, repair, is_negative)) = sign else { break };
        (text, negative, signed) = (rest, is_negative, true);
        repairs.extend(repair);
    }
    let Some(plain) = plain(text, notation, &mut repairs) else {
        return AmountRead { amount: Err(AmountWrong::NotANumber), number: None, repairs };
    };
    let signed = |number: Decimal| if negative { Decimal::ZERO - number } else { number };
    let (amount, number) = match plain.parse::<Volume>() {
        Ok(amount) => (Ok(if negative { -amount } else { amount }), Some(signed(amount.decimal()))),
        Err(NumberError::TooManyDecimals { value, .. }) => {
            let counts = value.normalize().scale() <= MOST_DECIMALS;
            (Err(AmountWrong::TooManyDecimals), counts.then(|| signed(value)))
        }
        Err(NumberError::OutOfRange { .. }) => (Err(AmountWrong::TooLarge), None),
        Err(NumberError::NotANumber(_)) => (Err(AmountWrong::NotANumber), None),
    };
    let amount = match other {
        Some(means) => Err(AmountWrong::OtherCurrency(means)),
        None => amount,
    };
    AmountRead { amount, number, repairs }
}

/// The text without its sign, what that took, and whether the amount is negative.
fn without_sign(text: &str) -> Option<(&str, Option<Repair>, bool)> {
    let dash = |text: &str| text.starts_with(['\u{2212}', '\u{2013}']);
    if let Some(inside) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        return Some((inside, Some(Repair::Parentheses), true));
    }
    if let Some(rest) = text.strip_prefix('-') {
        return Some((rest, None, true));
    }
    if dash(text) {
        return Some((&text[text.chars().next()?.len_utf8()..], Some(Repair::Dash), true));
    }
    if let Some(rest) = text.strip_suffix(['-', '\u{2212}', '\u{2013}']) {
        return Some((rest, Some(Repair::TrailingMinus), true));
    }
    text.strip_prefix('+').map(|rest| (rest, Some(Repair::Plus), false))
}

/// With a point and without groups; groups that the mapping does not name must be well formed.
fn plain(text: &str, notation: Notation, repairs: &mut Vec<Repair>) -> Option<String> {
    if let Some(plain) = notation.plain(text) {
        return Some(plain);
    }
    let grouped = GROUPS.into_iter().filter(|group| *group != notation.decimal && text.contains(*group));
    let plain = grouped.into_iter().find_map(|group| Notation { thousands: Some(group), ..notation }.plain(text));
    if plain.is_some() {
        repairs.push(Repair::Thousands);
    }
    plain
}

/// Pairs of quotes that people and spreadsheets put around values.
const QUOTES: [(char, char); 6] = [('"', '"'), ('\'', '\''), ('„', '“'), ('“', '”'), ('‘', '’'), ('«', '»')];

/// The value without white space and without a pair of quotes around it.
pub fn unquoted<'a>(raw: &'a str, repairs: &mut Vec<Repair>) -> &'a str {
    let text = raw.trim();
    let inside = QUOTES.into_iter().find_map(|(open, close)| text.strip_prefix(open)?.strip_suffix(close));
    match inside {
        Some(inside) => {
            repairs.push(Repair::Quotes);
            inside.trim()
        }
        None => text,
    }
}

/// The letter that stands behind each of these values and that none of them can be read with.
pub fn stray_end<'a>(values: impl Iterator<Item = &'a str> + Clone, reads: impl Fn(&str) -> bool) -> Option<char> {
    let mut filled = values.map(str::trim).filter(|value| !value.is_empty());
    let first = filled.clone().next()?;
    let letter = first.chars().next_back().filter(|last| last.is_alphabetic())?;
    let several = filled.clone().nth(1).is_some();
    let reads_without = reads(first.strip_suffix(letter).unwrap_or_default());
    let stray = filled.all(|value| value.ends_with(letter) && !reads(value));
    (several && reads_without && stray).then_some(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: Notation = Notation::PLAIN;
    const GERMAN: Notation = Notation { decimal: ',', thousands: Some('.') };

    fn read(raw: &str, notation: Notation) -> (String, Vec<Repair>) {
        let read = amount(raw, notation, "GBP");
        let said = read.amount.map_or_else(|wrong| format!("{wrong:?}"), |amount| amount.decimal().to_string());
        (said, read.repairs)
    }

    #[test]
    fn amounts_are_read_with_all_their_decimals_and_every_repair_is_named() {
        use Repair::{CurrencySign, Dash, Parentheses, Plus, Quotes, Thousands, TrailingMinus};
        for (raw, notation, amount, repairs) in [
            ("16000", ENGLISH, "16000", &[][..]),
            ("-999.25", ENGLISH, "-999.25", &[]),
            ("117.6789", ENGLISH, "117.6789", &[]),
            ("1,998.50", ENGLISH, "1998.50", &[Thousands]),
            ("1.998,50", GERMAN, "1998.50", &[]),
            ("1 998,50", GERMAN, "1998.50", &[Thousands]),
            ("£1,200", ENGLISH, "1200", &[CurrencySign, Thousands]),
            ("-£12.50", ENGLISH, "-12.50", &[CurrencySign]),
            ("(£12.50)", ENGLISH, "-12.50", &[Parentheses, CurrencySign]),
            ("12,50 GBP-", GERMAN, "-12.50", &[TrailingMinus, CurrencySign]),
            ("12.50-", ENGLISH, "-12.50", &[TrailingMinus]),
            ("\u{2212}12.50", ENGLISH, "-12.50", &[Dash]),
            ("+5", ENGLISH, "5", &[Plus]),
            ("'5.00'", ENGLISH, "5.00", &[Quotes]),
        ] {
            assert_eq!(read(raw, notation), (amount.to_owned(), repairs.to_vec()), "{raw}");
        }
    }

    #[test]
    fn what_could_be_two_amounts_is_none() {
        for raw in ["1,5", "1.234,50", "12,34,567", "1.2E+05", "--5", "-(5)", "n/a", "1.000.000", "5-6", ".5"] {
            let read = amount(raw, ENGLISH, "GBP");
            assert_eq!((read.amount, read.number), (Err(AmountWrong::NotANumber), None), "{raw}");
        }
        assert_eq!(amount(" ", ENGLISH, "GBP").amount, Err(AmountWrong::Empty));
    }

    #[test]
    fn what_cannot_be_recorded_counts_for_the_control_sum() {
        let fine = amount("1.00005", ENGLISH, "GBP");
        assert_eq!(fine.amount, Err(AmountWrong::TooManyDecimals));
        assert_eq!(fine.number.map(|number| number.to_string()).as_deref(), Some("1.00005"));
        let euros = amount("12.00 €", ENGLISH, "GBP");
        assert_eq!(euros.amount, Err(AmountWrong::OtherCurrency("EUR")));
        assert_eq!(euros.number.map(|number| number.to_string()).as_deref(), Some("12.00"));
        assert_eq!(amount("1.10000", ENGLISH, "GBP").amount.map(|it| it.to_string()), Ok("1.1".to_owned()));
        assert_eq!(amount("999999999999999", ENGLISH, "GBP").amount, Err(AmountWrong::TooLarge));
    }
}
