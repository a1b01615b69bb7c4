//! Print a report: made when somebody asks for it, in the house style of the body, and not stored.

use abruf_documents::{Document, ReportData};
use abruf_domain::ids::OrganisationId;

use super::ActionError;
use super::issue_document::off_the_runtime;
use super::load_templates::templates_of;
use crate::actor::{Actor, RunsAs};
use crate::app::App;

/// The report as PDF.
///
/// # Errors
/// If the database fails or the template of the body cannot be used.
pub async fn print(app: &App, actor: &Actor, data: ReportData) -> Result<Document, ActionError> {
    let mut tx = app.db.begin(actor).await?;
    let templates = templates_of(app, &mut tx, actor.body, actor.organisation).await?;
    tx.rollback().await?;
    off_the_runtime(move || abruf_documents::report(&data, &templates)).await
}

/// The same for whoever runs the program itself, in the house style of this body.
///
/// # Errors
/// As [`print()`].
pub async fn print_unattended(app: &App, body: OrganisationId, data: ReportData) -> Result<Document, ActionError> {
    let mut tx = app.db.begin(RunsAs::Job).await?;
    let templates = templates_of(app, &mut tx, body, body).await?;
    tx.rollback().await?;
    off_the_runtime(move || abruf_documents::report(&data, &templates)).await
}
