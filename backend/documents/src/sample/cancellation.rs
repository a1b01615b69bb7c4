//! Invented cancellations, in whole and in part.

use abruf_domain::money::{Net, Quantity, UnitPrice};
use rust_decimal::Decimal;

use super::{clause, date, instant, order, totals};
use crate::cancellation::{CancellationData, Rest};
use crate::data::{EarlierPaper, Line, Signature};
use crate::document::CheckCode;

/// The complete cancellation of the sample order.
#[must_use]
pub fn cancellation(lines: usize) -> CancellationData {
    let ordered = order(lines);
    let day = date(2027, 5, 11);
    CancellationData {
        number: "RV-2025-01-0042-S1".to_owned(),
        cancellation_date: day,
        cancelled: Signature { name: "Dr. Änne Großmann".to_owned(), at: instant(day, 8, 17) },
        cancels: EarlierPaper {
            number: "RV-2025-01-0042".to_owned(),
            day: date(2027, 5, 4),
            check_code: CheckCode::of(b"sample"),
        },
        complete: true,
        reason: "Die Maßnahme wurde vom Stadtrat auf das Haushaltsjahr 2028 verschoben; der Bedarf ist entfallen."
            .to_owned(),
        demo: true,
        case_number: ordered.case_number,
        currency: ordered.currency,
        body: ordered.body,
        buyer: ordered.buyer,
        supplier: ordered.supplier,
        contract: ordered.contract,
        pair: ordered.pair,
        references: ordered.references,
        totals: ordered.totals,
        lines: ordered.lines,
        surcharge: ordered.surcharge,
        rest: None,
        terms: vec![clause(
            "Bestätigung",
            "Bitte bestätigen Sie die Stornierung in Textform an die genannte Ansprechperson.",
        )],
        base_url: ordered.base_url,
    }
}

/// The partial cancellation of the sample order: all of its first line and one unit of its second, if it has more
/// lines. `priced_anew`: the rest of the second line costs a tenth more.
#[must_use]
pub fn partial_cancellation(lines: usize, priced_anew: bool) -> CancellationData {
    let ordered = order(lines.max(3));
    let mut standing: Vec<Line> = ordered.lines.clone();
    let first = standing.remove(0);
    let second = with_quantity(&standing[0], Quantity::ONE);
    standing[0] = with_quantity(&standing[0], standing[0].quantity - Quantity::ONE);
    if priced_anew {
        let dearer = (standing[0].unit_price.decimal() * Decimal::new(11, 1)).normalize();
        standing[0].unit_price = UnitPrice::new(dearer).expect("sample prices are small");
        standing[0] = with_quantity(&standing[0], standing[0].quantity);
    }
    let taken = vec![first, second];
    CancellationData {
        complete: false,
        totals: totals(&taken, None),
        lines: taken,
        surcharge: None,
        rest: Some(Rest {
            totals: totals(&standing, ordered.surcharge.as_ref()),
            lines: standing,
            surcharge: ordered.surcharge,
            priced_anew_from: priced_anew.then_some(ordered.totals.net),
        }),
        ..cancellation(lines)
    }
}

/// The same line with another quantity.
fn with_quantity(line: &Line, quantity: Quantity) -> Line {
    let months = line.subscription.map(|subscription| subscription.period.months());
    Line { quantity, net: Net::of_line(line.unit_price, quantity, months), ..line.clone() }
}
