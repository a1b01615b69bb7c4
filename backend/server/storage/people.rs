//! Persons and their assignments: who may act, in which role, for whom, with which view.

use abruf_domain::ids::{AssignmentId, OrganisationId, PersonId};
use abruf_domain::period::Period;
use chrono::{DateTime, NaiveDate, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::actor::{Actor, AuditScope, Role, Standing};
use crate::storage::StorageError;
use crate::storage::error::{affected, consistent};

/// What sign-in needs of a person.
#[derive(Clone)]
pub struct Account {
    /// Who.
    pub person: PersonId,
    /// Name as shown.
    pub name: String,
    /// argon2id in PHC form; none until a password is set.
    pub password_hash: Option<String>,
    /// Account of the demo.
    pub demo: bool,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("person", &self.person).field("demo", &self.demo).finish_non_exhaustive()
    }
}

/// An actor with the names a page shows.
#[derive(Debug, Clone)]
pub struct Acting {
    /// Who acts, in which role, with which view.
    pub actor: Actor,
    /// The organisation acted for.
    pub organisation_name: String,
    /// The purchasing body.
    pub body_name: String,
    /// Its central mail address; may be empty.
    pub body_email: String,
}

/// The account with this sign-in name (lower case).
pub async fn find_account(tx: &mut PgConnection, email: &str) -> Result<Option<Account>, StorageError> {
    Ok(sqlx::query_as!(Account, "SELECT id AS person, name, password_hash, demo FROM person WHERE email = $1", email)
        .fetch_optional(tx)
        .await?)
}

/// The sign-in name of a person.
pub async fn sign_in_name(tx: &mut PgConnection, person: PersonId) -> Result<String, StorageError> {
    Ok(sqlx::query_scalar!("SELECT email FROM person WHERE id = $1", person.0).fetch_one(tx).await?)
}

/// Inserts a person without a password.
pub async fn insert(
    tx: &mut PgConnection,
    person: PersonId,
    email: &str,
    name: &str,
    demo: bool,
    now: DateTime<Utc>,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO person (id, email, name, demo, created_at) VALUES ($1, $2, $3, $4, $5)",
        person.0,
        email,
        name,
        demo,
        now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores the hash of a new password.
pub async fn set_password_hash(tx: &mut PgConnection, person: PersonId, phc: &str) -> Result<(), StorageError> {
    let done = sqlx::query!("UPDATE person SET password_hash = $2 WHERE id = $1", person.0, phc).execute(tx).await?;
    affected("set password", 1, done.rows_affected())
}

/// Gives a person a role that needs no scope, from a day on. Auditors have a scope and their own door.
pub async fn assign(
    tx: &mut PgConnection,
    assignment: AssignmentId,
    person: PersonId,
    role: Role,
    organisation: OrganisationId,
    body: OrganisationId,
    valid_from: NaiveDate,
) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO assignment (id, person_id, role, organisation_id, body_id, valid_from)
         VALUES ($1, $2, $3, $4, $5, $6)",
        assignment.0,
        person.0,
        role.key(),
        organisation.0,
        body.0,
        valid_from,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Everything this person may act for now, in the order pages list it. Most assignments end with a day; one that was
/// ended at once, or opened for hours, ends at an instant.
///
/// Under a person's own actor only the assignments of the organisation acted for and their own are
/// visible; under sign-in all of them.
pub async fn assignments(
    tx: &mut PgConnection,
    person: PersonId,
    when: (DateTime<Utc>, NaiveDate),
) -> Result<Vec<Acting>, StorageError> {
    read(tx, person, None, when).await
}

/// One assignment of this person, if it is valid now.
pub async fn acting(
    tx: &mut PgConnection,
    person: PersonId,
    assignment: AssignmentId,
    when: (DateTime<Utc>, NaiveDate),
) -> Result<Option<Acting>, StorageError> {
    Ok(read(tx, person, Some(assignment), when).await?.pop())
}

/// The purchasing bodies, by name.
pub async fn bodies(tx: &mut PgConnection, today: NaiveDate) -> Result<Vec<OrganisationId>, StorageError> {
    let ids = sqlx::query_scalar!(
        "SELECT o.id FROM organisation o
         JOIN organisation_role r ON r.organisation_id = o.id AND r.role = 'body'
         WHERE r.valid_from <= $1 AND (r.valid_to IS NULL OR $1 <= r.valid_to)
         ORDER BY o.name, o.id",
        today
    )
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(OrganisationId).collect())
}

/// An assignment as it is read, before its role is known to be one.
pub(super) struct AssignmentRow {
    pub id: AssignmentId,
    pub role: String,
    pub organisation: OrganisationId,
    pub organisation_name: String,
    pub body: OrganisationId,
    pub body_name: String,
    pub body_email: String,
    pub period_from: Option<NaiveDate>,
    pub period_to: Option<NaiveDate>,
    pub members: Vec<Uuid>,
}

impl AssignmentRow {
    pub fn acting(self, person: PersonId) -> Result<Acting, StorageError> {
        let unknown = format!("unknown role {}", self.role);
        let role = consistent(Role::from_key(&self.role).ok_or(unknown), "assignment", "role", self.id)?;
        let standing = match role {
            Role::Buyer | Role::Approver | Role::Treasurer => Standing::Member,
            Role::Office | Role::Board | Role::SupervisoryBoard | Role::Administrator => Standing::Body,
            Role::Auditor => {
                let (from, to) = self.period_from.zip(self.period_to).unwrap_or_default();
                let period = consistent(Period::new(from, to), "assignment", "period_from", self.id)?;
                Standing::Auditor(AuditScope {
                    members: self.members.into_iter().map(OrganisationId).collect(),
                    period,
                })
            }
        };
        Ok(Acting {
            actor: Actor {
                person,
                assignment: self.id,
                role,
                organisation: self.organisation,
                body: self.body,
                standing,
                request_id: None,
                key: None,
            },
            organisation_name: self.organisation_name,
            body_name: self.body_name,
            body_email: self.body_email,
        })
    }
}

async fn read(
    tx: &mut PgConnection,
    person: PersonId,
    only: Option<AssignmentId>,
    (now, today): (DateTime<Utc>, NaiveDate),
) -> Result<Vec<Acting>, StorageError> {
    let rows = sqlx::query_as!(
        AssignmentRow,
        r#"SELECT a.id, a.role,
                  a.organisation_id AS organisation, o.name AS organisation_name,
                  a.body_id AS body, b.name AS body_name, b.email AS body_email,
                  a.period_from, a.period_to,
                  CASE
                      WHEN a.role <> 'auditor' THEN '{}'
                      ELSE abruf.audited_members(a.id, a.body_id, a.all_members)
                  END AS "members!: Vec<Uuid>"
           FROM assignment a
           JOIN organisation o ON o.id = a.organisation_id
           JOIN organisation b ON b.id = a.body_id
           WHERE a.person_id = $1 AND ($2::uuid IS NULL OR a.id = $2)
             AND a.valid_from <= $3 AND (a.valid_to IS NULL OR $3 <= a.valid_to) AND (a.ends_at IS NULL OR $4 < a.ends_at)
           ORDER BY o.name, a.role, a.id"#,
        person.0,
        only.map(|it| it.0),
        today,
        now,
    )
    .fetch_all(tx)
    .await?;
    rows.into_iter().map(|row| row.acting(person)).collect()
}

/// Mail addresses of those of these people who act for the organisation now.
pub async fn mail_addresses(
    tx: &mut PgConnection,
    people: &[PersonId],
    organisation: OrganisationId,
    (now, today): (DateTime<Utc>, NaiveDate),
) -> Result<Vec<String>, StorageError> {
    let people: Vec<Uuid> = people.iter().map(|id| id.0).collect();
    Ok(sqlx::query_scalar!(
        "SELECT DISTINCT p.email
         FROM person p
         JOIN assignment a ON a.person_id = p.id
         WHERE p.id = ANY ($1) AND a.organisation_id = $2 AND a.valid_from <= $3 AND (a.valid_to IS NULL OR $3 <= a.valid_to)
           AND (a.ends_at IS NULL OR $4 < a.ends_at)
         ORDER BY p.email",
        &people,
        organisation.0,
        today,
        now
    )
    .fetch_all(tx)
    .await?)
}

/// Mail addresses of everybody who acts in a role for the organisation now.
pub async fn mail_addresses_of_role(
    tx: &mut PgConnection,
    role: Role,
    organisation: OrganisationId,
    (now, today): (DateTime<Utc>, NaiveDate),
) -> Result<Vec<String>, StorageError> {
    Ok(sqlx::query_scalar!(
        "SELECT DISTINCT p.email
         FROM person p
         JOIN assignment a ON a.person_id = p.id
         WHERE a.role = $1 AND a.organisation_id = $2 AND a.valid_from <= $3 AND (a.valid_to IS NULL OR $3 <= a.valid_to)
           AND (a.ends_at IS NULL OR $4 < a.ends_at)
         ORDER BY p.email",
        role.key(),
        organisation.0,
        today,
        now
    )
    .fetch_all(tx)
    .await?)
}
