//! Record what the body turned over in a year beside the call-offs that Abruf counts itself. A correction is another
//! row: the newest of a year counts, the older ones stay.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::money::Net;
use chrono::Datelike;
use data_encoding::HEXLOWER;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::keyed::Keyed;
use super::{ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::body_turnovers::{self, BodyTurnover};
use crate::storage::idempotency::IdempotencyKey;

/// Longest evidence, in characters.
const MAX_EVIDENCE: usize = 500;
/// The first year there can be anything of.
const FIRST_YEAR: i32 = 2000;

/// Turnover of a year beside orders through the body and fees; net, in euros.
#[derive(Debug, Clone, Serialize)]
pub struct ToRecord {
    /// Calendar year.
    pub year: i32,
    /// With members.
    pub members: Net,
    /// With everybody else.
    pub others: Net,
    /// Where the figures come from.
    pub evidence: String,
}

/// Records it; returns its id.
///
/// # Errors
/// If the year is not over, an amount is negative or the evidence is missing: field errors.
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
    check(what, app.clock.today().year())?;
    let new = BodyTurnover {
        id: app.chance.id(now),
        year: what.year,
        members: what.members,
        others: what.others,
        evidence: what.evidence.trim().to_owned(),
        recorded_at: now,
    };
    body_turnovers::insert(&mut tx, actor.body, &new, actor.person).await?;
    keyed.keep(&mut tx, &new.id).await?;
    let mut entry = AuditEntry::new(now, Some(actor.person.0), "body_turnover_recorded", "body_turnover", new.id);
    entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(what).as_bytes())));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), json!(what));
    audit_log::append(&mut tx, actor.body.0, &record).await?;
    tx.commit().await?;
    Ok(new.id)
}

fn check(what: &ToRecord, this_year: i32) -> Result<(), ActionError> {
    let mut errors = Vec::new();
    if !(FIRST_YEAR..this_year).contains(&what.year) {
        let message = format!(
            "{} ist nicht möglich: Es zählen abgeschlossene Jahre, {FIRST_YEAR} bis {}.",
            what.year,
            this_year - 1
        );
        errors.push(FieldError::new("year", message));
    }
    for (field, net) in [("members", what.members), ("others", what.others)] {
        if net.is_negative() {
            let message = "Ein Umsatz kann nicht negativ sein. Bitte geben Sie 0 oder mehr ein.";
            errors.push(FieldError::new(field, message));
        }
    }
    let missing = "Bitte nennen Sie den Beleg, zum Beispiel: Jahresabschluss 2025, Anlage 3.";
    if let Err(ActionError::Invalid(found)) = check_text("evidence", what.evidence.trim(), MAX_EVIDENCE, missing) {
        errors.extend(found);
    }
    if errors.is_empty() { Ok(()) } else { Err(ActionError::Invalid(errors)) }
}
