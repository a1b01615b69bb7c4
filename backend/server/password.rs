//! Passwords as argon2id hashes. Hashing is slow on purpose, so it runs beside the async threads and
//! only a few at a time: each takes 19 MiB. A new one is judged first (`password/strength.rs`), beside them too.

pub mod strength;

use std::sync::LazyLock;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use tokio::sync::Semaphore;

use crate::chance::Chance;
use crate::password::strength::Weakness;

/// Fewest characters of a new password.
pub const MIN_CHARACTERS: usize = 12;
/// Longest password looked at, in bytes.
pub const MAX_BYTES: usize = 1024;

/// Verified against when there is no account, so that the answer takes as long.
const NOBODYS_HASH: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$YWJydWYtbm9ib2R5LTAwMQ$Y2u1pZ0mVQ0mXh6b1mP1d5m9v2vXn5y1uXQJ0nq3oXk";

/// As many at a time as there are processors.
static AT_ONCE: LazyLock<Semaphore> =
    LazyLock::new(|| Semaphore::new(std::thread::available_parallelism().map_or(2, std::num::NonZero::get)));

/// Why a password has no hash.
#[derive(Debug, Error)]
pub enum PasswordError {
    /// argon2 refused.
    #[error("could not hash the password: {0}")]
    Hash(String),
    /// The thread ended.
    #[error("the hashing thread ended")]
    Thread(#[source] tokio::task::JoinError),
}

/// The hash of a new password, in PHC form.
///
/// # Errors
/// If argon2 cannot work, e.g. without memory.
pub async fn hash(chance: &Chance, password: SecretString) -> Result<String, PasswordError> {
    let salt = chance.bytes::<16>();
    let _permit = AT_ONCE.acquire().await;
    tokio::task::spawn_blocking(move || {
        Argon2::default()
            .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
            .map(|hash: PasswordHash| hash.to_string())
            .map_err(|error| PasswordError::Hash(error.to_string()))
    })
    .await
    .map_err(PasswordError::Thread)?
}

/// What is weak about a new password of a person of whom `about` is known.
///
/// # Errors
/// If the thread ended.
pub async fn weakness(password: SecretString, about: Vec<String>) -> Result<Option<Weakness>, PasswordError> {
    let _permit = AT_ONCE.acquire().await;
    tokio::task::spawn_blocking(move || strength::weakness(password.expose_secret(), &about))
        .await
        .map_err(PasswordError::Thread)
}

/// Whether the password belongs to the hash. Without a hash the answer is no and takes as long.
///
/// # Errors
/// If the thread ended.
pub async fn matches(password: SecretString, phc: Option<String>) -> Result<bool, PasswordError> {
    let _permit = AT_ONCE.acquire().await;
    tokio::task::spawn_blocking(move || {
        let known = phc.is_some() && password.expose_secret().len() <= MAX_BYTES;
        let phc = phc.unwrap_or_else(|| NOBODYS_HASH.to_owned());
        let password = password.expose_secret().as_bytes();
        let verified = PasswordHash::new(&phc).is_ok_and(|hash| {
            Argon2::default().verify_password(&password[..password.len().min(MAX_BYTES)], &hash).is_ok()
        });
        verified && known
    })
    .await
    .map_err(PasswordError::Thread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let phc = hash(&Chance::seeded(1), "richtig-lang-genug".into()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(matches("richtig-lang-genug".into(), Some(phc.clone())).await.unwrap());
        assert!(!matches("falsch-lang-genug".into(), Some(phc)).await.unwrap());
    }

    #[tokio::test]
    async fn nobody_has_no_password_but_a_hash_of_the_usual_cost() {
        assert!(PasswordHash::new(NOBODYS_HASH).is_ok());
        assert!(!matches("irgendetwas".into(), None).await.unwrap());
    }
}
