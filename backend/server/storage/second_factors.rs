//! Second factors: sealed secrets, the last code taken, recovery codes by their hashes.

use abruf_domain::ids::PersonId;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;

use super::StorageError;
use super::error::affected;

/// A second factor as it is stored. `Debug` shows no secret.
#[derive(Clone)]
pub struct Factor {
    /// The shared secret, sealed.
    pub sealed: Vec<u8>,
    /// First right code; none before it.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Time step of the last code taken.
    pub last_step: i64,
}

impl std::fmt::Debug for Factor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Factor").field("confirmed_at", &self.confirmed_at).finish_non_exhaustive()
    }
}

/// The factor of a person, confirmed or only proposed.
pub async fn find(conn: &mut PgConnection, person: PersonId) -> Result<Option<Factor>, StorageError> {
    Ok(sqlx::query_as!(
        Factor,
        "SELECT sealed, confirmed_at, last_step FROM second_factor WHERE person_id = $1",
        person.0
    )
    .fetch_optional(conn)
    .await?)
}

/// Proposes a secret, unless there is one already: two tabs show the same one.
pub async fn propose(
    conn: &mut PgConnection,
    person: PersonId,
    sealed: &[u8],
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO second_factor (person_id, sealed, created_at) VALUES ($1, $2, $3) ON CONFLICT (person_id) DO NOTHING",
        person.0,
        sealed,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The first right code was typed; false if that has happened.
pub async fn confirm(
    conn: &mut PgConnection,
    person: PersonId,
    step: i64,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "UPDATE second_factor SET confirmed_at = $3, last_step = $2 WHERE person_id = $1 AND confirmed_at IS NULL",
        person.0,
        step,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes the code of this step; false if it or a later one was taken meanwhile.
pub async fn take_step(conn: &mut PgConnection, person: PersonId, step: i64) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "UPDATE second_factor SET last_step = $2 WHERE person_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2",
        person.0,
        step
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes factor and recovery codes away.
pub async fn remove(conn: &mut PgConnection, person: PersonId) -> Result<(), StorageError> {
    sqlx::query!("DELETE FROM recovery_code WHERE person_id = $1", person.0).execute(&mut *conn).await?;
    sqlx::query!("DELETE FROM second_factor WHERE person_id = $1", person.0).execute(conn).await?;
    Ok(())
}

/// Whether a person needs a second factor for what they may do at this instant.
pub async fn is_needed(
    conn: &mut PgConnection,
    person: PersonId,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM assignment
               WHERE person_id = $1 AND role IN ('approver', 'office', 'administrator')
                 AND valid_from <= $2 AND (valid_to IS NULL OR $2 <= valid_to)
                 AND (ends_at IS NULL OR $3 < ends_at)) AS "needed!""#,
        person.0,
        today,
        now
    )
    .fetch_one(conn)
    .await?)
}

/// Replaces the recovery codes of a person.
pub async fn replace_codes(
    conn: &mut PgConnection,
    person: PersonId,
    hashes: &[[u8; 32]],
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!("DELETE FROM recovery_code WHERE person_id = $1", person.0).execute(&mut *conn).await?;
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
    let done = sqlx::query!(
        "INSERT INTO recovery_code (person_id, code_sha256, created_at) SELECT $1, code, $3 FROM unnest($2::bytea[]) AS code",
        person.0,
        &hashes,
        now
    )
    .execute(conn)
    .await?;
    affected("draw recovery codes", hashes.len() as u64, done.rows_affected())
}

/// Uses a recovery code up; false if there is none such.
pub async fn use_code(
    conn: &mut PgConnection,
    person: PersonId,
    hash: &[u8; 32],
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "UPDATE recovery_code SET used_at = $3 WHERE person_id = $1 AND code_sha256 = $2 AND used_at IS NULL",
        person.0,
        &hash[..],
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Recovery codes that are left.
pub async fn codes_left(conn: &mut PgConnection, person: PersonId) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "left!" FROM recovery_code WHERE person_id = $1 AND used_at IS NULL"#,
        person.0
    )
    .fetch_one(conn)
    .await?)
}
