//! Note the next step of an order in a word: dispatched now, confirmed as ordered, everything delivered
//! today, invoiced, closed.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;

use super::{ActionError, Who, call_off_record, dispatch_order, note_delivery, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::history::{self, Step};
use crate::storage::realised_savings::{self, Source};
use crate::storage::{audit_log, call_offs};

/// Moves an order one step on; `to` must be the step that follows.
pub async fn advance(app: &App, actor: &Actor, id: CallOffId, to: Status) -> Result<(), ActionError> {
    only(actor, &[Role::Buyer, Role::Approver])?;
    match to {
        // These two write more than their name: the rules of dispatch, what arrived.
        Status::Dispatched => return dispatch_order::dispatch(app, actor, id, None, "other").await.map(|_| ()),
        Status::Delivered => return note_delivery::deliver_rest(app, actor, id).await,
        _ => {}
    }
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if call_off.status.next_step() != Some(to) {
        return Err(ActionError::WrongState(call_off.status));
    }
    call_offs::set_status(&mut tx, id, call_off.status, to, now).await?;
    let step = Step {
        id: app.chance.id(now),
        decision: to.key(),
        person: Some(actor.person),
        review: None,
        reason: "",
        at: now,
    };
    history::insert_step(&mut tx, &call_off, &step).await?;
    // Invoiced in a word is invoiced as ordered.
    realised_savings::book(&mut tx, &call_off, to, Source::settled(step.id), || app.chance.id(now), now).await?;
    let record =
        call_off_record(app, &call_off, &format!("call_off_{}", to.key()), Who::Person(actor), None, None, now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    Ok(tx.commit().await?)
}
