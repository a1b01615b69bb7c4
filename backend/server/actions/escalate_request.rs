//! Tell that a request runs out soon, once: whoever can still decide and the requester find it on their
//! start page, and an event in the outbox waits for whoever sends messages.

use abruf_domain::ids::CallOffId;

use super::{ActionError, Who, call_off_record};
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::history::{self, Step};
use crate::storage::{audit_log, call_offs, escalations, outbox};

/// Tells of every request that is due. Returns of how many.
pub async fn escalate_due(app: &App) -> Result<usize, ActionError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let due = escalations::due(&mut tx, app.clock.today(), app.clock.now()).await?;
    tx.rollback().await?;
    let mut told = 0;
    for id in due {
        told += usize::from(escalate(app, id).await?);
    }
    Ok(told)
}

/// Tells of one; `false` if it was decided or told of meanwhile.
async fn escalate(app: &App, id: CallOffId) -> Result<bool, ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if !escalations::set_escalated(&mut tx, id, now).await? {
        tx.rollback().await?;
        return Ok(false);
    }
    let step = Step { id: app.chance.id(now), decision: "escalated", person: None, review: None, reason: "", at: now };
    history::insert_step(&mut tx, &call_off, &step).await?;
    outbox::push(&mut tx, app.chance.id(now), "tell_expiring", &call_off, now).await?;
    let record = call_off_record(app, &call_off, "request_escalated", Who::Clock, None, None, now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    tx.commit().await?;
    Ok(true)
}
