//! Framework contracts: terms, what is left, the schedule with the prices of the day.

#![expect(unused_qualifications, reason = "utoipa writes the type of a query parameter out in full")]

use abruf_domain::ids::{ContractId, GuardId};
use abruf_domain::money::Volume;
use axum::Json as Answer;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::actions::{FieldError, record_volume, withhold_prices};
use crate::actor::Standing;
use crate::app::App;
use crate::http::api::paging;
use crate::http::api::window::{self, Part};
use crate::http::extract::{Path, Query};
use crate::http::idempotency::KeyedJson;
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::contracts::{self, Ceiling, Contract, ScheduleItem};

/// Words to look for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// Words of number, title, articles or supplier; all must match.
    #[serde(default)]
    #[param(max_length = 200)]
    q: String,
}

/// Words and page of a schedule.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct ScheduleSearch {
    /// Part of article number or text.
    #[serde(default)]
    #[param(max_length = 200)]
    q: String,
    /// Rows to return.
    #[serde(default = "hundred")]
    #[param(minimum = 1, maximum = 500)]
    limit: u16,
    /// Rows to skip.
    #[serde(default)]
    #[param(maximum = 1_000_000)]
    offset: u32,
}

const fn hundred() -> u16 {
    100
}

/// A ceiling; amounts in the contract's currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ceiling)]
pub struct CeilingView {
    /// Guard row.
    id: Uuid,
    /// Limit; absent: unlimited.
    #[schema(example = "500000.00")]
    limit: Option<String>,
    /// Released and recorded.
    #[schema(example = "301250.00")]
    consumed: String,
    /// Reserved by requests.
    #[schema(example = "0.00")]
    reserved: String,
    /// What is left; absent: unlimited.
    #[schema(example = "198750.00")]
    free: Option<String>,
    /// Recorded facts exceed it: nobody may call off.
    breached: bool,
}

impl From<&Ceiling> for CeilingView {
    fn from(ceiling: &Ceiling) -> Self {
        let amount = |volume: Volume| volume.as_net().to_string();
        Self {
            id: ceiling.guard.0,
            limit: ceiling.limit.map(amount),
            consumed: amount(ceiling.consumed),
            reserved: amount(ceiling.reserved),
            free: ceiling.free().map(amount),
            breached: ceiling.breached,
        }
    }
}

/// A framework contract.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Contract)]
pub struct ContractView {
    /// Which.
    id: Uuid,
    /// Number.
    #[schema(example = "RV-2025-01")]
    number: String,
    /// Title.
    title: String,
    /// What it is for.
    description: String,
    /// vgv or uvgo.
    regime: String,
    /// Stored status.
    status: String,
    /// direct or through_body.
    supply_chain: String,
    /// ISO 4217.
    currency: String,
    /// Why members may call off without tendering.
    legal_basis: String,
    /// Number of the notice.
    notice_reference: String,
    /// Date of the notice.
    notice_date: NaiveDate,
    /// First day.
    starts_on: NaiveDate,
    /// Last day, options exercised in time included.
    ends_on: NaiveDate,
    /// Suppliers.
    suppliers: String,
    /// The value ceiling.
    ceiling: CeilingView,
    /// The quota of the member one acts for.
    quota: Option<CeilingView>,
}

impl ContractView {
    fn of(contract: Contract, quota: Option<&Ceiling>) -> Self {
        Self {
            id: contract.id.0,
            ceiling: CeilingView::from(&contract.ceiling),
            quota: quota.map(CeilingView::from),
            number: contract.number,
            title: contract.title,
            description: contract.description,
            regime: contract.regime,
            status: contract.status,
            supply_chain: contract.supply_chain,
            currency: contract.currency,
            legal_basis: contract.legal_basis,
            notice_reference: contract.notice_reference,
            notice_date: contract.notice_date,
            starts_on: contract.starts_on,
            ends_on: contract.effective_end,
            suppliers: contract.suppliers,
        }
    }
}

/// An item with its price of the day.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Item)]
pub struct ItemView {
    /// Which.
    id: Uuid,
    /// Number of its lot.
    lot: i32,
    /// Article number.
    article_number: String,
    /// Text.
    title: String,
    /// Unit.
    unit: String,
    /// Smallest quantity of a line.
    min_quantity: String,
    /// Packing unit; 0 is any quantity.
    step: String,
    /// VAT rate in percent.
    vat_rate_pct: String,
    /// fixed, subscription, list_minus or tier_all_units_per_order; absent: no price today.
    price_kind: Option<String>,
    /// Unit price, per month for subscriptions.
    unit_price: Option<String>,
    /// List price of list_minus.
    list_price: Option<String>,
    /// Discount of list_minus in percent.
    discount_pct: Option<String>,
    /// Tiers.
    tiers: Option<serde_json::Value>,
    /// The member one acts for is not entitled today: prices are shown to those entitled only.
    price_withheld: bool,
}

impl ItemView {
    /// As whoever is not entitled may read it.
    fn without_price(self) -> Self {
        Self {
            price_kind: None,
            unit_price: None,
            list_price: None,
            discount_pct: None,
            tiers: None,
            price_withheld: true,
            ..self
        }
    }
}

impl From<ScheduleItem> for ItemView {
    fn from(item: ScheduleItem) -> Self {
        let plain = |value: Decimal| value.normalize().to_string();
        Self {
            id: item.id.0,
            lot: item.lot_number,
            article_number: item.article_number,
            title: item.title,
            unit: item.unit,
            min_quantity: plain(item.min_quantity),
            step: plain(item.step),
            vat_rate_pct: plain(item.vat_rate_pct),
            price_kind: item.kind,
            unit_price: item.unit_price.map(plain),
            list_price: item.list_price.map(plain),
            discount_pct: item.discount_pct.map(plain),
            tiers: item.tiers,
            price_withheld: false,
        }
    }
}

/// A fact that happened outside.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedVolume {
    /// Net value in the contract's currency; negative corrects an earlier record.
    #[schema(example = "1250.00")]
    amount: String,
    /// Evidence: date and number of the emergency order.
    #[schema(max_length = 2000)]
    evidence: String,
}

/// What a record led to.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordedAnswer {
    /// Recorded facts exceed the ceiling now.
    breached: bool,
}

/// Lists the contracts of one's purchasing body.
#[utoipa::path(get, path = "/api/v1/contracts", tag = "contracts", params(Search), responses((status = 200, body = Vec<ContractView>)))]
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Query(search): Query<Search>,
) -> Result<Answer<Vec<ContractView>>, Problem> {
    paging::check(1, 0, 0, &search.q)?;
    let mut tx = app.db.begin(&actor).await?;
    let contracts = contracts::list(&mut tx, Some(&search.q)).await?;
    Ok(Answer(contracts.into_iter().map(|contract| ContractView::of(contract, None)).collect()))
}

/// One contract, with the quota of the member one acts for.
#[utoipa::path(get, path = "/api/v1/contracts/{id}", tag = "contracts", responses((status = 200, body = ContractView)))]
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<ContractView>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let contract = contracts::find(&mut tx, ContractId(id)).await?.ok_or_else(Problem::not_found)?;
    let quota = match actor.standing {
        Standing::Member => contracts::quota(&mut tx, contract.id, actor.organisation).await?,
        Standing::Body | Standing::Auditor(_) => None,
    };
    Ok(Answer(ContractView::of(contract, quota.as_ref().map(|(ceiling, _)| ceiling))))
}

/// The schedule of a contract with the prices of the day.
///
/// Whoever acts for a member that is not entitled today gets the articles without prices.
#[utoipa::path(
    get, path = "/api/v1/contracts/{id}/items", tag = "contracts", params(ScheduleSearch),
    responses((status = 200, body = Vec<ItemView>))
)]
pub async fn items(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    address: Uri,
    Query(search): Query<ScheduleSearch>,
) -> Result<Part<Vec<ItemView>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let id = ContractId(id);
    contracts::number(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    paging::check(search.limit, search.offset, 1_000_000, &search.q)?;
    let (limit, offset) = (search.limit.into(), search.offset.into());
    let total = contracts::schedule_count(&mut tx, id, &search.q).await?;
    let items = contracts::schedule(&mut tx, id, app.clock.today(), &search.q, limit, offset).await?;
    let headers = window::of_part(&address, total, search.limit, search.offset, items.len());
    let withheld = withhold_prices::are_withheld_today(&app, &mut tx, &actor, id).await?;
    let view = |item| if withheld { ItemView::from(item).without_price() } else { ItemView::from(item) };
    Ok((headers, Answer(items.into_iter().map(view).collect())))
}

/// Records volume that was ordered outside; counts even above the ceiling.
///
/// The same amount with the same evidence counts once. Repeating a request with its `Idempotency-Key`
/// gives the same answer.
#[utoipa::path(
    post, path = "/api/v1/contracts/{id}/recorded-volume", tag = "contracts",
    params(("Idempotency-Key" = Option<String>, Header, description = "At most 200 characters")),
    request_body = RecordedVolume, responses((status = 201, body = RecordedAnswer))
)]
pub async fn record(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedJson(key, recorded): KeyedJson<RecordedVolume>,
) -> Result<(StatusCode, Answer<RecordedAnswer>), Problem> {
    let amount: Volume = recorded.amount.parse().map_err(|_| {
        let message = "Das ist kein Betrag. Erwartet wird eine Zahl mit Punkt, zum Beispiel 1250.00.";
        Problem::invalid(vec![FieldError::new("amount", message)])
    })?;
    let id = ContractId(id);
    let guard: GuardId = {
        let mut tx = app.db.begin(&actor).await?;
        contracts::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?.ceiling.guard
    };
    let breached = record_volume::record(&app, &actor, id, guard, amount, &recorded.evidence, key.as_ref()).await?;
    Ok((StatusCode::CREATED, Answer(RecordedAnswer { breached })))
}
