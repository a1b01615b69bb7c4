//! Give part of a member's quota to another member of the same contract.
//!
//! Proposed by an approver of the giver or by the office; effective only when an approver of each side has
//! consented and, where the quota agreement says so, the office has confirmed. Each consent is a fact of
//! its own transaction, made by its person. What everybody has agreed to is settled by the program in a
//! second one, because neither member may see the other's quota: both rows move together or not at all.

use abruf_domain::audit::AuditEntry;
use abruf_domain::facts::Measure;
use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::money::Volume;
use abruf_domain::notation::Language::German;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use uuid::Uuid;

use super::keyed::Keyed;
use super::{ActionError, FieldError, check_text, only, steer_contract};
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::quota_transfers::{self, Side, Transfer};
use crate::storage::volume::{self, QuotaMoved};
use crate::storage::{StorageError, Tx, contracts};

/// Who takes part in a transfer.
pub const PARTIES: &[Role] = &[Role::Approver, Role::Office];

/// A transfer as proposed.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Who gives; an approver gives only for their own member.
    pub giver: OrganisationId,
    /// Who receives.
    pub taker: OrganisationId,
    /// Net value; `None`: none.
    pub value: Option<Volume>,
    /// Quantity; `None`: none.
    pub quantity: Option<Volume>,
    /// Why.
    pub reason: String,
}

/// What a consent led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consented {
    /// Somebody else still has to consent or confirm.
    Waits,
    /// Both quotas have their new limits.
    Effective,
    /// The giver has too little left, or one side has no such quota: the transfer has ended without effect.
    Short,
}

/// Proposes a transfer. An approver of the giver consents with it; two approvers' word it still needs.
///
/// # Errors
/// [`ActionError::NotFound`] for a contract one may not see or another member's quota,
/// [`ActionError::Invalid`] where an amount is missing or more than is left.
pub async fn propose(
    app: &App,
    actor: &Actor,
    contract: ContractId,
    proposal: &Proposal,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, PARTIES)?;
    let now = app.clock.now();
    let keyed = Keyed { app, actor, key, now };
    let mut tx = app.db.begin(actor).await?;
    let it = contracts::find(&mut tx, contract).await?.ok_or(ActionError::NotFound)?;
    if actor.role == Role::Approver && proposal.giver != actor.organisation {
        return Err(ActionError::NotFound);
    }
    if let Some(id) = keyed.replay(&mut tx).await? {
        return Ok(id);
    }
    steer_contract::running(&it, app.clock.today(), "Kontingente werden nur übertragen, solange er läuft.")?;
    check(app, &mut tx, actor, contract, proposal).await?;
    let transfer = Transfer {
        id: app.chance.id(now),
        contract,
        giver: proposal.giver,
        giver_name: String::new(),
        taker: proposal.taker,
        taker_name: String::new(),
        value: proposal.value,
        quantity: proposal.quantity,
        reason: proposal.reason.trim().to_owned(),
        proposed_by: actor.person,
        proposed_at: now,
        given_by: (actor.role == Role::Approver).then_some(actor.person),
        taken_by: None,
        confirmation_needed: quota_transfers::are_confirmed(&mut tx, contract).await?.unwrap_or(true),
        confirmed_by: None,
        ended_as: None,
        ended_at: None,
        end_reason: String::new(),
    };
    quota_transfers::insert(&mut tx, &transfer).await.map_err(already_open)?;
    log(app, &mut tx, Some(actor), &transfer, "quota_transfer_proposed", json!(transfer), now).await?;
    keyed.keep(&mut tx, &transfer.id).await?;
    tx.commit().await?;
    Ok(transfer.id)
}

/// Consents for the actor's side: an approver for their member, the office as the confirming one. The
/// last one makes it effective.
///
/// # Errors
/// [`ActionError::NotNow`] where it has ended, where the side has consented, or where the office is not
/// asked.
pub async fn consent(app: &App, actor: &Actor, contract: ContractId, id: Uuid) -> Result<Consented, ActionError> {
    only(actor, PARTIES)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let transfer = open(&mut tx, contract, id).await?;
    let side = side_of(actor, &transfer)?;
    if side == Side::Office && !transfer.confirmation_needed {
        return Err(ActionError::NotNow(
            "Diese Übertragung braucht keine Bestätigung der Geschäftsstelle. Es fehlen nur die Zustimmungen der Mitglieder."
                .to_owned(),
        ));
    }
    let same = |other: Option<_>| other == Some(actor.person);
    if (side == Side::Taker && same(transfer.given_by)) || (side == Side::Giver && same(transfer.taken_by)) {
        return Err(ActionError::NotNow(
            "Sie haben schon für das andere Mitglied zugestimmt. Für Ihr Haus stimmt eine andere Person zu.".to_owned(),
        ));
    }
    if !quota_transfers::consent(&mut tx, &transfer, side, actor.person, now).await? {
        return Err(ActionError::NotNow("Für Ihre Seite ist schon zugestimmt.".to_owned()));
    }
    let action = if side == Side::Office { "quota_transfer_confirmed" } else { "quota_transfer_consented" };
    log(app, &mut tx, Some(actor), &transfer, action, json!({ "transfer": id }), now).await?;
    tx.commit().await?;
    settle(app, contract, id).await
}

/// Says no, for either side or for the office that would have to confirm.
///
/// # Errors
/// [`ActionError::NotNow`] once it has ended.
pub async fn refuse(app: &App, actor: &Actor, contract: ContractId, id: Uuid, reason: &str) -> Result<(), ActionError> {
    only(actor, PARTIES)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let transfer = open(&mut tx, contract, id).await?;
    side_of(actor, &transfer)?;
    let reason = reason.trim();
    check_text("end_reason", reason, 1_000, "Bitte schreiben Sie, warum Sie ablehnen oder zurückziehen.")?;
    let withdraws = transfer.proposed_by == actor.person || transfer.given_by == Some(actor.person);
    let [end, action] = match withdraws {
        true => ["withdrawn", "quota_transfer_withdrawn"],
        false => ["refused", "quota_transfer_refused"],
    };
    quota_transfers::end(&mut tx, &transfer, end, Some(actor.person), reason, now).await?;
    let detail = json!({ "transfer": id, "reason": reason });
    log(app, &mut tx, Some(actor), &transfer, action, detail, now).await?;
    Ok(tx.commit().await?)
}

/// Settles what everybody has agreed to, where the program stopped in between. Returns how many.
pub async fn settle_due(app: &App) -> Result<usize, ActionError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let due = quota_transfers::agreed(&mut tx).await?;
    tx.rollback().await?;
    let mut settled = 0;
    for (contract, id) in due {
        settled += usize::from(settle(app, contract, id).await? != Consented::Waits);
    }
    Ok(settled)
}

/// Moves both quotas, once everybody has agreed. The rows of the quotas come last but for the log, whose
/// head lies in the contract's row.
async fn settle(app: &App, contract: ContractId, id: Uuid) -> Result<Consented, ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let transfer = quota_transfers::hold(&mut tx, contract, id).await?.ok_or(ActionError::NotFound)?;
    match transfer.ended_as.as_deref() {
        Some("effective") => return Ok(Consented::Effective),
        Some("short") => return Ok(Consented::Short),
        Some(_) => return Ok(Consented::Waits),
        None if !transfer.is_agreed() => return Ok(Consented::Waits),
        None => {}
    }
    quota_transfers::end(&mut tx, &transfer, "effective", None, "", now).await?;
    if !move_both(&mut tx, &transfer).await? {
        tx.rollback().await?;
        return fall_short(app, contract, id).await;
    }
    log(app, &mut tx, None, &transfer, "quota_transfer_effective", json!(transfer), now).await?;
    tx.commit().await?;
    Ok(Consented::Effective)
}

async fn move_both(tx: &mut Tx, it: &Transfer) -> Result<bool, StorageError> {
    for (measure, amount) in [(Measure::Value, it.value), (Measure::Quantity, it.quantity)] {
        let Some(amount) = amount else { continue };
        if volume::move_quota(tx, it.contract, measure, it.giver, it.taker, amount).await? != QuotaMoved::Moved {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Ends what could not become effective, so that it does not happen later by surprise.
async fn fall_short(app: &App, contract: ContractId, id: Uuid) -> Result<Consented, ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let transfer = quota_transfers::hold(&mut tx, contract, id).await?.ok_or(ActionError::NotFound)?;
    if transfer.ended_as.is_none() {
        quota_transfers::end(&mut tx, &transfer, "short", None, "", now).await?;
        log(app, &mut tx, None, &transfer, "quota_transfer_short", json!({ "transfer": id }), now).await?;
    }
    tx.commit().await?;
    Ok(Consented::Short)
}

/// A visible transfer that waits.
async fn open(tx: &mut Tx, contract: ContractId, id: Uuid) -> Result<Transfer, ActionError> {
    let transfer = quota_transfers::hold(tx, contract, id).await?.ok_or(ActionError::NotFound)?;
    let Some(ended_as) = &transfer.ended_as else { return Ok(transfer) };
    Err(ActionError::NotNow(format!("Diese Übertragung ist schon {}. Bitte laden Sie die Seite neu.", ended(ended_as))))
}

/// How a transfer ended, as users read it.
#[must_use]
pub fn ended(key: &str) -> &'static str {
    match key {
        "effective" => "wirksam",
        "refused" => "abgelehnt",
        "withdrawn" => "zurückgezogen",
        _ => "ohne Wirkung beendet",
    }
}

fn side_of(actor: &Actor, transfer: &Transfer) -> Result<Side, ActionError> {
    match actor.role {
        Role::Office => Ok(Side::Office),
        _ if actor.organisation == transfer.giver => Ok(Side::Giver),
        _ if actor.organisation == transfer.taker => Ok(Side::Taker),
        _ => Err(ActionError::NotFound),
    }
}

async fn check(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    contract: ContractId,
    proposal: &Proposal,
) -> Result<(), ActionError> {
    let wrong = |field: &str, message: String| Err(ActionError::Invalid(vec![FieldError::new(field, message)]));
    check_text("reason", proposal.reason.trim(), 1_000, "Bitte schreiben Sie, warum das Kontingent übertragen wird.")?;
    let members = quota_transfers::members(tx, actor.body, app.clock.today()).await?;
    let is_member = |id: OrganisationId| members.iter().any(|(member, _)| *member == id);
    if !is_member(proposal.giver) {
        return wrong(
            "giver",
            "Das gebende Mitglied ist heute nicht Mitglied. Bitte wählen Sie eines aus der Liste.".to_owned(),
        );
    }
    if !is_member(proposal.taker) {
        return wrong(
            "taker",
            "Das nehmende Mitglied ist heute nicht Mitglied. Bitte wählen Sie eines aus der Liste.".to_owned(),
        );
    }
    if proposal.giver == proposal.taker {
        return wrong(
            "taker",
            "Ein Mitglied kann sich nichts selbst übertragen. Bitte wählen Sie ein anderes.".to_owned(),
        );
    }
    if proposal.value.is_none() && proposal.quantity.is_none() {
        return wrong("value", "Bitte geben Sie einen Betrag oder eine Menge ein.".to_owned());
    }
    let quotas = quota_transfers::quotas(tx, contract).await?;
    for (field, key, amount) in [("value", "value", proposal.value), ("quantity", "quantity", proposal.quantity)] {
        let Some(amount) = amount else { continue };
        if amount <= Volume::ZERO {
            return wrong(field, "Bitte geben Sie mehr als 0 ein oder lassen Sie das Feld leer.".to_owned());
        }
        let quota = quotas.iter().find(|quota| quota.member == proposal.giver && quota.measure == key);
        let Some((limit, quota)) = quota.and_then(|quota| Some((quota.limit?, quota))) else {
            return wrong(
                field,
                "Das gebende Mitglied hat in diesem Vertrag kein solches Kontingent. Bitte lassen Sie das Feld leer."
                    .to_owned(),
            );
        };
        if limit < quota.taken + amount {
            let free = if quota.taken < limit { limit - quota.taken } else { Volume::ZERO };
            return wrong(
                field,
                format!(
                    "{} sind mehr als frei ist: Vom Kontingent sind noch {} frei. Bitte geben Sie höchstens so viel ein.",
                    German.number(amount.decimal().normalize()),
                    German.number(free.decimal().normalize())
                ),
            );
        }
    }
    Ok(())
}

fn already_open(error: StorageError) -> ActionError {
    if error.constraint() == Some("quota_transfer_one_open") {
        return ActionError::NotNow(
            "Zwischen diesen beiden Mitgliedern wartet schon eine Übertragung. Bitte warten Sie sie ab oder ziehen Sie sie zurück."
                .to_owned(),
        );
    }
    error.into()
}

/// Into the contract's log, once for the giver and once for the taker: each sees what concerns it.
async fn log(
    app: &App,
    tx: &mut Tx,
    actor: Option<&Actor>,
    it: &Transfer,
    action: &str,
    detail: Value,
    now: DateTime<Utc>,
) -> Result<(), ActionError> {
    let body = contracts::body(tx, it.contract).await?.ok_or(ActionError::NotFound)?;
    for member in [it.giver, it.taker] {
        let mut entry = AuditEntry::new(now, actor.map(|actor| actor.person.0), action, "quota_transfer", it.id);
        if let Some(actor) = actor {
            actor.sign(&mut entry);
        }
        let concerns = Concerns { body: Some(body), member: Some(member), call_off: None };
        let record = Record::with_detail(entry, concerns, app.chance.bytes(), detail.clone());
        audit_log::append_to_contract(tx, it.contract, &record).await?;
    }
    Ok(())
}
