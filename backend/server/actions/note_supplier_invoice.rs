//! Note what the supplier bills to the body for the supplier order of a pair, and compare it with that order as the
//! member's invoice is compared with its own. What a member realises is its own invoices': these book no savings.

use abruf_domain::facts::CheckPoint;
use abruf_domain::ids::CallOffId;
use abruf_domain::supply_chain::price_of_the_supplier;
use serde_json::json;
use uuid::Uuid;

use super::keyed::Keyed;
use super::note_invoice::{InvoiceInput, InvoiceNoted, checked_number, checked_reason, record, take_off};
use super::order_step::check_day;
use super::{ActionError, Who, call_off_record, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::CallOff;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::invoices::Payer;
use crate::storage::order_lines::OrderLine;
use crate::storage::supplier_orders::{self, SupplierOrder};
use crate::storage::{Tx, audit_log, call_offs, history, order_lines};

/// A supplier order as whoever bills it sees it.
pub struct BilledOrder {
    /// The order of the pair with number and amounts of its supplier side.
    pub order: CallOff,
    /// Its lines, with the VAT of the items.
    pub lines: Vec<OrderLine>,
    /// What was decided on it.
    pub decided: SupplierOrder,
}

/// The supplier order of a pair as it is billed; `None` where there is none.
///
/// # Errors
/// If the database fails.
pub async fn billed(tx: &mut Tx, call_off: &CallOff) -> Result<Option<BilledOrder>, ActionError> {
    let Some(decided) = supplier_orders::of_call_off(tx, call_off).await? else { return Ok(None) };
    let (facts, _) = history::latest_judgement(tx, call_off.contract, call_off.id, CheckPoint::Release.key())
        .await?
        .ok_or(ActionError::NotFound)?;
    let priced = price_of_the_supplier(&facts);
    let mut lines = order_lines::of_call_off(tx, call_off).await?;
    for line in &mut lines {
        let of_item = priced.lines.iter().find(|it| it.position == line.position).and_then(|it| it.vat.as_ref());
        line.vat_rate = of_item.map(|vat| vat.rate);
    }
    let order = CallOff { number: Some(decided.number.clone()), amounts: Some(decided.amounts), ..call_off.clone() };
    Ok(Some(BilledOrder { order, lines, decided }))
}

/// Notes an invoice of the supplier.
///
/// # Errors
/// [`ActionError::NotNow`] while the body has not ordered, [`ActionError::Invalid`] if the number is known already or a
/// line cannot be read.
pub async fn note(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    input: &InvoiceInput,
    key: Option<&IdempotencyKey>,
) -> Result<InvoiceNoted, ActionError> {
    only(actor, &[Role::Office])?;
    let number = checked_number(input)?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, it) = held(&mut tx, id).await?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    let Some(decided_at) = it.decided.decided_at.filter(|_| it.decided.was_approved()) else {
        return Err(ActionError::NotNow(format!(
            "Der Lieferantenauftrag {} ist „{}“. Rechnungen gibt es nur zu Aufträgen, die die Genossenschaft freigegeben hat.",
            it.decided.number,
            it.decided.state.german()
        )));
    };
    check_day("invoiced_on", input.invoiced_on, decided_at, keyed.now, "der Freigabe des Lieferantenauftrags")?;
    let (answer, hash) = record(keyed, &mut tx, &it.order, &it.lines, Payer::Body, input).await?;
    keyed.keep(&mut tx, &answer).await?;
    let detail = json!({ "number": number, "net": answer.invoiced, "blocked": answer.blocked });
    log(keyed, &mut tx, &call_off, "supplier_invoice_noted", Some(hash), detail).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Notes that an invoice of the supplier counts no more, with a reason: it was sent back.
///
/// # Errors
/// [`ActionError::NotFound`] where there is none, [`ActionError::NotNow`] if it counts no more already.
pub async fn cancel(app: &App, actor: &Actor, id: CallOffId, invoice: Uuid, reason: &str) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let reason = checked_reason(reason)?;
    let keyed = Keyed { app, actor, key: None, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, it) = held(&mut tx, id).await?;
    take_off(&mut tx, &it.order, Payer::Body, invoice, reason, keyed).await?;
    let detail = json!({ "invoice": invoice, "reason": reason });
    log(keyed, &mut tx, &call_off, "supplier_invoice_cancelled", None, detail).await?;
    Ok(tx.commit().await?)
}

/// The pair, its in-house order held: whatever happens to one pair waits for each other there.
async fn held(tx: &mut Tx, id: CallOffId) -> Result<(CallOff, BilledOrder), ActionError> {
    let (call_off, _) = call_offs::lock(tx, id).await?.ok_or(ActionError::NotFound)?;
    let it = billed(tx, &call_off).await?.ok_or(ActionError::NotFound)?;
    Ok((call_off, it))
}

async fn log(
    keyed: Keyed<'_>,
    tx: &mut Tx,
    call_off: &CallOff,
    action: &str,
    after: Option<[u8; 32]>,
    detail: serde_json::Value,
) -> Result<(), ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let record = call_off_record(app, call_off, action, Who::Person(actor), after, Some(detail), now);
    Ok(audit_log::append_to_contract(tx, call_off.contract, &record).await?)
}
