//! How often an address may be guessed at, so that nobody can guess and nobody can lock another out.
//!
//! Failures count where they come from: five of one network pause the address for this network, for 15 minutes. A
//! browser in which the person has signed in before is known by a cookie and has a count of its own, so that a
//! colleague behind the same network address, or the whole world, cannot keep the person out. Guesses from ever new
//! networks add up: after fifty the address pauses for everything but known browsers.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use crate::storage::sign_in_attempts;
use crate::storage::{StorageError, Tx};

/// Failures from one place after which the address pauses there.
pub const FAILURES_BEFORE_PAUSE: i32 = 5;
/// Failures from all unknown places after which the address pauses for these.
pub const FAILURES_EVERYWHERE: i32 = 50;
/// How long it pauses.
pub const PAUSE: TimeDelta = TimeDelta::minutes(15);

/// Where an attempt comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A browser in which this very address has been signed in before.
    Known(String),
    /// Anything else, by its network.
    Network(IpAddr),
}

/// The counts of an address that an attempt from a place touches.
#[derive(Debug, Clone)]
pub struct Counts {
    here: [u8; 32],
    everywhere: Option<[u8; 32]>,
}

/// What is left after a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// So many attempts before the pause.
    Attempts(i32),
    /// None before this instant.
    NoneUntil(DateTime<Utc>),
}

impl Counts {
    /// Of this lower-case address.
    #[must_use]
    pub fn of(email: &str, place: &Place) -> Self {
        let count = |parts: [&str; 3]| {
            let mut hash = Sha256::new();
            for part in parts {
                // The length keeps „a“ + „bc“ from being „ab“ + „c“.
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
            hash.finalize().into()
        };
        match place {
            Place::Known(browser) => Self { here: count(["browser", browser, email]), everywhere: None },
            Place::Network(address) => Self {
                here: count(["network", &address.to_string(), email]),
                everywhere: Some(count(["everywhere", "", email])),
            },
        }
    }

    /// Until when no attempt is looked at, if there is a pause.
    pub async fn paused_until(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, StorageError> {
        let mut until = sign_in_attempts::find(tx, &self.here).await?.locked_until;
        if let Some(everywhere) = &self.everywhere {
            until = until.max(sign_in_attempts::find(tx, everywhere).await?.locked_until);
        }
        Ok(until.filter(|until| now < *until))
    }

    /// Counts a failure.
    pub async fn failed(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<Left, StorageError> {
        let here = sign_in_attempts::count_failure(tx, &self.here, now, FAILURES_BEFORE_PAUSE, now + PAUSE).await?;
        let mut until = here.locked_until;
        if let Some(everywhere) = &self.everywhere {
            let all = sign_in_attempts::count_failure(tx, everywhere, now, FAILURES_EVERYWHERE, now + PAUSE).await?;
            until = until.max(all.locked_until);
        }
        Ok(until.map_or(Left::Attempts(FAILURES_BEFORE_PAUSE - here.failures), Left::NoneUntil))
    }

    /// The person is in: what failed here before is forgotten. What failed elsewhere is not: whoever knows the password
    /// says nothing about those who do not.
    pub async fn forget(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StorageError> {
        sign_in_attempts::clear(tx, &self.here, now).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_place_and_address_has_a_count_of_its_own() {
        let network = |text: &str| Place::Network(text.parse().unwrap());
        let here = |email: &str, place: &Place| Counts::of(email, place).here;
        let a = here("a@x.de", &network("203.0.113.7"));
        assert_eq!(a, here("a@x.de", &network("203.0.113.7")));
        assert_ne!(a, here("a@x.de", &network("203.0.113.8")));
        assert_ne!(a, here("b@x.de", &network("203.0.113.7")));
        assert_ne!(a, here("a@x.de", &Place::Known("203.0.113.7".to_owned())));
        let all = |place: &Place| Counts::of("a@x.de", place).everywhere;
        assert_eq!(all(&network("203.0.113.7")), all(&network("198.51.100.1")));
        assert_eq!(all(&Place::Known("n".to_owned())), None, "a known browser is not kept out by others");
    }
}
