//! `/verwaltung/lieferanten`, `/verwaltung/lieferanten/{id}`: the body's suppliers; stop one from a day on,
//! lift the stop, and see what is open with it, by member, and who is next where it cannot deliver; enter where it
//! receives orders as data.

use std::collections::BTreeMap;

use abruf_domain::electronic_address::Scheme;
use abruf_domain::ids::OrganisationId;
use abruf_domain::money::Net;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;
use uuid::Uuid;

use crate::actions::stop_supplier::{self, Entered, REASONS};
use crate::actions::{ActionError, FieldError, set_electronic_address};
use crate::actor::Actor;
use crate::app::App;
use crate::http::extract::{Form, Path, Query};
use crate::http::filters;
use crate::http::form::Mistakes;
use crate::http::layout::{Frame, Page};
use crate::http::pages::supplier_stop_words::{places, read_place, stop_words};
use crate::http::pages::written::{count, day, money, read_day, status_class, whole};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::open_orders::{OpenOrder, open_orders};
use crate::storage::supplier_stops::{self, AffectedLot, Reach, Stop};
use crate::storage::{electronic_addresses, organisations};

/// The list.
#[derive(askama::Template)]
#[template(path = "pages/suppliers.html")]
pub struct SuppliersPage {
    frame: Frame,
    count: String,
    rows: Vec<ListRow>,
}

/// A supplier in words.
struct ListRow {
    id: Uuid,
    name: String,
    contracts: String,
    open: String,
    state: (&'static str, String),
}

/// `GET /verwaltung/lieferanten`
pub async fn list(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
) -> Result<Page<SuppliersPage>, Problem> {
    let today = app.clock.today();
    let mut tx = app.db.begin(&actor).await?;
    let rows = supplier_stops::suppliers(&mut tx, actor.body, today).await?;
    Ok(Page(SuppliersPage {
        frame: frame.titled("Lieferanten"),
        count: count(i64::try_from(rows.len()).unwrap_or(i64::MAX), "Lieferant", "Lieferanten"),
        rows: rows
            .into_iter()
            .map(|row| ListRow {
                id: row.id,
                contracts: whole(row.contracts),
                open: whole(row.open),
                state: match row.stopped_from {
                    Some(from) if from <= today => ("status status--bad", format!("gesperrt seit {}", day(from))),
                    Some(from) => ("status status--wait", format!("gesperrt ab {}", day(from))),
                    None if 0 < row.narrow_stops => {
                        ("status status--wait", "für einzelne Verträge gesperrt".to_owned())
                    }
                    None => ("status status--good", "lieferfähig".to_owned()),
                },
                name: row.name,
            })
            .collect(),
    }))
}

/// One supplier.
#[derive(askama::Template)]
#[template(path = "pages/supplier.html")]
pub struct SupplierPage {
    frame: Frame,
    id: Uuid,
    name: String,
    state: (&'static str, String),
    /// Stops that have not been lifted: id and words.
    open_stops: Vec<(String, String)>,
    /// Where it can be stopped: key and words.
    places: Vec<(String, String)>,
    past: Vec<String>,
    orders: Vec<MemberOrders>,
    orders_line: String,
    lots: Vec<LotRow>,
    /// Code and German of the kinds of electronic addresses.
    schemes: Vec<(&'static str, String)>,
    typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
}

/// What a member has open with the supplier.
struct MemberOrders {
    member: String,
    email: String,
    sums: String,
    rows: Vec<OrderRow>,
}

/// An order or request in words.
struct OrderRow {
    id: String,
    number: String,
    contract: String,
    state: (&'static str, &'static str),
    dated: String,
    net: String,
    /// Falls under a stop in force.
    stopped: bool,
}

/// A lot in words.
struct LotRow {
    contract: Uuid,
    contract_name: String,
    lot: String,
    mechanism: &'static str,
    /// „seit 01.12.2026“; empty where it is not stopped.
    stopped: String,
    next: String,
}

impl SupplierPage {
    fn action(&self) -> String {
        format!("/verwaltung/lieferanten/{}", self.id)
    }
}

/// Every field of the page; each form sends its own.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// stop, lift or address.
    form: String,
    stop: String,
    /// Empty: all contracts; `contract` or `contract:lot`.
    place: String,
    stopped_from: String,
    reason: String,
    document: String,
    lifted_from: String,
    lift_document: String,
    scheme: String,
    electronic_address: String,
}

/// What the address may carry.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    hinweis: String,
}

/// `GET /verwaltung/lieferanten/{id}`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Query(asked): Query<Asked>,
) -> Result<Page<SupplierPage>, Problem> {
    let hint = match asked.hinweis.as_str() {
        "gesperrt" => "Die Sperre ist eingetragen. Mitglieder mit offenen Abrufen sehen sie auf ihrer Startseite.",
        "aufgehoben" => "Das Ende der Sperre ist eingetragen.",
        "adresse" => "Die elektronische Adresse ist gespeichert. Sie gilt für künftige Bestellungen.",
        _ => "",
    };
    Ok(Page(page(&app, &actor, frame, id, Typed::default(), Mistakes::default(), hint).await?))
}

/// `POST /verwaltung/lieferanten/{id}`
pub async fn change(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let mut tx = app.db.begin(&actor).await?;
    known(&mut tx, &actor, id).await?;
    tx.rollback().await?;
    match act(&app, &actor, OrganisationId(id), &typed).await {
        Ok(hint) => Ok(Redirect::to(&format!("/verwaltung/lieferanten/{id}?hinweis={hint}")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            let page = page(&app, &actor, frame.with_mistakes(), id, typed, Mistakes(errors), "").await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(page)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn act(app: &App, actor: &Actor, id: OrganisationId, typed: &Typed) -> Result<&'static str, ActionError> {
    if typed.form == "address" {
        set_electronic_address::set(app, actor, id, &typed.scheme, &typed.electronic_address).await?;
        return Ok("adresse");
    }
    if typed.form == "lift" {
        let from =
            needed("lifted_from", &typed.lifted_from, "Bitte geben Sie ein, ab wann wieder bestellt werden darf.")?;
        let entered = Entered { from, document: &typed.lift_document };
        let stop: Uuid = typed.stop.parse().map_err(|_| {
            ActionError::Invalid(vec![FieldError::new("stop", "Bitte wählen Sie die Sperre, die endet.")])
        })?;
        stop_supplier::lift(app, actor, id, stop, entered).await?;
        return Ok("aufgehoben");
    }
    let from =
        needed("stopped_from", &typed.stopped_from, "Bitte geben Sie ein, ab wann nichts mehr bestellt werden darf.")?;
    let entered = Entered { from, document: &typed.document };
    let stopped = stop_supplier::stop(app, actor, id, read_place(&typed.place)?, &typed.reason, entered).await;
    stopped.map_err(|error| error.at("contract_id", "place").at("lot", "place"))?;
    Ok("gesperrt")
}

fn needed(field: &str, text: &str, missing: &str) -> Result<NaiveDate, ActionError> {
    let wrong = |message: String| ActionError::Invalid(vec![FieldError::new(field, message)]);
    read_day(text).map_err(wrong)?.ok_or_else(|| wrong(missing.to_owned()))
}

async fn known(conn: &mut sqlx::PgConnection, actor: &Actor, id: Uuid) -> Result<String, Problem> {
    if !organisations::is_supplier(&mut *conn, actor.body, OrganisationId(id)).await? {
        return Err(Problem::not_found());
    }
    organisations::name(conn, OrganisationId(id)).await?.ok_or_else(Problem::not_found)
}

async fn page(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: Uuid,
    mut typed: Typed,
    mistakes: Mistakes,
    hint: &'static str,
) -> Result<SupplierPage, Problem> {
    let supplier = OrganisationId(id);
    let today = app.clock.today();
    let mut tx = app.db.begin(actor).await?;
    let name = known(&mut tx, actor, id).await?;
    let stops = supplier_stops::stops(&mut tx, actor.body, supplier).await?;
    let orders = open_orders(&mut tx, actor.body, supplier, Reach::Body, today).await?;
    let lots = supplier_stops::affected_lots(&mut tx, actor.body, supplier, today).await?;
    if typed.form != "address"
        && let Some(address) = electronic_addresses::of_supplier(&mut tx, actor.body, supplier).await?
    {
        typed.scheme = address.scheme().code().to_owned();
        typed.electronic_address = address.id().to_owned();
    }
    // The widest speaks for the supplier.
    let mut running: Vec<&Stop> =
        stops.iter().filter(|stop| stop.lifted_from.is_none_or(|lifted| today < lifted)).collect();
    running.sort_by_key(|stop| stop.contract.is_some());
    Ok(SupplierPage {
        frame: frame.titled(name.clone()),
        id,
        name,
        state: match running.first() {
            Some(stop) if stop.contract.is_some() => {
                ("status status--wait", "für einzelne Verträge gesperrt".to_owned())
            }
            Some(stop) if stop.stopped_from <= today => {
                ("status status--bad", format!("gesperrt seit {}", day(stop.stopped_from)))
            }
            Some(stop) => ("status status--wait", format!("gesperrt ab {}", day(stop.stopped_from))),
            None => ("status status--good", "lieferfähig".to_owned()),
        },
        open_stops: stops
            .iter()
            .filter(|stop| stop.lifted_from.is_none())
            .map(|stop| (stop.id.to_string(), stop_words(stop)))
            .collect(),
        places: places(&lots),
        past: stops.iter().filter(|stop| stop.lifted_from.is_some()).map(stop_words).collect(),
        orders_line: orders_line(&orders),
        orders: by_member(&orders),
        lots: lots.into_iter().map(lot_row).collect(),
        schemes: Scheme::ALL.into_iter().map(|it| (it.code(), format!("{} ({})", it.german(), it.code()))).collect(),
        typed,
        mistakes,
        hint,
    })
}

fn orders_line(orders: &[OpenOrder]) -> String {
    let number = |wanted: bool| {
        let found = orders.iter().filter(|order| order.status.is_ordered() == wanted).count();
        i64::try_from(found).unwrap_or(i64::MAX)
    };
    format!(
        "{}, {}",
        count(number(true), "offene Bestellung", "offene Bestellungen"),
        count(number(false), "Anfrage wartet auf Freigabe", "Anfragen warten auf Freigabe")
    )
}

/// In the order of the rows, which come by member.
fn by_member(orders: &[OpenOrder]) -> Vec<MemberOrders> {
    let mut members: Vec<(MemberOrders, BTreeMap<String, Net>)> = Vec::new();
    for order in orders {
        if members.last().is_none_or(|(last, _)| last.member != order.member) {
            let blank = MemberOrders {
                member: order.member.clone(),
                email: order.member_email.clone(),
                sums: String::new(),
                rows: Vec::new(),
            };
            members.push((blank, BTreeMap::new()));
        }
        let Some((member, sums)) = members.last_mut() else { continue };
        if let Some(net) = order.net {
            *sums.entry(order.currency.clone()).or_insert(Net::ZERO) += net;
        }
        member.rows.push(OrderRow {
            id: order.id.to_string(),
            number: order.number.clone(),
            contract: order.contract_number.clone(),
            state: (status_class(order.status), order.status.german()),
            dated: order.dated_on.map(day).unwrap_or_default(),
            net: order.net.map(|net| money(net.decimal(), &order.currency)).unwrap_or_default(),
            stopped: order.stopped,
        });
    }
    members
        .into_iter()
        .map(|(member, sums)| MemberOrders {
            sums: sums.iter().map(|(currency, net)| money(net.decimal(), currency)).collect::<Vec<_>>().join(", "),
            ..member
        })
        .collect()
}

fn lot_row(lot: AffectedLot) -> LotRow {
    LotRow {
        contract: lot.contract,
        contract_name: format!("{} {}", lot.contract_number, lot.contract_title),
        lot: format!("Los {} {}", lot.lot_number, lot.lot_title),
        mechanism: match lot.mechanism.as_str() {
            "cascade" => "Rangfolge",
            "rotation" => "reihum",
            "best_price_per_item" => "günstigster je Position",
            "mini_competition_above" => "Rangfolge, darüber Miniwettbewerb",
            _ => "ein Lieferant",
        },
        stopped: lot.stopped_from.map(|from| format!("gesperrt ab {}", day(from))).unwrap_or_default(),
        next: lot.next.unwrap_or_else(|| "niemand: Abrufe sind dann nicht möglich".to_owned()),
    }
}
