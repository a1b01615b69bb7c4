//! Change the minimum purchases (Mindestabnahmen) of a contract in force: one person of the office proposes with the document
//! behind it, a second one releases. Until then, and when it is taken back, what stands stands.

use abruf_domain::ids::ContractId;
use abruf_domain::money::Volume;
use abruf_domain::notation::Language::German;
use chrono::NaiveDate;
use serde_json::{Value, json};
use uuid::Uuid;

use super::keyed::Keyed;
use super::steer_contract::{held, running};
use super::write_contract::log;
use super::{ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::minimum_purchase_proposals::{self, ProposalRow};
use crate::storage::minimum_purchases::{self, NewMinimumPurchase};
use crate::storage::{StorageError, contract_parts};

/// Longest wording of what follows, in characters.
const LONGEST: usize = 1_000;
/// Longest name of a document, in characters.
const LONGEST_DOCUMENT: usize = 200;
/// When it is possible.
const ONLY: &str = "Mindestabnahmen ändern sich nur, solange er läuft.";

/// What somebody wants a minimum purchase to be.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Article number; empty for the whole contract.
    pub of: String,
    /// value or quantity.
    pub measure: String,
    /// What must have been called off; `None`: what stands for this day falls away.
    pub amount: Option<Volume>,
    /// Last day on which a call-off counts.
    pub due_on: NaiveDate,
    /// What follows otherwise.
    pub consequence: String,
    /// The document behind it.
    pub document: String,
}

fn wrong<T>(field: &str, message: impl Into<String>) -> Result<T, ActionError> {
    Err(ActionError::Invalid(vec![FieldError::new(field, message.into())]))
}

/// Proposes a minimum purchase, or the end of one; at most one waits at a time. Returns the id of the proposal.
///
/// # Errors
/// What is wrong, by field; [`ActionError::NotNow`] if the contract does not run, or another proposal waits.
pub async fn propose(
    app: &App,
    actor: &Actor,
    id: ContractId,
    wish: &Wish,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let keyed = Keyed { app, actor, key, now };
    let mut tx = app.db.begin(actor).await?;
    if let Some(known) = keyed.replay(&mut tx).await? {
        return Ok(known);
    }
    let contract = held(&mut tx, actor, id).await?;
    running(&contract, app.clock.today(), ONLY)?;
    let of = wish.of.trim();
    let item = if of.is_empty() {
        None
    } else {
        let Some((item, _)) = contract_parts::item(&mut tx, id, of).await? else {
            return wrong(
                "minimum_of",
                format!(
                    "Es gibt keine Position „{of}“. Bitte geben Sie eine Artikelnummer dieses Vertrags ein, oder nichts für den ganzen Vertrag."
                ),
            );
        };
        Some(item)
    };
    check(wish, item.is_some(), contract.starts_on, app.clock.today())?;
    if minimum_purchase_proposals::of_contract(&mut tx, id).await?.iter().any(|row| row.decided_at.is_none()) {
        return Err(waits());
    }
    let row = ProposalRow {
        id: app.chance.id(now),
        item,
        article_number: of.to_owned(),
        unit: String::new(),
        measure: wish.measure.clone(),
        amount: wish.amount,
        due_on: wish.due_on,
        consequence: if wish.amount.is_some() { wish.consequence.trim().to_owned() } else { String::new() },
        document: wish.document.trim().to_owned(),
        recorded_by: actor.person,
        recorded_by_name: String::new(),
        recorded_at: now,
        decided_at: None,
        released: None,
    };
    if row.amount.is_none() && !stands(&minimum_purchases::list(&mut tx, Some(id)).await?, &row) {
        return wrong(
            "due_on",
            "Für diesen Tag steht keine Mindestabnahme, die entfallen könnte. Bitte prüfen Sie die Angaben.",
        );
    }
    minimum_purchase_proposals::insert(&mut tx, id, &row).await.map_err(in_german)?;
    keyed.keep(&mut tx, &row.id).await?;
    log(app, &mut tx, actor, id, "minimum_purchase_proposed", &told(&row), now).await?;
    tx.commit().await?;
    Ok(row.id)
}

/// Releases the proposal that waits; the second person.
///
/// # Errors
/// [`ActionError::NotNow`] for the person who proposed it, or if it is decided already.
pub async fn release(app: &App, actor: &Actor, id: ContractId, proposal: Uuid) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let contract = held(&mut tx, actor, id).await?;
    running(&contract, app.clock.today(), ONLY)?;
    let rows = minimum_purchase_proposals::of_contract(&mut tx, id).await?;
    let row = waiting(&rows, proposal)?;
    if row.recorded_by == actor.person {
        return Err(ActionError::NotNow(
            "Sie haben diese Mindestabnahme selbst vorgeschlagen. Freigeben muss sie eine zweite Person der Geschäftsstelle."
                .to_owned(),
        ));
    }
    minimum_purchase_proposals::decide(&mut tx, id, row.id, (actor.person, now), true).await?;
    let stood = minimum_purchase_proposals::end(&mut tx, id, row).await?;
    match row.amount {
        Some(amount) => {
            let new = NewMinimumPurchase {
                id: row.id,
                item: row.item,
                measure: &row.measure,
                amount,
                due_on: row.due_on,
                consequence: &row.consequence,
            };
            minimum_purchases::put(&mut tx, id, &new).await?;
        }
        None if stood => {}
        None => {
            return Err(ActionError::NotNow(
                "Für diesen Tag steht keine Mindestabnahme mehr. Bitte nehmen Sie den Vorschlag zurück.".to_owned(),
            ));
        }
    }
    log(app, &mut tx, actor, id, "minimum_purchase_released", &told(row), now).await?;
    Ok(tx.commit().await?)
}

/// Takes the proposal that waits back; any person of the office.
///
/// # Errors
/// [`ActionError::NotNow`] if it is decided already.
pub async fn take_back(app: &App, actor: &Actor, id: ContractId, proposal: Uuid) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    held(&mut tx, actor, id).await?;
    let rows = minimum_purchase_proposals::of_contract(&mut tx, id).await?;
    let row = waiting(&rows, proposal)?;
    minimum_purchase_proposals::decide(&mut tx, id, row.id, (actor.person, now), false).await?;
    log(app, &mut tx, actor, id, "minimum_purchase_taken_back", &told(row), now).await?;
    Ok(tx.commit().await?)
}

fn check(wish: &Wish, of_item: bool, starts_on: NaiveDate, today: NaiveDate) -> Result<(), ActionError> {
    match wish.measure.as_str() {
        "value" => {}
        "quantity" if of_item => {}
        "quantity" => {
            return wrong(
                "minimum_measure",
                "Eine Menge gilt für eine Position. Bitte geben Sie ihre Artikelnummer ein, oder wählen Sie „Wert netto“.",
            );
        }
        other => {
            let shown: String = other.chars().take(40).collect();
            return wrong("minimum_measure", format!("„{shown}“ ist nicht möglich. Möglich sind: value, quantity."));
        }
    }
    if wish.amount.is_some_and(|amount| amount <= Volume::ZERO) {
        return wrong("minimum_amount", "Bitte geben Sie eine Mindestabnahme über 0 ein.");
    }
    if wish.due_on < starts_on {
        let begin = German.date(starts_on);
        return wrong(
            "due_on",
            format!("Der Tag liegt vor dem Vertragsbeginn am {begin}. Bitte prüfen Sie das Datum."),
        );
    }
    if wish.amount.is_some() && wish.due_on < today {
        let earliest = German.date(today);
        return wrong(
            "due_on",
            format!("Der Tag ist vorbei. Eine neue Mindestabnahme gilt frühestens bis {earliest}."),
        );
    }
    if wish.amount.is_some() {
        let missing = "Bitte schreiben Sie, was sonst geschieht, zum Beispiel eine Ausgleichszahlung.";
        check_text("consequence", wish.consequence.trim(), LONGEST, missing)?;
    }
    let missing = "Bitte nennen Sie das Dokument, zum Beispiel Nachtrag 1 vom 12.05.2027.";
    check_text("document", wish.document.trim(), LONGEST_DOCUMENT, missing)
}

/// Whether a minimum purchase stands for the day of a proposal.
fn stands(all: &[minimum_purchases::Row], row: &ProposalRow) -> bool {
    all.iter().any(|it| {
        it.measure == row.measure
            && it.due_on == row.due_on
            && it.article_number.as_deref().unwrap_or_default() == row.article_number
    })
}

fn waiting(rows: &[ProposalRow], id: Uuid) -> Result<&ProposalRow, ActionError> {
    let row = rows.iter().find(|row| row.id == id).ok_or(ActionError::NotFound)?;
    match row.decided_at {
        None => Ok(row),
        Some(_) => Err(ActionError::NotNow("Über diesen Vorschlag ist schon entschieden.".to_owned())),
    }
}

fn waits() -> ActionError {
    ActionError::NotNow(
        "Ein Vorschlag wartet schon auf seine zweite Person. Bitte geben Sie ihn zuerst frei, oder nehmen Sie ihn zurück."
            .to_owned(),
    )
}

fn in_german(error: StorageError) -> ActionError {
    match error.constraint() {
        Some("minimum_purchase_proposal_one_pending") => waits(),
        _ => error.into(),
    }
}

fn told(row: &ProposalRow) -> Value {
    json!({
        "id": row.id,
        "article_number": row.article_number,
        "measure": row.measure,
        "amount": row.amount.map(|amount| amount.decimal().to_string()),
        "due_on": row.due_on,
        "consequence": row.consequence,
        "document": row.document,
    })
}
