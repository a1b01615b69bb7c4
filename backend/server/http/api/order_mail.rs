//! Orders by mail: sent again, reported as undeliverable by people and by mail gateways, and where they go.

use abruf_domain::ids::{CallOffId, ContractId, OrganisationId};
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::{report_bounce, send_order, set_order_address};
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;

/// Where an order is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMail {
    /// Mail address of the supplier.
    #[schema(max_length = 254, example = "bestellung@anhalt-digital.example")]
    address: String,
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

/// Sends an order by mail again: the same document under the same number. 409 while an earlier mail is under way.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/mail", tag = "orders", request_body = NewMail, responses((status = 202)))]
pub async fn send(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewMail>,
) -> Result<StatusCode, Problem> {
    send_order::send_again(&app, &actor, CallOffId(id), &new.address).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Notes that a dispatched order came back as undeliverable; it waits to be sent again.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/bounce", tag = "orders", request_body = NewBounce, responses((status = 204)))]
pub async fn report_bounce(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewBounce>,
) -> Result<StatusCode, Problem> {
    report_bounce::report(&app, &actor, CallOffId(id), &new.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// As the bounce of a call-off, for mail gateways: by the Message-ID alone.
#[utoipa::path(post, path = "/api/v1/mail-bounces", tag = "orders", request_body = NewMessageBounce, responses((status = 200, body = Bounced)))]
pub async fn report_message(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Json(new): Json<NewMessageBounce>,
) -> Result<Answer<Bounced>, Problem> {
    let call_off_id = report_bounce::report_message(&app, &actor, &new.message_id, &new.reason).await?;
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
