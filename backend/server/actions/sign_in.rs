//! Signing in, acting for another assignment, signing out.
//!
//! After five failures in a row an address pauses for 15 minutes. Known and unknown addresses get the
//! same answers in the same time: each attempt costs exactly one password verification.

use abruf_domain::ids::AssignmentId;
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::actions::account_log::{self, Event};
use crate::actor::RunsAs;
use crate::app::App;
use crate::password::{self, PasswordError};
use crate::storage::sessions::{self, Session};
use crate::storage::{StorageError, people, sign_in_attempts};

/// Failures after which an address pauses.
pub const FAILURES_BEFORE_PAUSE: i32 = 5;
/// How long it pauses.
pub const PAUSE: TimeDelta = TimeDelta::minutes(15);
/// A session that is not used for so long ends.
pub const IDLE: TimeDelta = TimeDelta::minutes(60);
/// A session ends after so long in any case.
pub const LONGEST: TimeDelta = TimeDelta::hours(12);

/// What came of an attempt.
#[derive(Debug)]
pub enum Outcome {
    /// Signed in.
    Welcome(Session),
    /// Address or password are wrong; so many attempts are left before the pause.
    Refused {
        /// Attempts left.
        left: i32,
    },
    /// Nothing is looked at before this instant.
    Paused {
        /// End of the pause.
        until: DateTime<Utc>,
    },
}

/// We could not find out.
#[derive(Debug, Error)]
pub enum SignInError {
    /// The database failed.
    #[error("could not read or write the sign-in")]
    Storage(#[from] StorageError),
    /// The password could not be verified.
    #[error("could not verify the password")]
    Password(#[from] PasswordError),
}

/// Lets one attempt per address through at a time, so that parallel guesses cannot outrun the count.
/// Each node has its own: with n nodes at most n guesses run at once, and each is counted.
#[derive(Debug)]
pub struct Turnstile([Mutex<()>; 64]);

impl Default for Turnstile {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::new(())))
    }
}

/// Who may sign in here, and what is held against parallel guesses.
#[derive(Debug)]
pub struct Door {
    /// One attempt per address at a time.
    pub turnstile: Turnstile,
    /// Whether demo accounts may come in: in a demo on loopback only.
    pub demo_accounts: bool,
}

/// Tries to sign in.
pub async fn sign_in(
    app: &App,
    door: &Door,
    email: &str,
    password: SecretString,
    request: Uuid,
) -> Result<Outcome, SignInError> {
    let email = email.trim().to_lowercase();
    let hash = Sha256::digest(email.as_bytes());
    let _one_at_a_time = door.turnstile.0[usize::from(hash[0]) % door.turnstile.0.len()].lock().await;

    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let before = sign_in_attempts::find(&mut tx, &hash).await?;
    let account = people::find_account(&mut tx, &email).await?;
    // No transaction stays open while the password is verified.
    tx.commit().await.map_err(StorageError::from)?;

    let account = account.filter(|account| !account.demo || door.demo_accounts);
    let right = password::matches(password, account.as_ref().and_then(|it| it.password_hash.clone())).await?;

    if let Some(until) = before.locked_until.filter(|until| now < *until) {
        return Ok(Outcome::Paused { until });
    }
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let outcome = match account.filter(|_| right) {
        Some(account) => {
            sign_in_attempts::clear(&mut tx, &hash, now).await?;
            let assignments = people::assignments(&mut tx, account.person, app.clock.today()).await?;
            let session = Session {
                id: app.chance.id(now),
                person: account.person,
                person_name: account.name,
                // With several the person chooses; see `act_for`.
                assignment: match assignments.as_slice() {
                    [only] => Some(only.actor.assignment),
                    _ => None,
                },
                created_at: now,
                expires_at: now + IDLE,
            };
            sessions::insert(&mut tx, &session).await?;
            account_log::append(&mut tx, Some(account.person), Event::SignedIn, now, request).await?;
            Outcome::Welcome(session)
        }
        None => {
            let after =
                sign_in_attempts::count_failure(&mut tx, &hash, now, FAILURES_BEFORE_PAUSE, now + PAUSE).await?;
            account_log::append(&mut tx, None, Event::SignInFailed, now, request).await?;
            match after.locked_until {
                Some(until) => Outcome::Paused { until },
                None => Outcome::Refused { left: FAILURES_BEFORE_PAUSE - after.failures },
            }
        }
    };
    tx.commit().await.map_err(StorageError::from)?;
    Ok(outcome)
}

/// Lets the session act for another assignment of its person; false if there is none such today.
pub async fn act_for(
    app: &App,
    session: &Session,
    assignment: AssignmentId,
    request: Uuid,
) -> Result<bool, StorageError> {
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    if people::acting(&mut tx, session.person, assignment, app.clock.today()).await?.is_none() {
        return Ok(false);
    }
    sessions::choose_assignment(&mut tx, session.id, assignment).await?;
    account_log::append(&mut tx, Some(session.person), Event::AssignmentChosen, app.clock.now(), request).await?;
    tx.commit().await?;
    Ok(true)
}

/// Ends the session.
pub async fn sign_out(app: &App, session: &Session, request: Uuid) -> Result<(), StorageError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    sessions::revoke(&mut tx, session.id, now).await?;
    account_log::append(&mut tx, Some(session.person), Event::SignedOut, now, request).await?;
    tx.commit().await?;
    Ok(())
}

/// The end of a session that is used now.
#[must_use]
pub fn end_if_used_now(session: &Session, now: DateTime<Utc>) -> DateTime<Utc> {
    (now + IDLE).min(session.created_at + LONGEST)
}
