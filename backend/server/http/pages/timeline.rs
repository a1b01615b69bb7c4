//! The life of a call-off as an ordered list.

use crate::http::pages::written::instant;
use crate::storage::history::TimelineStep;

/// A step in words.
#[derive(Debug, Clone)]
pub struct TimelineView {
    /// What happened.
    pub what: &'static str,
    /// Who and when.
    pub when: String,
    /// Reason or question, if one was given.
    pub reason: String,
}

/// Words the steps, oldest first.
#[must_use]
pub fn timeline(steps: &[TimelineStep]) -> Vec<TimelineView> {
    steps
        .iter()
        .map(|step| TimelineView {
            what: words(&step.decision),
            when: match &step.person {
                Some(person) => format!("{}, {person}", instant(step.at)),
                None => format!("{}, durch Zeitablauf", instant(step.at)),
            },
            reason: step.reason.clone(),
        })
        .collect()
}

fn words(decision: &str) -> &'static str {
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
