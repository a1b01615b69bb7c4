//! Write the first purchasing body into an empty installation, so that somebody can administer it.

use abruf_domain::audit::AuditEntry;
use abruf_domain::ids::OrganisationId;

use super::{ActionError, FieldError};
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::organisations;

/// Founds a purchasing body (a registered cooperative) with its dated role from today.
pub async fn found_body(app: &App, name: &str) -> Result<OrganisationId, ActionError> {
    let name = name.trim();
    if name.is_empty() || 200 < name.chars().count() {
        let message = "Bitte geben Sie den Namen der Genossenschaft mit höchstens 200 Zeichen an.";
        return Err(ActionError::Invalid(vec![FieldError::new("body", message)]));
    }
    let now = app.clock.now();
    let id = OrganisationId(app.chance.id(now));
    let mut tx = app.db.begin(RunsAs::Job).await?;
    organisations::insert_body(&mut tx, id, app.chance.id(now), name, app.clock.today(), now).await?;
    let entry = AuditEntry::new(now, None, "body_founded", "organisation", id.0);
    let concerns = Concerns { body: Some(id), ..Concerns::default() };
    audit_log::append(&mut tx, id.0, &Record::new(entry, concerns)).await?;
    tx.commit().await?;
    Ok(id)
}
