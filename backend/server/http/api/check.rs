//! What would happen: the verdict on a call-off that nobody has written.

use abruf_domain::headroom::Headroom;
use abruf_domain::ids::{OrganisationId, PersonId};
use axum::Json as Answer;
use axum::extract::State;
use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::FieldError;
use crate::actions::check_call_off::{self, Question};
use crate::actions::draft_call_off::LineInput;
use crate::app::App;
use crate::http::api::call_offs::{DetailsView, NewLine, YEARS};
use crate::http::api::review::ReviewView;
use crate::http::extract::Json;
use crate::http::finding_view::FindingView;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::call_offs::Details;

/// A call-off that is only thought of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WhatIf {
    /// The contract to call off from.
    contract_id: Uuid,
    /// The member; the office names it, others ask for their own.
    member_id: Option<Uuid>,
    /// The supplier; whom a draft would name, if left out.
    supplier_id: Option<Uuid>,
    /// All lines, in order.
    #[schema(max_items = 400)]
    lines: Vec<NewLine>,
    /// What else the requester would fill in.
    #[serde(default)]
    details: DetailsView,
    /// The instant to judge; now, if left out. What is consumed is always what is consumed now.
    at: Option<DateTime<Utc>>,
    /// Person who would release; judged as a submission, if left out.
    approver: Option<Uuid>,
    /// Also find the largest quantity of each article; for at most 20 lines.
    #[serde(default)]
    headroom: bool,
}

/// What would happen.
#[derive(Debug, Serialize, ToSchema)]
pub struct WhatIfAnswer {
    /// The verdict, word for word that of submission or release on the same state.
    review: ReviewView,
    /// Largest quantities, if asked for.
    headroom: Vec<HeadroomView>,
}

/// How much of an article can still be ordered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Headroom)]
pub struct HeadroomView {
    /// Article number.
    article_number: String,
    /// Largest quantity that nothing blocks; absent if nothing can be ordered.
    #[schema(example = "40")]
    quantity: Option<String>,
    /// Rules that the next larger quantity would meet.
    limited_by: Vec<FindingView>,
    /// What has to be justified at the largest quantity.
    to_justify: Vec<FindingView>,
}

impl HeadroomView {
    fn of(headroom: &Headroom, currency: &str) -> Self {
        let views = |findings: &[abruf_domain::Finding]| {
            findings.iter().map(|finding| FindingView::of(finding, currency)).collect()
        };
        Self {
            article_number: headroom.article_number.clone(),
            quantity: headroom.quantity.map(|quantity| quantity.to_string()),
            limited_by: views(&headroom.limited_by),
            to_justify: views(&headroom.to_justify),
        }
    }
}

/// Says what submission or release would say, without writing anything.
#[utoipa::path(
    post, path = "/api/v1/call-offs/check", tag = "call-offs",
    request_body = WhatIf, responses((status = 200, body = WhatIfAnswer))
)]
pub async fn check(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Json(asked): Json<WhatIf>,
) -> Result<Answer<WhatIfAnswer>, Problem> {
    if let Some(at) = asked.at.filter(|at| !YEARS.contains(&at.year())) {
        let message = format!("{at} liegt zu weit weg. Möglich sind die Jahre {} bis {}.", YEARS.start(), YEARS.end());
        return Err(Problem::invalid(vec![FieldError::new("at", message)]));
    }
    let question = Question {
        contract: asked.contract_id,
        member: asked.member_id.map(OrganisationId),
        supplier: asked.supplier_id.map(OrganisationId),
        lines: asked.lines.into_iter().map(LineInput::from).collect(),
        details: Details::try_from(asked.details)?,
        at: asked.at,
        approver: asked.approver.map(PersonId),
        headroom: asked.headroom,
    };
    let answer = check_call_off::check(&app, &actor, &question).await?;
    let currency = &answer.facts.contract.currency;
    Ok(Answer(WhatIfAnswer {
        review: ReviewView::of(&answer.review, currency),
        headroom: answer.headroom.iter().map(|headroom| HeadroomView::of(headroom, currency)).collect(),
    }))
}
