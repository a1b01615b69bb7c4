//! The life of a call-off as an ordered list.

use abruf_domain::call_off::step_in_words;

use crate::http::english::typed::as_typed;
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
            what: step_in_words(&step.decision),
            when: match &step.person {
                Some(person) => format!("{}, {}", instant(step.at), as_typed(person)),
                None => format!("{}, {}", instant(step.at), by_itself(&step.decision)),
            },
            reason: as_typed(&step.reason),
        })
        .collect()
}

/// Who did what no person did.
fn by_itself(decision: &str) -> &'static str {
    match decision {
        "dispatched" | "undeliverable" | "change_sent" | "change_undeliverable" => "Abruf per E-Mail",
        "confirmed" | "confirmed_differently" => "der Lieferant über seinen Link",
        _ => "durch Zeitablauf",
    }
}
