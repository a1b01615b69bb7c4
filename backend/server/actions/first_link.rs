//! The way into a new installation: a link that only whoever runs the server sees, on its terminal. So that no stranger
//! who reaches the port first takes the house. It opens until somebody has a password, and founds the cooperative and its
//! first administrator, as often as a form is sent: each step can be taken up where it broke off.

use abruf_domain::audit::AuditEntry;
use abruf_domain::ids::OrganisationId;
use chrono::TimeDelta;
use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest, Sha256};

use super::change_body::mistakes;
use super::create_administrator::{Outcome, create_administrator, is_mail_address};
use super::set_up_account::NewLink;
use super::{ActionError, FieldError};
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::organisations::{self, Particulars};
use crate::storage::{StorageError, Tx, first_links, people};

/// How long the link opens: a working day and the evening.
pub const LASTS: TimeDelta = TimeDelta::hours(24);

/// A new house, as whoever runs it enters it.
#[derive(Debug, Clone)]
pub struct Founding {
    /// The cooperative.
    pub body: Particulars,
    /// Name of the administrator.
    pub person: String,
    /// Their sign-in name.
    pub person_email: String,
}

/// A new link; `None` where somebody can sign in already. Older links open nothing any more.
///
/// # Errors
/// If the database fails.
pub async fn issue(app: &App) -> Result<Option<NewLink>, StorageError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    if !first_links::nobody_can_enter(&mut tx).await? {
        return Ok(None);
    }
    let token = BASE64URL_NOPAD.encode(&app.chance.bytes::<32>());
    let expires_at = now + LASTS;
    first_links::insert(&mut tx, &digest(&token), now, expires_at).await?;
    tx.commit().await?;
    Ok(Some(NewLink { url: format!("{}/einrichtung/erstmals/{token}", app.base_url), expires_at }))
}

/// What the cooperative says of itself so far, if the link opens.
///
/// # Errors
/// [`ActionError::NotFound`] if it does not.
pub async fn begun(app: &App, token: &str) -> Result<Particulars, ActionError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let body = enter(app, &mut tx, token).await?;
    let found = match body {
        Some(body) => organisations::particulars(&mut tx, body).await?,
        None => None,
    };
    tx.rollback().await?;
    Ok(found.unwrap_or_else(|| Particulars { kind: "genossenschaft".to_owned(), ..Particulars::default() }))
}

/// Founds the cooperative and its first administrator, and gives them a link to set their password.
///
/// # Errors
/// [`ActionError::NotFound`] if the link opens nothing, [`ActionError::Invalid`] with every field that does not fit.
pub async fn found(app: &App, token: &str, new: &Founding) -> Result<NewLink, ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    first_links::hold(&mut tx).await?;
    let body = enter(app, &mut tx, token).await?;
    let mut wrong = mistakes(&new.body);
    if new.person.is_empty() || 200 < new.person.chars().count() || new.person.contains('\0') {
        let message = "Bitte geben Sie den Namen der Person ein, die verwaltet, mit höchstens 200 Zeichen.";
        wrong.push(FieldError::new("person", message));
    }
    if !is_mail_address(&new.person_email) || new.person_email.contains('\0') {
        let message = "Das ist keine E-Mail-Adresse. Erwartet wird eine wie eva.muster@genossenschaft.example.";
        wrong.push(FieldError::new("person_email", message));
    }
    if !wrong.is_empty() {
        return Err(ActionError::Invalid(wrong));
    }
    let body = match body {
        Some(body) => body,
        None => {
            let body = OrganisationId(app.chance.id(now));
            let role = app.chance.id(now);
            organisations::insert_body(&mut tx, body, role, &new.body.name, app.clock.today(), now).await?;
            let entry = AuditEntry::new(now, None, "body_founded", "organisation", body.0);
            let concerns = Concerns { body: Some(body), ..Concerns::default() };
            audit_log::append(&mut tx, body.0, &Record::new(entry, concerns)).await?;
            body
        }
    };
    organisations::set_particulars(&mut tx, body, &new.body).await?;
    tx.commit().await?;
    match create_administrator(app, &new.person_email, &new.person).await? {
        Outcome::Created(link) => Ok(link),
        Outcome::NoBody | Outcome::Unusable => Err(ActionError::NotFound),
    }
}

/// The body there is already, if the link opens.
async fn enter(app: &App, tx: &mut Tx, token: &str) -> Result<Option<OrganisationId>, ActionError> {
    let open = first_links::opens(tx, &digest(token), app.clock.now()).await?;
    if !open || !first_links::nobody_can_enter(tx).await? {
        return Err(ActionError::NotFound);
    }
    Ok(people::bodies(tx, app.clock.today()).await?.first().copied())
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
