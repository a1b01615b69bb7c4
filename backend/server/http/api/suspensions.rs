//! Days on which the rights of a member rest: it stays a member and places no call-off.

use abruf_domain::ids::OrganisationId;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::suspend_member::{self, SuspensionInput};
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::member_list;
use crate::storage::membership_suspensions::{self, Suspension};

/// A suspension.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MembershipSuspension)]
pub struct SuspensionView {
    id: Uuid,
    /// First day, included.
    valid_from: NaiveDate,
    /// Last day, included; null while no end is known.
    valid_to: Option<NaiveDate>,
    /// The resolution or the rule of the Satzung.
    reason: String,
    /// When it was lifted before it began: it then counts for no day.
    lifted_at: Option<DateTime<Utc>>,
}

/// A suspension.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSuspension {
    /// First day, included; not before today.
    valid_from: NaiveDate,
    /// Last day, included; null while no end is known.
    #[serde(default)]
    valid_to: Option<NaiveDate>,
    /// The resolution or the rule of the Satzung.
    #[schema(max_length = 500)]
    reason: String,
}

/// The id of a suspension.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuspensionId {
    id: Uuid,
}

/// Nothing has to be said.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuspensionLifting {}

impl From<Suspension> for SuspensionView {
    fn from(it: Suspension) -> Self {
        Self { id: it.id, valid_from: it.valid_from, valid_to: it.valid_to, reason: it.reason, lifted_at: it.lifted_at }
    }
}

/// The suspensions of a member, the newest first.
#[utoipa::path(get, path = "/api/v1/members/{id}/suspensions", tag = "suspensions", responses((status = 200, body = Vec<SuspensionView>)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<Vec<SuspensionView>>, Problem> {
    let member = OrganisationId(id);
    let mut tx = app.db.begin(&actor).await?;
    member_list::visible_name(&mut tx, &actor, member).await?.ok_or_else(Problem::not_found)?;
    let all = membership_suspensions::of_member(&mut tx, actor.body, member).await?;
    Ok(Answer(all.into_iter().map(SuspensionView::from).collect()))
}

/// Lets the rights of a member rest.
#[utoipa::path(
    post, path = "/api/v1/members/{id}/suspensions", tag = "suspensions",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewSuspension, responses((status = 201, body = SuspensionId))
)]
pub async fn suspend(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, body): KeyedJson<NewSuspension>,
) -> Result<(StatusCode, Answer<SuspensionId>), Problem> {
    let input = SuspensionInput { valid_from: body.valid_from, valid_to: body.valid_to, reason: body.reason };
    let id = suspend_member::suspend(&app, &actor, OrganisationId(id), &input, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(SuspensionId { id })))
}

/// Lets the rights of a member revive today.
#[utoipa::path(
    post, path = "/api/v1/members/{id}/suspensions/{suspension}/lifting", tag = "suspensions",
    request_body = SuspensionLifting, responses((status = 204))
)]
pub async fn lift(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, suspension)): Path<(Uuid, Uuid)>,
    Json(SuspensionLifting {}): Json<SuspensionLifting>,
) -> Result<StatusCode, Problem> {
    suspend_member::lift(&app, &actor, OrganisationId(id), suspension).await?;
    Ok(StatusCode::NO_CONTENT)
}
