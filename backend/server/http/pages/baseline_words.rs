//! Baselines in words: price with its unit, kind with its class, where they stand.

use abruf_domain::facts::{BaselineKind, Per};
use abruf_domain::savings::EvidenceClass;
use chrono::NaiveDate;

use crate::http::pages::written::{day, unit_price};
use crate::reports::savings_levels::{class_words, kind_words};
use crate::storage::baselines::{Baseline, Standing};

/// Kinds with the words users choose from.
pub const KINDS: &[(&str, &str)] = &[
    ("prior_contract", "früherer Vertrag: zuletzt selbst bezahlt (Klasse A)"),
    ("market_quotes", "eingeholte Angebote: mindestens zwei aus derselben Zeit (Klasse A)"),
    ("external_benchmark", "anderer öffentlicher Rahmenvertrag (Klasse C)"),
    ("list_price", "Listenpreis (Klasse B)"),
];

/// What a price is per.
pub const PERS: &[(&str, &str)] = &[("unit", "je Einheit"), ("month", "je Einheit und Monat")];

/// Filters of the list.
pub const STANDINGS: &[(&str, &str)] = &[
    ("", "alle"),
    ("pending", "warten auf die zweite Person"),
    ("approved", "freigegeben und frisch"),
    ("stale", "veraltet"),
    ("withdrawn", "widerrufen"),
    ("refused", "abgelehnt"),
    ("none", "Positionen ohne Vergleichspreis"),
];

/// `14,20 € je Nutzer und Monat`
#[must_use]
pub fn price_words(it: &Baseline) -> String {
    let month = if it.per == Per::Month { " und Monat" } else { "" };
    format!("{} je {}{month}", unit_price(it.unit_price, &it.currency), it.unit)
}

/// `früherer Vertrag, A – belegt`
#[must_use]
pub fn kind_and_class(kind: BaselineKind) -> String {
    format!("{}, {}", kind_words(kind.key()), class_words(EvidenceClass::from(kind).key()))
}

/// Where it stands, with the style of the word. Approved evidence dated before `oldest` is stale.
#[must_use]
pub fn standing_words(it: &Baseline, oldest: NaiveDate) -> (&'static str, &'static str) {
    match it.standing() {
        Standing::Pending => ("wartet auf Freigabe", "status status--wait"),
        Standing::Approved if it.dated_on < oldest => ("veraltet", "status status--bad"),
        Standing::Approved => ("freigegeben", "status status--good"),
        Standing::Refused => ("abgelehnt", "status"),
        Standing::Withdrawn => ("widerrufen", "status status--bad"),
    }
}

/// `für Abrufe vom 01.01.2026 bis 31.12.2027`; `None` where nobody has set a limit.
#[must_use]
pub fn validity_words(it: &Baseline) -> Option<String> {
    match (it.valid_from, it.valid_to) {
        (None, None) => None,
        (Some(from), None) => Some(format!("für Abrufe ab {}", day(from))),
        (None, Some(to)) => Some(format!("für Abrufe bis {}", day(to))),
        (Some(from), Some(to)) => Some(format!("für Abrufe von {} bis {}", day(from), day(to))),
    }
}
