//! Withdraw an approved baseline that has turned out wrong: one person asks, a second one decides. What was saved against it is
//! corrected by dated entries; nothing that was released or reported changes.

use abruf_domain::ids::BaselineId;
use serde_json::json;
use uuid::Uuid;

use super::decide_baseline::of_our_house;
use super::keyed::Keyed;
use super::record_baseline::{checked_reason, one_waits};
use super::restate_savings::restate;
use super::write_contract::log;
use super::{ActionError, only};
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::storage::Tx;
use crate::storage::baseline_decisions::{self, Withdrawal};
use crate::storage::baselines::{self, Baseline, Standing};
use crate::storage::idempotency::IdempotencyKey;

/// Asks for a withdrawal; whoever repeats a request with its key gets the id of the first.
///
/// # Errors
/// [`ActionError::Invalid`] without a reason, [`ActionError::NotNow`] where it is not in force or one waits.
pub async fn ask(
    app: &App,
    actor: &Actor,
    id: BaselineId,
    reason: &str,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let seen = of_our_house(app, actor, id).await?;
    let keyed = Keyed { app, actor, key, now };
    let mut tx = app.db.begin(actor).await?;
    if let Some(asked) = keyed.replay(&mut tx).await? {
        return Ok(asked);
    }
    in_force(&mut tx, id).await?;
    let reason = checked_reason(reason)?;
    let withdrawal = Withdrawal {
        id: app.chance.id(now),
        baseline: id,
        replaced_by: None,
        reason: reason.to_owned(),
        recorded_by: actor.person,
        recorded_by_name: String::new(),
        recorded_at: now,
        decided: None,
    };
    baseline_decisions::insert_withdrawal(&mut tx, seen.contract, &withdrawal).await.map_err(one_waits)?;
    let told = json!({ "baseline": id, "withdrawal": withdrawal.id, "reason": reason });
    log(app, &mut tx, actor, seen.contract, "baseline_withdrawal_proposed", &told, now).await?;
    keyed.keep(&mut tx, &withdrawal.id).await?;
    tx.commit().await?;
    Ok(withdrawal.id)
}

/// Withdraws it; the second person. Every order that counted it is corrected in the same transaction.
///
/// # Errors
/// [`ActionError::NotNow`] for one's own request.
pub async fn approve(app: &App, actor: &Actor, id: BaselineId) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let seen = of_our_house(app, actor, id).await?;
    // Orders of members of other bodies are corrected with it.
    let mut tx = app.db.begin(RunsAs::Job).await?;
    in_force(&mut tx, id).await?;
    let asked = waiting(&mut tx, &seen).await?;
    if asked.recorded_by == actor.person {
        return Err(ActionError::NotNow(
            "Sie haben diesen Widerruf selbst beantragt. Entscheiden muss eine zweite Person der Geschäftsstelle."
                .to_owned(),
        ));
    }
    baseline_decisions::withdraw(&mut tx, seen.contract, id, now).await?;
    baseline_decisions::decide_withdrawal(&mut tx, seen.contract, asked.id, actor.person, now, true).await?;
    let restated = restate(app, &mut tx, seen.contract, id, asked.id, now).await?;
    let told = json!({
        "baseline": id, "withdrawal": asked.id, "orders": restated.orders, "effect": restated.effect,
        "marks_to_renew": restated.marks,
    });
    log(app, &mut tx, actor, seen.contract, "baseline_withdrawn", &told, now).await?;
    Ok(tx.commit().await?)
}

/// Lets it count on: the second person says no, or the first one takes the request back.
pub async fn keep(app: &App, actor: &Actor, id: BaselineId) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let seen = of_our_house(app, actor, id).await?;
    let mut tx = app.db.begin(actor).await?;
    in_force(&mut tx, id).await?;
    let asked = waiting(&mut tx, &seen).await?;
    baseline_decisions::decide_withdrawal(&mut tx, seen.contract, asked.id, actor.person, now, false).await?;
    let told = json!({ "baseline": id, "withdrawal": asked.id });
    log(app, &mut tx, actor, seen.contract, "baseline_kept", &told, now).await?;
    Ok(tx.commit().await?)
}

/// The request that waits alone; one with a replacement is decided with that.
async fn waiting(tx: &mut Tx, seen: &Baseline) -> Result<Withdrawal, ActionError> {
    let all = baseline_decisions::withdrawals(tx, seen.contract, seen.id).await?;
    let waits = all.into_iter().find(|it| it.decided.is_none());
    match waits {
        Some(asked) if asked.replaced_by.is_none() => Ok(asked),
        Some(_) => Err(ActionError::NotNow(
            "Für diesen Vergleichspreis wartet ein Ersatz. Bitte entscheiden Sie dort: mit seiner Freigabe endet dieser.".to_owned(),
        )),
        None => Err(ActionError::NotNow("Hier wartet kein Widerruf mehr. Bitte laden Sie die Seite neu.".to_owned())),
    }
}

/// Holds the baseline, which must count.
async fn in_force(tx: &mut Tx, id: BaselineId) -> Result<(), ActionError> {
    baseline_decisions::hold(tx, id).await?;
    let found = baselines::find(tx, id).await?.ok_or(ActionError::NotFound)?;
    match found.standing() {
        Standing::Approved => Ok(()),
        Standing::Pending => Err(ActionError::NotNow(
            "Dieser Vergleichspreis ist noch nicht freigegeben. Lehnen Sie ihn ab, wenn er falsch ist.".to_owned(),
        )),
        Standing::Refused | Standing::Withdrawn => {
            Err(ActionError::NotNow("Dieser Vergleichspreis zählt schon nicht mehr.".to_owned()))
        }
    }
}
