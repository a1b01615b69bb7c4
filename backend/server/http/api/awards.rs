//! What stands behind the choice of a supplier: declines, declared interests.

use abruf_domain::facts::Decline;
use abruf_domain::ids::{CallOffId, OrganisationId};
use abruf_domain::period::Validity;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::{declare_interest, record_decline};
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;

/// A supplier that passes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDecline {
    /// Who declined.
    supplier_id: Uuid,
    /// When it was received, or when the answer period ended in silence.
    received_at: DateTime<Utc>,
    /// Why.
    #[schema(max_length = 500)]
    reason: String,
    /// The letter.
    #[schema(max_length = 500)]
    document: String,
}

/// An interest of one's own in a supplier.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInterest {
    /// In which supplier.
    supplier_id: Uuid,
    /// What it is: shares, a seat, a relative.
    #[schema(max_length = 500)]
    nature: String,
    /// First day.
    valid_from: NaiveDate,
    /// Last day, included; left out while it lasts.
    #[serde(default)]
    valid_to: Option<NaiveDate>,
}

/// Records that a supplier passes on a call-off; the office, or whoever asks for it.
#[utoipa::path(post, path = "/api/v1/call-offs/{id}/declines", tag = "awards", request_body = NewDecline, responses((status = 204)))]
pub async fn decline(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewDecline>,
) -> Result<StatusCode, Problem> {
    let decline = Decline {
        supplier: OrganisationId(new.supplier_id),
        received_at: new.received_at,
        reason: new.reason,
        document: new.document,
    };
    record_decline::record(&app, &actor, CallOffId(id), &decline).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Declares an interest of one's own in a supplier.
#[utoipa::path(post, path = "/api/v1/interests", tag = "awards", request_body = NewInterest, responses((status = 204)))]
pub async fn interest(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Json(new): Json<NewInterest>,
) -> Result<StatusCode, Problem> {
    let validity = Validity { from: new.valid_from, to: new.valid_to };
    declare_interest::declare(&app, &actor, OrganisationId(new.supplier_id), &new.nature, validity).await?;
    Ok(StatusCode::NO_CONTENT)
}
