//! What happens to a contract in force: steps of its life, options, increases under § 132 GWB, a court's
//! cut, new versions of its prices.

use abruf_domain::Outcome;
use abruf_domain::activation::ModificationGround;
use abruf_domain::contract_life::Step;
use abruf_domain::facts::Price;
use abruf_domain::ids::ContractId;
use abruf_domain::money::{Net, Percent, Volume};
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::change_prices::{self, PriceChange, Wish};
use crate::actions::modify_contract::{self, Modified, Proposal};
use crate::actions::steer_contract::{self, Ground};
use crate::actions::{FieldError, exercise_option};
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::finding_view::FindingView;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contracts;

/// A step of a contract's life.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepBody {
    /// suspend, resume, terminate, wind_up or archive.
    #[schema(example = "suspend")]
    step: String,
    /// Day from which it counts; not in the future.
    effective_on: NaiveDate,
    /// Why.
    #[schema(max_length = 4000)]
    reason: String,
    /// The document behind it.
    #[schema(max_length = 400)]
    document: String,
}

/// A ceiling that a court cuts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CutBody {
    /// The new maximum value, net.
    #[schema(value_type = String, example = "250000.00")]
    limit: Volume,
    /// Day from which it counts.
    effective_on: NaiveDate,
    /// Why.
    reason: String,
    /// The decision.
    document: String,
}

/// What a cut led to.
#[derive(Debug, Serialize, ToSchema)]
pub struct CutAnswer {
    /// More is taken than the ceiling allows now: nobody may call off.
    breached: bool,
}

/// An option that was exercised.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExerciseBody {
    /// The day it was exercised.
    exercised_on: NaiveDate,
    /// The letter.
    document: String,
}

/// An increase of the maximum value.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IncreaseBody {
    /// review_clause, additional, unforeseen or minor.
    #[schema(value_type = String, example = "minor")]
    ground: ModificationGround,
    /// By how much it rises, net.
    #[schema(value_type = String, example = "50000.00")]
    increase: Net,
    /// Whether the contract is about works.
    #[serde(default)]
    works: bool,
    /// Reference of the published notice.
    #[serde(default)]
    publication: String,
    /// The review clause.
    #[serde(default)]
    clause: String,
    /// The document.
    document: String,
}

/// A new version of prices: either a percentage over a selection, or articles with their prices.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PricesBody {
    /// First day; after today.
    valid_from: NaiveDate,
    /// Words of article, text or supplier; empty is all.
    #[serde(default)]
    words: String,
    /// Percent; negative is cheaper.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "3.5")]
    percent: Option<Percent>,
    /// Articles with their prices.
    #[serde(default)]
    prices: Vec<ArticlePrice>,
    /// The document behind it.
    document: String,
    /// Needed where a price changes by more than the contract's bound.
    #[serde(default)]
    reason: String,
}

/// An article with its new price.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArticlePrice {
    /// Article number.
    article_number: String,
    /// `{"type": "fixed", "unit_price": "12.50"}` or any other kind.
    #[schema(value_type = Object)]
    price: Price,
}

/// Suspends, resumes, terminates, winds up or archives a contract.
#[utoipa::path(post, path = "/api/v1/contracts/{id}/steps", tag = "contract-changes", request_body = StepBody, responses((status = 204)))]
pub async fn steer(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<StepBody>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    contracts::number(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await?;
    let step = Step::ALL.iter().copied().find(|step| step.key() == body.step).ok_or_else(|| {
        let message =
            format!("„{}“ ist nicht möglich. Möglich sind: suspend, resume, terminate, wind_up, archive.", body.step);
        Problem::invalid(vec![FieldError::new("step", message)])
    })?;
    let ground = Ground { effective_on: body.effective_on, reason: body.reason, document: body.document };
    steer_contract::steer(&app, &actor, ContractId(id), step, &ground).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Notes that a court cut the maximum value; counts even below what is taken.
#[utoipa::path(post, path = "/api/v1/contracts/{id}/ceiling-cut", tag = "contract-changes", request_body = CutBody, responses((status = 200, body = CutAnswer)))]
pub async fn cut(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<CutBody>,
) -> Result<Answer<CutAnswer>, Problem> {
    let ground = Ground { effective_on: body.effective_on, reason: body.reason, document: body.document };
    let breached = steer_contract::cut_ceiling(&app, &actor, ContractId(id), body.limit, &ground).await?;
    Ok(Answer(CutAnswer { breached }))
}

/// Exercises an option; after its deadline it is refused.
#[utoipa::path(post, path = "/api/v1/contracts/{id}/options/{option}/exercise", tag = "contract-changes", request_body = ExerciseBody, responses((status = 204)))]
pub async fn exercise(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, option)): Path<(Uuid, Uuid)>,
    Json(body): Json<ExerciseBody>,
) -> Result<StatusCode, Problem> {
    exercise_option::exercise(&app, &actor, ContractId(id), option, body.exercised_on, &body.document).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Proposes to raise the maximum value (§ 132 GWB); the first of two persons.
#[utoipa::path(post, path = "/api/v1/contracts/{id}/modifications", tag = "contract-changes", request_body = IncreaseBody, responses((status = 204)))]
pub async fn propose(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<IncreaseBody>,
) -> Result<StatusCode, Problem> {
    let proposal = Proposal {
        ground: body.ground,
        increase: body.increase,
        works: body.works,
        publication: body.publication,
        clause: body.clause,
        document: body.document,
    };
    answered(modify_contract::propose(&app, &actor, ContractId(id), &proposal).await?)
}

/// Releases a proposed increase; the second of two persons.
#[utoipa::path(post, path = "/api/v1/contracts/{id}/modifications/{modification}/release", tag = "contract-changes", responses((status = 204)))]
pub async fn release(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, modification)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    answered(modify_contract::release(&app, &actor, ContractId(id), modification).await?)
}

/// Proposes a dated version of prices; the first of two persons.
#[utoipa::path(post, path = "/api/v1/contracts/{id}/price-versions", tag = "contract-changes", request_body = PricesBody, responses((status = 204)))]
pub async fn propose_prices(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<PricesBody>,
) -> Result<StatusCode, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    contracts::number(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    tx.rollback().await?;
    let wish = match (body.percent, body.prices.is_empty()) {
        (Some(percent), true) => Wish::Percentage { words: body.words, percent },
        (None, false) => Wish::Typed(body.prices.into_iter().map(|it| (it.article_number, it.price)).collect()),
        _ => {
            let message = "Bitte senden Sie entweder percent oder prices.";
            return Err(Problem::invalid(vec![FieldError::new("percent", message)]));
        }
    };
    let change = PriceChange { valid_from: body.valid_from, wish, document: body.document, reason: body.reason };
    change_prices::propose(&app, &actor, ContractId(id), &change).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Releases the waiting version of prices; the second of two persons.
#[utoipa::path(post, path = "/api/v1/contracts/{id}/price-versions/{version}/release", tag = "contract-changes", responses((status = 204)))]
pub async fn release_prices(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, version)): Path<(Uuid, Uuid)>,
) -> Result<StatusCode, Problem> {
    change_prices::release(&app, &actor, ContractId(id), version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Nothing to say, or why the law does not allow it.
fn answered(done: Modified) -> Result<StatusCode, Problem> {
    match done {
        Modified::Done => Ok(StatusCode::NO_CONTENT),
        Modified::Refused(findings) => {
            let blocks: Vec<FindingView> = findings
                .iter()
                .filter(|finding| finding.outcome == Outcome::Block)
                .map(|finding| FindingView::of(finding, "EUR"))
                .collect();
            let errors =
                blocks.iter().map(|it| FieldError::new("increase", format!("{} {}", it.sentence, it.cure))).collect();
            Err(Problem::invalid(errors).with("findings", blocks))
        }
    }
}
