//! People and their assignments. What comes out is the actor that actions take.

use abruf::actor::{Actor, AuditScope, Role, Standing};
use abruf_domain::ids::{AssignmentId, OrganisationId, PersonId};
use abruf_domain::period::Period;

use super::{Made, World};

impl World {
    /// Somebody who places call-offs for a member.
    pub fn buyer(&self, member: OrganisationId) -> NewPerson<'_> {
        self.person(Role::Buyer, member)
    }

    /// Somebody who releases a member's call-offs.
    pub fn approver(&self, member: OrganisationId) -> NewPerson<'_> {
        self.person(Role::Approver, member)
    }

    /// Somebody of the body's office.
    pub fn office(&self) -> NewPerson<'_> {
        self.person(Role::Office, self.body)
    }

    /// An auditor of these members, for call-offs of the year 2026 unless said otherwise.
    pub fn auditor(&self, members: &[OrganisationId]) -> NewPerson<'_> {
        NewPerson { sees: members.to_vec(), ..self.person(Role::Auditor, self.body) }
    }

    /// Somebody in any role.
    pub fn person(&self, role: Role, organisation: OrganisationId) -> NewPerson<'_> {
        NewPerson {
            world: self,
            role,
            organisation,
            name: "Eva Muster",
            known: None,
            limit: None,
            sees: Vec::new(),
            period: ["2026-01-01", "2026-12-31"],
        }
    }

    /// A person without any assignment.
    pub(super) async fn person_named(&self, name: &str) -> PersonId {
        let id = self.id();
        sqlx::query("INSERT INTO person (id, email, name, created_at) VALUES ($1, $2, $3, $4)")
            .bind(id)
            .bind(format!("{id}@beispiel.example"))
            .bind(name)
            .bind(self.app.clock.now())
            .execute(self.owner())
            .await
            .unwrap();
        PersonId(id)
    }
}

/// A person with an assignment, in the making.
#[must_use = "a builder does nothing until it is awaited"]
pub struct NewPerson<'a> {
    world: &'a World,
    role: Role,
    organisation: OrganisationId,
    name: &'a str,
    known: Option<PersonId>,
    limit: Option<&'a str>,
    sees: Vec<OrganisationId>,
    period: [&'a str; 2],
}

impl<'a> NewPerson<'a> {
    /// With a name of their own.
    pub fn named(self, name: &'a str) -> Self {
        Self { name, ..self }
    }

    /// The same person as another actor, in one more assignment.
    pub fn same_person_as(self, actor: &Actor) -> Self {
        Self { known: Some(actor.person), ..self }
    }

    /// Approvers: may release up to this gross amount.
    pub fn up_to(self, gross: &'a str) -> Self {
        Self { limit: Some(gross), ..self }
    }

    /// Auditors: call-offs of these days.
    pub fn between(self, from: &'a str, to: &'a str) -> Self {
        Self { period: [from, to], ..self }
    }

    async fn insert(self) -> Actor {
        let world = self.world;
        let person = match self.known {
            Some(person) => person,
            None => world.person_named(self.name).await,
        };
        let auditor = self.role == Role::Auditor;
        let assignment = world.id();
        sqlx::query(
            "INSERT INTO assignment (id, person_id, role, organisation_id, body_id, valid_from, valid_to,
                                     release_limit_gross, period_from, period_to)
             VALUES ($1, $2, $3, $4, $5, '2020-01-01', CASE WHEN $3 = 'auditor' THEN date '2030-12-31' END,
                     $6::numeric, $7::date, $8::date)",
        )
        .bind(assignment)
        .bind(person.0)
        .bind(self.role.key())
        .bind(self.organisation.0)
        .bind(world.body.0)
        .bind(self.limit)
        .bind(auditor.then_some(self.period[0]))
        .bind(auditor.then_some(self.period[1]))
        .execute(world.owner())
        .await
        .unwrap();
        for member in &self.sees {
            sqlx::query("INSERT INTO assignment_member (assignment_id, member_id) VALUES ($1, $2)")
                .bind(assignment)
                .bind(member.0)
                .execute(world.owner())
                .await
                .unwrap();
        }
        let [from, to] = self.period.map(|day| day.parse().unwrap());
        Actor {
            person,
            assignment: AssignmentId(assignment),
            role: self.role,
            organisation: self.organisation,
            body: world.body,
            standing: match self.role {
                Role::Buyer | Role::Approver | Role::Treasurer => Standing::Member,
                Role::Auditor => {
                    Standing::Auditor(AuditScope { members: self.sees, period: Period::new(from, to).unwrap() })
                }
                Role::Office | Role::Board | Role::SupervisoryBoard | Role::Administrator => Standing::Body,
            },
            request_id: None,
            key: None,
        }
    }
}

impl<'a> IntoFuture for NewPerson<'a> {
    type Output = Actor;
    type IntoFuture = Made<'a, Actor>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.insert())
    }
}
