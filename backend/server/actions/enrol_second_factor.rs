//! Setting up a second factor, drawing recovery codes anew, taking the factor away. Each change of one that stands wants
//! a code of it.

use abruf_domain::ids::PersonId;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::actions::account_log::{self, Event, Happened};
use crate::actions::pass_second_factor::show_again;
use crate::actions::sign_in::{Door, SignInError, begin_session};
use crate::actions::sign_in_limits::Place;
use crate::actor::RunsAs;
use crate::app::App;
use crate::one_time_code::{Secret, recovery_code_hash, recovery_codes};
use crate::storage::sessions::{self, Session};
use crate::storage::sign_in_events::Origin;
use crate::storage::{StorageError, Tx, people, provider_sessions, second_factors};

/// How a person stands with their second factor.
#[derive(Debug)]
pub enum Standing {
    /// Not set up: the secret to be put into an app, and the account's name there.
    Proposed {
        /// The secret.
        secret: Secret,
        /// Sign-in name.
        account: String,
    },
    /// Set up.
    Confirmed {
        /// Since when.
        since: DateTime<Utc>,
        /// Recovery codes left.
        codes_left: i64,
        /// Their roles want one: it can be replaced, not left out.
        needed: bool,
    },
}

/// What came of a change.
#[derive(Debug)]
pub enum Changed {
    /// Done; recovery codes, shown once, and the session that goes on.
    Codes(Vec<String>, Session),
    /// Done; there is nothing to show.
    Done,
    /// The code was wrong, or was used before.
    WrongCode,
    /// The state does not allow it: set up meanwhile, or not there.
    NotNow,
}

/// How the person of a session stands. A first look draws the secret.
pub async fn standing(app: &App, door: &Door, session: &Session) -> Result<Standing, StorageError> {
    let (person, now) = (session.person, app.clock.now());
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let known = second_factors::find(&mut tx, person).await?;
    if let Some(since) = known.as_ref().and_then(|it| it.confirmed_at) {
        let codes_left = second_factors::codes_left(&mut tx, person).await?;
        let needed = second_factors::is_needed(&mut tx, person, app.clock.today(), now).await?;
        return Ok(Standing::Confirmed { since, codes_left, needed });
    }
    let sealed = match known {
        Some(factor) => factor.sealed,
        None => {
            let sealed = door.seal.seal(&app.chance, person, &Secret::drawn(&app.chance));
            second_factors::propose(&mut tx, person, &sealed, now).await?;
            // Another tab may have been first.
            second_factors::find(&mut tx, person).await?.map_or(sealed, |it| it.sealed)
        }
    };
    let account = people::sign_in_name(&mut tx, person).await?;
    tx.commit().await?;
    let secret = open(door, person, &sealed)?;
    Ok(Standing::Proposed { secret, account })
}

/// The first right code makes the proposed secret the second factor. Sessions that lack it lack it from now on.
pub async fn confirm(
    app: &App,
    door: &Door,
    session: &Session,
    code: &str,
    (origin, request): (&Origin, Uuid),
) -> Result<Changed, SignInError> {
    let (person, now) = (session.person, app.clock.now());
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let Some(factor) = second_factors::find(&mut tx, person).await?.filter(|it| it.confirmed_at.is_none()) else {
        return Ok(Changed::NotNow);
    };
    let Some(step) = open(door, person, &factor.sealed)?.step_of_code(code, now, factor.last_step) else {
        return Ok(Changed::WrongCode);
    };
    if !second_factors::confirm(&mut tx, person, step, now).await? {
        return Ok(Changed::NotNow);
    }
    let codes = draw(app, &mut tx, person, now).await?;
    sessions::revoke(&mut tx, session.id, now).await?;
    let mut fresh = begin_session(app, &mut tx, person, session.person_name.clone(), origin, Some(now)).await?;
    provider_sessions::hand_on(&mut tx, session.id, fresh.id).await?;
    if let Some(assignment) = session.assignment {
        sessions::choose_assignment(&mut tx, fresh.id, assignment).await?;
        fresh.assignment = Some(assignment);
    }
    let done = Happened::new(Event::FactorSetUp, Some(person), origin, request).within(fresh.id);
    account_log::append(&mut tx, app, done, now).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Changed::Codes(codes, fresh))
}

/// Draws recovery codes anew; the old ones open nothing any more.
pub async fn renew_codes(
    app: &App,
    door: &Door,
    session: &Session,
    (code, place): (&str, impl FnOnce(&str) -> Place),
    (origin, request): (&Origin, Uuid),
) -> Result<Changed, SignInError> {
    let (person, now) = (session.person, app.clock.now());
    let Some(mut tx) = show_again(app, door, session, code, place, (origin, request)).await? else {
        return Ok(Changed::WrongCode);
    };
    let codes = draw(app, &mut tx, person, now).await?;
    let done = Happened::new(Event::RecoveryCodesDrawn, Some(person), origin, request).within(session.id);
    account_log::append(&mut tx, app, done, now).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Changed::Codes(codes, session.clone()))
}

/// Takes the factor away, for another phone or for good; where the roles want one it is set up anew next.
pub async fn remove(
    app: &App,
    door: &Door,
    session: &Session,
    (code, place): (&str, impl FnOnce(&str) -> Place),
    (origin, request): (&Origin, Uuid),
) -> Result<Changed, SignInError> {
    let (person, now) = (session.person, app.clock.now());
    let Some(mut tx) = show_again(app, door, session, code, place, (origin, request)).await? else {
        return Ok(Changed::WrongCode);
    };
    second_factors::remove(&mut tx, person).await?;
    sessions::revoke_others(&mut tx, person, session.id, now).await?;
    let done = Happened::new(Event::FactorRemoved, Some(person), origin, request).within(session.id);
    account_log::append(&mut tx, app, done, now).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Changed::Done)
}

async fn draw(app: &App, tx: &mut Tx, person: PersonId, now: DateTime<Utc>) -> Result<Vec<String>, StorageError> {
    let codes = recovery_codes(&app.chance);
    let hashes: Vec<_> = codes.iter().map(|code| recovery_code_hash(person, code)).collect();
    second_factors::replace_codes(tx, person, &hashes, now).await?;
    Ok(codes)
}

fn open(door: &Door, person: PersonId, sealed: &[u8]) -> Result<Secret, StorageError> {
    door.seal.open(person, sealed).ok_or_else(|| StorageError::Inconsistent {
        table: "second_factor",
        column: "sealed",
        row: person.to_string(),
        what: "the secret does not open".to_owned(),
    })
}
