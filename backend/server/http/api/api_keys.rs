//! Keys of programs. They are made and revoked by people who have signed in, never by a key.

use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::keep_api_key::{self, Wanted, last_day};
use crate::actor::RunsAs;
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::http::request_id::RequestId;
use crate::http::session::CurrentSession;
use crate::http::told_once::ToldOnce;
use crate::http::visitor::Visitor;
use crate::storage::api_keys;

/// More keys than anybody has.
const MOST: i64 = 200;

/// What a key is wanted for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    /// What for, in words.
    #[schema(min_length = 3, max_length = 80, example = "Export für die Finanzsoftware")]
    name: String,
    /// The assignment it acts for and ends with.
    assignment_id: Uuid,
    /// What it may do: `contracts:read`, `call_offs:read`, `call_offs:draft`, `call_offs:submit`, `fulfilment:write`,
    /// `reports:read`, `archive:read`.
    #[schema(min_items = 1, max_items = 20, example = json!(["call_offs:read"]))]
    scopes: Vec<String>,
    /// Its last day in Berlin, at most a year from now.
    until: NaiveDate,
}

/// A new key, told once.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeApiKey {
    id: Uuid,
    /// Send it as `Authorization: Bearer …`. It is in this answer and nowhere else.
    key: String,
    /// The part by which it is known.
    prefix: String,
    expires_at: DateTime<Utc>,
}

/// A key in the list, without the key itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct ApiKeyView {
    id: Uuid,
    name: String,
    prefix: String,
    assignment_id: Uuid,
    scopes: Vec<String>,
    created_at: DateTime<Utc>,
    until: NaiveDate,
    revoked_at: Option<DateTime<Utc>>,
    /// Requests it was accepted for.
    uses: i64,
    last_used_at: Option<DateTime<Utc>>,
    /// Requests it was refused for, as it had ended or was revoked.
    refusals: i64,
    /// Whether it opens anything now.
    valid: bool,
}

/// The keys of the person, newest first, at most 200.
#[utoipa::path(get, path = "/api/v1/api-keys", tag = "api-keys", responses((status = 200, body = Vec<ApiKeyView>)))]
pub async fn list(
    State(app): State<App>,
    CurrentSession(current): CurrentSession,
) -> Result<Answer<Vec<ApiKeyView>>, Problem> {
    let (now, today) = (app.clock.now(), app.clock.today());
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let rows = api_keys::page(&mut tx, Some(current.session.person), (now, today), MOST, 0).await?;
    let view = |it: api_keys::Listed| ApiKeyView {
        id: it.id,
        name: it.name,
        prefix: it.prefix,
        assignment_id: it.assignment,
        scopes: it.scopes,
        created_at: it.created_at,
        until: last_day(it.expires_at),
        revoked_at: it.revoked_at,
        uses: it.uses,
        last_used_at: it.last_used_at,
        refusals: it.refusals,
        valid: it.revoked_at.is_none() && now < it.expires_at && it.assigned,
    };
    Ok(Answer(rows.into_iter().map(view).collect()))
}

/// Makes a key; it is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/api-keys", tag = "api-keys", request_body = NewApiKey, responses((status = 201, body = MadeApiKey)))]
pub async fn create(
    State(app): State<App>,
    CurrentSession(current): CurrentSession,
    (request, visitor): (RequestId, Visitor),
    Json(new): Json<NewApiKey>,
) -> Result<ToldOnce<(StatusCode, Answer<MadeApiKey>)>, Problem> {
    let wanted = Wanted {
        id: app.chance.id(app.clock.now()),
        name: new.name,
        assignment: Some(new.assignment_id),
        scopes: new.scopes,
        until: Some(new.until),
    };
    let made = keep_api_key::make(&app, &current.session, &wanted, (&visitor.origin, request.0)).await?;
    // The id was drawn a moment ago: nobody has made another key under it.
    let made = made.ok_or_else(Problem::internal)?;
    let told = MadeApiKey { id: made.id, key: made.key, prefix: made.prefix, expires_at: made.expires_at };
    Ok(ToldOnce((StatusCode::CREATED, Answer(told))))
}

/// Revokes one of the person's keys; the next request with it is refused.
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", tag = "api-keys", responses((status = 204)))]
pub async fn revoke(
    State(app): State<App>,
    CurrentSession(current): CurrentSession,
    (request, visitor): (RequestId, Visitor),
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    keep_api_key::revoke_own(&app, &current.session, id, (&visitor.origin, request.0)).await?;
    Ok(StatusCode::NO_CONTENT)
}
