//! Links that let a person set a password once. Only the hash of a token is stored.

use abruf_domain::ids::PersonId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::storage::StorageError;

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Made on the command line.
    SetUp,
    /// The administration has invited.
    Invitation,
    /// The person has forgotten their password.
    Recovery,
    /// An emergency access by command line: takes a second factor away, too.
    BreakGlass,
}

impl Purpose {
    /// As the database writes it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::SetUp => "set_up",
            Self::Invitation => "invitation",
            Self::Recovery => "recovery",
            Self::BreakGlass => "break_glass",
        }
    }
}

/// A link that still opens.
#[derive(Debug, Clone)]
pub struct OneTimeLink {
    /// For whom.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Their sign-in name.
    pub email: String,
    /// What it is for, as [`Purpose::key`] writes it.
    pub purpose: String,
}

/// Stores a link.
pub async fn insert(
    tx: &mut PgConnection,
    token_sha256: &[u8],
    person: PersonId,
    (purpose, by): (Purpose, Option<PersonId>),
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO one_time_link (token_sha256, person_id, created_at, expires_at, purpose, created_by)
         VALUES ($1, $2, $3, $4, $5, $6)",
        token_sha256,
        person.0,
        now,
        expires_at,
        purpose.key(),
        by.map(|it| it.0),
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The link, unless it is used or over.
pub async fn find(
    tx: &mut PgConnection,
    token_sha256: &[u8],
    now: DateTime<Utc>,
) -> Result<Option<OneTimeLink>, StorageError> {
    Ok(sqlx::query_as!(
        OneTimeLink,
        "SELECT l.person_id AS person, p.name, p.email, l.purpose
         FROM one_time_link l JOIN person p ON p.id = l.person_id
         WHERE l.token_sha256 = $1 AND l.used_at IS NULL AND $2 < l.expires_at",
        token_sha256,
        now,
    )
    .fetch_optional(tx)
    .await?)
}

/// Uses the link up; false if somebody else was faster or it is over.
pub async fn redeem(tx: &mut PgConnection, token_sha256: &[u8], now: DateTime<Utc>) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "UPDATE one_time_link SET used_at = $2 WHERE token_sha256 = $1 AND used_at IS NULL AND $2 < expires_at",
        token_sha256,
        now,
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Uses up every open link of a person: a newer link or a new password makes them void.
pub async fn void_all(tx: &mut PgConnection, person: PersonId, now: DateTime<Utc>) -> Result<(), StorageError> {
    sqlx::query!("UPDATE one_time_link SET used_at = $2 WHERE person_id = $1 AND used_at IS NULL", person.0, now)
        .execute(tx)
        .await?;
    Ok(())
}
