//! Copy a contract as a new draft: terms, lots, items, suppliers, the last prices as unreleased
//! versions, and as baselines that wait for their approval. Volume, ceilings and entitlements are not copied: they belong to the old notice.

use abruf_domain::ids::{ContractId, GuardId};
use serde_json::json;
use uuid::Uuid;

use super::propose_follow_up_baselines::propose;
use super::write_contract::log;
use super::{ActionError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::contract_drafts::{self, Terms};
use crate::storage::{contract_copies, contracts};

/// Copies a contract of the actor's body. The copy gets the old number with `-Kopie` until the office
/// gives it its own.
pub async fn copy(app: &App, actor: &Actor, from: ContractId) -> Result<ContractId, ActionError> {
    only(actor, &[Role::Office])?;
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    let old = contracts::find(&mut tx, from).await?.ok_or(ActionError::NotFound)?;
    if old.body != actor.body {
        return Err(ActionError::NotFound);
    }
    let terms = contract_drafts::terms(&mut tx, from).await?.ok_or(ActionError::NotFound)?;
    let stem = format!("{}-Kopie", terms.number);
    let taken = contract_copies::numbers_like(&mut tx, from, &stem).await?;
    let number = (1..).map(|at| if at == 1 { stem.clone() } else { format!("{stem}-{at}") });
    let number = number.take(1_000).find(|number| !taken.contains(number)).unwrap_or(stem);
    // Why the old term was long stands in the old award file; the new one needs its own reason.
    let terms = Terms { number, awarded_on: None, term_reason: String::new(), term_reason_dated: None, ..terms };

    let id = ContractId(app.chance.id(now));
    contract_drafts::insert(&mut tx, id, actor.body, GuardId(app.chance.id(now)), &terms).await?;
    let (lots, items) = contract_copies::parts(&mut tx, from).await?;
    let fresh = |old: &[Uuid]| old.iter().map(|_| app.chance.id(now)).collect::<Vec<_>>();
    let (new_lots, new_items) = (fresh(&lots), fresh(&items));
    contract_copies::copy_parts(&mut tx, from, id, (&lots, &new_lots), (&items, &new_items)).await?;
    let count = contract_copies::last_prices(&mut tx, from).await?;
    let ids: Vec<Uuid> = (0..count).map(|_| app.chance.id(now)).collect();
    let prices = contract_copies::copy_prices(&mut tx, from, id, (&items, &new_items), &ids, actor.person).await?;
    let proposed = propose(app, &mut tx, actor, &old, id, (&items, &new_items), now).await?;
    let told = json!({ "from": from, "terms": terms, "prices": prices, "baselines": proposed.baselines });
    log(app, &mut tx, actor, id, "contract_copied", &told, now).await?;
    tx.commit().await?;
    Ok(id)
}
