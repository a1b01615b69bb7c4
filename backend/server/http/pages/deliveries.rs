//! `/abrufe/{id}/lieferungen`: the order on its way. What is to be done next stands on top.

use abruf_domain::call_off::Status;
use abruf_domain::finding::Outcome;
use abruf_domain::ids::CallOffId;
use abruf_domain::supplier_order::State as OrderState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use uuid::Uuid;

use crate::actions::confirm_order::{self, ConfirmationInput};
use crate::actions::dispatch_order::{self, CHANNELS};
use crate::actions::file_complaint::{self, ComplaintInput};
use crate::actions::note_delivery::{self, DeliveryInput};
use crate::actions::send_order::{self, SENDERS};
use crate::actions::{ActionError, close_short, report_bounce, send_change};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::http::english::typed::as_typed;
use crate::http::extract::{Form, Path};
use crate::http::filters;
use crate::http::finding_view::FindingView;
use crate::http::form::Mistakes;
use crate::http::idempotency::KeyedForm;
use crate::http::layout::{Frame, Page};
use crate::http::pages::delivery_mail::MailView;
use crate::http::pages::draft::Away;
use crate::http::pages::line_quantities::{LineField, QUANTITY, at_fields, line_fields, line_state, typed_parts};
use crate::http::pages::typed_fields::TypedFields;
use crate::http::pages::written::{day, day_of, instant, quantity, status_class};
use crate::http::problem::Problem;
use crate::http::session::SignedIn;
use crate::storage::call_offs::{self, CallOff};
use crate::storage::complaints::{self, Complaint};
use crate::storage::confirmations::{self, By, Confirmation};
use crate::storage::deliveries::{self, Delivery};
use crate::storage::dispatches::{self, DispatchNote};
use crate::storage::order_lines::{self, OrderLine};
use crate::storage::{contracts, organisations, supplier_orders};

/// What the fields of confirmed quantities are called, before the position.
const CONFIRMED: &str = "bestaetigt_";

/// What the fields of quantities that will not come are called, before the position.
const CLOSED: &str = "entfaellt_";

#[derive(askama::Template)]
#[template(path = "pages/deliveries.html")]
struct DeliveriesPage {
    frame: Frame,
    id: CallOffId,
    number: String,
    supplier: String,
    status: Status,
    /// Number of the supplier order that the body has not approved yet.
    awaits: Option<String>,
    /// „teilgeliefert“, where the state has no word for it.
    arrival: &'static str,
    role: Role,
    /// Lines with how far they are.
    lines: Vec<(i32, String, String)>,
    open_lines: Vec<LineField>,
    confirmed_lines: Vec<LineField>,
    closed_lines: Vec<LineField>,
    anything_delivered: bool,
    received: bool,
    /// A difference that waits for an answer.
    difference: Option<String>,
    /// What the rules found about sending and receipt, beside passed ones.
    findings: Vec<FindingView>,
    /// The order by mail.
    post: MailView,
    /// What happened on the way: what, words, who and when.
    events: Vec<(String, String, String)>,
    /// Open complaints: id, what, who and when.
    open_complaints: Vec<(Uuid, String, String)>,
    /// Those that ended: what, how, who and when.
    resolved: Vec<(String, String, String)>,
    today: String,
    typed: TypedFields,
    mistakes: Mistakes,
    idempotency_key: Uuid,
}

impl DeliveriesPage {
    fn class(&self) -> &'static str {
        status_class(self.status)
    }

    const fn orders(&self) -> bool {
        matches!(self.role, Role::Buyer | Role::Approver)
    }

    fn may_dispatch(&self) -> bool {
        self.orders() && self.status == Status::Released && self.awaits.is_none()
    }

    fn may_receive(&self) -> bool {
        self.orders() && !self.received && self.status != Status::Released && self.status.is_ordered()
    }

    /// Whether the order may be sent by the program, for the first time or again.
    fn may_send(&self) -> bool {
        SENDERS.contains(&self.role)
            && self.post.available
            && self.awaits.is_none()
            && self.post.under_way.is_empty()
            && matches!(self.status, Status::Released | Status::Dispatched | Status::Confirmed)
    }

    /// Whether changes that did not arrive are theirs to see to.
    fn may_tell(&self) -> bool {
        SENDERS.contains(&self.role)
    }

    fn may_bounce(&self) -> bool {
        SENDERS.contains(&self.role) && self.status == Status::Dispatched && !self.received && !self.anything_delivered
    }

    fn under_way(&self) -> bool {
        self.orders() && matches!(self.status, Status::Dispatched | Status::Confirmed)
    }

    /// Whether the form that closes the rest was sent and has a mistake.
    fn closing(&self) -> bool {
        !self.mistakes.is_empty() && self.typed.0.iter().any(|(name, _)| name.starts_with(CLOSED))
    }

    fn may_complain(&self) -> bool {
        self.orders() && self.status != Status::Released && self.status.is_ordered()
    }

    fn may_close(&self) -> bool {
        self.role == Role::Approver
            && matches!(self.status, Status::Dispatched | Status::Confirmed)
            && self.anything_delivered
            && !self.open_lines.is_empty()
    }
}

/// `GET /abrufe/{id}/lieferungen`
pub async fn show(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
) -> Result<Response, Away> {
    rendered(&app, &actor, frame, CallOffId(id), TypedFields::default(), Mistakes::default()).await
}

/// `POST /abrufe/{id}/lieferungen/versand`
pub async fn dispatch(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let typed = TypedFields(fields);
    let done = match typed.day("sent_on") {
        Ok(day) => {
            dispatch_order::dispatch(&app, &actor, CallOffId(id), Some(day), typed.at("channel")).await.map(|_| ())
        }
        Err(error) => Err(error),
    };
    answered(&app, &actor, frame, CallOffId(id), typed, done).await
}

/// `POST /abrufe/{id}/lieferungen/zugang`
pub async fn receive(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let typed = TypedFields(fields);
    let done = match typed.day("received_on") {
        Ok(day) => dispatch_order::note_receipt(&app, &actor, CallOffId(id), day).await.map(|_| ()),
        Err(error) => Err(error),
    };
    answered(&app, &actor, frame, CallOffId(id), typed, done).await
}

/// `POST /abrufe/{id}/lieferungen/bestaetigung`
pub async fn confirm(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, fields): KeyedForm<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let typed = TypedFields(fields);
    let quantities = typed_parts(CONFIRMED, &typed.0);
    let done = match (typed.day("confirmed_on"), typed.day_if_any("delivery_on")) {
        (Ok(confirmed_on), Ok(delivery_on)) => {
            let input = ConfirmationInput {
                confirmed_on,
                reference: typed.at("reference").to_owned(),
                delivery_on,
                quantities: quantities.clone(),
                note: typed.at("note").to_owned(),
            };
            confirm_order::confirm(&app, &actor, CallOffId(id), &input, key.as_ref()).await.map(|_| ())
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
    let done = done.map_err(|error| at_fields(CONFIRMED, error, &quantities));
    answered(&app, &actor, frame, CallOffId(id), typed, done).await
}

/// `POST /abrufe/{id}/lieferungen/abweichung`
pub async fn answer(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let typed = TypedFields(fields);
    let accepted = typed.at("antwort") == "angenommen";
    let done = confirm_order::answer(&app, &actor, CallOffId(id), accepted, typed.at("answer_reason")).await;
    answered(&app, &actor, frame, CallOffId(id), typed, done).await
}

/// `POST /abrufe/{id}/lieferungen/lieferung`
pub async fn deliver(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, fields): KeyedForm<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let typed = TypedFields(fields);
    let quantities = typed_parts(QUANTITY, &typed.0);
    let done = match typed.day("delivered_on") {
        Ok(delivered_on) => {
            let note_number = typed.at("note_number").to_owned();
            let input = DeliveryInput { delivered_on, note_number, quantities: quantities.clone() };
            note_delivery::deliver(&app, &actor, CallOffId(id), &input, key.as_ref()).await.map(|_| ())
        }
        Err(error) => Err(error),
    };
    let done = done.map_err(|error| at_fields(QUANTITY, error, &quantities));
    answered(&app, &actor, frame, CallOffId(id), typed, done).await
}

/// `POST /abrufe/{id}/lieferungen/restmenge`
pub async fn close(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, fields): KeyedForm<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let typed = TypedFields(fields);
    let parts = typed_parts(CLOSED, &typed.0);
    let done =
        close_short::close_short(&app, &actor, CallOffId(id), Some(&parts), typed.at("reason"), key.as_ref()).await;
    let done = done.map(|_| ()).map_err(|error| at_fields(CLOSED, error, &parts));
    answered(&app, &actor, frame, CallOffId(id), typed, done).await
}

/// `POST /abrufe/{id}/lieferungen/reklamation`
pub async fn complain(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    KeyedForm(key, fields): KeyedForm<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let typed = TypedFields(fields);
    let done = match typed.day("complained_on") {
        Ok(complained_on) => {
            let input = ComplaintInput {
                position: typed.at("position").parse().unwrap_or_default(),
                quantity: typed.at("complaint_quantity").to_owned(),
                wording: typed.at("wording").to_owned(),
                complained_on,
            };
            file_complaint::complain(&app, &actor, CallOffId(id), &input, key.as_ref()).await.map(|_| ())
        }
        Err(error) => Err(error),
    };
    answered(&app, &actor, frame, CallOffId(id), typed, done).await
}

/// `POST /abrufe/{id}/lieferungen/reklamation-erledigt`
pub async fn resolve(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let typed = TypedFields(fields);
    let complaint: Uuid =
        typed.at("complaint").parse().map_err(|_| Problem::bad_request("Diese Reklamation gibt es nicht."))?;
    let done = file_complaint::resolve(&app, &actor, CallOffId(id), complaint, typed.at("resolution")).await;
    answered(&app, &actor, frame, CallOffId(id), typed, done).await
}

/// `POST /abrufe/{id}/lieferungen/senden`
pub async fn send_again(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let typed = TypedFields(fields);
    let id = CallOffId(id);
    let done = match typed.at("document") {
        "" => send_order::send_again(&app, &actor, id, typed.at("address"), None).await,
        document => {
            let address = typed.at(&format!("address_{document}"));
            send_change::send_again(&app, &actor, id, document, address, None).await
        }
    };
    answered(&app, &actor, frame, id, typed, done).await
}

/// `POST /abrufe/{id}/lieferungen/unzustellbar`
pub async fn report_bounce(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let typed = TypedFields(fields);
    let done = report_bounce::report(&app, &actor, CallOffId(id), typed.at("bounce_reason"), None).await;
    answered(&app, &actor, frame, CallOffId(id), typed, done).await
}

/// `POST /abrufe/{id}/lieferungen/mitgeteilt`
pub async fn note_told(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    frame: Frame,
    Path(id): Path<Uuid>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, Away> {
    let typed = TypedFields(fields);
    let document = typed.at("document");
    let how = typed.at(&format!("told_{document}"));
    let done = send_change::note_told(&app, &actor, CallOffId(id), document, how, None).await;
    answered(&app, &actor, frame, CallOffId(id), typed, done).await
}

/// Leads back to the page, with what was typed if it was not right.
async fn answered(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: CallOffId,
    typed: TypedFields,
    done: Result<(), ActionError>,
) -> Result<Response, Away> {
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/abrufe/{id}/lieferungen")).into_response()),
        Err(ActionError::Invalid(errors)) => {
            let page = rendered(app, actor, frame.with_mistakes(), id, typed, Mistakes(errors)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

async fn rendered(
    app: &App,
    actor: &Actor,
    frame: Frame,
    id: CallOffId,
    typed: TypedFields,
    mistakes: Mistakes,
) -> Result<Response, Away> {
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::find(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    let number = call_off.number.clone().unwrap_or_else(|| call_off.case_number.clone());
    let currency = contracts::currency_of(&mut tx, id).await?.unwrap_or_default();
    let lines = order_lines::of_call_off(&mut tx, &call_off).await?;
    let sent = dispatches::of_call_off(&mut tx, &call_off).await?;
    let confirmations = confirmations::of_call_off(&mut tx, &call_off).await?;
    let arrived = deliveries::of_call_off(&mut tx, &call_off).await?;
    let complaints = complaints::of_call_off(&mut tx, &call_off).await?;
    let title = |complaint: &Complaint| {
        let line = lines.iter().find(|line| line.position == complaint.position);
        let what = line.map_or("", |line| line.title.as_str());
        format!("{} × {what}: {}", quantity(complaint.quantity), as_typed(&complaint.wording))
    };
    let awaits = supplier_orders::of_call_off(&mut tx, &call_off).await?;
    let page = DeliveriesPage {
        id,
        awaits: awaits.filter(|it| it.state == OrderState::Waiting).map(|it| it.number),
        supplier: organisations::name(&mut tx, call_off.supplier).await?.unwrap_or_default(),
        status: call_off.status,
        arrival: arrival(&call_off, &lines),
        role: actor.role,
        lines: lines.iter().map(|line| (line.position, line.title.clone(), line_state(line))).collect(),
        open_lines: line_fields(QUANTITY, &lines, &typed.0, &mistakes),
        confirmed_lines: line_fields(CONFIRMED, &lines, &typed.0, &mistakes),
        closed_lines: line_fields(CLOSED, &lines, &typed.0, &mistakes),
        post: MailView::read(&mut tx, app, &call_off, &sent).await?,
        anything_delivered: lines.iter().any(|line| !line.delivered.is_zero()),
        received: sent.iter().any(|it| it.received),
        difference: confirmations.last().filter(|it| it.differs && it.answer.is_none()).map(confirm_order::in_words),
        findings: sent
            .iter()
            .flat_map(|it| &it.findings)
            .filter(|finding| finding.outcome != Outcome::Passed)
            .map(|finding| FindingView::on_page(finding, &currency))
            .collect(),
        events: events(&sent, &confirmations, &arrived, &lines),
        open_complaints: complaints
            .iter()
            .filter(|it| it.resolution.is_none())
            .map(|it| (it.id, title(it), format!("gerügt am {}, {}", day(it.complained_on), as_typed(&it.person))))
            .collect(),
        resolved: complaints
            .iter()
            .filter_map(|it| {
                let (how, who, at) = it.resolution.as_ref()?;
                Some((title(it), as_typed(how), format!("{}, {}", as_typed(who), instant(*at))))
            })
            .collect(),
        today: day(app.clock.today()),
        idempotency_key: app.chance.id(app.clock.now()),
        frame: frame.titled(format!("Lieferungen {number}")),
        number,
        typed,
        mistakes,
    };
    Ok(Page(page).into_response())
}

/// The word for a part that has arrived; empty where the state says it.
fn arrival(call_off: &CallOff, lines: &[OrderLine]) -> &'static str {
    let under_way = matches!(call_off.status, Status::Dispatched | Status::Confirmed);
    if under_way && lines.iter().any(|line| !line.delivered.is_zero()) { "teilgeliefert" } else { "" }
}

/// What happened on the way, in the order it was noted.
fn events(
    sent: &[DispatchNote],
    confirmations: &[Confirmation],
    arrived: &[Delivery],
    lines: &[OrderLine],
) -> Vec<(String, String, String)> {
    let mut events = Vec::new();
    for it in sent {
        let channel =
            CHANNELS.iter().find(|(key, _)| *key == it.channel && *key != "other").map_or("", |(_, word)| word);
        let what = if it.received { "Beim Lieferanten eingegangen" } else { "Versandt" };
        let person = if it.by.is_some() { it.person.clone() } else { "Abruf".to_owned() };
        events.push((it.at, format!("{what} am {}", day_of(it.happened_at)), channel.to_owned(), person));
        if let Some(bounce) = &it.bounce {
            let what = format!("Unzustellbar zurückgekommen am {}", day_of(bounce.at));
            events.push((bounce.at, what, bounce.reason.clone(), bounce.person.clone()));
        }
    }
    for it in confirmations {
        let what = if it.differs { "Abweichend bestätigt" } else { "Wie bestellt bestätigt" };
        let mut words = Vec::new();
        if !it.reference.is_empty() {
            words.push(format!("Nr. {}", it.reference));
        }
        words.push(confirm_order::in_words(it));
        if let Some(answer) = &it.answer {
            let said = if answer.accepted { "angenommen" } else { "widersprochen" };
            words.push(
                format!(
                    "{said} am {} von {} {}",
                    day_of(answer.at),
                    as_typed(&answer.person),
                    as_typed(&answer.reason)
                )
                .trim()
                .to_owned(),
            );
        }
        words.retain(|word| !word.is_empty());
        let person = match it.by {
            By::Person(_) => it.person.clone(),
            By::Link(_) => "der Lieferant über seinen Link".to_owned(),
        };
        events.push((it.at, format!("{what} am {}", day(it.confirmed_on)), words.join("; "), person));
    }
    for it in arrived {
        let words = note_delivery::in_words(it, lines);
        events.push((it.at, format!("Geliefert am {}", day(it.delivered_on)), words, it.person.clone()));
    }
    events.sort_by_key(|(at, ..)| *at);
    events
        .into_iter()
        .map(|(at, what, words, person)| (what, words, format!("vermerkt {}, {}", instant(at), as_typed(person))))
        .collect()
}
