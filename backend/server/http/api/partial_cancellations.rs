//! Quantities taken back from orders.

use abruf_domain::ids::CallOffId;
use abruf_domain::money::Net;
use axum::Json as Answer;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::cancel_part;
use crate::actions::rest_of_order::{PartInput, PartsInput, TakenBack};
use crate::app::App;
use crate::http::extract::Path;
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;

/// Quantities to be taken back from an order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PartialCancellation {
    /// Printed for the supplier.
    #[schema(max_length = 2000)]
    reason: String,
    /// What is taken back; something must be left of the order.
    lines: Vec<LineQuantity>,
    /// Only where the contract prices the rest anew and it costs more than before: by how much, net, as 422 named it.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "895.10")]
    accepted_increase_net: Option<Net>,
}

/// A quantity of a line.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LineQuantity {
    /// Its position in the order.
    #[schema(example = 1)]
    pub position: i32,
    /// How much of it.
    #[schema(example = "20")]
    pub quantity: String,
}

impl From<LineQuantity> for PartInput {
    fn from(line: LineQuantity) -> Self {
        // Programs write `1.125`, which in a form would be a thousand and more.
        Self { position: line.position, quantity: line.quantity.replace('.', ",") }
    }
}

/// A part of an order that was taken back.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartlyCancelled {
    /// Counts the partial cancellations of the order, from 1.
    sequence: i32,
    /// Net value that became free; negative where a rest priced anew costs more than before.
    #[schema(example = "2844.00")]
    freed_net: String,
    /// Lines whose rest is no orderable quantity any more; allowed, but to be known.
    off_step: Vec<OffStepView>,
}

/// A rest below the minimum or between packing units.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OffStep)]
struct OffStepView {
    /// Position of the line.
    position: i32,
    /// What is left of it.
    #[schema(example = "7")]
    rest: String,
    /// Smallest quantity of the contract.
    minimum: String,
    /// Packing unit; 0 where there is none.
    step: String,
}

impl From<TakenBack> for PartlyCancelled {
    fn from(done: TakenBack) -> Self {
        let off_step = done.off_step.into_iter().map(|it| OffStepView {
            position: it.position,
            rest: it.rest.to_string(),
            minimum: it.minimum.to_string(),
            step: it.step.to_string(),
        });
        Self { sequence: done.sequence, freed_net: done.freed.to_string(), off_step: off_step.collect() }
    }
}

/// Takes quantities of an order back before performance; volume and savings return by counter entries.
///
/// The price of the rest stays as ordered unless the contract prices it anew; what it then costs more has to be accepted
/// and to find room under the ceilings. 422 with the numbers for what
/// is not ordered any more or already delivered.
#[utoipa::path(
    post, path = "/api/v1/call-offs/{id}/partial-cancellations", tag = "orders", operation_id = "cancel_part",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = PartialCancellation, responses((status = 200, body = PartlyCancelled))
)]
pub async fn cancel(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, new): KeyedJson<PartialCancellation>,
) -> Result<Answer<PartlyCancelled>, Problem> {
    let parts: Vec<PartInput> = new.lines.into_iter().map(PartInput::from).collect();
    let input = PartsInput { parts: &parts, reason: &new.reason, accepted_increase: new.accepted_increase_net };
    let done = cancel_part::cancel_part(&app, &actor, CallOffId(id), input, key.as_ref()).await?;
    Ok(Answer(done.into()))
}
