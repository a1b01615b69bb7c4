//! Put what changes an order into the mail: its cancellation, partial cancellations, a new delivery date. Each is one
//! frozen document in one mail to where the order went, and never before the order itself reached the supplier.

use abruf_domain::call_off::document_in_words;
use abruf_domain::ids::CallOffId;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::keyed::Keyed;
use super::order_step::{OrderStep, write};
use super::send_order::{Envelope, SENDERS, check_address, insert, refuse_under_way, send_on_request};
use super::{ActionError, check_text, only};
use crate::actor::Actor;
use crate::app::App;
use crate::mail::is_address;
use crate::storage::call_offs::CallOff;
use crate::storage::dispatches::{self, DispatchNote};
use crate::storage::documents::DocumentRow;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::order_mails::{self, OrderMail};
use crate::storage::{Tx, call_offs, documents, order_addresses, supplier_orders};

/// Longest note of how the supplier was told, in characters.
const LONGEST: usize = 500;

/// A change of an order in words: „Teilstornierung 2“.
#[must_use]
pub fn change_in_words(document: &DocumentRow) -> String {
    let kind = document_in_words(document.kind.trim_start_matches("supplier_"));
    document.sequence.map_or_else(|| kind.to_owned(), |sequence| format!("{kind} {sequence}"))
}

/// The documents by which the supplier learns what became of its order: of a pair those of the supplier order.
///
/// # Errors
/// If the database fails.
pub async fn changes_for_supplier(tx: &mut Tx, call_off: &CallOff) -> Result<Vec<DocumentRow>, ActionError> {
    let kinds: &[&str] = match supplier_orders::of_call_off(tx, call_off).await? {
        None => &["cancellation", "partial_cancellation", "delivery_change"],
        Some(_) => &["supplier_cancellation", "supplier_partial_cancellation", "supplier_delivery_change"],
    };
    let all = documents::of_call_off(tx, call_off.contract, call_off.id).await?;
    Ok(all.into_iter().filter(|it| kinds.contains(&it.kind.as_str())).collect())
}

/// Puts the changes into the mail that were not put there before, once the supplier has the order. Nothing happens
/// without a mail server or an address: then people tell the supplier themselves.
///
/// Whoever calls it holds the call-off, so that a change made while the order goes out is missed by neither.
pub(super) async fn put_into_mail(
    app: &App,
    tx: &mut Tx,
    call_off: &CallOff,
    now: DateTime<Utc>,
) -> Result<(), ActionError> {
    let Some(mailer) = &app.mailer else { return Ok(()) };
    let changes = changes_for_supplier(tx, call_off).await?;
    if changes.is_empty() {
        return Ok(());
    }
    let orders = order_mails::of_order(tx, call_off).await?;
    let sent = dispatches::of_call_off(tx, call_off).await?;
    if !has_reached(&orders, &sent) {
        return Ok(());
    }
    let address = match orders.iter().rfind(|mail| mail.was_sent()) {
        Some(mail) => mail.recipient.clone(),
        None => order_addresses::for_order(tx, call_off.contract, call_off.supplier).await?,
    };
    if !is_address(&address) {
        return Ok(());
    }
    let known = order_mails::of_changes(tx, call_off).await?;
    // An order that came back and goes out again takes its changes along: they went to where it never arrived.
    let came_back = sent.iter().filter_map(|it| it.bounce.as_ref()).map(|bounce| bounce.at).max();
    for document in &changes {
        let mails: Vec<&OrderMail> = known.iter().filter(|it| it.document == Some(document.id)).collect();
        let counts = |it: &OrderMail| it.is_under_way() || came_back.is_none_or(|at| at < it.created_at);
        if mails.iter().any(|it| counts(it)) {
            continue;
        }
        let mail = Envelope::after(mails.len(), "change", document, &address);
        insert(app, mailer, tx, call_off, mail, None, now).await?;
    }
    Ok(())
}

/// Whether the order left the house and did not come back.
fn has_reached(orders: &[OrderMail], sent: &[DispatchNote]) -> bool {
    let came_back = |mail: &OrderMail| sent.iter().any(|it| it.mail == Some(mail.id) && it.bounce.is_some());
    dispatches::standing(sent).is_some() || orders.iter().any(|mail| mail.was_sent() && !came_back(mail))
}

/// Sends a change again, or for the first time where it did not go by itself, to this address. `key` names the
/// document as its list does: `cancellation`, `partial_cancellation-1`.
///
/// # Errors
/// [`ActionError::Invalid`] for no mail address; [`ActionError::NotFound`] for a document that is no change of this
/// order; [`ActionError::NotNow`] without a mail server, before the supplier has the order, and while an earlier mail
/// is under way.
pub async fn send_again(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    document: &str,
    address: &str,
    key: Option<&IdempotencyKey>,
) -> Result<(), ActionError> {
    only(actor, SENDERS)?;
    let address = address.trim();
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if keyed.replay::<bool>(&mut tx).await?.is_some() {
        return Ok(());
    }
    let (document, earlier) = change(&mut tx, &call_off, document).await?;
    let Some(mailer) = &app.mailer else {
        return Err(ActionError::NotNow(
            "Abruf ist nicht für den Versand per E-Mail eingerichtet. Bitte senden Sie das Dokument selbst.".to_owned(),
        ));
    };
    check_address(&format!("address_{}", document.key()), address)?;
    let orders = order_mails::of_order(&mut tx, &call_off).await?;
    if !has_reached(&orders, &dispatches::of_call_off(&mut tx, &call_off).await?) {
        return Err(ActionError::NotNow(
            "Der Lieferant hat die Bestellung noch nicht. Was sich daran ändert, geht erst danach hinaus.".to_owned(),
        ));
    }
    refuse_under_way(&earlier, "Das Dokument")?;
    let mail = Envelope::after(earlier.len(), "change", &document, address);
    let step = OrderStep {
        decision: "change_sent_again",
        action: "order_change_sent_again",
        reason: &change_in_words(&document),
        after: document.sha256.clone().try_into().ok(),
        detail: json!({ "address": address, "document": document.id }),
    };
    send_on_request(keyed, tx, mailer, &call_off, mail, step).await
}

/// Notes that the supplier was told of a change another way, because its mail failed.
///
/// # Errors
/// [`ActionError::Invalid`] without words; [`ActionError::NotFound`] for a document that is no change of this order;
/// [`ActionError::NotNow`] where no mail of it failed, or it was noted before.
pub async fn note_told(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    document: &str,
    how: &str,
    key: Option<&IdempotencyKey>,
) -> Result<(), ActionError> {
    only(actor, SENDERS)?;
    let how = how.trim();
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if keyed.replay::<bool>(&mut tx).await?.is_some() {
        return Ok(());
    }
    let (document, mails) = change(&mut tx, &call_off, document).await?;
    let field = format!("told_{}", document.key());
    check_text(
        &field,
        how,
        LONGEST,
        "Bitte schreiben Sie, wann und wie der Lieferant davon erfahren hat (höchstens 500 Zeichen).",
    )?;
    let Some(failed) = mails.last().filter(|it| it.is_a_task()) else {
        return Err(ActionError::NotNow("Zu diesem Dokument ist nichts offen.".to_owned()));
    };
    order_mails::note_told(&mut tx, call_off.contract, failed.id, how, actor.person, keyed.now).await?;
    let words = format!("{}: {how}", change_in_words(&document));
    let step = OrderStep {
        decision: "change_told",
        action: "order_change_told",
        reason: &words,
        after: document.sha256.clone().try_into().ok(),
        detail: json!({ "how": how, "document": document.id, "mail": failed.id }),
    };
    write(keyed, &mut tx, &call_off, call_off.status, step).await?;
    keyed.keep(&mut tx, &true).await?;
    Ok(tx.commit().await?)
}

/// The change with this key, and its mails, oldest first.
async fn change(tx: &mut Tx, call_off: &CallOff, key: &str) -> Result<(DocumentRow, Vec<OrderMail>), ActionError> {
    let changes = changes_for_supplier(tx, call_off).await?;
    let document = changes.into_iter().find(|it| it.key() == key).ok_or(ActionError::NotFound)?;
    let mut mails = order_mails::of_changes(tx, call_off).await?;
    mails.retain(|it| it.document == Some(document.id));
    Ok((document, mails))
}
