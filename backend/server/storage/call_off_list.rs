//! Lists of call-offs: one's own, those that wait for release, those an auditor looks for.
//!
//! Whether somebody may read the name of a person costs the database about a millisecond. So nobody's name is read for rows
//! that are not shown, once for all rows of one person, and words are compared with the names of all people outside of the policies.

use abruf_domain::call_off::Status;
use abruf_domain::ids::{CallOffId, ContractId, OrganisationId, PersonId};
use abruf_domain::money::{Gross, Net};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::error::{consistent, stored_key};

/// Which call-offs; everything visible without.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// States; all if empty.
    pub statuses: Vec<Status>,
    /// One member.
    pub member: Option<OrganisationId>,
    /// One contract.
    pub contract: Option<ContractId>,
    /// One requester.
    pub requester: Option<PersonId>,
    /// First day, by date of submission.
    pub from: Option<NaiveDate>,
    /// Last day, included.
    pub to: Option<NaiveDate>,
    /// Part of number, case number and file reference, of the contract, or of a name: member, supplier, requester.
    pub words: String,
    /// Only those with a declined submission.
    pub declined_only: bool,
    /// Smallest net value.
    pub net_from: Option<Decimal>,
    /// Largest net value.
    pub net_to: Option<Decimal>,
}

/// A call-off in a list.
#[derive(Debug, Clone)]
pub struct Summary {
    /// Which.
    pub id: CallOffId,
    /// Its contract.
    pub contract: ContractId,
    /// Contract number.
    pub contract_number: String,
    /// Contract title.
    pub contract_title: String,
    /// ISO 4217.
    pub currency: String,
    /// Member.
    pub member: String,
    /// Supplier.
    pub supplier: String,
    /// State.
    pub status: Status,
    /// Vorgangsnummer.
    pub case_number: String,
    /// Call-off number, once released.
    pub number: Option<String>,
    /// Who asked.
    pub requester: String,
    /// Id of who asked.
    pub requester_id: PersonId,
    /// Net value, once submitted.
    pub net: Option<Net>,
    /// Gross value, once submitted.
    pub gross: Option<Gross>,
    /// Date of the last submission, declined or not.
    pub dated_on: Option<NaiveDate>,
    /// Last declined submission.
    pub declined_at: Option<DateTime<Utc>>,
    /// Submission.
    pub submitted_at: Option<DateTime<Utc>>,
    /// End of the reservation.
    pub expires_at: Option<DateTime<Utc>>,
    /// Last change.
    pub changed_at: DateTime<Utc>,
}

/// How many there are and what they add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Population {
    /// Call-offs.
    pub count: i64,
    /// Net value of released ones in euros.
    pub ordered_net: Net,
}

/// Counts the whole population of a search.
pub async fn count(conn: &mut PgConnection, search: &Search) -> Result<Population, StorageError> {
    let statuses: Vec<String> = search.statuses.iter().map(|status| status.key().to_owned()).collect();
    let row = sqlx::query!(
        r#"SELECT count(*) AS "count!",
                  coalesce(sum(c.net) FILTER (WHERE c.number IS NOT NULL AND c.status <> 'cancelled' AND f.currency = 'EUR'), 0) AS "ordered!"
           FROM call_off c
           JOIN framework_contract f ON f.id = c.contract_id
           WHERE (cardinality($1::text[]) = 0 OR c.status = ANY ($1))
             AND ($2::uuid IS NULL OR c.member_id = $2)
             AND ($3::uuid IS NULL OR c.contract_id = $3)
             AND ($4::uuid IS NULL OR c.requester_id = $4)
             AND ($5::date IS NULL OR $5 <= c.dated_on)
             AND ($6::date IS NULL OR c.dated_on <= $6)
             AND (NOT $8::bool OR c.declined_at IS NOT NULL)
             AND ($9::numeric IS NULL OR $9 <= c.net)
             AND ($10::numeric IS NULL OR c.net <= $10)
             AND ($7::text = '%%'
                  OR concat_ws(' ', c.number, c.case_number, c.file_reference) ILIKE $7
                  OR c.contract_id IN (SELECT v.id FROM framework_contract v WHERE concat_ws(' ', v.number, v.title) ILIKE $7)
                  OR c.member_id IN (SELECT o.id FROM organisation o WHERE o.name ILIKE $7)
                  OR c.supplier_id IN (SELECT o.id FROM organisation o WHERE o.name ILIKE $7)
                  OR c.requester_id IN (SELECT p.id FROM person p WHERE p.id = ANY (abruf.found_people($7))))"#,
        &statuses,
        search.member.map(Uuid::from),
        search.contract.map(Uuid::from),
        search.requester.map(Uuid::from),
        search.from,
        search.to,
        pattern(&search.words),
        search.declined_only,
        search.net_from,
        search.net_to,
    )
    .fetch_one(conn)
    .await?;
    Ok(Population { count: row.count, ordered_net: consistent(Net::new(row.ordered), "call_off", "net", "sum")? })
}

/// One page of a search, last changed first.
pub async fn page(
    conn: &mut PgConnection,
    search: &Search,
    limit: i64,
    offset: i64,
) -> Result<Vec<Summary>, StorageError> {
    let statuses: Vec<String> = search.statuses.iter().map(|status| status.key().to_owned()).collect();
    let rows = sqlx::query!(
        r#"WITH chosen AS MATERIALIZED (
               SELECT c.id
               FROM call_off c
               JOIN framework_contract f ON f.id = c.contract_id
               WHERE (cardinality($1::text[]) = 0 OR c.status = ANY ($1))
                 AND ($2::uuid IS NULL OR c.member_id = $2)
                 AND ($3::uuid IS NULL OR c.contract_id = $3)
                 AND ($4::uuid IS NULL OR c.requester_id = $4)
                 AND ($5::date IS NULL OR $5 <= c.dated_on)
                 AND ($6::date IS NULL OR c.dated_on <= $6)
                 AND (NOT $8::bool OR c.declined_at IS NOT NULL)
                 AND ($9::numeric IS NULL OR $9 <= c.net)
                 AND ($10::numeric IS NULL OR c.net <= $10)
                 AND ($7::text = '%%'
                      OR concat_ws(' ', c.number, c.case_number, c.file_reference) ILIKE $7
                      OR c.contract_id IN (SELECT v.id FROM framework_contract v WHERE concat_ws(' ', v.number, v.title) ILIKE $7)
                      OR c.member_id IN (SELECT o.id FROM organisation o WHERE o.name ILIKE $7)
                      OR c.supplier_id IN (SELECT o.id FROM organisation o WHERE o.name ILIKE $7)
                      OR c.requester_id IN (SELECT p.id FROM person p WHERE p.id = ANY (abruf.found_people($7))))
               ORDER BY c.changed_at DESC, c.id DESC
               LIMIT $11 OFFSET $12),
           asked AS MATERIALIZED (
               SELECT p.id, p.name FROM person p
               WHERE p.id = ANY (ARRAY(SELECT c.requester_id FROM chosen h JOIN call_off c ON c.id = h.id)))
           SELECT c.id, c.contract_id, f.number AS contract_number, f.title AS contract_title, f.currency, m.name AS member,
                  s.name AS supplier, c.status, c.case_number, c.number, coalesce(p.name, '') AS "requester!", c.requester_id,
                  c.net, c.gross, c.dated_on, c.declined_at, c.submitted_at, c.expires_at, c.changed_at
           FROM chosen
           JOIN call_off c ON c.id = chosen.id
           JOIN framework_contract f ON f.id = c.contract_id
           JOIN organisation m ON m.id = c.member_id
           JOIN organisation s ON s.id = c.supplier_id
           LEFT JOIN asked p ON p.id = c.requester_id
           ORDER BY c.changed_at DESC, c.id DESC"#,
        &statuses,
        search.member.map(Uuid::from),
        search.contract.map(Uuid::from),
        search.requester.map(Uuid::from),
        search.from,
        search.to,
        pattern(&search.words),
        search.declined_only,
        search.net_from,
        search.net_to,
        limit,
        offset,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = CallOffId(row.id);
            Ok(Summary {
                id,
                contract: ContractId(row.contract_id),
                contract_number: row.contract_number,
                contract_title: row.contract_title,
                currency: row.currency,
                member: row.member,
                supplier: row.supplier,
                status: stored_key(&row.status, "call_off", "status", id)?,
                case_number: row.case_number,
                number: row.number,
                requester: row.requester,
                requester_id: PersonId(row.requester_id),
                net: row.net.map(|net| consistent(Net::new(net), "call_off", "net", id)).transpose()?,
                gross: row.gross.map(|gross| consistent(Gross::new(gross), "call_off", "gross", id)).transpose()?,
                dated_on: row.dated_on,
                declined_at: row.declined_at,
                submitted_at: row.submitted_at,
                expires_at: row.expires_at,
                changed_at: row.changed_at,
            })
        })
        .collect()
}

/// A call-off as far as a sample needs it.
#[derive(Debug, Clone)]
pub struct Value {
    /// Which.
    pub id: CallOffId,
    /// Its contract.
    pub contract: ContractId,
    /// Vorgangsnummer.
    pub case_number: String,
    /// Call-off number, once released.
    pub number: Option<String>,
    /// State.
    pub status: Status,
    /// ISO 4217.
    pub currency: String,
    /// Net value, once submitted.
    pub net: Option<Net>,
}

/// The population of a search, by case number: at most `limit`.
pub async fn values(conn: &mut PgConnection, search: &Search, limit: i64) -> Result<Vec<Value>, StorageError> {
    let statuses: Vec<String> = search.statuses.iter().map(|status| status.key().to_owned()).collect();
    let rows = sqlx::query!(
        "SELECT c.id, c.contract_id, c.case_number, c.number, c.status, f.currency, c.net
         FROM call_off c
         JOIN framework_contract f ON f.id = c.contract_id
         JOIN organisation m ON m.id = c.member_id
         JOIN organisation s ON s.id = c.supplier_id
         LEFT JOIN person p ON p.id = c.requester_id
         WHERE (cardinality($1::text[]) = 0 OR c.status = ANY ($1))
           AND ($2::uuid IS NULL OR c.member_id = $2)
           AND ($3::uuid IS NULL OR c.contract_id = $3)
           AND ($4::uuid IS NULL OR c.requester_id = $4)
           AND ($5::date IS NULL OR $5 <= c.dated_on)
           AND ($6::date IS NULL OR c.dated_on <= $6)
           AND concat_ws(' ', c.number, c.case_number, f.number, f.title, m.name, s.name, p.name, c.file_reference) ILIKE $7
           AND (NOT $8::bool OR c.declined_at IS NOT NULL)
           AND ($9::numeric IS NULL OR $9 <= c.net)
           AND ($10::numeric IS NULL OR c.net <= $10)
         ORDER BY c.case_number
         LIMIT $11",
        &statuses,
        search.member.map(Uuid::from),
        search.contract.map(Uuid::from),
        search.requester.map(Uuid::from),
        search.from,
        search.to,
        pattern(&search.words),
        search.declined_only,
        search.net_from,
        search.net_to,
        limit,
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let id = CallOffId(row.id);
            Ok(Value {
                id,
                contract: ContractId(row.contract_id),
                case_number: row.case_number,
                number: row.number,
                status: stored_key(&row.status, "call_off", "status", id)?,
                currency: row.currency,
                net: row.net.map(|net| consistent(Net::new(net), "call_off", "net", id)).transpose()?,
            })
        })
        .collect()
}

/// The words as a pattern that takes them literally.
fn pattern(words: &str) -> String {
    let literal = words.trim().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{literal}%")
}
