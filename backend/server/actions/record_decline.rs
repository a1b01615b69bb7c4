//! Record that a supplier of a cascade passes on a call-off (§ 21 (4) VgV). Without a document it
//! proves nothing.

use abruf_domain::facts::Decline;
use abruf_domain::ids::CallOffId;
use serde_json::json;

use super::{ActionError, FieldError, Who, call_off_record, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::{audit_log, awards, call_offs};

/// Records a decline for a request that is not released yet; the office, or whoever asks.
///
/// # Errors
/// [`ActionError::WrongState`] once it is released or over, [`ActionError::NotFound`] if it is another
/// requester's.
pub async fn record(app: &App, actor: &Actor, id: CallOffId, decline: &Decline) -> Result<(), ActionError> {
    only(actor, &[Role::Buyer, Role::Office])?;
    let (reason, document) = (decline.reason.trim(), decline.document.trim());
    check_text("reason", reason, 500, "Bitte schreiben Sie, warum der Lieferant absagt (höchstens 500 Zeichen).")?;
    check_text("document", document, 500, "Bitte nennen Sie das Schreiben der Absage (höchstens 500 Zeichen).")?;
    let now = app.clock.now();
    if now < decline.received_at {
        return Err(wrong(
            "received_at",
            "Die Absage kann nicht in der Zukunft liegen. Bitte prüfen Sie den Zeitpunkt.",
        ));
    }
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if actor.role == Role::Buyer && call_off.requester != actor.person {
        return Err(ActionError::NotFound);
    }
    if !call_off.status.is_editable() && !call_off.status.holds_reservation() {
        return Err(ActionError::WrongState(call_off.status));
    }
    if !awards::is_party(&mut tx, call_off.contract, decline.supplier).await? {
        return Err(wrong(
            "supplier_id",
            "Dieser Lieferant ist nicht Partner des Vertrags. Bitte wählen Sie einen Lieferanten des Vertrags.",
        ));
    }
    let decline = Decline { reason: reason.to_owned(), document: document.to_owned(), ..decline.clone() };
    if !awards::insert_decline(&mut tx, &call_off, app.chance.id(now), &decline, actor.person, now).await? {
        return Err(wrong("supplier_id", "Die Absage dieses Lieferanten ist für diesen Abruf schon erfasst."));
    }
    let detail = json!({ "decline": decline });
    let record = call_off_record(app, &call_off, "decline_recorded", Who::Person(actor), None, Some(detail), now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    Ok(tx.commit().await?)
}

fn wrong(field: &str, message: &str) -> ActionError {
    ActionError::Invalid(vec![FieldError::new(field, message)])
}
