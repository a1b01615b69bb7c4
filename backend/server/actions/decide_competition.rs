//! End a mini-competition: award it to the best offer, or abolish it with a reason (§ 63 VgV applied to call-offs).

use abruf_domain::ids::{MiniCompetitionId, OrganisationId};
use abruf_domain::mini_competition::{Step, check_award};
use serde_json::json;

use super::competition_step::{held, log};
use super::{ActionError, check_text};
use crate::actor::Actor;
use crate::app::App;
use crate::storage::mini_competitions::{self, Competition, Decision};
use crate::storage::{mini_competition_messages, mini_competition_offers, outbox};

/// Longest reason, in characters.
const LONGEST: usize = 4000;

/// Names the winner; letters to all who offered wait in the outbox. `drawn` tells how the lot was drawn.
///
/// # Errors
/// [`ActionError::Invalid`] for anybody but the best, a tie without its lot, a decision without its reason.
pub async fn award(
    app: &App,
    actor: &Actor,
    id: MiniCompetitionId,
    winner: OrganisationId,
    reason: &str,
    drawn: &str,
) -> Result<(), ActionError> {
    let (reason, drawn) = (reason.trim(), drawn.trim());
    check_text("reason", reason, LONGEST, "Bitte begründen Sie den Zuschlag in einem Satz. Er steht im Vermerk.")?;
    if !drawn.is_empty() {
        check_text("drawn", drawn, LONGEST, "")?;
    }
    let mut tx = app.db.begin(actor).await?;
    let competition = held(&mut tx, actor, id, Step::Award).await?;
    let scoring = mini_competition_offers::scoring(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    let names = mini_competition_messages::invitations(&mut tx, id).await?;
    let name = |supplier| {
        let found = names.iter().find(|it| it.supplier == supplier);
        found.map_or_else(|| "Dieser Lieferant".to_owned(), |it| it.name.clone())
    };
    check_award(&scoring.standings, winner, drawn, &name)?;
    let decision = Decision { winner: Some(winner), reason, drawn };
    decide(app, tx, actor, &competition, &decision, "competition_awarded", "tell_award").await
}

/// Ends it without a winner; the draft behind it may have another.
///
/// # Errors
/// [`ActionError::Invalid`] without a reason, [`ActionError::NotNow`] once it is decided.
pub async fn cancel(app: &App, actor: &Actor, id: MiniCompetitionId, reason: &str) -> Result<(), ActionError> {
    let reason = reason.trim();
    check_text(
        "cancel_reason",
        reason,
        LONGEST,
        "Bitte begründen Sie, warum der Wettbewerb aufgehoben wird. Die eingeladenen Lieferanten erfahren den Grund.",
    )?;
    let mut tx = app.db.begin(actor).await?;
    let competition = held(&mut tx, actor, id, Step::Cancel).await?;
    let decision = Decision { winner: None, reason, drawn: "" };
    decide(app, tx, actor, &competition, &decision, "competition_abolished", "tell_abolition").await
}

async fn decide(
    app: &App,
    mut tx: crate::storage::Tx,
    actor: &Actor,
    competition: &Competition,
    decision: &Decision<'_>,
    action: &str,
    message: &str,
) -> Result<(), ActionError> {
    let now = app.clock.now();
    mini_competitions::decide(&mut tx, competition.id, decision, actor.person, now).await?;
    // Whoever was never asked is not told.
    if competition.sent_at.is_some() {
        outbox::push_about(&mut tx, app.chance.id(now), message, competition.contract, competition.id, now).await?;
    }
    let detail = json!({ "winner": decision.winner, "reason": decision.reason, "drawn": decision.drawn });
    log(app, &mut tx, actor, competition, action, detail, now).await?;
    Ok(tx.commit().await?)
}
