//! Note a delivery: day, delivery note, quantities. Never more than is open: what arrives beyond it is a
//! complaint. When everything that stands has arrived, the order is delivered.

use abruf_domain::call_off::Status;
use abruf_domain::cancellation::CancelledQuantity;
use abruf_domain::ids::CallOffId;
use abruf_domain::money::Quantity;
use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::keyed::Keyed;
use super::order_step::{OrderStep, check_day, check_note, status_now, write};
use super::rest_of_order::{PartInput, read_parts};
use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::CallOff;
use crate::storage::deliveries::{self, Delivery};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::order_lines::OrderLine;
use crate::storage::realised_savings::{self, Source};
use crate::storage::{Tx, call_offs, order_lines};

/// A delivery, as entered.
#[derive(Debug, Clone)]
pub struct DeliveryInput {
    /// Its date.
    pub delivered_on: NaiveDate,
    /// Number of the delivery note.
    pub note_number: String,
    /// What arrived.
    pub quantities: Vec<PartInput>,
}

/// Notes a delivery; returns its id.
///
/// # Errors
/// [`ActionError::Invalid`] with the line of which more arrived than is open.
pub async fn deliver(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    input: &DeliveryInput,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Buyer, Role::Approver])?;
    check_note("note_number", input.note_number.trim(), 100)?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    let (Some(released_at), Status::Dispatched | Status::Confirmed) = (call_off.released_at, call_off.status) else {
        return Err(ActionError::WrongState(call_off.status));
    };
    check_day("delivered_on", input.delivered_on, released_at, keyed.now, "der Freigabe")?;
    let lines = order_lines::of_call_off(&mut tx, &call_off).await?;
    let quantities = read_parts(&input.quantities, &lines).map_err(or_complain)?;
    if quantities.is_empty() {
        let message = "Bitte geben Sie bei mindestens einer Position an, wie viel geliefert wurde.";
        return Err(ActionError::Invalid(vec![FieldError::new("lines", message)]));
    }
    let delivered = quantities.iter().map(|CancelledQuantity { position, quantity }| (*position, *quantity)).collect();
    let answer = note(keyed, &mut tx, &call_off, &lines, input, delivered).await?;
    keyed.keep(&mut tx, &answer).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Notes that everything still open arrived on a day (`None`: today).
///
/// # Errors
/// [`ActionError::Invalid`] at `on` for a day before the release or in the future.
pub async fn deliver_rest(app: &App, actor: &Actor, id: CallOffId, on: Option<NaiveDate>) -> Result<(), ActionError> {
    only(actor, &[Role::Buyer, Role::Approver])?;
    let keyed = Keyed { app, actor, key: None, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let (Some(released_at), Status::Confirmed) = (call_off.released_at, call_off.status) else {
        return Err(ActionError::WrongState(call_off.status));
    };
    let day = on.unwrap_or_else(|| berlin_date(keyed.now));
    check_day("on", day, released_at, keyed.now, "der Freigabe")?;
    let lines = order_lines::of_call_off(&mut tx, &call_off).await?;
    let open = lines.iter().filter(|line| !line.open().is_zero()).map(|line| (line.position, line.open())).collect();
    let input = DeliveryInput { delivered_on: day, note_number: String::new(), quantities: Vec::new() };
    note(keyed, &mut tx, &call_off, &lines, &input, open).await?;
    Ok(tx.commit().await?)
}

async fn note(
    keyed: Keyed<'_>,
    tx: &mut Tx,
    call_off: &CallOff,
    lines: &[OrderLine],
    input: &DeliveryInput,
    quantities: Vec<(i32, Quantity)>,
) -> Result<Uuid, ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let delivery = Delivery {
        id: app.chance.id(now),
        delivered_on: input.delivered_on,
        note_number: input.note_number.trim().to_owned(),
        quantities,
        by: actor.person,
        person: String::new(),
        at: now,
    };
    deliveries::insert(tx, call_off, &delivery).await?;
    let to = status_now(tx, call_off).await?;
    let source = Source::delivery(delivery.id);
    realised_savings::book(tx, call_off, to, source, || app.chance.id(now), now).await?;
    let words = in_words(&delivery, lines);
    let (decision, action) = match to == call_off.status {
        true => ("delivery_noted", "call_off_delivery_noted"),
        false => ("delivered", "call_off_delivered"),
    };
    let detail =
        json!({ "delivered_on": delivery.delivered_on, "note_number": delivery.note_number, "delivered": words });
    write(keyed, tx, call_off, to, OrderStep { decision, action, reason: &words, after: None, detail }).await?;
    Ok(delivery.id)
}

/// „20 × NB-14, Lieferschein LS-7“
#[must_use]
pub fn in_words(it: &Delivery, lines: &[OrderLine]) -> String {
    let article = |position: i32| {
        lines.iter().find(|line| line.position == position).map_or("", |line| line.article_number.as_str())
    };
    let mut words: Vec<String> = it
        .quantities
        .iter()
        .map(|(position, quantity)| {
            format!("{} × {}", German.number(quantity.decimal().normalize()), article(*position))
        })
        .collect();
    if !it.note_number.is_empty() {
        words.push(format!("Lieferschein {}", it.note_number));
    }
    words.join(", ")
}

/// More than is open is not refused without a way out.
fn or_complain(error: ActionError) -> ActionError {
    match error {
        ActionError::Invalid(errors) => ActionError::Invalid(
            errors
                .into_iter()
                .map(|error| match error.message.contains("ist zu viel") {
                    true => FieldError {
                        message: format!(
                            "{} Was darüber hinaus geliefert wurde, erfassen Sie als Reklamation.",
                            error.message
                        ),
                        ..error
                    },
                    false => error,
                })
                .collect(),
        ),
        other => other,
    }
}
