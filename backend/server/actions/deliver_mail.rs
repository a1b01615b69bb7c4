//! Send the mail that waits: orders, what changes them, notices. An attempt is stored before it is made: after a crash the same letter goes out again
//! under the same Message-ID, and an order stays one order.

use abruf_domain::call_off::Status;
use abruf_domain::ids::{CallOffId, DocumentId};
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::dispatch_order::{self, Way};
use super::mail_words::{ChangeLetter, OrderLetter, link_ends};
use super::order_step::{OrderStep, write_as};
use super::send_change::{change_in_words, changes_for_supplier};
use super::send_order::document_for_supplier;
use super::{ActionError, Who, call_off_record, mail_newcomer, send_change};
use crate::actor::RunsAs;
use crate::app::App;
use crate::mail::{Letter, Outcome};
use crate::storage::call_offs::CallOff;
use crate::storage::documents::DocumentRow;
use crate::storage::mails::{self, Begun, End};
use crate::storage::order_mails::{self, OrderMail};
use crate::storage::organisations::Organisation;
use crate::storage::supplier_links::{self, SupplierLink};
use crate::storage::{Tx, audit_log, call_offs, contracts, documents, organisations, supplier_orders};

/// An attempt nobody heard of again counts as lost after so long.
pub(super) const LOST_AFTER: TimeDelta = TimeDelta::minutes(15);

/// Minutes until the next attempt, after the first, the second, ...; after the last one nobody tries again.
pub(super) const PAUSES: [i64; 6] = [1, 5, 15, 60, 4 * 60, 12 * 60];

/// How often the outcome is written down before it is given up; the letter then goes out once more.
const TRIES_TO_NOTE: u32 = 5;

/// Makes the next attempt that is due; `false` if there is none.
pub async fn deliver_next(app: &App) -> Result<bool, ActionError> {
    let Some(mailer) = &app.mailer else { return Ok(false) };
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let Some(mail) = mails::begin_next(&mut tx, now, now + LOST_AFTER).await? else {
        tx.rollback().await?;
        return mail_newcomer::deliver_next(app).await;
    };
    let letter = match (mail.call_off, mail.document) {
        (Some(call_off), Some(document)) if mail.kind == "change" => {
            Some(change_letter(app, &mut tx, &mail, call_off, document, now).await?)
        }
        (Some(call_off), Some(document)) => order_letter(app, &mut tx, &mail, call_off, document, now).await?,
        _ => Some(notice(&mail, now)),
    };
    let Some(letter) = letter else {
        let words = "Die Bestellung wartet nicht mehr auf ihren Versand.";
        mails::end(&mut tx, mail.contract, mail.id, End::Withdrawn, words, now).await?;
        tx.commit().await?;
        return Ok(true);
    };
    tx.commit().await?;
    let outcome = mailer.send(letter).await;
    for _ in 1..TRIES_TO_NOTE {
        match note(app, &mail, &outcome).await {
            Ok(()) => return Ok(true),
            Err(error) => tracing::warn!(%error, "what became of a mail could not be noted yet"),
        }
    }
    note(app, &mail, &outcome).await?;
    Ok(true)
}

fn notice(mail: &Begun, now: DateTime<Utc>) -> Letter {
    Letter {
        to: mail.recipient.clone(),
        reply_to: String::new(),
        subject: mail.subject.clone(),
        text: mail.body.clone(),
        message_id: mail.message_id.clone(),
        at: now,
        pdf: None,
    }
}

/// The order with its frozen document and a link to answer it; `None` where it is not to be sent any more: cancelled
/// meanwhile, or sent by a person before the program got to it.
async fn order_letter(
    app: &App,
    tx: &mut Tx,
    mail: &Begun,
    id: CallOffId,
    document: DocumentId,
    now: DateTime<Utc>,
) -> Result<Option<Letter>, ActionError> {
    let (call_off, _) = call_offs::find(tx, id).await?.ok_or(ActionError::NotFound)?;
    let earlier = order_mails::of_order(tx, &call_off).await?;
    let first = earlier.first().is_some_and(|it| it.id == mail.id);
    let wanted = match call_off.status {
        Status::Released => true,
        // Sent again on purpose.
        Status::Dispatched | Status::Confirmed => !first,
        _ => false,
    };
    let current = document_for_supplier(tx, &call_off).await?.filter(|it| it.id == document);
    let Some(paper) = current.filter(|_| wanted) else { return Ok(None) };
    let (_, bytes) = app.documents.read(documents::find(tx, document).await?.ok_or(ActionError::NotFound)?).await?;
    let contract = contracts::find(tx, call_off.contract).await?.ok_or(ActionError::NotFound)?;
    let (number, customer) = order_of(tx, &call_off).await?;
    let token = BASE64URL_NOPAD.encode(&app.chance.bytes::<32>());
    let link =
        SupplierLink { contract: call_off.contract, call_off: call_off.id, expires_at: link_ends(now), used_at: None };
    supplier_links::insert(tx, &Sha256::digest(token.as_bytes()).into(), &link, mail.id, now).await?;
    let words = OrderLetter {
        number,
        contract: format!("{} {}", contract.number, contract.title),
        customer: customer.name,
        link: format!("{}/lieferung/{token}", app.base_url),
        expires_at: link.expires_at,
        again: earlier.iter().any(OrderMail::was_sent),
        demo: app.demo,
    };
    Ok(Some(Letter {
        to: mail.recipient.clone(),
        reply_to: customer.email,
        subject: words.subject(),
        text: words.text(),
        message_id: mail.message_id.clone(),
        at: now,
        pdf: Some((paper.file_name, bytes)),
    }))
}

/// What changes an order, with its frozen document.
async fn change_letter(
    app: &App,
    tx: &mut Tx,
    mail: &Begun,
    id: CallOffId,
    document: DocumentId,
    now: DateTime<Utc>,
) -> Result<Letter, ActionError> {
    let (call_off, _) = call_offs::find(tx, id).await?.ok_or(ActionError::NotFound)?;
    let paper = change_of(tx, &call_off, document).await?;
    let (_, bytes) = app.documents.read(documents::find(tx, document).await?.ok_or(ActionError::NotFound)?).await?;
    let contract = contracts::find(tx, call_off.contract).await?.ok_or(ActionError::NotFound)?;
    let (number, customer) = order_of(tx, &call_off).await?;
    let earlier = order_mails::of_changes(tx, &call_off).await?;
    let words = ChangeLetter {
        kind: paper.kind.trim_start_matches("supplier_").to_owned(),
        paper: change_in_words(&paper),
        number,
        contract: format!("{} {}", contract.number, contract.title),
        customer: customer.name,
        again: earlier.iter().any(|it| it.document == Some(document) && it.was_sent()),
        demo: app.demo,
    };
    Ok(Letter {
        to: mail.recipient.clone(),
        reply_to: customer.email,
        subject: words.subject(),
        text: words.text(),
        message_id: mail.message_id.clone(),
        at: now,
        pdf: Some((paper.file_name, bytes)),
    })
}

/// The number under which the supplier has the order, and its customer: of a pair the body.
async fn order_of(tx: &mut Tx, call_off: &CallOff) -> Result<(String, Organisation), ActionError> {
    let of_pair = supplier_orders::of_call_off(tx, call_off).await?;
    let customer = if of_pair.is_some() { call_off.body } else { call_off.buyer_of_record };
    let customer = organisations::find(tx, customer).await?.ok_or(ActionError::NotFound)?;
    Ok((of_pair.map(|order| order.number).or_else(|| call_off.number.clone()).unwrap_or_default(), customer))
}

async fn change_of(tx: &mut Tx, call_off: &CallOff, document: DocumentId) -> Result<DocumentRow, ActionError> {
    let changes = changes_for_supplier(tx, call_off).await?;
    changes.into_iter().find(|it| it.id == document).ok_or(ActionError::NotFound)
}

/// Writes down what became of an attempt.
async fn note(app: &App, mail: &Begun, outcome: &Outcome) -> Result<(), ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let pause = usize::try_from(mail.attempts - 1).ok().and_then(|at| PAUSES.get(at));
    match (outcome, pause) {
        (Outcome::Taken(answer), _) => {
            mails::end(&mut tx, mail.contract, mail.id, End::Sent, answer, now).await?;
            if let Some(call_off) = mail.call_off.filter(|_| mail.document.is_some()) {
                note_sent(app, &mut tx, mail, call_off, answer, now).await?;
            }
        }
        (Outcome::Later(answer), Some(minutes)) => {
            mails::postpone(&mut tx, mail.contract, mail.id, answer, now + TimeDelta::minutes(*minutes)).await?;
        }
        (Outcome::Later(answer) | Outcome::Refused(answer), _) => {
            tracing::warn!(mail = %mail.id, attempts = mail.attempts, "a mail was given up");
            mails::end(&mut tx, mail.contract, mail.id, End::Failed, answer, now).await?;
            if let Some(call_off) = mail.call_off.filter(|_| mail.document.is_some()) {
                note_failed(app, &mut tx, mail, call_off, answer, now).await?;
            }
        }
    }
    Ok(tx.commit().await?)
}

/// The mail server took an order or what changes one: it is on its way to the supplier.
async fn note_sent(
    app: &App,
    tx: &mut Tx,
    mail: &Begun,
    id: CallOffId,
    answer: &str,
    now: DateTime<Utc>,
) -> Result<(), ActionError> {
    let (call_off, _) = call_offs::lock(tx, id).await?.ok_or(ActionError::NotFound)?;
    let evidence = json!({ "address": mail.recipient, "message_id": mail.message_id, "answer": answer });
    if let Some(document) = mail.document.filter(|_| mail.kind == "change") {
        let paper = change_of(tx, &call_off, document).await?;
        let reason = format!("{} an {}", change_in_words(&paper), mail.recipient);
        let step = OrderStep {
            decision: "change_sent",
            action: "order_change_sent",
            reason: &reason,
            after: paper.sha256.try_into().ok(),
            detail: evidence,
        };
        return write_as(app, Who::Clock, now, tx, (&call_off, call_off.status), step).await;
    }
    if call_off.status == Status::Released {
        let way = Way { who: Who::Clock, channel: "email", mail: Some(mail.id) };
        dispatch_order::note_dispatch(app, tx, &call_off, way, now, now, evidence).await?;
    } else {
        let record = call_off_record(app, &call_off, "order_mail_taken", Who::Clock, None, Some(evidence), now);
        audit_log::append_to_contract(tx, call_off.contract, &record).await?;
        // It was cancelled while the order was on its way out.
        send_change::put_into_mail(app, tx, &call_off, now).await?;
    }
    Ok(())
}

/// Nobody took the order or its change: a task for whoever ordered and for the office.
async fn note_failed(
    app: &App,
    tx: &mut Tx,
    mail: &Begun,
    id: CallOffId,
    answer: &str,
    now: DateTime<Utc>,
) -> Result<(), ActionError> {
    let (call_off, _) = call_offs::lock(tx, id).await?.ok_or(ActionError::NotFound)?;
    let (mut reason, mut decision, mut action) = (answer.to_owned(), "undeliverable", "order_mail_failed");
    if let Some(document) = mail.document.filter(|_| mail.kind == "change") {
        reason = format!("{}: {answer}", change_in_words(&change_of(tx, &call_off, document).await?));
        (decision, action) = ("change_undeliverable", "order_change_failed");
    }
    let step = OrderStep {
        decision,
        action,
        reason: &reason,
        after: None,
        detail: json!({ "address": mail.recipient, "message_id": mail.message_id, "answer": answer, "attempts": mail.attempts }),
    };
    write_as(app, Who::Clock, now, tx, (&call_off, call_off.status), step).await
}
