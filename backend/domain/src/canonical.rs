//! Canonical JSON (RFC 8785) and its SHA-256: the form in which facts, documents and log entries
//! are hashed. Amounts are strings, so no number formatting can differ.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// The value as canonical JSON.
///
/// # Panics
/// Never for our types: they have string keys and no floats.
#[must_use]
pub fn canonical_json<T: Serialize>(value: &T) -> String {
    serde_json_canonicalizer::to_string(value).expect("facts and entries have string keys and no floats")
}

/// SHA-256.
#[must_use]
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_and_nothing_is_spaced() {
        let value = serde_json::json!({ "b": "1.00", "a": ["ä", null] });
        assert_eq!(canonical_json(&value), r#"{"a":["ä",null],"b":"1.00"}"#);
    }
}
