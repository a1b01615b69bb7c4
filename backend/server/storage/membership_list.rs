//! Memberships of a purchasing body, entitlements and quotas of a member: what the office looks up.

use abruf_domain::ids::{ContractId, GuardId, OrganisationId};
use abruf_domain::money::Volume;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;
use super::contracts::Ceiling;
use super::error::consistent;

/// A membership in the list.
#[derive(Debug, Clone)]
pub struct MembershipRow {
    /// The member.
    pub member: OrganisationId,
    /// Its name.
    pub name: String,
    /// Legal kind key.
    pub kind: String,
    /// Official municipality key.
    pub official_key: Option<String>,
    /// Inhabitants.
    pub inhabitants: Option<i32>,
    /// Date of the declaration of accession.
    pub declared_on: NaiveDate,
    /// First day.
    pub effective_from: NaiveDate,
    /// Last day.
    pub effective_to: Option<NaiveDate>,
    /// Entry in the list of members.
    pub listed_on: Option<NaiveDate>,
    /// Shares taken.
    pub shares: i32,
    /// Nominal value of one.
    pub share_value_net: Decimal,
}

/// How many memberships of a body match.
pub async fn count(conn: &mut PgConnection, body: OrganisationId, words: &str) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
           FROM membership m
           JOIN organisation o ON o.id = m.member_id
           WHERE m.body_id = $1 AND concat_ws(' ', o.name, o.official_key, o.town) ILIKE $2"#,
        body.0,
        pattern(words)
    )
    .fetch_one(conn)
    .await?)
}

/// A page of the memberships of a body, by name.
pub async fn page(
    conn: &mut PgConnection,
    body: OrganisationId,
    words: &str,
    limit: i64,
    offset: i64,
) -> Result<Vec<MembershipRow>, StorageError> {
    Ok(sqlx::query_as!(
        MembershipRow,
        "SELECT m.member_id AS member, o.name, o.kind, o.official_key, o.inhabitants, m.declared_on, m.effective_from, m.effective_to,
                m.listed_on, m.shares, m.share_value_net
         FROM membership m
         JOIN organisation o ON o.id = m.member_id
         WHERE m.body_id = $1 AND concat_ws(' ', o.name, o.official_key, o.town) ILIKE $2
         ORDER BY o.name, m.effective_from DESC, m.id
         LIMIT $3 OFFSET $4",
        body.0,
        pattern(words),
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}

/// The memberships of one member, newest first.
pub async fn of_member(
    conn: &mut PgConnection,
    body: OrganisationId,
    member: OrganisationId,
) -> Result<Vec<MembershipRow>, StorageError> {
    Ok(sqlx::query_as!(
        MembershipRow,
        "SELECT m.member_id AS member, o.name, o.kind, o.official_key, o.inhabitants, m.declared_on, m.effective_from, m.effective_to,
                m.listed_on, m.shares, m.share_value_net
         FROM membership m
         JOIN organisation o ON o.id = m.member_id
         WHERE m.body_id = $1 AND m.member_id = $2
         ORDER BY m.effective_from DESC, m.id",
        body.0,
        member.0
    )
    .fetch_all(conn)
    .await?)
}

/// Why a member may call off from a contract.
#[derive(Debug, Clone)]
pub struct MemberEntitlement {
    /// The contract.
    pub contract: ContractId,
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Named itself, and not by its kind.
    pub named: bool,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Proof.
    pub document: String,
    /// Date of the proof.
    pub document_date: NaiveDate,
}

/// The entitlements that name a member or its kind, by contract.
pub async fn entitlements(
    conn: &mut PgConnection,
    member: OrganisationId,
) -> Result<Vec<MemberEntitlement>, StorageError> {
    Ok(sqlx::query_as!(
        MemberEntitlement,
        r#"SELECT f.id AS contract, f.number, f.title, e.mode = 'named' AS "named!", e.valid_from, e.valid_to, e.document, e.document_date
           FROM entitlement e
           JOIN framework_contract f ON f.id = e.contract_id
           JOIN organisation o ON o.id = $1
           WHERE e.member_id = o.id OR (o.kind = ANY (e.kinds) AND o.region = e.region)
           ORDER BY f.number, e.valid_from, e.id"#,
        member.0
    )
    .fetch_all(conn)
    .await?)
}

/// A member's quota.
#[derive(Debug, Clone)]
pub struct MemberQuota {
    /// The contract.
    pub contract: ContractId,
    /// Its number.
    pub number: String,
    /// Its title.
    pub title: String,
    /// Its currency.
    pub currency: String,
    /// Above it a justification is enough, or not.
    pub hard: bool,
    /// The quota.
    pub ceiling: Ceiling,
}

/// The value quotas of a member, by contract.
pub async fn quotas(conn: &mut PgConnection, member: OrganisationId) -> Result<Vec<MemberQuota>, StorageError> {
    let rows = sqlx::query!(
        r#"SELECT g.id, f.id AS contract, f.number, f.title, f.currency, g.hard, g.limit_amount,
                  g.authorised + g.recorded AS "consumed!", g.reserved, g.breached
           FROM guard g
           JOIN framework_contract f ON f.id = g.contract_id
           WHERE g.scope = 'member' AND g.measure = 'value' AND g.member_id = $1
           ORDER BY f.number, g.id"#,
        member.0
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let volume = |value, column| consistent(Volume::new(value), "guard", column, row.id);
            Ok(MemberQuota {
                contract: ContractId(row.contract),
                ceiling: Ceiling {
                    guard: GuardId(row.id),
                    limit: row.limit_amount.map(|limit| volume(limit, "limit_amount")).transpose()?,
                    consumed: volume(row.consumed, "authorised")?,
                    reserved: volume(row.reserved, "reserved")?,
                    breached: row.breached,
                },
                number: row.number,
                title: row.title,
                currency: row.currency,
                hard: row.hard,
            })
        })
        .collect()
}

/// An assignment of a person in the house of a body.
#[derive(Debug, Clone)]
pub struct AssignmentRow {
    /// Who.
    pub person_id: Uuid,
    /// The person.
    pub person: String,
    /// Sign-in name.
    pub email: String,
    /// Whether a password is set.
    pub active: bool,
    /// Role key.
    pub role: String,
    /// For whom.
    pub organisation: String,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Largest gross value an approver may release.
    pub release_limit_gross: Option<Decimal>,
    /// The assignment.
    pub id: Uuid,
}

/// Accounts and what they may do, by name.
pub async fn assignments(
    conn: &mut PgConnection,
    body: OrganisationId,
    words: &str,
    limit: i64,
    offset: i64,
) -> Result<Vec<AssignmentRow>, StorageError> {
    Ok(sqlx::query_as!(
        AssignmentRow,
        r#"SELECT p.id AS person_id, p.name AS person, p.email, p.password_hash IS NOT NULL AS "active!", a.role, o.name AS organisation, a.valid_from,
                  a.valid_to, a.release_limit_gross, a.id
           FROM assignment a
           JOIN person p ON p.id = a.person_id
           JOIN organisation o ON o.id = a.organisation_id
           WHERE a.body_id = $1 AND concat_ws(' ', p.name, p.email, o.name) ILIKE $2
           ORDER BY p.name, p.email, a.role, a.id
           LIMIT $3 OFFSET $4"#,
        body.0,
        pattern(words),
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}

/// How many assignments match.
pub async fn assignment_count(conn: &mut PgConnection, body: OrganisationId, words: &str) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!"
           FROM assignment a
           JOIN person p ON p.id = a.person_id
           JOIN organisation o ON o.id = a.organisation_id
           WHERE a.body_id = $1 AND concat_ws(' ', p.name, p.email, o.name) ILIKE $2"#,
        body.0,
        pattern(words)
    )
    .fetch_one(conn)
    .await?)
}

/// The words as a pattern that takes them literally.
fn pattern(words: &str) -> String {
    format!("%{}%", words.trim().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}
