//! Close what will not be delivered any more (Restmenge schließen). The undelivered rest is taken back
//! like a partial cancellation: its volume and its savings return by counter entries.

use abruf_domain::call_off::Status;
use abruf_domain::cancellation::CancelledQuantity;
use abruf_domain::ids::CallOffId;

use super::keyed::Keyed;
use super::rest_of_order::{PartInput, TakenBack, Wanted, read_parts, read_reason, take_back};
use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::order_lines::OrderLine;
use crate::storage::partial_cancellations::Kind;
use crate::storage::{call_offs, order_lines};

/// Closes the undelivered rest of an order of which a part has arrived, or the quantities of it that are named.
///
/// # Errors
/// [`ActionError::Invalid`] with the line for more than is open, [`ActionError::NotNow`] if nothing has arrived: then the order is cancelled as a whole.
pub async fn close_short(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    parts: Option<&[PartInput]>,
    reason: &str,
    key: Option<&IdempotencyKey>,
) -> Result<TakenBack, ActionError> {
    only(actor, &[Role::Approver])?;
    let reason = read_reason(
        reason,
        "Bitte schreiben Sie, warum die Restmenge nicht mehr kommt (höchstens 2.000 Zeichen). Der Grund steht auf dem Dokument.",
    )?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    if !matches!(call_off.status, Status::Dispatched | Status::Confirmed) {
        return Err(ActionError::WrongState(call_off.status));
    }
    let lines = order_lines::of_call_off(&mut tx, &call_off).await?;
    if lines.iter().all(|line| line.delivered.is_zero()) {
        return Err(ActionError::NotNow(
            "Von diesem Abruf ist noch nichts geliefert. Bitte stornieren Sie ihn ganz oder teilweise.".to_owned(),
        ));
    }
    let rest = match parts {
        Some(parts) => read_parts(parts, &lines)?,
        None => whole_rest(&lines),
    };
    if rest.is_empty() {
        let message = "Bitte geben Sie bei mindestens einer Position an, wie viel nicht mehr kommt.";
        return Err(ActionError::Invalid(vec![FieldError::new("lines", message)]));
    }
    let wanted = Wanted { kind: Kind::ShortClose, quantities: &rest, reason, accepted_increase: None };
    let answer = take_back(keyed, &mut tx, &call_off, &lines, wanted).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Everything that has not arrived.
fn whole_rest(lines: &[OrderLine]) -> Vec<CancelledQuantity> {
    let open = lines.iter().filter(|line| !line.open().is_zero());
    open.map(|line| CancelledQuantity { position: line.position, quantity: line.open() }).collect()
}
