//! `/verwaltung/lieferantenauftraege`, `/verwaltung/lieferantenauftraege/{id}`: what the body orders from
//! suppliers for its members. The office looks at the pair, approves or refuses, and sends the paper.

use abruf_domain::Review;
use abruf_domain::facts::CheckPoint;
use abruf_domain::ids::CallOffId;
use abruf_domain::supplier_order::{State as OrderState, may_decide};
use abruf_domain::supply_chain::{on_the_supplier_side, price_of_the_supplier};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::{ActionError, decide_supplier_order, rest_of_order};
use crate::actor::Actor;
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::order_view::OrderView;
use crate::http::pages::pair_view::{PairRow, pair_view, state_class};
use crate::http::pages::written::{count, day_of, instant, money};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::call_offs::{self, CallOff};
use crate::storage::supplier_orders::{self, Listed, SupplierOrder};
use crate::storage::{assignments, contracts, documents, history, organisations};

/// More than anybody leaves open; older decisions stand at their call-offs.
const MOST: i64 = 200;

/// The list.
#[derive(askama::Template)]
#[template(path = "pages/supplier_orders.html")]
pub struct ListPage {
    frame: Frame,
    waiting: String,
    rows: Vec<Row>,
}

/// A supplier order in words.
struct Row {
    it: Listed,
    state: (&'static str, &'static str),
    gross: String,
    since: String,
}

/// `GET /verwaltung/lieferantenauftraege`
pub async fn list(State(app): State<App>, SignedIn(actor): SignedIn, frame: Frame) -> Result<Page<ListPage>, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    let rows = supplier_orders::list(&mut tx, actor.person, false, MOST).await?;
    let waiting = rows.iter().filter(|it| it.state == OrderState::Waiting).count();
    let waiting = i64::try_from(waiting).unwrap_or(i64::MAX);
    Ok(Page(ListPage {
        frame: frame.titled("Lieferantenaufträge"),
        waiting: if waiting == 0 {
            "Nichts zu entscheiden.".to_owned()
        } else {
            count(waiting, "Lieferantenauftrag wartet.", "Lieferantenaufträge warten.")
        },
        rows: rows
            .into_iter()
            .map(|it| Row {
                state: (state_class(it.state), it.state.german()),
                gross: money(it.gross.decimal(), &it.currency),
                since: day_of(it.created_at),
                it,
            })
            .collect(),
    }))
}

/// One supplier order.
#[derive(askama::Template)]
#[template(path = "pages/supplier_order.html")]
struct OrderPage {
    frame: Frame,
    id: CallOffId,
    it: SupplierOrder,
    state: (&'static str, &'static str),
    contract: String,
    member: String,
    supplier: String,
    pair: Option<[PairRow; 2]>,
    order: OrderView,
    requester: String,
    releaser: String,
    released: String,
    decided: String,
    delivery_address: String,
    may_decide: bool,
    has_document: bool,
    mistakes: Mistakes,
    reason: String,
    hint: &'static str,
    idempotency_key: Uuid,
}

impl OrderPage {
    fn waits(&self) -> bool {
        self.it.state == OrderState::Waiting
    }
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /verwaltung/lieferantenauftraege/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let hint = match asked.hinweis.as_str() {
        "freigegeben" => "Der Lieferantenauftrag ist freigegeben. Senden Sie das PDF an den Lieferanten.",
        "abgelehnt" => {
            "Der Lieferantenauftrag ist abgelehnt, die In-House-Bestellung storniert. Das Volumen ist wieder frei."
        }
        _ => "",
    };
    let page = page(&app, &actor, frame, CallOffId(id), Mistakes::default(), String::new(), hint).await?;
    Ok(Page(page).into_response())
}

/// The decision.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    reason: String,
}

/// `POST /verwaltung/lieferantenauftraege/{id}/freigeben`
pub async fn approve(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Path(id): Path<Uuid>,
    KeyedForm(key, _): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    decide_supplier_order::approve(&app, &actor, CallOffId(id), key.as_ref()).await?;
    Ok(Redirect::to(&format!("/verwaltung/lieferantenauftraege/{id}?hinweis=freigegeben")).into_response())
}

/// `POST /verwaltung/lieferantenauftraege/{id}/ablehnen`
pub async fn refuse(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, typed): KeyedForm<Typed>,
) -> Result<Response, Problem> {
    match decide_supplier_order::refuse(&app, &actor, CallOffId(id), &typed.reason, key.as_ref()).await {
        Ok(_) => Ok(Redirect::to(&format!("/verwaltung/lieferantenauftraege/{id}?hinweis=abgelehnt")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            let page =
                page(&app, &actor, frame.with_mistakes(), CallOffId(id), Mistakes(errors), typed.reason, "").await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: CallOffId,
    mistakes: Mistakes,
    reason: String,
    hint: &'static str,
) -> Result<OrderPage, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let it = supplier_orders::of_call_off(&mut tx, &call_off).await?.ok_or_else(Problem::not_found)?;
    let contract = contracts::find(&mut tx, call_off.contract).await?.ok_or_else(Problem::not_found)?;
    let (facts, review) = history::latest_judgement(&mut tx, call_off.contract, id, CheckPoint::Release.key())
        .await?
        .ok_or_else(Problem::not_found)?;
    let in_house = rest_of_order::standing(&mut tx, &call_off, &facts, &review).await?;
    let of_supplier = Review { priced: price_of_the_supplier(&facts), ..review };
    let of_supplier = rest_of_order::standing(&mut tx, &call_off, &on_the_supplier_side(&facts), &of_supplier).await?;
    let documents = documents::of_call_off(&mut tx, call_off.contract, id).await?;
    let CallOff { member, supplier, released_at, .. } = &call_off;
    Ok(OrderPage {
        id,
        state: (state_class(it.state), it.state.german()),
        contract: format!("{} {}", contract.number, as_typed(&contract.title)),
        member: organisations::name(&mut tx, *member).await?.unwrap_or_default(),
        supplier: organisations::name(&mut tx, *supplier).await?.unwrap_or_default(),
        pair: pair_view(&mut tx, &call_off, &facts, &in_house.priced).await?,
        order: OrderView::of(&facts, &of_supplier.priced),
        requester: assignments::person_name(&mut tx, it.requester).await?.unwrap_or_default(),
        releaser: assignments::person_name(&mut tx, it.releaser).await?.unwrap_or_default(),
        released: released_at.map(instant).unwrap_or_default(),
        decided: it
            .decided_at
            .map(|at| format!("{}, {}", it.decider.clone().unwrap_or_default(), instant(at)))
            .unwrap_or_default(),
        delivery_address: call_off.details.delivery_address.clone(),
        may_decide: may_decide(actor.person, it.requester, it.releaser),
        has_document: it.was_approved() || documents.iter().any(|document| document.kind == "supplier_order"),
        mistakes,
        reason,
        hint,
        idempotency_key: app.chance.id(app.clock.now()),
        frame: frame.titled(it.number.clone()),
        it,
    })
}
