//! Sign the opening of the offers. The first signature opens nothing; the second, of another person, does
//! (§ 55 (2) VgV applied to call-offs).

use abruf_domain::ids::MiniCompetitionId;
use abruf_domain::mini_competition::{Step, check_opening};
use serde_json::json;

use super::ActionError;
use super::competition_step::{held, log};
use crate::actor::Actor;
use crate::app::App;
use crate::storage::mini_competitions;

/// What a signature did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signed {
    /// A second person has to sign.
    First,
    /// The offers are open.
    Opened,
}

/// Signs. Two who sign at the same moment wait for each other at the row: one is first, the other opens.
///
/// # Errors
/// [`ActionError::Invalid`] before the end of the deadline, and for the same person twice.
pub async fn sign(app: &App, actor: &Actor, id: MiniCompetitionId) -> Result<Signed, ActionError> {
    let mut tx = app.db.begin(actor).await?;
    let competition = held(&mut tx, actor, id, Step::Open).await?;
    // Read after the lock: the second signature is never earlier than the first.
    let now = app.clock.now();
    check_opening(competition.deadline_at, now, competition.first_signer, actor.person)?;
    let first = competition.first_signer.is_none();
    mini_competitions::sign(&mut tx, id, first, actor.person, now).await?;
    let action = if first { "competition_opening_signed" } else { "competition_opened" };
    let detail = json!({ "person": actor.person, "deadline_at": competition.deadline_at });
    log(app, &mut tx, actor, &competition, action, detail, now).await?;
    tx.commit().await?;
    Ok(if first { Signed::First } else { Signed::Opened })
}
