//! Finding, asking, being told, and what everybody sets for themselves.

mod first_steps;
mod help;
mod news;
mod privacy;
mod questions;
mod quick_entry;
mod search;

use abruf::actor::{Actor, Role};

use crate::pages::browser::Browser;
use crate::world::World;
use crate::world::contract::{Contract, fixed, subscription, value};

/// A town with a buyer and an approver, the office, and a contract about Citrix.
struct Desk {
    world: World,
    eva: Actor,
    karl: Actor,
    office: Actor,
    citrix: Contract,
}

impl Desk {
    async fn new() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").joined("2012-04-01").await;
        let eva = world.buyer(town).named("Eva Muster").await;
        let karl = world.approver(town).named("Karl Beispiel").up_to("50000.00").await;
        let office = world.office().named("Olga Office").await;
        let citrix = world
            .contract("RV-2025-01")
            .ceiling(value("500000.00"))
            .item("CTX-USR", subscription("11.85").unit("Nutzer"))
            .item("CTX-TRN", fixed("1180.00").unit("Tag"))
            .item("CTX-MON", fixed("99.00").unit("Stück"))
            .entitles(town)
            .await;
        // Titles of the world name the article; people search by words.
        for (article, title) in [
            ("CTX-USR", "Citrix Virtual Desktop"),
            ("CTX-TRN", "Schulungen vor Ort"),
            ("CTX-MON", "Arbeitsplatzmonitore für Gebäude"),
        ] {
            sqlx::query("UPDATE item SET title = $2 WHERE article_number = $1")
                .bind(article)
                .bind(title)
                .execute(world.owner())
                .await
                .unwrap();
        }
        Self { world, eva, karl, office, citrix }
    }

    async fn browser(&self, actor: &Actor) -> Browser {
        Browser::signed_in(&self.world, actor).await
    }

    /// Somebody else of the same body, in a role.
    async fn person(&self, role: Role) -> Actor {
        self.world.person(role, self.world.body).await
    }
}
