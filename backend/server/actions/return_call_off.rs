//! Give a request back to its requester, who can change it and submit again; its reservation is kept.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use serde_json::json;

use super::{ActionError, Who, call_off_record, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::history::{self, Step};
use crate::storage::{audit_log, call_offs};

/// Returns a submitted request with a question or a remark.
pub async fn return_to_requester(app: &App, actor: &Actor, id: CallOffId, reason: &str) -> Result<(), ActionError> {
    only(actor, &[Role::Approver])?;
    let reason = reason.trim();
    if !reason.is_empty() {
        check_text("reason", reason, 2000, "")?;
    }
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if !call_off.status.may_become(Status::Returned) {
        return Err(ActionError::WrongState(call_off.status));
    }
    call_offs::set_status(&mut tx, id, call_off.status, Status::Returned, now).await?;
    let step = Step {
        id: app.chance.id(now),
        decision: "returned",
        person: Some(actor.person),
        review: None,
        reason,
        at: now,
    };
    history::insert_step(&mut tx, &call_off, &step).await?;
    let detail = (!reason.is_empty()).then(|| json!({ "reason": reason }));
    let record = call_off_record(app, &call_off, "call_off_returned", Who::Person(actor), None, detail, now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    Ok(tx.commit().await?)
}
