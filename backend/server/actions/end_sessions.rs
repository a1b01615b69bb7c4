//! A person ends sessions of their own: one they do not know any more, or all but the one they sit at. All means that
//! nothing else acts in their name: keys of programs end as well.

use uuid::Uuid;

use crate::actions::account_log::{self, Event, Happened};
use crate::actions::keep_api_key;
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::StorageError;
use crate::storage::sessions::{self, Session};
use crate::storage::sign_in_events::Origin;

/// Ends one session of the same person; false if there is none such.
pub async fn end_one(
    app: &App,
    current: &Session,
    id: Uuid,
    (origin, request): (&Origin, Uuid),
) -> Result<bool, StorageError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    if !sessions::revoke_own(&mut tx, current.person, id, now).await? {
        return Ok(false);
    }
    let ended = Happened::new(Event::SessionsEnded, Some(current.person), origin, request).within(id);
    account_log::append(&mut tx, app, ended, now).await?;
    tx.commit().await?;
    Ok(true)
}

/// Ends every other session of the person and revokes their keys; how many sessions there were.
pub async fn end_others(app: &App, current: &Session, (origin, request): (&Origin, Uuid)) -> Result<u64, StorageError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::SignIn).await?;
    let ended = sessions::revoke_others(&mut tx, current.person, current.id, now).await?;
    keep_api_key::revoke_all(&mut tx, app, current.person, None, (origin, request)).await?;
    let happened = Happened::new(Event::SessionsEnded, Some(current.person), origin, request).within(current.id);
    account_log::append(&mut tx, app, happened, now).await?;
    tx.commit().await?;
    Ok(ended)
}
