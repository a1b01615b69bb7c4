//! Record what happened outside: an emergency paper order, imported turnover. A fact counts even above
//! the ceiling; then the scope is breached and everything stops until a correction with its evidence
//! brings it back under the limit.

use abruf_domain::audit::AuditEntry;
use abruf_domain::ids::{ContractId, GuardId};
use abruf_domain::money::Volume;
use abruf_domain::notation::Language::German;
use serde_json::json;

use super::keyed::Keyed;
use super::steer_contract::state;
use super::{ActionError, FieldError, is_storable, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::contracts;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::volume::{self, Recorded};

/// Longest evidence, in characters.
const MAX_EVIDENCE: usize = 2000;

/// Records `amount` against a ceiling of the contract with its evidence; negative corrects earlier
/// records. Returns whether the ceiling is breached now. The same fact counts once; whoever repeats a
/// request with its key gets the answer of the first.
pub async fn record(
    app: &App,
    actor: &Actor,
    contract: ContractId,
    guard: GuardId,
    amount: Volume,
    evidence: &str,
    key: Option<&IdempotencyKey>,
) -> Result<bool, ActionError> {
    only(actor, &[Role::Office])?;
    let evidence = evidence.trim();
    check(amount, evidence)?;
    let now = app.clock.now();
    let keyed = Keyed { app, actor, key, now };
    let mut tx = app.db.begin(actor).await?;
    let stands = contracts::find(&mut tx, contract).await?.ok_or(ActionError::NotFound)?;
    if let Some(breached) = keyed.replay(&mut tx).await? {
        return Ok(breached);
    }
    if state(&stands, app.clock.today())?.is_writable() {
        return Err(ActionError::NotNow(format!(
            "Der Vertrag {} ist noch nicht in Kraft. Gegen einen Entwurf kann nichts bestellt worden sein. Bitte wählen Sie den \
             Vertrag, aus dem bestellt wurde, oder erfassen Sie die Bestellung nach der Aktivierung.",
            stands.number
        )));
    }
    let mut entry = AuditEntry::new(now, Some(actor.person.0), "volume_recorded", "guard", guard.0);
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    let detail = json!({ "amount": amount, "evidence": evidence });
    let log = Record::with_detail(entry, concerns, app.chance.bytes(), detail);
    let breached = match volume::record(&mut tx, contract, guard, app.chance.id(now), amount, evidence, now).await? {
        Recorded::Counted { breached } => breached,
        Recorded::NoSuchGuard => return Err(ActionError::NotFound),
        Recorded::Already => {
            // A parallel repeat has waited for the first at the guard row.
            if let Some(breached) = keyed.replay(&mut tx).await? {
                return Ok(breached);
            }
            return Err(ActionError::Invalid(vec![FieldError::new(
                "evidence",
                "Dieser Betrag ist mit diesem Beleg schon nacherfasst. Es wurde nichts doppelt gebucht. \
                 Ist es eine zweite Bestellung, nennen Sie bitte deren eigene Nummer.",
            )]));
        }
        Recorded::BelowZero { recorded } => {
            let message = format!(
                "Nachgetragen sind hier {}. Eine Korrektur nimmt höchstens so viel zurück. Bitte prüfen Sie den Betrag.",
                German.number(recorded.normalize())
            );
            return Err(ActionError::Invalid(vec![FieldError::new("amount", message)]));
        }
    };
    audit_log::append_to_contract(&mut tx, contract, &log).await?;
    keyed.keep(&mut tx, &breached).await?;
    tx.commit().await?;
    Ok(breached)
}

fn check(amount: Volume, evidence: &str) -> Result<(), ActionError> {
    let mut errors = Vec::new();
    if amount == Volume::ZERO {
        let message = "Ein Betrag von 0,00 ändert nichts. Bitte geben Sie den Nettowert der Bestellung ein, zum Beispiel 1.234,50.";
        errors.push(FieldError::new("amount", message));
    }
    let length = evidence.chars().count();
    if evidence.is_empty() || !is_storable(evidence) {
        let message = "Bitte nennen Sie den Beleg, zum Beispiel Datum und Nummer der Notbestellung.";
        errors.push(FieldError::new("evidence", message));
    } else if MAX_EVIDENCE < length {
        let [length, most] = [length, MAX_EVIDENCE].map(|it| German.number(it.into()));
        let message = format!("Der Beleg hat {length} Zeichen, erlaubt sind {most}. Bitte kürzen Sie ihn.");
        errors.push(FieldError::new("evidence", message));
    }
    if errors.is_empty() { Ok(()) } else { Err(ActionError::Invalid(errors)) }
}
