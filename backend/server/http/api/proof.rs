//! What proves a call-off: its history, its stored reviews, its documents, the audit log.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use abruf_domain::data_format::DataFormat;
use abruf_domain::ids::CallOffId;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::Uri;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::actions::issue_document;
use crate::actor::Actor;
use crate::app::App;
use crate::http::api::paging;
use crate::http::api::window::{self, Part};
use crate::http::extract::{Path, Query};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::audit_log::{self, LogEntry};
use crate::storage::{call_offs, documents, history};

/// A step in the life of a call-off.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Step)]
pub struct StepView {
    /// created, declined, submitted, justified, returned, released, refused …
    decision: String,
    /// Name of the person; absent for the clock.
    person: Option<String>,
    /// Reason given.
    reason: String,
    at: DateTime<Utc>,
    /// Stored review it rests on.
    review_id: Option<Uuid>,
}

/// A frozen document.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Document)]
pub struct DocumentView {
    /// order, memo (the call-off memo), cancellation, or partial_cancellation-1, delivery_change-1 and so on.
    kind: String,
    file_name: String,
    /// Prüfkennung printed on each page.
    check_code: String,
    /// SHA-256 of the file, hexadecimal.
    sha256: String,
    pages: i32,
    /// Formats in which it can be fetched as data: order-x, peppol.
    as_data: Vec<&'static str>,
    created_at: DateTime<Utc>,
}

/// A page of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct LogPage {
    /// Entries to return.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 500)]
    limit: u16,
    /// Entries to skip.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    offset: u32,
}

const fn fifty() -> u16 {
    50
}

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LogEntry)]
pub struct LogEntryView {
    /// Contract, body, or nil for sign-ins.
    chain_id: Uuid,
    /// Position in its chain, from 1 without gap.
    sequence: i64,
    /// What was done.
    action: String,
    at: DateTime<Utc>,
    call_off_id: Option<Uuid>,
    /// The entry as it is hashed: canonical JSON.
    entry: String,
    leaf_hash: String,
    previous_hash: String,
    chain_hash: String,
}

impl From<LogEntry> for LogEntryView {
    fn from(entry: LogEntry) -> Self {
        Self {
            chain_id: entry.chain,
            sequence: entry.sequence,
            action: entry.action,
            at: entry.at,
            call_off_id: entry.call_off,
            entry: entry.canonical,
            leaf_hash: HEXLOWER.encode(&entry.leaf_hash),
            previous_hash: HEXLOWER.encode(&entry.previous_hash),
            chain_hash: HEXLOWER.encode(&entry.chain_hash),
        }
    }
}

/// The whole life of a call-off, oldest first.
#[utoipa::path(get, path = "/api/v1/call-offs/{id}/history", tag = "proof", responses((status = 200, body = Vec<StepView>)))]
pub async fn steps(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<Vec<StepView>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, CallOffId(id)).await?.ok_or_else(Problem::not_found)?;
    let steps = history::timeline(&mut tx, call_off.contract, call_off.id).await?;
    Ok(Answer(
        steps
            .into_iter()
            .map(|step| StepView {
                decision: step.decision,
                person: step.person,
                reason: step.reason,
                at: step.at,
                review_id: step.review,
            })
            .collect(),
    ))
}

/// The documents of a call-off.
#[utoipa::path(get, path = "/api/v1/call-offs/{id}/documents", tag = "proof", responses((status = 200, body = Vec<DocumentView>)))]
pub async fn documents(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<Vec<DocumentView>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, CallOffId(id)).await?.ok_or_else(Problem::not_found)?;
    let rows = documents::of_call_off(&mut tx, call_off.contract, call_off.id).await?;
    Ok(Answer(
        rows.into_iter()
            .map(|row| DocumentView {
                kind: row.key(),
                file_name: row.file_name,
                check_code: row.check_code,
                sha256: HEXLOWER.encode(&row.sha256),
                pages: row.pages,
                as_data: row.as_data.iter().map(|format| format.key()).collect(),
                created_at: row.created_at,
            })
            .collect(),
    ))
}

/// A document as PDF; `kind` is order, memo, cancellation, or partial_cancellation-1, delivery_change-1 and so on; with
/// `supplier_` before it, of the supplier order of a pair.
#[utoipa::path(
    get, path = "/api/v1/call-offs/{id}/documents/{kind}", tag = "proof",
    responses((status = 200, content_type = "application/pdf", body = Vec<u8>))
)]
pub async fn document(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, kind)): Path<(Uuid, String)>,
) -> Result<impl IntoResponse, Problem> {
    let (name, bytes) = frozen(&app, &actor, CallOffId(id), &kind).await?;
    let disposition = format!("attachment; filename=\"{name}\"");
    Ok(([(CONTENT_TYPE, "application/pdf".to_owned()), (CONTENT_DISPOSITION, disposition)], bytes))
}

/// A document as data for programs, as it lies in its PDF: `kind` as there; `format` is order-x or peppol (Peppol BIS
/// Order only 3, where both electronic addresses were known). 404 for a format the document does not have.
#[utoipa::path(
    get, path = "/api/v1/call-offs/{id}/documents/{kind}/{format}", tag = "proof",
    responses((status = 200, content_type = "application/xml", body = Vec<u8>))
)]
pub async fn document_as_data(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, kind, format)): Path<(Uuid, String, String)>,
) -> Result<impl IntoResponse, Problem> {
    let format = DataFormat::of_key(&format).ok_or_else(Problem::not_found)?;
    let (name, bytes) = frozen(&app, &actor, CallOffId(id), &kind).await?;
    let data = issue_document::as_data(&bytes, format).ok_or_else(Problem::not_found)?;
    let disposition = format!("attachment; filename=\"{}\"", format.file_name(&name));
    Ok(([(CONTENT_TYPE, "application/xml".to_owned()), (CONTENT_DISPOSITION, disposition)], data))
}

/// File name and bytes of a document; one that is due but not made yet is made now, somebody waits for it.
async fn frozen(app: &App, actor: &Actor, id: CallOffId, kind: &str) -> Result<(String, Vec<u8>), Problem> {
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await?;
    issue_document::issue_for(app, call_off.id).await?;
    let mut tx = app.db.begin(actor).await?;
    let part = kind.rsplit_once('-').and_then(|(kind, sequence)| Some((kind, sequence.parse().ok()?)));
    let file = match part {
        Some((kind @ ("delivery_change" | "supplier_delivery_change"), sequence)) => {
            documents::delivery_change(&mut tx, call_off.contract, call_off.id, kind, sequence).await?
        }
        Some((kind, sequence)) => {
            documents::partial_cancellation(&mut tx, call_off.contract, call_off.id, kind, sequence).await?
        }
        None => documents::file(&mut tx, call_off.contract, call_off.id, kind).await?,
    };
    tx.rollback().await?;
    Ok(app.documents.read(file.ok_or_else(Problem::not_found)?).await?)
}

/// The audit log as far as one may see it, newest first.
#[utoipa::path(get, path = "/api/v1/audit-log", tag = "proof", params(LogPage), responses((status = 200, body = Vec<LogEntryView>)))]
pub async fn log(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    address: Uri,
    Query(page): Query<LogPage>,
) -> Result<Part<Vec<LogEntryView>>, Problem> {
    paging::check(page.limit, page.offset, 10_000_000, "")?;
    let mut tx = app.db.begin(&actor).await?;
    let entries = audit_log::page(&mut tx, None, page.limit.into(), page.offset.into()).await?;
    let total = audit_log::count(&mut tx).await?;
    let headers = window::of_part(&address, total, page.limit, page.offset, entries.len());
    Ok((headers, Answer(entries.into_iter().map(LogEntryView::from).collect())))
}
