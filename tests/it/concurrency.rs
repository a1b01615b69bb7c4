//! Races, on a real PostgreSQL and the real actions: what two or fifty people do in the same instant.
//!
//! Each race is repeated 20 times with seeds that follow each other. `ABRUF_TEST_SEED` sets the first
//! one, `ABRUF_TEST_SECONDS` makes the suite run longer (its races share the time). A race that
//! cannot fail proves nothing, so mutants of the product must lose the same races (`mutants.rs`).

mod aborts;
mod churn;
mod killed;
mod limits;
mod mutants;
mod quota_transfer;
mod repeated_keys;
mod retries;
mod rush;
mod supplier_order;
mod tiers;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use abruf::actions::ActionError;
use abruf::storage::StorageError;
use rand::rngs::ChaCha12Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use tokio::sync::Barrier;

use crate::stress::{first_seed, say, time};

/// Fewest repeats of each race.
const REPEATS: u64 = 20;
/// Races that share the seconds of the suite.
const RACES: u32 = 9;

/// Something one of the racers does.
type Deed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Runs a race with one seed after the other, and says how often and from which seed.
async fn repeated(race: &str, mut once: impl AsyncFnMut(u64)) {
    let first = first_seed();
    let at_least = time().unwrap_or_default() / RACES;
    let began = Instant::now();
    let mut count = 0;
    while count < REPEATS || began.elapsed() < at_least {
        // Shown when the race fails: the seed to look at.
        say(&format!("{race}: ABRUF_TEST_SEED={}", first.wrapping_add(count)));
        once(first.wrapping_add(count)).await;
        count += 1;
    }
    say(&format!("{race}: {count} repeats from seed {first} in {:.1?}", began.elapsed()));
}

/// Lets all start in the same instant, in an order and with stumbles drawn from the seed, each in a
/// task of its own as requests are. Gives the results in the order of the deeds.
async fn together<T: Send + 'static>(seed: u64, deeds: Vec<Deed<T>>) -> Vec<T> {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let start = Arc::new(Barrier::new(deeds.len()));
    let mut numbered: Vec<(usize, Deed<T>)> = deeds.into_iter().enumerate().collect();
    numbered.shuffle(&mut rng);
    let tasks: Vec<_> = numbered
        .into_iter()
        .map(|(number, deed)| {
            let start = Arc::clone(&start);
            let stumble = Duration::from_micros(rng.random_range(0..4000));
            let task = tokio::spawn(async move {
                start.wait().await;
                tokio::time::sleep(stumble).await;
                deed.await
            });
            (number, task)
        })
        .collect();
    let mut results = Vec::with_capacity(tasks.len());
    for (number, task) in tasks {
        results.push((number, task.await.unwrap()));
    }
    results.sort_by_key(|(number, _)| *number);
    results.into_iter().map(|(_, result)| result).collect()
}

/// How often somebody tries again who was told to.
pub const PATIENCE: usize = 20;

/// Whether somebody is told to try again: others were faster eight times, or it took too long to wait for
/// a row (55P03, on a machine with much to do). A deadlock (40P01) is no such answer.
pub fn busy(error: &ActionError) -> bool {
    match error {
        ActionError::Contended => true,
        ActionError::Storage(StorageError::TryAgain(error)) => {
            error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code == "55P03")
        }
        _ => false,
    }
}

/// Does it again while it is told to try again; the last answer counts.
async fn patiently<T>(deed: impl AsyncFn() -> Result<T, ActionError>) -> Result<T, ActionError> {
    let mut answer = deed().await;
    for _ in 1..PATIENCE {
        match &answer {
            Err(error) if busy(error) => answer = deed().await,
            _ => break,
        }
    }
    answer
}
