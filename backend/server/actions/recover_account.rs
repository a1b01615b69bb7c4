//! „Passwort vergessen“: a link by mail to whoever has an account under the address. What is answered, when and how
//! never says whether somebody has: the same statements run for both, and the letter is written later, by a job.

use chrono::TimeDelta;
use uuid::Uuid;

use crate::actions::account_log::{self, Event, Happened};
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::sign_in_events::Origin;
use crate::storage::{StorageError, account_mails};

/// Letters to one account within [`WITHIN`]; more are not sent: nobody's letter box is filled by a stranger.
const MOST: i64 = 3;
/// See [`MOST`].
const WITHIN: TimeDelta = TimeDelta::hours(1);

/// Whether links go out by mail here at all; the same for everybody who asks.
#[must_use]
pub const fn is_possible(app: &App) -> bool {
    app.mailer.is_some()
}

/// Asks for a link. Without a mail server none goes out, and none lies waiting for the day there is one.
pub async fn recover(app: &App, email: &str, (origin, request): (&Origin, Uuid)) -> Result<(), StorageError> {
    let now = app.clock.now();
    let email: String = email.trim().to_lowercase().replace('\0', "");
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let person = if is_possible(app) {
        account_mails::push_recovery(&mut tx, app.chance.id(now), &email, (MOST, now - WITHIN), now).await?
    } else {
        None
    };
    let asked = Happened::new(Event::RecoveryAsked, person, origin, request);
    account_log::append(&mut tx, app, asked, now).await?;
    tx.commit().await?;
    Ok(())
}
