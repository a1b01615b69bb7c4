//! What the program still has to do by itself, kind by kind.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::StorageError;

/// Work of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Kind of an outbox row, or `mail`, `account_mail`, `newcomer_mail`.
    pub kind: String,
    /// Pieces not done.
    pub open: i64,
    /// Pieces that failed three times or more; of mails, given up in the last seven days.
    pub failing: i64,
    /// Since when the oldest open piece waits.
    pub oldest: Option<DateTime<Utc>>,
}

/// Every kind with something open or failing; as a job.
pub async fn by_kind(conn: &mut PgConnection, now: DateTime<Utc>) -> Result<Vec<Waiting>, StorageError> {
    Ok(sqlx::query_as!(
        Waiting,
        r#"SELECT kind AS "kind!", open AS "open!", failing AS "failing!", oldest
           FROM (
               SELECT o.kind, count(*) AS open, count(*) FILTER (WHERE 3 <= o.attempts) AS failing, min(o.created_at) AS oldest
               FROM outbox o WHERE o.done_at IS NULL GROUP BY o.kind
               UNION ALL
               SELECT 'mail', count(*) FILTER (WHERE m.ended_at IS NULL),
                      count(*) FILTER (WHERE m.state = 'failed' AND $1::timestamptz - interval '7 days' < m.ended_at),
                      min(m.created_at) FILTER (WHERE m.ended_at IS NULL)
               FROM mail m
               UNION ALL
               SELECT 'account_mail', count(*) FILTER (WHERE a.ended_at IS NULL),
                      count(*) FILTER (WHERE a.state = 'failed' AND $1 - interval '7 days' < a.ended_at),
                      min(a.created_at) FILTER (WHERE a.ended_at IS NULL)
               FROM account_mail a
               UNION ALL
               SELECT 'newcomer_mail', count(*) FILTER (WHERE n.ended_at IS NULL),
                      count(*) FILTER (WHERE n.state = 'failed' AND $1 - interval '7 days' < n.ended_at),
                      min(n.created_at) FILTER (WHERE n.ended_at IS NULL)
               FROM newcomer_mail n) work
           WHERE 0 < open OR 0 < failing
           ORDER BY kind"#,
        now
    )
    .fetch_all(conn)
    .await?)
}
