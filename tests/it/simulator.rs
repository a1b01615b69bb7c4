//! A year of a cooperative in small: random people take random steps through the real actions on a real
//! database, and after every step that moves anything, and at the end, every promise of the product is asked for.
//!
//! All follows from a seed. A failure names seed and step; `ABRUF_SIM_SEED=<seed>` plays that one again.
//! `ABRUF_TEST_SEED` sets the first seed. A simulator that cannot fail proves nothing, so mutants, steps
//! that do what an action must not, have to be found out (`mutants.rs`).

mod mutants;
pub mod promises;
mod steps;
mod town;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use abruf::actor::Actor;
use abruf::chance::Chance;
use abruf_domain::ids::CallOffId;
use chrono::{DateTime, Utc};
use rand::SeedableRng;
use rand::rngs::ChaCha12Rng;

use crate::stress::{first_seed, number, say, time};
use crate::world::World;
use crate::world::contract::Contract;
use mutants::Mutant;
use promises::Seen;
use town::Town;

/// So many seeds together have seen everything.
const EVERYTHING: u64 = 25;
/// Seeds and steps of the ordinary test and of the long one.
const SEEDS: u64 = 100;
const STEPS: usize = 200;
const MANY_SEEDS: u64 = 10_000;
const MANY_STEPS: usize = 500;
/// Databases at work at the same time, and seeds that share one.
const WORKERS: usize = 4;
const SEEDS_OF_A_DATABASE: usize = 25;

/// A call-off that the simulation made.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    id: CallOffId,
    /// Places in the lists of the simulation.
    contract: usize,
    town: usize,
    buyer: usize,
}

/// One seed at work.
pub struct Simulation<'a> {
    world: &'a World,
    rng: ChaCha12Rng,
    towns: [Town; 3],
    contracts: [Contract; 3],
    /// Of the office.
    olga: Actor,
    call_offs: Vec<Known>,
    seen: Seen,
    /// Time spent asking whether all is well.
    checking: Duration,
}

/// How often each thing was done.
type Counts = BTreeMap<&'static str, usize>;

impl<'a> Simulation<'a> {
    /// The same for the same seed, to the last id.
    async fn new(world: &'a mut World, begin: DateTime<Utc>, seed: u64) -> Self {
        world.app.clock.set(begin);
        world.app.chance = Chance::seeded(seed);
        let world = &*world;
        let towns = town::towns(world).await;
        let contracts = town::contracts(world, seed, &towns).await;
        let olga = world.office().await;
        let rng = ChaCha12Rng::seed_from_u64(seed);
        Self {
            world,
            rng,
            towns,
            contracts,
            olga,
            call_offs: Vec::new(),
            seen: Seen::default(),
            checking: Duration::ZERO,
        }
    }

    /// Takes the steps; what broke and where, if anything did.
    async fn run(&mut self, seed: u64, steps: usize, mutant: Option<&Mutant>) -> Result<Counts, String> {
        let mut counts = Counts::new();
        for step in 1..=steps {
            let place = format!("seed {seed}, step {step} (ABRUF_SIM_SEED={seed} plays it again)");
            let sabotaged = mutant.filter(|_| step.is_multiple_of(mutants::EVERY));
            let (contract, done) = match sabotaged {
                Some(mutant) => self.sabotage(mutant).await,
                None => self.step().await,
            };
            let done = done.map_err(|error| format!("{place}: {error}"))?;
            *counts.entry(done).or_default() += 1;
            let contract = self.contracts[contract].id;
            let checking = Instant::now();
            let broken = match sabotaged {
                Some(_) => self.seen.broken(self.world, contract).await,
                None => self.seen.broken_by_a_move(self.world, contract).await,
            };
            self.checking += checking.elapsed();
            if !broken.is_empty() {
                return Err(format!("{place}: after `{done}`:\n{}", broken.join("\n")));
            }
        }
        for contract in &self.contracts {
            let broken = self.seen.broken(self.world, contract.id).await;
            if !broken.is_empty() {
                return Err(format!("seed {seed}, at the end:\n{}", broken.join("\n")));
            }
        }
        Ok(counts)
    }
}

/// Plays the seeds from the first on, several at a time: all, or those that begin within `time`.
async fn play(first: u64, seeds: u64, steps: usize, time: Option<Duration>) {
    let began = Instant::now();
    let next = Arc::new(AtomicU64::new(0));
    let workers: Vec<_> =
        (0..WORKERS).map(|_| tokio::spawn(work(Arc::clone(&next), first, seeds, steps, time))).collect();
    let mut counts = Counts::new();
    let mut played = 0;
    let mut broken = Vec::new();
    for worker in workers {
        match worker.await.unwrap() {
            Ok((own, count)) => {
                played += count;
                own.into_iter().for_each(|(done, times)| *counts.entry(done).or_default() += times);
            }
            Err(report) => broken.push(report),
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let took = began.elapsed();
    say(&format!("simulator: {played} of {seeds} seeds from {first}, {steps} steps each, {took:.1?}: {counts:?}"));
    if played < EVERYTHING {
        return;
    }
    for expected in [
        "drafted",
        "submitted",
        "submitted again",
        "declined",
        "released",
        "withdrawn",
        "refused",
        "returned",
        "changed",
        "changed since",
        "cancelled",
        "cancelled in part",
        "delivered a part",
        "advanced",
        "expired",
        "found expired",
        "recorded",
        "recorded above the limit",
        "cut",
        "transferred",
        "blocked",
        "unjustified",
        "justified",
        "wrong state",
        "not theirs",
        "time passes",
    ] {
        assert!(counts.contains_key(expected), "no step was ever `{expected}`: {counts:?}");
    }
}

async fn work(
    next: Arc<AtomicU64>,
    first: u64,
    seeds: u64,
    steps: usize,
    time: Option<Duration>,
) -> Result<(Counts, u64), String> {
    let began = Instant::now();
    let mut counts = Counts::new();
    let mut played = 0;
    loop {
        let mut world = World::new().await;
        let begin = world.app.clock.now();
        for _ in 0..SEEDS_OF_A_DATABASE {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let late = time.is_some_and(|time| time < began.elapsed());
            if seeds <= number || late {
                return Ok((counts, played));
            }
            let seed = first.wrapping_add(number);
            let began = Instant::now();
            let mut simulation = Simulation::new(&mut world, begin, seed).await;
            let ready = began.elapsed();
            let own = simulation.run(seed, steps, None).await?;
            let (whole, checking) = (began.elapsed(), simulation.checking);
            say(&format!("simulator: seed {seed} in {whole:.1?}, of it {ready:.1?} to begin, {checking:.1?} to check"));
            own.into_iter().for_each(|(done, times)| *counts.entry(done).or_default() += times);
            played += 1;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_people_do_every_promise_holds_after_every_step() {
    match number("ABRUF_SIM_SEED") {
        Some(seed) => play(seed, 1, STEPS, None).await,
        None => play(first_seed(), SEEDS, STEPS, None).await,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "long: run by ./check --long"]
async fn whatever_people_do_for_long_every_promise_holds_after_every_step() {
    match number("ABRUF_SIM_SEED") {
        Some(seed) => play(seed, 1, MANY_STEPS, None).await,
        None => play(first_seed(), MANY_SEEDS, MANY_STEPS, time()).await,
    }
}
