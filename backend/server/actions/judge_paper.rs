//! Tell whoever holds a document what it is worth today: genuine and valid, genuine but cancelled, or unknown. Neither
//! amounts nor names are told. The same words stand on the public page and in the public list of hashes.

use std::fmt;

use abruf_domain::call_off::Status;
use abruf_domain::notation::Language;
use abruf_domain::period::berlin_date;
use chrono::NaiveDate;
use data_encoding::HEXLOWER_PERMISSIVE;

use super::ActionError;
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::authenticity::{self, Authenticity};

/// Whether what a document orders still stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Valid,
    /// It was cancelled on this day (Berlin).
    Cancelled(NaiveDate),
    /// There is a newer certificate about the same thing since this day (Berlin).
    Replaced(NaiveDate),
}

/// A genuine document, as its holder may know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// order, cancellation, partial_cancellation, delivery_change or memo; with `supplier_` before it, of the supplier order of a pair;
    /// entitlement_certificate, savings_certificate, competition_record or meeting_report.
    pub kind: String,
    /// Call-off number, or that of the certificate.
    pub number: String,
    /// The day printed on it: of the release, of the cancellation, or of the certificate.
    pub dated: Option<NaiveDate>,
    /// Whether it still stands.
    pub standing: Standing,
    /// Prüfkennung.
    pub check_code: String,
    /// Name offered at download.
    pub file_name: String,
    /// SHA-256 of the unchanged file.
    pub sha256: Vec<u8>,
}

impl From<Authenticity> for Paper {
    fn from(found: Authenticity) -> Self {
        let certificate = is_certificate(&found.kind);
        let orders = matches!(
            found.kind.as_str(),
            "order" | "supplier_order" | "memo" | "delivery_change" | "supplier_delivery_change"
        );
        let ended = found.ended_at.map(berlin_date);
        let standing = match ended {
            Some(day) if certificate => Standing::Replaced(day),
            Some(day) if orders && found.status == Status::Cancelled.key() => Standing::Cancelled(day),
            _ => Standing::Valid,
        };
        Self {
            dated: if orders || certificate { found.released_at.map(berlin_date) } else { ended },
            standing,
            kind: found.kind,
            number: found.number,
            check_code: found.check_code,
            file_name: found.file_name,
            sha256: found.sha256,
        }
    }
}

/// Whether this kind of paper states how things stood on its day.
fn is_certificate(kind: &str) -> bool {
    matches!(kind, "entitlement_certificate" | "savings_certificate" | "competition_record" | "meeting_report")
}

impl Paper {
    /// Whether it states how things stood on its day and orders nothing.
    #[must_use]
    pub fn states_a_day(&self) -> bool {
        is_certificate(&self.kind)
    }
}

/// What a kind of document is called before the number of its call-off or its own.
#[must_use]
pub fn kind_in_words(kind: &str) -> &'static str {
    match kind {
        "cancellation" => "Stornierung zum Abruf",
        "partial_cancellation" => "Teilstornierung zum Abruf",
        "memo" => "Abrufvermerk zum Abruf",
        "delivery_change" => "Terminänderung zum Abruf",
        "supplier_order" => "Lieferantenauftrag",
        "supplier_cancellation" => "Stornierung zum Lieferantenauftrag",
        "supplier_delivery_change" => "Terminänderung zum Lieferantenauftrag",
        "supplier_partial_cancellation" => "Teilstornierung zum Lieferantenauftrag",
        "entitlement_certificate" => "Bescheinigung der Abrufberechtigung",
        "savings_certificate" => "Einsparbescheinigung",
        "competition_record" => "Vergabevermerk zum Miniwettbewerb",
        "meeting_report" => "Sitzungsbericht",
        _ => "Abruf",
    }
}

/// `Abruf RV-2025-01-0042 vom 04.05.2027`.
impl fmt::Display for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", kind_in_words(&self.kind), self.number)?;
        self.dated.map_or(Ok(()), |day| write!(f, " vom {}", Language::German.date(day)))
    }
}

/// A SHA-256 as people copy it, in groups or capitals; `None` if it cannot be one.
#[must_use]
pub fn sha256_typed(typed: &str) -> Option<[u8; 32]> {
    if 400 < typed.len() {
        return None;
    }
    let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-' && *c != ':').collect();
    HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?.try_into().ok()
}

/// The document with this Prüfkennung, as typed; `None` also for what cannot be one.
pub async fn by_check_code(app: &App, typed: &str) -> Result<Option<Paper>, ActionError> {
    let Some(code) = super::issue_document::check_code(typed) else { return Ok(None) };
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let found = authenticity::find(&mut tx, Some(&code), None).await?;
    tx.rollback().await?;
    Ok(found.map(Paper::from))
}

/// The document whose unchanged file has this SHA-256.
pub async fn by_sha256(app: &App, sha256: &[u8; 32]) -> Result<Option<Paper>, ActionError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let found = authenticity::find(&mut tx, None, Some(sha256)).await?;
    tx.rollback().await?;
    Ok(found.map(Paper::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_as_people_copy_it_and_nothing_else_is() {
        let hex = "00ff".repeat(16);
        let grouped =
            hex.to_uppercase().as_bytes().chunks(8).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
        assert_eq!(sha256_typed(&hex), sha256_typed(&grouped));
        assert!(sha256_typed(&hex).is_some());
        for typed in ["", "00", &hex[1..], &format!("{hex}00"), &"g".repeat(64), &"0".repeat(10_000)] {
            assert_eq!(sha256_typed(typed), None, "{typed}");
        }
    }
}
