//! Ask all parties of the lot in text form (§ 21 (5) no. 1 VgV). From here on nothing that was announced changes.

use std::collections::BTreeMap;

use abruf_domain::ids::{MiniCompetitionId, OrganisationId};
use abruf_domain::mini_competition::{Step, check_deadline, check_invited};
use abruf_domain::period::berlin_date;
use serde_json::json;

use super::competition_step::{facts_of_competition, held, log, parties};
use super::create_competition::answer_days;
use super::{ActionError, FieldError, is_storable};
use crate::actor::Actor;
use crate::app::App;
use crate::storage::mini_competition_messages::{self, Invitation};
use crate::storage::mini_competitions;
use crate::storage::outbox;

/// Longest address, in characters.
const LONGEST: usize = 300;

/// Notes that the invitations went out now, to these addresses; a message to each party waits in the outbox.
///
/// # Errors
/// [`ActionError::Invalid`] for a party left out, a stranger, an empty address, a deadline too short or no word on
/// how to submit.
pub async fn send(
    app: &App,
    actor: &Actor,
    id: MiniCompetitionId,
    addresses: &BTreeMap<OrganisationId, String>,
) -> Result<(), ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let competition = held(&mut tx, actor, id, Step::Send).await?;
    if competition.submission.is_empty() {
        return Err(ActionError::Invalid(vec![FieldError::new(
            "submission",
            "Es steht noch nicht fest, wie Angebote abgegeben werden. Bitte speichern Sie zuerst Frist, Abgabe und Kriterien.",
        )]));
    }
    let facts = facts_of_competition(&mut tx, &competition, actor, now).await?;
    let parties = parties(&facts, &competition, now);
    let addresses: BTreeMap<OrganisationId, &str> = addresses
        .iter()
        .map(|(supplier, address)| (*supplier, address.trim()))
        .filter(|(_, address)| !address.is_empty())
        .collect();
    let invited: Vec<OrganisationId> = addresses.keys().copied().collect();
    check_invited(&parties, &invited)?;
    if let Some((supplier, _)) =
        addresses.iter().find(|(_, address)| LONGEST < address.chars().count() || !is_storable(address))
    {
        return Err(ActionError::Invalid(vec![FieldError::new(
            format!("invitations[{supplier}]"),
            format!(
                "Diese Anschrift ist zu lang oder enthält ein unsichtbares Zeichen. Erlaubt sind {LONGEST} Zeichen."
            ),
        )]));
    }
    let announced = mini_competitions::announced(&mut tx, competition.contract).await?.ok_or(ActionError::NotFound)?;
    let least = answer_days(&mut tx, &announced, competition.member, berlin_date(now)).await?;
    check_deadline(now, competition.deadline_at, least)?;
    let invitations: Vec<Invitation> = parties
        .into_iter()
        .map(|(supplier, name)| Invitation {
            address: addresses.get(&supplier).copied().unwrap_or_default().to_owned(),
            supplier,
            name,
        })
        .collect();
    mini_competition_messages::send(&mut tx, competition.contract, id, &invitations, actor.person, now).await?;
    outbox::push_about(&mut tx, app.chance.id(now), "tell_invitation", competition.contract, id, now).await?;
    let invited: Vec<_> = invitations
        .iter()
        .map(|it| json!({ "supplier": it.supplier, "name": it.name, "address": it.address }))
        .collect();
    let detail = json!({ "deadline_at": competition.deadline_at, "scheme": competition.scheme, "lines": competition.lines, "invited": invited });
    log(app, &mut tx, actor, &competition, "competition_sent", detail, now).await?;
    Ok(tx.commit().await?)
}
