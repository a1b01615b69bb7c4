//! Contract active (Vertrag aktiv).
//!
//! Looks at the stored status only: suspended by a review procedure, terminated, not yet activated.
//! Expiry by date belongs to within-term, exhaustion to cap-value.

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "contract-active", version: 1, addressee: Addressee::Office, texts: texts!("contract_active"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let contract = &case.facts.contract;
    let verdict = if contract.status == "active" { Verdict::passed() } else { Verdict::block() };
    vec![verdict.figure("contract", contract.number.as_str()).figure("status", german_status(&contract.status))]
}

/// The stored status as users read it.
fn german_status(status: &str) -> &str {
    match status {
        "draft" => "Entwurf",
        "demand_survey" => "Bedarfsabfrage",
        "resolution" => "Beschluss",
        "tender" => "Ausschreibung",
        "award" => "Zuschlag",
        "active" => "aktiv",
        "suspended" => "ausgesetzt",
        "terminated" => "gekündigt",
        "wound_up" => "abgewickelt",
        "archived" => "archiviert",
        other => other,
    }
}
