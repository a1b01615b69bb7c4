//! The table of a sample: what was drawn, as the page hands it out and as `abruf sample` draws it again. The first columns
//! are the same in both, so that two files can be compared line by line.

use abruf_domain::money::Net;
use rust_decimal::Decimal;

/// What follows from population, method and seed alone.
pub const DRAWN: [&str; 5] = ["Platz", "Runde", "Vorgang", "Netto", "Sicher gezogen"];

/// The cells of [`DRAWN`].
#[must_use]
pub fn drawn(position: i64, round: i64, case_number: &str, net: Option<Net>, certain: bool) -> [String; 5] {
    [
        position.to_string(),
        round.to_string(),
        case_number.to_owned(),
        net.map(|net| net.to_string().replace('.', ",")).unwrap_or_default(),
        if certain { "ja" } else { "nein" }.to_owned(),
    ]
}

/// An amount as the options of `abruf sample` take it: `60000.00`.
#[must_use]
pub fn option(amount: Net) -> String {
    amount.to_string()
}

/// A stored value as an amount; it was one when it was written.
#[must_use]
pub fn stored(net: Option<Decimal>) -> Option<Net> {
    net.and_then(|net| Net::new(net).ok())
}
