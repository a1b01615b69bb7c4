//! Report that an order came back as undeliverable: by a person, or by the mail gateway with the Message-ID. What was
//! dispatched waits again to be sent; nothing of what was noted is lost.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use serde_json::json;

use super::keyed::Keyed;
use super::order_step::{OrderStep, write};
use super::send_order::SENDERS;
use super::{ActionError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::CallOff;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::{Tx, call_offs, confirmations, dispatches, order_lines, order_mails};

/// Longest reason, in characters.
const LONGEST: usize = 1000;

/// Notes that the order of a call-off came back.
///
/// # Errors
/// [`ActionError::Invalid`] without a reason; [`ActionError::WrongState`] for what is not dispatched;
/// [`ActionError::NotNow`] where the supplier has shown that it has the order.
pub async fn report(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    reason: &str,
    key: Option<&IdempotencyKey>,
) -> Result<(), ActionError> {
    only(actor, SENDERS)?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if keyed.replay::<CallOffId>(&mut tx).await?.is_some() {
        return Ok(());
    }
    note(keyed, tx, &call_off, reason).await
}

/// Notes that the mail with this Message-ID came back: an order, or what changes one. Returns the order.
///
/// # Errors
/// As [`report`]; [`ActionError::NotFound`] for a Message-ID nobody knows, [`ActionError::NotNow`] where it was sent
/// again since, or is noted as undeliverable already.
pub async fn report_message(
    app: &App,
    actor: &Actor,
    message_id: &str,
    reason: &str,
    key: Option<&IdempotencyKey>,
) -> Result<CallOffId, ActionError> {
    only(actor, &[Role::Office])?;
    let message_id = format!("<{}>", message_id.trim().trim_start_matches('<').trim_end_matches('>'));
    if message_id.contains('\0') {
        return Err(ActionError::NotFound);
    }
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (id, kind) = order_mails::of_message(&mut tx, &message_id).await?.ok_or(ActionError::NotFound)?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    if kind == "change" {
        note_change(keyed, tx, &call_off, &message_id, reason).await?;
        return Ok(id);
    }
    let newest = order_mails::of_order(&mut tx, &call_off).await?.pop();
    if newest.is_none_or(|mail| mail.message_id != message_id) {
        return Err(ActionError::NotNow(
            "Diese Nachricht ist überholt: Die Bestellung wurde danach noch einmal gesandt. Zu tun ist nichts."
                .to_owned(),
        ));
    }
    note(keyed, tx, &call_off, reason).await?;
    Ok(id)
}

/// A mail server had taken what changes an order, and it came back: somebody has to tell the supplier.
async fn note_change(
    keyed: Keyed<'_>,
    mut tx: Tx,
    call_off: &CallOff,
    message_id: &str,
    reason: &str,
) -> Result<(), ActionError> {
    let reason = check_reason(reason)?;
    let mut mails = order_mails::of_changes(&mut tx, call_off).await?;
    let Some(came_back) = mails.iter().find(|it| it.message_id == message_id).cloned() else {
        return Err(ActionError::NotFound);
    };
    mails.retain(|it| it.document == came_back.document);
    if mails.last().is_none_or(|it| it.id != came_back.id) || !came_back.was_sent() {
        return Err(ActionError::NotNow(
            "Diese Nachricht ist überholt: Das Dokument wurde danach noch einmal gesandt, oder sie ist schon als unzustellbar vermerkt. Zu tun ist nichts."
                .to_owned(),
        ));
    }
    order_mails::came_back(&mut tx, call_off.contract, came_back.id, reason).await?;
    let words = format!("An {}: {reason}", came_back.recipient);
    let step = OrderStep {
        decision: "change_undeliverable",
        action: "order_change_bounced",
        reason: &words,
        after: None,
        detail: json!({ "reason": reason, "mail": came_back.id, "document": came_back.document }),
    };
    write(keyed, &mut tx, call_off, call_off.status, step).await?;
    keyed.keep(&mut tx, &call_off.id).await?;
    Ok(tx.commit().await?)
}

fn check_reason(reason: &str) -> Result<&str, ActionError> {
    let reason = reason.trim();
    check_text(
        "bounce_reason",
        reason,
        LONGEST,
        "Bitte schreiben Sie, was zurückkam, zum Beispiel „Postfach unbekannt“.",
    )?;
    Ok(reason)
}

async fn note(keyed: Keyed<'_>, mut tx: Tx, call_off: &CallOff, reason: &str) -> Result<(), ActionError> {
    let reason = check_reason(reason)?;
    if call_off.status != Status::Dispatched {
        return Err(ActionError::WrongState(call_off.status));
    }
    let sent = dispatches::of_call_off(&mut tx, call_off).await?;
    let lines = order_lines::of_call_off(&mut tx, call_off).await?;
    if sent.iter().any(|it| it.received)
        || lines.iter().any(|line| !line.delivered.is_zero())
        || !confirmations::of_call_off(&mut tx, call_off).await?.is_empty()
    {
        return Err(ActionError::NotNow(
            "Der Lieferant hat die Bestellung: Zugang, Bestätigung oder Lieferung sind vermerkt. Eine Rückmeldung der Post ändert daran nichts.".to_owned(),
        ));
    }
    let Some(dispatch) = dispatches::standing(&sent) else {
        return Err(ActionError::NotNow("Zu dieser Bestellung ist kein Versand vermerkt.".to_owned()));
    };
    dispatches::insert_bounce(&mut tx, call_off, dispatch.id, reason, keyed.actor.person, keyed.now).await?;
    let step = OrderStep {
        decision: "bounced",
        action: "order_bounced",
        reason,
        after: None,
        detail: json!({ "reason": reason, "dispatch": dispatch.id, "mail": dispatch.mail }),
    };
    write(keyed, &mut tx, call_off, Status::Released, step).await?;
    keyed.keep(&mut tx, &call_off.id).await?;
    Ok(tx.commit().await?)
}
