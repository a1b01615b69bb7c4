//! Note what the supplier confirmed, and what the buyer says to a difference. A confirmation that differs
//! is a new offer (§ 150 (2) BGB): nothing of the order changes by it, and the order counts as confirmed
//! only once the buyer has accepted.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::money::Quantity;
use abruf_domain::notation::Language::German;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;
use uuid::Uuid;

use super::draft_call_off::parse_quantity;
use super::keyed::Keyed;
use super::order_step::{OrderStep, check_confirmed, check_note, write, write_as};
use super::rest_of_order::PartInput;
use super::{ActionError, FieldError, Who, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::CallOff;
use crate::storage::confirmations::{self, By, Confirmation};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::order_lines::OrderLine;
use crate::storage::{Tx, call_offs, order_lines, outbox, supplier_orders};

/// What the supplier confirmed, as entered. Whatever is left out is as ordered.
#[derive(Debug, Clone)]
pub struct ConfirmationInput {
    /// Date of the confirmation.
    pub confirmed_on: NaiveDate,
    /// Number the supplier gave it.
    pub reference: String,
    /// Delivery date, where it differs.
    pub delivery_on: Option<NaiveDate>,
    /// Quantities that differ; `0` where the supplier will not deliver.
    pub quantities: Vec<PartInput>,
    /// What else differs, such as the price.
    pub note: String,
}

/// Notes a confirmation; returns its id.
pub async fn confirm(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    input: &ConfirmationInput,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Buyer, Role::Approver])?;
    check_note("reference", input.reference.trim(), 100)?;
    check_note("note", input.note.trim(), 2000)?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    let confirmation = note_confirmation(app, &mut tx, &call_off, By::Person(actor.person), input, keyed.now).await?;
    keyed.keep(&mut tx, &confirmation.id).await?;
    write_confirmation(app, Who::Person(actor), &mut tx, &call_off, &confirmation).await?;
    tx.commit().await?;
    Ok(confirmation.id)
}

/// Writes what was confirmed, by whomever.
pub(super) async fn note_confirmation(
    app: &App,
    tx: &mut Tx,
    call_off: &CallOff,
    by: By,
    input: &ConfirmationInput,
    now: DateTime<Utc>,
) -> Result<Confirmation, ActionError> {
    let (Some(released_at), Status::Dispatched | Status::Confirmed) = (call_off.released_at, call_off.status) else {
        return Err(ActionError::WrongState(call_off.status));
    };
    check_confirmed(tx, call_off, "confirmed_on", input.confirmed_on, released_at, now).await?;
    let lines = order_lines::of_call_off(tx, call_off).await?;
    let quantities = read(&input.quantities, &lines)?;
    let differs = !quantities.is_empty() || input.delivery_on.is_some() || !input.note.trim().is_empty();
    let confirmation = Confirmation {
        id: app.chance.id(now),
        confirmed_on: input.confirmed_on,
        reference: input.reference.trim().to_owned(),
        delivery_on: input.delivery_on,
        note: input.note.trim().to_owned(),
        quantities,
        differs,
        answer: None,
        by,
        person: String::new(),
        at: now,
    };
    confirmations::insert(tx, call_off, &confirmation).await?;
    Ok(confirmation)
}

/// Writes the step of a confirmation. One that differs leaves the order as it is.
pub(super) async fn write_confirmation(
    app: &App,
    who: Who<'_>,
    tx: &mut Tx,
    call_off: &CallOff,
    confirmation: &Confirmation,
) -> Result<(), ActionError> {
    let words = in_words(confirmation);
    let (decision, action, to) = match confirmation.differs {
        true => ("confirmed_differently", "call_off_confirmed_differently", call_off.status),
        false => ("confirmed", "call_off_confirmed", Status::Confirmed),
    };
    let detail = json!({ "reference": confirmation.reference, "difference": words });
    let step = OrderStep { decision, action, reason: &words, after: None, detail };
    write_as(app, who, confirmation.at, tx, (call_off, to), step).await
}

/// Accepts the difference of the latest confirmation, or objects to it with a reason.
pub async fn answer(app: &App, actor: &Actor, id: CallOffId, accepted: bool, reason: &str) -> Result<(), ActionError> {
    only(actor, &[Role::Buyer, Role::Approver])?;
    let reason = reason.trim();
    if accepted {
        check_note("answer_reason", reason, 2000)?;
    } else {
        check_text(
            "answer_reason",
            reason,
            2000,
            "Bitte schreiben Sie, warum Sie widersprechen (höchstens 2.000 Zeichen).",
        )?;
    }
    let keyed = Keyed { app, actor, key: None, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let confirmations = confirmations::of_call_off(&mut tx, &call_off).await?;
    let open = confirmations.last().filter(|it| it.differs && it.answer.is_none() && call_off.status.is_ordered());
    let Some(open) = open else {
        return Err(ActionError::NotNow(
            "Es gibt keine abweichende Bestätigung, die auf eine Antwort wartet.".to_owned(),
        ));
    };
    confirmations::insert_answer(&mut tx, &call_off, open.id, accepted, reason, actor.person, keyed.now).await?;
    if accepted && open.delivery_on.is_some() {
        let work = app.chance.id(keyed.now);
        outbox::push_event(&mut tx, work, "issue_delivery_change", open.id, &call_off, keyed.now).await?;
        // Of a pair the supplier knows its own order, not the member's.
        if supplier_orders::of_call_off(&mut tx, &call_off).await?.is_some_and(|order| order.was_approved()) {
            let work = app.chance.id(keyed.now);
            let kind = "issue_supplier_delivery_change";
            outbox::push_event(&mut tx, work, kind, open.id, &call_off, keyed.now).await?;
        }
    }
    let to = if accepted && call_off.status == Status::Dispatched { Status::Confirmed } else { call_off.status };
    let (decision, action) = match accepted {
        true => ("difference_accepted", "call_off_difference_accepted"),
        false => ("difference_objected", "call_off_difference_objected"),
    };
    let detail = json!({ "reason": reason, "difference": in_words(open) });
    write(keyed, &mut tx, &call_off, to, OrderStep { decision, action, reason, after: None, detail }).await?;
    Ok(tx.commit().await?)
}

/// What differs: „Liefertermin 01.03.2027; Position 1: 10“; empty where nothing does.
#[must_use]
pub fn in_words(it: &Confirmation) -> String {
    let mut words = Vec::new();
    if let Some(day) = it.delivery_on {
        words.push(format!("Liefertermin {}", German.date(day)));
    }
    for (position, quantity) in &it.quantities {
        words.push(format!("Position {position}: Menge {}", German.number(quantity.decimal().normalize())));
    }
    if !it.note.is_empty() {
        words.push(it.note.clone());
    }
    words.join("; ")
}

/// The quantities that really differ from the order.
fn read(parts: &[PartInput], lines: &[OrderLine]) -> Result<Vec<(i32, Quantity)>, ActionError> {
    let mut errors = Vec::new();
    let mut quantities: Vec<(i32, Quantity)> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let Some(line) = lines.iter().find(|line| line.position == part.position) else {
            let message = format!("Eine Position {} hat dieser Abruf nicht.", part.position);
            errors.push(FieldError::new(format!("lines[{at}].position"), message));
            continue;
        };
        let zero = part.quantity.trim() == "0";
        match if zero { Ok(Quantity::ZERO) } else { parse_quantity(&part.quantity) } {
            Err(message) => errors.push(FieldError::new(format!("lines[{at}].quantity"), message)),
            Ok(_) if quantities.iter().any(|(position, _)| *position == part.position) => {
                let message = "Diese Position steht doppelt. Bitte nennen Sie sie einmal.";
                errors.push(FieldError::new(format!("lines[{at}].quantity"), message));
            }
            Ok(quantity) if quantity != line.quantity => quantities.push((part.position, quantity)),
            Ok(_) => {}
        }
    }
    if errors.is_empty() { Ok(quantities) } else { Err(ActionError::Invalid(errors)) }
}
