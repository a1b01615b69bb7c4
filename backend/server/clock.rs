//! What time it is: the only caller of the system clock.
//!
//! Everything else gets an instant passed in, so that tests and the demo can stand at any second.

use std::sync::{Arc, Mutex};

use abruf_domain::period::berlin_date;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// A source of instants, cheap to clone.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The system's clock.
    System,
    /// The system's clock moved by a constant (`ABRUF_DEMO_NOW`, demo mode only); it keeps running.
    Moved(TimeDelta),
    /// A clock that stands until it is set: tests and the demo load.
    Standing(Arc<Mutex<DateTime<Utc>>>),
}

impl Clock {
    /// A clock that stands at `at`.
    #[must_use]
    pub fn standing(at: DateTime<Utc>) -> Self {
        Self::Standing(Arc::new(Mutex::new(at)))
    }

    /// A running clock that shows `at` now.
    #[must_use]
    pub fn moved_to(at: DateTime<Utc>) -> Self {
        Self::Moved(at - system_now())
    }

    /// The instant it shows, to the microsecond that PostgreSQL keeps.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let now = match self {
            Self::System => system_now(),
            Self::Moved(by) => system_now() + *by,
            Self::Standing(at) => *at.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        };
        DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    /// Today's calendar date in Berlin.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        berlin_date(self.now())
    }

    /// Sets a standing clock; a running one stays as it is.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Self::Standing(standing) = self {
            *standing.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = at;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that may ask the system for the time")]
fn system_now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_clock_stands_until_it_is_set() {
        let noon: DateTime<Utc> = "2026-11-22T12:00:00Z".parse().expect("an instant");
        let clock = Clock::standing(noon);
        assert_eq!(clock.now(), noon);
        clock.set(noon + TimeDelta::seconds(1));
        assert_eq!(clock.now(), noon + TimeDelta::seconds(1));
    }
}
