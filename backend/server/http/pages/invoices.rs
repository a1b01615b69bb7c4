//! `/abrufe/{id}/rechnungen` and `/verwaltung/lieferantenauftraege/{id}/rechnungen`: what was billed to the member, and
//! to the body for the supplier order of a pair; what of it may be paid, and what must not.

use abruf_domain::finding::Outcome;
use abruf_domain::ids::CallOffId;
use abruf_domain::invoice::StatedGroup;
use abruf_domain::money::{Net, Percent, Quantity};
use abruf_domain::period::Period;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use crate::actions::note_invoice::{self, InvoiceInput, InvoiceLineInput, SURCHARGE};
use crate::actions::{ActionError, FieldError, note_supplier_invoice};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Path};
use crate::http::filters;
use crate::http::finding_view::FindingView;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::draft::Away;
use crate::http::pages::line_quantities::line_state;
use crate::http::pages::pair_view::state_class;
use crate::http::pages::read_amount::read_amount;
use crate::http::pages::typed_fields::TypedFields;
use crate::http::pages::written::{day, instant, money, quantity, status_class};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::call_offs::{self, CallOff};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::invoices::{self, Invoice, Payer};
use crate::storage::order_lines::{self, OrderLine};
use crate::storage::{Tx, contracts, organisations};

#[derive(askama::Template)]
#[template(path = "pages/invoices.html")]
struct InvoicesPage {
    frame: Frame,
    /// The list above the order, and the order: address and words.
    crumbs: [(String, String); 2],
    number: String,
    supplier: String,
    /// Style and words of the order's state.
    state: (&'static str, &'static str),
    /// Why no invoice can be noted at all; empty otherwise.
    closed: String,
    may_note: bool,
    /// Address of the page.
    path: String,
    invoices: Vec<InvoiceView>,
    /// Fields of the lines that can still be billed.
    lines: Vec<BilledLine>,
    /// VAT rates of the order, for the printed sums: rate and field.
    rates: Vec<(String, String)>,
    typed: TypedFields,
    mistakes: Mistakes,
    today: String,
    idempotency_key: Uuid,
}

/// An invoice in words.
struct InvoiceView {
    id: Uuid,
    /// „Rechnung 4711 vom 01.03.2027“
    title: String,
    /// „zur Zahlung frei“, „Zahlung gesperrt“, „gilt nicht mehr“
    state: &'static str,
    class: &'static str,
    /// Net, VAT, gross, and what of it is covered.
    amounts: String,
    lines: Vec<String>,
    findings: Vec<FindingView>,
    /// Why it counts no more.
    cancelled: String,
    who: String,
    /// It can be replaced or sent back.
    stands: bool,
}

/// The fields of a line.
struct BilledLine {
    position: i32,
    title: String,
    state: String,
    quantity: String,
    unit_price: String,
    /// Its period, where it is a subscription.
    period: Option<(String, String)>,
    mistake: Option<String>,
}

impl InvoicesPage {
    /// Invoices a corrected one can replace.
    fn replaceable(&self) -> Vec<&InvoiceView> {
        self.invoices.iter().filter(|it| it.stands).collect()
    }
}

/// `GET /abrufe/{id}/rechnungen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Response, Away> {
    rendered(&app, &actor, frame, (CallOffId(id), Payer::Member), TypedFields::default(), Mistakes::default()).await
}

/// `GET /verwaltung/lieferantenauftraege/{id}/rechnungen`
pub async fn show_of_body(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Response, Away> {
    rendered(&app, &actor, frame, (CallOffId(id), Payer::Body), TypedFields::default(), Mistakes::default()).await
}

/// `POST /abrufe/{id}/rechnungen`
pub async fn note(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, fields): KeyedForm<Vec<(String, String)>>,
) -> Result<Response, Away> {
    note_for(&app, &actor, frame, (CallOffId(id), Payer::Member), key.as_ref(), TypedFields(fields)).await
}

/// `POST /verwaltung/lieferantenauftraege/{id}/rechnungen`
pub async fn note_of_body(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, fields): KeyedForm<Vec<(String, String)>>,
) -> Result<Response, Away> {
    note_for(&app, &actor, frame, (CallOffId(id), Payer::Body), key.as_ref(), TypedFields(fields)).await
}

async fn note_for(
    app: &App,
    actor: &Actor,
    frame: Frame,
    (id, payer): (CallOffId, Payer),
    key: Option<&IdempotencyKey>,
    typed: TypedFields,
) -> Result<Response, Away> {
    let done = match read(&typed) {
        Ok(input) => {
            let noted = match payer {
                Payer::Member => note_invoice::note(app, actor, id, &input, key).await,
                Payer::Body => note_supplier_invoice::note(app, actor, id, &input, key).await,
            };
            let position = |at: usize| input.lines.get(at).map(|line| line.position);
            noted.map(|_| ()).map_err(|error| at_fields(error, &position))
        }
        Err(error) => Err(error),
    };
    answered(app, actor, frame, (id, payer), typed, done).await
}

/// `POST /abrufe/{id}/rechnungen/aufheben`
pub async fn cancel(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let typed = TypedFields(fields);
    let done = note_invoice::cancel(&app, &actor, CallOffId(id), chosen(&typed)?, typed.at("reason")).await;
    answered(&app, &actor, frame, (CallOffId(id), Payer::Member), typed, done).await
}

/// `POST /verwaltung/lieferantenauftraege/{id}/rechnungen/aufheben`
pub async fn cancel_of_body(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let typed = TypedFields(fields);
    let done = note_supplier_invoice::cancel(&app, &actor, CallOffId(id), chosen(&typed)?, typed.at("reason")).await;
    answered(&app, &actor, frame, (CallOffId(id), Payer::Body), typed, done).await
}

fn chosen(typed: &TypedFields) -> Result<Uuid, Problem> {
    typed.at("rechnung").parse().map_err(|_| Problem::bad_request("Diese Rechnung gibt es nicht."))
}

/// The invoice, if every field can be read.
fn read(typed: &TypedFields) -> Result<InvoiceInput, ActionError> {
    let invoiced_on = typed.day("invoiced_on")?;
    let mut lines = Vec::new();
    let mut stated = Vec::new();
    for (name, value) in &typed.0 {
        let value = value.trim();
        if let Some(position) = name.strip_prefix("menge_").and_then(|it| it.parse::<i32>().ok())
            && !value.is_empty()
        {
            let [from, to] = ["von", "bis"].map(|end| typed.day_if_any(&format!("{end}_{position}")));
            let performance = match (from?, to?) {
                (Some(from), Some(to)) => Some(Period::new(from, to).map_err(|_| {
                    let message =
                        format!("Das Ende liegt vor dem Beginn am {}. Bitte prüfen Sie beide Daten.", day(from));
                    ActionError::Invalid(vec![FieldError::new(format!("menge_{position}"), message)])
                })?),
                _ => None,
            };
            lines.push(InvoiceLineInput {
                position,
                quantity: value.to_owned(),
                unit_price: typed.at(&format!("preis_{position}")).to_owned(),
                vat_rate: None,
                performance,
            });
        }
        if let Some(rate) = name.strip_prefix("summe_").and_then(|it| it.parse::<Percent>().ok()) {
            let wrong = |message| ActionError::Invalid(vec![FieldError::new(name.clone(), message)]);
            if let Some(amount) = read_amount(value).map_err(wrong)? {
                let too_large = |_| wrong("Dieser Betrag ist zu groß. Bitte prüfen Sie die Eingabe.".to_owned());
                stated.push(StatedGroup { rate, net: Net::new(amount).map_err(too_large)? });
            }
        }
    }
    Ok(InvoiceInput {
        number: typed.at("number").to_owned(),
        invoiced_on,
        lines,
        stated,
        replaces: typed.at("replaces").parse().ok(),
    })
}

/// Mistakes of `lines[0].…` moved to the field of that line.
fn at_fields(error: ActionError, position: &dyn Fn(usize) -> Option<i32>) -> ActionError {
    let ActionError::Invalid(errors) = error else { return error };
    let field = |error: &FieldError| {
        let index: usize = error.field.strip_prefix("lines[")?.split(']').next()?.parse().ok()?;
        Some(format!("menge_{}", position(index)?))
    };
    ActionError::Invalid(
        errors
            .into_iter()
            .map(|error| match field(&error) {
                Some(field) => FieldError { field, ..error },
                None => error,
            })
            .collect(),
    )
}

async fn answered(
    app: &App,
    actor: &Actor,
    frame: Frame,
    (id, payer): (CallOffId, Payer),
    typed: TypedFields,
    done: Result<(), ActionError>,
) -> Result<Response, Away> {
    match done {
        Ok(()) => Ok(Redirect::to(&address(id, payer)).into_response()),
        Err(ActionError::Invalid(errors)) => {
            let page = rendered(app, actor, frame.with_mistakes(), (id, payer), typed, Mistakes(errors)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn address(id: CallOffId, payer: Payer) -> String {
    match payer {
        Payer::Member => format!("/abrufe/{id}/rechnungen"),
        Payer::Body => format!("/verwaltung/lieferantenauftraege/{id}/rechnungen"),
    }
}

/// What is billed to whom, in words.
struct Billed {
    order: CallOff,
    lines: Vec<OrderLine>,
    state: (&'static str, &'static str),
    /// Why nothing can be billed; empty where something can.
    closed: String,
    /// May note invoices of it.
    noters: &'static [Role],
    list: (String, String),
    above: String,
}

async fn billed(tx: &mut Tx, id: CallOffId, payer: Payer) -> Result<Billed, Away> {
    let (call_off, _) = call_offs::find(tx, id).await?.ok_or_else(Problem::not_found)?;
    match payer {
        Payer::Member => {
            let status = call_off.status;
            let why =
                || format!("Dieser Abruf ist „{}“. Rechnungen gibt es nur zu erteilten Abrufen.", status.german());
            Ok(Billed {
                lines: order_lines::of_call_off(tx, &call_off).await?,
                state: (status_class(status), status.german()),
                closed: if status.is_ordered() { String::new() } else { why() },
                noters: &[Role::Buyer, Role::Treasurer],
                list: ("/abrufe".to_owned(), "Abrufe".to_owned()),
                above: format!("/abrufe/{id}"),
                order: call_off,
            })
        }
        Payer::Body => {
            let it = note_supplier_invoice::billed(tx, &call_off).await?.ok_or_else(Problem::not_found)?;
            let state = it.decided.state;
            let why = || {
                format!(
                    "Dieser Lieferantenauftrag ist „{}“. Rechnungen gibt es nur zu freigegebenen Aufträgen.",
                    state.german()
                )
            };
            Ok(Billed {
                order: it.order,
                lines: it.lines,
                state: (state_class(state), state.german()),
                closed: if it.decided.was_approved() { String::new() } else { why() },
                noters: &[Role::Office],
                list: ("/verwaltung/lieferantenauftraege".to_owned(), "Lieferantenaufträge".to_owned()),
                above: format!("/verwaltung/lieferantenauftraege/{id}"),
            })
        }
    }
}

async fn rendered(
    app: &App,
    actor: &Actor,
    frame: Frame,
    (id, payer): (CallOffId, Payer),
    typed: TypedFields,
    mistakes: Mistakes,
) -> Result<Response, Away> {
    let mut tx = app.db.begin(actor).await?;
    let Billed { order, lines, state, closed, noters, list, above } = billed(&mut tx, id, payer).await?;
    let number = order.number.clone().unwrap_or_else(|| order.case_number.clone());
    let currency = contracts::currency_of(&mut tx, id).await?.unwrap_or_default();
    let invoices = invoices::paid_by(&mut tx, &order, payer).await?;
    let mut rates: Vec<Percent> = lines.iter().filter_map(|line| line.vat_rate).collect();
    rates.sort_unstable();
    rates.dedup();
    let page = InvoicesPage {
        crumbs: [list, (above, number.clone())],
        supplier: organisations::name(&mut tx, order.supplier).await?.unwrap_or_default(),
        state,
        may_note: noters.contains(&actor.role) && closed.is_empty(),
        closed,
        path: address(id, payer),
        // What stands first, the newest of it on top.
        invoices: {
            let mut views: Vec<InvoiceView> = invoices.iter().rev().map(|it| view(it, &lines, &currency)).collect();
            views.sort_by_key(|it| !it.stands);
            views
        },
        lines: fields(&order, &lines, &invoices, &typed, &mistakes),
        rates: rates.into_iter().map(|rate| (rate.to_string().replace('.', ","), format!("summe_{rate}"))).collect(),
        today: day(app.clock.today()),
        idempotency_key: app.chance.id(app.clock.now()),
        frame: frame.titled(format!("Rechnungen {number}")),
        number,
        typed,
        mistakes,
    };
    Ok(Page(page).into_response())
}

fn view(it: &Invoice, lines: &[OrderLine], currency: &str) -> InvoiceView {
    let (state, class) = match (&it.cancelled, it.blocked) {
        (Some(_), _) => ("gilt nicht mehr", "status"),
        (None, true) => ("Zahlung gesperrt", "status status--bad"),
        (None, false) => ("zur Zahlung frei", "status status--good"),
    };
    let written = |net: Net| money(net.decimal(), currency);
    let covered = if it.blocked {
        format!(" Durch Bestellung und Lieferung gedeckt: {} netto.", written(it.payable))
    } else {
        String::new()
    };
    let title = |position: i32| match lines.iter().find(|line| line.position == position) {
        Some(line) => line.title.clone(),
        None => "Mindermengenzuschlag".to_owned(),
    };
    InvoiceView {
        id: it.id,
        title: format!("Rechnung {} vom {}", it.number, day(it.invoiced_on)),
        state,
        class,
        amounts: format!(
            "{} netto, {} Umsatzsteuer, {} brutto.{covered}",
            written(it.net),
            money(it.vat.decimal(), currency),
            money(it.net.plus_vat(it.vat).decimal(), currency)
        ),
        lines: it
            .lines
            .iter()
            .map(|line| {
                let period =
                    line.performance.map(|period| format!(", {} bis {}", day(period.from()), day(period.to())));
                format!(
                    "{} × {} zu {}{}: {}",
                    quantity(line.quantity),
                    title(line.position),
                    crate::http::pages::written::unit_price(line.unit_price, currency),
                    period.unwrap_or_default(),
                    written(line.net)
                )
            })
            .collect(),
        findings: it
            .findings
            .iter()
            .filter(|finding| finding.outcome != Outcome::Passed && it.cancelled.is_none())
            .map(|finding| FindingView::on_page(finding, currency))
            .collect(),
        cancelled: it
            .cancelled
            .as_ref()
            .map(|(why, at)| format!("{}, {}", as_typed(why), instant(*at)))
            .unwrap_or_default(),
        who: format!("erfasst {}, {}", instant(it.at), as_typed(&it.person)),
        stands: it.cancelled.is_none(),
    }
}

/// The lines of the form: quantity and price as ordered stand in it, to be compared with the paper.
fn fields(
    call_off: &CallOff,
    lines: &[OrderLine],
    invoices: &[Invoice],
    typed: &TypedFields,
    mistakes: &Mistakes,
) -> Vec<BilledLine> {
    let billed = |position: i32| -> Quantity {
        let counting = invoices.iter().filter(|invoice| invoice.counts()).flat_map(|invoice| &invoice.lines);
        counting.filter(|line| line.position == position).map(|line| line.quantity).sum()
    };
    let price = |price: String| price.replace('.', ",");
    let surcharge = call_off.amounts.map(|amounts| amounts.surcharge).filter(|surcharge| !surcharge.is_zero());
    let of_lines = lines.iter().filter(|line| !line.quantity.is_zero()).map(|line| {
        let billed = billed(line.position);
        let arrived = if line.delivered.is_zero() { line.quantity } else { line.delivered };
        let rest = if line.monthly {
            line.quantity
        } else if billed < arrived {
            arrived - billed
        } else {
            Quantity::ZERO
        };
        let state = if billed.is_zero() || line.monthly {
            line_state(line)
        } else {
            format!("{}, berechnet {}", line_state(line), quantity(billed))
        };
        let period = call_off.details.performance.filter(|_| line.monthly);
        (
            line.position,
            format!("{}. {}", line.position, as_typed(&line.title)),
            state,
            if rest.is_zero() { String::new() } else { quantity(rest) },
            price(line.unit_price.with_decimals(2)),
            period.map(|period| (day(period.from()), day(period.to()))),
        )
    });
    let of_surcharge = surcharge.into_iter().map(|net| {
        let rest = if billed(SURCHARGE).is_zero() { "1" } else { "" };
        (SURCHARGE, "Mindermengenzuschlag".to_owned(), String::new(), rest.to_owned(), price(net.to_string()), None)
    });
    of_lines
        .chain(of_surcharge)
        .map(|(position, title, state, rest, price, period)| {
            let at = |name: &str, else_this: &str| typed.or(&format!("{name}_{position}"), else_this).to_owned();
            BilledLine {
                position,
                title,
                state,
                quantity: at("menge", &rest),
                unit_price: at("preis", &price),
                period: period.map(|(from, to)| (at("von", &from), at("bis", &to))),
                mistake: mistakes.at(&format!("menge_{position}")).map(str::to_owned),
            }
        })
        .collect()
}
