//! How many requests are under way in this process. Work that nobody waits for steps back behind them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

static UNDER_WAY: AtomicUsize = AtomicUsize::new(0);

/// How much longer than it works a job rests while there are requests: it takes a fifth of a processor.
const REST: u32 = 4;
/// The longest rest: a document comes soon, however busy everybody is.
const LONGEST_REST: Duration = Duration::from_millis(250);

/// A request that is under way until this is dropped.
#[derive(Debug)]
pub struct UnderWay(());

/// Counts a request.
#[must_use]
pub fn begin() -> UnderWay {
    UNDER_WAY.fetch_add(1, Ordering::Relaxed);
    UnderWay(())
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        UNDER_WAY.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How long a job that has just worked for `worked` rests before the next piece.
#[must_use]
pub fn rest_after(worked: Duration) -> Duration {
    match UNDER_WAY.load(Ordering::Relaxed) {
        0 => Duration::ZERO,
        _ => (worked * REST).min(LONGEST_REST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_rests_while_a_request_is_under_way() {
        let request = begin();
        assert_eq!(rest_after(Duration::from_millis(10)), Duration::from_millis(40));
        assert_eq!(rest_after(Duration::from_secs(1)), LONGEST_REST);
        drop(request);
    }
}
