//! Meeting reports: frozen figures for a meeting, and the proposals and decisions attached to it.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use axum::Json as Answer;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::actions::freeze_meeting_report::{Freezing, ToFreeze, freeze, report_of};
use crate::actions::record_resolution;
use crate::app::App;
use crate::http::api::paging;
use crate::http::api::window::{self, Part};
use crate::http::extract::{Path, Query};
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::error::consistent;
use crate::storage::meeting_reports::{self, Listed};
use crate::storage::resolutions::{self, Resolution};

/// A frozen report without its content.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MeetingReport)]
pub struct MeetingReportView {
    /// Also the id of its paper among the certificates.
    id: Uuid,
    /// Without gaps per body and year of the meeting.
    #[schema(example = "SB-2026-01")]
    number: String,
    /// Calendar year it reports on.
    year: i32,
    meeting_on: NaiveDate,
    meeting: String,
    /// State of the data.
    as_of: DateTime<Utc>,
    /// Prüfkennung of the paper.
    check_code: String,
    /// SHA-256 of the paper, hexadecimal.
    sha256: String,
    /// SHA-256 of the frozen list of call-offs (canonical JSON), hexadecimal.
    call_offs_sha256: String,
}

impl From<&Listed> for MeetingReportView {
    fn from(it: &Listed) -> Self {
        Self {
            id: it.id,
            number: it.number.clone(),
            year: it.year,
            meeting_on: it.meeting_on,
            meeting: it.meeting.clone(),
            as_of: it.as_of,
            check_code: it.check_code.clone(),
            sha256: HEXLOWER.encode(&it.sha256),
            call_offs_sha256: HEXLOWER.encode(&it.call_offs_sha256),
        }
    }
}

/// A proposal or decision of a meeting.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Resolution)]
pub struct ResolutionView {
    id: Uuid,
    number: String,
    /// proposal or decision.
    kind: String,
    wording: String,
    dated_on: NaiveDate,
    recorded_at: DateTime<Utc>,
}

impl From<Resolution> for ResolutionView {
    fn from(it: Resolution) -> Self {
        Self {
            id: it.id,
            number: it.number,
            kind: it.kind,
            wording: it.wording,
            dated_on: it.dated_on,
            recorded_at: it.recorded_at,
        }
    }
}

/// A frozen report with everything in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct WholeMeetingReport {
    report: MeetingReportView,
    /// What is printed, as it was frozen: figures, contracts, members, years, signals, restatement, reconciliation.
    #[schema(value_type = Object)]
    content: Value,
    /// The call-offs behind the figures, as they were frozen; amounts as decimal strings.
    #[schema(value_type = Vec<Object>)]
    call_offs: Value,
    /// What is on record for the meeting today.
    resolutions: Vec<ResolutionView>,
}

/// A part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MeetingReportsPage {
    /// Reports to return.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 500)]
    limit: u16,
    /// Reports to skip.
    #[serde(default)]
    #[param(maximum = 10_000_000)]
    offset: u32,
}

const fn fifty() -> u16 {
    50
}

/// A report to be frozen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMeetingReport {
    /// Calendar year it reports on.
    #[schema(example = 2026)]
    year: i32,
    meeting_on: NaiveDate,
    #[schema(example = "Aufsichtsrat, 2. Sitzung")]
    meeting: String,
    /// Must be true: a frozen report cannot be changed.
    confirmed: bool,
}

/// A proposal or decision to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResolution {
    meeting_on: NaiveDate,
    #[schema(example = "3/2027")]
    number: String,
    kind: Kind,
    wording: String,
    dated_on: NaiveDate,
}

/// Before the vote or after it.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[schema(as = ResolutionKind)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Beschlussvorlage.
    Proposal,
    /// Beschluss.
    Decision,
}

/// Its id.
#[derive(Debug, Serialize, ToSchema)]
pub struct ResolutionId {
    id: Uuid,
}

/// The reports of the body, newest meeting first.
#[utoipa::path(
    get, path = "/api/v1/meeting-reports", tag = "meeting-reports", params(MeetingReportsPage),
    responses((status = 200, body = Vec<MeetingReportView>))
)]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    address: Uri,
    Query(asked): Query<MeetingReportsPage>,
) -> Result<Part<Vec<MeetingReportView>>, Problem> {
    paging::check(asked.limit, asked.offset, 10_000_000, "")?;
    let mut tx = app.db.begin(&actor).await?;
    let total = meeting_reports::count(&mut tx).await?;
    let rows = meeting_reports::page(&mut tx, asked.limit.into(), asked.offset.into()).await?;
    let headers = window::of_part(&address, total, asked.limit, asked.offset, rows.len());
    Ok((headers, Answer(rows.iter().map(MeetingReportView::from).collect())))
}

/// A report with its content and the list behind it. The paper is `/api/v1/certificates/{id}`.
#[utoipa::path(
    get, path = "/api/v1/meeting-reports/{id}", tag = "meeting-reports",
    responses((status = 200, body = WholeMeetingReport))
)]
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<WholeMeetingReport>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let listed = meeting_reports::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let call_offs = meeting_reports::call_offs(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let recorded = resolutions::of_meeting(&mut tx, actor.body, listed.meeting_on).await?;
    let content = serde_json::to_value(report_of(id, &listed.input)?);
    Ok(Answer(WholeMeetingReport {
        report: MeetingReportView::from(&listed),
        content: consistent(content, "certificate", "input", id)?,
        call_offs: consistent(serde_json::from_str(&call_offs), "meeting_report", "call_offs", id)?,
        resolutions: recorded.into_iter().map(ResolutionView::from).collect(),
    }))
}

/// Freezes a report. 201: frozen now; 200: it was frozen for this meeting before, and that one counts.
#[utoipa::path(
    post, path = "/api/v1/meeting-reports", tag = "meeting-reports",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewMeetingReport,
    responses((status = 201, body = MeetingReportView), (status = 200, body = MeetingReportView))
)]
pub async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    KeyedJson(key, body): KeyedJson<NewMeetingReport>,
) -> Result<(StatusCode, Answer<MeetingReportView>), Problem> {
    let asked =
        ToFreeze { year: body.year, meeting_on: body.meeting_on, meeting: body.meeting, confirmed: body.confirmed };
    let frozen = freeze(&app, &actor, &asked, key.as_ref()).await?;
    let mut tx = app.db.begin(&actor).await?;
    let listed = meeting_reports::find(&mut tx, frozen.id()).await?.ok_or_else(Problem::not_found)?;
    let status = if matches!(frozen, Freezing::Frozen(_)) { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Answer(MeetingReportView::from(&listed))))
}

/// Records a proposal or decision; it is attached to the report of that meeting and never alters it.
#[utoipa::path(
    post, path = "/api/v1/resolutions", tag = "meeting-reports",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewResolution, responses((status = 201, body = ResolutionId))
)]
pub async fn record(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    KeyedJson(key, body): KeyedJson<NewResolution>,
) -> Result<(StatusCode, Answer<ResolutionId>), Problem> {
    let what = record_resolution::ToRecord {
        meeting_on: body.meeting_on,
        number: body.number,
        kind: match body.kind {
            Kind::Proposal => record_resolution::Kind::Proposal,
            Kind::Decision => record_resolution::Kind::Decision,
        },
        wording: body.wording,
        dated_on: body.dated_on,
    };
    let id = record_resolution::record(&app, &actor, &what, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(ResolutionId { id })))
}
