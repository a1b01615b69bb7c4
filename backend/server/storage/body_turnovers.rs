//! What a body turns over beside the call-offs that Abruf knows.

use abruf_domain::ids::{OrganisationId, PersonId};
use abruf_domain::money::Net;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;

/// Turnover of a year beside orders through the body and fees.
#[derive(Debug, Clone)]
pub struct BodyTurnover {
    /// Which.
    pub id: Uuid,
    /// Calendar year.
    pub year: i32,
    /// With members.
    pub members: Net,
    /// With everybody else.
    pub others: Net,
    /// Where the figures come from.
    pub evidence: String,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

/// Records the turnover of a year; the newest row of a year counts.
pub async fn insert(
    conn: &mut PgConnection,
    body: OrganisationId,
    new: &BodyTurnover,
    by: PersonId,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO body_turnover (id, body_id, year, members_net, others_net, evidence, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        body.0,
        new.year,
        new.members.decimal(),
        new.others.decimal(),
        new.evidence,
        by.0,
        new.recorded_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The row that counts of each year, newest year first.
pub async fn of_years(conn: &mut PgConnection, body: OrganisationId) -> Result<Vec<BodyTurnover>, StorageError> {
    let rows = sqlx::query!(
        "SELECT DISTINCT ON (year) id, year, members_net, others_net, evidence, recorded_at
         FROM body_turnover
         WHERE body_id = $1
         ORDER BY year DESC, recorded_at DESC, id DESC",
        body.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let net = |value, column| consistent(Net::new(value), "body_turnover", column, row.id);
            Ok(BodyTurnover {
                id: row.id,
                year: row.year,
                members: net(row.members_net, "members_net")?,
                others: net(row.others_net, "others_net")?,
                evidence: row.evidence,
                recorded_at: row.recorded_at,
            })
        })
        .collect()
}
