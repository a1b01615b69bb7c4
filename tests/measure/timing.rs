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
        over(self.median(), others.median())
    }

    /// How much longer the unluckiest wait than the usual ones.
    pub fn p99_over_median(&self) -> Decimal {
        over(self.p99(), self.median())
    }

    /// 99th percentile over that of others.
    pub fn p99_over(&self, others: &Self) -> Decimal {
        over(self.p99(), others.p99())
    }

    fn rank(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort();
        let last = sorted.len().saturating_sub(1);
        sorted.get((sorted.len() * percent / 100).min(last)).copied().unwrap_or_default()
    }
}

/// To two places.
fn over(time: Duration, other: Duration) -> Decimal {
    let micros = |time: Duration| Decimal::from(time.as_micros() as u64);
    (micros(time) / micros(other).max(Decimal::ONE)).round_dp(2)
}
