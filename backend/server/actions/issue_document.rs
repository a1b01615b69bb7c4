//! Make a document after its event has been committed, and freeze it. Rendering never holds a guard
//! row: the data are read, the PDF is made outside, and only then the document and its log entry are
//! written.

use std::sync::Arc;

use abruf_documents::{Document, Rest, Templates};
use abruf_domain::Facts;
use abruf_domain::call_off::Status;
use abruf_domain::data_format::DataFormat;
use abruf_domain::facts::CheckPoint;
use abruf_domain::ids::{CallOffId, DocumentId, PersonId};
use abruf_domain::period::berlin_date;
use abruf_domain::pricing::PricedCallOff;
use abruf_domain::supply_chain::{Side, on_the_supplier_side, price_of_the_supplier};
use chrono::{DateTime, Utc};

use super::delivery_change_data::accepted_change;
use super::load_templates::templates_of;
use super::memo_data::memo_data;
use super::order_data::{
    CancellationEvent, cancelled_order, printed, printed_lines, printed_surcharge, printed_totals, released,
};
use super::rest_of_order::{priced_after, taken_by_the_last};
use super::{ActionError, Who, call_off_record, send_change, send_order};
use crate::actor::{Actor, RunsAs};
use crate::app::App;
use crate::storage::call_offs::{self, CallOff};
use crate::storage::documents::{self, NewDocument};
use crate::storage::outbox::{self, Work};
use crate::storage::{Tx, assignments, audit_log, history, partial_cancellations, supplier_orders};

/// A Prüfkennung as people type it, in the form it is stored in; `None` if it cannot be one.
#[must_use]
pub fn check_code(typed: &str) -> Option<String> {
    typed.parse::<abruf_documents::CheckCode>().ok().map(|code| code.as_str().to_owned())
}

/// The order, or what changes it, as the data that lie in its frozen document; `None` in documents that hold none.
#[must_use]
pub fn as_data(document: &[u8], format: DataFormat) -> Option<Vec<u8>> {
    abruf_documents::embedded(document, format)
}

/// Does the next due piece of work; `false` if there is none.
pub async fn issue_next(app: &App) -> Result<bool, ActionError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let Some(work) = outbox::take(&mut tx, app.clock.now()).await? else {
        tx.rollback().await?;
        return Ok(false);
    };
    issue(app, tx, &work).await?;
    Ok(true)
}

/// Does the open work of one call-off now: somebody waits for its document.
pub async fn issue_for(app: &App, id: CallOffId) -> Result<(), ActionError> {
    loop {
        let mut tx = app.db.begin(RunsAs::Job).await?;
        let Some(work) = outbox::take_for(&mut tx, id).await?.into_iter().next() else {
            return Ok(tx.rollback().await?);
        };
        issue(app, tx, &work).await?;
    }
}

/// A PDF of the call-off as it stands, marked as a draft; nothing is stored.
pub async fn draft_document(app: &App, actor: &Actor, id: CallOffId) -> Result<Document, ActionError> {
    let preview = super::draft_call_off::preview(app, actor, id).await?;
    if preview.prices_withheld {
        return Err(ActionError::Refused(
            "Ihr Mitglied ist für diesen Vertrag heute nicht abrufberechtigt. Ein Entwurf mit Preisen lässt sich deshalb nicht drucken. \
             Der Grund steht in der Prüfung des Abrufs.",
        ));
    }
    let mut tx = app.db.begin(actor).await?;
    let side = preview.facts.contract.supply_chain.side_of_the_member();
    let printed = printed(&mut tx, &preview.call_off, &preview.facts, &preview.review.priced, side).await?;
    let templates = templates_of(app, &mut tx, preview.call_off.body, preview.call_off.member).await?;
    tx.rollback().await?;
    let stage = abruf_documents::Stage::Draft { as_of: app.clock.now() };
    let data = printed.order(app, &preview.call_off, stage);
    off_the_runtime(move || abruf_documents::order(&data, &templates)).await
}

async fn issue(app: &App, mut tx: Tx, work: &Work) -> Result<(), ActionError> {
    let (call_off, _) = call_offs::find(&mut tx, work.call_off).await?.ok_or(ActionError::NotFound)?;
    match make(app, &mut tx, work, &call_off).await {
        Ok(made) => freeze(app, tx, work, &call_off, &made).await,
        Err(error) => {
            outbox::failed(&mut tx, work.id, &error.to_string(), app.clock.now()).await?;
            tx.commit().await?;
            Err(error)
        }
    }
}

/// A document whose row is still to be written.
struct Made {
    kind: &'static str,
    document: Document,
    templates: Arc<Templates>,
    /// Whether its file is to lie in its row; else it lies in the store already.
    in_row: bool,
}

/// Renders, and keeps the file before its row is written: a crash in between leaves a file nobody asks for.
async fn make(app: &App, tx: &mut Tx, work: &Work, call_off: &CallOff) -> Result<Made, ActionError> {
    let templates = templates_of(app, tx, call_off.body, call_off.member).await?;
    let (kind, document) = render(app, tx, work, call_off, templates.clone()).await?;
    let in_row = app.documents.put(&document.sha256, &document.bytes).await?.is_some();
    Ok(Made { kind, document, templates, in_row })
}

/// What a kind of work prints: which order of a call-off, and what happened to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Order,
    Cancellation,
    PartialCancellation,
    DeliveryChange,
    Memo,
}

/// Reads the kind of work; the side is that of the supplier order or the member's.
fn event(kind: &str) -> (bool, Event) {
    match kind {
        "issue_order" => (false, Event::Order),
        "issue_memo" => (false, Event::Memo),
        "issue_delivery_change" => (false, Event::DeliveryChange),
        "issue_partial_cancellation" => (false, Event::PartialCancellation),
        "issue_supplier_delivery_change" => (true, Event::DeliveryChange),
        "issue_supplier_order" => (true, Event::Order),
        "issue_supplier_partial_cancellation" => (true, Event::PartialCancellation),
        "issue_supplier_cancellation" => (true, Event::Cancellation),
        _ => (false, Event::Cancellation),
    }
}

/// The kind under which a document is kept.
const fn kept_as(of_supplier: bool, event: Event) -> &'static str {
    match (of_supplier, event) {
        (_, Event::Memo) => "memo",
        (false, Event::Order) => "order",
        (false, Event::Cancellation) => "cancellation",
        (false, Event::PartialCancellation) => "partial_cancellation",
        (false, Event::DeliveryChange) => "delivery_change",
        (true, Event::DeliveryChange) => "supplier_delivery_change",
        (true, Event::Order) => "supplier_order",
        (true, Event::Cancellation) => "supplier_cancellation",
        (true, Event::PartialCancellation) => "supplier_partial_cancellation",
    }
}

/// An order that was released, on its side of the chain: what its documents have in common.
struct Released {
    side: Side,
    facts: Facts,
    priced: PricedCallOff,
    number: String,
    by: PersonId,
    at: DateTime<Utc>,
    /// Partial cancellations before it was ordered: it never held them.
    parts_before: usize,
}

async fn of_side(tx: &mut Tx, work: &Work, call_off: &CallOff, of_supplier: bool) -> Result<Released, ActionError> {
    let (facts, review) = history::latest_judgement(tx, work.contract, work.call_off, CheckPoint::Release.key())
        .await?
        .ok_or(ActionError::NotFound)?;
    let (Some(number), Some(at), Some(by)) = (&call_off.number, call_off.released_at, call_off.releaser) else {
        return Err(ActionError::WrongState(call_off.status));
    };
    if !of_supplier {
        let side = facts.contract.supply_chain.side_of_the_member();
        let (number, priced) = (number.clone(), review.priced);
        return Ok(Released { side, facts, priced, number, by, at, parts_before: 0 });
    }
    let order = supplier_orders::of_call_off(tx, call_off).await?.ok_or(ActionError::NotFound)?;
    let (Some(by), Some(at)) = (order.decided_by, order.decided_at) else {
        return Err(ActionError::WrongState(call_off.status));
    };
    let (priced, parts_before) = (price_of_the_supplier(&facts), usize::try_from(order.parts_before).unwrap_or(0));
    let facts = on_the_supplier_side(&facts);
    Ok(Released { side: Side::Supplier, facts, priced, number: order.number, by, at, parts_before })
}

async fn render(
    app: &App,
    tx: &mut Tx,
    work: &Work,
    call_off: &CallOff,
    templates: Arc<Templates>,
) -> Result<(&'static str, Document), ActionError> {
    let (of_supplier, event) = event(&work.kind);
    let kind = kept_as(of_supplier, event);
    let Released { side, facts, priced, number, by, at, parts_before } =
        of_side(tx, work, call_off, of_supplier).await?;
    let cancellations = partial_cancellations::of_call_off(tx, call_off).await?;
    let rule = partial_cancellations::price_of_rest(tx, work.contract).await?;
    let after = |count: usize| priced_after(&facts, &priced, &cancellations[..count], rule, work.contract);
    if event == Event::Order {
        let printed = printed(tx, call_off, &facts, &after(parts_before)?, side).await?;
        let releaser = assignments::person_name(tx, by).await?.unwrap_or_default();
        let data = printed.order(app, call_off, released(&number, releaser, at));
        return Ok((kind, off_the_runtime(move || abruf_documents::order(&data, &templates)).await?));
    }
    let made = documents::of_call_off(tx, work.contract, work.call_off).await?;
    let order = made
        .iter()
        .find(|document| document.kind == kept_as(of_supplier, Event::Order))
        .cloned()
        .ok_or(ActionError::NotFound)?;
    if event == Event::DeliveryChange {
        let change = accepted_change(tx, call_off, work.event).await?.ok_or(ActionError::NotFound)?;
        let before = cancellations.iter().filter(|it| it.at <= change.accepted.at).count();
        let printed = printed(tx, call_off, &facts, &after(before)?, side).await?;
        let data = change.data(app, call_off, printed, (&number, berlin_date(at)), (&made, kind), &order)?;
        return Ok((kind, off_the_runtime(move || abruf_documents::delivery_change(&data, &templates)).await?));
    }
    if event == Event::Memo {
        let releaser = assignments::person_name(tx, by).await?.unwrap_or_default();
        let signature = abruf_documents::data::Signature { name: releaser, at };
        let data = memo_data(app, tx, call_off, &facts, &priced, signature, &order).await?;
        return Ok((kind, off_the_runtime(move || abruf_documents::memo(&data, &templates)).await?));
    }
    let order = cancelled_order(&number, at, &order.check_code)?;
    if event == Event::PartialCancellation {
        let count = cancellations.iter().position(|it| Some(it.id) == work.event).ok_or(ActionError::NotFound)?;
        let it = &cancellations[count];
        let taken = taken_by_the_last(&facts, &priced, &cancellations[..=count], rule, work.contract)?;
        let printed = printed(tx, call_off, &facts, &taken.back, side).await?;
        let rest = Rest {
            lines: printed_lines(&facts, &taken.rest),
            surcharge: printed_surcharge(&facts, &taken.rest),
            totals: printed_totals(&facts, &taken.rest),
            priced_anew_from: taken.priced_anew_from,
        };
        let signature = abruf_documents::data::Signature { name: it.person.clone(), at: it.at };
        let event = CancellationEvent { sequence: it.sequence, rest: Some(rest), reason: it.reason.clone() };
        let data = printed.cancellation(app, call_off, order, event, signature);
        return Ok((kind, off_the_runtime(move || abruf_documents::cancellation(&data, &templates)).await?));
    }
    // What was cancelled in parts before is not given back again.
    let printed = printed(tx, call_off, &facts, &after(cancellations.len())?, side).await?;
    let step = history::last_step(tx, work.contract, work.call_off, Status::Cancelled.key())
        .await?
        .ok_or(ActionError::NotFound)?;
    let cancelled = abruf_documents::data::Signature { name: step.person.clone().unwrap_or_default(), at: step.at };
    let sequence = i32::try_from(cancellations.len()).unwrap_or(i32::MAX).saturating_add(1);
    let event = CancellationEvent { sequence, rest: None, reason: step.reason };
    let data = printed.cancellation(app, call_off, order, event, cancelled);
    Ok((kind, off_the_runtime(move || abruf_documents::cancellation(&data, &templates)).await?))
}

async fn freeze(app: &App, mut tx: Tx, work: &Work, call_off: &CallOff, made: &Made) -> Result<(), ActionError> {
    let Made { kind, document, templates, in_row } = made;
    let now = app.clock.now();
    let new = NewDocument {
        id: DocumentId(app.chance.id(now)),
        contract: work.contract,
        call_off: work.call_off,
        kind,
        event: work.event,
        file_name: &document.file_name,
        check_code: document.check_code.as_str(),
        sha256: &document.sha256,
        template_version: &document.template_version,
        input: &document.input,
        pages: document.pages,
        bytes: in_row.then_some(&document.bytes[..]),
        byte_count: document.bytes.len(),
        attachments: &document.attachments,
        at: now,
    };
    documents::insert(&mut tx, &new).await?;
    let template = abruf_documents::reproduce::template_of(&document.input)?;
    let (texts, assets) = (templates.texts(&template), templates.asset_hashes());
    documents::keep_template(&mut tx, &document.template_version, &texts, assets).await?;
    outbox::done(&mut tx, work.id, now).await?;
    // The memo names the hash of the order, so it comes after it; in one transaction, so that none is forgotten.
    if *kind == kept_as(false, Event::Order) {
        outbox::push(&mut tx, app.chance.id(now), "issue_memo", call_off, now).await?;
    }
    match event(&work.kind).1 {
        Event::Memo => {}
        Event::Order => send_order::put_into_mail(app, &mut tx, call_off, now).await?,
        Event::Cancellation | Event::PartialCancellation | Event::DeliveryChange => {
            // The order may be on its way out at this moment.
            let (held, _) = call_offs::lock(&mut tx, work.call_off).await?.ok_or(ActionError::NotFound)?;
            send_change::put_into_mail(app, &mut tx, &held, now).await?;
        }
    }
    let record = call_off_record(app, call_off, "document_issued", Who::Clock, Some(document.sha256), None, now);
    audit_log::append_to_contract(&mut tx, work.contract, &record).await?;
    Ok(tx.commit().await?)
}

/// Renders on a thread for blocking work: a PDF of 400 lines must not hold up other requests.
pub(super) async fn off_the_runtime<T: Send + 'static>(
    make: impl FnOnce() -> Result<T, abruf_documents::DocumentError> + Send + 'static,
) -> Result<T, ActionError> {
    let made = tokio::task::spawn_blocking(make).await;
    Ok(made.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?)
}
