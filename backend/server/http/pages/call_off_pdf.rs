//! The PDFs of a call-off: order, memo, cancellation, draft; of a pair, those of the supplier order too; and the
//! order as data.

use abruf_domain::data_format::DataFormat;
use abruf_domain::ids::CallOffId;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

use crate::actions::issue_document;
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::Path;
use crate::http::pages::draft::{self, Away};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::{call_offs, documents};

/// `GET /abrufe/{id}/bestellung.pdf`
pub async fn order(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    frozen(&app, &actor, CallOffId(id), "order").await
}

/// `GET /abrufe/{id}/vermerk.pdf`
pub async fn memo(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    frozen(&app, &actor, CallOffId(id), "memo").await
}

/// `GET /abrufe/{id}/stornierung.pdf`
pub async fn cancellation(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    frozen(&app, &actor, CallOffId(id), "cancellation").await
}

/// `GET /abrufe/{id}/teilstornierungen/{sequence}`
pub async fn partial_cancellation(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, sequence)): Path<(Uuid, i32)>,
) -> Result<Response, Problem> {
    part(&app, &actor, CallOffId(id), "partial_cancellation", sequence).await
}

/// `GET /abrufe/{id}/terminaenderungen/{sequence}`
pub async fn delivery_change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, sequence)): Path<(Uuid, i32)>,
) -> Result<Response, Problem> {
    changed(&app, &actor, CallOffId(id), "delivery_change", sequence).await
}

/// `GET /abrufe/{id}/lieferantenauftrag/terminaenderungen/{sequence}`
pub async fn supplier_delivery_change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, sequence)): Path<(Uuid, i32)>,
) -> Result<Response, Problem> {
    changed(&app, &actor, CallOffId(id), "supplier_delivery_change", sequence).await
}

async fn changed(app: &App, actor: &Actor, id: CallOffId, kind: &str, sequence: i32) -> Result<Response, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await?;
    issue_document::issue_for(app, id).await?;
    let mut tx = app.db.begin(actor).await?;
    let file = documents::delivery_change(&mut tx, call_off.contract, id, kind, sequence).await?;
    tx.rollback().await?;
    let (name, bytes) = app.documents.read(file.ok_or_else(Problem::not_found)?).await?;
    Ok(pdf(&name, bytes))
}

/// `GET /abrufe/{id}/lieferantenauftrag.pdf`
pub async fn supplier_order(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    frozen(&app, &actor, CallOffId(id), "supplier_order").await
}

/// `GET /abrufe/{id}/lieferantenauftrag/stornierung.pdf`
pub async fn supplier_cancellation(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    frozen(&app, &actor, CallOffId(id), "supplier_cancellation").await
}

/// `GET /abrufe/{id}/lieferantenauftrag/teilstornierungen/{sequence}`
pub async fn supplier_partial_cancellation(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, sequence)): Path<(Uuid, i32)>,
) -> Result<Response, Problem> {
    part(&app, &actor, CallOffId(id), "supplier_partial_cancellation", sequence).await
}

/// `GET /abrufe/{id}/bestellung.order-x.xml`
pub async fn order_data(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    within(&app, &actor, CallOffId(id), "order", DataFormat::OrderX).await
}

/// `GET /abrufe/{id}/bestellung.peppol.xml`
pub async fn order_for_peppol(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    within(&app, &actor, CallOffId(id), "order", DataFormat::Peppol).await
}

/// `GET /abrufe/{id}/lieferantenauftrag.order-x.xml`
pub async fn supplier_order_data(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    within(&app, &actor, CallOffId(id), "supplier_order", DataFormat::OrderX).await
}

/// `GET /abrufe/{id}/lieferantenauftrag.peppol.xml`
pub async fn supplier_order_for_peppol(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    within(&app, &actor, CallOffId(id), "supplier_order", DataFormat::Peppol).await
}

/// The order as data, taken out of its frozen document: what the supplier has is what is downloaded.
async fn within(app: &App, actor: &Actor, id: CallOffId, kind: &str, format: DataFormat) -> Result<Response, Problem> {
    let (name, bytes) = frozen_file(app, actor, id, kind).await?;
    let data = issue_document::as_data(&bytes, format).ok_or_else(Problem::not_found)?;
    Ok(file("application/xml", "attachment", &format.file_name(&name), data))
}

async fn part(app: &App, actor: &Actor, id: CallOffId, kind: &str, sequence: i32) -> Result<Response, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await?;
    issue_document::issue_for(app, id).await?;
    let mut tx = app.db.begin(actor).await?;
    let file = documents::partial_cancellation(&mut tx, call_off.contract, id, kind, sequence).await?;
    tx.rollback().await?;
    let (name, bytes) = app.documents.read(file.ok_or_else(Problem::not_found)?).await?;
    Ok(pdf(&name, bytes))
}

/// `GET /abrufe/{id}/entwurf.pdf`: made on the spot, marked as a draft, kept nowhere.
pub async fn draft(State(app): State<App>, SignedIn(actor): SignedIn, Path(id): Path<Uuid>) -> Result<Response, Away> {
    let preview = draft::own(&app, &actor, CallOffId(id)).await?;
    if !preview.review.gaps.is_empty() || preview.review.priced.lines.iter().any(|line| line.net.is_none()) {
        return Err(Away::To(format!("/abrufe/{id}/pruefung")));
    }
    let document = issue_document::draft_document(&app, &actor, CallOffId(id)).await?;
    Ok(pdf(&document.file_name, document.bytes))
}

/// A frozen document; one that is due but not made yet is made now, somebody waits for it.
async fn frozen(app: &App, actor: &Actor, id: CallOffId, kind: &str) -> Result<Response, Problem> {
    let (name, bytes) = frozen_file(app, actor, id, kind).await?;
    Ok(pdf(&name, bytes))
}

async fn frozen_file(app: &App, actor: &Actor, id: CallOffId, kind: &str) -> Result<(String, Vec<u8>), Problem> {
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await?;
    issue_document::issue_for(app, id).await?;
    let mut tx = app.db.begin(actor).await?;
    let file = documents::file(&mut tx, call_off.contract, id, kind).await?;
    tx.rollback().await?;
    Ok(app.documents.read(file.ok_or_else(Problem::not_found)?).await?)
}

fn pdf(name: &str, bytes: Vec<u8>) -> Response {
    file("application/pdf", "inline", name, bytes)
}

/// Names of ours are ASCII; anything else is left out.
fn file(kind: &str, shown: &str, name: &str, bytes: Vec<u8>) -> Response {
    let name: String = name.chars().filter(|it| it.is_ascii_alphanumeric() || "-_.".contains(*it)).collect();
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CONTENT_DISPOSITION, format!("{shown}; filename=\"{name}\""))];
    (headers, bytes).into_response()
}
