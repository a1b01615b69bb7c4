//! Put a contract into force, by two persons: the first hands the draft in, the second activates it.
//! Whatever is missing is named piece by piece, with its rule, its field and what to do; then nothing
//! is written.

use abruf_domain::Outcome;
use abruf_domain::activation::{self, Activation, ActivationLaw, Subject};
use abruf_domain::contract_life::{BEFORE_ACTIVATION, State, Status};
use abruf_domain::finding::Finding;
use abruf_domain::ids::{ContractId, PersonId};
use abruf_domain::law;
use serde_json::json;
use uuid::Uuid;

use super::write_contract::{log, writable};
use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::contract_drafts::Making;
use crate::storage::{Tx, activation_facts, contract_parts, parameters};

/// Longest note to the second person, in characters.
const MAX_NOTE: usize = 4_000;

/// A text that page and documents quote and that is still empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmptyText {
    /// Field of the form of terms.
    pub field: &'static str,
    /// What is missing.
    pub sentence: &'static str,
    /// What to do.
    pub cure: &'static str,
}

/// What stands between a draft and its activation.
#[derive(Debug, Clone)]
pub struct Readiness {
    /// What the rules of activation say, passed ones too.
    pub findings: Vec<Finding>,
    /// Texts that are still empty.
    pub empty: Vec<EmptyText>,
    /// ISO 4217, for the words of the findings.
    pub currency: String,
    /// Path of the jurisdiction whose procurement law it was judged by.
    pub jurisdiction: String,
}

impl Readiness {
    /// Findings of one outcome.
    pub fn with_outcome(&self, outcome: Outcome) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(move |finding| finding.outcome == outcome)
    }

    /// Whether nothing stops it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.empty.is_empty() && self.with_outcome(Outcome::Block).next().is_none()
    }

    /// Whether something has to be justified.
    #[must_use]
    pub fn wants_words(&self) -> bool {
        self.with_outcome(Outcome::Justify).next().is_some()
    }
}

/// What became of it.
#[derive(Debug)]
pub enum Activated {
    /// Done.
    Done,
    /// Something is missing; nothing was written.
    Refused(Readiness),
}

/// Judges a visible contract in the making, as if a second person activated it now.
pub async fn readiness(app: &App, actor: &Actor, id: ContractId) -> Result<Option<Readiness>, ActionError> {
    let mut tx = app.db.begin(actor).await?;
    judge(app, &mut tx, id, actor.person, PersonId(Uuid::nil())).await
}

/// Hands a draft in for activation. `seen` is the version the person has looked at.
pub async fn hand_in(
    app: &App,
    actor: &Actor,
    id: ContractId,
    seen: i32,
    note: &str,
) -> Result<Activated, ActionError> {
    only(actor, &[Role::Office])?;
    let note = note.trim();
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let making = writable(&mut tx, actor, id).await?;
    same_version(&making, seen)?;
    let second = PersonId(Uuid::nil());
    let readiness = judge(app, &mut tx, id, actor.person, second).await?.ok_or(ActionError::NotFound)?;
    if !readiness.is_complete() {
        return Ok(Activated::Refused(readiness));
    }
    check_note(note, &readiness)?;
    if making.submitted_by == Some(actor.person) && making.submission_note == note {
        return Ok(Activated::Done);
    }
    contract_parts::submit(&mut tx, id, actor.person, note, now).await?;
    log(app, &mut tx, actor, id, "contract_handed_in", &json!({ "version": seen, "note": note }), now).await?;
    tx.commit().await?;
    Ok(Activated::Done)
}

/// Activates what another person has handed in, and releases its prices.
pub async fn activate(app: &App, actor: &Actor, id: ContractId, seen: i32) -> Result<Activated, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let making = writable(&mut tx, actor, id).await?;
    same_version(&making, seen)?;
    let Some(prepared_by) = making.submitted_by else {
        return Err(ActionError::NotNow(
            "Der Vertrag ist noch nicht vorgelegt. Bitte legen Sie ihn zuerst zur Aktivierung vor; aktivieren wird ihn dann \
             eine zweite Person."
                .to_owned(),
        ));
    };
    let readiness = judge(app, &mut tx, id, prepared_by, actor.person).await?.ok_or(ActionError::NotFound)?;
    if !readiness.is_complete() {
        return Ok(Activated::Refused(readiness));
    }
    check_note(&making.submission_note, &readiness)?;
    let prices = contract_parts::release_prices(&mut tx, id, actor.person, now).await?;
    contract_parts::activate(&mut tx, id, actor.person, now).await?;
    let what = json!({ "version": seen, "prepared_by": prepared_by, "prices_released": prices });
    log(app, &mut tx, actor, id, "contract_activated", &what, now).await?;
    tx.commit().await?;
    Ok(Activated::Done)
}

/// The rules of activation over a contract, and the texts that are empty.
async fn judge(
    app: &App,
    tx: &mut Tx,
    id: ContractId,
    prepared_by: PersonId,
    activated_by: PersonId,
) -> Result<Option<Readiness>, ActionError> {
    let Some(quoted) = activation_facts::quoted(tx, id).await? else { return Ok(None) };
    let Some((number, contract)) = activation_facts::contract(tx, id, prepared_by, activated_by).await? else {
        return Ok(None);
    };
    let subject = Subject::Contract(Box::new(contract));
    let day = app.clock.today();
    let said = parameters::valid_for_contract(tx, id, day).await?;
    let law = ActivationLaw::of(&said.law, law::citations(&said.jurisdiction));
    let activation = Activation { day, number, subject, law };
    let texts = [
        (
            &quoted.legal_basis,
            "legal_basis",
            "Die Rechtsgrundlage des Abrufs fehlt.",
            "Schreiben Sie, warum Mitglieder ohne eigenes Verfahren abrufen dürfen.",
        ),
        (
            &quoted.notice_reference,
            "notice_reference",
            "Die Nummer der Bekanntmachung fehlt.",
            "Tragen Sie die Nummer der Auftragsbekanntmachung ein.",
        ),
        (
            &quoted.procedure_reference,
            "procedure_reference",
            "Die Nummer des Vergabeverfahrens fehlt.",
            "Tragen Sie die Nummer aus der Vergabeakte ein.",
        ),
    ];
    let empty = texts
        .into_iter()
        .filter(|(text, ..)| text.is_empty())
        .map(|(_, field, sentence, cure)| EmptyText { field, sentence, cure })
        .collect();
    Ok(Some(Readiness {
        findings: activation::judge(&activation),
        empty,
        currency: quoted.currency,
        jurisdiction: said.jurisdiction,
    }))
}

fn same_version(making: &Making, seen: i32) -> Result<(), ActionError> {
    if making.version == seen { Ok(()) } else { Err(ActionError::Stale { seen, is: making.version }) }
}

/// What needs a justification needs it from the first person.
fn check_note(note: &str, readiness: &Readiness) -> Result<(), ActionError> {
    if readiness.wants_words() || !note.is_empty() {
        let missing = "Bitte begründen Sie, was oben eine Begründung braucht. Die Begründung bleibt beim Vertrag.";
        return super::check_text("note", note, MAX_NOTE, missing);
    }
    Ok(())
}

/// Whether a stored status is one before activation.
#[must_use]
pub fn is_in_the_making(status: &str) -> bool {
    status
        .parse::<Status>()
        .is_ok_and(|status| BEFORE_ACTIVATION.iter().any(|state: &State| state.key() == status.key()))
}

/// Where on the pages of a draft a finding is cured: the address behind the contract's.
#[must_use]
pub fn cure_link(finding: &Finding) -> &'static str {
    match (finding.rule.as_str(), finding.wording.as_deref()) {
        ("term-cap", _) => "/bedingungen#term_reason",
        ("activation-complete", Some("term")) => "/bedingungen#starts_on",
        ("activation-complete", Some("retention")) => "/bedingungen#retention_class",
        ("activation-complete", Some("party" | "lot_party")) => "/bearbeiten#lose",
        ("activation-complete", Some("entitlement" | "proof" | "category_wording")) => "/bearbeiten#berechtigte",
        ("activation-complete", Some("two_persons")) => "/bearbeiten#aktivierung",
        ("cap-undefined", _) => "/bearbeiten#hoechstwerte",
        _ => "/bearbeiten#positionen",
    }
}

/// What is missing as errors of fields, for programs and for forms: `rule: sentence cure`.
#[must_use]
pub fn missing(readiness: &Readiness) -> Vec<FieldError> {
    readiness.empty.iter().map(|text| FieldError::new(text.field, format!("{} {}", text.sentence, text.cure))).collect()
}
