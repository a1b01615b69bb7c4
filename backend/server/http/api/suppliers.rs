//! Suppliers of the body: stop one from a day on, lift the stop, see what is open with it, enter where it receives
//! orders as data.

use abruf_domain::ids::{ContractId, OrganisationId};
use axum::Json as Answer;
use axum::extract::State;
use axum::http::StatusCode;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::actions::set_electronic_address;
use crate::actions::stop_supplier::{self, Entered, Place};
use crate::app::App;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::open_orders::open_orders;
use crate::storage::supplier_stops::{self, Reach};
use crate::storage::{electronic_addresses, organisations};

/// A stop to be entered.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStop {
    /// First day on which nothing may be ordered.
    stopped_from: NaiveDate,
    /// suspended, insolvent, terminated or excluded.
    #[schema(example = "insolvent")]
    reason: String,
    /// The document behind it.
    #[schema(max_length = 500)]
    document: String,
    /// One contract alone; left out: all of the body.
    #[serde(default)]
    contract_id: Option<Uuid>,
    /// The number of one lot of that contract alone; left out: all its lots.
    #[serde(default)]
    #[schema(example = 2)]
    lot: Option<i32>,
}

/// The end of a stop.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewLift {
    /// First day on which orders are possible again.
    lifted_from: NaiveDate,
    /// The document behind it.
    #[schema(max_length = 500)]
    document: String,
}

/// Where a supplier receives orders as data.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ElectronicAddressOf {
    /// Code of the EAS list: 9930 German VAT id, 0088 GLN, 0204 Leitweg-ID.
    #[schema(example = "9930")]
    scheme: String,
    /// The address within the scheme, with right check digits; empty: none any more.
    #[schema(max_length = 100, example = "DE123456788")]
    address: String,
}

/// The id of a stop.
#[derive(Debug, Serialize, ToSchema)]
pub struct StopId {
    id: Uuid,
}

/// A supplier in the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupplierSummary {
    id: Uuid,
    name: String,
    /// Contracts in force.
    contracts: i64,
    /// Orders that are not closed.
    open_orders: i64,
    /// First day of a stop for all contracts that has not ended.
    stopped_from: Option<NaiveDate>,
    /// Stops of single contracts and lots that have not ended.
    narrow_stops: i64,
}

/// A supplier with its stops and what is open.
#[derive(Debug, Serialize, ToSchema)]
pub struct SupplierView {
    id: Uuid,
    name: String,
    /// Where it receives orders as data; none where nobody has entered it.
    electronic_address: Option<ElectronicAddressOf>,
    stops: Vec<StopView>,
    /// Orders that are not closed and requests that wait, by member.
    open: Vec<OpenOrderView>,
    /// Lots in force, and who is next there without this supplier.
    lots: Vec<AffectedLotView>,
}

/// A stop.
#[derive(Debug, Serialize, ToSchema)]
pub struct StopView {
    id: Uuid,
    /// The one contract it concerns; none: all of the body.
    contract_id: Option<Uuid>,
    contract_number: Option<String>,
    /// Number of the one lot; none: all of the contract.
    lot: Option<i32>,
    stopped_from: NaiveDate,
    reason: String,
    document: String,
    lifted_from: Option<NaiveDate>,
}

/// An order or request.
#[derive(Debug, Serialize, ToSchema)]
pub struct OpenOrderView {
    id: Uuid,
    number: String,
    member: String,
    contract_number: String,
    status: String,
    net: Option<String>,
    currency: String,
    /// Falls under a stop in force.
    stopped: bool,
}

/// A lot of which the supplier is party.
#[derive(Debug, Serialize, ToSchema)]
pub struct AffectedLotView {
    contract_id: Uuid,
    contract_number: String,
    lot: i32,
    mechanism: String,
    rank: i32,
    /// Since when the supplier is stopped there, by a stop of any reach.
    stopped_from: Option<NaiveDate>,
    /// Who is next there; none where there is nobody.
    next: Option<String>,
}

/// The suppliers of the body, stopped ones first.
#[utoipa::path(get, path = "/api/v1/suppliers", tag = "suppliers", responses((status = 200, body = Vec<SupplierSummary>)))]
pub async fn list(State(app): State<App>, SignedIn(actor): SignedIn) -> Result<Answer<Vec<SupplierSummary>>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let rows = supplier_stops::suppliers(&mut tx, actor.body, app.clock.today()).await?;
    let summary = |row: supplier_stops::SupplierRow| SupplierSummary {
        id: row.id,
        name: row.name,
        contracts: row.contracts,
        open_orders: row.open,
        stopped_from: row.stopped_from,
        narrow_stops: row.narrow_stops,
    };
    Ok(Answer(rows.into_iter().map(summary).collect()))
}

/// One supplier with its stops, open orders, and who is next where it cannot deliver.
#[utoipa::path(get, path = "/api/v1/suppliers/{id}", tag = "suppliers", responses((status = 200, body = SupplierView)))]
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
) -> Result<Answer<SupplierView>, Problem> {
    let supplier = OrganisationId(id);
    let mut tx = app.db.begin(&actor).await?;
    if !organisations::is_supplier(&mut tx, actor.body, supplier).await? {
        return Err(Problem::not_found());
    }
    let name = organisations::name(&mut tx, supplier).await?.ok_or_else(Problem::not_found)?;
    let address = electronic_addresses::of_supplier(&mut tx, actor.body, supplier).await?;
    let stops = supplier_stops::stops(&mut tx, actor.body, supplier).await?;
    let open = open_orders(&mut tx, actor.body, supplier, Reach::Body, app.clock.today()).await?;
    let lots = supplier_stops::affected_lots(&mut tx, actor.body, supplier, app.clock.today()).await?;
    Ok(Answer(SupplierView {
        id,
        name,
        electronic_address: address
            .map(|it| ElectronicAddressOf { scheme: it.scheme().code().to_owned(), address: it.id().to_owned() }),
        stops: stops
            .into_iter()
            .map(|stop| StopView {
                id: stop.id,
                contract_id: stop.contract.as_ref().map(|(id, _)| id.0),
                contract_number: stop.contract.map(|(_, number)| number),
                lot: stop.lot.map(|(number, _)| number),
                stopped_from: stop.stopped_from,
                reason: stop.reason,
                document: stop.document,
                lifted_from: stop.lifted_from,
            })
            .collect(),
        open: open
            .into_iter()
            .map(|order| OpenOrderView {
                id: order.id.0,
                number: order.number,
                member: order.member,
                contract_number: order.contract_number,
                status: order.status.key().to_owned(),
                net: order.net.map(|net| net.to_string()),
                currency: order.currency,
                stopped: order.stopped,
            })
            .collect(),
        lots: lots
            .into_iter()
            .map(|lot| AffectedLotView {
                contract_id: lot.contract,
                contract_number: lot.contract_number,
                lot: lot.lot_number,
                mechanism: lot.mechanism,
                rank: lot.rank,
                stopped_from: lot.stopped_from,
                next: lot.next,
            })
            .collect(),
    }))
}

/// Stops a supplier from a day on, under all contracts, one or one lot: from then the rules let nothing through to it there.
#[utoipa::path(post, path = "/api/v1/suppliers/{id}/stops", tag = "suppliers", request_body = NewStop, responses((status = 201, body = StopId)))]
pub async fn stop(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<NewStop>,
) -> Result<(StatusCode, Answer<StopId>), Problem> {
    let entered = Entered { from: new.stopped_from, document: &new.document };
    let place = Place { contract: new.contract_id.map(ContractId), lot: new.lot };
    let id = stop_supplier::stop(&app, &actor, OrganisationId(id), place, &new.reason, entered).await?;
    Ok((StatusCode::CREATED, Answer(StopId { id })))
}

/// Lifts a stop: orders are possible again from that day on.
#[utoipa::path(post, path = "/api/v1/suppliers/{id}/stops/{stop}/lift", tag = "suppliers", request_body = NewLift, responses((status = 204)))]
pub async fn lift(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path((id, stop)): Path<(Uuid, Uuid)>,
    Json(new): Json<NewLift>,
) -> Result<StatusCode, Problem> {
    let entered = Entered { from: new.lifted_from, document: &new.document };
    stop_supplier::lift(&app, &actor, OrganisationId(id), stop, entered).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Enters where a supplier receives orders as data; later orders to it can be fetched as Peppol messages.
#[utoipa::path(put, path = "/api/v1/suppliers/{id}/electronic-address", tag = "suppliers", request_body = ElectronicAddressOf, responses((status = 204)))]
pub async fn set_electronic_address(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    Json(new): Json<ElectronicAddressOf>,
) -> Result<StatusCode, Problem> {
    set_electronic_address::set(&app, &actor, OrganisationId(id), &new.scheme, &new.address).await?;
    Ok(StatusCode::NO_CONTENT)
}
