//! What auditors say about the savings of call-offs; append-only.

use std::str::FromStr;

use abruf_domain::ids::{CallOffId, ContractId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use thiserror::Error;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::stored_key;

/// What an auditor says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// What is realised counts as audited.
    Checked,
    /// Nothing counts as audited.
    Objected,
}

impl Verdict {
    /// The key in the database.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Checked => "checked",
            Self::Objected => "objected",
        }
    }
}

impl FromStr for Verdict {
    type Err = UnknownVerdict;
    fn from_str(key: &str) -> Result<Self, UnknownVerdict> {
        let known = [Self::Checked, Self::Objected].into_iter().find(|verdict| verdict.key() == key);
        known.ok_or_else(|| UnknownVerdict(key.to_owned()))
    }
}

/// A text that is no verdict.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no verdict of an auditor")]
pub struct UnknownVerdict(pub String);

/// A mark.
#[derive(Debug, Clone)]
pub struct Mark {
    /// Which.
    pub id: Uuid,
    /// What the auditor says.
    pub verdict: Verdict,
    /// The objection, or a note.
    pub wording: String,
    /// Who.
    pub by: PersonId,
    /// Their name, if visible.
    pub person: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a mark.
pub async fn insert(conn: &mut PgConnection, call_off: &CallOff, mark: &Mark) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO savings_mark (contract_id, id, call_off_id, verdict, wording, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        call_off.contract.0,
        mark.id,
        call_off.id.0,
        mark.verdict.key(),
        mark.wording,
        mark.by.0,
        mark.at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The marks of a call-off, oldest first: the last one decides.
pub async fn of_call_off(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
) -> Result<Vec<Mark>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT m.id, m.verdict, m.wording, m.person_id, coalesce(p.name, '') AS "person!", m.at
           FROM savings_mark m
           LEFT JOIN person p ON p.id = m.person_id
           WHERE m.contract_id = $1 AND m.call_off_id = $2
           ORDER BY m.at, m.id"#,
        contract.0,
        call_off.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Mark {
                id: row.id,
                verdict: stored_key(&row.verdict, "savings_mark", "verdict", row.id)?,
                wording: row.wording,
                by: PersonId(row.person_id),
                person: row.person,
                at: row.at,
            })
        })
        .collect()
}
