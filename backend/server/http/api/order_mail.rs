//! Orders and what changes them by mail: sent again, reported as undeliverable by people and by mail gateways, told
//! another way, and where they go.

use abruf_domain::ids::{CallOffId, ContractId, OrganisationId};
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::{report_bounce, send_change, send_order, set_order_address};
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;

/// Where an order is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMail {
    /// Mail address of the supplier.
    #[schema(max_length = 254, example = "bestellung@anhalt-digital.example")]
    address: String,
    /// What is sent: absent, the order; else what changes it, as `kind` of its documents names it.
    #[serde(default)]
    #[schema(example = "partial_cancellation-1")]
    document: Option<String>,
}

/// How a supplier was told of a change whose mail failed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTold {
    /// The change, as `kind` of the order's documents names it.
    #[schema(example = "cancellation")]
    document: String,
    /// When and how.
    #[schema(max_length = 500, example = "Am 12.05.2027 telefonisch, Frau Lang")]
    how: String,
}

/// That an order came back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBounce {
    /// What came back, such as the words of the mail server.
    #[schema(max_length = 1000, example = "550 5.1.1 Postfach unbekannt")]
    reason: String,
}

/// That a message came back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessageBounce {
    /// Message-ID of the mail that came back, with or without angle brackets.
    message_id: String,
    /// What came back, such as the words of the mail server.
    #[schema(max_length = 1000, example = "550 5.1.1 Postfach unbekannt")]
    reason: String,
}

/// The order that came back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Bounced {
    call_off_id: Uuid,
}

/// Where a supplier's orders from a contract go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAddress {
    supplier_id: Uuid,
    /// Empty: to the supplier's central address.
    #[schema(max_length = 254, example = "bestellung@anhalt-digital.example")]
    address: String,
}

/// Sends an order by mail again: the same document under the same number; or what changes it, once the supplier has the
/// order. 409 while an earlier mail is under way.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/mail", tag = "orders", request_body = NewMail, responses((status = 202)))]
pub async fn send(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, new): KeyedJson<NewMail>,
) -> Result<StatusCode, Problem> {
    let (id, key) = (CallOffId(id), key.as_ref());
    match &new.document {
        None => send_order::send_again(&app, &actor, id, &new.address, key).await?,
        Some(document) => send_change::send_again(&app, &actor, id, document, &new.address, key).await?,
    }
    Ok(StatusCode::ACCEPTED)
}

/// Notes that the supplier was told of a change another way, because its mail failed.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/changes-told", tag = "orders", request_body = NewTold, responses((status = 204)))]
pub async fn note_told(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, new): KeyedJson<NewTold>,
) -> Result<StatusCode, Problem> {
    send_change::note_told(&app, &actor, CallOffId(id), &new.document, &new.how, key.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Notes that a dispatched order came back as undeliverable; it waits to be sent again.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/bounce", tag = "orders", request_body = NewBounce, responses((status = 204)))]
pub async fn report_bounce(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, new): KeyedJson<NewBounce>,
) -> Result<StatusCode, Problem> {
    report_bounce::report(&app, &actor, CallOffId(id), &new.reason, key.as_ref()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// As the bounce of a call-off, for mail gateways: by the Message-ID alone, of an order or of what changes one.
#[utoipa::path(post, path = "/api/v1/mail-bounces", tag = "orders", request_body = NewMessageBounce, responses((status = 200, body = Bounced)))]
pub async fn report_message(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    KeyedJson(key, new): KeyedJson<NewMessageBounce>,
) -> Result<Answer<Bounced>, Problem> {
    let call_off_id = report_bounce::report_message(&app, &actor, &new.message_id, &new.reason, key.as_ref()).await?;
    Ok(Answer(Bounced { call_off_id: call_off_id.0 }))
}

/// Sets where a supplier's orders from a contract go by mail.
#[utoipa::path(put, path = "/api/v1/contracts/{id}/order-address", tag = "contracts", request_body = NewAddress, responses((status = 204)))]
pub async fn set_address(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewAddress>,
) -> Result<StatusCode, Problem> {
    set_order_address::set(&app, &actor, ContractId(id), OrganisationId(new.supplier_id), &new.address).await?;
    Ok(StatusCode::NO_CONTENT)
}
