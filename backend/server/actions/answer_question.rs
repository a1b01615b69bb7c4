//! Answer the question a request came back with. The answer stands beside the question for whoever
//! decides next; the reservation is kept, submitting again is a step of its own.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use serde_json::json;

use super::{ActionError, Who, call_off_record, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::history::{self, Step};
use crate::storage::{audit_log, call_offs};

/// Longest answer, in characters.
const MAX_LENGTH: usize = 4000;

/// Writes the requester's answer to the open question of a returned request.
///
/// # Errors
/// [`ActionError::WrongState`] if it is not back with the requester; [`ActionError::Refused`] if nothing
/// was asked or the question is answered.
pub async fn answer(app: &App, actor: &Actor, id: CallOffId, wording: &str) -> Result<(), ActionError> {
    only(actor, &[Role::Buyer])?;
    let wording = wording.trim();
    let missing = "Bitte beantworten Sie die Frage (höchstens 4.000 Zeichen). Wer freigibt, liest Ihre Antwort.";
    check_text("answer", wording, MAX_LENGTH, missing)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if call_off.requester != actor.person {
        return Err(ActionError::NotFound);
    }
    if call_off.status != Status::Returned {
        return Err(ActionError::WrongState(call_off.status));
    }
    let steps = history::timeline(&mut tx, call_off.contract, id).await?;
    if history::questions(&steps).last().is_none_or(|last| last.answer.is_some()) {
        return Err(ActionError::Refused(
            "Zu diesem Abruf ist keine Frage offen. Sie können ihn gleich wieder zur Freigabe geben.",
        ));
    }
    let step = Step {
        id: app.chance.id(now),
        decision: "answered",
        person: Some(actor.person),
        review: None,
        reason: wording,
        at: now,
    };
    history::insert_step(&mut tx, &call_off, &step).await?;
    let detail = json!({ "answer": wording });
    let record = call_off_record(app, &call_off, "question_answered", Who::Person(actor), None, Some(detail), now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    Ok(tx.commit().await?)
}
