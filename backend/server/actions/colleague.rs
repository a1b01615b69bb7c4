//! Who belongs to the house of the actor, as PostgreSQL lets the actor see it.
//!
//! What the administration does to accounts runs as the program, because no person may write them; there row-level
//! security hides nothing. So it is asked before, in a transaction of the actor.

use abruf_domain::ids::PersonId;

use crate::actions::ActionError;
use crate::actor::Actor;
use crate::app::App;
use crate::storage::accounts::{self, Account};

/// The account of a person with an assignment in the actor's house.
///
/// # Errors
/// [`ActionError::NotFound`] for anybody else.
pub(super) async fn colleague(app: &App, actor: &Actor, person: PersonId) -> Result<Account, ActionError> {
    let mut tx = app.db.begin(actor).await?;
    let account = accounts::in_house(&mut tx, person, actor.body).await?.ok_or(ActionError::NotFound)?;
    tx.rollback().await?;
    Ok(account)
}
