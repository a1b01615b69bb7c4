//! Frozen meeting reports: what was counted, beside the certificate that is their paper.

use abruf_domain::ids::{OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// A report to be frozen; its certificate has the same id.
#[derive(Debug)]
pub struct NewMeetingReport<'a> {
    /// The certificate.
    pub id: Uuid,
    /// The purchasing body.
    pub body: OrganisationId,
    /// Calendar year it reports on.
    pub year: i32,
    /// Day of the meeting.
    pub meeting_on: NaiveDate,
    /// Which meeting.
    pub meeting: &'a str,
    /// Counts the reports of the body in the year of the meeting.
    pub sequence: i32,
    /// State of the data.
    pub as_of: DateTime<Utc>,
    /// Canonical JSON of the call-offs behind the figures.
    pub call_offs: &'a str,
    /// SHA-256 of it.
    pub call_offs_sha256: &'a [u8; 32],
    /// The report frozen before.
    pub previous: Option<Uuid>,
    /// Who froze it.
    pub by: PersonId,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a report; it can never be changed again.
pub async fn insert(conn: &mut PgConnection, new: &NewMeetingReport<'_>) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO meeting_report (id, body_id, year, meeting_on, meeting, sequence, as_of, call_offs, call_offs_sha256,
                                     previous_id, frozen_by, frozen_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        new.id,
        new.body.0,
        new.year,
        new.meeting_on,
        new.meeting,
        new.sequence,
        new.as_of,
        new.call_offs,
        &new.call_offs_sha256[..],
        new.previous,
        new.by.0,
        new.at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The report about this year for this meeting, if somebody has frozen it.
pub async fn of_meeting(
    conn: &mut PgConnection,
    body: OrganisationId,
    year: i32,
    meeting_on: NaiveDate,
) -> Result<Option<Uuid>, StorageError> {
    Ok(sqlx::query_scalar!(
        "SELECT id FROM meeting_report WHERE body_id = $1 AND year = $2 AND meeting_on = $3",
        body.0,
        year,
        meeting_on
    )
    .fetch_optional(conn)
    .await?)
}

/// The next number of the body for meetings of the year of this day.
pub async fn next_sequence(
    conn: &mut PgConnection,
    body: OrganisationId,
    meeting_on: NaiveDate,
) -> Result<i32, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT coalesce(max(sequence), 0) + 1 AS "next!"
           FROM meeting_report
           WHERE body_id = $1 AND extract(year FROM meeting_on) = extract(year FROM $2::date)"#,
        body.0,
        meeting_on
    )
    .fetch_one(conn)
    .await?)
}

/// A report against which later ones tell what changed.
#[derive(Debug, Clone)]
pub struct Frozen {
    /// Which.
    pub id: Uuid,
    /// `SB-2026-01`.
    pub number: String,
    /// Calendar year it reports on.
    pub year: i32,
    /// State of its data.
    pub as_of: DateTime<Utc>,
    /// Canonical JSON of its call-offs.
    pub call_offs: String,
}

/// The report of the body that was frozen last, or, given one, the one it followed.
pub async fn before(
    conn: &mut PgConnection,
    body: OrganisationId,
    report: Option<Uuid>,
) -> Result<Option<Frozen>, StorageError> {
    Ok(sqlx::query_as!(
        Frozen,
        "SELECT r.id, c.number, r.year, r.as_of, r.call_offs
         FROM meeting_report r
         JOIN certificate c ON c.id = r.id
         WHERE r.body_id = $1
           AND ($2::uuid IS NULL OR r.id = (SELECT n.previous_id FROM meeting_report n WHERE n.id = $2))
         ORDER BY r.frozen_at DESC, r.id DESC
         LIMIT 1",
        body.0,
        report
    )
    .fetch_optional(conn)
    .await?)
}

/// A report of a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Which.
    pub id: Uuid,
    /// `SB-2026-01`.
    pub number: String,
    /// Calendar year it reports on.
    pub year: i32,
    /// Day of the meeting.
    pub meeting_on: NaiveDate,
    /// Which meeting.
    pub meeting: String,
    /// State of the data.
    pub as_of: DateTime<Utc>,
    /// When it was frozen.
    pub frozen_at: DateTime<Utc>,
    /// By whom; empty if that person cannot be seen.
    pub frozen_by: String,
    /// Prüfkennung.
    pub check_code: String,
    /// SHA-256 of the file.
    pub sha256: Vec<u8>,
    /// SHA-256 of the list of call-offs.
    pub call_offs_sha256: Vec<u8>,
    /// Pages of the file.
    pub pages: i32,
    /// What it was made from: canonical JSON with the report as `data`.
    pub input: String,
}

/// A part of the visible reports, newest meeting first.
pub async fn page(conn: &mut PgConnection, limit: i64, offset: i64) -> Result<Vec<Listed>, StorageError> {
    select(conn, None, limit, offset).await
}

/// A visible report.
pub async fn find(conn: &mut PgConnection, id: Uuid) -> Result<Option<Listed>, StorageError> {
    Ok(select(conn, Some(id), 1, 0).await?.into_iter().next())
}

async fn select(
    conn: &mut PgConnection,
    id: Option<Uuid>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Listed>, StorageError> {
    Ok(sqlx::query_as!(
        Listed,
        r#"SELECT r.id, c.number, r.year, r.meeting_on, r.meeting, r.as_of, r.frozen_at, coalesce(p.name, '') AS "frozen_by!",
                  c.check_code, c.sha256, r.call_offs_sha256, c.pages, c.input
           FROM meeting_report r
           JOIN certificate c ON c.id = r.id
           LEFT JOIN person p ON p.id = r.frozen_by
           WHERE $1::uuid IS NULL OR r.id = $1
           ORDER BY r.meeting_on DESC, r.frozen_at DESC, r.id
           LIMIT $2 OFFSET $3"#,
        id,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}

/// How many reports are visible.
pub async fn count(conn: &mut PgConnection) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM meeting_report"#).fetch_one(conn).await?)
}

/// The frozen list of call-offs of a visible report.
pub async fn call_offs(conn: &mut PgConnection, id: Uuid) -> Result<Option<String>, StorageError> {
    Ok(sqlx::query_scalar!("SELECT call_offs FROM meeting_report WHERE id = $1", id).fetch_optional(conn).await?)
}
