//! What is decided about a call-off: submission, release, and every way it can end.

use abruf_domain::Review;
use abruf_domain::ids::CallOffId;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::advance_call_off::NextStep;
use crate::actions::approval_turn::Told;
use crate::actions::approve_step::{self, StepApproval};
use crate::actions::refuse_lines::{self, LinesRefused, Refusal};
use crate::actions::release_call_off::{self, Release};
use crate::actions::submit_call_off::{self, Submission};
use crate::actions::{
    advance_call_off, answer_question, cancel_call_off, discard_draft, end_request, justify_finding, return_call_off,
    withhold_prices,
};
use crate::app::App;
use crate::http::api::review::ReviewView;
use crate::http::extract::{Json, Path};
use crate::http::finding_view::{FindingView, gap_errors};
use crate::http::idempotency::KeyedJson;
use crate::http::preconditions::IfMatch;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contracts;

/// No fields: what is decided stands in the address.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A request that waits for release.
#[derive(Debug, Serialize, ToSchema)]
pub struct Submitted {
    id: Uuid,
    /// Vorgangsnummer for the telephone.
    #[schema(example = "V-7K3M9Q2D")]
    case_number: String,
    /// End of the reservation.
    expires_at: DateTime<Utc>,
    review: ReviewView,
}

/// An order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Released {
    id: Uuid,
    /// Gapless per contract.
    #[schema(example = "RV-2025-01-0042")]
    number: String,
    review: ReviewView,
}

/// A step of the approval order that was approved.
#[derive(Debug, Serialize, ToSchema)]
pub struct Approved {
    id: Uuid,
    /// Position of the step in the order, from 1.
    position: i32,
    #[schema(example = "Fachamt")]
    title: String,
    /// Names of those who may decide the next step.
    next: Vec<String>,
}

/// A reason in one's own words.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// At most 2,000 characters.
    #[schema(max_length = 2000)]
    reason: String,
}

/// The next step of an order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// The step that follows; no other can be noted.
    #[schema(value_type = ProgressStep, example = "dispatched")]
    status: String,
    /// The day on which it happened, from the release until today; left out: today.
    #[serde(default)]
    on: Option<NaiveDate>,
    /// How it was sent, with dispatched only: email, post, fax, portal or other.
    #[serde(default)]
    #[schema(example = "post")]
    channel: Option<String>,
}

/// The steps of an order after its release, in their order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProgressStep {
    /// Sent to the supplier.
    Dispatched,
    /// Confirmed as ordered.
    Confirmed,
    /// All that was open arrived.
    Delivered,
    /// Invoiced as ordered.
    Invoiced,
    /// Nothing more to come.
    Closed,
}

/// A justification.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewJustification {
    /// Rule id of the finding.
    #[schema(example = "member-quota")]
    rule: String,
    /// The text.
    #[schema(max_length = 4000)]
    wording: String,
}

/// Hands one's draft over for release and reserves its volume.
///
/// 422 with all findings if it may not; the draft stays. Repeating a request with its
/// `Idempotency-Key` gives the same answer.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/submission", tag = "decisions",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = Nothing, responses((status = 200, body = Submitted))
)]
pub async fn submit(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, _nothing): KeyedJson<Nothing>,
) -> Result<Answer<Submitted>, Problem> {
    let submission = submit_call_off::submit(&app, &actor, CallOffId(id), key.as_ref()).await?;
    let currency = currency(&app, &actor, id).await?;
    match submission {
        Submission::Submitted { id, case_number, expires_at, review } => {
            Ok(Answer(Submitted { id: id.0, case_number, expires_at, review: ReviewView::of(&review, &currency) }))
        }
        Submission::Declined { review, .. } => Err(declined(
            "submission-declined",
            "Der Abruf ist so nicht zulässig. Ihr Entwurf ist gespeichert. Was zu tun ist, steht bei jeder Feststellung.",
            &withhold_prices::readable(&actor, &review),
            &currency,
        )),
        Submission::Incomplete { gaps, .. } => Err(Problem::invalid(gap_errors(&gaps))),
    }
}

/// Releases a request: this makes the order.
///
/// 409 `review-changed` with both reviews if something changed since submission.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/release", tag = "decisions",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = Nothing, responses((status = 200, body = Released))
)]
pub async fn release(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, _nothing): KeyedJson<Nothing>,
) -> Result<Answer<Released>, Problem> {
    let release = release_call_off::release(&app, &actor, CallOffId(id), key.as_ref()).await?;
    let currency = currency(&app, &actor, id).await?;
    match release {
        Release::Released { id, number, review } => {
            Ok(Answer(Released { id: id.0, number, review: ReviewView::of(&review, &currency) }))
        }
        Release::Blocked { review, .. } => Err(declined(
            "release-blocked",
            "Sie können diesen Abruf nicht freigeben. Die Anforderung bleibt liegen, eine andere Person kann sie freigeben.",
            &review,
            &currency,
        )),
        Release::NotTheirTurn { obstacles, .. } => Err(not_your_turn(obstacles)),
        Release::Changed { seen, now, .. } => Err(changed(&seen, &now, &currency)),
        Release::Unjustified { review, rules, .. } => Err(declined(
            "justification-missing",
            "Es fehlen noch Begründungen. Sie liegen bei den genannten Stellen.",
            &review,
            &currency,
        )
        .with("rules", rules)),
        Release::Expired { .. } => Err(expired()),
    }
}

/// Approves the open step of the member's approval order, before the last one.
///
/// 409 `not-your-turn` with every reason if somebody else decides, or the open decision is the release.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/approval", tag = "decisions",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = Nothing, responses((status = 200, body = Approved))
)]
pub async fn approve(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, _nothing): KeyedJson<Nothing>,
) -> Result<Answer<Approved>, Problem> {
    match approve_step::approve(&app, &actor, CallOffId(id), key.as_ref()).await? {
        StepApproval::Approved { id, position, title, next } => {
            Ok(Answer(Approved { id: id.0, position, title, next }))
        }
        StepApproval::NotTheirTurn { obstacles, .. } => Err(not_your_turn(obstacles)),
        StepApproval::Changed { seen, now, .. } => Err(changed(&seen, &now, &currency(&app, &actor, id).await?)),
        StepApproval::Expired { .. } => Err(expired()),
    }
}

fn not_your_turn(obstacles: Vec<Told>) -> Problem {
    let detail: Vec<&str> = obstacles.iter().map(|it| it.message.as_str()).collect();
    Problem::conflict("not-your-turn", "Sie sind nicht an der Reihe", detail.join(" ")).with("obstacles", obstacles)
}

fn changed(seen: &Review, now: &Review, currency: &str) -> Problem {
    Problem::conflict(
        "review-changed",
        "Seit der Anforderung hat sich etwas geändert",
        "Es wurde nichts freigegeben. Geben Sie die Anforderung zurück, damit sie mit dem neuen Stand gestellt werden kann.",
    )
    .with("seen", ReviewView::of(seen, currency))
    .with("now", ReviewView::of(now, currency))
}

fn expired() -> Problem {
    Problem::conflict(
        "expired",
        "Die Anforderung ist verfallen",
        "Die Reservierung ist abgelaufen. Der Abruf kann neu gestellt werden.",
    )
}

/// Refuses a request with a reason; its volume is given back.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/refusal", tag = "decisions", request_body = Reason, responses((status = 204)))]
pub async fn refuse(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(reason): Json<Reason>,
) -> Result<StatusCode, Problem> {
    end_request::refuse(&app, &actor, CallOffId(id), &reason.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Discards one's own draft; it stays in the list as discarded.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/discard", tag = "decisions", request_body = Nothing, responses((status = 204)))]
pub async fn discard(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(_nothing): Json<Nothing>,
) -> Result<StatusCode, Problem> {
    discard_draft::discard(&app, &actor, CallOffId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes one's own request back; its volume is given back.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/withdrawal", tag = "decisions", request_body = Nothing, responses((status = 204)))]
pub async fn withdraw(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(_nothing): Json<Nothing>,
) -> Result<StatusCode, Problem> {
    end_request::withdraw(&app, &actor, CallOffId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gives a request back to its requester; its reservation is kept.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/return", tag = "decisions", request_body = Reason, responses((status = 204)))]
pub async fn give_back(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(reason): Json<Reason>,
) -> Result<StatusCode, Problem> {
    return_call_off::return_to_requester(&app, &actor, CallOffId(id), &reason.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lines to be refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineRefusals {
    /// Version of the call-off whose positions are meant; `If-Match` says it as well.
    #[serde(default)]
    version: Option<i32>,
    /// The lines; not all of them.
    lines: Vec<LineRefusal>,
}

/// A line to be refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LineRefusal {
    /// Its position.
    #[schema(example = 2)]
    position: i32,
    /// Why; the requester reads it.
    #[schema(max_length = 500)]
    reason: String,
}

/// Refuses single lines; the rest is reviewed again and keeps waiting. Answers with that review.
///
/// 422 with all findings if the rest alone would not be lawful; nothing is changed then.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/line-refusals", tag = "decisions", request_body = LineRefusals, responses((status = 200, body = ReviewView)))]
pub async fn refuse_lines(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
    Json(new): Json<LineRefusals>,
) -> Result<Answer<ReviewView>, Problem> {
    let seen = if_match.seen(new.version)?;
    let lines = new.lines.into_iter().map(|it| Refusal { position: it.position, reason: it.reason });
    let lines: Vec<Refusal> = lines.collect();
    let done = refuse_lines::refuse_lines(&app, &actor, CallOffId(id), seen, &lines).await;
    let done = done.map_err(|error| if_match.refusal(error))?;
    let currency = currency(&app, &actor, id).await?;
    match done {
        LinesRefused::Done { review } => Ok(Answer(ReviewView::of(&review, &currency))),
        LinesRefused::Declined { review } => Err(declined(
            "submission-declined",
            "Ohne diese Positionen ist der Rest nicht zulässig. Es wurde nichts geändert.",
            &review,
            &currency,
        )),
        LinesRefused::NotTheirTurn { obstacles } => Err(not_your_turn(obstacles)),
        LinesRefused::Expired => Err(expired()),
    }
}

/// An answer in one's own words.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAnswer {
    /// At most 4,000 characters.
    #[schema(max_length = 4000)]
    answer: String,
}

/// Answers the question one's request came back with; it is submitted again by `submission`.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/answer", tag = "decisions", request_body = NewAnswer, responses((status = 204)))]
pub async fn answer(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewAnswer>,
) -> Result<StatusCode, Problem> {
    answer_question::answer(&app, &actor, CallOffId(id), &new.answer).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Cancels an order with a reason; volume and savings are given back by counter entries.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/cancellation", tag = "decisions", request_body = Reason, responses((status = 204)))]
pub async fn cancel(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(reason): Json<Reason>,
) -> Result<StatusCode, Problem> {
    cancel_call_off::cancel(&app, &actor, CallOffId(id), &reason.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Notes the next step of an order, with the day on which it happened.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/progress", tag = "decisions", request_body = Progress, responses((status = 204)))]
pub async fn advance(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(progress): Json<Progress>,
) -> Result<StatusCode, Problem> {
    let step = NextStep::read("status", &progress.status)?;
    let noted = advance_call_off::Progress { step, on: progress.on, channel: progress.channel.as_deref() };
    advance_call_off::note(&app, &actor, CallOffId(id), &noted).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Justifies a finding; counts only from its addressee.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/justifications", tag = "decisions",
    request_body = NewJustification, responses((status = 204))
)]
pub async fn justify(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewJustification>,
) -> Result<StatusCode, Problem> {
    justify_finding::justify(&app, &actor, CallOffId(id), &new.rule, &new.wording).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn declined(slug: &'static str, detail: &str, review: &Review, currency: &str) -> Problem {
    let findings: Vec<FindingView> =
        review.open_findings().into_iter().map(|finding| FindingView::of(finding, currency)).collect();
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, slug, "Der Abruf ist so nicht zulässig", detail)
        .with("findings", findings)
        .with("review", ReviewView::of(review, currency))
}

async fn currency(app: &App, actor: &crate::actor::Actor, id: Uuid) -> Result<String, Problem> {
    let mut tx = app.db.begin(actor).await?;
    contracts::currency_of(&mut tx, CallOffId(id)).await?.ok_or_else(Problem::not_found)
}
