//! How much, how long and from which seed: what `./check` and its `--long` ask of the tests with chance.

use std::time::{Duration, Instant};

use crate::cluster::environment;

/// Seeds that are played however short the time: what CI plays of every suite.
const LEAST: u64 = 5;

/// First seed unless one is given.
const SEED: u64 = 20_261_122;

/// The first seed: of `ABRUF_TEST_SEED`, to repeat a failure.
pub fn first_seed() -> u64 {
    number("ABRUF_TEST_SEED").unwrap_or(SEED)
}

/// How long a suite may take or shall take at least: of `ABRUF_TEST_SECONDS`.
pub fn time() -> Option<Duration> {
    number("ABRUF_TEST_SECONDS").map(Duration::from_secs)
}

/// Plays `count` seeds, one after the other.
pub async fn each_seed(what: &str, count: u64, once: impl AsyncFnMut(u64)) {
    play(what, count, None, once).await;
}

/// Plays `count` seeds, or those that begin within the time given, which so many parts of a suite share.
pub async fn each_seed_in_time(what: &str, count: u64, parts: u32, once: impl AsyncFnMut(u64)) {
    play(what, count, time().map(|time| time / parts), once).await;
}

async fn play(what: &str, count: u64, time: Option<Duration>, mut once: impl AsyncFnMut(u64)) {
    let first = first_seed();
    let began = Instant::now();
    let mut played = 0;
    while played < count && (played < LEAST || time.is_none_or(|time| began.elapsed() < time)) {
        let seed = first.wrapping_add(played);
        // Shown when it fails: the seed to look at.
        say(&format!("{what}: ABRUF_TEST_SEED={seed}"));
        once(seed).await;
        played += 1;
    }
    say(&format!("{what}: {played} of {count} from seed {first} in {:.1?}", began.elapsed()));
}

/// A setting that is a whole number.
pub fn number(variable: &str) -> Option<u64> {
    let text = environment(variable)?;
    let text = text.to_str().unwrap_or_default();
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is `{text}`, but has to be a whole number")))
}

/// Shown when the test fails, or on `--nocapture`.
#[expect(clippy::print_stdout, reason = "the report of a test")]
pub fn say(line: &str) {
    println!("{line}");
}
