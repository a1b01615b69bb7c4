//! The one row of the installation: its keys and the state of its demo.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use crate::storage::StorageError;

/// Keys and state of this installation. `Debug` shows no key.
#[derive(Clone)]
pub struct Installation {
    /// Private Ed25519 key, PKCS#8, that signs session tokens.
    pub session_key: Vec<u8>,
    /// Key of the form tokens.
    pub csrf_key: Vec<u8>,
    /// Seed of the demo data, where there is a demo.
    pub demo_seed: Option<i64>,
    /// Day the demo data are anchored to.
    pub demo_anchor: Option<NaiveDate>,
    /// When the demo load was complete.
    pub demo_loaded_at: Option<DateTime<Utc>>,
    /// `required`, or `off`: nobody has to have a second factor; in a demo only, the table refuses it elsewhere.
    pub second_factor: String,
    /// After a restore nothing leaves the house until an operator says so.
    pub outbox_held: bool,
}

impl std::fmt::Debug for Installation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Installation")
            .field("demo_seed", &self.demo_seed)
            .field("demo_anchor", &self.demo_anchor)
            .field("demo_loaded_at", &self.demo_loaded_at)
            .field("second_factor", &self.second_factor)
            .field("outbox_held", &self.outbox_held)
            .finish_non_exhaustive()
    }
}

/// Writes the keys unless there are some, and returns the ones that count.
///
/// Two programs may start at once on one database: the first row stays, both read it.
pub async fn ensure(tx: &mut PgConnection, session_key: &[u8], csrf_key: &[u8]) -> Result<Installation, StorageError> {
    sqlx::query!(
        "INSERT INTO installation (session_key, csrf_key) VALUES ($1, $2) ON CONFLICT (only_row) DO NOTHING",
        session_key,
        csrf_key,
    )
    .execute(&mut *tx)
    .await?;
    Ok(sqlx::query_as!(
        Installation,
        "SELECT session_key, csrf_key, demo_seed, demo_anchor, demo_loaded_at, second_factor, outbox_held FROM installation"
    )
    .fetch_one(&mut *tx)
    .await?)
}

/// Whether this database was made for a demo.
pub async fn is_demo(conn: &mut PgConnection) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM installation WHERE demo_seed IS NOT NULL) AS "demo!""#)
        .fetch_one(conn)
        .await?)
}

/// Days after which sign-in events and ended sessions are deleted.
pub async fn sign_in_days(conn: &mut PgConnection) -> Result<i32, StorageError> {
    // Before the first start there is no row; the default of the column counts then.
    Ok(sqlx::query_scalar!(r#"SELECT coalesce(max(sign_in_days), 180) AS "days!" FROM installation"#)
        .fetch_one(conn)
        .await?)
}

/// Changes them; the bounds are the column's.
pub async fn keep_sign_ins(conn: &mut PgConnection, days: i32) -> Result<(), StorageError> {
    sqlx::query!("UPDATE installation SET sign_in_days = $1", days).execute(conn).await?;
    Ok(())
}

/// When the last backup was written.
pub async fn backed_up_at(conn: &mut PgConnection) -> Result<Option<DateTime<Utc>>, StorageError> {
    Ok(sqlx::query_scalar!("SELECT max(backed_up_at) FROM installation").fetch_one(conn).await?)
}

/// Notes that a backup was written.
pub async fn note_backup(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<(), StorageError> {
    sqlx::query!("UPDATE installation SET backed_up_at = $1", now).execute(conn).await?;
    Ok(())
}
