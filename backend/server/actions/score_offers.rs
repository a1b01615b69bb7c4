//! Score the opened offers of a mini-competition by the announced scheme. A correction is a further round; all
//! rounds are kept, the last one counts.

use abruf_domain::ids::{MiniCompetitionId, OrganisationId};
use abruf_domain::mini_competition::{Mark, Offer, Standing, Step, judge};
use serde_json::json;

use super::competition_step::{facts_of_competition, held, highest, log};
use super::{ActionError, FieldError, is_storable};
use crate::actor::Actor;
use crate::app::App;
use crate::storage::mini_competition_offers;

/// Longest reason of a mark, in characters.
const LONGEST: usize = 1000;

/// Scores; prices are compared with the framework's of the day of the opening.
///
/// # Errors
/// [`ActionError::Invalid`] with every mark that is missing, out of range or without its reason.
pub async fn score(
    app: &App,
    actor: &Actor,
    id: MiniCompetitionId,
    marks: &[Mark],
) -> Result<Vec<Standing>, ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let competition = held(&mut tx, actor, id, Step::Score).await?;
    let unfit = |mark: &&Mark| LONGEST < mark.reason.chars().count() || !is_storable(&mark.reason);
    if let Some(mark) = marks.iter().find(unfit) {
        return Err(ActionError::Invalid(vec![FieldError::new(
            format!("marks[{}][{}].reason", mark.supplier_id, mark.criterion),
            format!("Der Grund ist zu lang oder enthält ein unsichtbares Zeichen. Erlaubt sind {LONGEST} Zeichen."),
        )]));
    }
    let opened = mini_competition_offers::opened(&mut tx, id).await?;
    let offers: Vec<Offer> = opened
        .into_iter()
        .map(|it| Offer { supplier: it.supplier, received_at: it.received_at, unit_prices: it.content.unit_prices })
        .collect();
    let suppliers: Vec<OrganisationId> = offers.iter().map(|offer| offer.supplier).collect();
    let opened_at = competition.opened_at.unwrap_or(now);
    let facts = facts_of_competition(&mut tx, &competition, actor, opened_at).await?;
    let standings = judge(
        &competition.scheme,
        &competition.lines,
        competition.performance,
        competition.deadline_at,
        &offers,
        &highest(&facts, &suppliers, opened_at),
        marks,
    )
    .map_err(|refusals| {
        ActionError::Invalid(refusals.into_iter().map(|it| FieldError::new(it.field, it.german)).collect())
    })?;
    mini_competition_offers::insert_scoring(&mut tx, competition.contract, id, marks, &standings, actor.person, now)
        .await?;
    log(
        app,
        &mut tx,
        actor,
        &competition,
        "competition_scored",
        json!({ "marks": marks, "standings": standings }),
        now,
    )
    .await?;
    tx.commit().await?;
    Ok(standings)
}
