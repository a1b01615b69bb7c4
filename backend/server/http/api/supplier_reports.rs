//! Suppliers' reports of their turnover beside the ledger, and the differences as tasks.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::reconcile_turnover;
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::supplier_reports::{self, Report, ShownLine, Which};

/// Most reports of the list.
const MOST: i64 = 500;
/// Most places of a comparison.
const MOST_PLACES: i64 = 10_000;

/// A report beside the ledger; both sums are those of its places.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupplierReportSummary {
    id: Uuid,
    contract_id: Uuid,
    contract_number: String,
    supplier: String,
    /// First month, as its first day.
    period_from: NaiveDate,
    /// Last month, as its first day.
    period_to: NaiveDate,
    /// orders or invoices.
    basis: String,
    currency: String,
    file_name: String,
    reported: String,
    known: String,
    /// `reported` less `known`.
    difference: String,
    /// Differences nobody has closed.
    open: i64,
    compared_at: DateTime<Utc>,
}

/// A report with its places.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupplierReportView {
    #[serde(flatten)]
    report: SupplierReportSummary,
    /// Differences first; at most 10,000.
    places: Vec<ReportPlace>,
}

/// What both sides say about an order, or about a member and month.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportPlace {
    id: Uuid,
    report_id: Uuid,
    /// matched, amount_differs, missing_at_supplier, missing_with_us or not_assignable.
    #[schema(example = "amount_differs")]
    outcome: String,
    member: Option<String>,
    month: Option<NaiveDate>,
    order_number: Option<String>,
    reported: String,
    known: String,
    /// Lines of the file.
    rows: Vec<i32>,
    /// Why a line cannot be assigned; empty otherwise.
    note: String,
    /// How the difference ended; absent while it is open.
    closed_with: Option<String>,
    closed_at: Option<DateTime<Utc>>,
}

/// How a difference ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DifferenceClosing {
    /// What it was and what was done.
    #[schema(max_length = 2000)]
    reason: String,
}

/// The reports of the body, newest first; at most 500.
#[utoipa::path(get, path = "/api/v1/supplier-reports", tag = "turnover", operation_id = "list_supplier_reports", responses((status = 200, body = Vec<SupplierReportSummary>)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
) -> Result<Answer<Vec<SupplierReportSummary>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let rows = supplier_reports::reports(&mut tx, None, MOST, 0).await?;
    Ok(Answer(rows.into_iter().map(summary).collect()))
}

/// One of them with its places.
#[utoipa::path(get, path = "/api/v1/supplier-reports/{id}", tag = "turnover", operation_id = "show_supplier_report", responses((status = 200, body = SupplierReportView)))]
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<SupplierReportView>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let it = supplier_reports::reports(&mut tx, Some(id), 1, 0).await?.pop().ok_or_else(Problem::not_found)?;
    let places = supplier_reports::lines(&mut tx, Which::OfReport(id), MOST_PLACES, 0).await?;
    Ok(Answer(SupplierReportView { report: summary(it), places: places.into_iter().map(place).collect() }))
}

/// The differences nobody has closed, of all reports; at most 500.
#[utoipa::path(get, path = "/api/v1/turnover-differences", tag = "turnover", operation_id = "list_differences", responses((status = 200, body = Vec<ReportPlace>)))]
pub async fn open_differences(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
) -> Result<Answer<Vec<ReportPlace>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let places = supplier_reports::lines(&mut tx, Which::Open, MOST, 0).await?;
    Ok(Answer(places.into_iter().map(place).collect()))
}

/// Closes a difference with what it was and what was done; once.
#[utoipa::path(post, path = "/api/v1/turnover-differences/{id}/close", tag = "turnover", operation_id = "close_difference", request_body = DifferenceClosing, responses((status = 204)))]
pub async fn close(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(closing): Json<DifferenceClosing>,
) -> Result<StatusCode, Problem> {
    reconcile_turnover::close(&app, &actor, id, &closing.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn summary(it: Report) -> SupplierReportSummary {
    SupplierReportSummary {
        id: it.id,
        contract_id: it.contract_id,
        contract_number: it.contract_number,
        supplier: it.supplier,
        period_from: it.period_from,
        period_to: it.period_to,
        basis: it.basis,
        currency: it.currency,
        file_name: it.file_name,
        reported: it.reported.normalize().to_string(),
        known: it.known.normalize().to_string(),
        difference: (it.reported - it.known).normalize().to_string(),
        open: it.open,
        compared_at: it.at,
    }
}

fn place(it: ShownLine) -> ReportPlace {
    ReportPlace {
        id: it.id,
        report_id: it.report_id,
        outcome: it.outcome,
        member: it.member,
        month: it.month,
        order_number: it.order_number,
        reported: it.reported.normalize().to_string(),
        known: it.known.normalize().to_string(),
        rows: it.source_rows,
        note: it.note,
        closed_with: it.reason,
        closed_at: it.closed_at,
    }
}
