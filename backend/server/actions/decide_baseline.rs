//! Decide on a recorded baseline: a second person approves it, or it is refused with a reason. A baseline that replaces another
//! one takes its place with the approval, and what was saved against the old one is corrected.

use abruf_domain::ids::BaselineId;
use serde_json::json;

use super::record_baseline::{MAX_REASON, own};
use super::restate_savings::restate;
use super::write_contract::log;
use super::{ActionError, check_text, only};
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::storage::baselines::{self, Baseline, Standing};
use crate::storage::{Tx, baseline_decisions};

/// Approves a baseline: it counts for orders from now on. Never by whoever recorded it.
///
/// # Errors
/// [`ActionError::NotNow`] for one's own, and where it was decided in the meantime.
pub async fn approve(app: &App, actor: &Actor, id: BaselineId) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let seen = of_our_house(app, actor, id).await?;
    if seen.recorded_by == actor.person {
        return Err(ActionError::NotNow(
            "Sie haben diesen Vergleichspreis selbst erfasst. Freigeben muss ihn eine zweite Person der Geschäftsstelle."
                .to_owned(),
        ));
    }
    let Some(old) = seen.replaces else {
        let mut tx = app.db.begin(actor).await?;
        pending(&mut tx, id).await?;
        baseline_decisions::approve(&mut tx, seen.contract, id, actor.person, now).await?;
        log(app, &mut tx, actor, seen.contract, "baseline_approved", &json!({ "baseline": id }), now).await?;
        return Ok(tx.commit().await?);
    };
    // Orders of members of other bodies are corrected with it.
    let mut tx = app.db.begin(RunsAs::Job).await?;
    baseline_decisions::hold(&mut tx, old).await?;
    pending(&mut tx, id).await?;
    let withdrawals = baseline_decisions::withdrawals(&mut tx, seen.contract, old).await?;
    let asked = withdrawals.iter().find(|it| it.replaced_by == Some(id)).filter(|it| it.decided.is_none());
    let asked = asked.ok_or(ActionError::NotFound)?;
    baseline_decisions::approve(&mut tx, seen.contract, id, actor.person, now).await?;
    baseline_decisions::withdraw(&mut tx, seen.contract, old, now).await?;
    baseline_decisions::decide_withdrawal(&mut tx, seen.contract, asked.id, actor.person, now, true).await?;
    let restated = restate(app, &mut tx, seen.contract, old, asked.id, now).await?;
    let told = json!({
        "baseline": id, "replaces": old, "orders": restated.orders, "effect": restated.effect,
        "marks_to_renew": restated.marks,
    });
    log(app, &mut tx, actor, seen.contract, "baseline_approved", &told, now).await?;
    Ok(tx.commit().await?)
}

/// Refuses a baseline that waits, or takes one's own back.
///
/// # Errors
/// [`ActionError::Invalid`] without a reason.
pub async fn refuse(app: &App, actor: &Actor, id: BaselineId, reason: &str) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let seen = of_our_house(app, actor, id).await?;
    let missing = "Bitte schreiben Sie, warum. Wer den Preis erfasst hat, liest den Grund.";
    check_text("refusal", reason.trim(), MAX_REASON, missing)?;
    let mut tx = app.db.begin(actor).await?;
    pending(&mut tx, id).await?;
    baseline_decisions::refuse(&mut tx, seen.contract, id, actor.person, now, reason.trim()).await?;
    if let Some(old) = seen.replaces {
        let withdrawals = baseline_decisions::withdrawals(&mut tx, seen.contract, old).await?;
        for asked in withdrawals.iter().filter(|it| it.replaced_by == Some(id) && it.decided.is_none()) {
            baseline_decisions::decide_withdrawal(&mut tx, seen.contract, asked.id, actor.person, now, false).await?;
        }
    }
    let told = json!({ "baseline": id, "reason": reason.trim() });
    log(app, &mut tx, actor, seen.contract, "baseline_refused", &told, now).await?;
    Ok(tx.commit().await?)
}

/// A baseline of a contract that the actor's body leads.
pub(super) async fn of_our_house(app: &App, actor: &Actor, id: BaselineId) -> Result<Baseline, ActionError> {
    let mut tx = app.db.begin(actor).await?;
    let found = baselines::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    own(&mut tx, actor, found.contract).await?;
    tx.rollback().await?;
    Ok(found)
}

/// The baseline, held, if it still waits.
async fn pending(tx: &mut Tx, id: BaselineId) -> Result<(), ActionError> {
    baseline_decisions::hold(tx, id).await?;
    let found = baselines::find(tx, id).await?.ok_or(ActionError::NotFound)?;
    match found.standing() {
        Standing::Pending => Ok(()),
        Standing::Refused => Err(decided("abgelehnt")),
        Standing::Approved | Standing::Withdrawn => Err(decided("freigegeben")),
    }
}

fn decided(how: &str) -> ActionError {
    ActionError::NotNow(format!("Dieser Vergleichspreis ist schon {how}. Bitte laden Sie die Seite neu."))
}
