//! The pages as buyers and approvers use them: forms only, no script.

mod approval_order;
mod bad_input;
pub mod browser;
mod budget;
mod discard;
mod everybody;
mod journey;
mod licences;
mod questions;
mod quotes;
mod release;
mod repeat;
mod supplier_orders;
mod suppliers;
mod treasurer;

use abruf::actor::Actor;
use abruf_domain::ids::CallOffId;

use crate::world::World;
use crate::world::contract::{Contract, fixed, list_minus, prior_contract, quantity, subscription, value};
use browser::Browser;

/// A town with a buyer and an approver, and the contract of GC-01.
struct Town {
    world: World,
    eva: Actor,
    karl: Actor,
    citrix: Contract,
}

impl Town {
    async fn new() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").joined("2012-04-01").await;
        let eva = world.buyer(town).named("Eva Muster").await;
        let karl = world.approver(town).named("Karl Beispiel").up_to("50000.00").await;
        let citrix = world
            .contract("RV-2025-01")
            .fee("1.5")
            .ceiling(value("500000.00"))
            .item("CTX-USR", subscription("11.85").unit("Nutzer"))
            .item("CTX-TRN", fixed("1180.00").unit("Tag"))
            .item("CTX-PAP", list_minus("4.00", "12.5").in_packs_of("5"))
            .item_ceiling("CTX-USR", quantity("4000"))
            .entitles(town)
            .baseline("CTX-USR", prior_contract("14.20").per_month())
            .baseline("CTX-TRN", prior_contract("1250.00"))
            .await;
        Self { world, eva, karl, citrix }
    }

    async fn browser(&self, actor: &Actor) -> Browser {
        Browser::signed_in(&self.world, actor).await
    }

    /// A request of Eva's that waits for Karl.
    async fn request(&self) -> CallOffId {
        self.world.request(&self.eva, &self.citrix, &[("CTX-USR", "120"), ("CTX-TRN", "2")]).await
    }
}
