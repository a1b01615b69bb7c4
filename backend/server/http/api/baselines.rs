//! Baselines: comparison prices with their evidence; recorded by one person of the office, decided by a second one.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use std::collections::BTreeMap;

use abruf_domain::facts::{BaselineKind, Per};
use abruf_domain::ids::{BaselineId, ContractId, OrganisationId};
use abruf_domain::money::UnitPrice;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::actions::evidence_file::SentFile;
use crate::actions::record_baseline::{self, NewBaseline};
use crate::actions::{decide_baseline, import_baselines, withdraw_baseline};
use crate::app::App;
use crate::http::api::paging;
use crate::http::api::window::{self, Part};
use crate::http::extract::{Json, Path, Query};
use crate::http::idempotency::KeyedJson;
use crate::http::pages;
use crate::http::problem::{FieldError, Problem};
use crate::http::session::SignedIn;
use crate::storage::baselines::{self, Baseline, Filter};
use crate::storage::savings_corrections;

/// Largest offset.
const MOST_OFFSET: u32 = 1_000_000;
/// States of the filter.
const STATES: [&str; 5] = ["pending", "approved", "stale", "refused", "withdrawn"];

/// Which baselines.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct BaselineSearch {
    /// Of one contract.
    contract_id: Option<Uuid>,
    /// pending, approved (and fresh), stale, refused or withdrawn.
    #[param(example = "pending")]
    state: Option<String>,
    /// Part of article, title, evidence or contract.
    #[serde(default)]
    q: String,
    /// 1 to 500.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 500)]
    limit: u16,
    #[serde(default)]
    #[param(maximum = 1_000_000)]
    offset: u32,
}

const fn fifty() -> u16 {
    50
}

/// A page of baselines.
#[derive(Debug, Serialize, ToSchema)]
pub struct BaselinePage {
    total: i64,
    rows: Vec<BaselineView>,
}

/// A comparison price.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Baseline)]
pub struct BaselineView {
    id: Uuid,
    contract_id: Uuid,
    #[schema(example = "RV-2025-01")]
    contract_number: String,
    article_number: String,
    title: String,
    /// Absent: for all members.
    member_id: Option<Uuid>,
    /// prior_contract, market_quotes, external_benchmark or list_price.
    #[schema(example = "prior_contract")]
    kind: &'static str,
    /// Net price per unit, or per unit and month.
    #[schema(example = "14.20")]
    unit_price: String,
    currency: String,
    /// unit or month.
    #[schema(example = "month")]
    per: &'static str,
    #[schema(example = "Nutzer")]
    unit: String,
    /// Date of the evidence.
    dated_on: NaiveDate,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
    /// The evidence in words.
    evidence: String,
    /// SHA-256 of the evidence file, hexadecimal.
    sha256: Option<String>,
    file_name: Option<String>,
    /// pending, approved, refused or withdrawn.
    #[schema(example = "approved")]
    state: &'static str,
    /// Approved, but too old to count for an order of today.
    stale: bool,
    recorded_at: Option<DateTime<Utc>>,
    approved_at: Option<DateTime<Utc>>,
    refused_at: Option<DateTime<Utc>>,
    /// Why it was refused.
    refusal: Option<String>,
    withdrawn_at: Option<DateTime<Utc>>,
    /// The baseline it corrects.
    replaces_id: Option<Uuid>,
}

impl BaselineView {
    fn of(it: Baseline, oldest: NaiveDate) -> Self {
        let state = it.standing().key();
        Self {
            id: it.id.0,
            contract_id: it.contract.0,
            contract_number: it.contract_number,
            article_number: it.article_number,
            title: it.title,
            member_id: it.member.map(|(id, _)| id.0),
            kind: it.kind.key(),
            unit_price: it.unit_price.to_string(),
            currency: it.currency,
            per: it.per.key(),
            unit: it.unit,
            dated_on: it.dated_on,
            valid_from: it.valid_from,
            valid_to: it.valid_to,
            evidence: it.evidence,
            sha256: it.sha256.map(|digest| HEXLOWER.encode(&digest)),
            file_name: it.file_name,
            state,
            stale: state == "approved" && it.dated_on < oldest,
            recorded_at: it.recorded_at,
            approved_at: it.approved.map(|(_, at)| at),
            refused_at: it.refused.as_ref().map(|(_, at, _)| *at),
            refusal: it.refused.map(|(_, _, why)| why),
            withdrawn_at: it.withdrawn_at,
            replaces_id: it.replaces.map(|id| id.0),
        }
    }
}

/// A baseline with what it was used for.
#[derive(Debug, Serialize, ToSchema)]
pub struct BaselineDetail {
    #[serde(flatten)]
    baseline: BaselineView,
    /// Orders released against it, as far as one may see them.
    orders: i64,
    /// What it comes to in these orders, cancellations taken off.
    #[schema(example = "20448.00")]
    baseline_net: String,
    /// What they save against it.
    effect_net: String,
    /// By how much corrections since have changed that effect; the list is on the page.
    #[schema(example = "-3384.00")]
    restated_net: String,
    /// The same of what is realised of these call-offs.
    realised_restated_net: String,
    /// What counted as audited of them and was taken back, until an auditor looks again.
    audited_restated_net: String,
}

/// A file in a JSON document; with the rest of it at most 1 MB.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FileInput {
    #[schema(example = "Rechnung 2025-0917.pdf", max_length = 200)]
    name: String,
    /// PDF, PNG, JPEG, CSV or XLSX, in base64.
    base64: String,
}

impl FileInput {
    fn read(self, field: &str) -> Result<SentFile, Problem> {
        let bytes = BASE64.decode(self.base64.as_bytes()).map_err(|error| {
            let message = format!("Die Datei ist kein Base64: {error}.");
            Problem::invalid(vec![FieldError::new(field, message)])
        })?;
        Ok(SentFile { name: self.name, bytes })
    }
}

/// A comparison price to be recorded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBaseline)]
pub struct BaselineInput {
    contract_id: Uuid,
    #[schema(example = "CTX-UNI")]
    article_number: String,
    /// For one member alone; absent: for all.
    member_id: Option<Uuid>,
    /// prior_contract, market_quotes, external_benchmark or list_price.
    #[schema(value_type = String, example = "prior_contract")]
    kind: BaselineKind,
    /// Net, above zero.
    #[schema(value_type = String, example = "14.20")]
    unit_price: UnitPrice,
    /// unit or month.
    #[schema(value_type = String, example = "month")]
    per: Per,
    /// The unit the evidence names; must be that of the item.
    #[schema(example = "Nutzer")]
    unit: String,
    /// Date of the evidence, not after today.
    dated_on: NaiveDate,
    valid_from: Option<NaiveDate>,
    valid_to: Option<NaiveDate>,
    #[schema(example = "Rechnung 2025-0917 vom 10.11.2025", max_length = 400)]
    evidence: String,
    file: FileInput,
    /// The approved baseline it shall replace.
    replaces_id: Option<Uuid>,
    /// Why that one is wrong; needed with `replaces_id`.
    reason: Option<String>,
}

/// The id of a baseline.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewBaselineId {
    id: Uuid,
}

/// Past purchases.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PurchaseFile {
    contract_id: Uuid,
    /// CSV or XLSX.
    file: FileInput,
    /// Row of the file and article number it is a price of. Absent: nothing is recorded, only looked at.
    #[schema(value_type = Option<Object>, example = json!({"12": "CTX-UNI"}))]
    choices: Option<BTreeMap<u64, String>>,
}

/// What was read and recorded.
#[derive(Debug, Serialize, ToSchema)]
pub struct PurchasesRead {
    /// Rows of the file.
    rows: usize,
    /// What may be meant, by row.
    proposals: Vec<PurchaseProposal>,
    /// What is wrong with rows that are left out, in German.
    errors: Vec<String>,
    /// Baselines that wait for their second person; absent where nothing was to be recorded.
    recorded: Option<usize>,
}

/// A purchase with the articles it may be a price of.
#[derive(Debug, Serialize, ToSchema)]
pub struct PurchaseProposal {
    row: u64,
    title: String,
    #[schema(example = "12.50")]
    unit_price: String,
    unit: String,
    dated_on: NaiveDate,
    /// The likeliest first.
    articles: Vec<String>,
    /// Why nothing fits, or what to look at; German.
    note: String,
}

/// An empty body.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BaselineDecision {}

/// Why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BaselineReason {
    #[schema(max_length = 2000)]
    reason: String,
}

/// The id of a request for withdrawal.
#[derive(Debug, Serialize, ToSchema)]
pub struct BaselineWithdrawalId {
    id: Uuid,
}

/// The baselines of our contracts, those that wait first.
#[utoipa::path(get, path = "/api/v1/baselines", tag = "baselines", params(BaselineSearch), responses((status = 200, body = BaselinePage)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    address: Uri,
    Query(asked): Query<BaselineSearch>,
) -> Result<Part<BaselinePage>, Problem> {
    paging::check(asked.limit, asked.offset, MOST_OFFSET, &asked.q)?;
    let state = asked.state.as_deref().unwrap_or_default();
    if !state.is_empty() && !STATES.contains(&state) {
        let message = format!("Diesen Stand gibt es nicht. Möglich sind: {}.", STATES.join(", "));
        return Err(Problem::invalid(vec![FieldError::new("state", message)]));
    }
    let mut tx = app.db.begin(&actor).await?;
    let (_, oldest) = baselines::oldest_fresh(&mut tx, actor.body, app.clock.today()).await?;
    let contract = asked.contract_id.map(ContractId);
    let filter = Filter { contract, standing: state, words: &asked.q, oldest };
    let total = baselines::count(&mut tx, filter).await?;
    let rows = baselines::list(&mut tx, filter, asked.limit.into(), asked.offset.into()).await?;
    let headers = window::of_part(&address, total, asked.limit, asked.offset, rows.len());
    Ok((
        headers,
        Answer(BaselinePage { total, rows: rows.into_iter().map(|it| BaselineView::of(it, oldest)).collect() }),
    ))
}

/// One baseline, with what it was used for and what was corrected.
#[utoipa::path(get, path = "/api/v1/baselines/{id}", tag = "baselines", responses((status = 200, body = BaselineDetail)))]
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<BaselineDetail>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let it = baselines::find(&mut tx, BaselineId(id)).await?.ok_or_else(Problem::not_found)?;
    let (_, oldest) = baselines::oldest_fresh(&mut tx, actor.body, app.clock.today()).await?;
    let (_, used) = savings_corrections::uses(&mut tx, it.contract, it.id, 1, 0).await?;
    let [planned, realised, audited] = savings_corrections::restated(&mut tx, it.contract, it.id).await?;
    Ok(Answer(BaselineDetail {
        baseline: BaselineView::of(it, oldest),
        orders: used.rows,
        baseline_net: used.baseline_net.to_string(),
        effect_net: used.effect.to_string(),
        restated_net: planned.effect.to_string(),
        realised_restated_net: realised.effect.to_string(),
        audited_restated_net: audited.effect.to_string(),
    }))
}

/// The evidence file, byte for byte. 404 where the evidence is words only.
#[utoipa::path(
    get, path = "/api/v1/baselines/{id}/evidence", tag = "baselines",
    responses((status = 200, content(
        (Vec<u8> = "application/pdf"),
        (Vec<u8> = "image/png"),
        (Vec<u8> = "image/jpeg"),
        (Vec<u8> = "text/csv"),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    )))
)]
pub async fn evidence(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Response, Problem> {
    pages::baseline::evidence(State(app), SignedIn(actor), Path(id)).await
}

/// Records a baseline; it counts once a second person has approved it.
#[utoipa::path(
    post, path = "/api/v1/baselines", tag = "baselines",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = BaselineInput, responses((status = 201, body = NewBaselineId))
)]
pub async fn record(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    KeyedJson(key, body): KeyedJson<BaselineInput>,
) -> Result<(StatusCode, Answer<NewBaselineId>), Problem> {
    let new = NewBaseline {
        contract: ContractId(body.contract_id),
        article_number: body.article_number,
        member: body.member_id.map(OrganisationId),
        kind: body.kind,
        unit_price: body.unit_price,
        per: body.per,
        unit: body.unit,
        dated_on: body.dated_on,
        valid_from: body.valid_from,
        valid_to: body.valid_to,
        evidence: body.evidence,
        file: Some(body.file.read("file")?),
        replaces: body.replaces_id.map(|id| (BaselineId(id), body.reason.unwrap_or_default())),
    };
    let id = record_baseline::record(&app, &actor, &new, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(NewBaselineId { id: id.0 })))
}

/// Reads past purchases and proposes what they are prices of; with `choices` they are recorded as baselines that wait for their
/// second person. A price that stands there already is not recorded again.
#[utoipa::path(post, path = "/api/v1/baselines/import", tag = "baselines", request_body = PurchaseFile, responses((status = 200, body = PurchasesRead)))]
pub async fn import(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Json(body): Json<PurchaseFile>,
) -> Result<Answer<PurchasesRead>, Problem> {
    let contract = ContractId(body.contract_id);
    let file = body.file.read("file")?;
    let preview = import_baselines::look(&app, &actor, contract, &file).await?;
    let recorded = match &body.choices {
        None => None,
        Some(choices) => Some(import_baselines::import(&app, &actor, contract, &file, choices).await?.recorded),
    };
    let proposals = preview.proposals.into_iter().map(|it| PurchaseProposal {
        row: it.purchase.line,
        title: it.purchase.title,
        unit_price: it.purchase.unit_price.to_string(),
        unit: it.purchase.unit,
        dated_on: it.purchase.dated_on,
        articles: it.items.into_iter().map(|item| item.article_number).collect(),
        note: it.note,
    });
    Ok(Answer(PurchasesRead {
        rows: preview.count,
        proposals: proposals.collect(),
        errors: preview.errors.iter().map(ToString::to_string).collect(),
        recorded,
    }))
}

/// Approves a baseline; never by whoever recorded it. One that replaces another takes its place, and savings are corrected.
#[utoipa::path(post, path = "/api/v1/baselines/{id}/approval", tag = "baselines", request_body = BaselineDecision, responses((status = 204)))]
pub async fn approve(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(_nothing): Json<BaselineDecision>,
) -> Result<StatusCode, Problem> {
    decide_baseline::approve(&app, &actor, BaselineId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Refuses a baseline that waits, or takes one's own back.
#[utoipa::path(post, path = "/api/v1/baselines/{id}/refusal", tag = "baselines", request_body = BaselineReason, responses((status = 204)))]
pub async fn refuse(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(body): Json<BaselineReason>,
) -> Result<StatusCode, Problem> {
    decide_baseline::refuse(&app, &actor, BaselineId(id), &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for the withdrawal of an approved baseline.
#[utoipa::path(
    post, path = "/api/v1/baselines/{id}/withdrawal", tag = "baselines", operation_id = "ask_withdrawal",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = BaselineReason, responses((status = 201, body = BaselineWithdrawalId))
)]
pub async fn ask_withdrawal(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, body): KeyedJson<BaselineReason>,
) -> Result<(StatusCode, Answer<BaselineWithdrawalId>), Problem> {
    let id = withdraw_baseline::ask(&app, &actor, BaselineId(id), &body.reason, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(BaselineWithdrawalId { id })))
}

/// Withdraws a baseline; the second person. Every order that counted it is corrected by dated entries.
#[utoipa::path(
    post, path = "/api/v1/baselines/{id}/withdrawal/approval", tag = "baselines", operation_id = "approve_withdrawal",
    request_body = BaselineDecision, responses((status = 204))
)]
pub async fn approve_withdrawal(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(_nothing): Json<BaselineDecision>,
) -> Result<StatusCode, Problem> {
    withdraw_baseline::approve(&app, &actor, BaselineId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lets a baseline count on whose withdrawal was asked for.
#[utoipa::path(
    post, path = "/api/v1/baselines/{id}/withdrawal/refusal", tag = "baselines", operation_id = "refuse_withdrawal",
    request_body = BaselineDecision, responses((status = 204))
)]
pub async fn keep(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(_nothing): Json<BaselineDecision>,
) -> Result<StatusCode, Problem> {
    withdraw_baseline::keep(&app, &actor, BaselineId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
