//! Record a bonus that a supplier has paid, and share it among the members by their turnover of the year. It
//! changes no order value, no ceiling and no saving. A mistake is taken back by a counter entry.

use abruf_domain::allocation;
use abruf_domain::bonus::GoesTo;
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::Net;
use abruf_domain::notation::Language::German;
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::keyed::Keyed;
use super::write_contract::log;
use super::{ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::bonuses::{self, Payment, Share, Turnover};
use crate::storage::contracts::{self, Contract};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::{StorageError, Tx, contract_clauses};

/// Longest document, in characters.
const MAX_DOCUMENT: usize = 200;

/// A credit note of a supplier.
#[derive(Debug, Clone)]
pub struct CreditNote {
    /// Calendar year whose turnover earned it.
    pub year: i32,
    /// Net amount in the contract's currency.
    pub net: Net,
    /// Its date.
    pub received_on: NaiveDate,
    /// Its number.
    pub document: String,
}

/// Records a credit note and shares it; whoever repeats a request with its key gets the id of the first.
pub async fn record(
    app: &App,
    actor: &Actor,
    contract: ContractId,
    note: &CreditNote,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let keyed = Keyed { app, actor, key, now };
    let mut tx = app.db.begin(actor).await?;
    let of = own(&mut tx, actor, contract).await?;
    if let Some(id) = keyed.replay(&mut tx).await? {
        return Ok(id);
    }
    check(&of, note, app.clock.today())?;
    let goes_to = contract_clauses::of(&mut tx, contract).await?.bonus.map(|clause| clause.goes_to);
    let goes_to = goes_to.unwrap_or_default();
    let turnover = bonuses::turnover(&mut tx, contract, note.year).await?;
    let payment = Payment {
        id: app.chance.id(now),
        year: note.year,
        net: note.net,
        goes_to,
        received_on: note.received_on,
        document: note.document.trim().to_owned(),
        reverses: None,
        reversed: false,
        shares: match goes_to {
            GoesTo::Members => shares(note, turnover)?,
            GoesTo::Body => Vec::new(),
        },
    };
    insert(app, &mut tx, actor, contract, &payment, "bonus_recorded", now).await?;
    keyed.keep(&mut tx, &payment.id).await?;
    tx.commit().await?;
    Ok(payment.id)
}

/// Takes a recorded bonus back, share by share; once.
pub async fn reverse(
    app: &App,
    actor: &Actor,
    contract: ContractId,
    bonus: Uuid,
    reason: &str,
) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let reason = reason.trim();
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    own(&mut tx, actor, contract).await?;
    let payments = bonuses::payments(&mut tx, contract).await?;
    let paid = payments.into_iter().find(|it| it.id == bonus && it.reverses.is_none()).ok_or(ActionError::NotFound)?;
    if paid.reversed {
        return Err(already(&paid.document));
    }
    let missing = "Bitte nennen Sie den Grund, zum Beispiel: Betrag falsch abgeschrieben.";
    check_text("reason", reason, MAX_DOCUMENT, missing)?;
    let counter = Payment {
        id: app.chance.id(now),
        net: -paid.net,
        received_on: app.clock.today(),
        document: format!("{}: {reason}", paid.document),
        reverses: Some(paid.id),
        shares: paid.shares.iter().cloned().map(|share| Share { net: -share.net, ..share }).collect(),
        ..paid
    };
    insert(app, &mut tx, actor, contract, &counter, "bonus_reversed", now).await?;
    tx.commit().await?;
    Ok(())
}

/// A contract that the actor's body leads.
async fn own(tx: &mut Tx, actor: &Actor, contract: ContractId) -> Result<Contract, ActionError> {
    let of = contracts::find(tx, contract).await?.ok_or(ActionError::NotFound)?;
    if of.body == actor.body { Ok(of) } else { Err(ActionError::NotFound) }
}

fn check(contract: &Contract, note: &CreditNote, today: NaiveDate) -> Result<(), ActionError> {
    let mut errors = Vec::new();
    if note.net <= Net::ZERO {
        let message = "Bitte geben Sie den Nettobetrag der Gutschrift ein, zum Beispiel 1.234,50. Eine falsche Buchung nehmen Sie in der Liste zurück.";
        errors.push(FieldError::new("net", message));
    }
    let (first, last) = (contract.starts_on.year(), today.year());
    if !(first..=last).contains(&note.year) {
        let message = format!("{} ist nicht möglich. Möglich sind die Jahre {first} bis {last}.", note.year);
        errors.push(FieldError::new("year", message));
    }
    if today < note.received_on || note.received_on < contract.starts_on {
        let message = format!(
            "Der {} ist nicht möglich. Möglich sind {} bis {}.",
            German.date(note.received_on),
            German.date(contract.starts_on),
            German.date(today)
        );
        errors.push(FieldError::new("received_on", message));
    }
    let missing = "Bitte nennen Sie die Nummer der Gutschrift, zum Beispiel GS-2027-118.";
    if let Err(ActionError::Invalid(wrong)) = check_text("document", note.document.trim(), MAX_DOCUMENT, missing) {
        errors.extend(wrong);
    }
    if errors.is_empty() { Ok(()) } else { Err(ActionError::Invalid(errors)) }
}

/// The share of each member; together exactly the credit note.
fn shares(note: &CreditNote, turnover: Vec<Turnover>) -> Result<Vec<Share>, ActionError> {
    let by: Vec<(OrganisationId, Net)> = turnover.iter().map(|it| (it.member, it.net)).collect();
    let shared = allocation::shares(note.net, &by).ok_or_else(|| {
        let message = format!(
            "{} hat kein Mitglied aus diesem Vertrag abgerufen. Ohne Umsatz gibt es keinen Schlüssel zum Verteilen. Bitte prüfen Sie das Jahr.",
            note.year
        );
        ActionError::Invalid(vec![FieldError::new("year", message)])
    })?;
    let both = turnover.into_iter().zip(shared);
    Ok(both.map(|(it, (_, net))| Share { member: it.member, name: it.name, turnover: it.net, net }).collect())
}

async fn insert(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    contract: ContractId,
    payment: &Payment,
    action: &str,
    now: DateTime<Utc>,
) -> Result<(), ActionError> {
    bonuses::insert(tx, contract, payment, actor.person, now).await.map_err(|error| taken(error, payment))?;
    log(app, tx, actor, contract, action, &told(payment), now).await?;
    Ok(())
}

fn taken(error: StorageError, payment: &Payment) -> ActionError {
    match error.constraint() {
        Some("bonus_payment_document_once") => {
            let message = format!(
                "Die Gutschrift „{}“ steht schon bei diesem Vertrag. Es wurde nichts doppelt gebucht.",
                payment.document
            );
            ActionError::Invalid(vec![FieldError::new("document", message)])
        }
        Some("bonus_payment_reversed_once") => already(&payment.document),
        _ => error.into(),
    }
}

fn already(document: &str) -> ActionError {
    ActionError::NotNow(format!("Die Gutschrift „{document}“ ist schon zurückgenommen."))
}

/// What the log keeps of a payment: ids and amounts, no names.
fn told(payment: &Payment) -> Value {
    let shares: Vec<Value> = payment
        .shares
        .iter()
        .map(|share| json!({ "member": share.member, "turnover": share.turnover, "net": share.net }))
        .collect();
    json!({
        "bonus": payment.id,
        "year": payment.year,
        "net": payment.net,
        "goes_to": payment.goes_to.key(),
        "received_on": payment.received_on,
        "document": payment.document,
        "reverses": payment.reverses,
        "shares": shares,
    })
}
