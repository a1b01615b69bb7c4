//! Declare an interest of one's own in a supplier (§ 6 VgV): shares, a seat, a relative. Whoever has one
//! cannot act on call-offs from that supplier; nobody declares for others.

use abruf_domain::audit::AuditEntry;
use abruf_domain::ids::OrganisationId;
use abruf_domain::period::Validity;
use serde_json::json;

use super::{ActionError, FieldError, check_text};
use crate::actor::Actor;
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::{awards, organisations};

/// Declares; it counts from the next review on.
pub async fn declare(
    app: &App,
    actor: &Actor,
    supplier: OrganisationId,
    nature: &str,
    validity: Validity,
) -> Result<(), ActionError> {
    let nature = nature.trim();
    check_text(
        "nature",
        nature,
        500,
        "Bitte schreiben Sie, worin Ihr Interesse besteht, zum Beispiel: Anteile, Sitz im Aufsichtsrat, Angehörige.",
    )?;
    if validity.to.is_some_and(|to| to < validity.from) {
        return Err(wrong("valid_to", "Das Ende liegt vor dem Beginn. Bitte tauschen Sie die Daten."));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    if !organisations::is_supplier(&mut tx, actor.body, supplier).await? {
        return Err(wrong("supplier_id", "Diesen Lieferanten gibt es nicht. Bitte prüfen Sie die Angabe."));
    }
    let id = app.chance.id(now);
    awards::insert_interest(&mut tx, id, actor.person, supplier, nature, validity, now).await?;
    let mut entry = AuditEntry::new(now, Some(actor.person.0), "interest_declared", "declared_interest", id);
    actor.sign(&mut entry);
    let concerns = Concerns { body: Some(actor.body), ..Concerns::default() };
    let detail = json!({ "supplier": supplier, "nature": nature, "from": validity.from, "to": validity.to });
    audit_log::append(&mut tx, actor.body.0, &Record::with_detail(entry, concerns, app.chance.bytes(), detail)).await?;
    Ok(tx.commit().await?)
}

fn wrong(field: &str, message: &str) -> ActionError {
    ActionError::Invalid(vec![FieldError::new(field, message)])
}
