//! The life of a call-off: its states and the legal ways between them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::supply_chain::Side;

/// A text that is no status.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no status of a call-off")]
pub struct UnknownStatus(pub String);

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $key:literal, $german:literal;)*) => {
        /// Where a call-off stands.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Status {
            $($(#[$doc])* $name,)*
        }

        impl Status {
            /// All of them, in the order of life.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The key in the database and in JSON.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// The word users read.
            #[must_use]
            pub const fn german(self) -> &'static str {
                match self { $(Self::$name => $german,)* }
            }
        }
    };
}

statuses! {
    /// Being written by the requester.
    Draft = "draft", "Entwurf";
    /// A draft its writer gave up; it never held anything.
    Discarded = "discarded", "verworfen";
    /// Waits for release; its volume is reserved.
    Submitted = "submitted", "liegt zur Freigabe";
    /// Back with the requester, reservation kept, because something changed since submission.
    Returned = "returned", "zurück zur Überarbeitung";
    /// The approver said no.
    Refused = "refused", "abgelehnt";
    /// The requester took it back.
    Withdrawn = "withdrawn", "zurückgezogen";
    /// The reservation ran out.
    Expired = "expired", "verfallen";
    /// Released: this is the order.
    Released = "released", "erteilt";
    /// Sent to the supplier.
    Dispatched = "dispatched", "versandt";
    /// Confirmed by the supplier.
    Confirmed = "confirmed", "bestätigt";
    /// Delivered in full.
    Delivered = "delivered", "geliefert";
    /// Invoiced in full.
    Invoiced = "invoiced", "abgerechnet";
    /// Nothing more will happen.
    Closed = "closed", "geschlossen";
    /// Taken back after release by a counter entry.
    Cancelled = "cancelled", "storniert";
}

impl Status {
    /// Whether lines and details can be changed.
    #[must_use]
    pub const fn is_editable(self) -> bool {
        matches!(self, Self::Draft | Self::Returned)
    }

    /// Whether volume is reserved.
    #[must_use]
    pub const fn holds_reservation(self) -> bool {
        matches!(self, Self::Submitted | Self::Returned)
    }

    /// Whether it is an order with a number.
    #[must_use]
    pub const fn is_ordered(self) -> bool {
        matches!(
            self,
            Self::Released | Self::Dispatched | Self::Confirmed | Self::Delivered | Self::Invoiced | Self::Closed
        )
    }

    /// Whether the way from here to `next` is legal.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use Status::{
            Cancelled, Closed, Confirmed, Delivered, Discarded, Dispatched, Draft, Expired, Invoiced, Refused,
            Released, Returned, Submitted, Withdrawn,
        };
        matches!(
            (self, next),
            (Draft | Returned, Submitted)
                | (Draft, Discarded)
                | (Submitted, Returned | Refused | Released)
                | (Submitted | Returned, Withdrawn | Expired)
                | (Released, Dispatched)
                // It came back as undeliverable and waits to be sent again.
                | (Dispatched, Released)
                | (Dispatched, Confirmed)
                // Some suppliers deliver without confirming, and bill before the last piece arrives.
                | (Dispatched | Confirmed, Delivered | Invoiced)
                | (Delivered, Invoiced)
                // An invoice was sent back.
                | (Invoiced, Delivered)
                | (Invoiced, Closed)
                // After delivery nothing gives volume back: the service has been received.
                | (Released | Dispatched | Confirmed, Cancelled)
        )
    }

    /// The next step after release, if there is one.
    #[must_use]
    pub const fn next_step(self) -> Option<Self> {
        match self {
            Self::Released => Some(Self::Dispatched),
            Self::Dispatched => Some(Self::Confirmed),
            Self::Confirmed => Some(Self::Delivered),
            Self::Delivered => Some(Self::Invoiced),
            Self::Invoiced => Some(Self::Closed),
            _ => None,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl FromStr for Status {
    type Err = UnknownStatus;
    fn from_str(key: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.iter().copied().find(|status| status.key() == key).ok_or_else(|| UnknownStatus(key.to_owned()))
    }
}

/// The number of an order: contract number, running number with at least four digits, and which order of a pair
/// it is (`RV-2025-01-0042`, `RV-2025-03-0042-A`).
#[must_use]
pub fn call_off_number(contract_number: &str, running: i32, side: Side) -> String {
    format!("{contract_number}-{running:04}{}", side.suffix())
}

/// A document of a call-off, by the key of its kind; German.
#[must_use]
pub fn document_in_words(kind: &str) -> &'static str {
    match kind {
        "order" => "Bestellung",
        "memo" => "Abrufvermerk",
        "partial_cancellation" => "Teilstornierung",
        "delivery_change" => "Terminänderung",
        "supplier_order" => "Lieferantenauftrag",
        "supplier_delivery_change" => "Terminänderung des Lieferantenauftrags",
        "supplier_cancellation" => "Stornierung des Lieferantenauftrags",
        "supplier_partial_cancellation" => "Teilstornierung des Lieferantenauftrags",
        _ => "Stornierung",
    }
}

/// What happened to a call-off, by the key of the step in its history; German.
#[must_use]
pub fn step_in_words(decision: &str) -> &'static str {
    match decision {
        "created" => "Entwurf angelegt",
        "discarded" => "Entwurf verworfen",
        "submitted" => "Zur Freigabe gegeben",
        "declined" => "Nicht zur Freigabe angenommen: Prüfung nicht bestanden",
        "approved" => "Schritt der Freigabe: zugestimmt",
        "lines_refused" => "Einzelne Positionen abgelehnt",
        "answered" => "Frage beantwortet",
        "returned" => "Mit Frage zurückgegeben",
        "refused" => "Abgelehnt",
        "withdrawn" => "Zurückgezogen",
        "escalated" => "Erinnert: Die Reservierung läuft bald ab",
        "expired" => "Reservierung verfallen",
        "released" => "Freigegeben, Abruf erteilt",
        "dispatched" => "An den Lieferanten versandt",
        "undeliverable" => "Konnte nicht zugestellt werden",
        "bounced" => "Unzustellbar zurückgekommen",
        "sent_again" => "Wird noch einmal gesandt",
        "change_sent" => "Änderung an den Lieferanten gesandt",
        "change_undeliverable" => "Änderung konnte nicht zugestellt werden",
        "change_sent_again" => "Änderung wird noch einmal gesandt",
        "change_told" => "Lieferant auf anderem Weg unterrichtet",
        "confirmed" => "Vom Lieferanten bestätigt",
        "delivered" => "Geliefert",
        "invoiced" => "Abgerechnet",
        "closed" => "Abgeschlossen",
        "partly_cancelled" => "Teilweise storniert",
        "short_closed" => "Restmenge geschlossen",
        "received" => "Beim Lieferanten eingegangen",
        "confirmed_differently" => "Abweichend bestätigt",
        "difference_accepted" => "Abweichung angenommen",
        "difference_objected" => "Abweichung widersprochen",
        "delivery_noted" => "Teillieferung",
        "complained" => "Reklamiert",
        "complaint_resolved" => "Reklamation erledigt",
        "invoice_noted" => "Rechnung erfasst",
        "invoice_cancelled" => "Rechnung gilt nicht mehr",
        "cancelled" => "Storniert",
        "supplier_order_approved" => "Lieferantenauftrag der Genossenschaft freigegeben",
        "supplier_order_refused" => "Lieferantenauftrag von der Genossenschaft abgelehnt",
        "justified" => "Feststellung begründet",
        _ => "Geändert",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_call_off_stays_refused() {
        assert!(Status::ALL.iter().all(|next| !Status::Refused.may_become(*next)));
    }

    #[test]
    fn only_a_draft_is_discarded_and_then_for_good() {
        let from: Vec<_> = Status::ALL.iter().filter(|from| from.may_become(Status::Discarded)).collect();
        assert_eq!(from, [&Status::Draft]);
        assert!(Status::ALL.iter().all(|next| !Status::Discarded.may_become(*next)));
    }

    #[test]
    fn only_drafts_and_returned_requests_can_be_submitted() {
        let from: Vec<_> = Status::ALL.iter().filter(|from| from.may_become(Status::Submitted)).collect();
        assert_eq!(from, [&Status::Draft, &Status::Returned]);
    }

    #[test]
    fn what_was_sent_can_come_back_but_what_was_confirmed_cannot() {
        assert!(Status::Dispatched.may_become(Status::Released));
        assert!(!Status::Confirmed.may_become(Status::Released));
    }

    #[test]
    fn the_key_of_every_status_leads_back_to_it() {
        for status in Status::ALL {
            assert_eq!(status.key().parse(), Ok(*status));
        }
    }

    #[test]
    fn the_running_number_grows_beyond_four_digits() {
        assert_eq!(call_off_number("RV-2025-01", 42, Side::Direct), "RV-2025-01-0042");
        assert_eq!(call_off_number("RV-2025-01", 12_345, Side::Direct), "RV-2025-01-12345");
    }

    #[test]
    fn both_orders_of_a_pair_carry_one_running_number() {
        assert_eq!(call_off_number("RV-2025-03", 7, Side::InHouse), "RV-2025-03-0007-A");
        assert_eq!(call_off_number("RV-2025-03", 7, Side::Supplier), "RV-2025-03-0007-B");
    }
}
