//! Names of what reports list, looked up once per report: contracts, organisations, call-offs, lines, bookings.

use std::collections::HashMap;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::storage::StorageError;

/// Number and title of every visible contract, by id as text.
///
/// # Errors
/// If the database fails.
pub async fn contracts(conn: &mut PgConnection) -> Result<HashMap<String, String>, StorageError> {
    let rows = sqlx::query!("SELECT id, number, title FROM framework_contract").fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id.to_string(), format!("{} {}", row.number, row.title))).collect())
}

/// Names of organisations, by id as text.
///
/// # Errors
/// If the database fails.
pub async fn organisations(conn: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<String, String>, StorageError> {
    let rows = sqlx::query!("SELECT id, name FROM organisation WHERE id = ANY ($1)", ids).fetch_all(conn).await?;
    Ok(rows.into_iter().map(|row| (row.id.to_string(), row.name)).collect())
}

/// Name of a supplier that is party to a visible contract or has a visible call-off.
///
/// # Errors
/// If the database fails.
pub async fn visible_supplier(conn: &mut PgConnection, id: Uuid) -> Result<Option<String>, StorageError> {
    Ok(sqlx::query_scalar!(
        "SELECT o.name
         FROM organisation o
         WHERE o.id = $1
           AND (EXISTS (SELECT FROM contract_party p JOIN framework_contract f ON f.id = p.contract_id WHERE p.supplier_id = o.id)
                OR EXISTS (SELECT FROM call_off c WHERE c.supplier_id = o.id))",
        id
    )
    .fetch_optional(conn)
    .await?)
}

/// Number of a visible call-off, that of its case before its release.
///
/// # Errors
/// If the database fails.
pub async fn visible_call_off(conn: &mut PgConnection, id: Uuid) -> Result<Option<String>, StorageError> {
    Ok(sqlx::query_scalar!(r#"SELECT coalesce(number, case_number) AS "number!" FROM call_off WHERE id = $1"#, id)
        .fetch_optional(conn)
        .await?)
}

/// A call-off in a list.
#[derive(Debug, Clone)]
pub struct CallOffName {
    /// Its number.
    pub number: String,
    /// State key.
    pub status: String,
    /// Member.
    pub member: String,
    /// Number and title of the contract.
    pub contract: String,
}

/// Call-offs by id as text.
///
/// # Errors
/// If the database fails.
pub async fn call_offs(conn: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<String, CallOffName>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT c.id AS "id!", coalesce(c.number, c.case_number) AS "number!", c.status AS "status!", m.name AS "member!",
                  f.number AS "contract_number!", f.title AS "title!"
           FROM call_off c
           JOIN framework_contract f ON f.id = c.contract_id
           JOIN organisation m ON m.id = c.member_id
           WHERE c.id = ANY ($1)"#,
        ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let contract = format!("{} {}", row.contract_number, row.title);
            let name = CallOffName { number: row.number, status: row.status, member: row.member, contract };
            (row.id.to_string(), name)
        })
        .collect())
}

/// A line of a call-off.
#[derive(Debug, Clone)]
pub struct LineName {
    /// Article number.
    pub article: String,
    /// Title of the item; empty where it is not in the schedule.
    pub title: String,
    /// CPV code of the item.
    pub cpv: String,
    /// Quantity ordered and not taken back.
    pub quantity: Decimal,
    /// Unit of the item.
    pub unit: String,
}

/// Lines of call-offs by `<call-off>/<position>`.
///
/// # Errors
/// If the database fails.
pub async fn lines(conn: &mut PgConnection, call_offs: &[Uuid]) -> Result<HashMap<String, LineName>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT l.call_off_id AS "call_off_id!", l.position AS "position!", l.article_number AS "article_number!", l.quantity AS "quantity!", coalesce(i.title, '') AS "title!",
                  coalesce(i.cpv, '') AS "cpv!", coalesce(i.unit, '') AS "unit!"
           FROM call_off_line l
           LEFT JOIN item i ON i.contract_id = l.contract_id AND i.id = l.item_id
           WHERE l.call_off_id = ANY ($1)"#,
        call_offs
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let name = LineName {
                article: row.article_number,
                title: row.title,
                cpv: row.cpv,
                quantity: row.quantity,
                unit: row.unit,
            };
            (format!("{}/{}", row.call_off_id, row.position), name)
        })
        .collect())
}

/// A booking with the price it is compared with.
#[derive(Debug, Clone)]
pub struct EntryName {
    /// Its call-off.
    pub call_off: Uuid,
    /// Its line; 0: none.
    pub position: i32,
    /// planned or cancelled.
    pub stage: String,
    /// Kind of the baseline; empty without one.
    pub kind: String,
    /// Its price per unit.
    pub price: Option<Decimal>,
    /// Date of its evidence.
    pub dated_on: Option<NaiveDate>,
    /// Its evidence in words.
    pub evidence: String,
}

/// Bookings by id as text.
///
/// # Errors
/// If the database fails.
pub async fn entries(conn: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<String, EntryName>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT e.id AS "id!", e.call_off_id AS "call_off_id!", coalesce(e.position, 0) AS "position!", e.stage AS "stage!", coalesce(b.kind, '') AS "kind!",
                  b.unit_price AS "price?", b.dated_on AS "dated_on?", coalesce(b.evidence, '') AS "evidence!"
           FROM savings_entry e
           LEFT JOIN baseline b ON b.contract_id = e.contract_id AND b.id = e.baseline_id
           WHERE e.id = ANY ($1)"#,
        ids
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let name = EntryName {
                call_off: row.call_off_id,
                position: row.position,
                stage: row.stage,
                kind: row.kind,
                price: row.price,
                dated_on: row.dated_on,
                evidence: row.evidence,
            };
            (row.id.to_string(), name)
        })
        .collect())
}
