//! Put an order into the mail: by itself once its document is there, again when somebody asks. It is always the same
//! frozen document under the same number, never a second order.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::supplier_order::State;
use chrono::{DateTime, Utc};
use serde_json::json;

use super::keyed::Keyed;
use super::order_step::{OrderStep, write};
use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::mail::{Mailer, is_address};
use crate::storage::call_offs::CallOff;
use crate::storage::documents::DocumentRow;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::mails::{About, NewMail};
use crate::storage::order_mails::OrderMail;
use crate::storage::{Tx, call_offs, documents, mails, order_addresses, order_mails, supplier_orders};

/// Who may have an order sent again, or say that it came back: whose order it is, and the office.
pub const SENDERS: &[Role] = &[Role::Buyer, Role::Approver, Role::Office];

/// The document the supplier is sent: of a pair the supplier order alone, and that once the body has approved it.
pub(super) async fn document_for_supplier(tx: &mut Tx, call_off: &CallOff) -> Result<Option<DocumentRow>, ActionError> {
    let kind = match supplier_orders::of_call_off(tx, call_off).await? {
        None => "order",
        Some(order) if order.state == State::Approved => "supplier_order",
        Some(_) => return Ok(None),
    };
    let all = documents::of_call_off(tx, call_off.contract, call_off.id).await?;
    Ok(all.into_iter().find(|document| document.kind == kind))
}

/// Puts an order into the mail whose document was just made, in the transaction that makes it. Nothing happens without
/// a mail server or an address: then people send it themselves.
pub(super) async fn put_into_mail(
    app: &App,
    tx: &mut Tx,
    call_off: &CallOff,
    now: DateTime<Utc>,
) -> Result<(), ActionError> {
    let Some(mailer) = &app.mailer else { return Ok(()) };
    if call_off.status != Status::Released || !order_mails::of_order(tx, call_off).await?.is_empty() {
        return Ok(());
    }
    let address = order_addresses::for_order(tx, call_off.contract, call_off.supplier).await?;
    let Some(document) = document_for_supplier(tx, call_off).await?.filter(|_| is_address(&address)) else {
        return Ok(());
    };
    let mail = Envelope::after(0, "order", &document, &address);
    insert(app, mailer, tx, call_off, mail, None, now).await
}

/// Sends an order again, or for the first time where it did not go by itself, to this address.
///
/// # Errors
/// [`ActionError::Invalid`] for no mail address; [`ActionError::NotNow`] without a mail server, before the document
/// is there, and while an earlier mail is under way; [`ActionError::WrongState`] for what is no open order.
pub async fn send_again(
    app: &App,
    actor: &Actor,
    id: CallOffId,
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
    if !matches!(call_off.status, Status::Released | Status::Dispatched | Status::Confirmed) {
        return Err(ActionError::WrongState(call_off.status));
    }
    let Some(mailer) = &app.mailer else {
        return Err(ActionError::NotNow(
            "Abruf ist nicht für den Versand per E-Mail eingerichtet. Bitte versenden Sie die Bestellung selbst und vermerken Sie den Versand.".to_owned(),
        ));
    };
    check_address("address", address)?;
    let earlier = order_mails::of_order(&mut tx, &call_off).await?;
    refuse_under_way(&earlier, "Die Bestellung")?;
    let Some(document) = document_for_supplier(&mut tx, &call_off).await? else {
        return Err(ActionError::NotNow(
            "Das Dokument für den Lieferanten gibt es noch nicht. Bei einem Lieferantenauftrag gibt ihn zuerst die Geschäftsstelle frei; sonst entsteht es in wenigen Sekunden.".to_owned(),
        ));
    };
    let mail = Envelope::after(earlier.len(), "order", &document, address);
    let step = OrderStep {
        decision: "sent_again",
        action: "order_sent_again",
        reason: "",
        after: document.sha256.clone().try_into().ok(),
        detail: json!({ "address": address }),
    };
    send_on_request(keyed, tx, mailer, &call_off, mail, step).await
}

/// Puts into the mail what somebody asked for, with its step in the history, and commits.
pub(super) async fn send_on_request(
    keyed: Keyed<'_>,
    mut tx: Tx,
    mailer: &Mailer,
    call_off: &CallOff,
    mail: Envelope<'_>,
    step: OrderStep<'_>,
) -> Result<(), ActionError> {
    insert(keyed.app, mailer, &mut tx, call_off, mail, Some(keyed.actor), keyed.now).await?;
    write(keyed, &mut tx, call_off, call_off.status, step).await?;
    keyed.keep(&mut tx, &true).await?;
    Ok(tx.commit().await?)
}

/// Refuses to send anew what is still under way; `what` begins the sentence.
pub(super) fn refuse_under_way(earlier: &[OrderMail], what: &str) -> Result<(), ActionError> {
    let Some(mail) = earlier.iter().find(|mail| mail.is_under_way()) else { return Ok(()) };
    let to = &mail.recipient;
    Err(ActionError::NotNow(format!("{what} wird gerade an {to} gesandt. Bitte warten Sie, was daraus wird.")))
}

/// Refuses what is no mail address.
pub(super) fn check_address(field: &str, address: &str) -> Result<(), ActionError> {
    if is_address(address) {
        return Ok(());
    }
    let shown: String = address.chars().take(60).collect();
    let message =
        format!("„{shown}“ ist keine E-Mail-Adresse. Bitte geben Sie eine ein, zum Beispiel bestellung@firma.example.");
    Err(ActionError::Invalid(vec![FieldError::new(field, message)]))
}

/// What goes where, for the how manieth time.
#[derive(Clone, Copy)]
pub(super) struct Envelope<'a> {
    /// `order`, or `change` for what changes it.
    pub kind: &'a str,
    pub document: &'a DocumentRow,
    pub address: &'a str,
    pub sequence: i32,
}

impl<'a> Envelope<'a> {
    /// The next one of this document after so many.
    pub(super) fn after(earlier: usize, kind: &'a str, document: &'a DocumentRow, address: &'a str) -> Self {
        let sequence = i32::try_from(earlier).unwrap_or(i32::MAX).saturating_add(1);
        Self { kind, document, address, sequence }
    }
}

/// Writes the mail of a document that waits to be sent.
pub(super) async fn insert(
    app: &App,
    mailer: &Mailer,
    tx: &mut Tx,
    call_off: &CallOff,
    Envelope { kind, document, address, sequence }: Envelope<'_>,
    actor: Option<&Actor>,
    now: DateTime<Utc>,
) -> Result<(), ActionError> {
    let what = if kind == "order" { "bestellung" } else { "aenderung" };
    let message_id = format!("<{what}.{}.{sequence}@{}>", document.id, mailer.domain());
    let mail = NewMail {
        contract: call_off.contract,
        id: app.chance.id(now),
        kind,
        about: About::CallOff(call_off.id),
        document: Some(document.id),
        recipient: address,
        subject: "",
        body: "",
        message_id: &message_id,
        asked_by: actor.map(|actor| actor.person),
        at: now,
    };
    Ok(mails::insert(tx, &mail).await?)
}
