//! The volume ledger and its guard rows in words.

use uuid::Uuid;

use abruf_domain::money::Volume;
use abruf_domain::notation::Language;

use crate::http::english::typed::as_typed;
use crate::http::pages::written::{day, instant};
use crate::storage::minimum_purchases::Row as MinimumPurchase;
use crate::storage::proof::LedgerEntry;

/// A booking of the ledger.
pub struct LedgerLine {
    /// What was booked.
    pub kind: &'static str,
    /// Which ceiling.
    pub scope: String,
    /// Signed amount.
    pub amount: String,
    /// When.
    pub at: String,
    /// Evidence of a recorded fact.
    pub reason: String,
    /// Call-off.
    pub call_off: Option<Uuid>,
    /// Its number.
    pub number: String,
}

/// Words a booking.
#[must_use]
pub fn ledger_line(entry: &LedgerEntry, currency: &str) -> LedgerLine {
    LedgerLine {
        kind: match entry.kind.as_str() {
            "reserve" => "reserviert",
            "give_back" => "Reservierung aufgehoben",
            "authorise" => "abgerufen",
            "cancel" => "storniert",
            _ => "nacherfasst",
        },
        scope: scope_words(&entry.scope, &entry.scope_name, &entry.measure),
        amount: signed(volume(entry.amount, &entry.measure, currency), entry.amount),
        at: instant(entry.at),
        reason: as_typed(&entry.reason),
        call_off: entry.call_off,
        number: entry.call_off_number.clone().unwrap_or_default(),
    }
}

/// `Höchstwert des Vertrags`, `Höchstmenge Artikel CTX`.
#[must_use]
pub fn scope_words(scope: &str, name: &str, measure: &str) -> String {
    let ceiling = if measure == "value" { "Höchstwert" } else { "Höchstmenge" };
    match scope {
        "lot" => format!("{ceiling} Los {}", as_typed(name)),
        "item" => format!("{ceiling} Artikel {name}"),
        "member" => format!("Kontingent {}", as_typed(name)),
        _ => format!("{ceiling} des Vertrags"),
    }
}

/// `Mindestens 300 Stück von NBK-14 Notebook bis 31.12.2027`
#[must_use]
pub fn minimum_purchase_words(row: &MinimumPurchase) -> String {
    let amount = volume(row.amount, &row.measure, &row.currency);
    let unit = if row.measure == "value" { String::new() } else { format!(" {}", row.unit) };
    let of = row.article_number.as_ref().map(|article| format!(" von {article} {}", row.item_title));
    format!("Mindestens {amount}{unit}{} bis {}", of.as_deref().unwrap_or(" aus dem ganzen Vertrag"), day(row.due_on))
}

/// An amount for value ceilings, a number for quantities.
#[must_use]
pub fn volume(amount: Volume, measure: &str, currency: &str) -> String {
    if measure == "value" {
        // Recorded facts have up to four decimals; the list shows what is added up.
        Language::German.unit_price(amount.decimal(), currency)
    } else {
        Language::German.number(amount.decimal().normalize())
    }
}

fn signed(text: String, amount: Volume) -> String {
    if Volume::ZERO < amount { format!("+{text}") } else { text }
}
