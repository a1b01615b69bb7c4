//! One-time links: making them, and setting a password with one. A newer link makes the older ones void; looking at one
//! does not use it up.

use abruf_domain::ids::PersonId;
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::actions::account_log::{self, Event, Happened};
use crate::actions::judge_password::FitPassword;
use crate::actions::keep_api_key;
use crate::actions::sign_in::SignInError;
use crate::actions::sign_in_limits::{Counts, Place};
use crate::actor::RunsAs;
use crate::app::App;
use crate::password;
use crate::storage::one_time_links::{self, OneTimeLink, Purpose};
use crate::storage::sign_in_events::Origin;
use crate::storage::{StorageError, Tx, people, second_factors, sessions};

/// How long a link opens that somebody waits for.
pub const LINK_LASTS: TimeDelta = TimeDelta::minutes(30);
/// How long an invitation opens.
pub const INVITATION_LASTS: TimeDelta = TimeDelta::days(7);

/// A new link. Its address is shown once and stored nowhere.
#[derive(Clone)]
pub struct NewLink {
    /// Address to open in a browser.
    pub url: String,
    /// End.
    pub expires_at: DateTime<Utc>,
}

/// Without the address: whoever has it gets in.
impl std::fmt::Debug for NewLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewLink").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// Makes a link for a person; older ones no longer open.
pub async fn issue_link(
    tx: &mut Tx,
    app: &App,
    person: PersonId,
    purpose: Purpose,
    by: Option<PersonId>,
) -> Result<NewLink, StorageError> {
    let now = app.clock.now();
    let token = BASE64URL_NOPAD.encode(&app.chance.bytes::<32>());
    let expires_at = now + if purpose == Purpose::Invitation { INVITATION_LASTS } else { LINK_LASTS };
    one_time_links::void_all(tx, person, now).await?;
    one_time_links::insert(tx, &digest(&token), person, (purpose, by), now, expires_at).await?;
    Ok(NewLink { url: format!("{}/konto/einrichten/{token}", app.base_url), expires_at })
}

/// Whom the link is for, while it opens. Looking does not use it up: mail scanners look too.
pub async fn open_link(app: &App, token: &str) -> Result<Option<OneTimeLink>, StorageError> {
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let link = one_time_links::find(&mut tx, &digest(token), app.clock.now()).await?;
    tx.commit().await?;
    Ok(link)
}

/// Sets the password, uses the link up, ends every session of the person, revokes their keys of programs and lifts the
/// pause of whoever uses it.
/// A link of the command line for an emergency takes a second factor away too; no other does.
/// False if the link no longer opens.
pub async fn set_password(
    app: &App,
    token: &str,
    password: FitPassword,
    place: &Place,
    (origin, request): (&Origin, Uuid),
) -> Result<bool, SignInError> {
    let Some(link) = open_link(app, token).await? else {
        return Ok(false);
    };
    let phc = password::hash(&app.chance, password.into_inner()).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    if !one_time_links::redeem(&mut tx, &digest(token), now).await? {
        return Ok(false);
    }
    people::set_password_hash(&mut tx, link.person, &phc).await?;
    if link.purpose == Purpose::BreakGlass.key() {
        second_factors::remove(&mut tx, link.person).await?;
    }
    one_time_links::void_all(&mut tx, link.person, now).await?;
    sessions::revoke_all(&mut tx, link.person, now).await?;
    keep_api_key::revoke_all(&mut tx, app, link.person, None, (origin, request)).await?;
    Counts::of(&link.email, place).forget(&mut tx, now).await?;
    let used = Happened::new(Event::LinkUsed, Some(link.person), origin, request);
    account_log::append(&mut tx, app, used, now).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(true)
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
