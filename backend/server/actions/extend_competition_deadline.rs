//! Leave the parties of a mini-competition more time, before the time they have is over. All who were asked are told;
//! offers already in stay sealed and valid, and may be replaced.

use abruf_domain::ids::MiniCompetitionId;
use abruf_domain::mini_competition::{Step, check_extension};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::competition_step::{held, log};
use super::{ActionError, check_text};
use crate::actor::Actor;
use crate::app::App;
use crate::storage::mini_competition_deadlines::{self, NewExtension};
use crate::storage::outbox;

/// Longest reason, in characters.
const LONGEST: usize = 2000;

/// Extends it.
///
/// # Errors
/// [`ActionError::Invalid`] for an earlier or equal end, a deadline that has passed, and without a reason.
pub async fn extend(
    app: &App,
    actor: &Actor,
    id: MiniCompetitionId,
    deadline_at: DateTime<Utc>,
    reason: &str,
) -> Result<(), ActionError> {
    let reason = reason.trim().replace("\r\n", "\n");
    check_text(
        "extension_reason",
        &reason,
        LONGEST,
        "Bitte begründen Sie, warum die Frist verlängert wird. Alle Eingeladenen erfahren den Grund.",
    )?;
    let mut tx = app.db.begin(actor).await?;
    let competition = held(&mut tx, actor, id, Step::Extend).await?;
    // Read after the lock: whoever waited for another step judges by the instant at which it is their turn.
    let now = app.clock.now();
    check_extension(competition.deadline_at, deadline_at, now)?;
    let new = NewExtension { previous_at: competition.deadline_at, deadline_at, reason: &reason };
    mini_competition_deadlines::extend(&mut tx, competition.contract, id, &new, actor.person, now).await?;
    outbox::push_about(&mut tx, app.chance.id(now), "tell_extension", competition.contract, id, now).await?;
    let detail = json!({ "previous_at": new.previous_at, "deadline_at": deadline_at, "reason": reason });
    log(app, &mut tx, actor, &competition, "competition_deadline_extended", detail, now).await?;
    Ok(tx.commit().await?)
}
