//! Make a document after its event has been committed, and freeze it. Rendering never holds a guard
//! row: the data are read, the PDF is made outside, and only then the document and its log entry are
//! written.

use abruf_documents::Document;
use abruf_domain::call_off::Status;
use abruf_domain::cancellation::given_back;
use abruf_domain::facts::CheckPoint;
use abruf_domain::ids::{CallOffId, DocumentId};

use super::order_data::{CancellationEvent, cancelled_order, printed, released};
use super::rest_of_order::priced_after;
use super::{ActionError, Who, call_off_record};
use crate::actor::{Actor, RunsAs};
use crate::app::App;
use crate::storage::call_offs::{self, CallOff};
use crate::storage::documents::{self, NewDocument};
use crate::storage::outbox::{self, Work};
use crate::storage::{Tx, assignments, audit_log, history, partial_cancellations};

/// A Prüfkennung as people type it, in the form it is stored in; `None` if it cannot be one.
#[must_use]
pub fn check_code(typed: &str) -> Option<String> {
    typed.parse::<abruf_documents::CheckCode>().ok().map(|code| code.as_str().to_owned())
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
    let mut tx = app.db.begin(actor).await?;
    let printed = printed(&mut tx, &preview.call_off, &preview.facts, &preview.review.priced).await?;
    tx.rollback().await?;
    let stage = abruf_documents::Stage::Draft { as_of: app.clock.now() };
    let data = printed.order(app, &preview.call_off, stage);
    let templates = app.templates.clone();
    off_the_runtime(move || abruf_documents::order(&data, &templates)).await
}

async fn issue(app: &App, mut tx: Tx, work: &Work) -> Result<(), ActionError> {
    let (call_off, _) = call_offs::find(&mut tx, work.call_off).await?.ok_or(ActionError::NotFound)?;
    match render(app, &mut tx, work, &call_off).await {
        Ok((kind, document)) => freeze(app, tx, work, &call_off, kind, &document).await,
        Err(error) => {
            outbox::failed(&mut tx, work.id, &error.to_string(), app.clock.now()).await?;
            tx.commit().await?;
            Err(error)
        }
    }
}

async fn render(
    app: &App,
    tx: &mut Tx,
    work: &Work,
    call_off: &CallOff,
) -> Result<(&'static str, Document), ActionError> {
    let (facts, review) = history::latest_judgement(tx, work.contract, work.call_off, CheckPoint::Release.key())
        .await?
        .ok_or(ActionError::NotFound)?;
    let (Some(number), Some(released_at), Some(releaser)) = (&call_off.number, call_off.released_at, call_off.releaser)
    else {
        return Err(ActionError::WrongState(call_off.status));
    };
    let templates = app.templates.clone();
    if work.kind == "issue_order" {
        let printed = printed(tx, call_off, &facts, &review.priced).await?;
        let releaser = assignments::person_name(tx, releaser).await?.unwrap_or_default();
        let data = printed.order(app, call_off, released(number, releaser, released_at));
        return Ok(("order", off_the_runtime(move || abruf_documents::order(&data, &templates)).await?));
    }
    let order = documents::of_call_off(tx, work.contract, work.call_off)
        .await?
        .into_iter()
        .find(|document| document.kind == "order")
        .ok_or(ActionError::NotFound)?;
    let order = cancelled_order(number, released_at, &order.check_code)?;
    let cancellations = partial_cancellations::of_call_off(tx, call_off).await?;
    let rule = partial_cancellations::price_of_rest(tx, work.contract).await?;
    let after = |count: usize| priced_after(&facts, &review.priced, &cancellations[..count], rule, work.contract);
    if work.kind == "issue_partial_cancellation" {
        let count = cancellations.iter().position(|it| Some(it.id) == work.event).ok_or(ActionError::NotFound)?;
        let it = &cancellations[count];
        let back = given_back(&after(count)?, &after(count + 1)?);
        let printed = printed(tx, call_off, &facts, &back).await?;
        let signature = abruf_documents::data::Signature { name: it.person.clone(), at: it.at };
        let event = CancellationEvent { sequence: it.sequence, complete: false, reason: it.reason.clone() };
        let data = printed.cancellation(app, call_off, order, event, signature);
        let document = off_the_runtime(move || abruf_documents::cancellation(&data, &templates)).await?;
        return Ok(("partial_cancellation", document));
    }
    // What was cancelled in parts before is not given back again.
    let printed = printed(tx, call_off, &facts, &after(cancellations.len())?).await?;
    let step = history::last_step(tx, work.contract, work.call_off, Status::Cancelled.key())
        .await?
        .ok_or(ActionError::NotFound)?;
    let cancelled = abruf_documents::data::Signature { name: step.person.clone().unwrap_or_default(), at: step.at };
    let sequence = i32::try_from(cancellations.len()).unwrap_or(i32::MAX).saturating_add(1);
    let event = CancellationEvent { sequence, complete: true, reason: step.reason };
    let data = printed.cancellation(app, call_off, order, event, cancelled);
    Ok(("cancellation", off_the_runtime(move || abruf_documents::cancellation(&data, &templates)).await?))
}

async fn freeze(
    app: &App,
    mut tx: Tx,
    work: &Work,
    call_off: &CallOff,
    kind: &'static str,
    document: &Document,
) -> Result<(), ActionError> {
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
        pages: document.pages,
        bytes: &document.bytes,
        at: now,
    };
    documents::insert(&mut tx, &new).await?;
    outbox::done(&mut tx, work.id, now).await?;
    let record = call_off_record(app, call_off, "document_issued", Who::Clock, Some(document.sha256), None, now);
    audit_log::append_to_contract(&mut tx, work.contract, &record).await?;
    Ok(tx.commit().await?)
}

/// Renders on a thread for blocking work: a PDF of 400 lines must not hold up other requests.
async fn off_the_runtime(
    make: impl FnOnce() -> Result<Document, abruf_documents::DocumentError> + Send + 'static,
) -> Result<Document, ActionError> {
    let made = tokio::task::spawn_blocking(make).await;
    Ok(made.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?)
}
