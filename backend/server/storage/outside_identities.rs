//! Whose account at an outside provider is whose account here, and sign-ins by a provider that are under way.

use abruf_domain::ids::PersonId;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::storage::StorageError;

/// A person found by who they are at a provider.
#[derive(Debug, Clone)]
pub struct Tied {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// Account of the demo.
    pub demo: bool,
}

/// Who this is here; none if nobody has tied that account.
pub async fn find(tx: &mut PgConnection, issuer: &str, subject: &str) -> Result<Option<Tied>, StorageError> {
    Ok(sqlx::query_as!(
        Tied,
        "SELECT i.person_id AS person, p.name, p.demo
         FROM outside_identity i JOIN person p ON p.id = i.person_id
         WHERE i.issuer = $1 AND i.subject = $2",
        issuer,
        subject
    )
    .fetch_optional(tx)
    .await?)
}

/// Ties an account to a person; false if it, or another one of this provider, is tied already.
pub async fn tie(
    tx: &mut PgConnection,
    (issuer, subject): (&str, &str),
    person: PersonId,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "INSERT INTO outside_identity (issuer, subject, person_id, linked_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        issuer,
        subject,
        person.0,
        now
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes a sign-in.
pub async fn used(tx: &mut PgConnection, issuer: &str, subject: &str, now: DateTime<Utc>) -> Result<(), StorageError> {
    sqlx::query!(
        "UPDATE outside_identity SET last_used_at = $3 WHERE issuer = $1 AND subject = $2",
        issuer,
        subject,
        now
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Loosens what a person has tied to a provider; false if there is nothing.
pub async fn loosen(tx: &mut PgConnection, person: PersonId, issuer: &str) -> Result<bool, StorageError> {
    let done = sqlx::query!("DELETE FROM outside_identity WHERE person_id = $1 AND issuer = $2", person.0, issuer)
        .execute(tx)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// What a person has tied.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The provider.
    pub issuer: String,
    /// Since when.
    pub linked_at: DateTime<Utc>,
    /// Last sign-in by it.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The accounts a person has tied.
pub async fn of_person(tx: &mut PgConnection, person: PersonId) -> Result<Vec<Listed>, StorageError> {
    Ok(sqlx::query_as!(
        Listed,
        "SELECT issuer, linked_at, last_used_at FROM outside_identity WHERE person_id = $1 ORDER BY issuer",
        person.0
    )
    .fetch_all(tx)
    .await?)
}

/// A sign-in that goes to a provider.
#[derive(Debug)]
pub struct UnderWay<'a> {
    /// Hash of what comes back with the answer.
    pub state_sha256: [u8; 32],
    /// Hash of the cookie of the browser.
    pub browser_sha256: [u8; 32],
    /// Which provider.
    pub provider: &'a str,
    /// What its token must repeat.
    pub nonce: &'a str,
    /// PKCE.
    pub verifier: &'a str,
    /// Where to go on.
    pub back_to: &'a str,
    /// The one-time link by which the account is to be tied.
    pub link_sha256: Option<[u8; 32]>,
    /// Who, signed in, ties an account.
    pub person: Option<PersonId>,
    /// A form that met no session, sealed.
    pub kept: Option<&'a str>,
}

/// Keeps it until the answer comes, and forgets those that nobody waits for any more.
pub async fn begin(
    tx: &mut PgConnection,
    it: &UnderWay<'_>,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!("DELETE FROM outside_sign_in WHERE expires_at <= $1", now).execute(&mut *tx).await?;
    sqlx::query!(
        "INSERT INTO outside_sign_in
             (state_sha256, browser_sha256, provider, nonce, verifier, back_to, link_sha256, person_id, kept, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        it.state_sha256.as_slice(),
        it.browser_sha256.as_slice(),
        it.provider,
        it.nonce,
        it.verifier,
        it.back_to,
        it.link_sha256.as_ref().map(<[u8; 32]>::as_slice),
        it.person.map(|it| it.0),
        it.kept,
        now,
        expires_at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// What was waited for.
#[derive(Debug, Clone)]
pub struct Answered {
    /// What the token must repeat.
    pub nonce: String,
    /// PKCE.
    pub verifier: String,
    /// Where to go on.
    pub back_to: String,
    /// Hash of the one-time link.
    pub link_sha256: Option<Vec<u8>>,
    /// Who, signed in, ties an account.
    pub person_id: Option<Uuid>,
    /// A form that met no session, sealed.
    pub kept: Option<String>,
}

/// Takes it out, once: for this state, in this browser, from this provider, in time. Another browser takes nothing out.
pub async fn take(
    tx: &mut PgConnection,
    (state_sha256, browser_sha256): (&[u8], &[u8]),
    provider: &str,
    now: DateTime<Utc>,
) -> Result<Option<Answered>, StorageError> {
    Ok(sqlx::query_as!(
        Answered,
        "DELETE FROM outside_sign_in
         WHERE state_sha256 = $1 AND browser_sha256 = $2 AND provider = $3 AND $4 < expires_at
         RETURNING nonce, verifier, back_to, link_sha256, person_id, kept",
        state_sha256,
        browser_sha256,
        provider,
        now
    )
    .fetch_optional(tx)
    .await?)
}
