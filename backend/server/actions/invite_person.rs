//! Invite a person into the house: an account, what they may do, and a link to set a password. The link goes by mail
//! where there is a mail server; elsewhere whoever invites is shown it once.

use abruf_domain::ids::PersonId;
use uuid::Uuid;

use super::account_log::Event;
use super::assign_role::{KEEPERS, NewPost, log, note, write};
use super::create_administrator::is_mail_address;
use super::keep_api_key;
use super::keyed::Keyed;
use super::set_up_account::{NewLink, issue_link};
use super::{ActionError, FieldError, check_text, only};
use crate::actions::colleague::colleague;
use crate::actor::{Actor, RunsAs};
use crate::app::App;
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::one_time_links::Purpose;
use crate::storage::sign_in_events::Origin;
use crate::storage::{Tx, account_mails, people, sessions};
use serde_json::json;

/// A person as the administration enters them.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Name as shown and printed.
    pub name: String,
    /// Mail address, which is the sign-in name.
    pub email: String,
    /// What they may do.
    pub post: NewPost,
}

/// How the person gets in.
#[derive(Debug)]
pub enum Way {
    /// By this link, shown once.
    Link(NewLink),
    /// By a letter that is on its way.
    Letter,
    /// They have an account already; it does one thing more now.
    Known,
    /// The same request was answered before; its link is stored nowhere.
    Before,
}

/// Who was invited, and how they get in.
#[derive(Debug)]
pub struct Invited {
    /// Who.
    pub person: PersonId,
    /// How.
    pub way: Way,
}

/// Invites a person.
///
/// # Errors
/// [`ActionError::Invalid`] for an address, a name or an assignment that does not fit.
pub async fn invite(
    app: &App,
    actor: &Actor,
    new: &NewPerson,
    origin: &Origin,
    key: Option<&IdempotencyKey>,
) -> Result<Invited, ActionError> {
    only(actor, KEEPERS)?;
    let (email, name) = (new.email.trim().to_lowercase(), new.name.trim());
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    colleague(app, actor, actor.person).await?;
    let mut tx = app.db.begin(RunsAs::Job).await?;
    if let Some(id) = keyed.replay::<Uuid>(&mut tx).await? {
        return Ok(Invited { person: PersonId(id), way: Way::Before });
    }
    if !is_mail_address(&email) || email.contains('\0') {
        let message = "Das ist keine E-Mail-Adresse. Erwartet wird eine wie eva.muster@stadt.example.";
        return Err(ActionError::Invalid(vec![FieldError::new("email", message)]));
    }
    check_text("name", name, 200, "Bitte geben Sie den Namen ein, wie er auf Bestellungen stehen soll.")?;
    let known = people::find_account(&mut tx, &email).await?;
    let person = match &known {
        Some(account) => account.person,
        None => {
            let person = PersonId(app.chance.id(keyed.now));
            people::insert(&mut tx, person, &email, name, false, keyed.now).await?;
            person
        }
    };
    write(app, &mut tx, actor, person, &new.post, keyed.now).await?;
    let way = match known.and_then(|it| it.password_hash) {
        Some(_) => Way::Known,
        None => let_in(app, &mut tx, actor, person).await?,
    };
    keyed.keep(&mut tx, &person.0).await?;
    let event = if matches!(way, Way::Known) { Event::AssignmentGiven } else { Event::Invited };
    note(app, &mut tx, actor, person, event, origin, keyed.now).await?;
    tx.commit().await?;
    Ok(Invited { person, way })
}

/// Another link for a person of the house; the one before opens nothing any more.
///
/// # Errors
/// [`ActionError::NotFound`] for a person of no assignment in the house; [`ActionError::Refused`] for an account that is
/// in use where no mail goes out: whoever administers must not be handed the key to somebody's account.
pub async fn renew(app: &App, actor: &Actor, person: PersonId, origin: &Origin) -> Result<Way, ActionError> {
    only(actor, KEEPERS)?;
    let now = app.clock.now();
    let account = colleague(app, actor, person).await?;
    let mut tx = app.db.begin(RunsAs::Job).await?;
    if account.active && app.mailer.is_none() {
        return Err(ActionError::Refused(
            "Dieses Konto ist in Gebrauch, und Abruf kann hier keine E-Mails senden. Einen Link, mit dem Sie sich selbst als diese Person anmelden könnten, gibt es nicht. Der Betreiber stellt ihn auf der Befehlszeile aus.",
        ));
    }
    let way = let_in(app, &mut tx, actor, person).await?;
    log(app, &mut tx, actor, "link_issued", person.0, json!({ "person": person }), now).await?;
    note(app, &mut tx, actor, person, Event::LinkIssued, origin, now).await?;
    tx.commit().await?;
    Ok(way)
}

/// Ends every session of a person of the house and revokes their keys of programs: whoever is shut out everywhere must
/// not go on by a program.
///
/// # Errors
/// [`ActionError::NotFound`] for a person of no assignment in the house.
pub async fn sign_out_everywhere(
    app: &App,
    actor: &Actor,
    person: PersonId,
    origin: &Origin,
) -> Result<(), ActionError> {
    only(actor, KEEPERS)?;
    let now = app.clock.now();
    colleague(app, actor, person).await?;
    let mut tx = app.db.begin(RunsAs::Job).await?;
    sessions::revoke_all(&mut tx, person, now).await?;
    let request = actor.request_id.as_deref().and_then(|it| it.parse().ok()).unwrap_or_default();
    keep_api_key::revoke_all(&mut tx, app, person, Some(actor.person), (origin, request)).await?;
    log(app, &mut tx, actor, "sessions_revoked", person.0, json!({ "person": person }), now).await?;
    note(app, &mut tx, actor, person, Event::SessionsRevoked, origin, now).await?;
    Ok(tx.commit().await?)
}

async fn let_in(app: &App, tx: &mut Tx, actor: &Actor, person: PersonId) -> Result<Way, ActionError> {
    let now = app.clock.now();
    if app.mailer.is_some() {
        account_mails::push(tx, app.chance.id(now), person, actor.person, now).await?;
        return Ok(Way::Letter);
    }
    Ok(Way::Link(issue_link(tx, app, person, Purpose::Invitation, Some(actor.person)).await?))
}
