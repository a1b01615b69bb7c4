//! Order what a mini-competition won: the draft takes winner, lines and period; prices come from the offer.
//! A competition serves one call-off.

use abruf_domain::ids::{CallOffId, MiniCompetitionId};
use abruf_domain::mini_competition::Step;
use serde_json::json;

use super::competition_step::{asked, held, log};
use super::{ActionError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::call_offs::{self, Asked, Details};
use crate::storage::mini_competitions;

/// Takes the result into the buyer's own draft; returns the draft's version.
///
/// # Errors
/// [`ActionError::NotFound`] for a draft of somebody else or of another member or contract,
/// [`ActionError::Refused`] for a competition that serves another call-off.
pub async fn take(app: &App, actor: &Actor, id: MiniCompetitionId, draft: CallOffId) -> Result<i32, ActionError> {
    only(actor, &[Role::Buyer])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    // The draft first: whoever begins a competition from it takes the rows in the same order.
    let (call_off, _) = call_offs::lock(&mut tx, draft).await?.ok_or(ActionError::NotFound)?;
    let competition = held(&mut tx, actor, id, Step::Use).await?;
    let fits = call_off.member == competition.member && call_off.contract == competition.contract;
    if call_off.requester != actor.person || !fits {
        return Err(ActionError::NotFound);
    }
    if !call_off.status.is_editable() {
        return Err(ActionError::WrongState(call_off.status));
    }
    if competition.call_off.is_some_and(|own| own != draft) {
        return Err(ActionError::Refused(
            "Das Ergebnis dieses Miniwettbewerbs gehört zu einem anderen Abruf. Für jeden Abruf braucht es einen eigenen.",
        ));
    }
    if mini_competitions::of_call_off(&mut tx, draft).await?.is_some_and(|(own, _)| own != id) {
        return Err(ActionError::Refused(
            "Zu diesem Entwurf läuft ein anderer Miniwettbewerb. Bitte führen Sie ihn weiter oder heben Sie ihn auf.",
        ));
    }
    let version = call_offs::touch(&mut tx, draft, call_off.version, now)
        .await?
        .ok_or(ActionError::Stale { seen: call_off.version, is: call_off.version })?;
    mini_competitions::use_for(&mut tx, id, draft).await?;
    let lines: Vec<Asked> = competition.lines.iter().map(asked).collect();
    call_offs::replace_lines(&mut tx, &call_off, &lines).await?;
    call_offs::set_supplier(&mut tx, draft, competition.winner).await?;
    if competition.performance.is_some() && call_off.details.performance != competition.performance {
        let details = Details { performance: competition.performance, ..call_off.details.clone() };
        call_offs::update_details(&mut tx, draft, &details).await?;
    }
    let detail = json!({ "call_off": draft, "winner": competition.winner });
    log(app, &mut tx, actor, &competition, "competition_used", detail, now).await?;
    tx.commit().await?;
    Ok(version)
}
