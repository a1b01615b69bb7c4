//! Mail an invited town its link. Each attempt makes a link of its own as it goes out: what is stored is a hash.

use abruf_domain::notation::Language::German;
use abruf_domain::period::berlin_date;
use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::ActionError;
use super::deliver_mail::{LOST_AFTER, PAUSES};
use super::invite_newcomer::{link_of, token};
use super::mail_words::rendered;
use crate::actor::RunsAs;
use crate::app::App;
use crate::mail::{Letter, Outcome};
use crate::storage::mails::End;
use crate::storage::newcomer_invitations::{self, Invitation};
use crate::storage::newcomer_mails::{self, Begun};
use crate::storage::{StorageError, Tx, organisations};

/// The letter.
#[derive(Debug, Template)]
#[template(path = "mails/newcomer.txt")]
struct NewcomerLetter {
    /// Who invites.
    body: String,
    /// Who is invited.
    town: String,
    /// Where it uploads.
    link: String,
    /// When the link ends.
    expires_at: DateTime<Utc>,
    /// It is no real invitation.
    demo: bool,
}

impl NewcomerLetter {
    fn last_day(&self) -> String {
        German.date(berlin_date(self.expires_at - TimeDelta::seconds(1)))
    }
}

/// Puts the letter of an invitation with an address into the mail; whether it will go out.
pub(super) async fn put_into_mail(
    app: &App,
    tx: &mut Tx,
    invitation: &Invitation,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let Some(mailer) = app.mailer.as_ref().filter(|_| !invitation.email.is_empty()) else { return Ok(false) };
    let id = app.chance.id(now);
    let message_id = format!("<einladung.{id}@{}>", mailer.domain());
    newcomer_mails::insert(tx, id, invitation.id, &invitation.email, &message_id, now).await?;
    Ok(true)
}

/// Makes the next attempt that is due; `false` if there is none.
pub(super) async fn deliver_next(app: &App) -> Result<bool, ActionError> {
    let Some(mailer) = &app.mailer else { return Ok(false) };
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let Some(mail) = newcomer_mails::begin_next(&mut tx, now, now + LOST_AFTER).await? else {
        tx.rollback().await?;
        return Ok(false);
    };
    let invitation = newcomer_invitations::find(&mut tx, mail.invitation).await?.ok_or(ActionError::NotFound)?;
    if !invitation.is_open(now) {
        let words = "Die Einladung gilt nicht mehr.";
        newcomer_mails::end(&mut tx, mail.id, End::Withdrawn, words, now).await?;
        tx.commit().await?;
        return Ok(true);
    }
    let letter = letter(app, &mut tx, &mail, invitation, now).await?;
    tx.commit().await?;
    let outcome = mailer.send(letter).await;
    note(app, mail.id, mail.attempts, &outcome).await?;
    Ok(true)
}

async fn letter(
    app: &App,
    tx: &mut Tx,
    mail: &Begun,
    invitation: Invitation,
    now: DateTime<Utc>,
) -> Result<Letter, ActionError> {
    let body = organisations::find(tx, invitation.body).await?.ok_or(ActionError::NotFound)?;
    let (token, hash) = token(app);
    newcomer_mails::insert_link(tx, mail.id, &hash, now).await?;
    let words = NewcomerLetter {
        link: link_of(app, &token),
        town: invitation.town,
        expires_at: invitation.expires_at,
        demo: app.demo,
        body: body.name,
    };
    Ok(Letter {
        to: mail.recipient.clone(),
        reply_to: body.email,
        subject: "Was hätten Sie gespart?".to_owned(),
        text: rendered(&words),
        message_id: mail.message_id.clone(),
        at: now,
        pdf: None,
    })
}

/// Writes down what became of an attempt. Where that fails the attempt counts as lost, and the letter goes out once more.
async fn note(app: &App, mail: Uuid, attempts: i32, outcome: &Outcome) -> Result<(), ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let pause = usize::try_from(attempts - 1).ok().and_then(|at| PAUSES.get(at));
    match (outcome, pause) {
        (Outcome::Taken(answer), _) => newcomer_mails::end(&mut tx, mail, End::Sent, answer, now).await?,
        (Outcome::Later(answer), Some(minutes)) => {
            newcomer_mails::postpone(&mut tx, mail, answer, now + TimeDelta::minutes(*minutes)).await?;
        }
        (Outcome::Later(answer) | Outcome::Refused(answer), _) => {
            tracing::warn!(%mail, attempts, "a letter to an invited town was given up");
            newcomer_mails::end(&mut tx, mail, End::Failed, answer, now).await?;
        }
    }
    Ok(tx.commit().await?)
}
