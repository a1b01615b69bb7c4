//! The licences of one's member, and their renewal.

use abruf_domain::ids::ContractId;
use abruf_domain::licence_inventory::NextStep;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::renew_licences;
use crate::app::App;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;

/// Licences of a contract that end on one day.
#[derive(Debug, Serialize, ToSchema)]
pub struct LicencesView {
    contract_id: Uuid,
    /// Last day, included.
    ends_on: NaiveDate,
    items: Vec<LicenceView>,
    /// The orders behind them.
    call_off_ids: Vec<Uuid>,
    /// later, due (90 days before the end), urgent (30 days), `in_progress` or renewed.
    #[schema(example = "due")]
    next_step: &'static str,
    /// First day of the time after.
    renewal_from: Option<NaiveDate>,
    /// Its last day.
    renewal_to: Option<NaiveDate>,
}

/// How many of an article.
#[derive(Debug, Serialize, ToSchema)]
struct LicenceView {
    #[schema(example = "CTX-USR")]
    article_number: String,
    #[schema(example = "120")]
    quantity: String,
}

/// Which licences to renew.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRenewal {
    contract_id: Uuid,
    /// The day they end.
    ends_on: NaiveDate,
}

/// The draft that renews them.
#[derive(Debug, Serialize, ToSchema)]
pub struct RenewalDraft {
    call_off_id: Uuid,
    #[schema(example = "V-7K3M9Q2D")]
    case_number: String,
}

/// The licences that run or begin later, by their end.
#[utoipa::path(get, path = "/api/v1/licences", tag = "licences", responses((status = 200, body = Vec<LicencesView>)))]
pub async fn list(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Answer<Vec<LicencesView>>, Problem> {
    let endings = renew_licences::endings(&app, &actor).await?;
    let views = endings.into_iter().map(|ending| {
        let following = ending.following();
        LicencesView {
            contract_id: ending.contract.0,
            ends_on: ending.ends_on,
            next_step: match ending.next_step {
                NextStep::Later => "later",
                NextStep::Due => "due",
                NextStep::Urgent => "urgent",
                NextStep::InProgress => "in_progress",
                NextStep::Renewed => "renewed",
            },
            renewal_from: following.map(|it| it.from()),
            renewal_to: following.map(|it| it.to()),
            call_off_ids: ending.orders.iter().map(|order| order.0).collect(),
            items: ending
                .quantities
                .into_iter()
                .map(|(article_number, quantity)| LicenceView { article_number, quantity: quantity.to_string() })
                .collect(),
        }
    });
    Ok(Answer(views.collect()))
}

/// Makes a draft with the same articles and quantities for the time after; it is submitted like any other.
///
/// 409 once a call-off for the time after exists.
#[utoipa::path(post, path = "/api/v1/licences/renewals", tag = "licences", request_body = NewRenewal, responses((status = 201, body = RenewalDraft)))]
pub async fn renew(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Json(new): Json<NewRenewal>,
) -> Result<(StatusCode, Answer<RenewalDraft>), Problem> {
    let draft = renew_licences::renew(&app, &actor, ContractId(new.contract_id), new.ends_on).await?;
    Ok((StatusCode::CREATED, Answer(RenewalDraft { call_off_id: draft.id.0, case_number: draft.case_number })))
}
