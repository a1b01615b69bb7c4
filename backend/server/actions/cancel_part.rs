//! Take quantities of an order back before performance (Teilstornierung). Volume and savings return by
//! counter entries; the price of the rest stays as ordered unless the contract prices it anew. The
//! order document stays as it is; a document of its own names what is given back.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::money::Net;

use super::keyed::Keyed;
use super::rest_of_order::{PartInput, PartsInput, TakenBack, Wanted, increase, read_parts, read_reason, take_back};
use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::partial_cancellations::Kind;
use crate::storage::{call_offs, order_lines};

/// Cancels a part of an order that has not been delivered, with a reason.
///
/// # Errors
/// [`ActionError::Invalid`] with the line for what is not in the order, or is all that is left of it, and where the
/// contract prices the rest so that it costs more and this was not accepted, or finds no room.
pub async fn cancel_part(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    input: PartsInput<'_>,
    key: Option<&IdempotencyKey>,
) -> Result<TakenBack, ActionError> {
    only(actor, &[Role::Approver])?;
    let reason = read_reason(
        input.reason,
        "Bitte schreiben Sie, warum Sie stornieren (höchstens 2.000 Zeichen). Der Grund steht auf der Teilstornierung.",
    )?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    if !call_off.status.may_become(Status::Cancelled) {
        return Err(ActionError::WrongState(call_off.status));
    }
    let lines = order_lines::of_call_off(&mut tx, &call_off).await?;
    let quantities = read_parts(input.parts, &lines)?;
    if quantities.is_empty() {
        let message = "Bitte geben Sie bei mindestens einer Position an, wie viel Sie stornieren.";
        return Err(ActionError::Invalid(vec![FieldError::new("lines", message)]));
    }
    let left = |position, quantity| quantities.iter().all(|it| it.position != position || it.quantity < quantity);
    if !lines.iter().any(|line| !line.quantity.is_zero() && left(line.position, line.quantity)) {
        let message = "Das ist alles, was von diesem Abruf noch bestellt ist. Bitte stornieren Sie ihn ganz.";
        return Err(ActionError::Invalid(vec![FieldError::new("lines", message)]));
    }
    let wanted =
        Wanted { kind: Kind::Partial, quantities: &quantities, reason, accepted_increase: input.accepted_increase };
    let answer = take_back(keyed, &mut tx, &call_off, &lines, wanted).await?;
    tx.commit().await?;
    Ok(answer)
}

/// By how much, net, the order would cost more than before if these parts were cancelled, in a contract that prices
/// the rest anew; `None` if it would not.
///
/// # Errors
/// [`ActionError::Invalid`] as [`cancel_part`].
pub async fn increase_of(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    parts: &[PartInput],
) -> Result<Option<Net>, ActionError> {
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let lines = order_lines::of_call_off(&mut tx, &call_off).await?;
    increase(&mut tx, &call_off, &read_parts(parts, &lines)?).await
}
