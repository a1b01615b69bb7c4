//! Minimum purchases (Mindestabnahmen) of a contract, and changes of them in force, which a second person releases.

use abruf_domain::ids::ContractId;
use abruf_domain::money::Volume;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::change_minimum_purchases::{self, Wish};
use crate::app::App;
use crate::http::extract::Path;
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::{contracts, minimum_purchase_proposals, minimum_purchases};

/// A minimum purchase that counts, or a proposal.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinimumPurchaseView {
    id: Uuid,
    /// counts, waits, released or taken_back.
    #[schema(example = "counts")]
    state: &'static str,
    /// Empty: the whole contract.
    article_number: String,
    /// value or quantity.
    measure: String,
    /// Absent in a proposal by which what stands for the day falls away.
    #[schema(example = "5000.0000")]
    amount: Option<String>,
    /// Last day on which a call-off counts.
    due_on: NaiveDate,
    /// What follows otherwise.
    consequence: String,
    /// Of a proposal: the document behind it.
    document: Option<String>,
    /// Of a proposal: when.
    proposed_at: Option<DateTime<Utc>>,
}

/// What a minimum purchase shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MinimumPurchaseWish {
    /// Empty: the whole contract.
    #[serde(default)]
    article_number: String,
    /// value or quantity.
    #[schema(example = "value")]
    measure: String,
    /// Absent: what stands for this day falls away.
    #[schema(value_type = Option<String>, example = "5000.00")]
    amount: Option<Volume>,
    /// Last day on which a call-off counts.
    due_on: NaiveDate,
    /// What follows otherwise.
    #[serde(default)]
    #[schema(max_length = 1000)]
    consequence: String,
    /// The document behind it.
    #[schema(max_length = 200)]
    document: String,
}

/// The id of a proposal.
#[derive(Debug, Serialize, ToSchema)]
pub struct MinimumPurchaseProposal {
    id: Uuid,
}

/// The minimum purchases of a contract by their day, then the proposals, the newest first.
#[utoipa::path(get, path = "/api/v1/contracts/{id}/minimum-purchases", tag = "contract-changes", operation_id = "list_minimum_purchases", responses((status = 200, body = Vec<MinimumPurchaseView>)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<Vec<MinimumPurchaseView>>, Problem> {
    let contract = ContractId(id);
    let mut tx = app.db.begin(&actor).await?;
    contracts::number(&mut tx, contract).await?.ok_or_else(Problem::not_found)?;
    let stands = minimum_purchases::list(&mut tx, Some(contract)).await?;
    let proposals = minimum_purchase_proposals::of_contract(&mut tx, contract).await?;
    let stands = stands.into_iter().map(|it| MinimumPurchaseView {
        id: it.id,
        state: "counts",
        article_number: it.article_number.unwrap_or_default(),
        measure: it.measure,
        amount: Some(it.amount.decimal().to_string()),
        due_on: it.due_on,
        consequence: it.consequence,
        document: None,
        proposed_at: None,
    });
    let proposals = proposals.into_iter().map(|it| MinimumPurchaseView {
        id: it.id,
        state: match it.released {
            None => "waits",
            Some(true) => "released",
            Some(false) => "taken_back",
        },
        article_number: it.article_number,
        measure: it.measure,
        amount: it.amount.map(|amount| amount.decimal().to_string()),
        due_on: it.due_on,
        consequence: it.consequence,
        document: Some(it.document),
        proposed_at: Some(it.recorded_at),
    });
    Ok(Answer(stands.chain(proposals).collect()))
}

/// Proposes a minimum purchase of a contract in force, or the end of one; the first of two persons.
#[utoipa::path(
    post, path = "/api/v1/contracts/{id}/minimum-purchases", tag = "contract-changes", operation_id = "propose_minimum_purchase",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = MinimumPurchaseWish, responses((status = 201, body = MinimumPurchaseProposal))
)]
pub async fn propose(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, body): KeyedJson<MinimumPurchaseWish>,
) -> Result<(StatusCode, Answer<MinimumPurchaseProposal>), Problem> {
    let wish = Wish {
        of: body.article_number,
        measure: body.measure,
        amount: body.amount,
        due_on: body.due_on,
        consequence: body.consequence,
        document: body.document,
    };
    let id = change_minimum_purchases::propose(&app, &actor, ContractId(id), &wish, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(MinimumPurchaseProposal { id })))
}

/// Releases a proposed minimum purchase; the second of two persons.
#[utoipa::path(post, path = "/api/v1/contracts/{id}/minimum-purchases/{proposal}/release", tag = "contract-changes", operation_id = "release_minimum_purchase", responses((status = 204)))]
pub async fn release(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, proposal)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    change_minimum_purchases::release(&app, &actor, ContractId(id), proposal).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a proposed minimum purchase back.
#[utoipa::path(post, path = "/api/v1/contracts/{id}/minimum-purchases/{proposal}/take-back", tag = "contract-changes", operation_id = "take_back_minimum_purchase", responses((status = 204)))]
pub async fn take_back(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, proposal)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    change_minimum_purchases::take_back(&app, &actor, ContractId(id), proposal).await?;
    Ok(StatusCode::NO_CONTENT)
}
