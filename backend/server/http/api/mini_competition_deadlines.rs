//! Deadlines of mini-competitions: extended while they run, each kept with its reason.

use abruf_domain::ids::MiniCompetitionId;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::extend_competition_deadline;
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::mini_competition_deadlines::Extension;

/// A deadline that was left for a later one.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExtensionView {
    /// The deadline that was left.
    previous_at: DateTime<Utc>,
    /// The one in its place.
    deadline_at: DateTime<Utc>,
    /// Why; all who were asked read it.
    reason: String,
    extended_by: String,
    extended_at: DateTime<Utc>,
}

impl From<Extension> for ExtensionView {
    fn from(it: Extension) -> Self {
        Self {
            previous_at: it.previous_at,
            deadline_at: it.deadline_at,
            reason: it.reason,
            extended_by: it.extended_by_name,
            extended_at: it.extended_at,
        }
    }
}

/// A later deadline.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtensionBody {
    /// The end of the time for offers; later than the one in force.
    deadline_at: DateTime<Utc>,
    /// Why; all who were asked are told.
    #[schema(max_length = 2000)]
    reason: String,
}

/// Leaves all parties more time; while the deadline in force has not passed.
#[utoipa::path(post, path = "/api/v1/mini-competitions/{id}/extensions", tag = "mini-competitions", request_body = ExtensionBody, responses((status = 204)))]
pub async fn extend(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<ExtensionBody>,
) -> Result<StatusCode, Problem> {
    let id = MiniCompetitionId(id);
    extend_competition_deadline::extend(&app, &actor, id, body.deadline_at, &body.reason)
        .await
        .map_err(|error| Problem::from(error.at("extension_reason", "reason")))?;
    Ok(StatusCode::NO_CONTENT)
}
