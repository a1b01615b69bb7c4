//! Decide on the supplier order of a pair: the body orders from the supplier what a member ordered in-house, or
//! refuses. A refusal cancels the in-house order, and its volume returns.
//!
//! Four eyes: whoever requested or released the in-house order never decides, in whichever role they act. The
//! database refuses it too (`supplier_order_four_eyes`).

use abruf_domain::ids::CallOffId;
use abruf_domain::supplier_order::{State, may_decide};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::cancel_call_off::take_back_whole;
use super::keyed::Keyed;
use super::{ActionError, Who, call_off_record, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::{self, CallOff};
use crate::storage::history::{self, Step};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::supplier_orders::{self, SupplierOrder};
use crate::storage::{Tx, audit_log, outbox, partial_cancellations};

/// A decision on a supplier order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Number of the supplier order.
    pub number: String,
    /// Where it stands now.
    pub state: State,
}

/// Orders from the supplier. The document follows as a job.
///
/// # Errors
/// [`ActionError::NotNow`] if it does not wait any more, or the person requested or released the in-house order.
pub async fn approve(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    key: Option<&IdempotencyKey>,
) -> Result<Decided, ActionError> {
    only(actor, &[Role::Office])?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, order) = held(&mut tx, id).await?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    check(actor, &order, State::Approved)?;
    let answer = decide(keyed, &mut tx, &call_off, &order, State::Approved, "").await?;
    outbox::push(&mut tx, app.chance.id(keyed.now), "issue_supplier_order", &call_off, keyed.now).await?;
    let record = call_off_record(app, &call_off, "supplier_order_approved", Who::Person(actor), None, None, keyed.now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Does not order, with a reason; the in-house order is cancelled with it.
///
/// # Errors
/// As [`approve`].
pub async fn refuse(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    reason: &str,
    key: Option<&IdempotencyKey>,
) -> Result<Decided, ActionError> {
    only(actor, &[Role::Office])?;
    let reason = reason.trim();
    check_text(
        "reason",
        reason,
        2000,
        "Bitte schreiben Sie, warum Sie nicht bestellen (höchstens 2.000 Zeichen). Der Grund steht auf der Stornierung für das Mitglied.",
    )?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, order) = held(&mut tx, id).await?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    check(actor, &order, State::Refused)?;
    let answer = decide(keyed, &mut tx, &call_off, &order, State::Refused, reason).await?;
    take_back_whole(keyed, &mut tx, &call_off, reason).await?;
    // After the guard rows: this one appends to the contract's, which is taken last.
    let detail = Some(json!({ "reason": reason }));
    let record = call_off_record(app, &call_off, "supplier_order_refused", Who::Person(actor), None, detail, keyed.now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    tx.commit().await?;
    Ok(answer)
}

/// The pair, its in-house order held: decisions and cancellations of one pair wait for each other there.
async fn held(tx: &mut Tx, id: CallOffId) -> Result<(CallOff, SupplierOrder), ActionError> {
    let (call_off, _) = call_offs::lock(tx, id).await?.ok_or(ActionError::NotFound)?;
    let order = supplier_orders::of_call_off(tx, &call_off).await?.ok_or(ActionError::NotFound)?;
    Ok((call_off, order))
}

fn check(actor: &Actor, order: &SupplierOrder, to: State) -> Result<(), ActionError> {
    if !order.state.may_become(to) {
        let (number, state) = (&order.number, order.state.german());
        return Err(ActionError::NotNow(format!(
            "Der Lieferantenauftrag {number} ist schon {state}. Bitte laden Sie die Seite neu."
        )));
    }
    if !may_decide(actor.person, order.requester, order.releaser) {
        return Err(ActionError::NotNow(
            "Sie haben die In-House-Bestellung angefordert oder freigegeben. Über den Lieferantenauftrag entscheidet eine andere Person der Geschäftsstelle."
                .to_owned(),
        ));
    }
    Ok(())
}

async fn decide(
    keyed: Keyed<'_>,
    tx: &mut Tx,
    call_off: &CallOff,
    order: &SupplierOrder,
    to: State,
    reason: &str,
) -> Result<Decided, ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let parts = partial_cancellations::of_call_off(tx, call_off).await?.len();
    let decision = supplier_orders::Decision {
        to,
        by: actor.person,
        reason,
        parts_before: i32::try_from(parts).unwrap_or(i32::MAX),
        at: now,
    };
    supplier_orders::decide(tx, call_off, &decision).await?;
    let decision = if to == State::Approved { "supplier_order_approved" } else { "supplier_order_refused" };
    let step = Step { id: app.chance.id(now), decision, person: Some(actor.person), review: None, reason, at: now };
    history::insert_step(tx, call_off, &step).await?;
    let answer = Decided { number: order.number.clone(), state: to };
    keyed.keep(tx, &answer).await?;
    Ok(answer)
}
