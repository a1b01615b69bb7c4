//! Note the result of a restore test (Wiederherstellungsprobe). It ran on another database, so nothing here can know of
//! it: whoever ran it says what came of it.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use chrono::NaiveDate;
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
use crate::storage::restore_tests::{self, RestoreTest};

/// Who may note a test.
pub const TESTERS: &[Role] = &[Role::Office, Role::Administrator];

/// Longest remark, in characters.
const MAX_REMARK: usize = 500;

/// A test and its result.
#[derive(Debug, Clone, Serialize)]
pub struct ToRecord {
    /// Day of the test.
    pub tested_on: NaiveDate,
    /// Day of the backup.
    pub backup_of: NaiveDate,
    /// Whether everything came back and `abruf verify` found nothing.
    pub passed: bool,
    /// What was done and found.
    pub remark: String,
}

/// Notes it; returns its id.
///
/// # Errors
/// If a day lies ahead, the backup is younger than the test, or the remark is missing: field errors.
pub async fn record(
    app: &App,
    actor: &Actor,
    what: &ToRecord,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, TESTERS)?;
    let now = app.clock.now();
    let keyed = Keyed { app, actor, key, now };
    let mut tx = app.db.begin(actor).await?;
    if let Some(id) = keyed.replay(&mut tx).await? {
        return Ok(id);
    }
    check(what, app.clock.today())?;
    let new = RestoreTest {
        id: app.chance.id(now),
        tested_on: what.tested_on,
        backup_of: what.backup_of,
        passed: what.passed,
        remark: what.remark.trim().to_owned(),
        recorded_at: now,
    };
    restore_tests::insert(&mut tx, actor.body, &new, actor.person).await?;
    keyed.keep(&mut tx, &new.id).await?;
    let mut entry = AuditEntry::new(now, Some(actor.person.0), "restore_test_recorded", "restore_test", new.id);
    entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(what).as_bytes())));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), json!(what));
    audit_log::append(&mut tx, actor.body.0, &record).await?;
    tx.commit().await?;
    Ok(new.id)
}

fn check(what: &ToRecord, today: NaiveDate) -> Result<(), ActionError> {
    let mut errors = Vec::new();
    if today < what.tested_on {
        let message = "Die Probe liegt in der Zukunft. Bitte tragen Sie sie ein, wenn sie gelaufen ist.";
        errors.push(FieldError::new("tested_on", message));
    }
    if what.tested_on < what.backup_of {
        let message = "Die Sicherung ist jünger als die Probe. Bitte prüfen Sie beide Daten.";
        errors.push(FieldError::new("backup_of", message));
    }
    let missing =
        "Bitte schreiben Sie, was geprüft wurde, zum Beispiel: eingespielt auf Probe-Server, abruf verify ohne Befund.";
    if let Err(ActionError::Invalid(found)) = check_text("remark", what.remark.trim(), MAX_REMARK, missing) {
        errors.extend(found);
    }
    if errors.is_empty() { Ok(()) } else { Err(ActionError::Invalid(errors)) }
}
