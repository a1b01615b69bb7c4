//! Record a proposal or a decision of a meeting. It is attached to the report of that meeting and never alters it: what
//! was recorded before the freezing is printed in it, what came later stands beside it.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use chrono::{NaiveDate, TimeDelta};
use data_encoding::HEXLOWER;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::keyed::Keyed;
use super::{ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::resolutions::{self, NewResolution};

/// Longest number, in characters.
const MAX_NUMBER: usize = 40;
/// Longest text, in characters.
const MAX_WORDING: usize = 4000;
/// A meeting lies at most so far ahead.
const DAYS_AHEAD: i64 = 366;

/// Proposal before the vote, decision after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Beschlussvorlage.
    Proposal,
    /// Beschluss.
    Decision,
}

impl Kind {
    /// As the database writes it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Proposal => "proposal",
            Self::Decision => "decision",
        }
    }
}

/// What is to be recorded.
#[derive(Debug, Clone, Serialize)]
pub struct ToRecord {
    /// Day of the meeting.
    pub meeting_on: NaiveDate,
    /// Number in the agenda or the minutes.
    pub number: String,
    /// What it is.
    pub kind: Kind,
    /// The text.
    pub wording: String,
    /// Its date.
    pub dated_on: NaiveDate,
}

/// Records it; returns its id.
///
/// # Errors
/// If the text is missing or too long, a date does not fit, or the number is taken: field errors.
pub async fn record(
    app: &App,
    actor: &Actor,
    what: &ToRecord,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let keyed = Keyed { app, actor, key, now };
    let mut tx = app.db.begin(actor).await?;
    if let Some(id) = keyed.replay(&mut tx).await? {
        return Ok(id);
    }
    check(what, app.clock.today())?;
    let id = app.chance.id(now);
    let new = NewResolution {
        id,
        body: actor.body,
        meeting_on: what.meeting_on,
        number: what.number.trim(),
        kind: what.kind.key(),
        wording: what.wording.trim(),
        dated_on: what.dated_on,
        by: actor.person,
        at: now,
    };
    resolutions::insert(&mut tx, &new).await.map_err(|error| match error.constraint() {
        Some("resolution_number_once") => {
            let message = format!(
                "Nummer „{}“ ist für diese Sitzung schon vergeben. Bitte wählen Sie eine andere.",
                what.number.trim()
            );
            ActionError::Invalid(vec![FieldError::new("number", message)])
        }
        _ => error.into(),
    })?;
    keyed.keep(&mut tx, &id).await?;
    let mut entry = AuditEntry::new(now, Some(actor.person.0), "resolution_recorded", "resolution", id);
    entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(what).as_bytes())));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), json!(what));
    audit_log::append(&mut tx, actor.body.0, &record).await?;
    tx.commit().await?;
    Ok(id)
}

fn check(what: &ToRecord, today: NaiveDate) -> Result<(), ActionError> {
    let mut errors = Vec::new();
    for (field, text, most, missing) in [
        ("number", &what.number, MAX_NUMBER, "Bitte geben Sie die Nummer an, zum Beispiel: TOP 3 oder 3/2027."),
        ("wording", &what.wording, MAX_WORDING, "Bitte geben Sie den Text der Vorlage oder des Beschlusses ein."),
    ] {
        if let Err(ActionError::Invalid(found)) = check_text(field, text.trim(), most, missing) {
            errors.extend(found);
        }
    }
    let ahead = today + TimeDelta::days(DAYS_AHEAD);
    if ahead < what.meeting_on {
        let message = "Die Sitzung liegt mehr als ein Jahr voraus. Bitte prüfen Sie das Datum.";
        errors.push(FieldError::new("meeting_on", message));
    }
    if what.kind == Kind::Decision && what.dated_on < what.meeting_on {
        let message = "Ein Beschluss kann nicht vor seiner Sitzung gefasst sein. Bitte prüfen Sie das Datum oder wählen Sie „Beschlussvorlage“.";
        errors.push(FieldError::new("dated_on", message));
    } else if what.kind == Kind::Decision && today < what.dated_on {
        let message =
            "Der Beschluss liegt in der Zukunft. Bitte wählen Sie „Beschlussvorlage“ oder prüfen Sie das Datum.";
        errors.push(FieldError::new("dated_on", message));
    }
    if errors.is_empty() { Ok(()) } else { Err(ActionError::Invalid(errors)) }
}
