//! Steer a contract in force: suspend, resume, terminate, wind up, archive. Which way is legal, and what
//! it needs, is the domain's list; a court's cut of the ceiling is a recorded fact.

use abruf_domain::contract_life::{Fill, Need, State, Status, Step, Way};
use abruf_domain::ids::ContractId;
use abruf_domain::money::Volume;
use chrono::NaiveDate;
use serde::Serialize;

use super::write_contract::log;
use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::contract_changes::{self, NewEvent};
use crate::storage::contracts::Contract;
use crate::storage::error::stored_key;
use crate::storage::{StorageError, Tx, contract_drafts, contracts};

/// Longest reason and name of a document, in characters.
const MAX_TEXT: usize = 4_000;

/// Why and since when, with its document.
#[derive(Debug, Clone, Serialize)]
pub struct Ground {
    /// Day from which it counts.
    pub effective_on: NaiveDate,
    /// Why.
    pub reason: String,
    /// The document behind it.
    pub document: String,
}

impl Ground {
    /// Checks the texts.
    fn check(&self, today: NaiveDate) -> Result<(), ActionError> {
        super::check_text("reason", self.reason.trim(), MAX_TEXT, "Bitte schreiben Sie, warum.")?;
        super::check_text(
            "document",
            self.document.trim(),
            400,
            "Bitte nennen Sie den Beleg, zum Beispiel Beschluss vom 12.05.2027.",
        )?;
        if today < self.effective_on {
            let message = "Dieser Tag liegt in der Zukunft. Bitte tragen Sie den Schritt ein, sobald er gilt.";
            return Err(ActionError::Invalid(vec![FieldError::new("effective_on", message)]));
        }
        Ok(())
    }
}

/// Where a contract stands today.
///
/// # Errors
/// If its status is none.
pub fn state(contract: &Contract, today: NaiveDate) -> Result<State, StorageError> {
    let status: Status = stored_key(&contract.status, "framework_contract", "status", contract.id)?;
    let fill = Fill { limit: contract.ceiling.limit, consumed: contract.ceiling.consumed };
    Ok(State::on(status, today, contract.effective_end, &[fill]))
}

/// Whether a contract runs: active, used up or suspended; `only` says what is possible only then.
///
/// # Errors
/// [`ActionError::NotNow`] with its state and `only`.
pub fn running(contract: &Contract, today: NaiveDate, only: &str) -> Result<(), ActionError> {
    match state(contract, today)? {
        State::Active | State::Exhausted | State::Suspended => Ok(()),
        other => Err(ActionError::NotNow(format!("Der Vertrag ist „{}“. {only}", other.german()))),
    }
}

/// Takes a step. Activation has an action of its own.
pub async fn steer(app: &App, actor: &Actor, id: ContractId, step: Step, ground: &Ground) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let contract = held(&mut tx, actor, id).await?;
    ground.check(app.clock.today())?;
    let state = state(&contract, app.clock.today())?;
    let way: &Way = state.way(step).map_err(|error| ActionError::NotNow(error.german()))?;
    if step == Step::Activate || state.is_writable() {
        return Err(ActionError::NotNow(
            "Einen Entwurf bringt nur die Aktivierung durch zwei Personen in Kraft.".to_owned(),
        ));
    }
    if way.needs.contains(&Need::NothingOpen) {
        let open = contract_changes::open_call_offs(&mut tx, id).await?;
        if 0 < open {
            return Err(ActionError::NotNow(format!(
                "{open} Abrufe aus diesem Vertrag sind noch nicht abgeschlossen. Abgewickelt ist er, wenn keiner mehr offen ist."
            )));
        }
    }
    contract_changes::set_status(&mut tx, id, way.to.key()).await?;
    write(app, &mut tx, actor, id, step.key(), ground).await?;
    log(app, &mut tx, actor, id, &format!("contract_{}", past(step)), ground, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Lowers the maximum value to what a court has said: a fact, also where more is taken already; then the
/// contract is breached and nobody may call off. Returns whether it is.
pub async fn cut_ceiling(
    app: &App,
    actor: &Actor,
    id: ContractId,
    limit: Volume,
    ground: &Ground,
) -> Result<bool, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let contract = held(&mut tx, actor, id).await?;
    ground.check(app.clock.today())?;
    let state = state(&contract, app.clock.today())?;
    if state.is_writable() {
        return Err(ActionError::NotNow(
            "Der Vertrag ist noch nicht in Kraft. Bitte ändern Sie den Höchstwert im Entwurf.".to_owned(),
        ));
    }
    let wrong = |message: String| Err(ActionError::Invalid(vec![FieldError::new("limit", message)]));
    if limit < Volume::ZERO {
        return wrong("Ein Höchstwert kann nicht negativ sein. Bitte geben Sie 0 oder mehr ein.".to_owned());
    }
    let before = contract_changes::hold_limit(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if before.is_some_and(|before| before <= limit) {
        return wrong(
            "Das ist keine Kürzung: So hoch oder niedriger ist der Höchstwert schon. Eine Erhöhung tragen Sie als Änderung \
             nach § 132 GWB ein."
                .to_owned(),
        );
    }
    let breached = contract_changes::set_limit(&mut tx, id, limit).await?;
    write(app, &mut tx, actor, id, "cut_ceiling", ground).await?;
    let what = serde_json::json!({ "before": before, "after": limit, "breached": breached, "ground": ground });
    log(app, &mut tx, actor, id, "contract_ceiling_cut", &what, now).await?;
    tx.commit().await?;
    Ok(breached)
}

/// The contract of the actor's body, held against others.
pub(super) async fn held(tx: &mut Tx, actor: &Actor, id: ContractId) -> Result<Contract, ActionError> {
    contract_drafts::hold(tx, id).await?.filter(|making| making.body == actor.body).ok_or(ActionError::NotFound)?;
    contracts::find(tx, id).await?.ok_or(ActionError::NotFound)
}

async fn write(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    id: ContractId,
    step: &str,
    ground: &Ground,
) -> Result<(), StorageError> {
    let now = app.clock.now();
    let event = NewEvent {
        id: app.chance.id(now),
        step,
        effective_on: ground.effective_on,
        reason: ground.reason.trim(),
        document: ground.document.trim(),
        person: actor.person,
        at: now,
    };
    contract_changes::insert_event(tx, id, &event).await
}

/// `contract_suspended` and so on, in the log.
const fn past(step: Step) -> &'static str {
    match step {
        Step::Suspend => "suspended",
        Step::Resume => "resumed",
        Step::Terminate => "terminated",
        Step::WindUp => "wound_up",
        Step::Archive => "archived",
        Step::Activate => "activated",
        Step::AskForNeed | Step::PutToVote | Step::PutOutToTender | Step::NoteAward => "prepared",
    }
}
