//! Supplier orders: what the body orders from suppliers after members have ordered in-house.

use abruf_domain::ids::CallOffId;
use axum::Json as Answer;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::decide_supplier_order::{self, Decided};
use crate::app::App;
use crate::http::extract::Path;
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::{call_offs, supplier_orders};

/// Most orders of the list.
const MOST: i64 = 500;

/// A supplier order in the list of the body.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupplierOrderSummary {
    /// The in-house order.
    call_off_id: Uuid,
    /// Number of the supplier order.
    #[schema(example = "RV-2025-03-0007-B")]
    number: String,
    /// Number of the in-house order.
    #[schema(example = "RV-2025-03-0007-A")]
    in_house_number: String,
    /// waiting, approved, refused or cancelled.
    state: String,
    member: String,
    supplier: String,
    #[schema(example = "2844.00")]
    net: String,
    /// With the VAT of the items.
    gross: String,
    currency: String,
    /// Release of the in-house order.
    created_at: DateTime<Utc>,
}

/// The supplier order behind an in-house order.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupplierOrderView {
    /// Its number.
    #[schema(example = "RV-2025-03-0007-B")]
    number: String,
    /// waiting, approved, refused or cancelled.
    state: String,
    #[schema(example = "2844.00")]
    net: String,
    /// VAT of the items, not that of the in-house order.
    vat: String,
    gross: String,
    /// When the body decided.
    decided_at: Option<DateTime<Utc>>,
    /// Why it was refused; empty otherwise.
    reason: String,
}

/// Why the body does not order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplierOrderRefusal {
    /// Printed on the cancellation of the in-house order.
    #[schema(max_length = 2000)]
    reason: String,
}

/// An empty body.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SupplierOrderApproval {}

/// A decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupplierOrderDecision {
    /// Number of the supplier order.
    number: String,
    /// approved or refused.
    state: String,
}

impl From<Decided> for SupplierOrderDecision {
    fn from(decided: Decided) -> Self {
        Self { number: decided.number, state: decided.state.key().to_owned() }
    }
}

/// The supplier orders of the body, those that wait first; at most 500.
#[utoipa::path(
    get, path = "/api/v1/supplier-orders", tag = "orders", operation_id = "list_supplier_orders",
    responses((status = 200, body = Vec<SupplierOrderSummary>))
)]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
) -> Result<Answer<Vec<SupplierOrderSummary>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let rows = supplier_orders::list(&mut tx, actor.person, false, MOST).await?;
    let summary = |it: supplier_orders::Listed| SupplierOrderSummary {
        call_off_id: it.call_off.0,
        number: it.number,
        in_house_number: it.in_house_number,
        state: it.state.key().to_owned(),
        member: it.member,
        supplier: it.supplier,
        net: it.net.to_string(),
        gross: it.gross.to_string(),
        currency: it.currency,
        created_at: it.created_at,
    };
    Ok(Answer(rows.into_iter().map(summary).collect()))
}

/// The supplier order of a pair: its number and how far it is. 404 where the member orders from the supplier itself.
#[utoipa::path(
    get, path = "/api/v1/call-offs/{id}/supplier-order", tag = "orders", operation_id = "show_supplier_order",
    responses((status = 200, body = SupplierOrderView))
)]
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<SupplierOrderView>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, CallOffId(id)).await?.ok_or_else(Problem::not_found)?;
    let it = supplier_orders::of_call_off(&mut tx, &call_off).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer(SupplierOrderView {
        number: it.number,
        state: it.state.key().to_owned(),
        net: it.amounts.net.to_string(),
        vat: it.amounts.vat.to_string(),
        gross: it.amounts.gross.to_string(),
        decided_at: it.decided_at,
        reason: it.reason,
    }))
}

/// Orders from the supplier. Whoever requested or released the in-house order cannot; 409 if it does not wait.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/supplier-order/approval", tag = "orders", operation_id = "approve_supplier_order",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = SupplierOrderApproval, responses((status = 200, body = SupplierOrderDecision))
)]
pub async fn approve(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, _): KeyedJson<SupplierOrderApproval>,
) -> Result<Answer<SupplierOrderDecision>, Problem> {
    let decided = decide_supplier_order::approve(&app, &actor, CallOffId(id), key.as_ref()).await?;
    Ok(Answer(decided.into()))
}

/// Does not order from the supplier; the in-house order is cancelled, its volume returns. 409 if it does not wait.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/supplier-order/refusal", tag = "orders", operation_id = "refuse_supplier_order",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = SupplierOrderRefusal, responses((status = 200, body = SupplierOrderDecision))
)]
pub async fn refuse(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, refusal): KeyedJson<SupplierOrderRefusal>,
) -> Result<Answer<SupplierOrderDecision>, Problem> {
    let decided = decide_supplier_order::refuse(&app, &actor, CallOffId(id), &refusal.reason, key.as_ref()).await?;
    Ok(Answer(decided.into()))
}
