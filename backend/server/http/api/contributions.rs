//! Membership contributions: what a member pays by year. Never part of a saving.

use abruf_domain::ids::OrganisationId;
use abruf_domain::money::Net;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::record_contribution::{self, ContributionInput};
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::member_list;
use crate::storage::membership_contributions::{self, Contribution};

/// A contribution or its counter entry.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MembershipContribution)]
pub struct ContributionView {
    id: Uuid,
    /// Calendar year it is for.
    year: i32,
    /// Net, in euros; negative in a counter entry.
    net: String,
    dated_on: NaiveDate,
    /// Notice or resolution; why, in a counter entry.
    document: String,
    /// The entry it takes back.
    reverses_id: Option<Uuid>,
    /// Whether it was taken back.
    reversed: bool,
}

/// A contribution.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContribution {
    /// Calendar year it is for.
    #[schema(example = 2026)]
    year: i32,
    /// Net, in euros.
    #[schema(value_type = String, example = "1200.00")]
    net: Net,
    /// Date of notice or resolution.
    dated_on: NaiveDate,
    /// Notice or resolution.
    #[schema(max_length = 200)]
    document: String,
}

/// The id of a contribution.
#[derive(Debug, Serialize, ToSchema)]
pub struct ContributionId {
    id: Uuid,
}

/// Why a contribution is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContributionReversal {
    /// Why.
    #[schema(max_length = 200)]
    reason: String,
}

impl From<Contribution> for ContributionView {
    fn from(it: Contribution) -> Self {
        Self {
            id: it.id,
            year: it.year,
            net: it.net.to_string(),
            dated_on: it.dated_on,
            document: it.document,
            reverses_id: it.reverses,
            reversed: it.reversed,
        }
    }
}

/// The contributions of a member, the newest first.
#[utoipa::path(get, path = "/api/v1/members/{id}/contributions", tag = "contributions", responses((status = 200, body = Vec<ContributionView>)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<Vec<ContributionView>>, Problem> {
    let member = OrganisationId(id);
    let mut tx = app.db.begin(&actor).await?;
    member_list::visible_name(&mut tx, &actor, member).await?.ok_or_else(Problem::not_found)?;
    let all = membership_contributions::of_member(&mut tx, actor.body, member).await?;
    Ok(Answer(all.into_iter().map(ContributionView::from).collect()))
}

/// Records a contribution.
#[utoipa::path(
    post, path = "/api/v1/members/{id}/contributions", tag = "contributions",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewContribution, responses((status = 201, body = ContributionId))
)]
pub async fn record(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, body): KeyedJson<NewContribution>,
) -> Result<(StatusCode, Answer<ContributionId>), Problem> {
    let input = ContributionInput { year: body.year, net: body.net, dated_on: body.dated_on, document: body.document };
    let id = record_contribution::record(&app, &actor, OrganisationId(id), &input, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(ContributionId { id })))
}

/// Takes a contribution back by a counter entry.
#[utoipa::path(
    post, path = "/api/v1/members/{id}/contributions/{contribution}/reversal", tag = "contributions",
    request_body = ContributionReversal, responses((status = 204))
)]
pub async fn reverse(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, contribution)): Path<(Uuid, Uuid)>,
    Json(body): Json<ContributionReversal>,
) -> Result<StatusCode, Problem> {
    record_contribution::reverse(&app, &actor, OrganisationId(id), contribution, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
