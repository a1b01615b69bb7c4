//! Justify a finding in writing. Only its addressee can; a block is never justified away.

use abruf_domain::facts::CheckPoint;
use abruf_domain::finding::Addressee;
use abruf_domain::ids::CallOffId;
use abruf_domain::{Outcome, review};
use serde_json::json;

use super::{ActionError, FieldError, Who, call_off_record, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::history::{self, Step};
use crate::storage::{audit_log, call_offs, facts};

/// Longest justification, in characters.
const MAX_LENGTH: usize = 4000;

/// Writes the justification of `rule` for a request that waits for it.
pub async fn justify(app: &App, actor: &Actor, id: CallOffId, rule: &str, wording: &str) -> Result<(), ActionError> {
    only(actor, &[Role::Buyer, Role::Approver, Role::Treasurer, Role::Office])?;
    let wording = wording.trim();
    check_text("wording", wording, MAX_LENGTH, "Bitte begründen Sie in eigenen Worten (höchstens 4.000 Zeichen).")?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let (call_off, lines) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if !call_off.status.is_editable() && !call_off.status.holds_reservation() {
        return Err(ActionError::WrongState(call_off.status));
    }
    let facts = facts::gather(&mut tx, &call_off, &lines, CheckPoint::Submission, None, now).await?;
    let addressee = review(&facts)
        .with_outcome(Outcome::Justify)
        .find(|finding| finding.rule == rule)
        .map(|finding| finding.addressee)
        .ok_or(ActionError::NotFound)?;
    only(actor, &[speaker(addressee)])?;
    if !history::insert_justification(&mut tx, &call_off, rule, addressee.key(), wording, actor.person, now).await? {
        return Err(ActionError::Invalid(vec![FieldError::new("wording", "Diese Feststellung ist schon begründet.")]));
    }
    let step = Step {
        id: app.chance.id(now),
        decision: "justified",
        person: Some(actor.person),
        review: None,
        reason: wording,
        at: now,
    };
    history::insert_step(&mut tx, &call_off, &step).await?;
    let detail = json!({ "rule": rule, "wording": wording });
    let record = call_off_record(app, &call_off, "finding_justified", Who::Person(actor), None, Some(detail), now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    Ok(tx.commit().await?)
}

/// The role that speaks for an addressee. The member's administration acts through its approver, the
/// invoice clerk through the treasurer.
#[must_use]
pub const fn speaker(addressee: Addressee) -> Role {
    match addressee {
        Addressee::Requester => Role::Buyer,
        Addressee::Releaser | Addressee::Administration => Role::Approver,
        Addressee::Office => Role::Office,
        Addressee::Treasurer | Addressee::InvoiceClerk => Role::Treasurer,
    }
}
