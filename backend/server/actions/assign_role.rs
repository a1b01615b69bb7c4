//! Give a person of the house something to do, from when to when, and take it back. Takes effect with the next request:
//! the session asks each time.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::ids::{AssignmentId, OrganisationId, PersonId};
use abruf_domain::money::Gross;
use abruf_domain::period::{Period, Validity};
use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::HEXLOWER;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::account_log::{self, Event, Happened};
use super::keyed::Keyed;
use super::{ActionError, FieldError, only};
use crate::actions::colleague::colleague;
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::master_data::people::{NewAssignment, NewAudit, insert_assignment, insert_audit};
use crate::storage::sign_in_events::Origin;
use crate::storage::{StorageError, Tx, accounts};

/// Who keeps accounts.
pub const KEEPERS: &[Role] = &[Role::Administrator];
/// Longest assignment of an auditor, in days.
const LONGEST_AUDIT: i64 = 5 * 366;

/// Something to do, as the administration enters it.
#[derive(Debug, Clone, Serialize)]
pub struct NewPost {
    /// One of the eight roles.
    pub role: String,
    /// For whom.
    pub organisation: Uuid,
    /// First day; none: today.
    pub from: Option<NaiveDate>,
    /// Last day; none: until further notice.
    pub to: Option<NaiveDate>,
    /// Approvers: largest gross value.
    pub limit: Option<Decimal>,
    /// Auditors: first and last day of the call-offs in scope.
    pub scope: Option<(NaiveDate, NaiveDate)>,
    /// Auditors: members in scope; none: all.
    pub members: Vec<Uuid>,
}

/// Gives a person of the house something more to do.
///
/// # Errors
/// [`ActionError::NotFound`] for a person of no assignment in the house, [`ActionError::Invalid`] for what does not fit.
pub async fn assign(
    app: &App,
    actor: &Actor,
    person: PersonId,
    new: &NewPost,
    origin: &Origin,
    key: Option<&IdempotencyKey>,
) -> Result<AssignmentId, ActionError> {
    only(actor, KEEPERS)?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    colleague(app, actor, person).await?;
    let mut tx = app.db.begin(RunsAs::Job).await?;
    if let Some(id) = keyed.replay::<Uuid>(&mut tx).await? {
        return Ok(AssignmentId(id));
    }
    let id = write(app, &mut tx, actor, person, new, keyed.now).await?;
    keyed.keep(&mut tx, &id.0).await?;
    note(app, &mut tx, actor, person, Event::AssignmentGiven, origin, keyed.now).await?;
    tx.commit().await?;
    Ok(id)
}

/// Ends an assignment with a day, or at once.
///
/// # Errors
/// [`ActionError::NotFound`] for none of the house, [`ActionError::NotNow`] for one that is over,
/// [`ActionError::Refused`] for one's own as an administrator: nobody locks the house from inside.
pub async fn end(
    app: &App,
    actor: &Actor,
    person: PersonId,
    assignment: AssignmentId,
    last_day: Option<NaiveDate>,
    origin: &Origin,
) -> Result<(), ActionError> {
    only(actor, KEEPERS)?;
    let (now, today) = (app.clock.now(), app.clock.today());
    let mut tx = app.db.begin(actor).await?;
    let posts = accounts::posts(&mut tx, person, actor.body).await?;
    let post = posts.iter().find(|it| it.id == assignment).ok_or(ActionError::NotFound)?;
    if assignment == actor.assignment {
        return Err(ActionError::Refused(
            "Ihre eigene Aufgabe beendet eine andere Person der Administration. So bleibt immer jemand übrig.",
        ));
    }
    if let Some(day) = last_day
        && (day < today || day < post.valid_from)
    {
        let message =
            "Der letzte Tag liegt vor heute oder vor dem Beginn. Ohne Datum endet die Aufgabe sofort.".to_owned();
        return Err(ActionError::Invalid(vec![FieldError::new("to", message)]));
    }
    if post.role == Role::Auditor.key() && last_day.is_some_and(|day| post.valid_to.is_some_and(|end| end < day)) {
        let message = "Eine Prüfung wird hier nur verkürzt. Für länger geben Sie bitte eine neue Aufgabe.".to_owned();
        return Err(ActionError::Invalid(vec![FieldError::new("to", message)]));
    }
    if !accounts::end_post(&mut tx, (assignment, person, actor.body), last_day, today, now).await? {
        return Err(ActionError::NotNow("Diese Aufgabe ist schon beendet.".to_owned()));
    }
    let what = json!({ "person": person, "role": post.role, "organisation": post.organisation, "to": last_day });
    log(app, &mut tx, actor, "assignment_ended", assignment.0, what, now).await?;
    note(app, &mut tx, actor, person, Event::AssignmentEnded, origin, now).await?;
    Ok(tx.commit().await?)
}

/// Checks and writes an assignment, with its entry in the log of the house.
pub(super) async fn write(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    person: PersonId,
    new: &NewPost,
    now: DateTime<Utc>,
) -> Result<AssignmentId, ActionError> {
    let today = app.clock.today();
    let wrong = |field: &str, message: &str| Err(ActionError::Invalid(vec![FieldError::new(field, message)]));
    let Some(role) = Role::from_key(&new.role) else {
        return wrong("role", "Bitte wählen Sie eine Aufgabe.");
    };
    let wanted = match role {
        Role::Buyer | Role::Approver | Role::Treasurer => "member",
        Role::Office | Role::Board | Role::SupervisoryBoard | Role::Administrator => "body",
        Role::Auditor => "audit_body",
    };
    let choices = accounts::organisations(tx, actor.body, today).await?;
    if !choices.iter().any(|it| it.id == new.organisation && it.role == wanted) {
        return wrong(
            "organisation",
            match wanted {
                "member" => "Diese Aufgabe gibt es nur bei einem Mitglied. Bitte wählen Sie eines.",
                "body" => "Diese Aufgabe gibt es nur bei der Genossenschaft. Bitte wählen Sie sie.",
                _ => "Diese Aufgabe gibt es nur bei einer Prüfstelle. Bitte wählen Sie eine.",
            },
        );
    }
    let from = new.from.unwrap_or(today);
    if from < today {
        return wrong("from", "Der Beginn liegt in der Vergangenheit. Möglich ist heute oder später.");
    }
    if new.to.is_some_and(|to| to < from) {
        return wrong("to", "Das Ende liegt vor dem Beginn. Bitte prüfen Sie beide Tage.");
    }
    let organisation = OrganisationId(new.organisation);
    let doubled = accounts::posts(tx, person, actor.body).await?.into_iter().any(|it| {
        it.role == role.key()
            && it.organisation == organisation
            && !it.is_over(today, now)
            && it.valid_to.is_none_or(|to| from <= to)
            && new.to.is_none_or(|to| it.valid_from <= to)
    });
    if doubled {
        return wrong("role", "Diese Aufgabe hat die Person in dieser Zeit schon. Beenden Sie zuerst die bisherige.");
    }
    let id = AssignmentId(app.chance.id(now));
    if role == Role::Auditor {
        let (Some(to), Some((first, last))) = (new.to, new.scope) else {
            return wrong("to", "Eine Prüfung braucht ein Ende und den Zeitraum der Abrufe, die geprüft werden.");
        };
        let valid = Period::new(from, to).map_err(|_| ActionError::NotFound)?;
        let Ok(scope) = Period::new(first, last) else {
            return wrong("scope_to", "Der Zeitraum der Abrufe endet vor seinem Beginn. Bitte prüfen Sie beide Tage.");
        };
        if LONGEST_AUDIT < (to - from).num_days() {
            return wrong("to", "Eine Prüfung endet spätestens nach fünf Jahren. Bitte wählen Sie ein früheres Ende.");
        }
        let members: Vec<OrganisationId> = new.members.iter().copied().map(OrganisationId).collect();
        if members.iter().any(|it| !choices.iter().any(|choice| choice.id == it.0 && choice.role == "member")) {
            return wrong("members", "Eines der gewählten Mitglieder gibt es nicht. Bitte wählen Sie neu.");
        }
        let members = (!members.is_empty()).then_some(members.as_slice());
        let audit = NewAudit { id, person, audit_body: organisation, body: actor.body, valid, scope, members };
        insert_audit(tx, &audit).await?;
    } else {
        let limit = match new.limit {
            Some(_) if role != Role::Approver => {
                return wrong("limit", "Einen Höchstbetrag hat nur, wer freigibt. Bitte lassen Sie ihn leer.");
            }
            Some(limit) => match Gross::new(limit) {
                Ok(limit) if Decimal::ZERO < limit.decimal() => Some(limit),
                _ => {
                    return wrong("limit", "Der Höchstbetrag muss größer als 0,00 € sein, mit höchstens zwei Stellen.");
                }
            },
            None => None,
        };
        let validity = Validity { from, to: new.to };
        let post = NewAssignment {
            id,
            person,
            role,
            organisation,
            body: actor.body,
            validity,
            release_limit: limit,
            heads_administration: false,
        };
        insert_assignment(tx, &post).await?;
    }
    let what = json!({ "person": person, "post": new });
    log(app, tx, actor, "assignment_given", id.0, what, now).await?;
    Ok(id)
}

/// An entry in the chain of the house; who it is about lies beside it.
pub(super) async fn log(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    action: &str,
    subject: Uuid,
    what: Value,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let mut entry = AuditEntry::new(now, Some(actor.person.0), action, "assignment", subject);
    entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(&what).as_bytes())));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), what);
    audit_log::append(tx, actor.body.0, &record).await
}

/// The same at the door, for the person and the administration.
pub(super) async fn note(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    person: PersonId,
    event: Event,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let request = actor.request_id.as_deref().and_then(|it| it.parse().ok()).unwrap_or_default();
    account_log::append(tx, app, Happened::new(event, Some(person), origin, request).by(actor.person), now).await
}
