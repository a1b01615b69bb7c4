//! Signing in, acting for another assignment, signing out.
//!
//! Known and unknown addresses get the same answers in the same time: each attempt costs exactly one password
//! verification. Whoever has a second factor shows it next (`pass_second_factor.rs`); whoever needs one and has none
//! sets it up (`enrol_second_factor.rs`). Until then the session is good for nothing else.

use abruf_domain::ids::{AssignmentId, PersonId};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use crate::actions::account_log::{self, Event, Happened};
use crate::actions::pass_second_factor::{Shown, show};
use crate::actions::sign_in_limits::{Counts, Left, Place};
use crate::actor::RunsAs;
use crate::app::App;
use crate::one_time_code::SealKey;
use crate::password::{self, PasswordError};
use crate::storage::sessions::{self, FactorState, Session};
use crate::storage::sign_in_events::Origin;
use crate::storage::{StorageError, Tx, people, provider_sessions, second_factors};

/// A session that is not used for so long ends.
pub const IDLE: TimeDelta = TimeDelta::minutes(60);
/// A session ends after so long in any case.
pub const LONGEST: TimeDelta = TimeDelta::hours(12);
/// A session that lacks its second factor ends after so long.
pub const WAITS: TimeDelta = TimeDelta::minutes(15);

/// What a session lacks before it is good for anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing.
    Nothing,
    /// The code of the second factor.
    Code,
    /// A second factor at all.
    Enrolment,
}

/// What came of an attempt.
#[derive(Debug)]
pub enum Outcome {
    /// Signed in.
    Welcome(Session),
    /// The password is right. The session, where one was wanted, is good for showing this.
    Lacks(Due, Option<Session>),
    /// Address, password or code are wrong; so many attempts are left before the pause.
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

impl Turnstile {
    /// Waits for one's turn with a lower-case address.
    pub async fn pass(&self, email: &str) -> MutexGuard<'_, ()> {
        let first = Sha256::digest(email.as_bytes())[0];
        self.0[usize::from(first) % self.0.len()].lock().await
    }
}

/// Whether accounts need a second factor for roles that decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondFactor {
    /// Approvers, office and administrators do.
    Required,
    /// Nobody does: demo data on loopback. Whoever has set one up still shows it.
    Off,
}

/// Who may sign in here, and what is held against parallel guesses.
#[derive(Debug)]
pub struct Door {
    /// One attempt per address at a time.
    pub turnstile: Turnstile,
    /// Whether demo accounts may come in: in a demo on loopback only.
    pub demo_accounts: bool,
    /// Whether a second factor is asked for.
    pub second_factor: SecondFactor,
    /// Opens the secrets of second factors.
    pub seal: SealKey,
}

impl Door {
    /// What a session lacks.
    #[must_use]
    pub fn due(&self, factor: FactorState) -> Due {
        match factor {
            FactorState { has: true, shown_at: None, .. } => Due::Code,
            FactorState { has: false, needs: true, .. } if self.second_factor == SecondFactor::Required => {
                Due::Enrolment
            }
            _ => Due::Nothing,
        }
    }
}

/// Somebody at the door.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// Sign-in name as typed.
    pub email: &'a str,
    /// Password as typed.
    pub password: SecretString,
    /// Code of the second factor, from clients that send all at once.
    pub code: Option<&'a str>,
    /// A browser is given a session in which it shows what it lacks; a program is only told.
    pub may_wait: bool,
    /// Whose failures count together.
    pub place: Place,
    /// What is kept of where it came from.
    pub origin: &'a Origin,
    /// The request.
    pub request: Uuid,
}

/// Tries to sign in.
pub async fn sign_in(app: &App, door: &Door, attempt: Attempt<'_>) -> Result<Outcome, SignInError> {
    let email = attempt.email.trim().to_lowercase();
    let _one_at_a_time = door.turnstile.pass(&email).await;
    let counts = Counts::of(&email, &attempt.place);

    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let paused = counts.paused_until(&mut tx, now).await?;
    let account = people::find_account(&mut tx, &email).await?;
    // No transaction stays open while the password is verified.
    tx.commit().await.map_err(StorageError::from)?;

    let account = account.filter(|account| !account.demo || door.demo_accounts);
    let right = password::matches(attempt.password, account.as_ref().and_then(|it| it.password_hash.clone())).await?;

    if let Some(until) = paused {
        return Ok(Outcome::Paused { until });
    }
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let about = |event, person| Happened::new(event, person, attempt.origin, attempt.request);
    let person = account.as_ref().map(|it| it.person);
    let Some(account) = account.filter(|_| right) else {
        let outcome = refuse(app, &mut tx, &counts, about(Event::SignInFailed, person), now).await?;
        tx.commit().await.map_err(StorageError::from)?;
        return Ok(outcome);
    };
    let person = account.person;
    let has = second_factors::find(&mut tx, person).await?.is_some_and(|it| it.confirmed_at.is_some());
    let needs = second_factors::is_needed(&mut tx, person, app.clock.today(), now).await?;
    let mut due = door.due(FactorState { shown_at: None, has, needs });
    let mut by_recovery = false;
    if let (Due::Code, Some(code)) = (due, attempt.code) {
        match show(door, &mut tx, person, code, now).await? {
            Shown::No => {
                let outcome = refuse(app, &mut tx, &counts, about(Event::CodeFailed, Some(person)), now).await?;
                tx.commit().await.map_err(StorageError::from)?;
                return Ok(outcome);
            }
            shown => {
                by_recovery = shown == Shown::Recovery;
                due = Due::Nothing;
            }
        }
    }
    let outcome = if due == Due::Nothing {
        counts.forget(&mut tx, now).await?;
        let session = begin_session(app, &mut tx, person, account.name, attempt.origin, has.then_some(now)).await?;
        if by_recovery {
            account_log::append(&mut tx, app, about(Event::RecoveryCodeUsed, Some(person)), now).await?;
        }
        account_log::append(&mut tx, app, about(Event::SignedIn, Some(person)).within(session.id), now).await?;
        Outcome::Welcome(session)
    } else {
        // The count stands: whoever knows the password must not win new guesses at the code by it.
        let session = if attempt.may_wait {
            let mut session = begin_session(app, &mut tx, person, account.name, attempt.origin, None).await?;
            session.expires_at = now + WAITS;
            sessions::renew(&mut tx, session.id, now, session.expires_at).await?;
            Some(session)
        } else {
            None
        };
        account_log::append(&mut tx, app, about(Event::CodeAsked, Some(person)), now).await?;
        Outcome::Lacks(due, session)
    };
    tx.commit().await.map_err(StorageError::from)?;
    Ok(outcome)
}

/// Counts a failure and writes it down.
pub(super) async fn refuse(
    app: &App,
    tx: &mut Tx,
    counts: &Counts,
    failed: Happened<'_>,
    now: DateTime<Utc>,
) -> Result<Outcome, StorageError> {
    let left = counts.failed(tx, now).await?;
    account_log::append(tx, app, failed, now).await?;
    Ok(match left {
        Left::Attempts(left) => Outcome::Refused { left },
        Left::NoneUntil(until) => {
            account_log::append(tx, app, Happened { event: Event::Paused, ..failed }, now).await?;
            Outcome::Paused { until }
        }
    })
}

/// A new session of a person; with several assignments they choose one, see [`act_for`].
pub(super) async fn begin_session(
    app: &App,
    tx: &mut Tx,
    person: PersonId,
    person_name: String,
    origin: &Origin,
    second_factor_at: Option<DateTime<Utc>>,
) -> Result<Session, StorageError> {
    let now = app.clock.now();
    let assignments = people::assignments(tx, person, (now, app.clock.today())).await?;
    let session = Session {
        id: app.chance.id(now),
        person,
        person_name,
        assignment: match assignments.as_slice() {
            [only] => Some(only.actor.assignment),
            _ => None,
        },
        created_at: now,
        expires_at: now + IDLE,
    };
    sessions::insert(tx, &session).await?;
    sessions::describe(tx, session.id, origin, second_factor_at).await?;
    Ok(session)
}

/// Lets the session act for another assignment of its person; false if there is none such today.
pub async fn act_for(
    app: &App,
    session: &Session,
    assignment: AssignmentId,
    origin: &Origin,
    request: Uuid,
) -> Result<bool, StorageError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    if people::acting(&mut tx, session.person, assignment, (now, app.clock.today())).await?.is_none() {
        return Ok(false);
    }
    if !provider_sessions::may_act_for(&mut tx, session.id, assignment).await? {
        return Ok(false);
    }
    sessions::choose_assignment(&mut tx, session.id, assignment).await?;
    let chosen = Happened::new(Event::AssignmentChosen, Some(session.person), origin, request).within(session.id);
    account_log::append(&mut tx, app, chosen, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// Ends the session.
pub async fn sign_out(app: &App, session: &Session, origin: &Origin, request: Uuid) -> Result<(), StorageError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    sessions::revoke(&mut tx, session.id, now).await?;
    let out = Happened::new(Event::SignedOut, Some(session.person), origin, request).within(session.id);
    account_log::append(&mut tx, app, out, now).await?;
    tx.commit().await?;
    Ok(())
}

/// The end of a session that is used now.
#[must_use]
pub fn end_if_used_now(session: &Session, now: DateTime<Utc>) -> DateTime<Utc> {
    (now + IDLE).min(session.created_at + LONGEST)
}
