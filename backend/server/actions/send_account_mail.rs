//! Send the letters that let people in. The link is drawn for each attempt, and only its hash is kept: a letter tried
//! again carries another link, and the newest one opens.

use abruf_domain::ids::PersonId;
use abruf_domain::notation::Language::German;
use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};

use super::ActionError;
use super::mail_words::rendered;
use super::set_up_account::issue_link;
use crate::actor::RunsAs;
use crate::app::App;
use crate::mail::{Letter, Outcome};
use crate::storage::account_mails::{self, Begun};
use crate::storage::one_time_links::Purpose;

/// An attempt nobody heard of again counts as lost after so long.
const LOST_AFTER: TimeDelta = TimeDelta::minutes(15);
/// Minutes until the next attempt; after the last one nobody tries again: who waits at the door asks again.
const PAUSES: [i64; 3] = [1, 5, 15];

/// The text of an invitation.
#[derive(Template)]
#[template(path = "mails/account_invitation.txt")]
struct InvitationLetter {
    name: String,
    link: String,
    until: String,
    demo: bool,
}

/// The text of a recovery.
#[derive(Template)]
#[template(path = "mails/account_recovery.txt")]
struct RecoveryLetter {
    name: String,
    link: String,
    until: String,
}

/// Makes the next attempt that is due; `false` if there is none.
pub async fn send_next(app: &App) -> Result<bool, ActionError> {
    let Some(mailer) = &app.mailer else { return Ok(false) };
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let Some(mail) = account_mails::begin_next(&mut tx, now, now + LOST_AFTER).await? else {
        tx.rollback().await?;
        return Ok(false);
    };
    let purpose = if mail.purpose == "invitation" { Purpose::Invitation } else { Purpose::Recovery };
    let link = issue_link(&mut tx, app, mail.person, purpose, mail.asked_by.map(PersonId)).await?;
    tx.commit().await?;
    let letter = letter(app, &mail, purpose, link.url, link.expires_at, mailer.domain(), now);
    let outcome = mailer.send(letter).await;
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let pause = usize::try_from(mail.attempts - 1).ok().and_then(|at| PAUSES.get(at));
    match (&outcome, pause) {
        (Outcome::Taken(answer), _) => account_mails::end(&mut tx, mail.id, "sent", answer, now).await?,
        (Outcome::Later(answer), Some(minutes)) => {
            account_mails::postpone(&mut tx, mail.id, answer, now + TimeDelta::minutes(*minutes)).await?;
        }
        (Outcome::Later(answer) | Outcome::Refused(answer), _) => {
            tracing::warn!(mail = %mail.id, attempts = mail.attempts, "a letter with a link was given up");
            account_mails::end(&mut tx, mail.id, "failed", answer, now).await?;
        }
    }
    tx.commit().await?;
    Ok(true)
}

fn letter(
    app: &App,
    mail: &Begun,
    purpose: Purpose,
    link: String,
    expires_at: DateTime<Utc>,
    domain: &str,
    now: DateTime<Utc>,
) -> Letter {
    let until = German.instant(expires_at);
    let (subject, text) = if purpose == Purpose::Invitation {
        let words = InvitationLetter { name: mail.name.clone(), link, until, demo: app.demo };
        ("Ihr Zugang zu Abruf", rendered(&words))
    } else {
        ("Neues Passwort für Abruf", rendered(&RecoveryLetter { name: mail.name.clone(), link, until }))
    };
    Letter {
        to: mail.email.clone(),
        reply_to: String::new(),
        subject: subject.to_owned(),
        text,
        message_id: format!("<zugang.{}.{}@{domain}>", mail.id, mail.attempts),
        at: now,
        pdf: None,
    }
}
