//! What every step of a released order has in common: the order held, its lines with what happened to
//! them, the step in its history, the entry in the log, the state that follows.

use abruf_domain::call_off::Status;
use abruf_domain::fulfilment::{self, LineProgress};
use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use chrono::{DateTime, NaiveDate, Utc};
use serde_json::Value;

use super::keyed::Keyed;
use super::{ActionError, FieldError, Who, call_off_record};
use crate::app::App;
use crate::storage::call_offs::{self, CallOff};
use crate::storage::history::{self, Step};
use crate::storage::invoices::Invoice;
use crate::storage::order_lines::OrderLine;
use crate::storage::{Tx, audit_log, dispatches, invoices, order_lines};

/// A step to be written.
pub(super) struct OrderStep<'a> {
    /// Key in the history.
    pub decision: &'a str,
    /// Key in the log.
    pub action: &'a str,
    /// Words of the history.
    pub reason: &'a str,
    /// What it rests on.
    pub after: Option<[u8; 32]>,
    /// What the log keeps beside its entry.
    pub detail: Value,
}

/// Writes a step into history and log, and moves the order to `to` if that is another state.
pub(super) async fn write(
    keyed: Keyed<'_>,
    tx: &mut Tx,
    call_off: &CallOff,
    to: Status,
    step: OrderStep<'_>,
) -> Result<(), ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    write_as(app, Who::Person(actor), now, tx, (call_off, to), step).await
}

/// As [`write()`], for the program and for suppliers too.
pub(super) async fn write_as(
    app: &App,
    who: Who<'_>,
    now: DateTime<Utc>,
    tx: &mut Tx,
    (call_off, to): (&CallOff, Status),
    step: OrderStep<'_>,
) -> Result<(), ActionError> {
    if to != call_off.status {
        call_offs::set_status(tx, call_off.id, call_off.status, to, now).await?;
    }
    let entry = Step {
        id: app.chance.id(now),
        decision: step.decision,
        person: who.person(),
        review: None,
        reason: step.reason,
        at: now,
    };
    history::insert_step(tx, call_off, &entry).await?;
    let record = call_off_record(app, call_off, step.action, who, step.after, Some(step.detail), now);
    Ok(audit_log::append_to_contract(tx, call_off.contract, &record).await?)
}

/// The lines of an order as the domain sees their progress; `invoices` those that count.
pub(super) fn progress(call_off: &CallOff, lines: &[OrderLine], invoices: &[Invoice]) -> Vec<LineProgress> {
    lines
        .iter()
        .map(|line| LineProgress {
            quantity: line.quantity,
            delivered: line.delivered,
            billed: invoices
                .iter()
                .filter(|invoice| invoice.counts())
                .flat_map(|invoice| &invoice.lines)
                .filter(|billed| billed.position == line.position)
                .map(|billed| (billed.quantity, billed.performance))
                .collect(),
            performance: call_off.details.performance.filter(|_| line.monthly),
        })
        .collect()
}

/// The state of the order by what is stored of it now.
pub(super) async fn status_now(tx: &mut Tx, call_off: &CallOff) -> Result<Status, ActionError> {
    let lines = order_lines::of_call_off(tx, call_off).await?;
    let invoices = invoices::of_call_off(tx, call_off).await?;
    Ok(fulfilment::status(call_off.status, &progress(call_off, &lines, &invoices)))
}

/// A day on which something happened to an order: not before its release, not in the future.
pub(super) fn check_day(
    field: &str,
    day: NaiveDate,
    from: DateTime<Utc>,
    now: DateTime<Utc>,
    what_before: &str,
) -> Result<(), ActionError> {
    let (first, today) = (berlin_date(from), berlin_date(now));
    let message = if today < day {
        format!(
            "Der {} liegt in der Zukunft. Bitte geben Sie einen Tag bis heute, {}, ein.",
            German.date(day),
            German.date(today)
        )
    } else if day < first {
        format!(
            "Der {} liegt vor {what_before} am {}. Bitte geben Sie einen Tag ab dem {} ein.",
            German.date(day),
            German.date(first),
            German.date(first)
        )
    } else {
        return Ok(());
    };
    Err(ActionError::Invalid(vec![FieldError::new(field, message)]))
}

/// The day of a supplier's confirmation: nobody confirms what has not been sent yet.
pub(super) async fn check_confirmed(
    tx: &mut Tx,
    call_off: &CallOff,
    field: &str,
    day: NaiveDate,
    released_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), ActionError> {
    let sent = dispatches::of_call_off(tx, call_off).await?;
    match dispatches::standing(&sent) {
        Some(sent) => check_day(field, day, sent.happened_at, now, "dem Versand"),
        None => check_day(field, day, released_at, now, "der Freigabe"),
    }
}

/// An optional text: at most so many characters, storable.
pub(super) fn check_note(field: &str, text: &str, most: usize) -> Result<(), ActionError> {
    if text.is_empty() { Ok(()) } else { super::check_text(field, text, most, "") }
}
