//! How far the demo load of this installation has come: three columns of its one row.

use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::StorageError;
use super::error::affected;

/// Notes that a load with this seed and anchor day begins. Whoever tries the demo has no second factor at hand: this
/// row, and no default of the program, lets its accounts do without.
pub async fn begin(conn: &mut PgConnection, seed: i64, anchor: NaiveDate) -> Result<(), StorageError> {
    let done =
        sqlx::query!("UPDATE installation SET demo_seed = $1, demo_anchor = $2, second_factor = 'off'", seed, anchor)
            .execute(conn)
            .await?;
    affected("begin the demo load", 1, done.rows_affected())
}

/// Notes that the load is complete.
pub async fn finish(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE installation SET demo_loaded_at = $1 WHERE demo_anchor IS NOT NULL AND demo_loaded_at IS NULL",
        now
    )
    .execute(conn)
    .await?;
    affected("finish the demo load", 1, done.rows_affected())
}

/// Whether nobody and nothing has been entered yet.
pub async fn is_empty(conn: &mut PgConnection) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT NOT EXISTS (SELECT FROM organisation) AND NOT EXISTS (SELECT FROM person)
                  AND NOT EXISTS (SELECT FROM framework_contract) AS "empty!""#
    )
    .fetch_one(conn)
    .await?)
}

/// How many call-offs there are in each state.
pub async fn call_offs_by_status(conn: &mut PgConnection) -> Result<Vec<(String, i64)>, StorageError> {
    let rows = sqlx::query!(r#"SELECT status, count(*) AS "count!" FROM call_off GROUP BY status ORDER BY status"#)
        .fetch_all(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.status, row.count)).collect())
}
