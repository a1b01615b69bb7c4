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
use crate::storage::{Tx, call_offs, confirmations, dispatches, mails, order_lines};

/// Longest reason, in characters.
const LONGEST: usize = 1000;

/// Notes that the order of a call-off came back.
///
/// # Errors
/// [`ActionError::Invalid`] without a reason; [`ActionError::WrongState`] for what is not dispatched;
/// [`ActionError::NotNow`] where the supplier has shown that it has the order.
pub async fn report(app: &App, actor: &Actor, id: CallOffId, reason: &str) -> Result<(), ActionError> {
    only(actor, SENDERS)?;
    let tx = app.db.begin(actor).await?;
    note(app, actor, tx, id, reason).await
}

/// Notes that the mail with this Message-ID came back. Returns the order.
///
/// # Errors
/// As [`report`]; [`ActionError::NotFound`] for a Message-ID nobody knows, [`ActionError::NotNow`] where the order was
/// sent again since.
pub async fn report_message(
    app: &App,
    actor: &Actor,
    message_id: &str,
    reason: &str,
) -> Result<CallOffId, ActionError> {
    only(actor, &[Role::Office])?;
    let message_id = format!("<{}>", message_id.trim().trim_start_matches('<').trim_end_matches('>'));
    if message_id.contains('\0') {
        return Err(ActionError::NotFound);
    }
    let mut tx = app.db.begin(actor).await?;
    let id = mails::order_of_message(&mut tx, &message_id).await?.ok_or(ActionError::NotFound)?;
    let (call_off, _) = call_offs::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let newest = mails::of_order(&mut tx, &call_off).await?.pop();
    if newest.is_none_or(|mail| mail.message_id != message_id) {
        return Err(ActionError::NotNow(
            "Diese Nachricht ist überholt: Die Bestellung wurde danach noch einmal gesandt. Zu tun ist nichts."
                .to_owned(),
        ));
    }
    note(app, actor, tx, id, reason).await?;
    Ok(id)
}

async fn note(app: &App, actor: &Actor, mut tx: Tx, id: CallOffId, reason: &str) -> Result<(), ActionError> {
    let reason = reason.trim();
    check_text(
        "bounce_reason",
        reason,
        LONGEST,
        "Bitte schreiben Sie, was zurückkam, zum Beispiel „Postfach unbekannt“.",
    )?;
    let keyed = Keyed { app, actor, key: None, now: app.clock.now() };
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if call_off.status != Status::Dispatched {
        return Err(ActionError::WrongState(call_off.status));
    }
    let sent = dispatches::of_call_off(&mut tx, &call_off).await?;
    let lines = order_lines::of_call_off(&mut tx, &call_off).await?;
    if sent.iter().any(|it| it.received)
        || lines.iter().any(|line| !line.delivered.is_zero())
        || !confirmations::of_call_off(&mut tx, &call_off).await?.is_empty()
    {
        return Err(ActionError::NotNow(
            "Der Lieferant hat die Bestellung: Zugang, Bestätigung oder Lieferung sind vermerkt. Eine Rückmeldung der Post ändert daran nichts.".to_owned(),
        ));
    }
    let Some(dispatch) = dispatches::standing(&sent) else {
        return Err(ActionError::NotNow("Zu dieser Bestellung ist kein Versand vermerkt.".to_owned()));
    };
    dispatches::insert_bounce(&mut tx, &call_off, dispatch.id, reason, actor.person, keyed.now).await?;
    let step = OrderStep {
        decision: "bounced",
        action: "order_bounced",
        reason,
        after: None,
        detail: json!({ "reason": reason, "dispatch": dispatch.id, "mail": dispatch.mail }),
    };
    write(keyed, &mut tx, &call_off, Status::Released, step).await?;
    Ok(tx.commit().await?)
}
