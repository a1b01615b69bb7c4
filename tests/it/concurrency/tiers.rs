//! Two towns release twenty orders each in the same instant, over the borders of a graduated price that
//! counts all members, or each member. Whatever the order, together they cost what one order of the
//! sum costs: each unit stands in one tier, and no place is taken twice.

use abruf::actions::release_call_off::{Release, release};
use abruf::actions::submit_call_off::{Submission, submit};
use abruf_domain::money::Net;

use super::{Deed, repeated, together};
use crate::world::World;
use crate::world::contract::graduated;

/// Orders of each town.
const ORDERS: usize = 20;
/// Per order 7 units: 280 in all, 140 for each town.
const UNITS: &str = "7";
const TIERS: &[(&str, &str)] = &[("1", "48.00"), ("101", "44.50"), ("201", "41.00")];

/// `expected`: what all 280 units cost.
async fn race(counted: &'static str, expected: &str, seed: u64) {
    let world = World::crowded_from(seed).await;
    let mut towns = Vec::new();
    for name in ["Stadt Altenrode", "Stadt Neufeld"] {
        let town = world.member(name).await;
        towns.push((town, world.buyer(town).await, world.approver(town).await));
    }
    let contract = world.contract("RV-2025-04").item("EAK", graduated(counted, TIERS));
    let contract = contract.entitles(towns[0].0).entitles(towns[1].0).await;
    let first = world.draft(&towns[0].1, &contract, &[("EAK", UNITS)]).await;
    let mut waiting = Vec::new();
    for (place, (_, buyer, approver)) in towns.iter().enumerate() {
        let mut ids = world.copies(first, buyer, ORDERS - usize::from(place == 0)).await;
        ids.extend((place == 0).then_some(first));
        for id in ids {
            let submission = submit(&world.app, buyer, id, None).await.unwrap();
            assert!(matches!(submission, Submission::Submitted { .. }), "{submission:?}");
            waiting.push((approver.clone(), id));
        }
    }
    let deeds: Vec<Deed<_>> = waiting
        .into_iter()
        .map(|(approver, id)| {
            let app = world.app.clone();
            Box::pin(async move { release(&app, &approver, id, None).await }) as Deed<_>
        })
        .collect();
    let mut sum = Net::ZERO;
    for released in together(seed, deeds).await {
        match released {
            Ok(Release::Released { review, .. }) => sum += review.priced.net,
            other => panic!("not released: {other:?}"),
        }
    }
    assert_eq!(sum.to_string(), expected, "not the price of any serial order");
    world.keeps_its_promises().await;
}

#[tokio::test]
async fn parallel_releases_over_a_tier_border_cost_what_one_order_costs() {
    repeated("tiers over all members, tiers of each member", async |seed| {
        if seed % 2 == 0 {
            // 100 x 48.00 + 100 x 44.50 + 80 x 41.00
            race("per_contract", "12530.00", seed).await;
        } else {
            // Twice 100 x 48.00 + 40 x 44.50
            race("per_member", "13160.00", seed).await;
        }
    })
    .await;
}
