//! Questions to the office about drafts, with their answers.

use abruf_domain::ids::{CallOffId, ContractId, OrganisationId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::call_offs::CallOff;

/// A question, with its answer once there is one.
#[derive(Debug, Clone)]
pub struct OfficeQuestion {
    /// Which.
    pub id: Uuid,
    /// The contract of the draft.
    pub contract: ContractId,
    /// Number and title of the contract.
    pub contract_name: String,
    /// The draft.
    pub call_off: CallOffId,
    /// Vorgangsnummer of the draft.
    pub case_number: String,
    /// For which member.
    pub member: OrganisationId,
    /// Its name.
    pub member_name: String,
    /// Who asks.
    pub asked_by: PersonId,
    /// Their name; empty where the actor does not see people of that house.
    pub asker: String,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// The question; empty once erased.
    pub question: String,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
    /// The answer; empty before, and once erased.
    pub answer: String,
    /// When both texts were erased.
    pub erased_at: Option<DateTime<Utc>>,
}

/// Writes a question about a draft.
pub async fn insert(
    conn: &mut PgConnection,
    id: Uuid,
    call_off: &CallOff,
    by: PersonId,
    question: &str,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO office_question (id, contract_id, call_off_id, case_number, body_id, member_id, asked_by, asked_at, question)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        id,
        call_off.contract.0,
        call_off.id.0,
        call_off.case_number,
        call_off.body.0,
        call_off.member.0,
        by.0,
        now,
        question
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes the answer; `false` if there is one already or the texts were erased.
pub async fn answer(
    conn: &mut PgConnection,
    id: Uuid,
    by: PersonId,
    wording: &str,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "UPDATE office_question SET answered_by = $2, answered_at = $3, answer = $4
         WHERE id = $1 AND answered_at IS NULL AND erased_at IS NULL",
        id,
        by.0,
        now,
        wording
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Erases both texts; `false` if they are erased already.
pub async fn erase(conn: &mut PgConnection, id: Uuid, now: DateTime<Utc>) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "UPDATE office_question SET question = '', answer = '', erased_at = $2 WHERE id = $1 AND erased_at IS NULL",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Which of the visible questions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Which {
    /// This one.
    pub id: Option<Uuid>,
    /// About this draft.
    pub call_off: Option<CallOffId>,
    /// Asked by this person.
    pub asked_by: Option<PersonId>,
    /// Only those that wait for an answer.
    pub open: bool,
    /// Only those answered since then.
    pub answered_since: Option<DateTime<Utc>>,
}

/// The visible questions, those that wait first, then newest first.
pub async fn list(
    conn: &mut PgConnection,
    which: Which,
    limit: i64,
    offset: i64,
) -> Result<Vec<OfficeQuestion>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT q.id, q.contract_id, concat_ws(' ', f.number, f.title) AS "contract!", q.call_off_id, q.case_number, q.member_id,
                  m.name AS member, q.asked_by, coalesce(p.name, '') AS "asker!", q.asked_at, q.question, q.answered_at, q.answer, q.erased_at
           FROM office_question q
           JOIN framework_contract f ON f.id = q.contract_id
           JOIN organisation m ON m.id = q.member_id
           LEFT JOIN person p ON p.id = q.asked_by
           WHERE ($1::uuid IS NULL OR q.id = $1)
             AND ($2::uuid IS NULL OR q.call_off_id = $2)
             AND ($3::uuid IS NULL OR q.asked_by = $3)
             AND (NOT $4::bool OR (q.answered_at IS NULL AND q.erased_at IS NULL))
             AND ($5::timestamptz IS NULL OR $5 <= q.answered_at)
           ORDER BY q.answered_at IS NOT NULL OR q.erased_at IS NOT NULL, CASE WHEN q.answered_at IS NULL THEN q.asked_at END, q.asked_at DESC, q.id
           LIMIT $6 OFFSET $7"#,
        which.id,
        which.call_off.map(|id| id.0),
        which.asked_by.map(|id| id.0),
        which.open,
        which.answered_since,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| OfficeQuestion {
            id: row.id,
            contract: ContractId(row.contract_id),
            contract_name: row.contract,
            call_off: CallOffId(row.call_off_id),
            case_number: row.case_number,
            member: OrganisationId(row.member_id),
            member_name: row.member,
            asked_by: PersonId(row.asked_by),
            asker: row.asker,
            asked_at: row.asked_at,
            question: row.question,
            answered_at: row.answered_at,
            answer: row.answer,
            erased_at: row.erased_at,
        })
        .collect())
}

/// How many of the visible questions there are, and how many of them wait for an answer.
pub async fn count(conn: &mut PgConnection) -> Result<(i64, i64), StorageError> {
    let row = sqlx::query!(
        r#"SELECT count(*) AS "all!", count(*) FILTER (WHERE answered_at IS NULL AND erased_at IS NULL) AS "open!" FROM office_question"#
    )
    .fetch_one(conn)
    .await?;
    Ok((row.all, row.open))
}
