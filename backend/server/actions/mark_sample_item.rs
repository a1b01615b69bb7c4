//! An auditor ticks an item of their sample: checked, a finding in words, or neither again. The last mark counts.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use data_encoding::HEXLOWER;
use serde_json::json;
use uuid::Uuid;

use super::keyed::Keyed;
use super::order_step::check_note;
use super::{ActionError, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::audit_samples::{self, NewMark, Verdict};
use crate::storage::idempotency::IdempotencyKey;

/// Longest note, in characters.
const MAX_NOTE: usize = 2000;

/// Marks an item of one of the actor's samples; returns the id of the mark.
///
/// # Errors
/// [`ActionError::Invalid`] for a finding without words.
pub async fn mark(
    app: &App,
    actor: &Actor,
    (sample, position): (Uuid, i32),
    verdict: Verdict,
    note: &str,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Auditor])?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    audit_samples::find(&mut tx, actor, sample).await?.ok_or(ActionError::NotFound)?;
    if !audit_samples::has_item(&mut tx, sample, position).await? {
        return Err(ActionError::NotFound);
    }
    let note = note.trim();
    match verdict {
        Verdict::Open | Verdict::Checked => check_note("note", note, MAX_NOTE)?,
        Verdict::Finding => {
            let missing = "Bitte schreiben Sie, was Sie festgestellt haben (höchstens 2.000 Zeichen).";
            check_text("note", note, MAX_NOTE, missing)?;
        }
    }
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    let new =
        NewMark { id: app.chance.id(keyed.now), sample, position, verdict, note, by: actor.person, at: keyed.now };
    audit_samples::insert_mark(&mut tx, &new).await?;
    keyed.keep(&mut tx, &new.id).await?;
    // The log keeps that somebody worked on a sample, not what was found: that is for the auditor to tell.
    let content = json!({ "mark": new.id, "sample": sample, "position": position, "verdict": verdict.key() });
    let mut entry = AuditEntry::new(keyed.now, Some(actor.person.0), "sample_item_marked", "audit_sample", sample);
    entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(&content).as_bytes())));
    entry.request_id.clone_from(&actor.request_id);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    audit_log::append(&mut tx, actor.body.0, &Record::new(entry, concerns)).await?;
    tx.commit().await?;
    Ok(new.id)
}
