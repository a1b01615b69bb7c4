//! Legal and house parameters: dated data with their source, never constants.

use std::str::FromStr;

use abruf_domain::ids::{ContractId, OrganisationId};
use abruf_domain::law::{Law, LawPack};
use chrono::NaiveDate;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::affected;

/// The parameters valid on a day, the most specific jurisdiction of the path winning.
#[derive(Debug, Clone)]
pub struct ParameterSet {
    /// Whose law it is, e.g. `de/st`.
    pub jurisdiction: String,
    /// What it says.
    pub law: Law,
}

impl ParameterSet {
    /// A parameter as its type.
    ///
    /// # Errors
    /// If it is missing or unreadable: then no review can be made, and the row is named.
    pub fn parsed<T: FromStr>(&self, key: &'static str) -> Result<T, StorageError> {
        self.law.value(key).ok_or_else(|| StorageError::Inconsistent {
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
        self.law.text(key).is_some().then(|| self.parsed(key)).transpose()
    }
}

/// Parameters for the jurisdiction path of a member (`de/st`: first `de`, then overridden by `de/st`).
pub async fn valid_for_member(
    conn: &mut PgConnection,
    member: OrganisationId,
    day: NaiveDate,
) -> Result<ParameterSet, StorageError> {
    let rows = sqlx::query!(
        "SELECT p.key, p.value, o.jurisdiction
         FROM legal_parameter p
         JOIN organisation o ON o.id = $1 AND (o.jurisdiction = p.jurisdiction OR starts_with(o.jurisdiction, p.jurisdiction || '/'))
         WHERE p.valid_from <= $2 AND (p.valid_to IS NULL OR $2 <= p.valid_to)
         ORDER BY length(p.jurisdiction)",
        member.0,
        day
    )
    .fetch_all(conn)
    .await?;
    let jurisdiction = rows.first().map(|row| row.jurisdiction.clone()).unwrap_or_default();
    Ok(ParameterSet { jurisdiction, law: Law::of(rows.into_iter().map(|row| (row.key, row.value))) })
}

/// Parameters for the jurisdiction path of a visible contract: the procurement law it was awarded under.
pub async fn valid_for_contract(
    conn: &mut PgConnection,
    contract: ContractId,
    day: NaiveDate,
) -> Result<ParameterSet, StorageError> {
    let rows = sqlx::query!(
        "SELECT p.key, p.value, c.jurisdiction
         FROM legal_parameter p
         JOIN framework_contract c ON c.id = $1 AND (c.jurisdiction = p.jurisdiction OR starts_with(c.jurisdiction, p.jurisdiction || '/'))
         WHERE p.valid_from <= $2 AND (p.valid_to IS NULL OR $2 <= p.valid_to)
         ORDER BY length(p.jurisdiction)",
        contract.0,
        day
    )
    .fetch_all(conn)
    .await?;
    let jurisdiction = rows.first().map(|row| row.jurisdiction.clone()).unwrap_or_default();
    Ok(ParameterSet { jurisdiction, law: Law::of(rows.into_iter().map(|row| (row.key, row.value))) })
}

/// A dated value with where it comes from, as the office looks it up.
#[derive(Debug, Clone)]
pub struct StoredParameter {
    /// Whose law, e.g. `de/st`.
    pub jurisdiction: String,
    /// Which.
    pub key: String,
    /// Its value.
    pub value: String,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Statute, judgment or resolution.
    pub source: String,
    /// S, K or ?.
    pub certainty: String,
    /// Who proposed it, and who released it; `None`: shipped with the program.
    pub made_by: Option<(String, String)>,
}

impl StoredParameter {
    /// Whether it is in force on this day.
    #[must_use]
    pub fn is_valid_on(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// Every value of every jurisdiction, the newest of a key first.
pub async fn all(conn: &mut PgConnection) -> Result<Vec<StoredParameter>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT l.jurisdiction, l.key, l.value, l.valid_from, l.valid_to, l.source, l.certainty, l.proposal_id,
                  coalesce(w.name, '') AS "proposed_by!", coalesce(d.name, '') AS "decided_by!"
           FROM legal_parameter l
           LEFT JOIN legal_parameter_proposal p ON p.id = l.proposal_id
           LEFT JOIN person w ON w.id = p.proposed_by
           LEFT JOIN person d ON d.id = p.decided_by
           ORDER BY l.jurisdiction, l.key, l.valid_from DESC"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| StoredParameter {
            jurisdiction: row.jurisdiction,
            key: row.key,
            value: row.value,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            source: row.source,
            certainty: row.certainty,
            made_by: row.proposal_id.map(|_| (row.proposed_by, row.decided_by)),
        })
        .collect())
}

/// Puts a released proposal into force: what holds on its first day ends the day before, and it holds
/// until the next one begins. `legal_parameter_once` refuses a second value of one first day.
pub async fn succeed(conn: &mut PgConnection, proposal: Uuid) -> Result<(), StorageError> {
    sqlx::query!(
        "UPDATE legal_parameter l SET valid_to = p.valid_from - 1
         FROM legal_parameter_proposal p
         WHERE p.id = $1 AND l.jurisdiction = p.jurisdiction AND l.key = p.key
           AND l.valid_from < p.valid_from AND (l.valid_to IS NULL OR p.valid_from <= l.valid_to)",
        proposal
    )
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query!(
        "INSERT INTO legal_parameter (jurisdiction, key, value, valid_from, valid_to, source, certainty, proposal_id)
         SELECT p.jurisdiction, p.key, p.value, p.valid_from,
                (SELECT min(l.valid_from) - 1 FROM legal_parameter l
                 WHERE l.jurisdiction = p.jurisdiction AND l.key = p.key AND p.valid_from < l.valid_from),
                p.source, p.certainty, p.id
         FROM legal_parameter_proposal p
         WHERE p.id = $1",
        proposal
    )
    .execute(conn)
    .await?;
    affected("put a legal parameter into force", 1, done.rows_affected())
}

/// Writes what the packs ship and the database does not have. What the office released stays: a shipped
/// value only fills days that have none, and only a shipped one is ended by its pack.
pub async fn ship(conn: &mut PgConnection, packs: &[LawPack]) -> Result<(), StorageError> {
    for pack in packs {
        for it in &pack.parameters {
            if let Some(last_day) = it.valid_to {
                sqlx::query!(
                    "UPDATE legal_parameter SET valid_to = $5
                     WHERE jurisdiction = $1 AND key = $2 AND valid_from = $3 AND value = $4 AND valid_to IS NULL AND proposal_id IS NULL",
                    pack.jurisdiction,
                    it.key,
                    it.valid_from,
                    it.value,
                    last_day,
                )
                .execute(&mut *conn)
                .await?;
            }
            sqlx::query!(
                "INSERT INTO legal_parameter (jurisdiction, key, value, valid_from, valid_to, source, certainty)
                 VALUES ($1, $2, $3, $4, $5, $6, $7)
                 ON CONFLICT DO NOTHING",
                pack.jurisdiction,
                it.key,
                it.value,
                it.valid_from,
                it.valid_to,
                it.source,
                it.certainty.mark(),
            )
            .execute(&mut *conn)
            .await?;
        }
    }
    Ok(())
}

/// The jurisdiction of an organisation, e.g. `de/st`.
pub async fn jurisdiction_of(conn: &mut PgConnection, organisation: OrganisationId) -> Result<String, StorageError> {
    Ok(sqlx::query_scalar!("SELECT jurisdiction FROM organisation WHERE id = $1", organisation.0)
        .fetch_one(conn)
        .await?)
}
