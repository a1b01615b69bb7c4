//! Let a supplier answer an order by the one-time link of its mail: confirm it, name another date or other quantities,
//! or decline. What differs is a new offer (§ 150 (2) BGB) and waits for the buyer, as if somebody had noted it.
//!
//! The holder of the link acts as [`RunsAs::Supplier`]: the database shows that one order and nothing else.

use abruf_domain::call_off::Status;
use abruf_domain::ids::OrganisationId;
use abruf_domain::money::Net;
use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use super::confirm_order::{ConfirmationInput, in_words, note_confirmation, write_confirmation};
use super::order_step::check_note;
use super::rest_of_order::PartInput;
use super::{ActionError, FieldError, Who};
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::call_offs::CallOff;
use crate::storage::confirmations::{self, By};
use crate::storage::order_lines::OrderLine;
use crate::storage::supplier_links::{self, SupplierLink};
use crate::storage::{Tx, call_offs, contracts, dispatches, order_lines, organisations, supplier_orders};

/// Characters of a token: 32 random bytes as base64.
const TOKEN_LENGTH: usize = 43;

/// Whether a link still takes an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It does, up to this instant.
    Open(DateTime<Utc>),
    /// It was answered by this or another link of the order: when, and what differs; empty where nothing does.
    Answered(DateTime<Utc>, String),
    /// It ended.
    Expired(DateTime<Utc>),
    /// The order was cancelled.
    Cancelled(Option<DateTime<Utc>>),
    /// Its dispatch is noted on a day to come: by then it can be confirmed.
    Ahead(NaiveDate),
    /// The order has gone on without this link, or has not been noted as sent yet.
    Elsewhere(Status),
}

impl Standing {
    /// What a supplier is told that cannot answer any more, and what to do.
    #[must_use]
    pub fn in_words(&self) -> String {
        let day = |at: DateTime<Utc>| German.date(berlin_date(at));
        match self {
            Self::Open(_) => String::new(),
            Self::Answered(at, difference) if difference.is_empty() => format!(
                "Sie haben diese Bestellung am {} bestätigt. Möchten Sie etwas ändern, wenden Sie sich bitte an den Besteller.",
                day(*at)
            ),
            Self::Answered(at, difference) => format!(
                "Sie haben am {} geantwortet: {difference}. Der Link gilt für eine Antwort. Möchten Sie etwas ändern, wenden Sie sich bitte an den Besteller.",
                day(*at)
            ),
            Self::Expired(at) => format!(
                "Der Link galt bis {}. Bitte antworten Sie dem Besteller auf seine Nachricht, oder bitten Sie ihn, die Bestellung noch einmal zu senden.",
                day(*at - TimeDelta::seconds(1))
            ),
            Self::Cancelled(at) => format!(
                "Der Besteller hat diese Bestellung{} storniert. Bitte liefern Sie nicht. Haben Sie schon geliefert, wenden Sie sich bitte an den Besteller.",
                at.map(|at| format!(" am {}", day(at))).unwrap_or_default()
            ),
            Self::Ahead(sent_on) => format!(
                "Als Tag des Versands dieser Bestellung ist der {} vermerkt. Eine Bestätigung davor ist nicht möglich. Bitte antworten Sie ab diesem Tag noch einmal; der Link bleibt so lange offen.",
                German.date(*sent_on)
            ),
            Self::Elsewhere(Status::Released) => "Der Versand dieser Bestellung ist noch nicht vermerkt. Bitte versuchen Sie es in einigen Minuten noch einmal, oder antworten Sie dem Besteller auf seine Nachricht.".to_owned(),
            Self::Elsewhere(status) => format!(
                "Diese Bestellung ist schon „{}“. Eine Antwort ist nicht mehr nötig. Stimmt etwas nicht, wenden Sie sich bitte an den Besteller.",
                status.german()
            ),
        }
    }
}

/// An order as its supplier sees it.
#[derive(Debug, Clone)]
pub struct OrderForSupplier {
    /// Its number.
    pub number: String,
    /// Number and title of the contract.
    pub contract: String,
    /// ISO 4217.
    pub currency: String,
    /// Who orders.
    pub customer: String,
    /// When it was released.
    pub ordered_at: Option<DateTime<Utc>>,
    /// Desired delivery date.
    pub desired_on: Option<NaiveDate>,
    /// The lines as they stand.
    pub lines: Vec<OrderLine>,
    /// Net value.
    pub net: Option<Net>,
    /// Whether it takes an answer.
    pub standing: Standing,
}

/// What the supplier answers, as entered. Whatever is left out is as ordered.
#[derive(Debug, Clone, Default)]
pub struct SupplierAnswer {
    /// Number the supplier gives its confirmation.
    pub reference: String,
    /// Delivery date.
    pub delivery_on: Option<NaiveDate>,
    /// Quantities that differ; `0` where it will not deliver.
    pub quantities: Vec<PartInput>,
    /// What else differs.
    pub note: String,
    /// It delivers nothing at all.
    pub declines: bool,
}

/// The order behind a link; `None` for what is no link. Looking does not use it up: mail scanners look too.
pub async fn open(app: &App, token: &str) -> Result<Option<OrderForSupplier>, ActionError> {
    let Some((_, link)) = found(app, token).await? else { return Ok(None) };
    let mut tx = app.db.begin(RunsAs::Supplier { contract: link.contract, call_off: link.call_off }).await?;
    let (call_off, _) = call_offs::find(&mut tx, link.call_off).await?.ok_or(ActionError::NotFound)?;
    let order = read(app, &mut tx, &call_off, &link).await?;
    tx.rollback().await?;
    Ok(Some(order))
}

/// Writes the answer of a supplier and uses the link up. Returns whether it differs from the order.
///
/// # Errors
/// [`ActionError::NotFound`] for what is no link; [`ActionError::NotNow`] with what to do where it takes no answer any
/// more; [`ActionError::Invalid`] for fields that are not right, and then the link still opens.
pub async fn answer(app: &App, token: &str, answer: &SupplierAnswer) -> Result<bool, ActionError> {
    let (hash, link) = found(app, token).await?.ok_or(ActionError::NotFound)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Supplier { contract: link.contract, call_off: link.call_off }).await?;
    let (call_off, _) = call_offs::lock(&mut tx, link.call_off).await?.ok_or(ActionError::NotFound)?;
    // Read again under the lock: of two who answer at once the second finds it answered.
    let link = supplier_links::find(&mut tx, &hash).await?.ok_or(ActionError::NotFound)?;
    let order = read(app, &mut tx, &call_off, &link).await?;
    if !matches!(order.standing, Standing::Open(_)) {
        return Err(ActionError::NotNow(order.standing.in_words()));
    }
    let input = confirmation(answer, &order, berlin_date(now))?;
    if !supplier_links::use_up(&mut tx, &hash, call_off.id, now).await? {
        return Err(ActionError::NotNow(Standing::Expired(link.expires_at).in_words()));
    }
    let confirmation = note_confirmation(app, &mut tx, &call_off, By::Link(hash), &input, now).await?;
    write_confirmation(app, Who::Supplier, &mut tx, &call_off, &confirmation).await?;
    tx.commit().await?;
    Ok(confirmation.differs)
}

/// The answer as the confirmation it is.
fn confirmation(
    answer: &SupplierAnswer,
    order: &OrderForSupplier,
    today: NaiveDate,
) -> Result<ConfirmationInput, ActionError> {
    check_note("reference", answer.reference.trim(), 100)?;
    check_note("note", answer.note.trim(), 2000)?;
    if let Some(day) = answer.delivery_on.filter(|day| *day < today) {
        let message = format!(
            "Der {} liegt in der Vergangenheit. Bitte nennen Sie einen Tag ab heute, {}.",
            German.date(day),
            German.date(today)
        );
        return Err(ActionError::Invalid(vec![FieldError::new("delivery_on", message)]));
    }
    let nothing = |line: &OrderLine| PartInput { position: line.position, quantity: "0".to_owned() };
    Ok(ConfirmationInput {
        confirmed_on: today,
        reference: answer.reference.clone(),
        // The date that was wished for is no difference.
        delivery_on: answer.delivery_on.filter(|day| !answer.declines && Some(*day) != order.desired_on),
        quantities: if answer.declines {
            order.lines.iter().filter(|line| !line.quantity.is_zero()).map(nothing).collect()
        } else {
            answer.quantities.clone()
        },
        note: answer.note.clone(),
    })
}

/// The link of a token with its hash.
async fn found(app: &App, token: &str) -> Result<Option<([u8; 32], SupplierLink)>, ActionError> {
    if token.len() != TOKEN_LENGTH {
        return Ok(None);
    }
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let link = supplier_links::find(&mut tx, &hash).await?;
    tx.rollback().await?;
    Ok(link.map(|link| (hash, link)))
}

async fn read(
    app: &App,
    tx: &mut Tx,
    call_off: &CallOff,
    link: &SupplierLink,
) -> Result<OrderForSupplier, ActionError> {
    let contract = contracts::find(tx, call_off.contract).await?.ok_or(ActionError::NotFound)?;
    let of_pair = supplier_orders::of_call_off(tx, call_off).await?;
    let customer: OrganisationId = if of_pair.is_some() { call_off.body } else { call_off.buyer_of_record };
    let amounts = of_pair.as_ref().map(|order| order.amounts).or(call_off.amounts);
    Ok(OrderForSupplier {
        number: of_pair.map(|order| order.number).or_else(|| call_off.number.clone()).unwrap_or_default(),
        contract: format!("{} {}", contract.number, contract.title),
        currency: contract.currency,
        customer: organisations::name(tx, customer).await?.unwrap_or_default(),
        ordered_at: call_off.released_at,
        desired_on: call_off.details.desired_on,
        lines: order_lines::of_call_off(tx, call_off).await?,
        net: amounts.map(|amounts| amounts.net),
        standing: standing(tx, call_off, link, app.clock.now()).await?,
    })
}

async fn standing(
    tx: &mut Tx,
    call_off: &CallOff,
    link: &SupplierLink,
    now: DateTime<Utc>,
) -> Result<Standing, ActionError> {
    if call_off.status == Status::Cancelled {
        return Ok(Standing::Cancelled(call_off.ended_at));
    }
    if let Some(used_at) = link.used_at {
        let all = confirmations::of_call_off(tx, call_off).await?;
        let own = all.iter().rfind(|it| matches!(it.by, By::Link(_)) && it.at <= used_at);
        return Ok(Standing::Answered(used_at, own.map(in_words).unwrap_or_default()));
    }
    let notes = dispatches::of_call_off(tx, call_off).await?;
    let sent_on = dispatches::standing(&notes).map(|sent| berlin_date(sent.happened_at));
    Ok(match (call_off.status, sent_on) {
        _ if link.expires_at <= now => Standing::Expired(link.expires_at),
        (Status::Dispatched, Some(sent_on)) if berlin_date(now) < sent_on => Standing::Ahead(sent_on),
        (Status::Dispatched, _) => Standing::Open(link.expires_at),
        (status, _) => Standing::Elsewhere(status),
    })
}
