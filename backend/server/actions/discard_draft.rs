//! Discard a draft: whoever wrote it gives it up. It stays in their list as discarded, with its history; it
//! never held volume, so nothing is given back.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::mini_competition::State;

use super::{ActionError, Who, call_off_record, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns};
use crate::storage::history::{self, Step};
use crate::storage::{call_offs, mini_competitions};

/// Discards a draft of one's own.
///
/// # Errors
/// [`ActionError::NotFound`] for that of somebody else, [`ActionError::WrongState`] after its submission,
/// [`ActionError::Refused`] while suppliers are asked for it.
pub async fn discard(app: &App, actor: &Actor, id: CallOffId) -> Result<(), ActionError> {
    only(actor, &[Role::Buyer])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let (draft, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if draft.requester != actor.person {
        return Err(ActionError::NotFound);
    }
    if !draft.status.may_become(Status::Discarded) {
        return Err(ActionError::WrongState(draft.status));
    }
    // One that was awarded is over: its file stays, with or without an order.
    let competition = mini_competitions::of_call_off(&mut tx, id).await?;
    if competition.is_some_and(|(_, state)| state != State::Awarded) {
        return Err(ActionError::Refused(
            "Zu diesem Entwurf läuft ein Miniwettbewerb. Bitte schließen Sie ihn ab oder heben Sie ihn auf. Danach können Sie den Entwurf verwerfen.",
        ));
    }
    call_offs::set_status(&mut tx, id, draft.status, Status::Discarded, now).await?;
    let decision = Status::Discarded.key();
    let step = Step { id: app.chance.id(now), decision, person: Some(actor.person), review: None, reason: "", at: now };
    history::insert_step(&mut tx, &draft, &step).await?;
    let mut record = call_off_record(app, &draft, "draft_discarded", Who::Person(actor), None, None, now);
    // The body sees a draft only once it was handed in: the entry about any other is the member's alone.
    if draft.declined_at.is_none() {
        record.concerns = Concerns { body: None, ..record.concerns };
    }
    audit_log::append_to_contract(&mut tx, draft.contract, &record).await?;
    Ok(tx.commit().await?)
}
