//! Proposals and decisions of meetings: rows of their own, attached to a report by the day of its meeting.

use abruf_domain::ids::{OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// A proposal or decision to be recorded.
#[derive(Debug)]
pub struct NewResolution<'a> {
    /// Which.
    pub id: Uuid,
    /// The purchasing body.
    pub body: OrganisationId,
    /// Day of the meeting.
    pub meeting_on: NaiveDate,
    /// Number in the agenda or the minutes.
    pub number: &'a str,
    /// proposal or decision.
    pub kind: &'a str,
    /// The text.
    pub wording: &'a str,
    /// Its date.
    pub dated_on: NaiveDate,
    /// Who recorded it.
    pub by: PersonId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Records it; what was wrong is followed by another one.
pub async fn insert(conn: &mut PgConnection, new: &NewResolution<'_>) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO resolution (id, body_id, meeting_on, number, kind, wording, dated_on, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        new.body.0,
        new.meeting_on,
        new.number,
        new.kind,
        new.wording,
        new.dated_on,
        new.by.0,
        new.at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A recorded proposal or decision.
#[derive(Debug, Clone)]
pub struct Resolution {
    /// Which.
    pub id: Uuid,
    /// Number in the agenda or the minutes.
    pub number: String,
    /// proposal or decision.
    pub kind: String,
    /// The text.
    pub wording: String,
    /// Its date.
    pub dated_on: NaiveDate,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
}

impl Resolution {
    /// What it is, in German.
    #[must_use]
    pub fn german(&self) -> &'static str {
        if self.kind == "decision" { "Beschluss" } else { "Beschlussvorlage" }
    }
}

/// What is on record for the meeting of this day, in the order it was recorded.
pub async fn of_meeting(
    conn: &mut PgConnection,
    body: OrganisationId,
    meeting_on: NaiveDate,
) -> Result<Vec<Resolution>, StorageError> {
    Ok(sqlx::query_as!(
        Resolution,
        "SELECT id, number, kind, wording, dated_on, recorded_at
         FROM resolution
         WHERE body_id = $1 AND meeting_on = $2
         ORDER BY recorded_at, id",
        body.0,
        meeting_on
    )
    .fetch_all(conn)
    .await?)
}

/// Days of meetings for which something is on record but no report is frozen, next meeting last, with the count.
pub async fn without_report(
    conn: &mut PgConnection,
    body: OrganisationId,
) -> Result<Vec<(NaiveDate, i64)>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT s.meeting_on, count(*) AS "count!"
           FROM resolution s
           WHERE s.body_id = $1
             AND NOT EXISTS (SELECT FROM meeting_report r WHERE r.body_id = s.body_id AND r.meeting_on = s.meeting_on)
           GROUP BY s.meeting_on
           ORDER BY s.meeting_on"#,
        body.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.meeting_on, row.count)).collect())
}
