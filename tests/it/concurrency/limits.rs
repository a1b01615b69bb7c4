//! Thirty-two clients with fifty call-offs each, on one contract whose limits lie inside each other: the
//! contract, its lots, its items, the members' quotas, by value and by quantity. They submit, release,
//! take back in part and in whole, let requests run out, and courts cut ceilings meanwhile.
//!
//! After each seed nothing was ever let through above a limit, the ledger is the guard row, each answered
//! number is an order and the other way round, and nobody was told anything but that there is no room, that
//! somebody was faster, or to try again. For each kind of guard a naive one must lose here (`naive.rs`).

mod client;
mod naive;
mod scene;

use std::collections::BTreeMap;

use crate::simulator::promises::broken_now;
use crate::stress::{each_seed, each_seed_in_time, say};
use client::{Client, Lived};
use scene::{Limits, Scene};

use super::{Deed, together};

/// What each of the thirty-two wants.
const CALL_OFFS: usize = 50;
/// Seeds of the ordinary test and of the long one.
const SEEDS: u64 = 5;
const MANY_SEEDS: u64 = 200;

/// What a crowd did, by name.
type Counts = BTreeMap<&'static str, usize>;

/// Lets the clients live, each with so many call-offs; gives what they did and everything that is not as
/// promised afterwards.
async fn crowd(scene: &Scene, seed: u64, call_offs: usize) -> (Counts, Vec<String>) {
    let lives: Vec<Deed<Lived>> = Client::crowd(scene, seed, call_offs)
        .await
        .into_iter()
        .map(|client| -> Deed<Lived> { Box::pin(client.live()) })
        .collect();
    let mut counts = Counts::new();
    let mut broken = Vec::new();
    let mut numbers = Vec::new();
    for lived in together(seed, lives).await {
        lived.counts.into_iter().for_each(|(done, times)| *counts.entry(done).or_default() += times);
        broken.extend(lived.failed);
        numbers.extend(lived.numbers);
    }
    broken.extend(scene.overstepped().await);
    broken.extend(scene.not_the_orders(numbers).await);
    broken.extend(broken_now(&scene.world, scene.contract.id).await);
    (counts, broken)
}

/// What a crowd has to have seen in all.
const EVERYTHING: &[&str] = &[
    "submitted",
    "declined",
    "released",
    "released by the other",
    "withdrawn",
    "returned",
    "cancelled",
    "cancelled in part",
    "left",
    "expired",
    "cut",
];

/// One world for all seeds, a contract for each.
async fn crowds(world: crate::world::World, seeds: impl AsyncFnOnce(&mut Scene, &mut Counts)) {
    let begin = world.app.clock.now();
    let mut scene = Scene::new(world, begin).await;
    let mut all = Counts::new();
    seeds(&mut scene, &mut all).await;
    for expected in EVERYTHING {
        assert!(all.contains_key(expected), "nobody was ever `{expected}`: {all:?}");
    }
    scene.world.keeps_its_promises().await;
    say(&format!("limits: deadlocks {}, {all:?}", scene.deadlocks().await));
}

async fn one_crowd(scene: &mut Scene, seed: u64, all: &mut Counts) {
    scene.contract(&format!("RV-{seed}"), seed, Limits::Drawn).await;
    let (counts, broken) = crowd(scene, seed, CALL_OFFS).await;
    assert!(broken.is_empty(), "seed {seed}: {counts:?}\n{}", broken.join("\n"));
    counts.into_iter().for_each(|(done, times)| *all.entry(done).or_default() += times);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_crowd_under_nested_limits_never_goes_over_any() {
    crowds(crate::world::World::crowded().await, async |scene, all| {
        each_seed("limits: 32 clients with 50 call-offs", SEEDS, async |seed| one_crowd(scene, seed, all).await).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "long: run by ./check --long"]
async fn many_crowds_under_nested_limits_never_go_over_any() {
    crowds(crate::world::World::crowded().await, async |scene, all| {
        let what = "limits: 32 clients with 50 call-offs, long";
        each_seed_in_time(what, MANY_SEEDS, 1, async |seed| one_crowd(scene, seed, all).await).await;
    })
    .await;
}
