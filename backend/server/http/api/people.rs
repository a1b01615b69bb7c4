//! People of the house and what they may do, for the administration; and what happened at the door.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use abruf_domain::ids::{AssignmentId, PersonId};
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::actions::assign_role::{self, NewPost};
use crate::actions::invite_person::{self, Invited, NewPerson, Way};
use crate::app::App;
use crate::http::api::paging;
use crate::http::extract::{Json, Path, Query};
use crate::http::idempotency::KeyedJson;
use crate::http::problem::{FieldError, Problem};
use crate::http::session::SignedIn;
use crate::http::told_once::ToldOnce;
use crate::http::visitor::Visitor;
use crate::storage::accounts;
use crate::storage::sign_in_events::{self, Filter};

/// Furthest row that can be asked for.
const FURTHEST: u32 = 100_000;

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Most rows.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: u16,
    /// Rows to leave out.
    #[serde(default)]
    #[param(minimum = 0, maximum = 100000, default = 0)]
    offset: u32,
}

const fn hundred() -> u16 {
    100
}

/// Something to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAssignment {
    /// One of the eight roles.
    #[schema(example = "approver", max_length = 40)]
    role: String,
    /// For whom: a member, the body, an audit body.
    organisation_id: Uuid,
    /// First day; none: today.
    #[serde(default)]
    from: Option<NaiveDate>,
    /// Last day; none: until further notice. Auditors have one.
    #[serde(default)]
    to: Option<NaiveDate>,
    /// Approvers: largest gross value they may release.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "50000.00")]
    release_limit_gross: Option<Decimal>,
    /// Auditors: first day of the call-offs in scope.
    #[serde(default)]
    scope_from: Option<NaiveDate>,
    /// Auditors: last day.
    #[serde(default)]
    scope_to: Option<NaiveDate>,
    /// Auditors: members in scope; none: all.
    #[serde(default)]
    #[schema(max_items = 1000)]
    members: Vec<Uuid>,
}

impl From<NewAssignment> for NewPost {
    fn from(new: NewAssignment) -> Self {
        Self {
            role: new.role,
            organisation: new.organisation_id,
            from: new.from,
            to: new.to,
            limit: new.release_limit_gross,
            scope: new.scope_from.zip(new.scope_to),
            members: new.members,
        }
    }
}

/// A person to be invited.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitedPerson {
    /// Name as shown and printed.
    #[schema(max_length = 200)]
    name: String,
    /// Mail address, which is the sign-in name.
    #[schema(max_length = 254)]
    email: String,
    /// What they may do.
    assignment: NewAssignment,
}

/// How a person gets in.
#[derive(Debug, Serialize, ToSchema)]
pub struct InvitedPerson {
    id: Uuid,
    /// `link`, `letter`, `known` (has an account) or `before` (the same request was answered before).
    way: &'static str,
    /// Address to open, shown once, where no mail goes out.
    url: Option<String>,
    /// When it opens nothing any more.
    expires_at: Option<DateTime<Utc>>,
}

fn invited(person: PersonId, way: Way) -> InvitedPerson {
    let (way, link) = match way {
        Way::Link(link) => ("link", Some(link)),
        Way::Letter => ("letter", None),
        Way::Known => ("known", None),
        Way::Before => ("before", None),
    };
    let expires_at = link.as_ref().map(|it| it.expires_at);
    InvitedPerson { id: person.0, way, url: link.map(|it| it.url), expires_at }
}

/// A person of the house.
#[derive(Debug, Serialize, ToSchema)]
pub struct PersonOfHouse {
    id: Uuid,
    name: String,
    email: String,
    /// Whether a password is set.
    active: bool,
    /// Role keys of today.
    roles: Vec<String>,
}

/// The people of the house.
#[derive(Debug, Serialize, ToSchema)]
pub struct PeopleOfHouse {
    total: i64,
    people: Vec<PersonOfHouse>,
}

/// The people of the house, by name.
#[utoipa::path(get, path = "/api/v1/people", tag = "people", params(Part), responses((status = 200, body = PeopleOfHouse)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Query(part): Query<Part>,
) -> Result<Answer<PeopleOfHouse>, Problem> {
    paging::check(part.limit, part.offset, FURTHEST, "")?;
    let mut tx = app.db.begin(&actor).await?;
    let total = accounts::count(&mut tx, actor.body).await?;
    let (limit, offset) = (part.limit.into(), part.offset.into());
    let rows = accounts::list(&mut tx, actor.body, app.clock.today(), limit, offset).await?;
    let view = |it: accounts::Listed| PersonOfHouse {
        id: it.person.0,
        name: it.name,
        email: it.email,
        active: it.active,
        roles: it.roles,
    };
    Ok(Answer(PeopleOfHouse { total, people: rows.into_iter().map(view).collect() }))
}

/// Invites a person; where no mail goes out the link is in the answer, and nowhere else.
#[utoipa::path(post, path = "/api/v1/people", tag = "people", request_body = NewInvitedPerson, responses((status = 201, body = InvitedPerson)))]
pub async fn invite(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    visitor: Visitor,
    KeyedJson(key, new): KeyedJson<NewInvitedPerson>,
) -> Result<ToldOnce<(StatusCode, Answer<InvitedPerson>)>, Problem> {
    let new = NewPerson { name: new.name, email: new.email, post: new.assignment.into() };
    let Invited { person, way } = invite_person::invite(&app, &actor, &new, &visitor.origin, key.as_ref()).await?;
    Ok(ToldOnce((StatusCode::CREATED, Answer(invited(person, way)))))
}

/// Another link for a person; the one before opens nothing any more.
#[utoipa::path(post, path = "/api/v1/people/{id}/link", tag = "people", responses((status = 201, body = InvitedPerson)))]
pub async fn renew(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    visitor: Visitor,
    Path(id): Path<Uuid>,
) -> Result<ToldOnce<(StatusCode, Answer<InvitedPerson>)>, Problem> {
    let way = invite_person::renew(&app, &actor, PersonId(id), &visitor.origin).await?;
    Ok(ToldOnce((StatusCode::CREATED, Answer(invited(PersonId(id), way)))))
}

/// Ends every session of a person at once.
#[utoipa::path(delete, path = "/api/v1/people/{id}/sessions", tag = "people", responses((status = 204)))]
pub async fn sign_out(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    visitor: Visitor,
    Path(id): Path<Uuid>,
) -> Result<StatusCode, Problem> {
    invite_person::sign_out_everywhere(&app, &actor, PersonId(id), &visitor.origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An assignment that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeAssignment {
    id: Uuid,
}

/// Gives a person of the house something more to do.
#[utoipa::path(post, path = "/api/v1/people/{id}/assignments", tag = "people", request_body = NewAssignment, responses((status = 201, body = MadeAssignment)))]
pub async fn assign(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    visitor: Visitor,
    Path(id): Path<Uuid>,
    KeyedJson(key, new): KeyedJson<NewAssignment>,
) -> Result<(StatusCode, Answer<MadeAssignment>), Problem> {
    let post = NewPost::from(new);
    let made = assign_role::assign(&app, &actor, PersonId(id), &post, &visitor.origin, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(MadeAssignment { id: made.0 })))
}

/// When an assignment ends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EndOfAssignment {
    /// Last day; none: at once.
    #[serde(default)]
    to: Option<NaiveDate>,
}

/// Ends an assignment with a day, or at once.
#[utoipa::path(post, path = "/api/v1/people/{id}/assignments/{assignment}/end", tag = "people", request_body = EndOfAssignment, responses((status = 204)))]
pub async fn end(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    visitor: Visitor,
    Path((id, assignment)): Path<(Uuid, Uuid)>,
    Json(end): Json<EndOfAssignment>,
) -> Result<StatusCode, Problem> {
    assign_role::end(&app, &actor, PersonId(id), AssignmentId(assignment), end.to, &visitor.origin).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct WhichEvents {
    /// Of this kind, such as `sign_in_failed`.
    #[serde(default)]
    #[param(max_length = 40)]
    kind: String,
    /// First day, in Berlin.
    #[serde(default)]
    from: Option<NaiveDate>,
    /// Last day.
    #[serde(default)]
    to: Option<NaiveDate>,
    /// Most rows.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 500, default = 100)]
    limit: u16,
    /// Rows to leave out.
    #[serde(default)]
    #[param(minimum = 0, maximum = 100000, default = 0)]
    offset: u32,
}

/// What happened at the door.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInEvent {
    at: DateTime<Utc>,
    #[schema(example = "sign_in_failed")]
    kind: String,
    /// Whose account; none: of nobody.
    person_id: Option<Uuid>,
    person_name: Option<String>,
    /// Who did it to them.
    by: Option<String>,
    /// Shortened address.
    network: String,
    client: String,
}

/// A part of them.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInEvents {
    total: i64,
    events: Vec<SignInEvent>,
}

/// What happened at the door of the house, newest first.
#[utoipa::path(get, path = "/api/v1/sign-ins", tag = "sign-ins", params(WhichEvents), responses((status = 200, body = SignInEvents)))]
pub async fn sign_ins(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Query(which): Query<WhichEvents>,
) -> Result<Answer<SignInEvents>, Problem> {
    paging::check(which.limit, which.offset, FURTHEST, "")?;
    if 40 < which.kind.chars().count() {
        return Err(Problem::invalid(vec![FieldError::new("kind", "kind hat mehr als 40 Zeichen.")]));
    }
    let kinds: Vec<String> = (!which.kind.is_empty()).then(|| which.kind.clone()).into_iter().collect();
    let filter = Filter { person: None, kinds: &kinds, words: "", from: which.from, to: which.to };
    let mut tx = app.db.begin(&actor).await?;
    let total = sign_in_events::count(&mut tx, filter).await?;
    let rows = sign_in_events::page(&mut tx, filter, which.limit.into(), which.offset.into()).await?;
    let view = |it: sign_in_events::Listed| SignInEvent {
        at: it.at,
        kind: it.kind,
        person_id: it.person,
        person_name: it.name,
        by: it.by,
        network: it.network,
        client: it.client,
    };
    Ok(Answer(SignInEvents { total, events: rows.into_iter().map(view).collect() }))
}
