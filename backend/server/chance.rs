//! Ids and random bytes: the only file that draws them.
//!
//! Ids are UUID version 7, made here and not in the database, so that a retry can name the same row
//! and rows of one time lie together. A seeded source makes demo data and tests repeatable.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use rand::rngs::{ChaCha12Rng, SysRng};
use rand::{Rng, SeedableRng, TryRng};
use uuid::{Builder, Uuid};

/// Letters and digits that survive the telephone: no 0/O, 1/I/L, 8/B, 5/S, 2/Z, U/V.
const CASE_NUMBER_ALPHABET: &[u8; 22] = b"34679ACDEFGHJKMNPQRTWX";

/// A source of chance, cheap to clone.
#[derive(Clone)]
pub enum Chance {
    /// The operating system's.
    System,
    /// Repeatable, from a seed.
    Seeded(Arc<Mutex<Seeded>>),
}

/// A seeded generator and how many ids it has drawn.
pub struct Seeded {
    rng: ChaCha12Rng,
    drawn: u16,
}

/// Ids drawn by this program from the system's chance.
static DRAWN: AtomicU16 = AtomicU16::new(0);

impl std::fmt::Debug for Chance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::System => "Chance::System",
            Self::Seeded(_) => "Chance::Seeded",
        })
    }
}

impl Chance {
    /// A repeatable source.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(Seeded { rng: ChaCha12Rng::seed_from_u64(seed), drawn: 0 })))
    }

    /// Fills `bytes`.
    ///
    /// # Panics
    /// If the operating system has no random bytes to give; nothing could be safe after that.
    pub fn fill(&self, bytes: &mut [u8]) {
        match self {
            Self::System => SysRng.try_fill_bytes(bytes).expect("the operating system gives random bytes"),
            Self::Seeded(rng) => rng.lock().unwrap_or_else(PoisonError::into_inner).rng.fill_bytes(bytes),
        }
    }

    /// `N` random bytes.
    #[must_use]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A new id of this instant. Ids of one millisecond grow too, so that what one action writes at
    /// once keeps its order: the twelve bits after the time count (RFC 9562, 6.2, method 1).
    #[must_use]
    pub fn id(&self, now: DateTime<Utc>) -> Uuid {
        let millis = u64::try_from(now.timestamp_millis()).unwrap_or_default();
        let mut bytes: [u8; 10] = self.bytes();
        let [high, low] = self.count().to_be_bytes();
        (bytes[0], bytes[1]) = (high & 0x0f, low);
        Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
    }

    fn count(&self) -> u16 {
        match self {
            Self::System => DRAWN.fetch_add(1, Ordering::Relaxed),
            Self::Seeded(rng) => {
                let mut seeded = rng.lock().unwrap_or_else(PoisonError::into_inner);
                seeded.drawn = seeded.drawn.wrapping_add(1);
                seeded.drawn
            }
        }
    }

    /// A case number (Vorgangsnummer) for the telephone: `V-` and eight characters, not sequential.
    #[must_use]
    pub fn case_number(&self) -> String {
        format!("V-{}", self.letters_for_the_telephone())
    }

    /// The number of a certificate (Bescheinigung): `B-` and eight characters, not sequential.
    #[must_use]
    pub fn certificate_number(&self) -> String {
        format!("B-{}", self.letters_for_the_telephone())
    }

    fn letters_for_the_telephone(&self) -> String {
        let letters = self
            .bytes::<8>()
            .map(|byte| char::from(CASE_NUMBER_ALPHABET[usize::from(byte) % CASE_NUMBER_ALPHABET.len()]));
        letters.iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_ids() {
        let now = "2026-11-22T12:00:00Z".parse().expect("an instant");
        assert_eq!(Chance::seeded(7).id(now), Chance::seeded(7).id(now));
        assert_ne!(Chance::System.id(now), Chance::System.id(now));
        assert_eq!(Chance::seeded(7).id(now).get_version_num(), 7);
    }

    #[test]
    fn a_case_number_has_eight_unmistakable_characters() {
        let number = Chance::seeded(1).case_number();
        assert_eq!(number.len(), 10);
        assert!(number.starts_with("V-") && !number[2..].contains(['0', 'O', '1', 'I']));
    }
}
