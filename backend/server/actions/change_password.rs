//! A signed-in person changes their password. Every other session ends and keys of programs with them; wrong guesses
//! count as at the door.

use secrecy::SecretString;
use uuid::Uuid;

use crate::actions::account_log::{self, Event, Happened};
use crate::actions::judge_password::FitPassword;
use crate::actions::keep_api_key;
use crate::actions::sign_in::{Door, SignInError, refuse};
use crate::actions::sign_in_limits::{Counts, Place};
use crate::actor::RunsAs;
use crate::app::App;
use crate::password;
use crate::storage::sessions::{self, Session};
use crate::storage::sign_in_events::Origin;
use crate::storage::{StorageError, one_time_links, people};

/// Changes it; false if the present password is wrong or the address pauses.
pub async fn change_password(
    app: &App,
    door: &Door,
    session: &Session,
    (present, new): (SecretString, FitPassword),
    place: impl FnOnce(&str) -> Place,
    (origin, request): (&Origin, Uuid),
) -> Result<bool, SignInError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let email = people::sign_in_name(&mut tx, session.person).await?;
    tx.commit().await.map_err(StorageError::from)?;
    let _one_at_a_time = door.turnstile.pass(&email).await;
    let counts = Counts::of(&email, &place(&email));
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let paused = counts.paused_until(&mut tx, now).await?;
    let account = people::find_account(&mut tx, &email).await?;
    tx.commit().await.map_err(StorageError::from)?;
    if paused.is_some() {
        return Ok(false);
    }
    let right = password::matches(present, account.and_then(|it| it.password_hash)).await?;
    let phc = if right { Some(password::hash(&app.chance, new.into_inner()).await?) } else { None };
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let about = |event| Happened::new(event, Some(session.person), origin, request).within(session.id);
    match &phc {
        None => {
            refuse(app, &mut tx, &counts, about(Event::SignInFailed), now).await?;
        }
        Some(phc) => {
            people::set_password_hash(&mut tx, session.person, phc).await?;
            one_time_links::void_all(&mut tx, session.person, now).await?;
            sessions::revoke_others(&mut tx, session.person, session.id, now).await?;
            keep_api_key::revoke_all(&mut tx, app, session.person, None, (origin, request)).await?;
            counts.forget(&mut tx, now).await?;
            account_log::append(&mut tx, app, about(Event::PasswordChanged), now).await?;
        }
    }
    tx.commit().await.map_err(StorageError::from)?;
    Ok(phc.is_some())
}
