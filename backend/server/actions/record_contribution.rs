//! Record what a member pays for its membership of a year, by notice or resolution. It is set against what was saved in
//! a figure of its own and is never part of a saving. A mistake is taken back by a counter entry.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::ids::OrganisationId;
use abruf_domain::money::Net;
use abruf_domain::notation::Language::German;
use chrono::{Datelike, NaiveDate};
use data_encoding::HEXLOWER;
use serde_json::json;
use uuid::Uuid;

use super::keyed::Keyed;
use super::{ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::membership_contributions::{self, Contribution};
use crate::storage::{StorageError, Tx, member_list};

/// Longest document, in characters.
const MAX_DOCUMENT: usize = 200;
/// First year that can be entered.
const FIRST_YEAR: i32 = 1990;

/// A contribution, as entered.
#[derive(Debug, Clone)]
pub struct ContributionInput {
    /// Calendar year it is for.
    pub year: i32,
    /// Net amount in euros.
    pub net: Net,
    /// Date of the notice or resolution.
    pub dated_on: NaiveDate,
    /// The notice or resolution.
    pub document: String,
}

/// Records a contribution; whoever repeats a request with its key gets the id of the first.
///
/// # Errors
/// [`ActionError::Invalid`] with each field that is not right.
pub async fn record(
    app: &App,
    actor: &Actor,
    member: OrganisationId,
    input: &ContributionInput,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Office])?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let name = member_list::visible_name(&mut tx, actor, member).await?.ok_or(ActionError::NotFound)?;
    if let Some(id) = keyed.replay(&mut tx).await? {
        return Ok(id);
    }
    let mut errors = check(input, app.clock.today());
    if errors.iter().all(|error| error.field != "year")
        && !membership_contributions::was_member(&mut tx, actor.body, member, input.year).await?
    {
        let message = format!("{name} war {} nicht Mitglied. Bitte prüfen Sie das Jahr.", input.year);
        errors.push(FieldError::new("year", message));
    }
    if !errors.is_empty() {
        return Err(ActionError::Invalid(errors));
    }
    let new = Contribution {
        id: app.chance.id(keyed.now),
        year: input.year,
        net: input.net,
        dated_on: input.dated_on,
        document: input.document.trim().to_owned(),
        reverses: None,
        reversed: false,
    };
    insert(keyed, &mut tx, member, &new, "contribution_recorded").await?;
    keyed.keep(&mut tx, &new.id).await?;
    tx.commit().await?;
    Ok(new.id)
}

/// Takes a recorded contribution back; once.
pub async fn reverse(
    app: &App,
    actor: &Actor,
    member: OrganisationId,
    contribution: Uuid,
    reason: &str,
) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let keyed = Keyed { app, actor, key: None, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    member_list::visible_name(&mut tx, actor, member).await?.ok_or(ActionError::NotFound)?;
    let all = membership_contributions::of_member(&mut tx, actor.body, member).await?;
    let paid =
        all.into_iter().find(|it| it.id == contribution && it.reverses.is_none()).ok_or(ActionError::NotFound)?;
    if paid.reversed {
        return Err(already(&paid.document));
    }
    let reason = reason.trim();
    let missing = "Bitte nennen Sie den Grund, zum Beispiel: Betrag falsch abgeschrieben.";
    check_text("reason", reason, MAX_DOCUMENT, missing)?;
    let counter = Contribution {
        id: app.chance.id(keyed.now),
        net: -paid.net,
        dated_on: app.clock.today(),
        document: format!("{}: {reason}", paid.document),
        reverses: Some(paid.id),
        ..paid
    };
    insert(keyed, &mut tx, member, &counter, "contribution_reversed").await?;
    Ok(tx.commit().await?)
}

fn check(input: &ContributionInput, today: NaiveDate) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let last = today.year() + 1;
    if !(FIRST_YEAR..=last).contains(&input.year) {
        let message = format!("{} ist nicht möglich. Möglich sind die Jahre {FIRST_YEAR} bis {last}.", input.year);
        errors.push(FieldError::new("year", message));
    }
    if input.net <= Net::ZERO || !input.net.is_sane() {
        let message = "Bitte geben Sie den Beitrag netto ein, zum Beispiel 1.200,00. Eine falsche Eintragung nehmen Sie in der Liste zurück.";
        errors.push(FieldError::new("net", message));
    }
    if today < input.dated_on {
        let message = format!(
            "Der {} liegt in der Zukunft. Bitte geben Sie einen Tag bis heute, {}, ein.",
            German.date(input.dated_on),
            German.date(today)
        );
        errors.push(FieldError::new("dated_on", message));
    }
    let missing = "Bitte nennen Sie Bescheid oder Beschluss, zum Beispiel Beitragsbescheid 2026-017.";
    if let Err(ActionError::Invalid(wrong)) = check_text("document", input.document.trim(), MAX_DOCUMENT, missing) {
        errors.extend(wrong);
    }
    errors
}

async fn insert(
    keyed: Keyed<'_>,
    tx: &mut Tx,
    member: OrganisationId,
    new: &Contribution,
    action: &str,
) -> Result<(), ActionError> {
    let Keyed { actor, now, .. } = keyed;
    membership_contributions::insert(tx, actor.body, member, new, actor.person, now)
        .await
        .map_err(|error| taken(error, new))?;
    log(keyed, tx, member, new, action).await
}

/// The log binds year, amount and document; the document's words lie beside it.
async fn log(
    keyed: Keyed<'_>,
    tx: &mut Tx,
    member: OrganisationId,
    new: &Contribution,
    action: &str,
) -> Result<(), ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let detail = json!({
        "contribution": new.id,
        "year": new.year,
        "net": new.net,
        "dated_on": new.dated_on,
        "document": new.document,
        "reverses": new.reverses,
    });
    let mut entry = AuditEntry::new(now, Some(actor.person.0), action, "organisation", member.0);
    entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(&detail).as_bytes())));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), member: Some(member), call_off: None };
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), detail);
    Ok(audit_log::append(tx, actor.body.0, &record).await?)
}

fn taken(error: StorageError, new: &Contribution) -> ActionError {
    match error.constraint() {
        Some("membership_contribution_document_once") => {
            let message = format!(
                "Der Beitrag „{}“ steht schon bei diesem Mitglied. Es wurde nichts doppelt gebucht. Ist er berichtigt, ergänzen Sie den Namen, zum Beispiel „{} (berichtigt)“.",
                new.document, new.document
            );
            ActionError::Invalid(vec![FieldError::new("document", message)])
        }
        Some("membership_contribution_reversed_once") => already(&new.document),
        _ => error.into(),
    }
}

fn already(document: &str) -> ActionError {
    ActionError::NotNow(format!("Der Beitrag „{document}“ ist schon zurückgenommen."))
}
