//! Take a lost second factor away, with four eyes: one person of the house asks and says how they know who is asking, a
//! second one decides. The account keeps its password; at the next sign-in a factor is set up anew.

use abruf_domain::ids::PersonId;
use serde_json::json;

use super::account_log::Event;
use super::assign_role::{log, note};
use super::{ActionError, FieldError, is_storable, only};
use crate::actions::colleague::colleague;
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::storage::factor_resets::Open;
use crate::storage::sign_in_events::Origin;
use crate::storage::{accounts, factor_resets, second_factors, sessions};

/// Who asks and decides.
pub const RESETTERS: &[Role] = &[Role::Office, Role::Administrator];

/// The request about a person that waits.
///
/// # Errors
/// If the database fails.
pub async fn open(app: &App, actor: &Actor, person: PersonId) -> Result<Option<Open>, ActionError> {
    let mut tx = app.db.begin(actor).await?;
    Ok(factor_resets::lock_open(&mut tx, person, actor.body).await?)
}

/// Asks.
///
/// # Errors
/// [`ActionError::NotFound`] for a person of no assignment in the house, [`ActionError::Refused`] for oneself,
/// [`ActionError::NotNow`] where a request waits, [`ActionError::Invalid`] for a reason too short.
pub async fn ask(app: &App, actor: &Actor, person: PersonId, reason: &str, origin: &Origin) -> Result<(), ActionError> {
    only(actor, RESETTERS)?;
    let (now, reason) = (app.clock.now(), reason.trim());
    let mut tx = app.db.begin(actor).await?;
    accounts::in_house(&mut tx, person, actor.body).await?.ok_or(ActionError::NotFound)?;
    not_oneself(actor, person)?;
    if !(10..=500).contains(&reason.chars().count()) || !is_storable(reason) {
        let message = "Bitte schreiben Sie mit 10 bis 500 Zeichen, woran Sie die Person erkannt haben, zum Beispiel an einem Rückruf im Rathaus.";
        return Err(ActionError::Invalid(vec![FieldError::new("reason", message)]));
    }
    let id = app.chance.id(now);
    if !factor_resets::ask(&mut tx, id, (person, actor.body), reason, actor.person, now).await? {
        return Err(ActionError::NotNow(
            "Das Zurücksetzen ist schon beantragt und wartet auf eine zweite Person.".to_owned(),
        ));
    }
    log(app, &mut tx, actor, "second_factor_reset_asked", id, json!({ "person": person, "reason": reason }), now)
        .await?;
    note(app, &mut tx, actor, person, Event::FactorResetAsked, origin, now).await?;
    Ok(tx.commit().await?)
}

/// Decides. With consent the factor goes and every session ends.
///
/// # Errors
/// [`ActionError::NotFound`] where none waits, [`ActionError::Refused`] for whoever asked and for oneself.
pub async fn decide(
    app: &App,
    actor: &Actor,
    person: PersonId,
    approved: bool,
    origin: &Origin,
) -> Result<(), ActionError> {
    only(actor, RESETTERS)?;
    let now = app.clock.now();
    colleague(app, actor, person).await?;
    // As the program: no person of the house may touch a factor, and consent and effect stand or fall together.
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let waiting = factor_resets::lock_open(&mut tx, person, actor.body).await?.ok_or(ActionError::NotFound)?;
    not_oneself(actor, person)?;
    if waiting.asked_by == actor.person {
        return Err(ActionError::Refused("Sie haben es beantragt. Entscheiden muss eine zweite Person."));
    }
    if !factor_resets::decide(&mut tx, waiting.id, approved, actor.person, now).await? {
        return Err(ActionError::NotFound);
    }
    let (action, event) = if approved {
        ("second_factor_reset_approved", Event::FactorResetApproved)
    } else {
        ("second_factor_reset_refused", Event::FactorResetRefused)
    };
    log(app, &mut tx, actor, action, waiting.id, json!({ "person": person }), now).await?;
    note(app, &mut tx, actor, person, event, origin, now).await?;
    if approved {
        second_factors::remove(&mut tx, person).await?;
        sessions::revoke_all(&mut tx, person, now).await?;
    }
    Ok(tx.commit().await?)
}

fn not_oneself(actor: &Actor, person: PersonId) -> Result<(), ActionError> {
    if actor.person == person {
        let reason = "Ihren eigenen zweiten Faktor setzen zwei andere zurück. Mit einem Wiederherstellungscode kommen Sie auch selbst hinein.";
        return Err(ActionError::Refused(reason));
    }
    Ok(())
}
