//! What parties of a mini-competition are written and write: invitations, questions, answers to all.

use abruf_domain::ids::{ContractId, MiniCompetitionId, OrganisationId, PersonId};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::affected;

/// A party that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Who.
    pub supplier: OrganisationId,
    /// Its name at the time.
    pub name: String,
    /// Where the invitation went.
    pub address: String,
}

/// Notes that the invitations went out.
pub async fn send(
    conn: &mut PgConnection,
    contract: ContractId,
    id: MiniCompetitionId,
    invitations: &[Invitation],
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    for invitation in invitations {
        sqlx::query!(
            "INSERT INTO mini_competition_invitation (contract_id, competition_id, supplier_id, supplier_name, address, sent_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
            contract.0,
            id.0,
            invitation.supplier.0,
            invitation.name,
            invitation.address,
            now,
        )
        .execute(&mut *conn)
        .await?;
    }
    let done = sqlx::query!(
        "UPDATE mini_competition SET state = 'sent', sent_at = $2, sent_by = $3 WHERE id = $1 AND state = 'drafted'",
        id.0,
        now,
        by.0
    )
    .execute(conn)
    .await?;
    affected("send a mini-competition", 1, done.rows_affected())
}

/// Who was asked, by name.
pub async fn invitations(conn: &mut PgConnection, id: MiniCompetitionId) -> Result<Vec<Invitation>, StorageError> {
    let rows = sqlx::query!(
        "SELECT supplier_id, supplier_name, address FROM mini_competition_invitation WHERE competition_id = $1 ORDER BY supplier_name, supplier_id",
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Invitation {
            supplier: OrganisationId(row.supplier_id),
            name: row.supplier_name,
            address: row.address,
        })
        .collect())
}

/// A question with its answer.
#[derive(Debug, Clone)]
pub struct Question {
    /// Which.
    pub id: Uuid,
    /// Who asked; the parties do not learn it.
    pub supplier_name: String,
    /// When it arrived.
    pub asked_at: DateTime<Utc>,
    /// What was asked.
    pub question: String,
    /// What was answered to all.
    pub answer: Option<String>,
    /// When.
    pub answered_at: Option<DateTime<Utc>>,
}

/// Questions and answers, oldest first.
pub async fn questions(conn: &mut PgConnection, id: MiniCompetitionId) -> Result<Vec<Question>, StorageError> {
    Ok(sqlx::query_as!(
        Question,
        r#"SELECT q.id, o.name AS supplier_name, q.asked_at, q.question, a.answer AS "answer?", a.sent_at AS "answered_at?"
           FROM mini_competition_question q
           JOIN organisation o ON o.id = q.supplier_id
           LEFT JOIN mini_competition_answer a ON a.contract_id = q.contract_id AND a.question_id = q.id
           WHERE q.competition_id = $1
           ORDER BY q.asked_at, q.id"#,
        id.0
    )
    .fetch_all(conn)
    .await?)
}

/// A question as it is recorded.
#[derive(Debug, Clone)]
pub struct NewQuestion {
    /// Made by the program.
    pub id: Uuid,
    /// Who asked.
    pub supplier: OrganisationId,
    /// When it arrived.
    pub asked_at: DateTime<Utc>,
    /// What was asked.
    pub question: String,
}

/// Records a question.
pub async fn insert_question(
    conn: &mut PgConnection,
    contract: ContractId,
    id: MiniCompetitionId,
    new: &NewQuestion,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO mini_competition_question (contract_id, competition_id, id, supplier_id, asked_at, question, recorded_by, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        contract.0,
        id.0,
        new.id,
        new.supplier.0,
        new.asked_at,
        new.question,
        by.0,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Records the answer that goes to all.
pub async fn insert_answer(
    conn: &mut PgConnection,
    contract: ContractId,
    question: Uuid,
    answer: &str,
    by: PersonId,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO mini_competition_answer (contract_id, question_id, answer, answered_by, sent_at) VALUES ($1, $2, $3, $4, $5)",
        contract.0,
        question,
        answer,
        by.0,
        now,
    )
    .execute(conn)
    .await?;
    Ok(())
}
