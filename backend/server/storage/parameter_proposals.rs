//! Proposed values of legal parameters, and whom one would hit.

use abruf_domain::ids::{OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::affected;

/// A proposal.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Which.
    pub id: Uuid,
    /// Whose law, e.g. `de/st`.
    pub jurisdiction: String,
    /// Which parameter.
    pub key: String,
    /// Its value.
    pub value: String,
    /// First day.
    pub valid_from: NaiveDate,
    /// Statute, judgment or resolution.
    pub source: String,
    /// S, K or ?.
    pub certainty: String,
    /// Who proposed it.
    pub proposed_by: PersonId,
    /// Their name.
    pub proposed_by_name: String,
    /// When.
    pub proposed_at: DateTime<Utc>,
}

/// The proposals that wait for their second person, the oldest first.
pub async fn waiting(conn: &mut PgConnection) -> Result<Vec<Proposal>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT p.id, p.jurisdiction, p.key, p.value, p.valid_from, p.source, p.certainty, p.proposed_by,
                  coalesce(w.name, '') AS "name!", p.proposed_at
           FROM legal_parameter_proposal p
           LEFT JOIN person w ON w.id = p.proposed_by
           WHERE p.decided_at IS NULL
           ORDER BY p.proposed_at, p.id"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Proposal {
            id: row.id,
            jurisdiction: row.jurisdiction,
            key: row.key,
            value: row.value,
            valid_from: row.valid_from,
            source: row.source,
            certainty: row.certainty,
            proposed_by: PersonId(row.proposed_by),
            proposed_by_name: row.name,
            proposed_at: row.proposed_at,
        })
        .collect())
}

/// Writes a proposal; `legal_parameter_proposal_one_pending` refuses a second one of its number.
pub async fn insert(conn: &mut PgConnection, body: OrganisationId, proposal: &Proposal) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO legal_parameter_proposal (id, body_id, jurisdiction, key, value, valid_from, source, certainty, proposed_by, proposed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        proposal.id,
        body.0,
        proposal.jurisdiction,
        proposal.key,
        proposal.value,
        proposal.valid_from,
        proposal.source,
        proposal.certainty,
        proposal.proposed_by.0,
        proposal.proposed_at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How a proposal is decided.
#[derive(Debug, Clone)]
pub struct Decision<'a> {
    /// By whom.
    pub by: PersonId,
    /// When.
    pub at: DateTime<Utc>,
    /// Released, or refused.
    pub released: bool,
    /// Why it was refused.
    pub reason: &'a str,
}

/// Whether a proposal of this id was made and is decided.
pub async fn is_decided(conn: &mut PgConnection, id: Uuid) -> Result<bool, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM legal_parameter_proposal WHERE id = $1 AND decided_at IS NOT NULL) AS "there!""#,
        id
    )
    .fetch_one(conn)
    .await?)
}

/// Decides a waiting proposal.
pub async fn decide(conn: &mut PgConnection, id: Uuid, decision: &Decision<'_>) -> Result<(), StorageError> {
    let done = sqlx::query!(
        "UPDATE legal_parameter_proposal SET decided_by = $2, decided_at = $3, released = $4, reason = $5
         WHERE id = $1 AND decided_at IS NULL",
        id,
        decision.by.0,
        decision.at,
        decision.released,
        decision.reason
    )
    .execute(conn)
    .await?;
    affected("decide a legal parameter", 1, done.rows_affected())
}

/// A member or a contract with the jurisdiction it is judged in.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Name of the member, or number and title of the contract.
    pub name: String,
    /// Path, e.g. `de/st`.
    pub jurisdiction: String,
}

/// Members of a body on a day or later, by name.
pub async fn members(
    conn: &mut PgConnection,
    body: OrganisationId,
    day: NaiveDate,
) -> Result<Vec<Judged>, StorageError> {
    Ok(sqlx::query_as!(
        Judged,
        "SELECT o.name, o.jurisdiction
         FROM organisation o
         WHERE EXISTS (SELECT FROM membership m
                       WHERE m.member_id = o.id AND m.body_id = $1 AND (m.effective_to IS NULL OR $2 <= m.effective_to))
         ORDER BY o.name, o.id",
        body.0,
        day
    )
    .fetch_all(conn)
    .await?)
}

/// Contracts of a body that are in the making, or run on a day or later.
pub async fn contracts(
    conn: &mut PgConnection,
    body: OrganisationId,
    day: NaiveDate,
) -> Result<Vec<Judged>, StorageError> {
    Ok(sqlx::query_as!(
        Judged,
        r#"SELECT concat_ws(' ', c.number, c.title) AS "name!", c.jurisdiction
           FROM framework_contract c
           WHERE c.body_id = $1 AND c.status NOT IN ('terminated', 'wound_up', 'archived')
             AND $2 <= greatest(c.ends_on, (SELECT max(n.new_end) FROM contract_option n WHERE n.contract_id = c.id))
           ORDER BY c.number"#,
        body.0,
        day
    )
    .fetch_all(conn)
    .await?)
}
