//! Change a legal parameter: one person of the office proposes a dated value with its source, a second
//! one releases it. Values are never overwritten and never retroactive: the value before ends the day
//! before, and a stored review keeps the numbers it was judged by.
//!
//! A value begins tomorrow at the earliest, both at the proposal and at the release: so that no day ever
//! has two values, and two requests of one day are judged alike.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::law::keys::{self, Key, ReadFrom};
use abruf_domain::law::{self, lies_in};
use abruf_domain::notation::Language::German;
use abruf_domain::texts::Certainty;
use chrono::{DateTime, Days, Months, NaiveDate, Utc};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::parameter_proposals::{self, Decision, Judged, Proposal};
use crate::storage::parameters::{self, StoredParameter};
use crate::storage::{StorageError, Tx};

/// Longest source and longest reason of a refusal, in characters.
const MAX_TEXT: usize = 400;
/// A first day beyond that is a slip of the hand.
const YEARS_AHEAD: u32 = 20;

/// A value as somebody wants it.
#[derive(Debug, Clone)]
pub struct LawChange {
    /// Whose law, e.g. `de/st`.
    pub jurisdiction: String,
    /// Which parameter.
    pub key: String,
    /// Its value, as programs write it: `15000.00`.
    pub value: String,
    /// First day.
    pub valid_from: NaiveDate,
    /// Statute, judgment or resolution.
    pub source: String,
    /// S, K or ?.
    pub certainty: String,
}

/// What a value would do.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Which parameter.
    pub key: &'static Key,
    /// The value in its stored form.
    pub value: String,
    /// What holds on the first day without it; `None` where nothing does.
    pub before: Option<String>,
    /// Last day, where a later value stands already.
    pub until: Option<NaiveDate>,
    /// Members that are judged by it from then on.
    pub members: Vec<String>,
    /// Contracts that are judged by it from then on.
    pub contracts: Vec<String>,
}

/// Looks at a change without writing it.
pub async fn preview(app: &App, actor: &Actor, change: &LawChange) -> Result<Preview, ActionError> {
    only(actor, &[Role::Office])?;
    let mut tx = app.db.begin(actor).await?;
    judged(app, &mut tx, actor, change).await
}

/// Proposes a value; at most one waits for each parameter of a jurisdiction.
pub async fn propose(app: &App, actor: &Actor, change: &LawChange) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let preview = judged(app, &mut tx, actor, change).await?;
    let proposal = Proposal {
        id: app.chance.id(now),
        jurisdiction: change.jurisdiction.trim().to_owned(),
        key: preview.key.key.to_owned(),
        value: preview.value,
        valid_from: change.valid_from,
        source: change.source.trim().to_owned(),
        certainty: change.certainty.clone(),
        proposed_by: actor.person,
        proposed_by_name: String::new(),
        proposed_at: now,
    };
    parameter_proposals::insert(&mut tx, actor.body, &proposal).await.map_err(pending)?;
    log(app, &mut tx, actor, "legal_parameter_proposed", &proposal, "", now).await?;
    tx.commit().await?;
    Ok(proposal.id)
}

/// What waits for its second person, each with whom it hits.
pub async fn waiting(app: &App, actor: &Actor) -> Result<Vec<(Proposal, Preview)>, ActionError> {
    only(actor, &[Role::Office])?;
    let mut tx = app.db.begin(actor).await?;
    let values = parameters::all(&mut tx).await?;
    let mut waiting = Vec::new();
    for proposal in parameter_proposals::waiting(&mut tx).await? {
        // A key of an older program that nobody reads any more can only be refused through its id.
        let Some(key) = keys::by_name(&proposal.key) else { continue };
        let (jurisdiction, day) = (proposal.jurisdiction.clone(), proposal.valid_from);
        let preview = hit(&mut tx, actor, &values, key, &jurisdiction, day, proposal.value.clone()).await?;
        waiting.push((proposal, preview));
    }
    Ok(waiting)
}

/// Puts a proposal into force from its first day; the second person.
pub async fn release(app: &App, actor: &Actor, id: Uuid) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let proposal = found(&mut tx, id).await?;
    if proposal.proposed_by == actor.person {
        return Err(ActionError::NotNow(
            "Sie haben diesen Wert selbst vorgeschlagen. Freigeben muss ihn eine zweite Person der Geschäftsstelle."
                .to_owned(),
        ));
    }
    if proposal.valid_from <= app.clock.today() {
        return Err(ActionError::NotNow(format!(
            "Der Wert sollte ab {} gelten. Dieser Tag ist da oder vorbei, und Werte gelten nie rückwirkend. Bitte lehnen Sie den \
             Vorschlag ab und schlagen Sie einen späteren Tag vor.",
            German.date(proposal.valid_from)
        )));
    }
    let decision = Decision { by: actor.person, at: now, released: true, reason: "" };
    parameter_proposals::decide(&mut tx, id, &decision).await.map_err(already)?;
    parameters::succeed(&mut tx, id).await.map_err(taken)?;
    log(app, &mut tx, actor, "legal_parameter_released", &proposal, "", now).await?;
    tx.commit().await?;
    Ok(())
}

/// Refuses a proposal with a reason; whoever made it takes it back without one.
pub async fn refuse(app: &App, actor: &Actor, id: Uuid, reason: &str) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let reason = reason.trim();
    let mut tx = app.db.begin(actor).await?;
    let proposal = found(&mut tx, id).await?;
    let own = proposal.proposed_by == actor.person;
    if !own || !reason.is_empty() {
        let missing = "Bitte schreiben Sie, warum Sie den Vorschlag ablehnen.";
        super::check_text("reason", reason, MAX_TEXT, missing)?;
    }
    let decision = Decision { by: actor.person, at: now, released: false, reason };
    parameter_proposals::decide(&mut tx, id, &decision).await.map_err(already)?;
    let action = if own { "legal_parameter_taken_back" } else { "legal_parameter_refused" };
    log(app, &mut tx, actor, action, &proposal, reason, now).await?;
    tx.commit().await?;
    Ok(())
}

async fn found(tx: &mut Tx, id: Uuid) -> Result<Proposal, ActionError> {
    if let Some(proposal) = parameter_proposals::waiting(tx).await?.into_iter().find(|it| it.id == id) {
        return Ok(proposal);
    }
    if parameter_proposals::is_decided(tx, id).await? { Err(decided()) } else { Err(ActionError::NotFound) }
}

fn decided() -> ActionError {
    ActionError::NotNow("Über diesen Vorschlag ist schon entschieden. Bitte laden Sie die Seite neu.".to_owned())
}

/// Somebody else decided in the same instant.
fn already(error: StorageError) -> ActionError {
    match error {
        StorageError::RowCount { .. } => decided(),
        other => other.into(),
    }
}

fn pending(error: StorageError) -> ActionError {
    if error.constraint() == Some("legal_parameter_proposal_one_pending") {
        return ActionError::NotNow(
            "Für diesen Wert wartet schon ein Vorschlag auf seine zweite Person. Bitte entscheiden Sie zuerst über ihn."
                .to_owned(),
        );
    }
    error.into()
}

fn taken(error: StorageError) -> ActionError {
    if error.constraint() == Some("legal_parameter_once") {
        return ActionError::NotNow(
            "Ab diesem Tag gilt inzwischen schon ein anderer Wert. Bitte lehnen Sie den Vorschlag ab.".to_owned(),
        );
    }
    error.into()
}

/// Checks every field at once, then looks whom the value hits.
async fn judged(app: &App, tx: &mut Tx, actor: &Actor, change: &LawChange) -> Result<Preview, ActionError> {
    let values = parameters::all(tx).await?;
    let mut errors = Vec::new();
    let jurisdiction = change.jurisdiction.trim();
    if law::pack(jurisdiction).is_none() {
        let known: Vec<&str> = law::packs().iter().map(|pack| pack.jurisdiction.as_str()).collect();
        let message = format!("„{jurisdiction}“ ist kein Rechtsraum. Möglich sind: {}.", known.join(", "));
        errors.push(FieldError::new("jurisdiction", message));
    }
    let key = keys::by_name(change.key.trim());
    if key.is_none() {
        let known: Vec<&str> = keys::ALL.iter().map(|key| key.key).collect();
        let message = format!("„{}“ ist kein Rechtswert. Möglich sind: {}.", change.key.trim(), known.join(", "));
        errors.push(FieldError::new("key", message));
    }
    let value = key.and_then(|key| match key.read(&change.value) {
        Ok(value) => Some(value),
        Err(unfit) => {
            let typed: String = change.value.trim().chars().take(40).collect();
            let message =
                format!("„{typed}“ passt nicht. Erlaubt ist {}. Bitte prüfen Sie die Eingabe.", unfit.allowed);
            errors.push(FieldError::new("value", message));
            None
        }
    });
    errors.extend(wrong_first_day(change.valid_from, app.clock.today()));
    let missing =
        "Bitte nennen Sie die Quelle, zum Beispiel § 14 UVgO oder den Beschluss des Vorstands vom 12.05.2027.";
    if let Err(ActionError::Invalid(wrong)) = super::check_text("source", change.source.trim(), MAX_TEXT, missing) {
        errors.extend(wrong);
    }
    if Certainty::of_mark(&change.certainty).is_none() {
        let message = "Bitte wählen Sie, wie sicher die Quelle ist: S, K oder ?.";
        errors.push(FieldError::new("certainty", message));
    }
    if let (Some(key), Some(value)) = (key, &value) {
        errors.extend(stands_already(&values, jurisdiction, key, value, change.valid_from));
    }
    match (key, value) {
        (Some(key), Some(value)) if errors.is_empty() => {
            hit(tx, actor, &values, key, jurisdiction, change.valid_from, value).await
        }
        _ => Err(ActionError::Invalid(errors)),
    }
}

fn wrong_first_day(day: NaiveDate, today: NaiveDate) -> Option<FieldError> {
    let earliest = today.checked_add_days(Days::new(1)).unwrap_or(today);
    let latest = today.checked_add_months(Months::new(12 * YEARS_AHEAD)).unwrap_or(today);
    let message = if day < earliest {
        format!(
            "Der {} ist nicht möglich. Werte gelten nie rückwirkend und nie für heute, denn heute ist schon nach dem bisherigen \
             Wert geprüft worden. Der früheste erste Tag ist der {}.",
            German.date(day),
            German.date(earliest)
        )
    } else if latest < day {
        format!(
            "Der {} liegt zu weit in der Zukunft. Der späteste erste Tag ist der {}.",
            German.date(day),
            German.date(latest)
        )
    } else {
        return None;
    };
    Some(FieldError::new("valid_from", message))
}

fn stands_already(
    values: &[StoredParameter],
    jurisdiction: &str,
    key: &Key,
    value: &str,
    day: NaiveDate,
) -> Option<FieldError> {
    let own = || values.iter().filter(|it| it.jurisdiction == jurisdiction && it.key == key.key);
    if let Some(same_day) = own().find(|it| it.valid_from == day) {
        let message = format!(
            "Ab {} gilt schon {}. Werte werden nie überschrieben. Bitte wählen Sie einen anderen ersten Tag.",
            German.date(day),
            key.written(&same_day.value)
        );
        return Some(FieldError::new("valid_from", message));
    }
    let same_value = own().find(|it| it.is_valid_on(day) && it.value == value)?;
    let message = format!(
        "{} gilt schon seit {}. So ändert sich nichts. Bitte prüfen Sie die Eingabe.",
        key.written(value),
        German.date(same_value.valid_from)
    );
    Some(FieldError::new("value", message))
}

/// Whom a value hits from its first day on: members or contracts, by whose jurisdiction it is read from, that
/// lie in the jurisdiction, unless a narrower one says
/// something of its own.
async fn hit(
    tx: &mut Tx,
    actor: &Actor,
    values: &[StoredParameter],
    key: &'static Key,
    jurisdiction: &str,
    day: NaiveDate,
    value: String,
) -> Result<Preview, ActionError> {
    let of_key = || values.iter().filter(|it| it.key == key.key);
    let valid = || of_key().filter(|it| it.is_valid_on(day));
    let judged_by_it = |judged: &Judged| {
        let narrower = |it: &&StoredParameter| {
            lies_in(&judged.jurisdiction, &it.jurisdiction) && jurisdiction.len() < it.jurisdiction.len()
        };
        lies_in(&judged.jurisdiction, jurisdiction) && valid().find(narrower).is_none()
    };
    let names = |all: Vec<Judged>| all.into_iter().filter(judged_by_it).map(|it| it.name).collect();
    let (members, contracts) = match key.read_from {
        ReadFrom::Member => (parameter_proposals::members(tx, actor.body, day).await?, Vec::new()),
        ReadFrom::Contract => (Vec::new(), parameter_proposals::contracts(tx, actor.body, day).await?),
    };
    let before = valid().filter(|it| lies_in(jurisdiction, &it.jurisdiction)).max_by_key(|it| it.jurisdiction.len());
    let next =
        of_key().filter(|it| it.jurisdiction == jurisdiction && day < it.valid_from).map(|it| it.valid_from).min();
    Ok(Preview {
        key,
        before: before.map(|it| it.value.clone()),
        until: next.and_then(|next| next.pred_opt()),
        members: names(members),
        contracts: names(contracts),
        value,
    })
}

async fn log(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    action: &str,
    proposal: &Proposal,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let mut entry = AuditEntry::new(now, Some(actor.person.0), action, "legal_parameter", proposal.id);
    let what: Value = json!({
        "jurisdiction": proposal.jurisdiction,
        "key": proposal.key,
        "value": proposal.value,
        "valid_from": proposal.valid_from,
        "source": proposal.source,
        "certainty": proposal.certainty,
        "reason": reason,
    });
    entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(&what).as_bytes())));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    audit_log::append(tx, actor.body.0, &Record::with_detail(entry, concerns, app.chance.bytes(), what)).await
}
