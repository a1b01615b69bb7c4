//! Contract active (Vertrag aktiv).
//!
//! Looks at the stored status only: suspended by a review procedure, terminated, not yet activated.
//! Expiry by date belongs to within-term, exhaustion to cap-value.

use crate::checks::{Check, texts};
use crate::finding::{Addressee, Value, Verdict};
use crate::review::Case;

/// The rule.
pub const CHECK: Check =
    Check { id: "contract-active", version: 1, addressee: Addressee::Office, texts: texts!("contract_active"), run };

fn run(case: &Case<'_>) -> Vec<Verdict> {
    let contract = &case.facts.contract;
    let verdict = if contract.status == "active" { Verdict::passed() } else { Verdict::block() };
    let status = Value::ContractStatus(contract.status.clone());
    vec![verdict.figure("contract", contract.number.as_str()).figure("status", status)]
}
