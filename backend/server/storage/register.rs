//! The directory of real municipalities, from which the office admits members (`register_entry`).

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::StorageError;
use super::error::affected;

/// A municipality as the official register words it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterEntry {
    /// Official municipality key (AGS), eight digits.
    pub official_key: String,
    /// Official name.
    pub name: String,
    /// Kind, e.g. Stadt.
    pub kind: String,
    /// District, or the town itself.
    pub district: String,
    /// Verbandsgemeinde; empty if none.
    pub association: String,
    /// Population at the date of the register.
    pub inhabitants: i32,
    /// Area in square kilometres, two decimals.
    pub area_km2: Decimal,
    /// Postcode of the administration.
    pub postcode: String,
    /// Source line that must be printed with the data.
    pub source: String,
}

/// Entries whose name, key, association or district contains every word; towns that begin with the
/// words first, larger ones before smaller.
pub async fn search(conn: &mut PgConnection, words: &str, limit: i64) -> Result<Vec<RegisterEntry>, StorageError> {
    let literal = |word: &str| word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let patterns: Vec<String> = words.split_whitespace().take(8).map(|word| format!("%{}%", literal(word))).collect();
    let beginning = format!("{}%", literal(words.trim()));
    Ok(sqlx::query_as!(
        RegisterEntry,
        "SELECT official_key, name, kind, district, association, inhabitants, area_km2, postcode, source
         FROM register_entry
         WHERE NOT EXISTS (
             SELECT FROM unnest($1::text[]) AS pattern
             WHERE NOT concat_ws(' ', name, official_key, association, district) ILIKE pattern)
         ORDER BY name ILIKE $2 DESC, inhabitants DESC, name, official_key
         LIMIT $3",
        &patterns,
        beginning,
        limit
    )
    .fetch_all(conn)
    .await?)
}

/// The entry with this official key.
pub async fn find(conn: &mut PgConnection, official_key: &str) -> Result<Option<RegisterEntry>, StorageError> {
    Ok(sqlx::query_as!(
        RegisterEntry,
        "SELECT official_key, name, kind, district, association, inhabitants, area_km2, postcode, source
         FROM register_entry
         WHERE official_key = $1",
        official_key
    )
    .fetch_optional(conn)
    .await?)
}

/// The entries with these official keys, by key; keys without an entry are left out.
pub async fn find_all(conn: &mut PgConnection, official_keys: &[String]) -> Result<Vec<RegisterEntry>, StorageError> {
    Ok(sqlx::query_as!(
        RegisterEntry,
        "SELECT official_key, name, kind, district, association, inhabitants, area_km2, postcode, source
         FROM register_entry
         WHERE official_key = ANY ($1)
         ORDER BY official_key",
        official_keys
    )
    .fetch_all(conn)
    .await?)
}

/// Key and name of every entry, by key.
pub async fn names(conn: &mut PgConnection) -> Result<Vec<(String, String)>, StorageError> {
    let rows =
        sqlx::query!("SELECT official_key, name FROM register_entry ORDER BY official_key").fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.official_key, row.name)).collect())
}

/// Inserts entries and overwrites those whose key is there already; no key may occur twice.
pub async fn upsert(
    conn: &mut PgConnection,
    entries: &[&RegisterEntry],
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    let texts =
        |of: fn(&RegisterEntry) -> &str| -> Vec<String> { entries.iter().map(|it| of(it).to_owned()).collect() };
    let inhabitants: Vec<i32> = entries.iter().map(|it| it.inhabitants).collect();
    let areas: Vec<Decimal> = entries.iter().map(|it| it.area_km2).collect();
    let done = sqlx::query!(
        "INSERT INTO register_entry (official_key, name, kind, district, association, inhabitants, area_km2, postcode, source, imported_at)
         SELECT new.*, $10
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::numeric[], $8::text[], $9::text[]) AS new
         ON CONFLICT (official_key) DO UPDATE
         SET name = excluded.name, kind = excluded.kind, district = excluded.district, association = excluded.association,
             inhabitants = excluded.inhabitants, area_km2 = excluded.area_km2, postcode = excluded.postcode,
             source = excluded.source, imported_at = excluded.imported_at",
        &texts(|it| &it.official_key),
        &texts(|it| &it.name),
        &texts(|it| &it.kind),
        &texts(|it| &it.district),
        &texts(|it| &it.association),
        &inhabitants,
        &areas,
        &texts(|it| &it.postcode),
        &texts(|it| &it.source),
        now,
    )
    .execute(conn)
    .await?;
    affected("upsert register entries", entries.len() as u64, done.rows_affected())
}
