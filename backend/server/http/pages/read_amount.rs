//! Amounts as people type them: `1.234,50`, `1234,5`, `1.000 €`. A point before three digits groups; one
//! before one or two digits is the decimal point of a calculator.

use rust_decimal::Decimal;

/// What to type.
const EXAMPLE: &str = "Bitte geben Sie einen Betrag ein, zum Beispiel 1.234,50.";

/// Reads an amount with at most two decimals; empty is none.
///
/// # Errors
/// With what is wrong and what to type.
pub fn read_amount(text: &str) -> Result<Option<Decimal>, String> {
    let typed: String = text.chars().filter(|c| !c.is_whitespace() && *c != '€').take(60).collect();
    if typed.is_empty() {
        return Ok(None);
    }
    let shown: String = text.trim().chars().take(20).collect();
    let unreadable = || format!("„{shown}“ ist kein Betrag. {EXAMPLE}");
    let plain = plain(&typed.replace('\u{2212}', "-")).ok_or_else(unreadable)?;
    let amount: Decimal = plain.parse().map_err(|_| unreadable())?;
    if 2 < amount.normalize().scale() {
        return Err(format!("„{shown}“ hat mehr als zwei Nachkommastellen. {EXAMPLE}"));
    }
    if Decimal::from(999_999_999_999_i64) < amount.abs() {
        return Err(format!("„{shown}“ ist zu groß. Bitte prüfen Sie die Eingabe."));
    }
    Ok(Some(amount))
}

/// Reads a number with at most `decimals` decimals, such as a quantity, a percentage or a unit price.
///
/// # Errors
/// With what is wrong and what to type.
pub fn read_number(text: &str, decimals: u32) -> Result<Option<Decimal>, String> {
    let typed: String = text.chars().filter(|c| !c.is_whitespace() && *c != '€' && *c != '%').take(60).collect();
    if typed.is_empty() {
        return Ok(None);
    }
    let shown: String = text.trim().chars().take(20).collect();
    let unreadable = || format!("„{shown}“ ist keine Zahl. Bitte geben Sie eine Zahl ein, zum Beispiel 12,5.");
    // No group begins with a zero: `0.500` is a half.
    let typed = if typed.starts_with("0.") { typed.replacen('.', ",", 1) } else { typed };
    let number: Decimal =
        plain(&typed.replace('\u{2212}', "-")).ok_or_else(unreadable)?.parse().map_err(|_| unreadable())?;
    if decimals < number.normalize().scale() {
        return Err(format!(
            "„{shown}“ hat mehr als {decimals} Nachkommastellen. So viele sind erlaubt. Bitte runden Sie die Zahl."
        ));
    }
    Ok(Some(number))
}

/// The number with a decimal point and without groups, if it is well formed.
fn plain(typed: &str) -> Option<String> {
    let (sign, digits) = typed.strip_prefix('-').map_or(("", typed), |rest| ("-", rest));
    let (whole, fraction) = match digits.split_once(',') {
        Some((whole, fraction)) => (whole, fraction),
        None => match digits.rsplit_once('.') {
            Some((whole, cents)) if cents.len() < 3 && !whole.contains('.') => (whole, cents),
            _ => (digits, ""),
        },
    };
    let groups: Vec<&str> = whole.split('.').collect();
    let grouped =
        groups.len() == 1 || (matches!(groups[0].len(), 1..=3) && groups[1..].iter().all(|group| group.len() == 3));
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = groups.concat();
    let ended = digits.contains(',') && fraction.is_empty();
    if !grouped || ended || whole.is_empty() || 28 < whole.len() || !number(&whole) || !number(fraction) {
        return None;
    }
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_type_them() {
        for (typed, meant) in [
            ("1.234,50", "1234.50"),
            ("1234,5", "1234.5"),
            ("1.000", "1000"),
            ("12.50", "12.50"),
            ("1.234.567,89 €", "1234567.89"),
            ("-5", "-5"),
            ("0,01", "0.01"),
        ] {
            assert_eq!(read_amount(typed), Ok(Some(meant.parse().unwrap())), "{typed}");
        }
        assert_eq!(read_amount("  "), Ok(None));
    }

    #[test]
    fn numbers_keep_the_decimals_they_may_have() {
        for (typed, meant) in [("12,5 %", "12.5"), ("0.500", "0.5"), ("1.000", "1000"), ("0,004567", "0.004567")] {
            assert_eq!(read_number(typed, 6), Ok(Some(meant.parse().unwrap())), "{typed}");
        }
        assert!(read_number("0,00001", 4).expect_err("too many").contains("4 Nachkommastellen"));
        assert!(read_number("zwölf", 4).expect_err("no number").contains("„zwölf“"));
    }

    #[test]
    fn what_is_no_amount_is_answered_with_an_example() {
        for typed in ["zehn", "1.234.5", "1,2,3", "1,", ",5x", "1.23.456", "0,001", "1e9", "--1", &"9".repeat(40)] {
            let message = read_amount(typed).expect_err(typed);
            assert!(message.contains("1.234,50") || message.contains("zu groß"), "{typed}: {message}");
        }
    }
}
