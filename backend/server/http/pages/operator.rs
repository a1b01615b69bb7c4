//! Who answers for this installation: the purchasing bodies, as their master data name them. Read by
//! the pages everybody may see.

use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::organisations::{self, Organisation};
use crate::storage::{StorageError, people};

/// The purchasing bodies of today, by name.
///
/// # Errors
/// If the database fails.
pub async fn operators(app: &App) -> Result<Vec<Organisation>, StorageError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let mut found = Vec::new();
    for id in people::bodies(&mut tx, app.clock.today()).await? {
        found.extend(organisations::find(&mut tx, id).await?);
    }
    Ok(found)
}
