//! What the body owes its suppliers by the end of a term: one minimum that the planned demand does not reach, one it does.

use abruf_domain::ids::{ContractId, ItemId};
use abruf_domain::money::Volume;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::call_offs::Planned;
use super::ceilings::{planned_net, planned_quantity};
use super::contracts::Design;
use crate::storage::StorageError;
use crate::storage::minimum_purchases::{NewMinimumPurchase, put};

/// The contract whose minimum is at risk, as a whole.
const AT_RISK: &str = "Seminarplätze für Verwaltung und IT";
/// The contract whose first item has a minimum that is reached.
const REACHED: &str = "Monitore und Halterungen";

/// Enters the minimum purchases of a contract, if its story has any. Draws nothing by chance.
pub(super) async fn enter(
    conn: &mut PgConnection,
    contract: ContractId,
    design: &Design,
    items: &[ItemId],
    plan: &[Planned],
) -> Result<(), StorageError> {
    let percent = |whole: Decimal, percent: i64| {
        let hundreds = (whole * Decimal::from(percent) / Decimal::from(10_000)).ceil();
        Volume::new((hundreds * Decimal::ONE_HUNDRED).max(Decimal::ONE_HUNDRED))
            .expect("minimums of the demo are small")
    };
    let (item, measure, amount, consequence) = match (design.title, design.items.first().zip(items.first())) {
        (AT_RISK, _) => {
            let consequence = "30 % des fehlenden Werts sind als Ausgleich zu zahlen (Ziffer 7.2 des Vertrags).";
            (None, "value", percent(planned_net(design, plan).decimal(), 160), consequence)
        }
        (REACHED, Some((first, id))) => {
            let quantity = planned_quantity(plan, first.article).decimal();
            let consequence = "Der Lieferant kann den Preis der Position neu verhandeln.";
            (Some(*id), "quantity", percent(quantity, 20), consequence)
        }
        _ => return Ok(()),
    };
    let id = Uuid::from_u128(contract.0.as_u128() ^ 1);
    put(conn, contract, &NewMinimumPurchase { id, item, measure, amount, due_on: design.term.to(), consequence }).await
}
