//! Durations and what is said of them.

use std::time::Duration;

use rust_decimal::Decimal;

/// How long each of many took.
#[derive(Debug, Default)]
pub struct Times(Vec<Duration>);

impl Times {
    pub fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    pub fn extend(&mut self, times: Self) {
        self.0.extend(times.0);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn median(&self) -> Duration {
        self.rank(50)
    }

    pub fn p99(&self) -> Duration {
        self.rank(99)
    }

    /// Median over the median of others, to two places.
    pub fn median_over(&self, others: &Self) -> Decimal {
        let micros = |times: &Self| Decimal::from(times.median().as_micros() as u64);
        (micros(self) / micros(others).max(Decimal::ONE)).round_dp(2)
    }

    fn rank(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort();
        let last = sorted.len().saturating_sub(1);
        sorted.get((sorted.len() * percent / 100).min(last)).copied().unwrap_or_default()
    }
}
