//! Invite a town that is no member to see what it would have saved: a link for this one town, shown once, and mailed where
//! the office gives an address.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::admit_member::{kind, land};
use super::keyed::Keyed;
use super::mail_newcomer::put_into_mail;
use super::send_order::check_address;
use super::{ActionError, FieldError, check_text, only};
use crate::actor::{Actor, Role, RunsAs};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::idempotency::IdempotencyKey;
use crate::storage::newcomer_invitations::{self, Invitation};
use crate::storage::{StorageError, Tx, newcomer_mails, register};

/// Days a link opens where the office says nothing else, and the most.
pub const DAYS: i64 = 60;
/// Most days a link may open.
pub const MOST_DAYS: i64 = 180;

/// Legal kinds of those that are in no register of municipalities, with the words users read.
pub const KINDS: &[(&str, &str)] = &[
    ("stadt", "Stadt"),
    ("einheitsgemeinde", "Einheitsgemeinde"),
    ("mitgliedsgemeinde", "Mitgliedsgemeinde"),
    ("verbandsgemeinde", "Verbandsgemeinde"),
    ("landkreis", "Landkreis"),
    ("zweckverband", "Zweckverband"),
    ("anstalt", "Anstalt des öffentlichen Rechts"),
    ("kommunales_unternehmen", "Kommunales Unternehmen"),
    ("stiftung", "Stiftung"),
    ("hochschule", "Hochschule"),
];

/// Characters of a token: 32 random bytes as base64.
const TOKEN_LENGTH: usize = 43;

/// An invitation as the office enters it.
#[derive(Debug, Clone, Default)]
pub struct NewInvitation {
    /// Official municipality key of the register; empty: by name.
    pub official_key: String,
    /// Name of one that is not in the register.
    pub town: String,
    /// Its legal kind.
    pub kind: String,
    /// Mail address, or empty.
    pub email: String,
    /// Days the link opens.
    pub days: i64,
}

/// An invitation that was made.
#[derive(Debug, Clone)]
pub struct Invited {
    /// Which.
    pub id: Uuid,
    /// Name of the town.
    pub town: String,
    /// Mail address, or empty.
    pub email: String,
    /// Opens nothing from then on.
    pub expires_at: DateTime<Utc>,
    /// The address to open; `None` where the same request was sent before: it is stored nowhere.
    pub url: Option<String>,
    /// Whether a letter with a link of its own goes out.
    pub mailed: bool,
}

/// Invites a town.
///
/// # Errors
/// [`ActionError::Invalid`] for a town or an address that is none.
pub async fn invite(
    app: &App,
    actor: &Actor,
    new: &NewInvitation,
    key: Option<&IdempotencyKey>,
) -> Result<Invited, ActionError> {
    only(actor, &[Role::Office])?;
    let keyed = Keyed { app, actor, key, now: app.clock.now() };
    let mut tx = app.db.begin(actor).await?;
    if let Some(id) = keyed.replay::<Uuid>(&mut tx).await? {
        let known = newcomer_invitations::find(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
        let mailed = app.mailer.is_some() && !known.email.is_empty();
        return Ok(invited(known, None, mailed));
    }
    let invitation = read(app, &mut tx, actor, new, keyed.now).await?;
    let (token, hash) = token(app);
    newcomer_invitations::insert(&mut tx, &invitation, &hash, actor.person).await?;
    let mailed = put_into_mail(app, &mut tx, &invitation, keyed.now).await?;
    let what = json!({
        "town": invitation.town, "official_key": invitation.official_key, "email": invitation.email, "mailed": mailed,
    });
    log(app, &mut tx, actor, invitation.id, "newcomer_invited", what, keyed.now).await?;
    keyed.keep(&mut tx, &invitation.id).await?;
    tx.commit().await?;
    Ok(invited(invitation, Some(link_of(app, &token)), mailed))
}

/// Takes an invitation back: its link opens nothing any more. What the town has uploaded goes with its own term.
///
/// # Errors
/// [`ActionError::NotFound`] for none of the body's, [`ActionError::NotNow`] where it was taken back before.
pub async fn revoke(app: &App, actor: &Actor, id: Uuid) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let known = newcomer_invitations::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if !newcomer_invitations::revoke(&mut tx, id, now).await? {
        return Err(taken_back());
    }
    newcomer_mails::take_back(&mut tx, id, now).await?;
    log(app, &mut tx, actor, id, "newcomer_invitation_revoked", json!({ "town": known.town }), now).await?;
    Ok(tx.commit().await?)
}

/// Gives an invitation another link, for [`DAYS`] days, and mails it where it has an address; those before open nothing any
/// more.
///
/// # Errors
/// As [`revoke`].
pub async fn renew(app: &App, actor: &Actor, id: Uuid) -> Result<Invited, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let mut known = newcomer_invitations::lock(&mut tx, id).await?.ok_or(ActionError::NotFound)?;
    if known.revoked_at.is_some() {
        return Err(taken_back());
    }
    known.expires_at = now + TimeDelta::days(DAYS);
    let (token, hash) = token(app);
    newcomer_invitations::renew(&mut tx, id, &hash, known.expires_at).await?;
    newcomer_mails::take_back(&mut tx, id, now).await?;
    let mailed = put_into_mail(app, &mut tx, &known, now).await?;
    let what = json!({ "town": known.town, "mailed": mailed });
    log(app, &mut tx, actor, id, "newcomer_link_renewed", what, now).await?;
    tx.commit().await?;
    Ok(invited(known, Some(link_of(app, &token)), mailed))
}

/// The invitation of a token while it opens. Looking does not use it up: mail scanners look too.
pub async fn open(app: &App, token: &str) -> Result<Option<Invitation>, ActionError> {
    if token.len() != TOKEN_LENGTH {
        return Ok(None);
    }
    let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let invitation = newcomer_invitations::of_token(&mut tx, &hash).await?;
    tx.rollback().await?;
    Ok(invitation.filter(|it| it.is_open(app.clock.now())))
}

async fn read(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    new: &NewInvitation,
    now: DateTime<Utc>,
) -> Result<Invitation, ActionError> {
    let (key, town, email) = (new.official_key.trim(), new.town.trim(), new.email.trim());
    let wrong = |field: &str, message: String| Err(ActionError::Invalid(vec![FieldError::new(field, message)]));
    if !email.is_empty() {
        check_address("email", email)?;
    }
    if !(1..=MOST_DAYS).contains(&new.days) {
        return wrong("days", format!("Möglich sind 1 bis {MOST_DAYS} Tage, eingegeben sind {}.", new.days));
    }
    let (official_key, town, kind, region) = if key.is_empty() {
        check_text("town", town, 200, "Bitte geben Sie den Gemeindeschlüssel oder einen Namen ein.")?;
        if !KINDS.iter().any(|(known, _)| *known == new.kind) {
            return wrong(
                "kind",
                "Bitte wählen Sie die Rechtsform: Bekanntmachungen nennen Gruppen danach.".to_owned(),
            );
        }
        let region = newcomer_invitations::region_of(&mut *tx, actor.body).await?;
        (None, town.to_owned(), new.kind.clone(), region)
    } else {
        let Some(entry) = register::find(&mut *tx, key).await? else {
            let shown: String = key.chars().take(20).collect();
            return wrong(
                "official_key",
                format!(
                    "Den Schlüssel „{shown}“ gibt es im Verzeichnis nicht. Er hat acht Ziffern. Bitte suchen Sie die Stadt unter „Mitglied aufnehmen“."
                ),
            );
        };
        let (kind, region) = (kind(&entry).to_owned(), format!("DE-{}", land(&entry.official_key)));
        (Some(entry.official_key), entry.name, kind, region)
    };
    Ok(Invitation {
        id: app.chance.id(now),
        body: actor.body,
        official_key,
        town,
        kind,
        region,
        email: email.to_owned(),
        created_at: now,
        expires_at: now + TimeDelta::days(new.days),
        revoked_at: None,
        first_used_at: None,
        analyses: 0,
    })
}

fn invited(it: Invitation, url: Option<String>, mailed: bool) -> Invited {
    Invited { id: it.id, town: it.town, email: it.email, expires_at: it.expires_at, url, mailed }
}

/// A new token and its hash.
pub(super) fn token(app: &App) -> (String, [u8; 32]) {
    let token = BASE64URL_NOPAD.encode(&app.chance.bytes::<32>());
    let hash = Sha256::digest(token.as_bytes()).into();
    (token, hash)
}

/// The address that a token opens.
pub(super) fn link_of(app: &App, token: &str) -> String {
    format!("{}/sparpotenzial/{token}", app.base_url)
}

fn taken_back() -> ActionError {
    ActionError::NotNow(
        "Diese Einladung ist schon zurückgenommen. Bitte laden Sie die Stadt neu ein, wenn sie doch einen Link braucht."
            .to_owned(),
    )
}

async fn log(
    app: &App,
    tx: &mut Tx,
    actor: &Actor,
    invitation: Uuid,
    action: &str,
    what: Value,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let mut entry = AuditEntry::new(now, Some(actor.person.0), action, "newcomer_invitation", invitation);
    entry.after = Some(HEXLOWER.encode(&sha256(canonical_json(&what).as_bytes())));
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    let record = Record::with_detail(entry, concerns, app.chance.bytes(), what);
    audit_log::append(tx, actor.body.0, &record).await
}
