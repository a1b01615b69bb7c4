//! Assignments with what `people::assign` does not need: an end, a release limit, an auditor's scope.

use abruf_domain::ids::{AssignmentId, OrganisationId, PersonId};
use abruf_domain::money::Gross;
use abruf_domain::period::{Period, Validity};
use sqlx::PgConnection;

use crate::actor::Role;
use crate::storage::StorageError;

/// An assignment to be entered.
#[derive(Debug, Clone, Copy)]
pub struct NewAssignment {
    /// Its id.
    pub id: AssignmentId,
    /// Who.
    pub person: PersonId,
    /// In which role; not as an auditor.
    pub role: Role,
    /// For whom.
    pub organisation: OrganisationId,
    /// In whose house.
    pub body: OrganisationId,
    /// From when to when.
    pub validity: Validity,
    /// Approvers: largest gross order value; `None`: unlimited.
    pub release_limit: Option<Gross>,
    /// Approvers: head of the administration.
    pub heads_administration: bool,
}

/// Enters an assignment.
pub async fn insert_assignment(conn: &mut PgConnection, assignment: &NewAssignment) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO assignment (id, person_id, role, organisation_id, body_id, valid_from, valid_to, release_limit_gross, heads_administration)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        assignment.id.0,
        assignment.person.0,
        assignment.role.key(),
        assignment.organisation.0,
        assignment.body.0,
        assignment.validity.from,
        assignment.validity.to,
        assignment.release_limit.map(Gross::decimal),
        assignment.heads_administration,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An auditor's assignment to be entered.
#[derive(Debug, Clone, Copy)]
pub struct NewAudit<'a> {
    /// Its id.
    pub id: AssignmentId,
    /// Who.
    pub person: PersonId,
    /// The audit body.
    pub audit_body: OrganisationId,
    /// In whose house.
    pub body: OrganisationId,
    /// First and last day of the assignment; an auditor's has an end.
    pub valid: Period,
    /// Dates of the call-offs in scope.
    pub scope: Period,
    /// Members in scope; `None`: all of them.
    pub members: Option<&'a [OrganisationId]>,
}

/// Enters an auditor's assignment with its scope.
pub async fn insert_audit(conn: &mut PgConnection, audit: &NewAudit<'_>) -> Result<(), StorageError> {
    sqlx::query!(
        "INSERT INTO assignment (id, person_id, role, organisation_id, body_id, valid_from, valid_to, period_from, period_to, all_members)
         VALUES ($1, $2, 'auditor', $3, $4, $5, $6, $7, $8, $9)",
        audit.id.0,
        audit.person.0,
        audit.audit_body.0,
        audit.body.0,
        audit.valid.from(),
        audit.valid.to(),
        audit.scope.from(),
        audit.scope.to(),
        audit.members.is_none(),
    )
    .execute(&mut *conn)
    .await?;
    let members: Vec<_> = audit.members.unwrap_or_default().iter().map(|member| member.0).collect();
    sqlx::query!(
        "INSERT INTO assignment_member (assignment_id, member_id) SELECT $1, member FROM unnest($2::uuid[]) AS member",
        audit.id.0,
        &members,
    )
    .execute(conn)
    .await?;
    Ok(())
}
