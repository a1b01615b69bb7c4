//! Enter where orders from a contract go by mail.

use abruf_domain::ids::{ContractId, OrganisationId};
use serde_json::json;

use super::send_order::check_address;
use super::write_contract::log;
use super::{ActionError, only};
use crate::actor::{Actor, Role};
use crate::app::App;
use crate::storage::{contracts, order_addresses};

/// Sets the address for a supplier of the contract; empty: the supplier's central address again.
///
/// # Errors
/// [`ActionError::NotFound`] for a supplier the contract does not have, [`ActionError::Invalid`] for no mail address.
pub async fn set(
    app: &App,
    actor: &Actor,
    contract: ContractId,
    supplier: OrganisationId,
    address: &str,
) -> Result<(), ActionError> {
    only(actor, &[Role::Office])?;
    let address = address.trim();
    let now = app.clock.now();
    let mut tx = app.db.begin(actor).await?;
    contracts::find(&mut tx, contract).await?.ok_or(ActionError::NotFound)?;
    let suppliers = order_addresses::of_contract(&mut tx, contract).await?;
    let before = suppliers.into_iter().find(|it| it.supplier == supplier).ok_or(ActionError::NotFound)?;
    if !address.is_empty() {
        check_address(&format!("address_{supplier}"), address)?;
    }
    if before.address == address {
        return Ok(tx.rollback().await?);
    }
    order_addresses::set(&mut tx, contract, supplier, address, actor.person, now).await?;
    let what = json!({ "supplier": supplier, "before": before.address, "address": address });
    log(app, &mut tx, actor, contract, "order_address_set", &what, now).await?;
    Ok(tx.commit().await?)
}
