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
    /// When each piece was finished, from the beginning of the run.
    finished: Vec<Duration>,
}

impl Done {
    /// Pieces per second.
    pub fn per_second(&self) -> Decimal {
        let micros = Decimal::from(self.took.as_micros() as u64).max(Decimal::ONE);
        (Decimal::from(self.times.len()) * Decimal::from(1_000_000) / micros).round_dp(1)
    }

    /// Pieces finished between two instants of the run.
    pub fn between(&self, from: Duration, to: Duration) -> usize {
        self.finished.iter().filter(|at| (from..to).contains(*at)).count()
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
                let (mut times, mut finished) = (Times::default(), Vec::new());
                while time.is_none_or(|time| begin.elapsed() < time) {
                    let piece = list.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                    let Some(piece) = piece else { break };
                    times.add(work(piece).await?);
                    finished.push(begin.elapsed());
                }
                Result::Ok((times, finished))
            })
        })
        .collect();
    let (mut times, mut finished) = (Times::default(), Vec::new());
    for task in tasks {
        let (of_one, at) = task.await??;
        times.extend(of_one);
        finished.extend(at);
    }
    Ok(Done { times, took: begin.elapsed(), finished })
}
