//! Transfers of quotas between members of a contract.

use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::Volume;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::FieldError;
use crate::actions::transfer_quota::{self, Consented, Proposal};
use crate::actor::Role;
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contracts;
use crate::storage::quota_transfers::{self, Transfer};

/// A transfer to be proposed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewQuotaTransfer {
    /// Who gives; the office names it, an approver gives for their own member.
    #[serde(default)]
    giver_id: Option<Uuid>,
    /// Who receives.
    taker_id: Uuid,
    /// Net value, contract currency.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "5000.00")]
    value_net: Option<Volume>,
    /// Quantity.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    quantity: Option<Volume>,
    /// Why.
    #[schema(max_length = 1000)]
    reason: String,
}

/// Why a transfer is refused or withdrawn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuotaTransferEnd {
    /// Why.
    #[schema(max_length = 1000)]
    reason: String,
}

/// The id of a transfer.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuotaTransferId {
    id: Uuid,
}

/// What a consent led to.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuotaTransferState {
    /// waiting, effective or short.
    #[schema(example = "waiting")]
    state: String,
}

/// A transfer.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuotaTransferView {
    id: Uuid,
    giver_id: Uuid,
    giver: String,
    taker_id: Uuid,
    taker: String,
    value_net: Option<String>,
    quantity: Option<String>,
    reason: String,
    /// The giver has consented.
    given: bool,
    /// The taker has consented.
    taken: bool,
    /// Of the office: not_needed, waiting or confirmed.
    #[schema(example = "not_needed")]
    confirmation: String,
    /// waiting, effective, refused, withdrawn or short.
    state: String,
}

impl From<Transfer> for QuotaTransferView {
    fn from(it: Transfer) -> Self {
        Self {
            id: it.id,
            giver_id: it.giver.0,
            giver: it.giver_name,
            taker_id: it.taker.0,
            taker: it.taker_name,
            value_net: it.value.map(|value| value.to_string()),
            quantity: it.quantity.map(|quantity| quantity.to_string()),
            reason: it.reason,
            given: it.given_by.is_some(),
            taken: it.taken_by.is_some(),
            confirmation: match (it.confirmation_needed, it.confirmed_by) {
                (false, _) => "not_needed",
                (true, None) => "waiting",
                (true, Some(_)) => "confirmed",
            }
            .to_owned(),
            state: it.ended_as.unwrap_or_else(|| "waiting".to_owned()),
        }
    }
}

/// The transfers of a contract that one may see, open ones first.
#[utoipa::path(get, path = "/api/v1/contracts/{id}/quota-transfers", tag = "quotas", responses((status = 200, body = Vec<QuotaTransferView>)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<Vec<QuotaTransferView>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    contracts::number(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    let transfers = quota_transfers::of_contract(&mut tx, ContractId(id)).await?;
    Ok(Answer(transfers.into_iter().map(QuotaTransferView::from).collect()))
}

/// Proposes to give part of a quota to another member; effective only with the consent of both.
#[utoipa::path(post, path = "/api/v1/contracts/{id}/quota-transfers", tag = "quotas", request_body = NewQuotaTransfer, responses((status = 201, body = QuotaTransferId)))]
pub async fn propose(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, new): KeyedJson<NewQuotaTransfer>,
) -> Result<(StatusCode, Answer<QuotaTransferId>), Problem> {
    let giver = match (actor.role, new.giver_id) {
        (Role::Office, None) => {
            let message = "Bitte nennen Sie das Mitglied, das gibt.";
            return Err(Problem::invalid(vec![FieldError::new("giver_id", message)]));
        }
        (_, Some(giver)) => OrganisationId(giver),
        (_, None) => actor.organisation,
    };
    let proposal = Proposal {
        giver,
        taker: OrganisationId(new.taker_id),
        value: new.value_net,
        quantity: new.quantity,
        reason: new.reason,
    };
    let id = transfer_quota::propose(&app, &actor, ContractId(id), &proposal, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(QuotaTransferId { id })))
}

/// Consents for one's own side; the office confirms where the quota agreement asks for it. The last one
/// makes it effective.
#[utoipa::path(post, path = "/api/v1/contracts/{id}/quota-transfers/{transfer}/consent", tag = "quotas", responses((status = 200, body = QuotaTransferState)))]
pub async fn consent(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, transfer)): Path<(Uuid, Uuid)>,
) -> Result<Answer<QuotaTransferState>, Problem> {
    let state = match transfer_quota::consent(&app, &actor, ContractId(id), transfer).await? {
        Consented::Waits => "waiting",
        Consented::Effective => "effective",
        Consented::Short => "short",
    };
    Ok(Answer(QuotaTransferState { state: state.to_owned() }))
}

/// Refuses or withdraws a transfer that waits.
#[utoipa::path(post, path = "/api/v1/contracts/{id}/quota-transfers/{transfer}/refuse", tag = "quotas", request_body = QuotaTransferEnd, responses((status = 204)))]
pub async fn refuse(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, transfer)): Path<(Uuid, Uuid)>,
    Json(end): Json<QuotaTransferEnd>,
) -> Result<StatusCode, Problem> {
    transfer_quota::refuse(&app, &actor, ContractId(id), transfer, &end.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
