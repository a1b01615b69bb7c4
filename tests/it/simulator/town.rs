//! Who acts in the simulator, and the contracts they order from.

use abruf::actor::Actor;

use crate::world::World;
use crate::world::contract::{Contract, fixed, prior_contract, quantity, value};

/// A member with its people.
#[derive(Debug)]
pub struct Town {
    /// Two buyers.
    pub buyers: [Actor; 2],
    /// Two approvers, and the first buyer in a second assignment.
    pub approvers: [Actor; 3],
}

impl Town {
    async fn new(world: &World, name: &str, left: Option<&str>) -> Self {
        let member = world.member(name);
        let member = match left {
            Some(left) => member.left(left).await,
            None => member.await,
        };
        let buyers = [world.buyer(member).await, world.buyer(member).await];
        let herself = world.approver(member).same_person_as(&buyers[0]).await;
        let approvers = [world.approver(member).await, world.approver(member).await, herself];
        Self { buyers, approvers }
    }
}

/// Three towns, one of which leaves in December.
pub async fn towns(world: &World) -> [Town; 3] {
    [
        Town::new(world, "Stadt Altenrode", None).await,
        Town::new(world, "Stadt Neufeld", None).await,
        Town::new(world, "Stadt Grünau", Some("2026-12-15")).await,
    ]
}

/// Contracts with nested ceilings in value and quantity, quotas, a surcharge, an option in time and one
/// too late, prices that rise and fall. Numbers begin with the seed: a database holds many.
pub async fn contracts(world: &World, seed: u64, towns: &[Town; 3]) -> [Contract; 3] {
    let [altenrode, neufeld, gruenau] = [0, 1, 2].map(|town| towns[town].buyers[0].organisation);
    let numbers = ["A", "B", "C"].map(|letter| format!("RV-{seed}-{letter}"));
    let nested = world
        .contract(&numbers[0])
        .fee("1.5")
        .ceiling(value("30000.00"))
        .ceiling(quantity("90"))
        .lot("Geräte")
        .lot_ceiling(quantity("60"))
        .item("NBK", fixed("900.00"))
        .item("MON", fixed("200.00"))
        .item_ceiling("NBK", quantity("24"))
        .item_ceiling("MON", value("6000.00"))
        .lot("Zubehör")
        .lot_ceiling(value("4000.00"))
        .item("DOC", fixed("150.00").in_packs_of("2"))
        .item_ceiling("DOC", quantity("20"))
        .quota(altenrode, value("15000.00"))
        .quota(neufeld, quantity("30").soft())
        .quota(gruenau, value("3000.00").soft())
        .baseline("NBK", prior_contract("1000.00"))
        .baseline("MON", prior_contract("190.00"))
        .entitles(altenrode)
        .entitles(neufeld)
        .entitles(gruenau)
        .await;
    let extended = world
        .contract(&numbers[1])
        .term("2025-01-01", "2026-12-05")
        .option("2026-12-20", "2026-11-30", Some("2026-11-20"))
        .option("2027-12-31", "2026-11-30", Some("2026-12-01"))
        .minimum("500.00")
        .surcharge("25.00")
        .ceiling(value("20000.00"))
        .item("NBK", fixed("900.00"))
        .item("MON", fixed("200.00"))
        .item("DOC", fixed("150.00"))
        .item_ceiling("MON", quantity("40"))
        .entitles(altenrode)
        .entitles(neufeld)
        .await;
    let unlimited = world
        .contract(&numbers[2])
        .term("2025-01-01", "2027-12-31")
        .minimum("300.00")
        .item("NBK", fixed("900.00"))
        .item("MON", fixed("200.00"))
        .item("DOC", fixed("150.00"))
        .item_ceiling("NBK", quantity("50"))
        .quota(gruenau, value("9000.00"))
        .entitles_every("stadt", true)
        .await;
    world.second_price(&nested, "MON", "2026-11-28", "180.00").await;
    world.second_price(&extended, "NBK", "2026-11-30", "950.00").await;
    world.second_price(&unlimited, "DOC", "2026-12-01", "160.00").await;
    [nested, extended, unlimited]
}
