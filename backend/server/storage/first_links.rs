//! Links into an installation in which nobody can sign in yet. Only the hash of a token is stored.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::StorageError;

/// Waits until nobody else founds the house, to the end of the transaction: two forms sent at once make one.
pub async fn hold(conn: &mut PgConnection) -> Result<(), StorageError> {
    sqlx::query_scalar!("SELECT pg_advisory_xact_lock(20261125140100) IS NULL").fetch_one(conn).await?;
    Ok(())
}

/// Whether nobody has a password yet, and nobody has come in without one, by the sign-in of another house.
pub async fn nobody_can_enter(conn: &mut PgConnection) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (
               SELECT FROM person p
               WHERE NOT p.technical
                 AND (p.password_hash IS NOT NULL OR EXISTS (SELECT FROM session s WHERE s.person_id = p.id))) AS "nobody!""#
    )
    .fetch_one(conn)
    .await?)
}

/// Stores a link; those before it open nothing any more.
pub async fn insert(
    conn: &mut PgConnection,
    token_sha256: &[u8],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO first_link (token_sha256, created_at, expires_at) VALUES ($1, $2, $3)",
        token_sha256,
        now,
        expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether the link is the newest one and not over.
pub async fn opens(conn: &mut PgConnection, token_sha256: &[u8], now: DateTime<Utc>) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM first_link l
               WHERE l.token_sha256 = $1 AND $2 < l.expires_at
                 AND NOT EXISTS (SELECT FROM first_link n WHERE l.created_at < n.created_at)) AS "opens!""#,
        token_sha256,
        now
    )
    .fetch_one(conn)
    .await?)
}
