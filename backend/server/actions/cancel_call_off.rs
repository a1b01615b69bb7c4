//! Cancel an order (Stornierung): a counter entry that gives volume and savings back. The order
//! document stays as it is; a cancellation document names it.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::money::Volume;
use serde_json::json;

use super::{ActionError, Who, call_off_record, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::history::{self, Step};
use crate::storage::volume::{self, EntryKind, Held, Movement, Numbering};
use crate::storage::{call_offs, order_lines, outbox, savings, turns};

/// Cancels an order that has not been delivered, in whole, with a reason.
pub async fn cancel(app: &App, actor: &Actor, id: CallOffId, reason: &str) -> Result<(), ActionError> {
    only(actor, &[Role::Approver])?;
    let reason = reason.trim();
    check_text(
        "reason",
        reason,
        2000,
        "Bitte schreiben Sie, warum Sie stornieren (höchstens 2.000 Zeichen). Der Grund steht auf der Stornierung.",
    )?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if !call_off.status.may_become(Status::Cancelled) {
        return Err(ActionError::WrongState(call_off.status));
    }
    // What was delivered has been consumed: only the rest can be taken back.
    if order_lines::of_call_off(&mut tx, &call_off).await?.iter().any(|line| !line.delivered.is_zero()) {
        return Err(ActionError::NotNow(
            "Von diesem Abruf ist schon etwas geliefert. Bitte schließen Sie die Restmenge oder stornieren Sie einen Teil."
                .to_owned(),
        ));
    }
    call_offs::set_status(&mut tx, id, call_off.status, Status::Cancelled, now).await?;
    let step = Step {
        id: app.chance.id(now),
        decision: "cancelled",
        person: Some(actor.person),
        review: None,
        reason,
        at: now,
    };
    history::insert_step(&mut tx, &call_off, &step).await?;
    savings::insert_cancelled(&mut tx, &call_off, || app.chance.id(now), now).await?;
    outbox::push(&mut tx, app.chance.id(now), "issue_cancellation", &call_off, now).await?;

    turns::cancel(&mut tx, call_off.contract, id).await?;
    let movements: Vec<Movement> = volume::holdings(&mut tx, call_off.contract, id)
        .await?
        .into_iter()
        .map(|held| Movement {
            guard: held.guard,
            scope: held.scope,
            measure: held.measure,
            reserved: Volume::ZERO,
            authorised: -held.authorised,
        })
        .collect();
    let entries: Vec<_> =
        movements.iter().map(|movement| (app.chance.id(now), movement.guard, movement.authorised)).collect();
    volume::write_entries(&mut tx, call_off.contract, id, EntryKind::Cancel, &entries, now).await?;
    let record = call_off_record(
        app,
        &call_off,
        "call_off_cancelled",
        Who::Person(actor),
        None,
        Some(json!({ "reason": reason })),
        now,
    );
    match volume::hold(&mut tx, call_off.contract, &movements, Numbering::None, &record).await? {
        Held::Moved { .. } => Ok(tx.commit().await?),
        Held::Refused => Err(ActionError::Contended),
    }
}
