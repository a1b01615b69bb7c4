//! Price indexes and their published values: recorded by one person, released by a second.

use abruf_domain::ids::{IndexSeriesId, OrganisationId, PersonId};
use abruf_domain::money::IndexPoints;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;

/// A price index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// Which.
    pub id: IndexSeriesId,
    /// Name with base year.
    pub name: String,
    /// Who publishes it and where.
    pub source: String,
    /// Values that wait for a second person.
    pub waiting: i64,
    /// Numbers of contracts with a price that follows it.
    pub contracts: Vec<String>,
}

/// The visible indexes, by name.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<Series>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT s.id, s.name, s.source,
                  (SELECT count(*) FROM index_value v WHERE v.series_id = s.id AND v.released_at IS NULL) AS "waiting!",
                  ARRAY(SELECT DISTINCT f.number
                        FROM price_term p
                        JOIN framework_contract f ON f.id = p.contract_id
                        WHERE p.kind = 'index' AND p.clause ->> 'series' = s.id::text
                        ORDER BY f.number) AS "contracts!"
           FROM index_series s
           ORDER BY s.name"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Series {
            id: IndexSeriesId(row.id),
            name: row.name,
            source: row.source,
            waiting: row.waiting,
            contracts: row.contracts,
        })
        .collect())
}

/// Enters an index; `false` if the body has one of this name.
pub async fn insert(
    conn: &mut PgConnection,
    id: IndexSeriesId,
    body: OrganisationId,
    name: &str,
    source: &str,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "INSERT INTO index_series (id, body_id, name, source) VALUES ($1, $2, $3, $4)
         ON CONFLICT ON CONSTRAINT index_series_name_unique DO NOTHING",
        id.0,
        body.0,
        name,
        source,
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A published value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Which.
    pub id: Uuid,
    /// First day of its month; `None` where nobody has said.
    pub month: Option<NaiveDate>,
    /// Day of publication.
    pub published_on: NaiveDate,
    /// The value.
    pub points: IndexPoints,
    /// Published as provisional: no price follows it.
    pub provisional: bool,
    /// Who recorded it.
    pub recorded_by: PersonId,
    /// Their name.
    pub recorded_by_name: String,
    /// Name of the second person, once it is released.
    pub released_by: Option<String>,
    /// When it was released; `None`: it still waits.
    pub released_at: Option<DateTime<Utc>>,
}

/// The values of an index, latest publication first.
pub async fn values(conn: &mut PgConnection, series: IndexSeriesId) -> Result<Vec<Value>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT v.id, v.month, v.published_on, v.points, v.provisional, v.recorded_by,
                  coalesce(w.name, '') AS "recorded_by_name!", r.name AS "released_by?", v.released_at
           FROM index_value v
           LEFT JOIN person w ON w.id = v.recorded_by
           LEFT JOIN person r ON r.id = v.released_by
           WHERE v.series_id = $1
           ORDER BY v.published_on DESC, v.month DESC NULLS LAST, v.id"#,
        series.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Value {
                points: consistent(IndexPoints::new(row.points), "index_value", "points", row.id)?,
                id: row.id,
                month: row.month,
                published_on: row.published_on,
                provisional: row.provisional,
                recorded_by: PersonId(row.recorded_by),
                recorded_by_name: row.recorded_by_name,
                released_by: row.released_by,
                released_at: row.released_at,
            })
        })
        .collect()
}

/// A value as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewValue {
    /// First day of its month.
    pub month: NaiveDate,
    /// Day of publication.
    pub published_on: NaiveDate,
    /// The value.
    pub points: IndexPoints,
    /// Published as provisional.
    pub provisional: bool,
}

/// Records a value; `false` if the index has one of this month and kind.
pub async fn insert_value(
    conn: &mut PgConnection,
    id: Uuid,
    series: IndexSeriesId,
    new: &NewValue,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "INSERT INTO index_value (series_id, id, month, published_on, points, provisional, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (series_id, month, provisional) DO NOTHING",
        series.0,
        id,
        new.month,
        new.published_on,
        new.points.decimal(),
        new.provisional,
        by.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Releases a value that waits; `false` if it does not.
pub async fn release(
    conn: &mut PgConnection,
    series: IndexSeriesId,
    id: Uuid,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "UPDATE index_value SET released_by = $3, released_at = $4
         WHERE series_id = $1 AND id = $2 AND released_at IS NULL",
        series.0,
        id,
        by.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes back a value that waits; `false` if it does not.
pub async fn remove(conn: &mut PgConnection, series: IndexSeriesId, id: Uuid) -> Result<bool, StorageError> {
    let done =
        sqlx::query!("DELETE FROM index_value WHERE series_id = $1 AND id = $2 AND released_at IS NULL", series.0, id)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}
