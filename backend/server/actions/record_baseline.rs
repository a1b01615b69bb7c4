//! Record a comparison price with its evidence. It counts once a second person has approved it (`decide_baseline.rs`). A wrong
//! one is never changed: a new one replaces it, and both decisions are made at once.

use abruf_domain::canonical::sha256;
use abruf_domain::facts::{BaselineKind, Per};
use abruf_domain::ids::{BaselineId, ContractId, OrganisationId};
use abruf_domain::money::UnitPrice;
use abruf_domain::notation::Language::German;
use chrono::NaiveDate;
use data_encoding::HEXLOWER;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::evidence_file::{EVIDENCE, SentFile};
use super::keyed::Keyed;
use super::write_contract::log;
use super::{ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::baseline_decisions::{self, Withdrawal};
use crate::storage::baseline_files::{self, StoredFile};
use crate::storage::baseline_items::{self, KnownItem};
use crate::storage::baselines::{self, Filter, Pending, Standing};
use crate::storage::contracts::{self, Contract};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::{StorageError, Tx, member_list};

/// Longest evidence in words, in characters.
pub(super) const MAX_EVIDENCE: usize = 400;
/// Longest reason, in characters.
pub(super) const MAX_REASON: usize = 2_000;
/// More baselines than one article ever has.
const MANY: i64 = 10_000;

/// A comparison price, as somebody wants to record it.
#[derive(Debug, Clone)]
pub struct NewBaseline {
    /// Of which contract.
    pub contract: ContractId,
    /// Of which article.
    pub article_number: String,
    /// For one member alone; `None`: for all.
    pub member: Option<OrganisationId>,
    /// Kind of evidence.
    pub kind: BaselineKind,
    /// Net price.
    pub unit_price: UnitPrice,
    /// Per unit, or per unit and month.
    pub per: Per,
    /// The unit the evidence names.
    pub unit: String,
    /// Date of the evidence.
    pub dated_on: NaiveDate,
    /// First day of orders it is compared with.
    pub valid_from: Option<NaiveDate>,
    /// Last day of orders it is compared with.
    pub valid_to: Option<NaiveDate>,
    /// The evidence in words.
    pub evidence: String,
    /// The evidence itself.
    pub file: Option<SentFile>,
    /// The baseline it corrects, and why that one is wrong.
    pub replaces: Option<(BaselineId, String)>,
}

/// Records a baseline; whoever repeats a request with its key gets the id of the first.
///
/// # Errors
/// [`ActionError::Invalid`] with what is wrong at which field.
pub async fn record(
    app: &App,
    actor: &Actor,
    new: &NewBaseline,
    key: Option<&IdempotencyKey>,
) -> Result<BaselineId, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let keyed = Keyed { app, actor, key, now };
    let mut tx = app.db.begin(actor).await?;
    let contract = own(&mut tx, actor, new.contract).await?;
    if let Some(id) = keyed.replay(&mut tx).await? {
        return Ok(BaselineId(id));
    }
    let items = baseline_items::of_contract(&mut tx, contract.id).await?;
    let mut mistakes = mistakes(new, &contract, &items, app.clock.today());
    if let Some(member) = new.member
        && member_list::visible_name(&mut tx, actor, member).await?.is_none()
    {
        mistakes.push(FieldError::new("member_id", "Dieses Mitglied gibt es nicht. Bitte wählen Sie aus der Liste."));
    }
    let file = new.file.as_ref().map(|file| file.recognised("file", EVIDENCE));
    match &file {
        None => mistakes.push(FieldError::new(
            "file",
            "Bitte laden Sie den Beleg hoch, zum Beispiel die Rechnung als PDF. Ohne Beleg prüft ihn niemand.",
        )),
        Some(Err(ActionError::Invalid(wrong))) => mistakes.extend(wrong.iter().cloned()),
        Some(_) => {}
    }
    let item = items.iter().find(|item| item.article_number == new.article_number.trim());
    let (Some(item), Some(sent), Some(Ok(kind)), true) = (item, &new.file, file, mistakes.is_empty()) else {
        return Err(ActionError::Invalid(mistakes));
    };
    let digest = sha256(&sent.bytes);
    let stored = StoredFile { name: sent.kept_name(), media_type: kind.key().to_owned(), bytes: sent.bytes.clone() };
    baseline_files::keep(&mut tx, contract.id, &digest, &stored, actor.person, now).await?;
    let pending = Pending {
        id: BaselineId(app.chance.id(now)),
        item: item.id,
        member: new.member,
        kind: new.kind,
        unit_price: new.unit_price,
        per: new.per,
        dated_on: new.dated_on,
        valid_from: new.valid_from,
        valid_to: new.valid_to,
        evidence: new.evidence.trim(),
        sha256: Some(&digest),
        recorded_by: actor.person,
        recorded_at: now,
        replaces: new.replaces.as_ref().map(|(id, _)| *id),
    };
    if new.replaces.is_none() && is_known(&mut tx, contract.id, item, &pending).await? {
        let message = format!(
            "Genau dieser Preis mit diesem Datum steht schon bei {}. Es wurde nichts doppelt erfasst.",
            item.article_number
        );
        return Err(ActionError::Invalid(vec![FieldError::new("unit_price", message)]));
    }
    if let Some((old, reason)) = &new.replaces {
        replace(app, &mut tx, actor, contract.id, *old, &pending, reason).await?;
    } else {
        baselines::insert(&mut tx, contract.id, &pending).await?;
    }
    log(app, &mut tx, actor, contract.id, "baseline_recorded", &told(&pending, &item.article_number), now).await?;
    keyed.keep(&mut tx, &pending.id.0).await?;
    tx.commit().await?;
    Ok(pending.id)
}

/// Records the baseline that is to stand in the place of an approved one, and asks for that one's withdrawal.
async fn replace(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    contract: ContractId,
    old: BaselineId,
    new: &Pending<'_>,
    reason: &str,
) -> Result<(), ActionError> {
    baseline_decisions::hold(tx, old).await?;
    let old = baselines::find(tx, old).await?.filter(|it| it.contract == contract).ok_or(ActionError::NotFound)?;
    if old.standing() != Standing::Approved {
        return Err(ActionError::NotNow(
            "Dieser Vergleichspreis ist nicht in Kraft. Ersetzen können Sie nur einen freigegebenen.".to_owned(),
        ));
    }
    if old.item != new.item || old.member.as_ref().map(|(member, _)| *member) != new.member {
        let message = format!(
            "Ersetzt wird der Vergleichspreis von {}. Artikel und Mitglied müssen dieselben bleiben.",
            old.article_number
        );
        return Err(ActionError::Invalid(vec![FieldError::new("article_number", message)]));
    }
    let reason = checked_reason(reason)?;
    baselines::insert(tx, contract, new).await?;
    let withdrawal = Withdrawal {
        id: app.chance.id(new.recorded_at),
        baseline: old.id,
        replaced_by: Some(new.id),
        reason: reason.to_owned(),
        recorded_by: actor.person,
        recorded_by_name: String::new(),
        recorded_at: new.recorded_at,
        decided: None,
    };
    baseline_decisions::insert_withdrawal(tx, contract, &withdrawal).await.map_err(one_waits)
}

/// Why a baseline is withdrawn or replaced, without the spaces around it.
pub(super) fn checked_reason(reason: &str) -> Result<&str, ActionError> {
    let missing = "Bitte schreiben Sie, warum. Zum Beispiel: Der Preis war brutto abgeschrieben.";
    check_text("reason", reason.trim(), MAX_REASON, missing)?;
    Ok(reason.trim())
}

/// A second request while one waits.
pub(super) fn one_waits(error: StorageError) -> ActionError {
    if error.constraint() == Some("baseline_withdrawal_one_pending") {
        return ActionError::NotNow(
            "Für diesen Vergleichspreis wartet schon ein Widerruf oder ein Ersatz auf die zweite Person.".to_owned(),
        );
    }
    error.into()
}

/// A contract that the actor's body leads.
pub(super) async fn own(tx: &mut Tx, actor: &Actor, contract: ContractId) -> Result<Contract, ActionError> {
    let of = contracts::find(tx, contract).await?.ok_or(ActionError::NotFound)?;
    if of.body == actor.body { Ok(of) } else { Err(ActionError::NotFound) }
}

/// Whether the same price of the same day stands there already, waiting or in force.
pub(super) async fn is_known(
    tx: &mut Tx,
    contract: ContractId,
    item: &KnownItem,
    new: &Pending<'_>,
) -> Result<bool, StorageError> {
    let filter = Filter { contract: Some(contract), words: &item.article_number, ..Filter::default() };
    let there = baselines::list(tx, filter, MANY, 0).await?;
    Ok(there.iter().any(|it| {
        matches!(it.standing(), Standing::Pending | Standing::Approved)
            && it.item == item.id
            && it.member.as_ref().map(|(member, _)| *member) == new.member
            && (it.kind, it.unit_price, it.per, it.dated_on) == (new.kind, new.unit_price, new.per, new.dated_on)
    }))
}

fn mistakes(new: &NewBaseline, contract: &Contract, items: &[KnownItem], today: NaiveDate) -> Vec<FieldError> {
    let mut mistakes = Vec::new();
    let mut wrong = |field: &str, message: String| mistakes.push(FieldError::new(field, message));
    let article: String = new.article_number.trim().chars().take(40).collect();
    match items.iter().find(|item| item.article_number == new.article_number.trim()) {
        None => wrong(
            "article_number",
            format!(
                "Der Artikel „{article}“ steht nicht im Vertrag {}. Bitte prüfen Sie die Artikelnummer.",
                contract.number
            ),
        ),
        Some(item) => {
            for (field, message) in misfits(item, &new.unit, new.per) {
                wrong(field, message);
            }
        }
    }
    if let Some(message) = price_mistake(new.unit_price) {
        wrong("unit_price", message);
    }
    if let Some(message) = date_mistake(new.dated_on, today) {
        wrong("dated_on", message);
    }
    if let (Some(from), Some(to)) = (new.valid_from, new.valid_to)
        && to < from
    {
        let message = format!(
            "Der letzte Tag {} liegt vor dem ersten Tag {}. Bitte prüfen Sie beide.",
            German.date(to),
            German.date(from)
        );
        wrong("valid_to", message);
    }
    let missing = "Bitte nennen Sie den Beleg, zum Beispiel Rechnung 2025-0917 der Firma Muster vom 10.11.2025.";
    if let Err(ActionError::Invalid(errors)) = check_text("evidence", new.evidence.trim(), MAX_EVIDENCE, missing) {
        mistakes.extend(errors);
    }
    mistakes
}

/// Field and message where a price is not per what the item is measured in.
pub(super) fn misfits(item: &KnownItem, unit: &str, per: Per) -> Vec<(&'static str, String)> {
    let mut misfits = Vec::new();
    let unit = unit.trim();
    if unit.to_lowercase() != item.unit.to_lowercase() {
        let shown: String = unit.chars().take(40).collect();
        let message = format!(
            "„{shown}“ ist eine andere Einheit als im Vertrag. Erwartet: der Preis je {}. Bitte rechnen Sie den Preis um.",
            item.unit
        );
        misfits.push(("unit", message));
    }
    match (item.monthly, per) {
        (Some(false), Per::Month) => misfits.push((
            "per",
            format!("{} wird nicht nach Monaten bezahlt. Erwartet: der Preis je {}.", item.article_number, item.unit),
        )),
        (Some(true), Per::Unit) => misfits.push((
            "per",
            format!(
                "{} wird nach Monaten bezahlt. Erwartet: der Preis je {} und Monat.",
                item.article_number, item.unit
            ),
        )),
        _ => {}
    }
    misfits
}

/// What is wrong with a price: nothing is compared with nothing.
pub(super) fn price_mistake(price: UnitPrice) -> Option<String> {
    if price.is_negative() {
        return Some(
            "Der Preis ist negativ. Bitte geben Sie den gezahlten Nettopreis ein, zum Beispiel 14,20.".to_owned(),
        );
    }
    (price.decimal() == Decimal::ZERO).then(|| {
        "Mit einem Preis von 0,00 lässt sich nichts vergleichen. Bitte geben Sie den gezahlten Nettopreis ein, zum Beispiel 14,20."
            .to_owned()
    })
}

/// What is wrong with a date: evidence is older than the orders it is compared with.
pub(super) fn date_mistake(dated_on: NaiveDate, today: NaiveDate) -> Option<String> {
    (today < dated_on).then(|| {
        format!(
            "Der {} liegt nach heute, dem {}. Ein Vergleichspreis ist älter als die Abrufe, die er vergleicht. Bitte geben Sie das Datum des Belegs ein.",
            German.date(dated_on),
            German.date(today)
        )
    })
}

/// What the log keeps of a baseline; evidence lies in the erasable part with the rest.
pub(super) fn told(new: &Pending<'_>, article_number: &str) -> Value {
    json!({
        "baseline": new.id,
        "article_number": article_number,
        "member": new.member,
        "kind": new.kind,
        "unit_price": new.unit_price,
        "per": new.per,
        "dated_on": new.dated_on,
        "valid_from": new.valid_from,
        "valid_to": new.valid_to,
        "evidence": new.evidence,
        "sha256": new.sha256.map(|digest| HEXLOWER.encode(digest)),
        "replaces": new.replaces,
    })
}
