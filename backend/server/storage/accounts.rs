//! Accounts as the administration of a house keeps them: a person, what they may do, how they stand with getting in.

use abruf_domain::ids::{AssignmentId, OrganisationId, PersonId};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use super::StorageError;

/// A person of a house.
#[derive(Debug, Clone)]
pub struct Account {
    /// Who.
    pub person: PersonId,
    /// Name as shown.
    pub name: String,
    /// Sign-in name.
    pub email: String,
    /// Whether a password is set.
    pub active: bool,
    /// Account of the demo.
    pub demo: bool,
}

/// A person who has or had an assignment in the house of this body.
pub async fn in_house(
    conn: &mut PgConnection,
    person: PersonId,
    body: OrganisationId,
) -> Result<Option<Account>, StorageError> {
    Ok(sqlx::query_as!(
        Account,
        r#"SELECT p.id AS person, p.name, p.email, p.password_hash IS NOT NULL AS "active!", p.demo
           FROM person p
           WHERE p.id = $1 AND EXISTS (SELECT FROM assignment a WHERE a.person_id = p.id AND a.body_id = $2)"#,
        person.0,
        body.0
    )
    .fetch_optional(conn)
    .await?)
}

/// How a person stands with getting in.
#[derive(Debug, Clone)]
pub struct Entrance {
    /// Since when there is a second factor.
    pub factor_since: Option<DateTime<Utc>>,
    /// Sessions that live.
    pub sessions: i64,
    /// When the open link ends, if there is one.
    pub link_until: Option<DateTime<Utc>>,
    /// State of the last letter: waiting, sending, sent, failed, void.
    pub letter: Option<String>,
    /// Last sign-in.
    pub last_at: Option<DateTime<Utc>>,
}

/// How a person stands; for the program, as no actor of a house may read sessions of others.
pub async fn entrance(conn: &mut PgConnection, person: PersonId, now: DateTime<Utc>) -> Result<Entrance, StorageError> {
    Ok(sqlx::query_as!(
        Entrance,
        r#"SELECT (SELECT f.confirmed_at FROM second_factor f WHERE f.person_id = $1) AS factor_since,
                  (SELECT count(*) FROM session s WHERE s.person_id = $1 AND s.revoked_at IS NULL AND $2 < s.expires_at) AS "sessions!",
                  (SELECT max(l.expires_at) FROM one_time_link l WHERE l.person_id = $1 AND l.used_at IS NULL AND $2 < l.expires_at) AS link_until,
                  (SELECT m.state FROM account_mail m WHERE m.person_id = $1 ORDER BY m.created_at DESC, m.id DESC LIMIT 1) AS letter,
                  (SELECT max(s.created_at) FROM session s WHERE s.person_id = $1) AS last_at"#,
        person.0,
        now
    )
    .fetch_one(conn)
    .await?)
}

/// An assignment of a person in the house.
#[derive(Debug, Clone)]
pub struct Post {
    /// Which.
    pub id: AssignmentId,
    /// Role key.
    pub role: String,
    /// For whom.
    pub organisation: OrganisationId,
    /// Their name.
    pub organisation_name: String,
    /// First day.
    pub valid_from: NaiveDate,
    /// Last day.
    pub valid_to: Option<NaiveDate>,
    /// Instant at which it ends within its last day.
    pub ends_at: Option<DateTime<Utc>>,
    /// Approvers: largest gross value they may release.
    pub release_limit_gross: Option<Decimal>,
    /// Auditors: first day of the call-offs in scope.
    pub period_from: Option<NaiveDate>,
    /// Auditors: last day.
    pub period_to: Option<NaiveDate>,
    /// Auditors: every member is in scope.
    pub all_members: bool,
    /// Auditors: names of the members in scope.
    pub members: Vec<String>,
}

impl Post {
    /// Whether it is over at this instant.
    #[must_use]
    pub fn is_over(&self, today: NaiveDate, now: DateTime<Utc>) -> bool {
        self.valid_to.is_some_and(|last| last < today) || self.ends_at.is_some_and(|end| end <= now)
    }
}

/// What a person may do in the house of a body, and what they could, newest first.
pub async fn posts(conn: &mut PgConnection, person: PersonId, body: OrganisationId) -> Result<Vec<Post>, StorageError> {
    Ok(sqlx::query_as!(
        Post,
        r#"SELECT a.id, a.role, a.organisation_id AS organisation, o.name AS organisation_name, a.valid_from, a.valid_to, a.ends_at,
                  a.release_limit_gross, a.period_from, a.period_to, a.all_members,
                  ARRAY(SELECT t.name FROM assignment_member m JOIN organisation t ON t.id = m.member_id
                        WHERE m.assignment_id = a.id ORDER BY t.name) AS "members!"
           FROM assignment a
           JOIN organisation o ON o.id = a.organisation_id
           WHERE a.person_id = $1 AND a.body_id = $2
           ORDER BY a.valid_from DESC, a.id DESC"#,
        person.0,
        body.0
    )
    .fetch_all(conn)
    .await?)
}

/// Ends an assignment: with the day, or at once where `last_day` is none. False if there is none such that is not over.
///
/// At once means: yesterday was its last day, so that nobody reads it as one of today; one that began today ends at the
/// instant.
pub async fn end_post(
    conn: &mut PgConnection,
    (id, person, body): (AssignmentId, PersonId, OrganisationId),
    last_day: Option<NaiveDate>,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> Result<bool, StorageError> {
    let done = sqlx::query!(
        "UPDATE assignment
         SET valid_to = CASE WHEN $4::date IS NOT NULL THEN $4 WHEN valid_from < $5 THEN $5 - 1 ELSE valid_from END,
             ends_at = CASE WHEN $4::date IS NULL THEN $6 ELSE ends_at END
         WHERE id = $1 AND person_id = $2 AND body_id = $3
           AND (valid_to IS NULL OR $5 <= valid_to) AND (ends_at IS NULL OR $6 < ends_at)
           AND ($4::date IS NULL OR valid_from <= $4)",
        id.0,
        person.0,
        body.0,
        last_day,
        today,
        now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// An organisation somebody can act for in the house of a body.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Which.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// body, member or audit_body.
    pub role: String,
}

/// The organisations somebody can act for today: the body, its members, its auditors.
pub async fn organisations(
    conn: &mut PgConnection,
    body: OrganisationId,
    today: NaiveDate,
) -> Result<Vec<Choice>, StorageError> {
    Ok(sqlx::query_as!(
        Choice,
        "SELECT o.id, o.name, r.role
         FROM organisation_role r
         JOIN organisation o ON o.id = r.organisation_id
         WHERE r.body_id = $1 AND r.role IN ('body', 'member', 'audit_body')
           AND r.valid_from <= $2 AND (r.valid_to IS NULL OR $2 <= r.valid_to)
         ORDER BY CASE r.role WHEN 'body' THEN 1 WHEN 'audit_body' THEN 2 ELSE 3 END, o.name, o.id",
        body.0,
        today
    )
    .fetch_all(conn)
    .await?)
}

/// A person in the list of a house.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Who.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// Sign-in name.
    pub email: String,
    /// Whether a password is set.
    pub active: bool,
    /// Role keys of today, without repetition.
    pub roles: Vec<String>,
}

/// The people of a house by name.
pub async fn list(
    conn: &mut PgConnection,
    body: OrganisationId,
    today: NaiveDate,
    limit: i64,
    offset: i64,
) -> Result<Vec<Listed>, StorageError> {
    Ok(sqlx::query_as!(
        Listed,
        r#"SELECT p.id AS person, p.name, p.email, p.password_hash IS NOT NULL AS "active!",
                  ARRAY(SELECT DISTINCT a.role FROM assignment a
                        WHERE a.person_id = p.id AND a.body_id = $1 AND a.valid_from <= $2 AND (a.valid_to IS NULL OR $2 <= a.valid_to)
                        ORDER BY a.role) AS "roles!"
           FROM person p
           WHERE EXISTS (SELECT FROM assignment a WHERE a.person_id = p.id AND a.body_id = $1)
           ORDER BY p.name, p.email
           LIMIT $3 OFFSET $4"#,
        body.0,
        today,
        limit,
        offset
    )
    .fetch_all(conn)
    .await?)
}

/// How many people the house has.
pub async fn count(conn: &mut PgConnection, body: OrganisationId) -> Result<i64, StorageError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM person p WHERE EXISTS (SELECT FROM assignment a WHERE a.person_id = p.id AND a.body_id = $1)"#,
        body.0
    )
    .fetch_one(conn)
    .await?)
}
