//! Orders on their way: sent, received, confirmed, delivered, complained about, closed short.

use abruf_domain::Finding;
use abruf_domain::ids::CallOffId;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::confirm_order::{self, ConfirmationInput};
use crate::actions::file_complaint::{self, ComplaintInput};
use crate::actions::note_delivery::{self, DeliveryInput};
use crate::actions::rest_of_order::PartInput;
use crate::actions::{close_short, dispatch_order};
use crate::actor::Actor;
use crate::app::App;
use crate::http::api::partial_cancellations::{LineQuantity, PartlyCancelled};
use crate::http::extract::{Json, Path};
use crate::http::finding_view::FindingView;
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::{call_offs, complaints, confirmations, contracts, deliveries, dispatches, order_lines};

/// That an order was sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDispatch {
    /// Left out: now.
    #[serde(default)]
    sent_on: Option<NaiveDate>,
    /// email, post, fax, portal or other.
    #[schema(example = "email")]
    channel: String,
}

/// That the supplier received an order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReceipt {
    /// Not before it was sent.
    received_on: NaiveDate,
}

/// What the rules of dispatch found.
#[derive(Debug, Serialize, ToSchema)]
pub struct DispatchFindings {
    findings: Vec<FindingView>,
}

/// What the supplier confirmed; whatever is left out is as ordered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConfirmation {
    confirmed_on: NaiveDate,
    /// Number the supplier gave it.
    #[serde(default)]
    #[schema(max_length = 100)]
    reference: String,
    /// Delivery date, where it differs.
    #[serde(default)]
    delivery_on: Option<NaiveDate>,
    /// Quantities that differ; 0 where the supplier will not deliver.
    #[serde(default)]
    lines: Vec<LineQuantity>,
    /// What else differs, such as the price. The ordered price stays.
    #[serde(default)]
    #[schema(max_length = 2000)]
    note: String,
}

/// What the buyer says to a confirmation that differs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConfirmationAnswer {
    /// Accepted, else objected to.
    accepted: bool,
    /// Required for an objection.
    #[serde(default)]
    #[schema(max_length = 2000)]
    reason: String,
}

/// A delivery.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDelivery {
    delivered_on: NaiveDate,
    /// Number of the delivery note.
    #[serde(default)]
    #[schema(max_length = 100)]
    note_number: String,
    /// What arrived; never more than is open.
    lines: Vec<LineQuantity>,
}

/// A complaint about a delivery.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComplaint {
    /// Position of the line.
    position: i32,
    /// How much of it; more than ordered where too much arrived.
    #[schema(example = "2")]
    quantity: String,
    /// What is wrong.
    #[schema(max_length = 2000)]
    wording: String,
    /// When the supplier was told.
    complained_on: NaiveDate,
}

/// How a complaint ended.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResolution {
    complaint_id: Uuid,
    #[schema(max_length = 2000)]
    wording: String,
}

/// Why the rest is closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewShortClose {
    /// What will not come; absent: everything that is open.
    #[serde(default)]
    lines: Option<Vec<LineQuantity>>,
    /// Printed for the supplier.
    #[schema(max_length = 2000)]
    reason: String,
}

/// Something that was noted.
#[derive(Debug, Serialize, ToSchema)]
pub struct Noted {
    id: Uuid,
}

/// How far an order is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Fulfilment {
    /// State of the order.
    status: String,
    lines: Vec<LineStand>,
    /// When it was sent.
    sent_at: Option<DateTime<Utc>>,
    /// When the supplier received it.
    received_at: Option<DateTime<Utc>>,
    /// What the rules found about both.
    findings: Vec<FindingView>,
    /// Latest confirmation, in words; empty where it is as ordered.
    difference: Option<String>,
    /// Whether the difference waits for the buyer's answer.
    difference_open: bool,
    deliveries: i64,
    open_complaints: i64,
}

/// How far a line is.
#[derive(Debug, Serialize, ToSchema)]
struct LineStand {
    position: i32,
    article_number: String,
    /// Ordered and not taken back.
    quantity: String,
    /// Taken back.
    cancelled: String,
    delivered: String,
    /// Still to be delivered.
    open: String,
}

/// How far an order is: lines, dispatch, confirmation, deliveries, complaints.
#[utoipa::path(get, path = "/api/v1/call-offs/{id}/fulfilment", tag = "orders", responses((status = 200, body = Fulfilment)))]
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<Fulfilment>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, CallOffId(id)).await?.ok_or_else(Problem::not_found)?;
    let currency = contracts::currency_of(&mut tx, call_off.id).await?.unwrap_or_default();
    let lines = order_lines::of_call_off(&mut tx, &call_off).await?;
    let sent = dispatches::of_call_off(&mut tx, &call_off).await?;
    let confirmations = confirmations::of_call_off(&mut tx, &call_off).await?;
    let deliveries = deliveries::of_call_off(&mut tx, &call_off).await?;
    let complaints = complaints::of_call_off(&mut tx, &call_off).await?;
    let instant = |received: bool| sent.iter().find(|it| it.received == received).map(|it| it.happened_at);
    let count = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let latest = confirmations.last();
    Ok(Answer(Fulfilment {
        status: call_off.status.key().to_owned(),
        sent_at: instant(false),
        received_at: instant(true),
        findings: sent.iter().flat_map(|it| &it.findings).map(|finding| FindingView::of(finding, &currency)).collect(),
        difference: latest.map(confirm_order::in_words),
        difference_open: latest.is_some_and(|it| it.differs && it.answer.is_none()),
        deliveries: count(deliveries.len()),
        open_complaints: count(complaints.iter().filter(|it| it.resolution.is_none()).count()),
        lines: lines
            .into_iter()
            .map(|line| LineStand {
                position: line.position,
                quantity: line.quantity.to_string(),
                cancelled: line.cancelled.to_string(),
                delivered: line.delivered.to_string(),
                open: line.open().to_string(),
                article_number: line.article_number,
            })
            .collect(),
    }))
}

/// Notes that an order was sent; asks whether that was in time.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/dispatch", tag = "orders", request_body = NewDispatch, responses((status = 200, body = DispatchFindings)))]
pub async fn dispatch(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewDispatch>,
) -> Result<Answer<DispatchFindings>, Problem> {
    let findings = dispatch_order::dispatch(&app, &actor, CallOffId(id), new.sent_on, &new.channel).await?;
    in_words(&app, &actor, id, &findings).await
}

/// Notes when the supplier received an order; asks whether that was in time.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/receipt", tag = "orders", request_body = NewReceipt, responses((status = 200, body = DispatchFindings)))]
pub async fn receive(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewReceipt>,
) -> Result<Answer<DispatchFindings>, Problem> {
    let findings = dispatch_order::note_receipt(&app, &actor, CallOffId(id), new.received_on).await?;
    in_words(&app, &actor, id, &findings).await
}

async fn in_words(
    app: &App,
    actor: &Actor,
    id: Uuid,
    findings: &[Finding],
) -> Result<Answer<DispatchFindings>, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let currency = contracts::currency_of(&mut tx, CallOffId(id)).await?.unwrap_or_default();
    Ok(Answer(DispatchFindings { findings: findings.iter().map(|it| FindingView::of(it, &currency)).collect() }))
}

/// Notes what the supplier confirmed. A difference changes nothing of the order by itself.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/confirmations", tag = "orders",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewConfirmation, responses((status = 200, body = Noted))
)]
pub async fn confirm(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, new): KeyedJson<NewConfirmation>,
) -> Result<Answer<Noted>, Problem> {
    let input = ConfirmationInput {
        confirmed_on: new.confirmed_on,
        reference: new.reference,
        delivery_on: new.delivery_on,
        quantities: new.lines.into_iter().map(Into::into).collect(),
        note: new.note,
    };
    let id = confirm_order::confirm(&app, &actor, CallOffId(id), &input, key.as_ref()).await?;
    Ok(Answer(Noted { id }))
}

/// Accepts the difference of the latest confirmation, or objects to it.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/confirmation-answer", tag = "orders", request_body = NewConfirmationAnswer, responses((status = 204)))]
pub async fn answer(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewConfirmationAnswer>,
) -> Result<StatusCode, Problem> {
    confirm_order::answer(&app, &actor, CallOffId(id), new.accepted, &new.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Notes a delivery. 422 with the numbers for more than is open; that is a complaint.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/deliveries", tag = "orders",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewDelivery, responses((status = 200, body = Noted))
)]
pub async fn deliver(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, new): KeyedJson<NewDelivery>,
) -> Result<Answer<Noted>, Problem> {
    let input = DeliveryInput {
        delivered_on: new.delivered_on,
        note_number: new.note_number,
        quantities: new.lines.into_iter().map(Into::into).collect(),
    };
    let id = note_delivery::deliver(&app, &actor, CallOffId(id), &input, key.as_ref()).await?;
    Ok(Answer(Noted { id }))
}

/// Complains about a delivery; frees no volume.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/complaints", tag = "orders",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewComplaint, responses((status = 200, body = Noted))
)]
pub async fn complain(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, new): KeyedJson<NewComplaint>,
) -> Result<Answer<Noted>, Problem> {
    let input = ComplaintInput {
        position: new.position,
        quantity: new.quantity,
        wording: new.wording,
        complained_on: new.complained_on,
    };
    let id = file_complaint::complain(&app, &actor, CallOffId(id), &input, key.as_ref()).await?;
    Ok(Answer(Noted { id }))
}

/// Notes how a complaint ended.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/complaint-resolutions", tag = "orders", request_body = NewResolution, responses((status = 204)))]
pub async fn resolve(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewResolution>,
) -> Result<StatusCode, Problem> {
    file_complaint::resolve(&app, &actor, CallOffId(id), new.complaint_id, &new.wording).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Closes the undelivered rest of an order; its volume returns like that of a partial cancellation.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/short-close", tag = "orders",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewShortClose, responses((status = 200, body = PartlyCancelled))
)]
pub async fn close(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, new): KeyedJson<NewShortClose>,
) -> Result<Answer<PartlyCancelled>, Problem> {
    let parts: Option<Vec<PartInput>> = new.lines.map(|lines| lines.into_iter().map(PartInput::from).collect());
    let done =
        close_short::close_short(&app, &actor, CallOffId(id), parts.as_deref(), &new.reason, key.as_ref()).await?;
    Ok(Answer(done.into()))
}
