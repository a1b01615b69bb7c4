//! The audit log: entries in canonical JSON, each chained to the one before.
//!
//! Leaf hash as RFC 6962 (`SHA-256(0x00 || entry)`), chain hash `SHA-256(previous || leaf)`. An entry
//! names persons by opaque id only; names and free text are bound by a salted commitment, so that
//! they can be erased without breaking the chain.

use chrono::{DateTime, SecondsFormat, Utc};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

use crate::canonical::{canonical_json, sha256};

/// Hash before the first entry.
pub const GENESIS: [u8; 32] = [0; 32];

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When, RFC 3339 with microseconds.
    pub at: String,
    /// Who, opaque; `None` for the clock.
    pub actor: Option<Uuid>,
    /// What was done, e.g. `call_off_released`.
    pub action: String,
    /// Kind of the subject, e.g. `call_off`.
    pub subject_kind: String,
    /// Its id.
    pub subject: Uuid,
    /// Hex digest of the subject before, if it existed.
    pub before: Option<String>,
    /// Hex digest of the subject after.
    pub after: Option<String>,
    /// Request that caused it.
    pub request_id: Option<String>,
    /// Salted commitment to the erasable detail.
    pub detail: Option<String>,
    /// Key of a program that acted in the name of `actor`. Left out where there was none, so that entries are
    /// canonical as they were before there were keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Uuid>,
}

impl AuditEntry {
    /// An entry without digests and detail.
    #[must_use]
    pub fn new(at: DateTime<Utc>, actor: Option<Uuid>, action: &str, subject_kind: &str, subject: Uuid) -> Self {
        Self {
            at: at.to_rfc3339_opts(SecondsFormat::Micros, true),
            actor,
            action: action.to_owned(),
            subject_kind: subject_kind.to_owned(),
            subject,
            before: None,
            after: None,
            request_id: None,
            detail: None,
            key: None,
        }
    }

    /// The entry as it is hashed and stored.
    #[must_use]
    pub fn canonical(&self) -> String {
        canonical_json(self)
    }
}

/// Leaf hash of a stored entry.
#[must_use]
pub fn leaf_hash(canonical: &str) -> [u8; 32] {
    let mut bytes = Vec::with_capacity(canonical.len() + 1);
    bytes.push(0);
    bytes.extend_from_slice(canonical.as_bytes());
    sha256(&bytes)
}

/// Chain hash after appending a leaf.
#[must_use]
pub fn chain_hash(previous: &[u8; 32], leaf: &[u8; 32]) -> [u8; 32] {
    let mut bytes = [0; 64];
    bytes[..32].copy_from_slice(previous);
    bytes[32..].copy_from_slice(leaf);
    sha256(&bytes)
}

/// Salted commitment to a detail: hex SHA-256 over salt and canonical JSON.
#[must_use]
pub fn commitment<T: Serialize>(salt: &[u8; 16], detail: &T) -> String {
    let mut bytes = salt.to_vec();
    bytes.extend_from_slice(canonical_json(detail).as_bytes());
    HEXLOWER.encode(&sha256(&bytes))
}

/// A stored entry with its hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEntry {
    /// Position from 1.
    pub sequence: i64,
    /// The entry.
    pub canonical: String,
    /// Its leaf hash.
    pub leaf: [u8; 32],
    /// Hash before it.
    pub previous: [u8; 32],
    /// Hash after it.
    pub chain: [u8; 32],
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ChainBreak {
    /// A position is missing or doubled.
    #[error("entry {found} stands where {expected} should be")]
    Gap {
        /// Position due.
        expected: i64,
        /// Position found.
        found: i64,
    },
    /// The entry's text was changed.
    #[error("the text of entry {0} does not match its hash")]
    Changed(i64),
    /// The entry does not follow the one before.
    #[error("entry {0} is not chained to the one before")]
    Unchained(i64),
    /// The head is not the last entry's hash.
    #[error("the head does not match the last of {0} entries")]
    Head(i64),
}

/// Recomputes a whole chain from its first entry to `head`.
///
/// # Errors
/// The first place where it is broken.
pub fn verify_chain(entries: &[StoredEntry], length: i64, head: &[u8; 32]) -> Result<(), ChainBreak> {
    let mut previous = GENESIS;
    for (expected, entry) in (1..).zip(entries) {
        if entry.sequence != expected {
            return Err(ChainBreak::Gap { expected, found: entry.sequence });
        }
        if leaf_hash(&entry.canonical) != entry.leaf {
            return Err(ChainBreak::Changed(entry.sequence));
        }
        if entry.previous != previous || chain_hash(&previous, &entry.leaf) != entry.chain {
            return Err(ChainBreak::Unchained(entry.sequence));
        }
        previous = entry.chain;
    }
    let count = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    if count != length || previous != *head {
        return Err(ChainBreak::Head(count));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(count: i64) -> Vec<StoredEntry> {
        let at = "2026-11-22T12:00:00Z".parse().expect("an instant");
        let mut previous = GENESIS;
        (1..=count)
            .map(|sequence| {
                let canonical =
                    AuditEntry::new(at, None, &format!("action_{sequence}"), "call_off", Uuid::nil()).canonical();
                let leaf = leaf_hash(&canonical);
                let chain = chain_hash(&previous, &leaf);
                let entry = StoredEntry { sequence, canonical, leaf, previous, chain };
                previous = chain;
                entry
            })
            .collect()
    }

    #[test]
    fn an_entry_without_a_key_is_written_as_before_there_were_keys() {
        let at = "2026-11-22T12:00:00Z".parse().expect("an instant");
        let mut entry = AuditEntry::new(at, Some(Uuid::from_u128(1)), "call_off_submitted", "call_off", Uuid::nil());
        let before = r#"{"action":"call_off_submitted","actor":"00000000-0000-0000-0000-000000000001","after":null,"at":"2026-11-22T12:00:00.000000Z","before":null,"detail":null,"request_id":null,"subject":"00000000-0000-0000-0000-000000000000","subject_kind":"call_off"}"#;
        assert_eq!(entry.canonical(), before);
        assert_eq!(serde_json::from_str::<AuditEntry>(before).expect("an entry"), entry);
        entry.key = Some(Uuid::from_u128(2));
        assert!(entry.canonical().contains(r#""key":"00000000-0000-0000-0000-000000000002""#));
        assert_eq!(serde_json::from_str::<AuditEntry>(&entry.canonical()).expect("an entry"), entry);
    }

    #[test]
    fn an_untouched_chain_verifies() {
        let entries = chain(5);
        assert_eq!(verify_chain(&entries, 5, &entries[4].chain), Ok(()));
    }

    #[test]
    fn a_changed_word_is_found_at_its_entry() {
        let mut entries = chain(5);
        entries[2].canonical = entries[2].canonical.replace("action_3", "action_X");
        assert_eq!(verify_chain(&entries, 5, &entries[4].chain), Err(ChainBreak::Changed(3)));
    }

    #[test]
    fn a_missing_entry_is_found_in_the_middle_and_at_the_end() {
        let entries = chain(5);
        let mut gap = entries.clone();
        gap.remove(1);
        assert_eq!(verify_chain(&gap, 4, &entries[4].chain), Err(ChainBreak::Gap { expected: 2, found: 3 }));
        assert_eq!(verify_chain(&entries[..4], 5, &entries[4].chain), Err(ChainBreak::Head(4)));
    }
}
