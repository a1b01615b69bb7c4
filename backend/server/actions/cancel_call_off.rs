//! Cancel an order (Stornierung): a counter entry that gives volume and savings back. The order
//! document stays as it is; a cancellation document names it.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::money::Volume;
use abruf_domain::supplier_order::State;
use serde_json::json;

use super::keyed::Keyed;
use super::{ActionError, Who, call_off_record, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::CallOff;
use crate::storage::history::{self, Step};
use crate::storage::volume::{self, EntryKind, Held, Movement, Numbering};
use crate::storage::{Tx, call_offs, order_lines, outbox, savings, supplier_orders, turns};

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
    let keyed = Keyed { app, actor, key: None, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    take_back_whole(keyed, &mut tx, &call_off, reason).await?;
    Ok(tx.commit().await?)
}

/// Writes that an order is cancelled, and its supplier order with it; all of it but the commit. The guard rows
/// come last.
pub(super) async fn take_back_whole(
    keyed: Keyed<'_>,
    tx: &mut Tx,
    call_off: &CallOff,
    reason: &str,
) -> Result<(), ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let id = call_off.id;
    if !call_off.status.may_become(Status::Cancelled) {
        return Err(ActionError::WrongState(call_off.status));
    }
    // What was delivered has been consumed: only the rest can be taken back.
    if order_lines::of_call_off(tx, call_off).await?.iter().any(|line| !line.delivered.is_zero()) {
        return Err(ActionError::NotNow(
            "Von diesem Abruf ist schon etwas geliefert. Bitte schließen Sie die Restmenge oder stornieren Sie einen Teil."
                .to_owned(),
        ));
    }
    call_offs::set_status(tx, id, call_off.status, Status::Cancelled, now).await?;
    let step = Step {
        id: app.chance.id(now),
        decision: "cancelled",
        person: Some(actor.person),
        review: None,
        reason,
        at: now,
    };
    history::insert_step(tx, call_off, &step).await?;
    savings::insert_cancelled(tx, call_off, || app.chance.id(now), now).await?;
    outbox::push(tx, app.chance.id(now), "issue_cancellation", call_off, now).await?;
    cancel_supplier_order(keyed, tx, call_off).await?;

    turns::cancel(tx, call_off.contract, id).await?;
    let movements: Vec<Movement> = volume::holdings(tx, call_off.contract, id)
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
    volume::write_entries(tx, call_off.contract, id, EntryKind::Cancel, &entries, now).await?;
    let record = call_off_record(
        app,
        call_off,
        "call_off_cancelled",
        Who::Person(actor),
        None,
        Some(json!({ "reason": reason })),
        now,
    );
    match volume::hold(tx, call_off.contract, &movements, Numbering::None, &record).await? {
        Held::Moved { .. } => Ok(()),
        Held::Refused => Err(ActionError::Contended),
    }
}

/// One that was refused is none any more; one that the supplier knows of is cancelled by a document of its own.
async fn cancel_supplier_order(keyed: Keyed<'_>, tx: &mut Tx, call_off: &CallOff) -> Result<(), ActionError> {
    let Keyed { app, now, .. } = keyed;
    let Some(order) = supplier_orders::of_call_off(tx, call_off).await? else { return Ok(()) };
    if !order.state.may_become(State::Cancelled) {
        return Ok(());
    }
    supplier_orders::cancel(tx, call_off, now).await?;
    if order.was_approved() {
        outbox::push(tx, app.chance.id(now), "issue_supplier_cancellation", call_off, now).await?;
    }
    Ok(())
}
