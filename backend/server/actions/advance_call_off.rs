//! Note the next step of an order without its papers: dispatched, confirmed as ordered, everything delivered, invoiced
//! as ordered, closed; each with the day on which it happened.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use chrono::NaiveDate;
use serde_json::json;

use super::order_step::{check_confirmed, check_day};
use super::{ActionError, FieldError, Who, call_off_record, dispatch_order, note_delivery, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::history::{self, Step};
use crate::storage::realised_savings::{self, Source};
use crate::storage::{audit_log, call_offs};

/// The steps that can be noted, in their order; there are no others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Sent to the supplier.
    Dispatched,
    /// Confirmed as ordered.
    Confirmed,
    /// All that was open arrived.
    Delivered,
    /// Invoiced as ordered.
    Invoiced,
    /// Nothing more to come.
    Closed,
}

impl NextStep {
    /// All of them, in their order.
    pub const ALL: [Self; 5] = [Self::Dispatched, Self::Confirmed, Self::Delivered, Self::Invoiced, Self::Closed];

    /// The state an order has after it.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::Dispatched => Status::Dispatched,
            Self::Confirmed => Status::Confirmed,
            Self::Delivered => Status::Delivered,
            Self::Invoiced => Status::Invoiced,
            Self::Closed => Status::Closed,
        }
    }

    /// The step whose key this is.
    ///
    /// # Errors
    /// [`ActionError::Invalid`] at `field` with what is allowed.
    pub fn read(field: &str, typed: &str) -> Result<Self, ActionError> {
        Self::ALL.into_iter().find(|step| step.status().key() == typed).ok_or_else(|| {
            let shown: String = typed.chars().take(20).collect();
            let allowed: Vec<&str> = Self::ALL.iter().map(|step| step.status().key()).collect();
            let message = format!("„{shown}“ ist kein Schritt eines Auftrags. Möglich sind: {}.", allowed.join(", "));
            ActionError::Invalid(vec![FieldError::new(field, message)])
        })
    }
}

/// A step, and when it was taken.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// Which.
    pub step: NextStep,
    /// The day on which it happened; `None`: today.
    pub on: Option<NaiveDate>,
    /// How it was sent, for a dispatch: one of [`dispatch_order::CHANNELS`].
    pub channel: Option<&'a str>,
}

/// Moves an order one step on, today; `to` must be the step that follows.
///
/// # Errors
/// As [`note`].
pub async fn advance(app: &App, actor: &Actor, id: CallOffId, to: Status) -> Result<(), ActionError> {
    let step = NextStep::read("status", to.key())?;
    note(app, actor, id, &Progress { step, on: None, channel: None }).await
}

/// Moves an order one step on.
///
/// # Errors
/// [`ActionError::WrongState`] for a step that is not the next one; [`ActionError::Invalid`] for a day before the
/// release or in the future, an unknown channel, or a channel of anything but a dispatch.
pub async fn note(app: &App, actor: &Actor, id: CallOffId, progress: &Progress<'_>) -> Result<(), ActionError> {
    only(actor, &[Role::Buyer, Role::Approver])?;
    let Progress { step, on, channel } = *progress;
    if channel.is_some() && step != NextStep::Dispatched {
        let message = "Ein Versandweg gehört nur zum Versand (dispatched). Bitte lassen Sie ihn hier weg.";
        return Err(ActionError::Invalid(vec![FieldError::new("channel", message)]));
    }
    match step {
        // These two write more than their name: the rules of dispatch, what arrived.
        NextStep::Dispatched => {
            let sent = dispatch_order::dispatch(app, actor, id, on, channel.unwrap_or("other")).await;
            return sent.map(|_| ()).map_err(|error| error.at("sent_on", "on"));
        }
        NextStep::Delivered => return note_delivery::deliver_rest(app, actor, id, on).await,
        NextStep::Confirmed | NextStep::Invoiced | NextStep::Closed => {}
    }
    let to = step.status();
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let Some(released_at) = call_off.released_at.filter(|_| call_off.status.next_step() == Some(to)) else {
        return Err(ActionError::WrongState(call_off.status));
    };
    let day = on.unwrap_or_else(|| berlin_date(now));
    match step {
        NextStep::Confirmed => check_confirmed(&mut tx, &call_off, "on", day, released_at, now).await?,
        _ => check_day("on", day, released_at, now, "der Freigabe")?,
    }
    call_offs::set_status(&mut tx, id, call_off.status, to, now).await?;
    let words = on.map(|day| format!("am {}", German.date(day))).unwrap_or_default();
    let written = Step {
        id: app.chance.id(now),
        decision: to.key(),
        person: Some(actor.person),
        review: None,
        reason: &words,
        at: now,
    };
    history::insert_step(&mut tx, &call_off, &written).await?;
    // Invoiced without an invoice is invoiced as ordered.
    realised_savings::book(&mut tx, &call_off, to, Source::settled(written.id), || app.chance.id(now), now).await?;
    let (action, detail) = (format!("call_off_{}", to.key()), Some(json!({ "on": day })));
    let record = call_off_record(app, &call_off, &action, Who::Person(actor), None, detail, now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    Ok(tx.commit().await?)
}
