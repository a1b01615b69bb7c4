//! Record that a supplier of a cascade passes on a call-off (§ 21 (4) VgV). Without a document it
//! proves nothing, and it cannot be older than the request it answers.

use abruf_domain::facts::Decline;
use abruf_domain::ids::CallOffId;
use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use serde_json::json;

use super::{ActionError, FieldError, Who, ask_rank, call_off_record, check_text, draft_call_off, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::CallOff;
use crate::storage::{Tx, audit_log, awards, call_offs, rank_requests};

/// Records a decline for a request that is not released yet; the office, or whoever asks.
///
/// # Errors
/// [`ActionError::Invalid`] where it is dated before the request, after the order or in the future,
/// [`ActionError::WrongState`] once the call-off is released or over, [`ActionError::NotFound`] if it is
/// another requester's.
pub async fn record(app: &App, actor: &Actor, id: CallOffId, decline: &Decline) -> Result<(), ActionError> {
    only(actor, &[Role::Buyer, Role::Office])?;
    let (reason, document) = (decline.reason.trim(), decline.document.trim());
    check_text("reason", reason, 500, "Bitte schreiben Sie, warum der Lieferant absagt (höchstens 500 Zeichen).")?;
    check_text("document", document, 500, "Bitte nennen Sie das Schreiben der Absage (höchstens 500 Zeichen).")?;
    let now = app.clock.now();
    if now < decline.received_at {
        return Err(wrong(
            "received_at",
            format!(
                "Die Absage kann nicht in der Zukunft liegen, angegeben ist der {}. Bitte prüfen Sie den Zeitpunkt.",
                German.instant(decline.received_at)
            ),
        ));
    }
    let mut tx = app.db.begin(actor).await?;
    check_order(&mut tx, actor, id, decline).await?;
    let call_off = ask_rank::open(&mut tx, actor, id).await?;
    if !awards::is_party(&mut tx, call_off.contract, decline.supplier).await? {
        return Err(wrong(
            "supplier_id",
            "Dieser Lieferant ist nicht Partner des Vertrags. Bitte wählen Sie einen Lieferanten des Vertrags."
                .to_owned(),
        ));
    }
    check_request(&mut tx, &call_off, decline).await?;
    let decline = Decline { reason: reason.to_owned(), document: document.to_owned(), ..decline.clone() };
    if !awards::insert_decline(&mut tx, &call_off, app.chance.id(now), &decline, actor.person, now).await? {
        return Err(wrong(
            "supplier_id",
            "Die Absage dieses Lieferanten ist für diesen Abruf schon erfasst.".to_owned(),
        ));
    }
    draft_call_off::name_proposed(app, &mut tx, &call_off).await?;
    let detail = json!({ "decline": decline });
    let record = call_off_record(app, &call_off, "decline_recorded", Who::Person(actor), None, Some(detail), now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    Ok(tx.commit().await?)
}

/// A decline that came in after the order cannot have led to it.
async fn check_order(tx: &mut Tx, actor: &Actor, id: CallOffId, decline: &Decline) -> Result<(), ActionError> {
    let (call_off, _) = call_offs::find(tx, id).await?.ok_or(ActionError::NotFound)?;
    let own = actor.role != Role::Buyer || call_off.requester == actor.person;
    match call_off.released_at.filter(|released| own && *released < decline.received_at) {
        None => Ok(()),
        Some(released) => Err(wrong(
            "received_at",
            format!(
                "Der Abruf ist am {} erteilt, die Absage ist vom {}. Eine spätere Absage ändert daran nichts. Bitte prüfen Sie den Zeitpunkt oder stornieren Sie den Abruf.",
                German.instant(released),
                German.instant(decline.received_at)
            ),
        )),
    }
}

async fn check_request(tx: &mut Tx, call_off: &CallOff, decline: &Decline) -> Result<(), ActionError> {
    let requests = rank_requests::of(tx, call_off).await?;
    let asked = requests.iter().find(|request| request.supplier == decline.supplier.0);
    let received = berlin_date(decline.received_at);
    match asked.filter(|request| received < request.on) {
        None => Ok(()),
        Some(request) => Err(wrong(
            "received_at",
            format!(
                "Gefragt wurde erst am {}, die Absage ist vom {}. Möglich ist der Tag der Anfrage oder ein späterer. Bitte prüfen Sie das Datum.",
                German.date(request.on),
                German.date(received)
            ),
        )),
    }
}

fn wrong(field: &str, message: String) -> ActionError {
    ActionError::Invalid(vec![FieldError::new(field, message)])
}
