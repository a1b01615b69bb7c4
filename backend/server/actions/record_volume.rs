//! Record what happened outside: an emergency paper order, imported turnover. A fact counts even above
//! the ceiling; then the scope is breached and everything stops until a correction with its evidence
//! brings it back under the limit.

use abruf_domain::audit::AuditEntry;
use abruf_domain::ids::{ContractId, GuardId};
use abruf_domain::money::Volume;
use serde_json::json;

use super::{ActionError, FieldError, is_storable, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::contracts;
use crate::storage::volume::{self, Recorded};

/// Records `amount` against a ceiling of the contract with its evidence; negative corrects earlier
/// records. Returns whether the ceiling is breached now.
pub async fn record(
    app: &App,
    actor: &Actor,
    contract: ContractId,
    guard: GuardId,
    amount: Volume,
    evidence: &str,
) -> Result<bool, ActionError> {
    only(actor, &[Role::Office])?;
    let evidence = evidence.trim();
    if evidence.is_empty() || 2000 < evidence.chars().count() || !is_storable(evidence) {
        return Err(ActionError::Invalid(vec![FieldError::new(
            "evidence",
            "Bitte nennen Sie den Beleg, zum Beispiel Datum und Nummer der Notbestellung.",
        )]));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    contracts::number(&mut tx, contract).await?.ok_or(ActionError::NotFound)?;
    let mut entry = AuditEntry::new(now, Some(actor.person.0), "volume_recorded", "guard", guard.0);
    entry.request_id.clone_from(&actor.request_id);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    let detail = json!({ "amount": amount, "evidence": evidence });
    let log = Record::with_detail(entry, concerns, app.chance.bytes(), detail);
    let breached = match volume::record(&mut tx, contract, guard, app.chance.id(now), amount, evidence, now).await? {
        Recorded::Counted { breached } => breached,
        Recorded::NoSuchGuard => return Err(ActionError::NotFound),
        Recorded::BelowZero => {
            return Err(ActionError::Invalid(vec![FieldError::new(
                "amount",
                "So viel ist nicht nachgetragen. Eine Korrektur nimmt höchstens zurück, was nachgetragen wurde.",
            )]));
        }
    };
    audit_log::append_to_contract(&mut tx, contract, &log).await?;
    tx.commit().await?;
    Ok(breached)
}
