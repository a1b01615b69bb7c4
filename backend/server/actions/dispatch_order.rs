//! Note that an order was sent, and that the supplier received it. Both ask the rules of dispatch: an
//! order that arrives after the end of the contract may bind nobody, and the office clears it up.

use abruf_domain::call_off::Status;
use abruf_domain::dispatch::{self, Dispatch};
use abruf_domain::finding::{Finding, Outcome};
use abruf_domain::ids::CallOffId;
use abruf_domain::period::berlin_date;
use abruf_domain::supplier_order::State;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Europe::Berlin;
use serde_json::{Value, json};
use uuid::Uuid;

use super::keyed::Keyed;
use super::order_step::{OrderStep, check_day, write, write_as};
use super::{ActionError, FieldError, Who, only, send_change};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::CallOff;
use crate::storage::dispatches::{self, DispatchNote};
use crate::storage::order_reviews::{self, OrderReview};
use crate::storage::{Tx, call_offs, contracts, supplier_orders};

/// How an order is sent: key and German.
pub const CHANNELS: &[(&str, &str)] = &[
    ("email", "E-Mail"),
    ("post", "Brief"),
    ("fax", "Fax"),
    ("portal", "Portal des Lieferanten"),
    ("other", "anders"),
];

/// Notes that the order was sent on a day (`None`: now) by a channel. Returns what the rules found.
///
/// # Errors
/// If the day lies before the release or in the future, the channel is unknown, or the body has not approved the
/// supplier order of the pair.
pub async fn dispatch(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    sent_on: Option<NaiveDate>,
    channel: &str,
) -> Result<Vec<Finding>, ActionError> {
    only(actor, &[Role::Buyer, Role::Approver])?;
    if !CHANNELS.iter().any(|(key, _)| *key == channel) {
        let allowed: Vec<&str> = CHANNELS.iter().map(|(key, _)| *key).collect();
        let shown: String = channel.chars().take(20).collect();
        let message = format!("„{shown}“ ist kein Versandweg. Möglich sind: {}.", allowed.join(", "));
        return Err(ActionError::Invalid(vec![FieldError::new("channel", message)]));
    }
    let keyed = Keyed { app, actor, key: None, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let Some(released_at) = call_off.released_at.filter(|_| call_off.status == Status::Released) else {
        return Err(ActionError::WrongState(call_off.status));
    };
    if let Some(order) = supplier_orders::of_call_off(&mut tx, &call_off).await?
        && order.state != State::Approved
    {
        return Err(ActionError::NotNow(format!(
            "Der Lieferantenauftrag {} ist noch nicht freigegeben. Versendet wird erst, wenn die Geschäftsstelle ihn freigegeben hat.",
            order.number
        )));
    }
    let sent_at = instant_on(sent_on, keyed.now, released_at);
    check_day("sent_on", berlin_date(sent_at), released_at, keyed.now, "der Freigabe")?;
    let way = Way { who: Who::Person(actor), channel, mail: None };
    let findings = note_dispatch(app, &mut tx, &call_off, way, sent_at, keyed.now, json!({})).await?;
    tx.commit().await?;
    Ok(findings)
}

/// Who sent an order, and how.
#[derive(Debug, Clone, Copy)]
pub(super) struct Way<'a> {
    /// A person, or the program.
    pub who: Who<'a>,
    /// One of [`CHANNELS`].
    pub channel: &'a str,
    /// The mail it went by, where the program sent it.
    pub mail: Option<Uuid>,
}

/// Writes that a released order was sent, with what the rules say about it; `evidence` lies beside the log entry.
pub(super) async fn note_dispatch(
    app: &App,
    tx: &mut Tx,
    call_off: &CallOff,
    way: Way<'_>,
    sent_at: DateTime<Utc>,
    now: DateTime<Utc>,
    evidence: Value,
) -> Result<Vec<Finding>, ActionError> {
    let Some(released_at) = call_off.released_at.filter(|_| call_off.status == Status::Released) else {
        return Err(ActionError::WrongState(call_off.status));
    };
    let earlier = dispatches::of_call_off(tx, call_off).await?.iter().filter(|it| !it.received).count();
    let facts = facts(tx, call_off, released_at, sent_at, None).await?;
    let note = DispatchNote {
        id: app.chance.id(now),
        received: false,
        attempt: i32::try_from(earlier).unwrap_or(i32::MAX).saturating_add(1),
        happened_at: sent_at,
        channel: way.channel.to_owned(),
        review: app.chance.id(now),
        findings: Vec::new(),
        mail: way.mail,
        by: way.who.person(),
        person: String::new(),
        at: now,
        bounce: None,
    };
    let (findings, hash) = judge(tx, call_off, &facts, note).await?;
    // „Anders“ says nothing.
    let word = CHANNELS.iter().find(|(key, _)| *key == way.channel && *key != "other").map_or("", |(_, word)| word);
    let step = OrderStep {
        decision: "dispatched",
        action: "call_off_dispatched",
        reason: word,
        after: Some(hash),
        detail: json!({ "sent_at": sent_at, "channel": way.channel, "mail": way.mail, "evidence": evidence }),
    };
    write_as(app, way.who, now, tx, (call_off, Status::Dispatched), step).await?;
    // What was taken back before goes out behind the order.
    send_change::put_into_mail(app, tx, call_off, now).await?;
    Ok(findings)
}

/// Notes the day on which the supplier received the order. Returns what the rules found.
///
/// # Errors
/// If the day lies before the dispatch or in the future, or was noted before.
pub async fn note_receipt(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    received_on: NaiveDate,
) -> Result<Vec<Finding>, ActionError> {
    only(actor, &[Role::Buyer, Role::Approver])?;
    let keyed = Keyed { app, actor, key: None, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let sent = dispatches::of_call_off(&mut tx, &call_off).await?;
    let received = sent.iter().any(|it| it.received);
    let Some((sent, released_at)) = dispatches::standing(&sent).zip(call_off.released_at) else {
        return Err(ActionError::WrongState(call_off.status));
    };
    if !call_off.status.is_ordered() || received {
        return Err(ActionError::NotNow("Der Zugang ist schon vermerkt.".to_owned()));
    }
    let received_at = instant_on(Some(received_on), keyed.now, sent.happened_at);
    check_day("received_on", received_on, sent.happened_at, keyed.now, "dem Versand")?;
    let facts = facts(&mut tx, &call_off, released_at, sent.happened_at, Some(received_at)).await?;
    let note = DispatchNote {
        id: app.chance.id(keyed.now),
        received: true,
        attempt: 1,
        happened_at: received_at,
        channel: String::new(),
        review: app.chance.id(keyed.now),
        findings: Vec::new(),
        mail: None,
        by: Some(actor.person),
        person: String::new(),
        at: keyed.now,
        bounce: None,
    };
    let (findings, hash) = judge(&mut tx, &call_off, &facts, note).await?;
    let step = OrderStep {
        decision: "received",
        action: "call_off_received",
        reason: "",
        after: Some(hash),
        detail: json!({ "received_at": received_at }),
    };
    write(keyed, &mut tx, &call_off, call_off.status, step).await?;
    tx.commit().await?;
    Ok(findings)
}

async fn facts(
    tx: &mut Tx,
    call_off: &CallOff,
    released_at: DateTime<Utc>,
    sent_at: DateTime<Utc>,
    received_at: Option<DateTime<Utc>>,
) -> Result<Dispatch, ActionError> {
    let contract = contracts::find(tx, call_off.contract).await?.ok_or(ActionError::NotFound)?;
    Ok(Dispatch {
        number: call_off.number.clone().unwrap_or_default(),
        effective_end: contract.effective_end,
        released_at,
        sent_at,
        received_at,
    })
}

/// Judges what happened and writes it down with the findings.
async fn judge(
    tx: &mut Tx,
    call_off: &CallOff,
    facts: &Dispatch,
    note: DispatchNote,
) -> Result<(Vec<Finding>, [u8; 32]), ActionError> {
    let findings = dispatch::judge(facts);
    let review = OrderReview {
        id: note.review,
        check_point: if note.received { "receipt" } else { "dispatch" },
        blocked: findings.iter().any(|finding| finding.outcome == Outcome::Block),
        facts,
        findings: &findings,
        by: note.by,
        at: note.at,
    };
    let hash = order_reviews::insert(tx, call_off, &review).await?;
    dispatches::insert(tx, call_off, &note).await?;
    Ok((findings, hash))
}

/// The instant of a day that is only known as a day: now if it is today, else noon in Berlin, but never
/// before `earliest` on that same day.
fn instant_on(day: Option<NaiveDate>, now: DateTime<Utc>, earliest: DateTime<Utc>) -> DateTime<Utc> {
    let Some(day) = day.filter(|day| *day != berlin_date(now)) else { return now };
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
    // Noon is never skipped or repeated by a change of the clock.
    let noon = day.and_time(noon).and_local_timezone(Berlin).earliest().map_or(now, |it| it.with_timezone(&Utc));
    if day == berlin_date(earliest) { noon.max(earliest) } else { noon }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_noon_in_berlin_but_today_is_now() {
        let now: DateTime<Utc> = "2026-11-22T09:00:00Z".parse().unwrap();
        let released: DateTime<Utc> = "2026-11-20T14:00:00Z".parse().unwrap();
        let on = |day: &str| instant_on(day.parse().ok(), now, released).to_rfc3339();
        assert_eq!(on("2026-11-22"), "2026-11-22T09:00:00+00:00");
        assert_eq!(on("2026-11-21"), "2026-11-21T11:00:00+00:00");
        assert_eq!(on("2026-11-20"), "2026-11-20T14:00:00+00:00", "not before the release");
    }
}
