//! Change the approval order of one's member (Freigabeordnung). It counts for what is submitted from
//! now on; a waiting request goes through the steps it was submitted under.

use abruf_domain::approval::ApprovalOrder;
use abruf_domain::audit::AuditEntry;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::ids::PersonId;
use data_encoding::HEXLOWER;
use serde_json::json;

use super::{ActionError, FieldError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::approval_orders::{self, OrderVersion};
use crate::storage::assignments;
use crate::storage::audit_log::{self, Concerns, Record};

/// Writes the order as the next version. `seen` is the version it was made from, 0 for the first.
/// Returns the version it has now; the same order again changes nothing.
///
/// # Errors
/// [`ActionError::Stale`] if somebody else changed it in between; [`ActionError::Invalid`] with place,
/// rule and cure of everything that cannot work.
pub async fn set(app: &App, actor: &Actor, seen: i32, order: &ApprovalOrder) -> Result<i32, ActionError> {
    only(actor, &[Role::Approver])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let approvers = assignments::approver_names(&mut tx, actor.organisation, app.clock.today()).await?;
    let before = approval_orders::in_force(&mut tx, actor.organisation, now).await?;
    check(order, &before.order, &approvers)?;
    if before.order == *order {
        return Ok(before.version);
    }
    if before.version != seen {
        return Err(ActionError::Stale { seen, is: before.version });
    }
    let new = OrderVersion { version: seen.saturating_add(1), order: order.clone() };
    if !approval_orders::insert(&mut tx, actor.organisation, actor.body, &new, actor.person, now).await? {
        return Err(ActionError::Stale { seen, is: new.version });
    }
    let digest = |order: &ApprovalOrder| HEXLOWER.encode(&sha256(canonical_json(order).as_bytes()));
    let mut log =
        AuditEntry::new(now, Some(actor.person.0), "approval_order_changed", "organisation", actor.organisation.0);
    log.before = Some(digest(&before.order));
    log.after = Some(digest(order));
    actor.sign(&mut log);
    let concerns = Concerns { body: Some(actor.body), member: Some(actor.organisation), call_off: None };
    let detail = json!({ "version": new.version, "order": order });
    audit_log::append(&mut tx, actor.body.0, &Record::with_detail(log, concerns, app.chance.bytes(), detail)).await?;
    tx.commit().await?;
    Ok(new.version)
}

/// Whoever stands in the order already may stay in it: somebody who left must not keep the others from
/// changing what is beside them.
fn check(order: &ApprovalOrder, before: &ApprovalOrder, approvers: &[(PersonId, String)]) -> Result<(), ActionError> {
    let ids: Vec<_> = approvers.iter().map(|(person, _)| *person).chain(before.persons()).collect();
    let name = |person| {
        let known = approvers.iter().find(|(id, _)| *id == person);
        known.map_or_else(|| "Diese Person".to_owned(), |(_, name)| name.clone())
    };
    let mistakes = order.mistakes(&ids, &name);
    if mistakes.is_empty() {
        return Ok(());
    }
    Err(ActionError::Invalid(mistakes.into_iter().map(|it| FieldError::new(it.field, it.german)).collect()))
}
