//! Move the files of all documents from one store to another. Each is checked on the way and read back before it is taken
//! out of the database; what was done is done, so the same command again goes on where it stopped.

use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::sha256;
use serde_json::json;
use sqlx::PgConnection;

use super::ActionError;
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::document_places::{self, Placed};
use crate::storage::document_store::{DocumentStore, StoreError, StoredFile};
use crate::storage::template_overrides;

/// What came of it.
#[derive(Debug, Default)]
pub struct Moved {
    /// Files that lie where they should now, and did not before.
    pub moved: usize,
    /// Files that lay there already.
    pub there: usize,
    /// Files that are missing or altered where they should have come from; they stay as they are.
    pub failures: Vec<StoreError>,
}

/// Moves everything from where it lies to `to`; what is not in the database comes from `from`. The files of a store
/// outside the database stay there, nobody needs them any more.
///
/// # Errors
/// If the database fails, or if a store does not answer.
pub async fn move_documents(
    app: &App,
    owner: &mut PgConnection,
    from: &DocumentStore,
    to: &DocumentStore,
    mut progress: impl FnMut(usize, usize),
) -> Result<Moved, ActionError> {
    let places = document_places::places(owner).await?;
    let mut done = Moved::default();
    for (index, place) in places.iter().enumerate() {
        match move_one(owner, from, to, place).await {
            Ok(true) => done.moved += 1,
            Ok(false) => done.there += 1,
            Err(ActionError::Store(error)) if error.is_of_the_document() => done.failures.push(error),
            Err(error) => return Err(error),
        }
        progress(index + 1, places.len());
    }
    if 0 < done.moved {
        note(app, from, to, done.moved).await?;
    }
    Ok(done)
}

/// Whether the file had to be moved.
async fn move_one(
    owner: &mut PgConnection,
    from: &DocumentStore,
    to: &DocumentStore,
    place: &Placed,
) -> Result<bool, ActionError> {
    let Some(outside) = to.outside() else {
        if place.in_row {
            return Ok(false);
        }
        let file = StoredFile { file_name: String::new(), sha256: place.sha256.clone(), bytes: None };
        let (_, bytes) = from.read(file).await?;
        document_places::take_in(owner, &place.sha256, &bytes).await?;
        return Ok(true);
    };
    let there = match outside.read(&place.sha256).await {
        Ok(_) => true,
        // Damaged there: it is written anew.
        Err(error) if error.is_of_the_document() => false,
        Err(error) => return Err(error.into()),
    };
    if !there {
        let of_row = if place.in_row { document_places::in_row(owner, &place.sha256).await? } else { None };
        let file = of_row.unwrap_or_else(|| StoredFile {
            file_name: String::new(),
            sha256: place.sha256.clone(),
            bytes: None,
        });
        let (_, bytes) = from.read(file).await?;
        outside.put(&sha256(&bytes), &bytes).await?;
        outside.read(&place.sha256).await?;
    }
    if place.in_row {
        document_places::take_out(owner, &place.sha256).await?;
    }
    Ok(place.in_row || !there)
}

/// Each body is told in its log.
async fn note(app: &App, from: &DocumentStore, to: &DocumentStore, moved: usize) -> Result<(), ActionError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let owners = template_overrides::owners(&mut tx).await?;
    for body in owners.into_iter().filter(|owner| owner.member.is_none()).map(|owner| owner.body) {
        let entry = AuditEntry::new(now, None, "documents_moved", "organisation", body.0);
        let concerns = Concerns { body: Some(body), member: None, call_off: None };
        let detail = json!({ "from": from.to_string(), "to": to.to_string(), "files": moved });
        let record = Record::with_detail(entry, concerns, app.chance.bytes(), detail);
        audit_log::append(&mut tx, body.0, &record).await?;
    }
    Ok(tx.commit().await?)
}
