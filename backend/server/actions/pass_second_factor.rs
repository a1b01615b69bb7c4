//! Showing the second factor after the password: the code of the app, or a recovery code, each once.

use abruf_domain::ids::PersonId;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::actions::account_log::{self, Event, Happened};
use crate::actions::sign_in::{Door, Outcome, SignInError, begin_session, refuse};
use crate::actions::sign_in_limits::{Counts, Place};
use crate::actor::RunsAs;
use crate::app::App;
use crate::one_time_code::recovery_code_hash;
use crate::storage::sessions::{self, Session};
use crate::storage::sign_in_events::Origin;
use crate::storage::{StorageError, Tx, people, provider_sessions, second_factors};

/// What a code was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// None of this person, or one that was taken before.
    No,
    /// Of the app.
    App,
    /// A recovery code; it is used up.
    Recovery,
}

/// Takes a code of the person, if it is one.
pub(super) async fn show(
    door: &Door,
    tx: &mut Tx,
    person: PersonId,
    code: &str,
    now: DateTime<Utc>,
) -> Result<Shown, StorageError> {
    let Some(factor) = second_factors::find(tx, person).await?.filter(|it| it.confirmed_at.is_some()) else {
        return Ok(Shown::No);
    };
    let Some(secret) = door.seal.open(person, &factor.sealed) else {
        tracing::error!(%person, "a stored secret of a second factor does not open");
        return Ok(Shown::No);
    };
    // Two at once: the row decides who was first.
    if let Some(step) = secret.step_of_code(code, now, factor.last_step)
        && second_factors::take_step(tx, person, step).await?
    {
        return Ok(Shown::App);
    }
    let recovery = second_factors::use_code(tx, person, &recovery_code_hash(person, code), now).await?;
    Ok(if recovery { Shown::Recovery } else { Shown::No })
}

/// Shows the second factor in a session that waits for it. The session that comes of it is a new one: whoever knew the
/// waiting one's token has nothing.
pub async fn pass(
    app: &App,
    door: &Door,
    waiting: &Session,
    code: &str,
    place: impl FnOnce(&str) -> Place,
    (origin, request): (&Origin, Uuid),
) -> Result<Outcome, SignInError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let email = people::sign_in_name(&mut tx, waiting.person).await?;
    tx.commit().await.map_err(StorageError::from)?;
    let _one_at_a_time = door.turnstile.pass(&email).await;
    let counts = Counts::of(&email, &place(&email));
    let about = |event| Happened::new(event, Some(waiting.person), origin, request);

    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    if let Some(until) = counts.paused_until(&mut tx, now).await? {
        return Ok(Outcome::Paused { until });
    }
    let outcome = match show(door, &mut tx, waiting.person, code, now).await? {
        Shown::No => {
            let outcome = refuse(app, &mut tx, &counts, about(Event::CodeFailed).within(waiting.id), now).await?;
            if matches!(outcome, Outcome::Paused { .. }) {
                // After the pause the password is asked for again.
                sessions::revoke(&mut tx, waiting.id, now).await?;
            }
            outcome
        }
        shown => {
            counts.forget(&mut tx, now).await?;
            sessions::revoke(&mut tx, waiting.id, now).await?;
            let name = waiting.person_name.clone();
            let session = begin_session(app, &mut tx, waiting.person, name, origin, Some(now)).await?;
            provider_sessions::hand_on(&mut tx, waiting.id, session.id).await?;
            if shown == Shown::Recovery {
                account_log::append(&mut tx, app, about(Event::RecoveryCodeUsed).within(session.id), now).await?;
            }
            account_log::append(&mut tx, app, about(Event::SignedIn).within(session.id), now).await?;
            Outcome::Welcome(session)
        }
    };
    tx.commit().await.map_err(StorageError::from)?;
    Ok(outcome)
}

/// Asks for the factor once more before it is changed, and counts failures as at the door: whoever found an open session
/// must not guess. The transaction goes on where the code was right.
pub(super) async fn show_again(
    app: &App,
    door: &Door,
    session: &Session,
    code: &str,
    place: impl FnOnce(&str) -> Place,
    (origin, request): (&Origin, Uuid),
) -> Result<Option<Tx>, StorageError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let email = people::sign_in_name(&mut tx, session.person).await?;
    let counts = Counts::of(&email, &place(&email));
    if counts.paused_until(&mut tx, now).await?.is_some() {
        return Ok(None);
    }
    if show(door, &mut tx, session.person, code, now).await? != Shown::No {
        return Ok(Some(tx));
    }
    let failed = Happened::new(Event::CodeFailed, Some(session.person), origin, request).within(session.id);
    refuse(app, &mut tx, &counts, failed, now).await?;
    tx.commit().await?;
    Ok(None)
}
