//! What a new installation has and lacks, and how it is doing: for the first steps and for whoever runs it.

use abruf_domain::ids::OrganisationId;
use chrono::NaiveDate;
use sqlx::PgConnection;

use super::StorageError;

/// Whether nobody has an account yet.
pub async fn nobody_is_there(conn: &mut PgConnection) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT NOT EXISTS (SELECT FROM person WHERE NOT technical) AS "nobody!""#)
        .fetch_one(conn)
        .await?)
}

/// What a body has.
#[derive(Debug, Clone)]
pub struct Steps {
    /// Street, town and mail address of the body are there.
    pub address: bool,
    /// Somebody acts for its office.
    pub office: bool,
    /// It has a letterhead of its own.
    pub letterhead: bool,
    /// The register of municipalities is there.
    pub register: bool,
    /// A contract is there.
    pub contract: bool,
    /// A member is there.
    pub member: bool,
    /// A restore test has passed.
    pub restore_test: bool,
}

/// What the body has; as a job.
pub async fn of_body(conn: &mut PgConnection, body: OrganisationId, today: NaiveDate) -> Result<Steps, StorageError> {
    Ok(sqlx::query_as!(
        Steps,
        r#"SELECT o.street <> '' AND o.town <> '' AND o.email <> '' AS "address!",
                  EXISTS (SELECT FROM assignment a WHERE a.body_id = o.id AND a.role = 'office'
                          AND a.valid_from <= $2 AND (a.valid_to IS NULL OR $2 <= a.valid_to)) AS "office!",
                  EXISTS (SELECT FROM template_override t WHERE t.body_id = o.id) AS "letterhead!",
                  EXISTS (SELECT FROM register_entry) AS "register!",
                  EXISTS (SELECT FROM framework_contract f WHERE f.body_id = o.id) AS "contract!",
                  EXISTS (SELECT FROM organisation_role r WHERE r.body_id = o.id AND r.role = 'member') AS "member!",
                  EXISTS (SELECT FROM restore_test t WHERE t.body_id = o.id AND t.passed) AS "restore_test!"
           FROM organisation o
           WHERE o.id = $1"#,
        body.0,
        today
    )
    .fetch_one(conn)
    .await?)
}

/// How the installation is doing.
#[derive(Debug, Clone)]
pub struct State {
    /// Version of PostgreSQL.
    pub server: String,
    /// Bytes of the database.
    pub bytes: i64,
    /// Mails that wait or are being sent.
    pub mails_waiting: i64,
    /// Mails given up in the last seven days.
    pub mails_failed: i64,
    /// Sessions that have not ended.
    pub sessions: i64,
}

/// Reads it; as a job.
pub async fn state(conn: &mut PgConnection, now: chrono::DateTime<chrono::Utc>) -> Result<State, StorageError> {
    Ok(sqlx::query_as!(
        State,
        r#"SELECT current_setting('server_version') AS "server!", pg_database_size(current_database()) AS "bytes!",
                  (SELECT count(*) FROM mail WHERE ended_at IS NULL) AS "mails_waiting!",
                  (SELECT count(*) FROM mail WHERE state = 'failed' AND $1::timestamptz - interval '7 days' < ended_at) AS "mails_failed!",
                  (SELECT count(*) FROM session WHERE revoked_at IS NULL AND $1 < expires_at) AS "sessions!""#,
        now
    )
    .fetch_one(conn)
    .await?)
}
