//! What happened to a call-off: reviews, decisions, justifications, savings, work after commit.

use abruf_domain::canonical::{canonical_json, sha256};
use abruf_domain::facts::{CheckPoint, Facts};
use abruf_domain::ids::{CallOffId, ContractId, PersonId, ReviewId};
use abruf_domain::review::Review;
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;
use super::error::consistent;

/// Stores a review with the facts it saw, byte for byte. Returns the hash of the facts.
pub async fn insert_review(
    conn: &mut PgConnection,
    call_off: &CallOff,
    id: ReviewId,
    facts: &Facts,
    review: &Review,
    by: PersonId,
) -> Result<[u8; 32], StorageError> {
    let facts = canonical_json(facts);
    let hash = sha256(facts.as_bytes());
    let result = consistent(serde_json::to_value(review), "review", "result", id)?;
    sqlx::query!(
        "INSERT INTO review (contract_id, id, call_off_id, check_point, outcome, evaluated_at, facts, facts_sha256, result, requested_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        call_off.contract.0,
        id.0,
        call_off.id.0,
        review.check_point.key(),
        review.decision.key(),
        review.evaluated_at,
        facts,
        &hash[..],
        result,
        by.0,
    )
    .execute(conn)
    .await?;
    Ok(hash)
}

/// The newest stored review of a check point.
pub async fn latest_review(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
    check_point: &str,
) -> Result<Option<Review>, StorageError> {
    let row = sqlx::query!(
        "SELECT id, result FROM review
         WHERE contract_id = $1 AND call_off_id = $2 AND check_point = $3
         ORDER BY evaluated_at DESC, id DESC
         LIMIT 1",
        contract.0,
        call_off.0,
        check_point
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| consistent(serde_json::from_value(row.result), "review", "result", row.id)).transpose()
}

/// What a request was submitted with: its review, and the rules that have been justified since.
pub async fn submitted_with(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
) -> Result<Option<(Review, Vec<String>)>, StorageError> {
    let row = sqlx::query!(
        r#"SELECT r.id, r.result,
                  ARRAY(SELECT j.rule FROM justification j WHERE j.contract_id = $1 AND j.call_off_id = $2) AS "justified!"
           FROM review r
           WHERE r.contract_id = $1 AND r.call_off_id = $2 AND r.check_point = $3
           ORDER BY r.evaluated_at DESC, r.id DESC
           LIMIT 1"#,
        contract.0,
        call_off.0,
        CheckPoint::Submission.key(),
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| Ok((consistent(serde_json::from_value(row.result), "review", "result", row.id)?, row.justified)))
        .transpose()
}

/// A step in the life of a call-off.
#[derive(Debug, Clone)]
pub struct Step<'a> {
    /// Its id.
    pub id: Uuid,
    /// What happened, e.g. `released`.
    pub decision: &'a str,
    /// Who; `None` for the clock.
    pub person: Option<PersonId>,
    /// The review it rests on.
    pub review: Option<ReviewId>,
    /// Reason given.
    pub reason: &'a str,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes a step.
pub async fn insert_step(conn: &mut PgConnection, call_off: &CallOff, step: &Step<'_>) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO approval (contract_id, id, call_off_id, decision, person_id, review_id, reason, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        call_off.contract.0,
        step.id,
        call_off.id.0,
        step.decision,
        step.person.map(Uuid::from),
        step.review.map(Uuid::from),
        step.reason,
        step.at,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A step as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineStep {
    /// What happened.
    pub decision: String,
    /// Name of the person; `None` for the clock.
    pub person: Option<String>,
    /// Reason given.
    pub reason: String,
    /// When.
    pub at: DateTime<Utc>,
    /// The review it rests on.
    pub review: Option<Uuid>,
}

/// The whole life of a call-off, oldest first.
pub async fn timeline(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
) -> Result<Vec<TimelineStep>, StorageError> {
    Ok(sqlx::query_as!(
        TimelineStep,
        r#"SELECT a.decision, p.name AS "person?", a.reason, a.at, a.review_id AS review
           FROM approval a
           LEFT JOIN person p ON p.id = a.person_id
           WHERE a.contract_id = $1 AND a.call_off_id = $2
           ORDER BY a.at, a.id"#,
        contract.0,
        call_off.0
    )
    .fetch_all(conn)
    .await?)
}

/// A question a request came back with, and its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question<'a> {
    /// The step that asked.
    pub asked: &'a TimelineStep,
    /// The step that answered.
    pub answer: Option<&'a TimelineStep>,
}

/// The questions of a life, oldest first. A request that came back without words was not asked anything.
#[must_use]
pub fn questions(steps: &[TimelineStep]) -> Vec<Question<'_>> {
    let mut questions: Vec<Question<'_>> = Vec::new();
    for step in steps {
        match step.decision.as_str() {
            "returned" if !step.reason.is_empty() => questions.push(Question { asked: step, answer: None }),
            "answered" => {
                if let Some(last) = questions.last_mut() {
                    last.answer = Some(step);
                }
            }
            _ => {}
        }
    }
    questions
}

/// A written justification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Justification {
    /// Rule justified.
    pub rule: String,
    /// The text.
    pub wording: String,
    /// Who wrote it.
    pub person: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The justifications of a call-off.
pub async fn justifications(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
) -> Result<Vec<Justification>, StorageError> {
    Ok(sqlx::query_as!(
        Justification,
        r#"SELECT j.rule, j.wording, coalesce(p.name, '') AS "person!", j.at
           FROM justification j
           LEFT JOIN person p ON p.id = j.person_id
           WHERE j.contract_id = $1 AND j.call_off_id = $2
           ORDER BY j.at, j.rule"#,
        contract.0,
        call_off.0
    )
    .fetch_all(conn)
    .await?)
}

/// Writes a justification; `false` if there is one already.
pub async fn insert_justification(
    conn: &mut PgConnection,
    call_off: &CallOff,
    rule: &str,
    addressee: &str,
    wording: &str,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "INSERT INTO justification (contract_id, call_off_id, rule, addressee, wording, person_id, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (contract_id, call_off_id, rule) DO NOTHING",
        call_off.contract.0,
        call_off.id.0,
        rule,
        addressee,
        wording,
        by.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Facts and result of the newest stored review of a check point: what a document prints.
pub async fn latest_judgement(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
    check_point: &str,
) -> Result<Option<(Facts, Review)>, StorageError> {
    let row = sqlx::query!(
        "SELECT id, facts, result FROM review
         WHERE contract_id = $1 AND call_off_id = $2 AND check_point = $3
         ORDER BY evaluated_at DESC, id DESC
         LIMIT 1",
        contract.0,
        call_off.0,
        check_point
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let facts = consistent(serde_json::from_str(&row.facts), "review", "facts", row.id)?;
        let review = consistent(serde_json::from_value(row.result), "review", "result", row.id)?;
        Ok((facts, review))
    })
    .transpose()
}

/// The decision of a call-off's life that names its reason: who cancelled, when and why.
pub async fn last_step(
    conn: &mut PgConnection,
    contract: ContractId,
    call_off: CallOffId,
    decision: &str,
) -> Result<Option<TimelineStep>, StorageError> {
    Ok(timeline(conn, contract, call_off).await?.into_iter().rev().find(|step| step.decision == decision))
}
