//! Marks of auditors on the savings of a call-off.

use abruf_domain::ids::CallOffId;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::mark_audited;
use crate::app::App;
use crate::http::extract::Path;
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::call_offs;
use crate::storage::savings_marks::{self, Mark, Verdict};

/// What an auditor says about the savings of a call-off.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = SavingsVerdict)]
pub enum AskedVerdict {
    /// What is realised counts as audited.
    Checked,
    /// Nothing counts as audited.
    Objected,
}

impl From<AskedVerdict> for Verdict {
    fn from(asked: AskedVerdict) -> Self {
        match asked {
            AskedVerdict::Checked => Self::Checked,
            AskedVerdict::Objected => Self::Objected,
        }
    }
}

/// A mark to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSavingsMark {
    verdict: AskedVerdict,
    /// The objection, or a note.
    #[serde(default)]
    #[schema(max_length = 2000)]
    wording: String,
}

/// A mark; the last one decides.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SavingsMark)]
pub struct MarkView {
    id: Uuid,
    /// checked or objected.
    verdict: &'static str,
    wording: String,
    at: DateTime<Utc>,
}

/// The id of a mark.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavingsMarkId {
    id: Uuid,
}

impl From<Mark> for MarkView {
    fn from(mark: Mark) -> Self {
        Self { id: mark.id, verdict: mark.verdict.key(), wording: mark.wording, at: mark.at }
    }
}

/// The marks on the savings of a call-off, oldest first.
#[utoipa::path(get, path = "/api/v1/call-offs/{id}/savings-marks", tag = "proof", responses((status = 200, body = Vec<MarkView>)))]
pub async fn marks(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<Vec<MarkView>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, CallOffId(id)).await?.ok_or_else(Problem::not_found)?;
    let marks = savings_marks::of_call_off(&mut tx, call_off.contract, call_off.id).await?;
    Ok(Answer(marks.into_iter().map(MarkView::from).collect()))
}

/// Marks the savings of a call-off in scope as checked, or objects to them.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/savings-marks", tag = "proof",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewSavingsMark, responses((status = 201, body = SavingsMarkId))
)]
pub async fn mark(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, body): KeyedJson<NewSavingsMark>,
) -> Result<(StatusCode, Answer<SavingsMarkId>), Problem> {
    let (verdict, wording) = (Verdict::from(body.verdict), body.wording.as_str());
    let id = mark_audited::mark(&app, &actor, CallOffId(id), verdict, wording, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(SavingsMarkId { id })))
}
