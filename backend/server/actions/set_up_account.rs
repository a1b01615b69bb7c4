//! One-time links: making them, and setting a password with one.

use abruf_domain::ids::PersonId;
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE64URL_NOPAD;
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::actions::account_log::{self, Event};
use crate::actions::sign_in::SignInError;
use crate::actor::RunsAs;
use crate::app::App;
use crate::password;
use crate::storage::one_time_links::{self, OneTimeLink};
use crate::storage::{StorageError, Tx, people, sessions, sign_in_attempts};

/// How long a link opens.
pub const LINK_LASTS: TimeDelta = TimeDelta::minutes(30);

/// A new link. Its address is shown once and stored nowhere.
#[derive(Clone)]
pub struct NewLink {
    /// Address to open in a browser.
    pub url: String,
    /// End.
    pub expires_at: DateTime<Utc>,
}

/// Makes a link for a person; older ones no longer open.
pub async fn issue_link(tx: &mut Tx, app: &App, person: PersonId) -> Result<NewLink, StorageError> {
    let now = app.clock.now();
    let token = BASE64URL_NOPAD.encode(&app.chance.bytes::<32>());
    let expires_at = now + LINK_LASTS;
    one_time_links::void_all(tx, person, now).await?;
    one_time_links::insert(tx, &digest(&token), person, now, expires_at).await?;
    Ok(NewLink { url: format!("{}/konto/einrichten/{token}", app.base_url), expires_at })
}

/// Whom the link is for, while it opens. Looking does not use it up: mail scanners look too.
pub async fn open_link(app: &App, token: &str) -> Result<Option<OneTimeLink>, StorageError> {
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let link = one_time_links::find(&mut tx, &digest(token), app.clock.now()).await?;
    tx.commit().await?;
    Ok(link)
}

/// Sets the password, uses the link up, ends every session of the person and lifts a pause.
/// False if the link no longer opens.
pub async fn set_password(app: &App, token: &str, password: SecretString, request: Uuid) -> Result<bool, SignInError> {
    let Some(link) = open_link(app, token).await? else {
        return Ok(false);
    };
    let phc = password::hash(&app.chance, password).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    if !one_time_links::redeem(&mut tx, &digest(token), now).await? {
        return Ok(false);
    }
    people::set_password_hash(&mut tx, link.person, &phc).await?;
    one_time_links::void_all(&mut tx, link.person, now).await?;
    sessions::revoke_all(&mut tx, link.person, now).await?;
    sign_in_attempts::clear(&mut tx, &Sha256::digest(link.email.as_bytes()), now).await?;
    account_log::append(&mut tx, Some(link.person), Event::LinkUsed, now, request).await?;
    tx.commit().await.map_err(StorageError::from)?;
    Ok(true)
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
