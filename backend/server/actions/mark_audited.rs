//! An auditor marks the savings of a call-off: checked, or objected in words. The last mark decides; what was realised
//! and is in the auditor's view when they mark it as checked counts as audited.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use serde_json::json;
use uuid::Uuid;

use super::keyed::Keyed;
use super::order_step::check_note;
use super::{ActionError, Who, call_off_record, check_text, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::savings_marks::{self, Mark, Verdict};
use crate::storage::{audit_log, call_offs, realised_savings};

/// Longest objection, in characters.
const MAX_WORDING: usize = 2000;

/// Marks the savings of an order in the auditor's scope; returns the id of the mark.
///
/// # Errors
/// [`ActionError::Invalid`] for an objection without words, [`ActionError::WrongState`] before its release.
pub async fn mark(
    app: &App,
    actor: &Actor,
    id: CallOffId,
    verdict: Verdict,
    wording: &str,
    key: Option<&IdempotencyKey>,
) -> Result<Uuid, ActionError> {
    only(actor, &[Role::Auditor])?;
    let wording = wording.trim();
    match verdict {
        Verdict::Checked => check_note("wording", wording, MAX_WORDING)?,
        Verdict::Objected => check_text(
            "wording",
            wording,
            MAX_WORDING,
            "Bitte schreiben Sie, was Sie beanstanden (höchstens 2.000 Zeichen).",
        )?,
    }
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    let (call_off, _) = call_offs::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if let Some(answer) = keyed.replay(&mut tx).await? {
        return Ok(answer);
    }
    if !call_off.status.is_ordered() && call_off.status != Status::Cancelled {
        return Err(ActionError::WrongState(call_off.status));
    }
    let new = Mark {
        id: app.chance.id(keyed.now),
        verdict,
        wording: wording.to_owned(),
        by: actor.person,
        person: String::new(),
        at: keyed.now,
    };
    savings_marks::insert(&mut tx, &call_off, &new).await?;
    let (checked, new_id) = (verdict == Verdict::Checked, || app.chance.id(keyed.now));
    realised_savings::book_mark(&mut tx, &call_off, new.id, checked, new_id, keyed.now).await?;
    keyed.keep(&mut tx, &new.id).await?;
    let action = match verdict {
        Verdict::Checked => "savings_checked",
        Verdict::Objected => "savings_objected",
    };
    let detail = json!({ "mark": new.id, "wording": new.wording });
    let record = call_off_record(app, &call_off, action, Who::Person(actor), None, Some(detail), keyed.now);
    audit_log::append_to_contract(&mut tx, call_off.contract, &record).await?;
    tx.commit().await?;
    Ok(new.id)
}
