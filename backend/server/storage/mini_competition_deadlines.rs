//! Deadlines of a mini-competition that were extended: each stays with the reason it was left.

use abruf_domain::ids::{ContractId, MiniCompetitionId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::StorageError;
use super::error::affected;

/// A deadline that was left for a later one.
#[derive(Debug, Clone)]
pub struct Extension {
    /// The deadline that was left.
    pub previous_at: DateTime<Utc>,
    /// The one in its place.
    pub deadline_at: DateTime<Utc>,
    /// Why; all who were asked read it.
    pub reason: String,
    /// Who extended it.
    pub extended_by_name: String,
    /// When.
    pub extended_at: DateTime<Utc>,
}

/// The extensions of a visible competition, oldest first.
pub async fn extensions(conn: &mut PgConnection, id: MiniCompetitionId) -> Result<Vec<Extension>, StorageError> {
    Ok(sqlx::query_as!(
        Extension,
        r#"SELECT e.previous_at, e.deadline_at, e.reason, coalesce(p.name, '') AS "extended_by_name!", e.extended_at
           FROM mini_competition_extension e
           LEFT JOIN person p ON p.id = e.extended_by
           WHERE e.competition_id = $1
           ORDER BY e.previous_at"#,
        id.0
    )
    .fetch_all(conn)
    .await?)
}

/// A later deadline in place of another.
#[derive(Debug, Clone, Copy)]
pub struct NewExtension<'a> {
    /// The deadline that is left.
    pub previous_at: DateTime<Utc>,
    /// The one in its place.
    pub deadline_at: DateTime<Utc>,
    /// Why.
    pub reason: &'a str,
}

/// Writes an extension and puts the new deadline in force.
pub async fn extend(
    conn: &mut PgConnection,
    contract: ContractId,
    id: MiniCompetitionId,
    new: &NewExtension<'_>,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO mini_competition_extension (contract_id, competition_id, previous_at, deadline_at, reason, extended_by, extended_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        contract.0,
        id.0,
        new.previous_at,
        new.deadline_at,
        new.reason,
        by.0,
        now,
    )
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query!(
        "UPDATE mini_competition SET deadline_at = $3 WHERE id = $1 AND state = 'sent' AND opened_by IS NULL AND deadline_at = $2",
        id.0,
        new.previous_at,
        new.deadline_at,
    )
    .execute(conn)
    .await?;
    affected("extend the deadline of a mini-competition", 1, done.rows_affected())
}
