//! Legal and house parameters: dated data with their source, never constants.

use std::collections::BTreeMap;
use std::str::FromStr;

use abruf_domain::ids::OrganisationId;
use chrono::NaiveDate;
use sqlx::PgConnection;

use super::StorageError;

/// The parameters valid on a day, the most specific jurisdiction of the path winning.
#[derive(Debug, Clone)]
pub struct ParameterSet(BTreeMap<String, String>);

impl ParameterSet {
    /// A parameter as its type.
    ///
    /// # Errors
    /// If it is missing or unreadable: then no review can be made, and the row is named.
    pub fn parsed<T: FromStr>(&self, key: &'static str) -> Result<T, StorageError> {
        self.0.get(key).and_then(|value| value.parse().ok()).ok_or_else(|| StorageError::Inconsistent {
            table: "legal_parameter",
            column: "value",
            row: key.to_owned(),
            what: "missing or unreadable on this day".to_owned(),
        })
    }

    /// As [`Self::parsed`], `None` where nothing is known of this day.
    ///
    /// # Errors
    /// If it is unreadable.
    pub fn parsed_if_set<T: FromStr>(&self, key: &'static str) -> Result<Option<T>, StorageError> {
        self.0.contains_key(key).then(|| self.parsed(key)).transpose()
    }
}

/// Parameters for the jurisdiction path of a member (`de/st`: first `de`, then overridden by `de/st`).
pub async fn valid_for_member(
    conn: &mut PgConnection,
    member: OrganisationId,
    day: NaiveDate,
) -> Result<ParameterSet, StorageError> {
    let rows = sqlx::query!(
        "SELECT p.key, p.value
         FROM legal_parameter p
         JOIN organisation o ON o.id = $1 AND (o.jurisdiction = p.jurisdiction OR starts_with(o.jurisdiction, p.jurisdiction || '/'))
         WHERE p.valid_from <= $2 AND (p.valid_to IS NULL OR $2 <= p.valid_to)
         ORDER BY length(p.jurisdiction)",
        member.0,
        day
    )
    .fetch_all(conn)
    .await?;
    Ok(ParameterSet(rows.into_iter().map(|row| (row.key, row.value)).collect()))
}
