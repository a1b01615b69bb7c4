//! Reads that last: how long a statement may run, and how one is stopped that nobody waits for any more.
//!
//! A result that is dropped half read goes on in the database until its end, and the connection waits for it. So it is
//! stopped there, by whoever knows that nobody reads it.

use std::time::Duration;

use sqlx::PgConnection;

use super::{Db, StorageError};

/// How long each further statement of this transaction may take, the time its rows need to their reader included.
///
/// # Errors
/// If the database fails.
pub async fn limit(conn: &mut PgConnection, longest: Duration) -> Result<(), StorageError> {
    let milliseconds = longest.as_millis().to_string();
    sqlx::query!("SELECT set_config('statement_timeout', $1, true) AS set", milliseconds).fetch_one(conn).await?;
    Ok(())
}

/// The session of the database that serves this connection.
///
/// # Errors
/// If the database fails.
pub async fn session(conn: &mut PgConnection) -> Result<i32, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT pg_backend_pid() AS "session!""#).fetch_one(conn).await?)
}

/// Stops what a session of ours is reading; nothing where it is reading nothing. Only for whoever holds the connection of
/// that session: another one's statement would be stopped in its place.
///
/// # Errors
/// If the database fails.
pub async fn stop(db: &Db, session: i32) -> Result<(), StorageError> {
    sqlx::query!("SELECT pg_cancel_backend($1) AS stopped", session).fetch_one(db.pool()).await?;
    Ok(())
}

/// Waits until a connection whose statement was stopped, and dropped half read, is at its end: the word that it was stopped
/// comes with the next statement, and that shall not be the one that ends the transaction.
pub async fn hear_the_end(conn: &mut PgConnection) {
    if let Err(error) = session(conn).await {
        tracing::debug!(%error, "what was being read was stopped");
    }
}
