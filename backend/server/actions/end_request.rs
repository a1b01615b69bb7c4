//! End a request before it becomes an order: refused by the approver, withdrawn by the requester,
//! expired by the clock. Its reservation is given back.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::money::Volume;
use serde_json::json;

use super::{ActionError, Who, call_off_record, check_text, only};
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::storage::Tx;
use crate::storage::call_offs::{self, CallOff};
use crate::storage::history::{self, Step};
use crate::storage::volume::{self, EntryKind, Held, Movement, Numbering};

/// The approver says no and says why.
pub async fn refuse(app: &App, actor: &Actor, id: CallOffId, reason: &str) -> Result<(), ActionError> {
    only(actor, &[Role::Approver])?;
    let reason = reason.trim();
    check_text(
        "reason",
        reason,
        2000,
        "Bitte schreiben Sie, warum Sie ablehnen (höchstens 2.000 Zeichen). Die anfordernde Person liest es.",
    )?;
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    end(app, tx, &call_off, Status::Refused, Who::Person(actor), reason).await
}

/// The requester takes the request back.
pub async fn withdraw(app: &App, actor: &Actor, id: CallOffId) -> Result<(), ActionError> {
    only(actor, &[Role::Buyer])?;
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if call_off.requester != actor.person {
        return Err(ActionError::NotFound);
    }
    end(app, tx, &call_off, Status::Withdrawn, Who::Person(actor), "").await
}

/// The clock ends a request whose reservation has run out; `false` if it was not due (any more).
pub async fn expire(app: &App, id: CallOffId) -> Result<bool, ActionError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let due = call_off.status.holds_reservation() && call_off.expires_at.is_some_and(|end| end <= app.clock.now());
    if due {
        end(app, tx, &call_off, Status::Expired, Who::Clock, "").await?;
    }
    Ok(due)
}

/// Lets every expired reservation go, or only those of one contract. Returns how many.
pub async fn expire_due(app: &App, contract: Option<abruf_domain::ids::ContractId>) -> Result<usize, ActionError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let due = call_offs::expired(&mut tx, contract, app.clock.now()).await?;
    tx.rollback().await?;
    let mut ended = 0;
    for id in due {
        ended += usize::from(expire(app, id).await?);
    }
    Ok(ended)
}

/// Lets the expired reservations of this call-off's contract go.
pub(super) async fn expire_of_call_off(app: &App, actor: &Actor, id: CallOffId) -> Result<(), ActionError> {
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    tx.rollback().await?;
    expire_due(app, Some(call_off.contract)).await?;
    Ok(())
}

async fn end(
    app: &App,
    mut tx: Tx,
    call_off: &CallOff,
    to: Status,
    who: Who<'_>,
    reason: &str,
) -> Result<(), ActionError> {
    if !call_off.status.may_become(to) {
        return Err(ActionError::WrongState(call_off.status));
    }
    let now = app.clock.now();
    call_offs::set_status(&mut tx, call_off.id, call_off.status, to, now).await?;
    let step = Step { id: app.chance.id(now), decision: to.key(), person: who.person(), review: None, reason, at: now };
    history::insert_step(&mut tx, call_off, &step).await?;
    let movements: Vec<Movement> = volume::holdings(&mut tx, call_off.contract, call_off.id)
        .await?
        .into_iter()
        .map(|held| Movement {
            guard: held.guard,
            scope: held.scope,
            measure: held.measure,
            reserved: -held.reserved,
            authorised: Volume::ZERO,
        })
        .collect();
    let entries: Vec<_> =
        movements.iter().map(|movement| (app.chance.id(now), movement.guard, movement.reserved)).collect();
    volume::write_entries(&mut tx, call_off.contract, call_off.id, EntryKind::GiveBack, &entries, now).await?;
    let detail = (!reason.is_empty()).then(|| json!({ "reason": reason }));
    let record = call_off_record(app, call_off, &format!("call_off_{}", to.key()), who, None, detail, now);
    match volume::hold(&mut tx, call_off.contract, &movements, Numbering::None, &record).await? {
        Held::Moved { .. } => Ok(tx.commit().await?),
        Held::Refused => Err(ActionError::Contended),
    }
}
