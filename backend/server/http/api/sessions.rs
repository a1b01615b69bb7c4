//! Sessions of API clients.

use abruf_domain::ids::AssignmentId;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::end_sessions;
use crate::actions::sign_in::{self, Attempt, Due, Outcome};
use crate::actor::RunsAs;
use crate::http::extract::{Json, Path};
use crate::http::pages::sign_in::{pause, refusal};
use crate::http::problem::{FieldError, Problem};
use crate::http::rate::ClientAddress;
use crate::http::request_id::RequestId;
use crate::http::server::Server;
use crate::http::session::CurrentSession;
use crate::http::told_once::ToldOnce;
use crate::http::visitor::Visitor;
use crate::storage::people::{self, Acting};
use crate::storage::sessions::{self, Session};

/// More sessions than anybody has.
const MOST: i64 = 100;

/// Credentials.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSession {
    /// Sign-in name.
    #[schema(example = "eva.muster@altenrode.example")]
    email: String,
    /// Password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// Code of the second factor, or a recovery code; needed by accounts that have one.
    #[serde(default)]
    #[schema(max_length = 40, example = "123456")]
    code: Option<String>,
    /// The assignment to act for; needed by people with several.
    #[serde(default)]
    assignment_id: Option<Uuid>,
}

/// What a renewal may change.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Renewal {
    /// Act for this assignment from now on.
    #[serde(default)]
    assignment_id: Option<Uuid>,
}

/// A token and its end.
#[derive(Debug, Serialize, ToSchema)]
pub struct IssuedToken {
    /// Send it as `Authorization: Bearer …`.
    token: String,
    /// Renew it before with `PUT /api/v1/sessions/current`.
    expires_at: DateTime<Utc>,
    /// Whom the session acts for.
    acting_for: Option<AssignmentView>,
}

/// Whom a person may act for.
#[derive(Debug, Serialize, ToSchema)]
pub struct AssignmentView {
    /// Assignment.
    id: Uuid,
    /// One of the eight roles.
    #[schema(example = "buyer")]
    role: &'static str,
    /// Organisation acted for.
    organisation_id: Uuid,
    /// Its name.
    organisation_name: String,
    /// Purchasing body.
    body_id: Uuid,
}

/// The session of the token.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionView {
    /// Name of the person.
    person_name: String,
    /// Whom the session acts for.
    acting_for: Option<AssignmentView>,
    /// Whom it could act for.
    assignments: Vec<AssignmentView>,
}

impl From<&Acting> for AssignmentView {
    fn from(acting: &Acting) -> Self {
        Self {
            id: acting.actor.assignment.0,
            role: acting.actor.role.key(),
            organisation_id: acting.actor.organisation.0,
            organisation_name: acting.organisation_name.clone(),
            body_id: acting.actor.body.0,
        }
    }
}

/// Signs in.
///
/// The token is good for ten minutes; its session for an hour without renewal, twelve hours in all.
#[utoipa::path(
    post, path = "/api/v1/sessions", tag = "sessions", security(()),
    request_body = NewSession,
    responses((status = 201, body = IssuedToken))
)]
pub async fn create(
    State(server): State<Server>,
    (client, visitor): (ClientAddress, Visitor),
    request: RequestId,
    Json(new): Json<NewSession>,
) -> Result<ToldOnce<(StatusCode, Answer<IssuedToken>)>, Problem> {
    server.security.limit.check(client)?;
    let attempt = Attempt {
        email: &new.email,
        password: new.password,
        code: new.code.as_deref(),
        may_wait: false,
        place: visitor.place(&server, &new.email),
        origin: &visitor.origin,
        request: request.0,
    };
    let outcome = sign_in::sign_in(&server.app, &server.security.door, attempt).await?;
    let mut session = match outcome {
        Outcome::Welcome(session) => session,
        Outcome::Lacks(Due::Enrolment, _) => return Err(Problem::factor_missing()),
        Outcome::Lacks(..) => return Err(Problem::code_missing()),
        Outcome::Refused { left } => {
            return Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "sign-in-refused",
                "Anmeldung abgelehnt",
                refusal(left),
            ));
        }
        Outcome::Paused { until } => {
            let wait = (until - server.app.clock.now()).num_seconds();
            return Err(Problem::new(
                StatusCode::TOO_MANY_REQUESTS,
                "sign-in-paused",
                "Zu viele Fehlversuche",
                pause(until),
            )
            .retry_after(wait));
        }
    };
    if let Some(assignment) = new.assignment_id {
        act_for(&server, &session, assignment, &visitor, request).await?;
        session.assignment = Some(AssignmentId(assignment));
    }
    Ok(ToldOnce((StatusCode::CREATED, Answer(issue(&server, &session).await?))))
}

/// Who one is.
#[utoipa::path(get, path = "/api/v1/sessions/current", tag = "sessions", responses((status = 200, body = SessionView)))]
pub async fn show(
    State(server): State<Server>,
    CurrentSession(current): CurrentSession,
) -> Result<Answer<SessionView>, Problem> {
    let mut tx = server.app.db.begin(RunsAs::SignIn).await?;
    let when = (server.app.clock.now(), server.app.clock.today());
    let assignments = people::assignments(&mut tx, current.session.person, when).await?;
    Ok(Answer(SessionView {
        person_name: current.session.person_name.clone(),
        acting_for: current.acting.as_ref().map(AssignmentView::from),
        assignments: assignments.iter().map(AssignmentView::from).collect(),
    }))
}

/// Renews the token and, if asked to, acts for another assignment.
#[utoipa::path(
    put, path = "/api/v1/sessions/current", tag = "sessions",
    request_body = Renewal,
    responses((status = 200, body = IssuedToken))
)]
pub async fn renew(
    State(server): State<Server>,
    CurrentSession(current): CurrentSession,
    (request, visitor): (RequestId, Visitor),
    Json(renewal): Json<Renewal>,
) -> Result<Answer<IssuedToken>, Problem> {
    let mut session = current.session.clone();
    if let Some(assignment) = renewal.assignment_id {
        act_for(&server, &session, assignment, &visitor, request).await?;
        session.assignment = Some(AssignmentId(assignment));
    }
    Ok(Answer(issue(&server, &session).await?))
}

/// Signs out: the session and all its tokens end at once.
#[utoipa::path(delete, path = "/api/v1/sessions/current", tag = "sessions", responses((status = 204)))]
pub async fn delete(
    State(server): State<Server>,
    CurrentSession(current): CurrentSession,
    (request, visitor): (RequestId, Visitor),
) -> Result<StatusCode, Problem> {
    sign_in::sign_out(&server.app, &current.session, &visitor.origin, request.0).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A living session of the person.
#[derive(Debug, Serialize, ToSchema)]
pub struct LivingSession {
    id: Uuid,
    created_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    /// Shortened address of the client.
    network: String,
    /// Browser and system in words.
    client: String,
    /// Whether this request is made in it.
    current: bool,
}

/// The sessions of the person that live, newest first, at most 100.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "sessions", responses((status = 200, body = Vec<LivingSession>)))]
pub async fn list(
    State(server): State<Server>,
    CurrentSession(current): CurrentSession,
) -> Result<Answer<Vec<LivingSession>>, Problem> {
    let mut tx = server.app.db.begin(RunsAs::SignIn).await?;
    let rows = sessions::of_person(&mut tx, current.session.person, server.app.clock.now(), MOST).await?;
    let view = |it: sessions::Listed| LivingSession {
        current: it.id == current.session.id,
        id: it.id,
        created_at: it.created_at,
        last_seen_at: it.last_seen_at,
        expires_at: it.expires_at,
        network: it.network,
        client: it.client,
    };
    Ok(Answer(rows.into_iter().map(view).collect()))
}

/// Ends another session of the person at once.
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "sessions", operation_id = "end", responses((status = 204)))]
pub async fn end(
    State(server): State<Server>,
    CurrentSession(current): CurrentSession,
    (request, visitor): (RequestId, Visitor),
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    if end_sessions::end_one(&server.app, &current.session, id, (&visitor.origin, request.0)).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Problem::not_found())
    }
}

async fn act_for(
    server: &Server,
    session: &Session,
    assignment: Uuid,
    visitor: &Visitor,
    request: RequestId,
) -> Result<(), Problem> {
    if sign_in::act_for(&server.app, session, AssignmentId(assignment), &visitor.origin, request.0).await? {
        return Ok(());
    }
    let message = "Diese Aufgabe gibt es heute nicht für Sie.";
    Err(Problem::invalid(vec![FieldError::new("assignment_id", message)]))
}

async fn issue(server: &Server, session: &Session) -> Result<IssuedToken, Problem> {
    let now = server.app.clock.now();
    let mut tx = server.app.db.begin(RunsAs::SignIn).await?;
    sessions::renew(&mut tx, session.id, now, sign_in::end_if_used_now(session, now)).await?;
    let acting = match session.assignment {
        Some(assignment) => {
            people::acting(&mut tx, session.person, assignment, (now, server.app.clock.today())).await?
        }
        None => None,
    };
    tx.commit().await?;
    let (token, expires_at) = server.security.tokens.sign(session.person, session.id, now)?;
    Ok(IssuedToken { token, expires_at, acting_for: acting.as_ref().map(AssignmentView::from) })
}
