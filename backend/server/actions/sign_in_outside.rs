//! Signing in by an outside provider, and tying an account there to one's own here.
//!
//! **Who it is.** Only by issuer and subject together, tied once by the person themselves: with the one-time link of an
//! invitation, or in an open session. Never by a mail address: a provider may let people choose it, may give a left
//! colleague's address to somebody else, and a provider of one town must not open accounts of another.
//!
//! **What they may do.** Assignments are ours, dated and given by the administration. What a provider says of roles and
//! members only narrows which of them the session may act for.

use abruf_domain::ids::PersonId;
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use thiserror::Error;
use uuid::Uuid;

use crate::actions::account_log::{self, Event, Happened};
use crate::actions::sign_in::{Door, Due, WAITS, begin_session};
use crate::actor::{Role, RunsAs};
use crate::app::App;
use crate::oidc::{Asked, Believed, OidcError, Provider};
use crate::storage::one_time_links::{self, Purpose};
use crate::storage::outside_identities::{self, Answered, UnderWay};
use crate::storage::provider_sessions::{self, Given};
use crate::storage::sessions::{self, FactorState, Session};
use crate::storage::sign_in_events::Origin;
use crate::storage::{StorageError, Tx, people, second_factors};

/// So long may somebody stay at the provider's page.
pub const LASTS: TimeDelta = TimeDelta::minutes(10);

/// What a sign-in by a provider is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For<'a> {
    /// To come in; with a form that met no session, sealed, or nothing.
    SigningIn(Option<&'a str>),
    /// To tie an account, with the token of a one-time link, and come in.
    Link(&'a str),
    /// To tie an account to that of a person who is signed in.
    Person(PersonId),
}

/// A sign-in that goes to a provider.
#[derive(Clone)]
pub struct Begun {
    /// The provider's page.
    pub page: String,
    /// What the browser keeps until it comes back.
    pub browser: String,
}

/// Without what the browser keeps.
impl std::fmt::Debug for Begun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Begun").finish_non_exhaustive()
    }
}

/// We could not find out.
#[derive(Debug, Error)]
pub enum OutsideError {
    /// The database failed.
    #[error("could not read or write the sign-in")]
    Storage(#[from] StorageError),
    /// The provider.
    #[error(transparent)]
    Provider(#[from] OidcError),
}

/// Why somebody does not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Not begun in this browser, answered already, or too late.
    Stale,
    /// The person or the provider broke it off.
    BrokenOff,
    /// The provider could not be reached.
    Unreachable,
    /// What came is not believed.
    NotBelieved,
    /// Nobody here has tied this account.
    NobodyTied,
    /// This account, or another one of this provider, is tied already.
    TiedAlready,
    /// The one-time link is over.
    LinkGone,
    /// What the provider says fits none of the person's assignments.
    NothingToActFor,
}

/// Somebody who came in.
#[derive(Debug)]
pub struct CameIn {
    /// What they lack.
    pub due: Due,
    /// Their session.
    pub session: Session,
    /// Where to go on.
    pub back_to: String,
    /// A form that met no session, sealed, or empty.
    pub kept: String,
}

/// What came of an answer.
#[derive(Debug)]
pub enum Outcome {
    /// Signed in.
    In(CameIn),
    /// Tied to the person who is signed in.
    Tied,
    /// Not let in; and whether it was about tying an account in an open session.
    Refused(Refusal, bool),
}

/// An answer of a provider, as the browser brings it.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// Parameter `state`.
    pub state: &'a str,
    /// Parameter `code`; none: broken off.
    pub code: Option<&'a str>,
    /// Parameter `iss` (RFC 9207), where the provider sends it.
    pub issuer: Option<&'a str>,
    /// What the browser kept.
    pub browser: &'a str,
    /// Who is signed in.
    pub signed_in: Option<PersonId>,
    /// Where it came from.
    pub origin: &'a Origin,
    /// The request.
    pub request: Uuid,
}

/// Our address that a provider answers to; each has its own, so that no answer is taken for another one's.
#[must_use]
pub fn answer_address(app: &App, provider: &Provider) -> String {
    format!("{}/anmelden/extern/{}/antwort", app.base_url, provider.key())
}

/// Begins a sign-in.
pub async fn begin(app: &App, provider: &Provider, purpose: For<'_>, back_to: &str) -> Result<Begun, OutsideError> {
    let now = app.clock.now();
    let draw = || BASE64URL_NOPAD.encode(&app.chance.bytes::<32>());
    let (state, nonce, verifier, browser) = (draw(), draw(), draw(), draw());
    let address = answer_address(app, provider);
    let asked = Asked { answer_to: &address, state: &state, nonce: &nonce, verifier: &verifier };
    let page = provider.sign_in_page(asked, now).await?;
    let under_way = UnderWay {
        state_sha256: digest(&state),
        browser_sha256: digest(&browser),
        provider: provider.key(),
        nonce: &nonce,
        verifier: &verifier,
        back_to,
        link_sha256: if let For::Link(token) = purpose { Some(digest(token)) } else { None },
        person: if let For::Person(person) = purpose { Some(person) } else { None },
        kept: if let For::SigningIn(kept) = purpose { kept } else { None },
    };
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    outside_identities::begin(&mut tx, &under_way, now, now + LASTS).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(Begun { page, browser })
}

/// Takes the answer of a provider. Whatever it is, the sign-in it belongs to is over.
pub async fn finish(app: &App, door: &Door, provider: &Provider, answer: Answer<'_>) -> Result<Outcome, StorageError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let hashes = (digest(answer.state), digest(answer.browser));
    let waiting =
        outside_identities::take(&mut tx, (hashes.0.as_slice(), hashes.1.as_slice()), provider.key(), now).await?;
    tx.commit().await?;
    let Some(waiting) = waiting else { return Ok(Outcome::Refused(Refusal::Stale, false)) };
    let ties = waiting.person_id.is_some();
    let refused = |refusal| Ok(Outcome::Refused(refusal, ties));
    if answer.issuer.is_some_and(|issuer| issuer != provider.issuer()) {
        note_refusal(app, &answer, now).await?;
        return refused(Refusal::NotBelieved);
    }
    // Whoever began to tie an account still sits there.
    if ties && waiting.person_id.map(PersonId) != answer.signed_in {
        return refused(Refusal::Stale);
    }
    let Some(code) = answer.code else { return refused(Refusal::BrokenOff) };
    let address = answer_address(app, provider);
    let asked = Asked { answer_to: &address, state: answer.state, nonce: &waiting.nonce, verifier: &waiting.verifier };
    let believed = match provider.believe(asked, code, now).await {
        Ok(believed) => believed,
        Err(error) => {
            tracing::warn!(provider = provider.key(), %error, "a sign-in by a provider came to nothing");
            if let OidcError::Unreachable(_) = error {
                return refused(Refusal::Unreachable);
            }
            note_refusal(app, &answer, now).await?;
            return refused(Refusal::NotBelieved);
        }
    };
    come_in(app, door, provider, answer, &waiting, &believed).await
}

async fn come_in(
    app: &App,
    door: &Door,
    provider: &Provider,
    answer: Answer<'_>,
    waiting: &Answered,
    believed: &Believed,
) -> Result<Outcome, StorageError> {
    let now = app.clock.now();
    let identity = (provider.issuer(), believed.subject.as_str());
    let about = |event, person| Happened::new(event, Some(person), answer.origin, answer.request);
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    if let Some(person) = waiting.person_id.map(PersonId) {
        if !outside_identities::tie(&mut tx, identity, person, now).await? {
            return Ok(Outcome::Refused(Refusal::TiedAlready, true));
        }
        account_log::append(&mut tx, app, about(Event::OutsideTied, person), now).await?;
        tx.commit().await?;
        return Ok(Outcome::Tied);
    }
    let mut tied_now = false;
    if let Some(link) = &waiting.link_sha256 {
        let lets_tie = [Purpose::Invitation.key(), Purpose::SetUp.key()];
        let found =
            one_time_links::find(&mut tx, link, now).await?.filter(|it| lets_tie.contains(&it.purpose.as_str()));
        let Some(found) = found else { return Ok(Outcome::Refused(Refusal::LinkGone, false)) };
        if !outside_identities::tie(&mut tx, identity, found.person, now).await? {
            return Ok(Outcome::Refused(Refusal::TiedAlready, false));
        }
        one_time_links::void_all(&mut tx, found.person, now).await?;
        tied_now = true;
    }
    let tied = outside_identities::find(&mut tx, identity.0, identity.1).await?;
    let Some(tied) = tied.filter(|it| !it.demo || door.demo_accounts) else {
        drop(tx);
        note_refusal(app, &answer, now).await?;
        return Ok(Outcome::Refused(Refusal::NobodyTied, false));
    };
    let Some((may_act_for, acts_for)) = narrowed(app, &mut tx, tied.person, believed).await? else {
        drop(tx);
        note_refusal(app, &answer, now).await?;
        return Ok(Outcome::Refused(Refusal::NothingToActFor, false));
    };
    outside_identities::used(&mut tx, identity.0, identity.1, now).await?;
    let has = second_factors::find(&mut tx, tied.person).await?.is_some_and(|it| it.confirmed_at.is_some());
    let needs = second_factors::is_needed(&mut tx, tied.person, app.clock.today(), now).await?;
    let factor_at = believed.second_factor.then_some(now);
    let due = door.due(FactorState { shown_at: factor_at, has: has || factor_at.is_some(), needs });
    let mut session = begin_session(app, &mut tx, tied.person, tied.name, answer.origin, None).await?;
    session.assignment = acts_for.map(Into::into);
    if due != Due::Nothing {
        session.expires_at = now + WAITS;
        sessions::renew(&mut tx, session.id, now, session.expires_at).await?;
    }
    let given = Given {
        issuer: provider.issuer(),
        session: believed.session.as_deref(),
        factor_at,
        may_act_for: may_act_for.as_deref(),
        acts_for,
    };
    provider_sessions::mark(&mut tx, session.id, &given).await?;
    if tied_now {
        account_log::append(&mut tx, app, about(Event::OutsideTied, tied.person), now).await?;
    }
    let event = if due == Due::Nothing { Event::SignedInOutside } else { Event::CodeAsked };
    account_log::append(&mut tx, app, about(event, tied.person).within(session.id), now).await?;
    tx.commit().await?;
    let kept = waiting.kept.clone().unwrap_or_default();
    Ok(Outcome::In(CameIn { due, session, back_to: waiting.back_to.clone(), kept }))
}

/// Which assignments the session may act for, all where nothing is said; and the one it acts for where there is no
/// choice. None if the provider says something and nothing fits.
async fn narrowed(
    app: &App,
    tx: &mut Tx,
    person: PersonId,
    believed: &Believed,
) -> Result<Option<(Option<Vec<Uuid>>, Option<Uuid>)>, StorageError> {
    let all = provider_sessions::assignments_now(tx, person, (app.clock.now(), app.clock.today())).await?;
    let fits = |role: &str, organisation: Uuid| {
        let role = believed.roles.as_ref().is_none_or(|said| Role::from_key(role).is_some_and(|it| said.contains(&it)));
        role && believed.members.as_ref().is_none_or(|said| said.contains(&organisation))
    };
    let left: Vec<Uuid> =
        all.into_iter().filter(|(_, role, organisation)| fits(role, *organisation)).map(|(id, ..)| id).collect();
    let says = believed.roles.is_some() || believed.members.is_some();
    if says && left.is_empty() {
        return Ok(None);
    }
    let only = if let [only] = left.as_slice() { Some(*only) } else { None };
    Ok(Some((says.then_some(left), only)))
}

/// Writes down that an answer was not believed; of nobody, as at the door.
async fn note_refusal(app: &App, answer: &Answer<'_>, now: DateTime<Utc>) -> Result<(), StorageError> {
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let refused = Happened::new(Event::OutsideRefused, None, answer.origin, answer.request);
    account_log::append(&mut tx, app, refused, now).await?;
    Ok(tx.commit().await?)
}

/// Loosens the account of a provider; false if none is tied. Whoever has no password keeps it: they could not come in.
pub async fn loosen(
    app: &App,
    session: &Session,
    provider: &Provider,
    (origin, request): (&Origin, Uuid),
) -> Result<bool, StorageError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let email = people::sign_in_name(&mut tx, session.person).await?;
    let has_password = people::find_account(&mut tx, &email).await?.is_some_and(|it| it.password_hash.is_some());
    let only_way = !has_password && outside_identities::of_person(&mut tx, session.person).await?.len() < 2;
    if only_way || !outside_identities::loosen(&mut tx, session.person, provider.issuer()).await? {
        return Ok(false);
    }
    let loosened = Happened::new(Event::OutsideLoosened, Some(session.person), origin, request).within(session.id);
    account_log::append(&mut tx, app, loosened, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// The provider says that somebody signed out there: what began by it ends here too.
pub async fn end_by_provider(
    app: &App,
    provider: &Provider,
    token: &str,
    (origin, request): (&Origin, Uuid),
) -> Result<(), OutsideError> {
    let now = app.clock.now();
    let said = provider.logged_out(token, now).await?;
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let Some(tied) = outside_identities::find(&mut tx, provider.issuer(), &said.subject).await? else {
        return Ok(());
    };
    let of = (provider.issuer(), said.session.as_deref());
    if 0 < provider_sessions::end(&mut tx, tied.person, of, said.at, now).await? {
        let ended = Happened::new(Event::EndedByProvider, Some(tied.person), origin, request);
        account_log::append(&mut tx, app, ended, now).await?;
    }
    Ok(tx.commit().await.map_err(StorageError::from)?)
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}
