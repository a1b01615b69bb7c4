//! Judgements on what happens to an order: on its dispatch, its receipt, an invoice.

use abruf_domain::Finding;
use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::ids::PersonId;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::consistent;

/// A judgement on what happens to an order.
#[derive(Debug)]
pub struct OrderReview<'a, F> {
    /// Which.
    pub id: Uuid,
    /// dispatch, receipt or invoice.
    pub check_point: &'a str,
    /// Whether a finding blocks.
    pub blocked: bool,
    /// What was judged.
    pub facts: &'a F,
    /// Every finding, passed ones too.
    pub findings: &'a [Finding],
    /// Who caused it; `None` where the program sent the order.
    pub by: Option<PersonId>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Stores a judgement with its facts, byte for byte. Returns the hash of the facts.
pub async fn insert<F: Serialize + Sync>(
    conn: &mut PgConnection,
    call_off: &CallOff,
    new: &OrderReview<'_, F>,
) -> Result<[u8; 32], StorageError> {
    let facts = canonical_json(new.facts);
    let hash = sha256(facts.as_bytes());
    let findings = consistent(serde_json::to_value(new.findings), "order_review", "findings", new.id)?;
    sqlx::query!(
        "INSERT INTO order_review (contract_id, id, call_off_id, check_point, outcome, evaluated_at, facts, facts_sha256, findings, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $6)",
        call_off.contract.0,
        new.id,
        call_off.id.0,
        new.check_point,
        if new.blocked { "blocked" } else { "clear" },
        new.at,
        facts,
        &hash[..],
        findings,
        new.by.map(|id| id.0)
    )
    .execute(conn)
    .await?;
    Ok(hash)
}

/// A stored judgement, as whoever recomputes it needs it.
#[derive(Debug, Clone)]
pub struct StoredOrderReview {
    /// Number of the order.
    pub label: String,
    /// The order.
    pub call_off: Uuid,
    /// dispatch, receipt or invoice.
    pub check_point: String,
    /// When it was judged.
    pub at: DateTime<Utc>,
    /// What was judged, as canonical JSON.
    pub facts: String,
    /// Stored hash of the facts.
    pub sha256: Vec<u8>,
    /// What was found.
    pub findings: Value,
}

/// All of them, by order and time.
pub async fn all(conn: &mut PgConnection) -> Result<Vec<StoredOrderReview>, StorageError> {
    Ok(sqlx::query_as!(
        StoredOrderReview,
        r#"SELECT coalesce(c.number, c.case_number) AS "label!", r.call_off_id AS call_off, r.check_point, r.evaluated_at AS at, r.facts,
                  r.facts_sha256 AS sha256, r.findings
           FROM order_review r
           JOIN call_off c ON c.contract_id = r.contract_id AND c.id = r.call_off_id
           ORDER BY 1, r.evaluated_at, r.id"#
    )
    .fetch_all(conn)
    .await?)
}
