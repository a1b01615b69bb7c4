//! The sums of a document are the sums of its lines, or there is no document.

use abruf_domain::money::{Net, Vat};

use crate::data::{Line, Surcharge, Totals, VatCategory, VatClass};
use crate::document::DocumentError;

/// A document has at most this many lines; five times what one order may have.
pub const MOST_LINES: usize = 2_000;

/// Adds up lines and surcharge per VAT class and compares with what is to be printed.
///
/// # Errors
/// Names the first figure that does not add up, as given and as computed.
pub fn check(lines: &[Line], surcharge: Option<&Surcharge>, totals: &Totals) -> Result<(), DocumentError> {
    if lines.is_empty() || lines.len() > MOST_LINES {
        return Err(DocumentError::DoesNotAddUp {
            what: "number of lines".to_owned(),
            given: lines.len().to_string(),
            computed: format!("1 to {MOST_LINES} lines"),
        });
    }
    let amounts = lines.iter().map(|line| (&line.vat, line.net));
    let amounts: Vec<(&VatClass, Net)> = amounts.chain(surcharge.map(|s| (&s.vat, s.net))).collect();
    for row in &totals.vat_rows {
        let base: Net = amounts.iter().filter(|(class, _)| **class == row.class).map(|(_, net)| *net).sum();
        same(&format!("base of {}", name(&row.class)), row.base, base)?;
        same(&format!("tax of {}", name(&row.class)), row.vat, row.base.vat(row.class.rate))?;
    }
    // With all bases right, a class that has no row shows here.
    same("sum of the bases", totals.vat_rows.iter().map(|row| row.base).sum(), totals.net)?;
    same("net total", totals.net, amounts.iter().map(|(_, net)| *net).sum())?;
    same("VAT total", totals.vat, totals.vat_rows.iter().map(|row| row.vat).sum::<Vat>())?;
    same("gross total", totals.gross, totals.net.plus_vat(totals.vat))
}

fn same<T: PartialEq + ToString>(what: &str, given: T, computed: T) -> Result<(), DocumentError> {
    if given == computed {
        return Ok(());
    }
    let (given, computed) = (given.to_string(), computed.to_string());
    Err(DocumentError::DoesNotAddUp { what: what.to_owned(), given, computed })
}

fn name(class: &VatClass) -> String {
    let code = match class.category {
        VatCategory::Standard => "S",
        VatCategory::Zero => "Z",
        VatCategory::Exempt => "E",
        VatCategory::ReverseCharge => "AE",
        VatCategory::IntraCommunity => "K",
        VatCategory::Export => "G",
        VatCategory::OutsideScope => "O",
    };
    format!("{code} {} %", class.rate)
}

#[cfg(test)]
mod tests {
    use abruf_domain::money::Gross;
    use rust_decimal::Decimal;

    use super::*;
    use crate::sample;

    fn refused(change: impl FnOnce(&mut crate::OrderData)) -> String {
        let mut data = sample::order(12);
        change(&mut data);
        check(&data.lines, data.surcharge.as_ref(), &data.totals).expect_err("a refusal").to_string()
    }

    #[test]
    fn samples_of_all_lengths_add_up() {
        for lines in [1, 2, 5, 60, 400] {
            let data = sample::order(lines);
            assert_eq!(check(&data.lines, data.surcharge.as_ref(), &data.totals), Ok(()));
        }
    }

    #[test]
    fn one_cent_too_much_is_named_with_both_figures() {
        let text = refused(|data| data.totals.gross += Gross::rounded(Decimal::new(1, 2)));
        assert!(text.starts_with("gross total is "), "{text}");
    }

    #[test]
    fn a_line_without_a_vat_row_is_noticed() {
        let text = refused(|data| {
            data.totals.vat_rows.pop();
        });
        assert!(text.starts_with("sum of the bases is "), "{text}");
    }

    #[test]
    fn an_order_without_lines_is_refused() {
        assert!(refused(|data| data.lines.clear()).starts_with("number of lines is 0"));
    }
}
