//! Contracts in the making: drafts with their parts, what is still missing, activation by two persons.

use abruf_domain::Outcome;
use abruf_domain::ids::ContractId;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::activate_contract::{self, Activated, Readiness};
use crate::actions::write_contract_parts::{self, Part};
use crate::actions::{FieldError, copy_contract, write_contract};
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::finding_view::FindingView;
use crate::http::idempotency::KeyedJson;
use crate::http::preconditions::{IfMatch, Versioned, etag};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contract_drafts::{self, Terms};

/// A contract that was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewContractAnswer {
    /// Which.
    id: Uuid,
}

/// What stands between a draft and its activation.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Readiness)]
pub struct ReadinessView {
    /// Version of the draft; hand it in and activate it with this number.
    version: i32,
    /// Whether nothing stops it.
    complete: bool,
    /// Whether the first person has to justify something.
    wants_words: bool,
    /// Whether it has been handed in.
    handed_in: bool,
    /// Path of the jurisdiction whose procurement law it was judged by.
    #[schema(example = "de/st")]
    jurisdiction: String,
    /// Texts that are still empty, by field.
    missing: Vec<FieldError>,
    /// What the rules of activation say, passed ones too.
    findings: Vec<FindingView>,
}

/// Who hands in or activates says which version they have seen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Version of the draft; `If-Match` says it as well.
    #[serde(default)]
    version: Option<i32>,
    /// For the second person; justifies what needs it.
    #[serde(default)]
    #[schema(max_length = 4000)]
    note: String,
}

/// A price list with the mapping of its columns.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceListBody {
    /// The file, UTF-8.
    csv: String,
    /// The mapping in TOML.
    map: String,
}

/// What a price list brought.
#[derive(Debug, Serialize, ToSchema)]
pub struct PriceListAnswer {
    /// Rows of the file.
    rows: usize,
    /// New items.
    new: usize,
    /// Items with another price or text.
    changed: usize,
    /// Rows that said what was known.
    unchanged: usize,
    /// Rows without a price.
    left_out: usize,
}

/// Drafts a contract.
#[utoipa::path(
    post, path = "/api/v1/contracts", tag = "contract-drafts",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = Terms, responses((status = 201, body = NewContractAnswer))
)]
pub async fn create(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    KeyedJson(key, terms): KeyedJson<Terms>,
) -> Result<(StatusCode, Answer<NewContractAnswer>), Problem> {
    let id = write_contract::draft(&app, &actor, &terms, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(NewContractAnswer { id: id.0 })))
}

/// The terms of a contract.
#[utoipa::path(
    get, path = "/api/v1/contracts/{id}/terms", tag = "contract-drafts",
    responses((status = 200, body = Terms, headers(("ETag" = String, description = "Version of the contract, for If-Match"))))
)]
pub async fn terms(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Versioned<Terms>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let making = contract_drafts::making(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    let terms = contract_drafts::terms(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    Ok((etag(making.version), Answer(terms)))
}

/// Overwrites the terms of a draft; takes it back if it was handed in. `If-Match` says which version was read: its
/// ETag; 428 without, 412 if somebody changed the draft in between.
#[utoipa::path(
    put, path = "/api/v1/contracts/{id}/terms", tag = "contract-drafts", request_body = Terms, responses((status = 204))
)]
pub async fn put_terms(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
    Json(terms): Json<Terms>,
) -> Result<StatusCode, Problem> {
    let seen = if_match.seen(None)?;
    let done = write_contract::rewrite(&app, &actor, ContractId(id), Some(seen), &terms).await;
    done.map_err(|error| if_match.refusal(error))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Adds a part to a draft: `{"part": "lot" | "item" | "ceiling" | "entitlement" | "option" | "minimum_purchase", ...}`.
///
/// Lots are named by number, items by article number. A price is any of fixed, subscription, list_minus,
/// tier_all_units, tier_graduated, index, quoted. An item may say its `cpv`, `vat_category` with `vat_reason`,
/// later `vat_changes`, `accessibility` (`stated`, `excepted`, `missing`), `evb_it` (`typed`, `missing`) and the
/// `freight` of its price. A minimum purchase names an article (`of`) or none, its `measure`, `amount`, the last day
/// (`due_on`) and its `consequence`.
#[utoipa::path(
    post, path = "/api/v1/contracts/{id}/parts", tag = "contract-drafts",
    request_body(content = serde_json::Value, description = "A part"), responses((status = 204))
)]
pub async fn add_part(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(part): Json<Part>,
) -> Result<StatusCode, Problem> {
    write_contract_parts::add(&app, &actor, ContractId(id), &part).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Loads a price list into a draft: suppliers, lots, items and first prices; all or nothing.
#[utoipa::path(
    post, path = "/api/v1/contracts/{id}/price-list", tag = "contract-drafts", request_body = PriceListBody,
    responses((status = 200, body = PriceListAnswer))
)]
pub async fn load_price_list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(list): Json<PriceListBody>,
) -> Result<Answer<PriceListAnswer>, Problem> {
    let id = ContractId(id);
    let report = crate::actions::load_price_list::load(&app, &actor, id, &list.csv, &list.map).await?;
    Ok(Answer(PriceListAnswer {
        rows: report.rows,
        new: report.new,
        changed: report.changed,
        unchanged: report.unchanged,
        left_out: report.left_out,
    }))
}

/// What is still missing before a draft can be activated.
#[utoipa::path(
    get, path = "/api/v1/contracts/{id}/readiness", tag = "contract-drafts", responses((status = 200, body = ReadinessView))
)]
pub async fn readiness(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<ReadinessView>, Problem> {
    let id = ContractId(id);
    let readiness = activate_contract::readiness(&app, &actor, id).await?.ok_or_else(Problem::not_found)?;
    let mut tx = app.db.begin(&actor).await?;
    let making = contract_drafts::making(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer(ReadinessView {
        version: making.version,
        complete: readiness.is_complete(),
        wants_words: readiness.wants_words(),
        handed_in: making.submitted_by.is_some(),
        missing: activate_contract::missing(&readiness),
        jurisdiction: readiness.jurisdiction.clone(),
        findings: views(&readiness),
    }))
}

/// Hands a draft in for activation; the first of two persons.
#[utoipa::path(
    post, path = "/api/v1/contracts/{id}/hand-in", tag = "contract-drafts", request_body = Seen, responses((status = 204))
)]
pub async fn hand_in(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
    Json(seen): Json<Seen>,
) -> Result<StatusCode, Problem> {
    let version = if_match.seen(seen.version)?;
    let done = activate_contract::hand_in(&app, &actor, ContractId(id), version, &seen.note).await;
    answered(done.map_err(|error| if_match.refusal(error))?)
}

/// Activates what another person has handed in, and releases its prices; the second of two persons.
#[utoipa::path(
    post, path = "/api/v1/contracts/{id}/activate", tag = "contract-drafts", request_body = Seen, responses((status = 204))
)]
pub async fn activate(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    if_match: IfMatch,
    Json(seen): Json<Seen>,
) -> Result<StatusCode, Problem> {
    let version = if_match.seen(seen.version)?;
    let done = activate_contract::activate(&app, &actor, ContractId(id), version).await;
    answered(done.map_err(|error| if_match.refusal(error))?)
}

/// Copies a contract as a new draft: terms, lots, items, last prices unreleased; no volume, no entitlements.
#[utoipa::path(
    post, path = "/api/v1/contracts/{id}/copy", tag = "contract-drafts", responses((status = 201, body = NewContractAnswer))
)]
pub async fn copy(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<(StatusCode, Answer<NewContractAnswer>), Problem> {
    let id = copy_contract::copy(&app, &actor, ContractId(id)).await?;
    Ok((StatusCode::CREATED, Answer(NewContractAnswer { id: id.0 })))
}

fn views(readiness: &Readiness) -> Vec<FindingView> {
    readiness.findings.iter().map(|finding| FindingView::of(finding, &readiness.currency)).collect()
}

/// Nothing to say, or everything that is missing.
fn answered(done: Activated) -> Result<StatusCode, Problem> {
    match done {
        Activated::Done => Ok(StatusCode::NO_CONTENT),
        Activated::Refused(readiness) => {
            let blocks: Vec<FindingView> = readiness
                .with_outcome(Outcome::Block)
                .map(|finding| FindingView::of(finding, &readiness.currency))
                .collect();
            Err(Problem::invalid(activate_contract::missing(&readiness)).with("findings", blocks))
        }
    }
}
