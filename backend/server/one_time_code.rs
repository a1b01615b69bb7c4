//! The second factor: codes of an app on the phone (RFC 6238), their secrets sealed at rest, and the codes for the day
//! the phone is gone. Nothing in this file prints a secret but where a person sets it up.

use std::fmt;

use abruf_domain::ids::PersonId;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{constant_time, hmac};
use chrono::{DateTime, Utc};
use data_encoding::{BASE32, BASE32_NOPAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use sha2::{Digest, Sha256};
use totp_rs::Builder;

use crate::chance::Chance;

/// Bytes of a secret: what RFC 4226 recommends for HMAC-SHA-1, the one algorithm every app knows.
pub const SECRET_BYTES: usize = 20;
/// Seconds for which a code is shown.
const PERIOD: i64 = 30;
/// Steps before and after the present one whose code is taken: clocks of phones are not exact.
const SKEW: i64 = 1;
/// Recovery codes drawn at a time.
pub const RECOVERY_CODES: usize = 8;
/// Name under which apps list the account.
const ISSUER: &str = "Abruf";

/// The key under which secrets lie in the database.
pub struct SealKey(LessSafeKey);

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey")
    }
}

impl SealKey {
    /// Derived from a key of the installation, for this purpose alone.
    ///
    /// # Panics
    /// Never: an HMAC-SHA-256 is as long as an AES-256 key.
    #[must_use]
    pub fn derived(key: &[u8]) -> Self {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), b"abruf second factor 1");
        let key = UnboundKey::new(&AES_256_GCM, derived.as_ref()).expect("32 bytes are a key of AES-256");
        Self(LessSafeKey::new(key))
    }

    /// Seals a secret for a person: under another person's name it does not open.
    ///
    /// # Panics
    /// Never: 20 bytes are not too long to seal.
    #[must_use]
    pub fn seal(&self, chance: &Chance, person: PersonId, secret: &Secret) -> Vec<u8> {
        let nonce = chance.bytes::<NONCE_LEN>();
        let mut sealed = secret.0.to_vec();
        self.0
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(person.0.as_bytes()), &mut sealed)
            .expect("20 bytes are not too long to seal");
        [&nonce[..], &sealed].concat()
    }

    /// The secret, unless it was changed or belongs to somebody else.
    #[must_use]
    pub fn open(&self, person: PersonId, sealed: &[u8]) -> Option<Secret> {
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
        let mut rest = rest.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let secret = self.0.open_in_place(nonce, Aad::from(person.0.as_bytes()), &mut rest).ok()?;
        Some(Secret(<[u8; SECRET_BYTES]>::try_from(&*secret).ok()?))
    }
}

/// A secret shared with an app. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; SECRET_BYTES]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// A new one.
    #[must_use]
    pub fn drawn(chance: &Chance) -> Self {
        Self(chance.bytes())
    }

    /// A given one: tests play the phone.
    #[must_use]
    pub const fn known(bytes: [u8; SECRET_BYTES]) -> Self {
        Self(bytes)
    }

    /// As a person types it into an app, in groups of four.
    #[must_use]
    pub fn text(&self) -> String {
        grouped(&BASE32.encode(&self.0))
    }

    /// As the QR code says it.
    #[must_use]
    pub fn address(&self, account: &str) -> String {
        let account = utf8_percent_encode(account, NON_ALPHANUMERIC);
        format!("otpauth://totp/{ISSUER}:{account}?secret={}&issuer={ISSUER}", BASE32.encode(&self.0))
    }

    /// The code of this instant, as the app shows it.
    #[must_use]
    pub fn code_at(&self, at: DateTime<Utc>) -> String {
        self.code(step_of(at))
    }

    fn code(&self, step: i64) -> String {
        let time = u64::try_from(step * PERIOD).unwrap_or_default();
        // Six digits, thirty seconds, SHA-1: what the standard begins with, and all that every app knows.
        let secret = totp_rs::Secret::new_stack(self.0);
        Builder::new().with_secret(secret).build_noncompliant().generate(time).to_string()
    }

    /// The time step whose code this is: one of now, just before or just after, and later than `after`, the last that
    /// was taken. A code is good once.
    #[must_use]
    pub fn step_of_code(&self, typed: &str, now: DateTime<Utc>, after: i64) -> Option<i64> {
        let typed: String = typed.chars().filter(|it| !it.is_whitespace()).collect();
        let present = step_of(now);
        // All are compared, whichever fits: the time taken says nothing.
        (present - SKEW..=present + SKEW).fold(None, |found, step| {
            let same = constant_time::verify_slices_are_equal(self.code(step).as_bytes(), typed.as_bytes()).is_ok();
            if same && after < step { found.or(Some(step)) } else { found }
        })
    }
}

/// The time step of an instant.
const fn step_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(PERIOD)
}

/// New recovery codes: 80 random bits each, in groups of four.
#[must_use]
pub fn recovery_codes(chance: &Chance) -> Vec<String> {
    (0..RECOVERY_CODES).map(|_| grouped(&BASE32_NOPAD.encode(&chance.bytes::<10>()))).collect()
}

/// What is kept of a recovery code, however it was typed. Bound to the person, so that two equal codes do not look so.
#[must_use]
pub fn recovery_code_hash(person: PersonId, typed: &str) -> [u8; 32] {
    let code: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|it| it.to_ascii_uppercase()).collect();
    Sha256::new().chain_update(person.0.as_bytes()).chain_update(code.as_bytes()).finalize().into()
}

fn grouped(text: &str) -> String {
    text.as_bytes().chunks(4).map(|part| String::from_utf8_lossy(part)).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use uuid::Uuid;

    use super::*;

    const ANNA: PersonId = PersonId(Uuid::from_u128(1));
    const BERT: PersonId = PersonId(Uuid::from_u128(2));

    fn secret() -> Secret {
        Secret::known(*b"12345678901234567890")
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, SHA-1, the last six of eight digits.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(secret().code_at(at(seconds)), code);
        }
    }

    #[test]
    fn a_code_is_taken_one_step_early_or_late_and_never_again() {
        let now = at(1_234_567_890);
        for (seconds, taken) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let code = secret().code_at(now + TimeDelta::seconds(seconds));
            assert_eq!(secret().step_of_code(&code, now, 0).is_some(), taken, "{seconds}");
        }
        let code = secret().code_at(now);
        let step = secret().step_of_code(&code, now, 0).unwrap();
        assert_eq!(secret().step_of_code(&code, now, step), None, "again");
        let before = secret().code_at(now - TimeDelta::seconds(30));
        assert_eq!(secret().step_of_code(&before, now, step), None, "an older one");
        assert_eq!(secret().step_of_code("123 456", now, 0), None);
        assert_eq!(secret().step_of_code(&format!(" {} {} ", &code[..3], &code[3..]), now, 0), Some(step));
        assert_eq!(secret().step_of_code("", now, 0), None);
    }

    #[test]
    fn a_sealed_secret_opens_for_its_person_only_and_unchanged() {
        let (key, chance) = (SealKey::derived(b"key"), Chance::seeded(1));
        let sealed = key.seal(&chance, ANNA, &secret());
        assert_eq!(sealed.len(), 48);
        assert_eq!(key.open(ANNA, &sealed), Some(secret()));
        assert_eq!(key.open(BERT, &sealed), None, "of somebody else");
        assert_eq!(SealKey::derived(b"other").open(ANNA, &sealed), None);
        let mut changed = sealed;
        changed[20] ^= 1;
        assert_eq!(key.open(ANNA, &changed), None);
        assert_eq!(key.open(ANNA, &[1, 2, 3]), None);
        assert_eq!(format!("{:?} {:?}", secret(), key), "Secret SealKey");
    }

    #[test]
    fn recovery_codes_are_read_as_people_type_them() {
        let codes = recovery_codes(&Chance::seeded(1));
        assert!(codes.len() == RECOVERY_CODES && codes.iter().all(|it| it.len() == 19));
        let hash = recovery_code_hash(ANNA, &codes[0]);
        assert_eq!(hash, recovery_code_hash(ANNA, &format!(" {} ", codes[0].to_lowercase().replace('-', " "))));
        assert_ne!(hash, recovery_code_hash(BERT, &codes[0]));
        assert_ne!(hash, recovery_code_hash(ANNA, &codes[1]));
    }
}
