//! What members pay for their membership by year; a mistake is taken back by a counter entry.

use abruf_domain::ids::{OrganisationId, PersonId};
use abruf_domain::money::Net;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;

/// A contribution, or its counter entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contribution {
    /// Which.
    pub id: Uuid,
    /// Calendar year it is for.
    pub year: i32,
    /// Net amount in euros; negative in a counter entry.
    pub net: Net,
    /// Date of the notice or resolution, or of the counter entry.
    pub dated_on: NaiveDate,
    /// The notice or resolution; why, in a counter entry.
    pub document: String,
    /// The entry this one takes back.
    pub reverses: Option<Uuid>,
    /// Whether it was taken back.
    pub reversed: bool,
}

/// The contributions of a member to its body, the newest first.
pub async fn of_member(
    conn: &mut PgConnection,
    body: OrganisationId,
    member: OrganisationId,
) -> Result<Vec<Contribution>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id, c.year, c.net, c.dated_on, c.document, c.reverses_id,
                  EXISTS (SELECT FROM membership_contribution r WHERE r.reverses_id = c.id) AS "reversed!"
           FROM membership_contribution c
           WHERE c.body_id = $1 AND c.member_id = $2
           ORDER BY c.at DESC, c.id DESC"#,
        body.0,
        member.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Contribution {
                id: row.id,
                year: row.year,
                net: consistent(Net::new(row.net), "membership_contribution", "net", row.id)?,
                dated_on: row.dated_on,
                document: row.document,
                reverses: row.reverses_id,
                reversed: row.reversed,
            })
        })
        .collect()
}

/// Writes a contribution; the same document once per member (`membership_contribution_document_once`).
pub async fn insert(
    conn: &mut PgConnection,
    body: OrganisationId,
    member: OrganisationId,
    new: &Contribution,
    person: PersonId,
    at: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO membership_contribution (id, body_id, member_id, year, net, dated_on, document, reverses_id, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        new.id,
        body.0,
        member.0,
        new.year,
        new.net.decimal(),
        new.dated_on,
        new.document,
        new.reverses,
        person.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether the member belonged to the body on a day of this year.
pub async fn was_member(
    conn: &mut PgConnection,
    body: OrganisationId,
    member: OrganisationId,
    year: i32,
) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM membership
                          WHERE body_id = $1 AND member_id = $2 AND extract(year FROM effective_from)::int <= $3
                            AND (effective_to IS NULL OR $3 <= extract(year FROM effective_to)::int)) AS "was!""#,
        body.0,
        member.0,
        year
    )
    .fetch_one(conn)
    .await?)
}
