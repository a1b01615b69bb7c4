//! Invented changes of a delivery date.

use crate::data::{EarlierPaper, References, Signature};
use crate::delivery_change::DeliveryChangeData;
use crate::document::CheckCode;
use crate::order::Stage;
use crate::sample::{date, instant, order};

/// A new day for the sample order with this many lines.
///
/// # Panics
/// Never: the sample order is released.
#[must_use]
pub fn delivery_change(lines: usize) -> DeliveryChangeData {
    let ordered = order(lines);
    let Stage::Released { number, order_date, .. } = ordered.stage else { panic!("the sample is released") };
    let day = date(2027, 5, 11);
    DeliveryChangeData {
        number: format!("{number}-T1"),
        change_date: day,
        changed: Signature { name: "Jörg Müßigbrodt".to_owned(), at: instant(day, 7, 20) },
        replaces: EarlierPaper { number: number.clone(), day: order_date, check_code: CheckCode::of(b"the order") },
        order_number: number,
        order_date,
        from: Some(date(2027, 6, 1)),
        to: date(2027, 6, 15),
        confirmed_on: date(2027, 5, 10),
        confirmation: "AB-2027-4711".to_owned(),
        note: "Die Geräte kommen erst Anfang Juni aus dem Werk.".to_owned(),
        demo: true,
        case_number: ordered.case_number,
        currency: ordered.currency,
        body: ordered.body,
        buyer: ordered.buyer,
        supplier: ordered.supplier,
        contract: ordered.contract,
        pair: None,
        references: ordered.references,
        delivery_address: ordered.delivery_address,
        lines: ordered.lines,
        surcharge: ordered.surcharge,
        totals: ordered.totals,
        base_url: ordered.base_url,
    }
}

/// A change of which only what must be there is there.
#[must_use]
pub fn bare_delivery_change() -> DeliveryChangeData {
    let mut data = delivery_change(1);
    data.references = References::default();
    data.contract.lots.clear();
    (data.from, data.delivery_address, data.base_url) = (None, None, None);
    (data.confirmation, data.note) = (String::new(), String::new());
    data
}
