//! The table of call-offs that auditors take away: one row each, the refused, declined and cancelled ones too.

use abruf_domain::call_off::Status;
use abruf_domain::notation::Language;
use chrono::{DateTime, Utc};

use crate::storage::call_off_list::Summary;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// Words.
    Text,
    /// An amount with two decimals and a comma.
    Amount,
    /// A whole number.
    Count,
    /// `04.05.2027`.
    Day,
}

/// The columns in order; the first one tells the rows apart.
pub const COLUMNS: [(&str, Column); 15] = [
    ("Vorgang", Column::Text),
    ("Abrufnummer", Column::Text),
    ("Stand", Column::Text),
    ("Datum", Column::Day),
    ("Mitglied", Column::Text),
    ("Vertragsnummer", Column::Text),
    ("Vertrag", Column::Text),
    ("Lieferant", Column::Text),
    ("Angefordert von", Column::Text),
    ("Netto", Column::Amount),
    ("Brutto", Column::Amount),
    ("Währung", Column::Text),
    ("Prüfung abgelehnt am", Column::Text),
    ("Eingereicht am", Column::Text),
    ("Zuletzt geändert", Column::Text),
];

/// The names of the columns.
#[must_use]
pub fn heads() -> Vec<&'static str> {
    COLUMNS.iter().map(|(name, _)| *name).collect()
}

/// A draft that auditors see is one whose submission was declined.
#[must_use]
pub const fn status_words(status: Status) -> &'static str {
    match status {
        Status::Draft => "Entwurf, Prüfung abgelehnt",
        other => other.german(),
    }
}

/// A call-off as cells.
#[must_use]
pub fn cells(it: &Summary) -> Vec<String> {
    let plain = |amount: Option<String>| amount.unwrap_or_default().replace('.', ",");
    let at = |at: Option<DateTime<Utc>>| {
        at.map(|at| Language::German.instant(at)).unwrap_or_default().replace('\u{a0}', " ")
    };
    vec![
        it.case_number.clone(),
        it.number.clone().unwrap_or_default(),
        status_words(it.status).to_owned(),
        it.dated_on.map(|day| Language::German.date(day)).unwrap_or_default(),
        it.member.clone(),
        it.contract_number.clone(),
        it.contract_title.clone(),
        it.supplier.clone(),
        it.requester.clone(),
        plain(it.net.map(|net| net.to_string())),
        plain(it.gross.map(|gross| gross.to_string())),
        it.currency.clone(),
        at(it.declined_at),
        at(it.submitted_at),
        at(Some(it.changed_at)),
    ]
}
