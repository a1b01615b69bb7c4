//! Complain about a delivery (Mängelrüge), and note how it ended. A complaint frees no volume: what was
//! delivered and goes back stays consumed.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::notation::Language::German;
use chrono::NaiveDate;
use serde_json::json;
use uuid::Uuid;

use super::draft_call_off::parse_quantity;
use super::keyed::Keyed;
use super::order_step::{OrderStep, check_day, write};
use super::{ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::complaints::{self, Complaint};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::{call_offs, order_lines};

/// A complaint, as entered.
#[derive(Debug, Clone)]
pub struct ComplaintInput {
    /// Position of the line.
    pub position: i32,
    /// How much of it, German or plain notation.
    pub quantity: String,
    /// What is wrong.
    pub wording: String,
    /// When the supplier was told.
    pub complained_on: NaiveDate,
}

/// Notes a complaint; returns its id.
pub async fn complain(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    input: &ComplaintInput,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Buyer, Role::Approver])?;
    let wording = input.wording.trim();
    check_text("wording", wording, 2000, "Bitte beschreiben Sie den Mangel (höchstens 2.000 Zeichen).")?;
    let quantity = parse_quantity(&input.quantity)
        .map_err(|message| ActionError::Invalid(vec![FieldError::new("complaint_quantity", message)]))?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    let Some(released_at) = call_off.released_at.filter(|_| is_under_way(call_off.status)) else {
        return Err(ActionError::WrongState(call_off.status));
    };
    check_day("complained_on", input.complained_on, released_at, keyed.now, "der Freigabe")?;
    let lines = order_lines::of_call_off(&mut tx, &call_off).await?;
    let Some(line) = lines.iter().find(|line| line.position == input.position) else {
        let message =
            format!("Eine Position {} hat dieser Abruf nicht. Bitte wählen Sie eine der Bestellung.", input.position);
        return Err(ActionError::Invalid(vec![FieldError::new("position", message)]));
    };
    let complaint = Complaint {
        id: app.chance.id(keyed.now),
        position: input.position,
        quantity,
        wording: wording.to_owned(),
        complained_on: input.complained_on,
        resolution: None,
        by: actor.person,
        person: String::new(),
        at: keyed.now,
    };
    complaints::insert(&mut tx, &call_off, &complaint).await?;
    keyed.keep(&mut tx, &complaint.id).await?;
    let words = format!("{} × {}: {wording}", German.number(quantity.decimal().normalize()), line.article_number);
    let step = OrderStep {
        decision: "complained",
        action: "call_off_complained",
        reason: &words,
        after: None,
        detail: json!({ "complaint": words }),
    };
    write(keyed, &mut tx, &call_off, call_off.status, step).await?;
    tx.commit().await?;
    Ok(complaint.id)
}

/// Notes how a complaint ended.
pub async fn resolve(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    complaint: Uuid,
    wording: &str,
) -> Result<(), ActionError> {
    only(actor, &[Role::Buyer, Role::Approver])?;
    let wording = wording.trim();
    check_text(
        "resolution",
        wording,
        2000,
        "Bitte schreiben Sie, wie die Reklamation ausging (höchstens 2.000 Zeichen).",
    )?;
    let keyed = Keyed { app, actor, key: None, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let complaints = complaints::of_call_off(&mut tx, &call_off).await?;
    let known = complaints.iter().find(|it| it.id == complaint).ok_or(ActionError::NotFound)?;
    if known.resolution.is_some() {
        return Err(ActionError::NotNow("Diese Reklamation ist schon erledigt.".to_owned()));
    }
    complaints::insert_resolution(&mut tx, &call_off, complaint, wording, actor.person, keyed.now).await?;
    let step = OrderStep {
        decision: "complaint_resolved",
        action: "call_off_complaint_resolved",
        reason: wording,
        after: None,
        detail: json!({ "complaint": known.wording, "resolution": wording }),
    };
    write(keyed, &mut tx, &call_off, call_off.status, step).await?;
    Ok(tx.commit().await?)
}

/// Sent, and not taken back.
const fn is_under_way(status: Status) -> bool {
    matches!(status, Status::Dispatched | Status::Confirmed | Status::Delivered | Status::Invoiced | Status::Closed)
}
