//! Work that many clients take from one list, and how fast it goes.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rust_decimal::Decimal;

use crate::timing::Times;
use crate::{Result, now};

/// What came of a run.
pub struct Done {
    pub times: Times,
    pub took: Duration,
}

impl Done {
    /// Pieces per second.
    pub fn per_second(&self) -> Decimal {
        let micros = Decimal::from(self.took.as_micros() as u64).max(Decimal::ONE);
        (Decimal::from(self.times.len()) * Decimal::from(1_000_000) / micros).round_dp(1)
    }
}

/// Lets `clients` take pieces from the list until it is empty, or until the time is up.
pub async fn run<T, F>(
    pieces: Vec<T>,
    clients: usize,
    time: Option<Duration>,
    work: impl Fn(T) -> F + Clone + Send + 'static,
) -> Result<Done>
where
    T: Send + 'static,
    F: Future<Output = Result<Duration>> + Send,
{
    let list = Arc::new(Mutex::new(VecDeque::from(pieces)));
    let begin = now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let (list, work) = (Arc::clone(&list), work.clone());
            tokio::spawn(async move {
                let mut times = Times::default();
                while time.is_none_or(|time| begin.elapsed() < time) {
                    let piece = list.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(piece) = piece else { break };
                    times.add(work(piece).await?);
                }
                Result::Ok(times)
            })
        })
        .collect();
    let mut times = Times::default();
    for task in tasks {
        times.extend(task.await??);
    }
    Ok(Done { times, took: begin.elapsed() })
}
