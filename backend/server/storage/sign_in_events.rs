//! What happened at the door, for the person and for the administration. Addresses of clients are shortened before they
//! come here.

use abruf_domain::ids::PersonId;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// Where a request came from, as far as it is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Shortened address: `203.0.113.0`, `2001:db8:1::`; empty for the command line.
    pub network: String,
    /// Browser and system in words.
    pub client: String,
}

/// An event to be written.
#[derive(Debug, Clone)]
pub struct NewEvent<'a> {
    /// Which.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// What, as the chain names it.
    pub kind: &'a str,
    /// Whose account; `None`: of nobody.
    pub person: Option<PersonId>,
    /// Who did it to them.
    pub by: Option<PersonId>,
    /// The session it is about.
    pub session: Option<Uuid>,
    /// Where it came from.
    pub origin: &'a Origin,
}

/// Writes an event.
pub async fn insert(conn: &mut PgConnection, event: &NewEvent<'_>) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO sign_in_event (id, at, kind, person_id, by_id, session_id, network, client)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        event.id,
        event.at,
        event.kind,
        event.person.map(|it| it.0),
        event.by.map(|it| it.0),
        event.session,
        event.origin.network,
        event.origin.client
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An event in a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Which.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub kind: String,
    /// Whose account, if visible.
    pub person: Option<Uuid>,
    /// Their name.
    pub name: Option<String>,
    /// Their sign-in name.
    pub email: Option<String>,
    /// Who did it to them, by name.
    pub by: Option<String>,
    /// Shortened address.
    pub network: String,
    /// Browser and system.
    pub client: String,
}

/// Which events are asked for. Empty fields ask for all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Of this person.
    pub person: Option<PersonId>,
    /// Of these kinds.
    pub kinds: &'a [String],
    /// Words in name or sign-in name.
    pub words: &'a str,
    /// First day, in Berlin.
    pub from: Option<NaiveDate>,
    /// Last day.
    pub to: Option<NaiveDate>,
}

/// The visible events, newest first.
pub async fn page(
    conn: &mut PgConnection,
    filter: Filter<'_>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Listed>, StorageError> {
    Ok(sqlx::query_as!(
        Listed,
        r#"SELECT e.id, e.at, e.kind, e.person_id AS person, p.name AS "name?", p.email AS "email?", b.name AS "by?", e.network, e.client
           FROM sign_in_event e
           LEFT JOIN person p ON p.id = e.person_id
           LEFT JOIN person b ON b.id = e.by_id
           WHERE ($1::uuid IS NULL OR e.person_id = $1)
             AND ($2::text[] = '{}' OR e.kind = ANY ($2))
             AND ($3::text = '' OR strpos(lower(concat_ws(' ', p.name, p.email)), lower($3)) > 0)
             AND ($4::date IS NULL OR $4 <= (e.at AT TIME ZONE 'Europe/Berlin')::date)
             AND ($5::date IS NULL OR (e.at AT TIME ZONE 'Europe/Berlin')::date <= $5)
           ORDER BY e.at DESC, e.id DESC
           LIMIT $6 OFFSET $7"#,
        filter.person.map(|it| it.0),
        filter.kinds,
        filter.words.trim(),
        filter.from,
        filter.to,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}

/// How many there are.
pub async fn count(conn: &mut PgConnection, filter: Filter<'_>) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
           FROM sign_in_event e
           LEFT JOIN person p ON p.id = e.person_id
           WHERE ($1::uuid IS NULL OR e.person_id = $1)
             AND ($2::text[] = '{}' OR e.kind = ANY ($2))
             AND ($3::text = '' OR strpos(lower(concat_ws(' ', p.name, p.email)), lower($3)) > 0)
             AND ($4::date IS NULL OR $4 <= (e.at AT TIME ZONE 'Europe/Berlin')::date)
             AND ($5::date IS NULL OR (e.at AT TIME ZONE 'Europe/Berlin')::date <= $5)"#,
        filter.person.map(|it| it.0),
        filter.kinds,
        filter.words.trim(),
        filter.from,
        filter.to
    )
    .fetch_one(conn)
    .await?)
}

/// Deletes the events before an instant; how many. The table keeps what is younger than 30 days whoever asks.
pub async fn forget(conn: &mut PgConnection, before: DateTime<Utc>) -> Result<u64, StorageError> {
    let gone = sqlx::query!("DELETE FROM sign_in_event WHERE at < $1", before).execute(conn).await?;
    Ok(gone.rows_affected())
}
