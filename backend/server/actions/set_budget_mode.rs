//! Set what one's member keeps of its budget in Abruf (Betriebsart). It counts from a day on, never for
//! days past; requests are judged by the mode of their day.

use abruf_domain::audit::AuditEntry;
use abruf_domain::facts::BudgetMode;
use abruf_domain::notation::Language::German;
use chrono::NaiveDate;
use serde_json::json;

use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record};
use crate::storage::budgets;

/// Enters the mode that counts from a day on; the same mode again changes nothing.
///
/// # Errors
/// [`ActionError::Invalid`] if the day has passed.
pub async fn set(app: &App, actor: &Actor, mode: BudgetMode, valid_from: NaiveDate) -> Result<(), ActionError> {
    only(actor, &[Role::Treasurer])?;
    let (now, today) = (app.clock.now(), app.clock.today());
    if valid_from < today {
        let message = format!(
            "Der erste Tag {} liegt vor heute. Die Betriebsart gilt nie rückwirkend. Der früheste Tag ist der {}.",
            German.date(valid_from),
            German.date(today)
        );
        return Err(ActionError::Invalid(vec![FieldError::new("valid_from", message)]));
    }
    let mut tx = app.db.begin(actor).await?;
    let before = budgets::mode_on(&mut tx, actor.organisation, valid_from).await?;
    // What begins later would still take over on its day.
    let later = budgets::modes(&mut tx, actor.organisation, 1).await?.into_iter().any(|it| valid_from < it.valid_from);
    if before == mode && !later {
        return Ok(());
    }
    budgets::insert_mode(&mut tx, app.chance.id(now), actor.organisation, mode, valid_from, actor.person, now).await?;
    let mut log = AuditEntry::new(now, Some(actor.person.0), "budget_mode_set", "organisation", actor.organisation.0);
    actor.sign(&mut log);
    let concerns = Concerns { body: Some(actor.body), member: Some(actor.organisation), call_off: None };
    let detail = json!({ "before": before, "mode": mode, "valid_from": valid_from });
    audit_log::append(&mut tx, actor.body.0, &Record::with_detail(log, concerns, app.chance.bytes(), detail)).await?;
    Ok(tx.commit().await?)
}
