//! The table of a sample: what was drawn, as the page hands it out and as `abruf sample` draws it again. The first columns
//! are the same in both, so that two files can be compared line by line.

use abruf_domain::money::Net;

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
