//! Let the rights of a member rest: it stays a member, sees its call-offs and places none, until the days are over
//! or the office lifts it. The rule `member-active` and `call_off_by_a_member` refuse its call-offs meanwhile.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::ids::OrganisationId;
use abruf_domain::notation::Language::German;
use chrono::NaiveDate;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use uuid::Uuid;

use super::keyed::Keyed;
use super::{ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::membership_suspensions::{self, Suspension};
use crate::storage::{StorageError, Tx, member_list};

/// Longest reason, in characters.
const MAX_REASON: usize = 500;

/// A suspension, as entered.
#[derive(Debug, Clone)]
pub struct SuspensionInput {
    /// First day, included; not before today: what was ordered stays ordered.
    pub valid_from: NaiveDate,
    /// Last day, included; none while no end is known.
    pub valid_to: Option<NaiveDate>,
    /// The resolution or the rule of the Satzung.
    pub reason: String,
}

/// Lets the rights of a member rest; whoever repeats a request with its key gets the id of the first.
///
/// # Errors
/// [`ActionError::Invalid`] with each field that is not right.
pub async fn suspend(
    app: &App,
    actor: &Actor,
    member: OrganisationId,
    input: &SuspensionInput,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Office])?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    member_list::visible_name(&mut tx, actor, member).await?.ok_or(ActionError::NotFound)?;
    if let Some(id) = keyed.replay(&mut tx).await? {
        return Ok(id);
    }
    let errors = check(input, app.clock.today());
    if !errors.is_empty() {
        return Err(ActionError::Invalid(errors));
    }
    let new = Suspension {
        id: app.chance.id(keyed.now),
        valid_from: input.valid_from,
        valid_to: input.valid_to,
        reason: input.reason.trim().to_owned(),
        lifted_at: None,
    };
    membership_suspensions::insert(&mut tx, actor.body, member, &new, actor.person, keyed.now).await.map_err(taken)?;
    let detail = json!({ "suspension": new.id, "from": new.valid_from, "to": new.valid_to, "reason": new.reason });
    log(keyed, &mut tx, member, "member_suspended", detail).await?;
    keyed.keep(&mut tx, &new.id).await?;
    tx.commit().await?;
    Ok(new.id)
}

/// Lets the rights revive today.
///
/// # Errors
/// [`ActionError::NotFound`] for one of another member, [`ActionError::NotNow`] for one that is over.
pub async fn lift(app: &App, actor: &Actor, member: OrganisationId, suspension: Uuid) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let keyed = Keyed { app, actor, key: None, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    member_list::visible_name(&mut tx, actor, member).await?.ok_or(ActionError::NotFound)?;
    let all = membership_suspensions::of_member(&mut tx, actor.body, member).await?;
    all.iter().find(|it| it.id == suspension).ok_or(ActionError::NotFound)?;
    if !membership_suspensions::lift(&mut tx, suspension, app.clock.today(), actor.person, keyed.now).await? {
        return Err(ActionError::NotNow("Diese Mitgliedsrechte ruhen nicht mehr. Es ist nichts zu tun.".to_owned()));
    }
    log(keyed, &mut tx, member, "member_suspension_lifted", json!({ "suspension": suspension })).await?;
    Ok(tx.commit().await?)
}

fn check(input: &SuspensionInput, today: NaiveDate) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if input.valid_from < today {
        let message = format!(
            "Der {} ist vorbei. Rechte können frühestens ab heute, {}, ruhen.",
            German.date(input.valid_from),
            German.date(today)
        );
        errors.push(FieldError::new("valid_from", message));
    }
    if let Some(last) = input.valid_to.filter(|last| *last < input.valid_from) {
        let message = format!(
            "Der letzte Tag ({}) liegt vor dem ersten ({}). Bitte prüfen Sie beide Daten.",
            German.date(last),
            German.date(input.valid_from)
        );
        errors.push(FieldError::new("valid_to", message));
    }
    let missing = "Bitte nennen Sie den Grund, zum Beispiel: Vorstandsbeschluss vom 12.10.2026, § 9 der Satzung.";
    if let Err(ActionError::Invalid(wrong)) = check_text("reason", input.reason.trim(), MAX_REASON, missing) {
        errors.extend(wrong);
    }
    errors
}

/// The log binds days and reason; the reason's words lie beside it.
async fn log(
    keyed: Keyed<'_>,
    tx: &mut Tx,
    member: OrganisationId,
    action: &str,
    detail: Value,
) -> Result<(), ActionError> {
    let Keyed { app, actor, now, .. } = keyed;
    let mut entry = AuditEntry::new(now, Some(actor.person.0), action, "organisation", member.0);
    entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(&detail).as_bytes())));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), member: Some(member), call_off: None };
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), detail);
    Ok(audit_log::append(tx, actor.body.0, &record).await?)
}

fn taken(error: StorageError) -> ActionError {
    match error.constraint() {
        Some("membership_suspension_once") => ActionError::Invalid(vec![FieldError::new(
            "valid_from",
            "An diesen Tagen ruhen die Rechte schon. Die Eintragung steht in der Liste. Heben Sie sie zuerst auf.",
        )]),
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_rest_from_today_on_in_order_and_for_a_reason() {
        let day = |text: &str| text.parse().unwrap();
        let wrong = |from: &str, to: Option<&str>, reason: &str| {
            let input = SuspensionInput { valid_from: day(from), valid_to: to.map(day), reason: reason.to_owned() };
            check(&input, day("2026-11-22")).into_iter().map(|error| error.field).collect::<Vec<_>>()
        };
        assert!(wrong("2026-11-22", None, "Beschluss").is_empty());
        assert!(wrong("2026-11-22", Some("2026-11-22"), "Beschluss").is_empty());
        assert_eq!(wrong("2026-11-21", None, "Beschluss"), ["valid_from"]);
        assert_eq!(wrong("2026-11-23", Some("2026-11-22"), " "), ["valid_to", "reason"]);
        assert_eq!(wrong("2026-11-22", None, &"x".repeat(501)), ["reason"]);
    }
}
