//! Approval orders of members, version by version, and the steps approved under them.

use abruf_domain::approval::{ApprovalOrder, Chain, Given};
use abruf_domain::ids::{CallOffId, ContractId, OrganisationId, PersonId};
use abruf_domain::money::Gross;
use chrono::{DateTime, NaiveDate, Utc};
use serde::Deserialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::StorageError;
use super::error::consistent;

/// A version of a member's order.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct OrderVersion {
    /// Counts the changes; 0 where none was ever recorded.
    pub version: i32,
    /// What it says.
    pub order: ApprovalOrder,
}

/// The order in force at an instant; without one, version 0 with no step.
pub async fn in_force(
    conn: &mut PgConnection,
    member: OrganisationId,
    at: DateTime<Utc>,
) -> Result<OrderVersion, StorageError> {
    let row = sqlx::query!(
        "SELECT version, content FROM approval_order
         WHERE member_id = $1 AND made_at <= $2
         ORDER BY version DESC
         LIMIT 1",
        member.0,
        at
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(OrderVersion::default()) };
    let order = consistent(serde_json::from_value(row.content), "approval_order", "content", member)?;
    Ok(OrderVersion { version: row.version, order })
}

/// Writes the next version; `false` if somebody else wrote that version in between.
pub async fn insert(
    conn: &mut PgConnection,
    member: OrganisationId,
    body: OrganisationId,
    new: &OrderVersion,
    by: PersonId,
    at: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let content = consistent(serde_json::to_value(&new.order), "approval_order", "content", member)?;
    let done = sqlx::query!(
        "INSERT INTO approval_order (member_id, version, body_id, content, made_by, made_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (member_id, version) DO NOTHING",
        member.0,
        new.version,
        body.0,
        content,
        by.0,
        at
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A change of the order: which version, by whom, when.
#[derive(Debug, Clone)]
pub struct Change {
    /// The version it made.
    pub version: i32,
    /// Who, if still visible.
    pub person: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The last changes of a member's order, newest first.
pub async fn changes(conn: &mut PgConnection, member: OrganisationId, limit: i64) -> Result<Vec<Change>, StorageError> {
    Ok(sqlx::query_as!(
        Change,
        r#"SELECT o.version, coalesce(p.name, '') AS "person!", o.made_at AS at
           FROM approval_order o
           LEFT JOIN person p ON p.id = o.made_by
           WHERE o.member_id = $1
           ORDER BY o.version DESC
           LIMIT $2"#,
        member.0,
        limit
    )
    .fetch_all(conn)
    .await?)
}

/// A submitted request, as far as its way through the order depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// The contract.
    pub contract: ContractId,
    /// The request.
    pub call_off: CallOffId,
    /// Whose order it goes through.
    pub member: OrganisationId,
    /// Who asked.
    pub requester: PersonId,
    /// What it costs, as submitted.
    pub gross: Gross,
    /// Its last submission.
    pub submitted_at: DateTime<Utc>,
}

/// The way of a request through the order.
#[derive(Debug, Clone)]
pub struct Way {
    /// Version of the order it goes through.
    pub order_version: i32,
    /// Everything that decides who may decide now.
    pub chain: Chain,
    /// Names of the member's approvers.
    pub names: Vec<(PersonId, String)>,
    /// Currency of the contract.
    pub currency: String,
}

/// The way of a request, on this day.
pub async fn way(
    conn: &mut PgConnection,
    request: &Request,
    day: NaiveDate,
    now: DateTime<Utc>,
) -> Result<Way, StorageError> {
    let row = sqlx::query!(
        r#"SELECT (SELECT jsonb_build_object('version', version, 'order', content) FROM approval_order
                   WHERE member_id = $1 AND made_at <= $2
                   ORDER BY version DESC
                   LIMIT 1) AS "at_submission: Json<OrderVersion>",
                  (SELECT jsonb_build_object('version', version, 'order', content) FROM approval_order
                   WHERE member_id = $1 AND made_at <= $3
                   ORDER BY version DESC
                   LIMIT 1) AS "today: Json<OrderVersion>",
                  (SELECT coalesce(jsonb_agg(jsonb_build_array(p.id, p.name) ORDER BY p.name, p.id), '[]')
                   FROM person p
                   WHERE p.id IN (SELECT a.person_id FROM assignment a
                                  WHERE a.organisation_id = $1 AND a.role = 'approver'
                                    AND a.valid_from <= $4 AND (a.valid_to IS NULL OR $4 <= a.valid_to)))
                      AS "names!: Json<Vec<(PersonId, String)>>",
                  (SELECT f.currency FROM framework_contract f WHERE f.id = $5) AS currency"#,
        request.member.0,
        request.submitted_at,
        now,
        day,
        request.contract.0,
    )
    .fetch_one(&mut *conn)
    .await?;
    let at_submission = row.at_submission.map(|found| found.0).unwrap_or_default();
    let today = row.today.map(|found| found.0).unwrap_or_default();
    let names = row.names.0;
    let has_steps = !at_submission.order.steps.is_empty();
    let chain = Chain {
        day,
        approvers: names.iter().map(|(person, _)| *person).collect(),
        requester: request.requester,
        gross: request.gross,
        cpv: if has_steps { cpv_codes(&mut *conn, request).await? } else { Vec::new() },
        given: if has_steps { given(&mut *conn, request).await? } else { Vec::new() },
        at_submission: at_submission.order,
        today: today.order,
    };
    Ok(Way { order_version: at_submission.version, chain, names, currency: row.currency.unwrap_or_default() })
}

async fn cpv_codes(conn: &mut PgConnection, request: &Request) -> Result<Vec<String>, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT DISTINCT i.cpv AS "cpv!"
           FROM call_off_line l
           JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id
           WHERE l.contract_id = $1 AND l.call_off_id = $2 AND i.cpv IS NOT NULL
           ORDER BY 1"#,
        request.contract.0,
        request.call_off.0
    )
    .fetch_all(conn)
    .await?)
}

async fn given(conn: &mut PgConnection, request: &Request) -> Result<Vec<Given>, StorageError> {
    let rows = sqlx::query!(
        "SELECT position, person_id, on_behalf_of FROM step_approval
         WHERE contract_id = $1 AND call_off_id = $2 AND submitted_at = $3
         ORDER BY position",
        request.contract.0,
        request.call_off.0,
        request.submitted_at
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Given {
            position: row.position,
            person: PersonId(row.person_id),
            on_behalf_of: PersonId(row.on_behalf_of),
        })
        .collect())
}

/// A step as it is approved.
#[derive(Debug, Clone)]
pub struct NewApproval<'a> {
    /// Its id.
    pub id: Uuid,
    /// Version of the order the step is of.
    pub order_version: i32,
    /// What the step is called.
    pub title: &'a str,
    /// Which, by whom, for whom.
    pub given: Given,
    /// When.
    pub at: DateTime<Utc>,
}

/// Writes the approval of a step.
pub async fn insert_approval(
    conn: &mut PgConnection,
    request: &Request,
    new: &NewApproval<'_>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO step_approval (contract_id, id, call_off_id, order_version, position, title, person_id,
                                    on_behalf_of, submitted_at, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        request.contract.0,
        new.id,
        request.call_off.0,
        new.order_version,
        new.given.position,
        new.title,
        new.given.person.0,
        new.given.on_behalf_of.0,
        request.submitted_at,
        new.at
    )
    .execute(conn)
    .await?;
    Ok(())
}
