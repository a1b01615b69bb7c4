//! Raise the maximum value of a contract without a new procedure (§ 132 GWB): one person proposes with
//! ground, amount and document, a second one releases. The rule `modification-limits` judges both times;
//! what it blocks is never written.

use abruf_domain::Outcome;
use abruf_domain::activation::{
    self, Activation, ActivationLaw, Modification, ModificationGround, ModificationLimits, Subject,
};
use abruf_domain::finding::Finding;
use abruf_domain::ids::ContractId;
use abruf_domain::law;
use abruf_domain::money::{Net, Percent, Volume};
use serde_json::json;
use uuid::Uuid;

use super::steer_contract::{held, running};
use super::write_contract::log;
use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::contract_changes::{self, ModificationRow};
use crate::storage::contracts::Contract;
use crate::storage::{Tx, parameters};

/// A proposed increase.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// On which ground.
    pub ground: ModificationGround,
    /// By how much the maximum value rises.
    pub increase: Net,
    /// Whether the contract is about works.
    pub works: bool,
    /// Reference of the published notice.
    pub publication: String,
    /// The review clause.
    pub clause: String,
    /// The document.
    pub document: String,
}

/// What became of it.
#[derive(Debug)]
pub enum Modified {
    /// Done.
    Done,
    /// The law does not allow it; nothing was written.
    Refused(Vec<Finding>),
}

/// Proposes an increase; at most one waits at a time.
pub async fn propose(app: &App, actor: &Actor, id: ContractId, proposal: &Proposal) -> Result<Modified, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let contract = held(&mut tx, actor, id).await?;
    running(&contract, app.clock.today(), ONLY)?;
    check(proposal)?;
    let rows = contract_changes::modifications(&mut tx, id).await?;
    if rows.iter().any(|row| row.decided_at.is_none()) {
        return Err(ActionError::NotNow(
            "Eine Änderung wartet schon auf ihre zweite Person. Bitte geben Sie sie zuerst frei, oder nehmen Sie sie zurück."
                .to_owned(),
        ));
    }
    let Some(limit) = contract_changes::hold_limit(&mut tx, id).await?.ok_or(ActionError::NotFound)? else {
        return Err(ActionError::NotNow("Der Vertrag hat keinen Höchstwert, der erhöht werden könnte.".to_owned()));
    };
    let row = ModificationRow {
        id: app.chance.id(now),
        ground: proposal.ground,
        // What the contract was awarded with: the first increase knows it, later ones take it over.
        initial: rows.iter().find(|row| row.released == Some(true)).map_or(limit.as_net(), |row| row.initial),
        increase: proposal.increase,
        works: proposal.works,
        publication: proposal.publication.trim().to_owned(),
        clause: proposal.clause.trim().to_owned(),
        document: proposal.document.trim().to_owned(),
        recorded_by: actor.person,
        recorded_by_name: String::new(),
        recorded_at: now,
        decided_at: None,
        released: None,
    };
    let findings = judge(app, &mut tx, &contract, &row, &rows).await?;
    if findings.iter().any(|finding| finding.outcome == Outcome::Block) {
        return Ok(Modified::Refused(findings));
    }
    contract_changes::insert_modification(&mut tx, id, &row).await?;
    log(app, &mut tx, actor, id, "contract_modification_proposed", &told(&row), now).await?;
    tx.commit().await?;
    Ok(Modified::Done)
}

/// Releases the waiting increase; the second person.
pub async fn release(app: &App, actor: &Actor, id: ContractId, modification: Uuid) -> Result<Modified, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let contract = held(&mut tx, actor, id).await?;
    running(&contract, app.clock.today(), ONLY)?;
    let rows = contract_changes::modifications(&mut tx, id).await?;
    let row = waiting(&rows, modification)?;
    if row.recorded_by == actor.person {
        return Err(ActionError::NotNow(
            "Sie haben diese Änderung selbst vorgeschlagen. Freigeben muss sie eine zweite Person der Geschäftsstelle."
                .to_owned(),
        ));
    }
    let findings = judge(app, &mut tx, &contract, row, &rows).await?;
    if findings.iter().any(|finding| finding.outcome == Outcome::Block) {
        return Ok(Modified::Refused(findings));
    }
    let limit = contract_changes::hold_limit(&mut tx, id).await?.flatten().ok_or(ActionError::NotFound)?;
    let raised = limit + Volume::from(row.increase);
    contract_changes::decide_modification(&mut tx, id, row.id, actor.person, now, true).await?;
    contract_changes::set_limit(&mut tx, id, raised).await?;
    log(app, &mut tx, actor, id, "contract_modification_released", &told(row), now).await?;
    tx.commit().await?;
    Ok(Modified::Done)
}

/// Takes the waiting increase back; any person of the office.
pub async fn take_back(app: &App, actor: &Actor, id: ContractId, modification: Uuid) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    held(&mut tx, actor, id).await?;
    let rows = contract_changes::modifications(&mut tx, id).await?;
    let row = waiting(&rows, modification)?;
    contract_changes::decide_modification(&mut tx, id, row.id, actor.person, now, false).await?;
    log(app, &mut tx, actor, id, "contract_modification_taken_back", &told(row), now).await?;
    tx.commit().await?;
    Ok(())
}

fn waiting(rows: &[ModificationRow], id: Uuid) -> Result<&ModificationRow, ActionError> {
    let row = rows.iter().find(|row| row.id == id).ok_or(ActionError::NotFound)?;
    match row.decided_at {
        None => Ok(row),
        Some(_) => Err(ActionError::NotNow(
            "Über diese Änderung ist schon entschieden. Bitte laden Sie die Seite neu.".to_owned(),
        )),
    }
}

/// What this file does is possible only while the contract runs.
const ONLY: &str = "Erhöht wird nur, solange er läuft.";

/// The rule over this increase and those before it, with the law of the day.
async fn judge(
    app: &App,
    tx: &mut Tx,
    contract: &Contract,
    row: &ModificationRow,
    rows: &[ModificationRow],
) -> Result<Vec<Finding>, ActionError> {
    let day = app.clock.today();
    let said = parameters::valid_for_contract(tx, contract.id, day).await?;
    let minor: Percent =
        said.parsed(if contract.regime == "uvgo" { "modification_minor_uvgo_pct" } else { "modification_minor_pct" })?;
    let works: Percent = said.parsed("modification_minor_works_pct")?;
    let eu_threshold = said.parsed(if row.works { "eu_threshold_works_net" } else { "eu_threshold_supplies_net" })?;
    let minors = rows.iter().filter(|earlier| {
        earlier.id != row.id && earlier.released == Some(true) && earlier.ground == ModificationGround::Minor
    });
    let modification = Modification {
        ground: row.ground,
        initial: row.initial,
        increase: row.increase,
        earlier_minor: minors.map(|earlier| earlier.increase).collect(),
        works: row.works,
        publication: row.publication.clone(),
        clause: row.clause.clone(),
        limits: ModificationLimits {
            minor,
            minor_works: works,
            single: said.parsed("modification_single_pct")?,
            eu_threshold,
        },
    };
    let subject = Subject::Modification(Box::new(modification));
    let law = ActivationLaw::of(&said.law, law::citations(&said.jurisdiction));
    Ok(activation::judge(&Activation { day, number: contract.number.clone(), subject, law }))
}

fn check(proposal: &Proposal) -> Result<(), ActionError> {
    if proposal.increase <= Net::ZERO {
        let message = "Bitte geben Sie ein, um welchen Betrag der Höchstwert steigt, zum Beispiel 50.000,00.";
        return Err(ActionError::Invalid(vec![FieldError::new("increase", message)]));
    }
    let missing = "Bitte nennen Sie das Dokument der Änderung, zum Beispiel Nachtrag 1 vom 12.05.2027.";
    super::check_text("document", proposal.document.trim(), 400, missing)?;
    for (field, text) in [("publication", &proposal.publication), ("clause", &proposal.clause)] {
        if !text.trim().is_empty() {
            super::check_text(field, text.trim(), 400, "")?;
        }
    }
    Ok(())
}

fn told(row: &ModificationRow) -> serde_json::Value {
    json!({
        "modification": row.id,
        "ground": contract_changes::ground_key(row.ground),
        "initial": row.initial,
        "increase": row.increase,
        "publication": row.publication,
        "clause": row.clause,
        "document": row.document,
    })
}
