//! Bonuses: what a supplier owes for a year, what it has paid, and each member's share of it.

use abruf_domain::bonus::{BonusClause, GoesTo};
use abruf_domain::ids::ContractId;
use abruf_domain::money::Net;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::record_bonus::{self, CreditNote};
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::bonuses::{self, Payment};
use crate::storage::{contract_clauses, contracts};

/// The bonuses of a contract; amounts net, contract currency.
#[derive(Debug, Serialize, ToSchema)]
pub struct BonusAnswer {
    /// What the contract says; absent: no bonus. `{"steps": [{"from": "50000.00", "rate": "1.5"}], "goes_to": "members"}`.
    #[schema(value_type = Option<Object>)]
    clause: Option<BonusClause>,
    /// By calendar year, the newest first.
    years: Vec<BonusYear>,
    /// What was paid, with counter entries, the newest first.
    payments: Vec<BonusPaymentView>,
}

/// A calendar year.
#[derive(Debug, Serialize, ToSchema)]
pub struct BonusYear {
    year: i32,
    /// Order value of all members, less what was cancelled.
    turnover_net: String,
    /// What the supplier owes for it.
    owed_net: String,
    /// What it has paid.
    paid_net: String,
}

/// A payment or its counter entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct BonusPaymentView {
    id: Uuid,
    year: i32,
    net: String,
    /// members or body.
    #[schema(example = "members")]
    goes_to: &'static str,
    received_on: NaiveDate,
    document: String,
    /// The payment it takes back.
    reverses_id: Option<Uuid>,
    /// Whether it was taken back.
    reversed: bool,
    shares: Vec<BonusShareView>,
}

/// What a member gets.
#[derive(Debug, Serialize, ToSchema)]
pub struct BonusShareView {
    member_id: Uuid,
    member: String,
    turnover_net: String,
    net: String,
}

/// A credit note.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBonus {
    /// Calendar year whose turnover earned it.
    #[schema(example = 2026)]
    year: i32,
    /// Net amount.
    #[schema(value_type = String, example = "1234.50")]
    net: Net,
    /// Its date.
    received_on: NaiveDate,
    /// Its number.
    #[schema(max_length = 200)]
    document: String,
}

/// The id of a payment.
#[derive(Debug, Serialize, ToSchema)]
pub struct BonusId {
    id: Uuid,
}

/// Why a payment is taken back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BonusReversal {
    /// Why.
    #[schema(max_length = 200)]
    reason: String,
}

impl From<Payment> for BonusPaymentView {
    fn from(it: Payment) -> Self {
        let shares = it.shares.into_iter().map(|share| BonusShareView {
            member_id: share.member.0,
            member: share.name,
            turnover_net: share.turnover.to_string(),
            net: share.net.to_string(),
        });
        Self {
            id: it.id,
            year: it.year,
            net: it.net.to_string(),
            goes_to: GoesTo::key(it.goes_to),
            received_on: it.received_on,
            document: it.document,
            reverses_id: it.reverses,
            reversed: it.reversed,
            shares: shares.collect(),
        }
    }
}

/// What a supplier owes by year, what it has paid, and who gets how much.
#[utoipa::path(get, path = "/api/v1/contracts/{id}/bonuses", tag = "bonuses", responses((status = 200, body = BonusAnswer)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<BonusAnswer>, Problem> {
    let id = ContractId(id);
    let mut tx = app.db.begin(&actor).await?;
    contracts::number(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let clause = contract_clauses::of(&mut tx, id).await?.bonus;
    let years = bonuses::years(&mut tx, id).await?;
    let payments = bonuses::payments(&mut tx, id).await?;
    let owed = |turnover| clause.as_ref().map_or(Net::ZERO, |clause| clause.owed(turnover)).to_string();
    let years = years.into_iter().map(|(year, turnover, paid)| BonusYear {
        year,
        turnover_net: turnover.to_string(),
        owed_net: owed(turnover),
        paid_net: paid.to_string(),
    });
    Ok(Answer(BonusAnswer {
        years: years.collect(),
        payments: payments.into_iter().map(BonusPaymentView::from).collect(),
        clause,
    }))
}

/// Records a credit note and shares it by turnover, to the cent.
#[utoipa::path(
    post, path = "/api/v1/contracts/{id}/bonuses", tag = "bonuses",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = NewBonus, responses((status = 201, body = BonusId))
)]
pub async fn record(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, body): KeyedJson<NewBonus>,
) -> Result<(StatusCode, Answer<BonusId>), Problem> {
    let note = CreditNote { year: body.year, net: body.net, received_on: body.received_on, document: body.document };
    let id = record_bonus::record(&app, &actor, ContractId(id), &note, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(BonusId { id })))
}

/// Takes a payment back by a counter entry.
#[utoipa::path(
    post, path = "/api/v1/contracts/{id}/bonuses/{bonus}/reversal", tag = "bonuses", request_body = BonusReversal,
    responses((status = 204))
)]
pub async fn reverse(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, bonus)): Path<(Uuid, Uuid)>,
    Json(body): Json<BonusReversal>,
) -> Result<StatusCode, Problem> {
    record_bonus::reverse(&app, &actor, ContractId(id), bonus, &body.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
