//! Who works where: buyers and approvers of every member, deputies in the larger ones, the office,
//! the boards and the auditors of the cooperative.

use std::collections::BTreeSet;

use abruf_domain::facts::Authority;
use abruf_domain::ids::{AssignmentId, OrganisationId, PersonId};
use abruf_domain::money::Gross;
use abruf_domain::period::{Period, Validity};
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::accounts::{DemoAccount, House, accounts};
use super::calendar::Calendar;
use super::dice::Dice;
use super::members::Row;
use super::names;
use crate::actor::{Actor, Role, Standing};
use crate::chance::Chance;
use crate::storage::StorageError;
use crate::storage::master_data::members::insert_signing_authority;
use crate::storage::master_data::people::{NewAssignment, NewAudit, insert_assignment, insert_audit};
use crate::storage::people;

/// Gross amount up to which the first approver of a larger house releases alone.
const FIRST_APPROVER_LIMIT: u32 = 25_000;

/// Somebody who releases, and up to which gross amount.
#[derive(Debug, Clone)]
pub(super) struct Approver {
    pub actor: Actor,
    pub limit: Option<Gross>,
}

/// Who orders and releases for a member.
#[derive(Debug, Clone, Default)]
pub(super) struct Staff {
    pub buyers: Vec<Actor>,
    pub approvers: Vec<Approver>,
}

/// The two persons of the office, and who approves what they record.
#[derive(Debug, Clone)]
pub(super) struct Leadership {
    pub office: Actor,
    pub second_office: Actor,
    pub board: PersonId,
}

/// Enters persons and their assignments.
pub(super) struct Registry<'a> {
    chance: &'a Chance,
    dice: Dice,
    calendar: Calendar,
    body: OrganisationId,
    password_hash: String,
    taken: BTreeSet<String>,
    /// How many persons there are.
    pub people: usize,
}

impl<'a> Registry<'a> {
    pub(super) fn new(
        chance: &'a Chance,
        dice: Dice,
        calendar: Calendar,
        body: OrganisationId,
        password_hash: String,
    ) -> Self {
        let taken = accounts().iter().map(|account| account.email.to_owned()).collect();
        Self { chance, dice, calendar, body, password_hash, taken, people: 0 }
    }

    /// The staff of a member: the demo accounts it has, filled up to what its size needs.
    pub(super) async fn staff(
        &mut self,
        conn: &mut PgConnection,
        member: OrganisationId,
        row: &Row,
        membership: Validity,
    ) -> Result<Staff, StorageError> {
        let validity = self.employed(membership);
        let mut staff = Staff::default();
        let mut treasurers = 0;
        for account in accounts().iter().filter(|account| account.house == House::Member(row.key)) {
            let person = self.account(conn, account, validity.from).await?;
            for role in account.posts {
                let limit = (*role == Role::Approver).then(|| account.release_limit()).flatten();
                let actor = self.assign(conn, person, *role, member, validity, limit).await?;
                match role {
                    Role::Buyer => staff.buyers.push(actor),
                    Role::Approver => staff.approvers.push(Approver { actor, limit }),
                    _ => treasurers += 1,
                }
            }
        }
        let domain = format!("{}.example", row.key);
        let posts = if row.is_large() { 2 } else { 1 };
        while staff.buyers.len() < posts {
            let person = self.person(conn, &domain, validity.from).await?;
            staff.buyers.push(self.assign(conn, person, Role::Buyer, member, validity, None).await?);
        }
        while staff.approvers.len() < posts {
            let limited = row.is_large() && staff.approvers.is_empty();
            let limit = limited.then(|| Gross::rounded(Decimal::from(FIRST_APPROVER_LIMIT)));
            let person = self.person(conn, &domain, validity.from).await?;
            let actor = self.assign(conn, person, Role::Approver, member, validity, limit).await?;
            staff.approvers.push(Approver { actor, limit });
        }
        if row.is_large() && treasurers == 0 {
            let person = self.person(conn, &domain, validity.from).await?;
            self.assign(conn, person, Role::Treasurer, member, validity, None).await?;
        }
        Ok(staff)
    }

    /// Office, boards and administration of the cooperative.
    pub(super) async fn cooperative(
        &mut self,
        conn: &mut PgConnection,
        since: NaiveDate,
    ) -> Result<Leadership, StorageError> {
        let validity = Validity { from: since, to: None };
        let mut offices = Vec::new();
        let mut boards = Vec::new();
        for account in accounts().iter().filter(|account| account.house == House::Cooperative) {
            let person = self.account(conn, account, since).await?;
            for role in account.posts {
                let actor = self.assign(conn, person, *role, self.body, validity, None).await?;
                match role {
                    Role::Office => offices.push(actor),
                    Role::Board => boards.push(actor.person),
                    _ => {}
                }
            }
        }
        let second = self.person(conn, "kommunal-it-mitte.example", since).await?;
        self.assign(conn, second, Role::Board, self.body, validity, None).await?;
        let mut offices = offices.into_iter();
        let mut next = || offices.next().expect("the table of accounts has two persons in the office");
        let (office, second_office) = (next(), next());
        Ok(Leadership { office, second_office, board: *boards.first().expect("the table of accounts has a board") })
    }

    /// The auditors: one of the district for some members, one of the association for all.
    pub(super) async fn auditors(
        &mut self,
        conn: &mut PgConnection,
        office: OrganisationId,
        association: OrganisationId,
        members: &[OrganisationId],
    ) -> Result<(), StorageError> {
        let calendar = self.calendar;
        let january = |years: i32| {
            NaiveDate::from_ymd_opt(calendar.anchor().year() - years, 1, 1).expect("every year has a first day")
        };
        for account in accounts() {
            let (audit_body, members, ends_on, scope_from) = match account.house {
                House::AuditOffice => (office, Some(members), calendar.day(160), january(2)),
                House::AuditAssociation => (association, None, calendar.day(60), january(1)),
                House::Member(_) | House::Cooperative => continue,
            };
            let person = self.account(conn, account, calendar.day(-20)).await?;
            let period = |from| Period::new(from, ends_on).expect("an audit ends after the anchor day");
            let audit = NewAudit {
                id: AssignmentId(self.chance.id(super::calendar::at(calendar.day(-20), 9, 0))),
                person,
                audit_body,
                body: self.body,
                valid: period(calendar.day(-20)),
                scope: period(scope_from),
                members,
            };
            insert_audit(conn, &audit).await?;
        }
        Ok(())
    }

    /// From the first day of membership, at the earliest 2015; who prepares an accession starts
    /// two weeks before the anchor day.
    fn employed(&self, membership: Validity) -> Validity {
        let earliest = NaiveDate::from_ymd_opt(2015, 1, 1).expect("a date");
        let from = membership.from.max(earliest).min(self.calendar.day(-14));
        Validity { from, to: membership.to }
    }

    async fn account(
        &mut self,
        conn: &mut PgConnection,
        account: &DemoAccount,
        since: NaiveDate,
    ) -> Result<PersonId, StorageError> {
        let person = self.insert(conn, account.email, account.name, since).await?;
        people::set_password_hash(conn, person, &self.password_hash).await?;
        Ok(person)
    }

    async fn person(
        &mut self,
        conn: &mut PgConnection,
        domain: &str,
        since: NaiveDate,
    ) -> Result<PersonId, StorageError> {
        let (name, email) = names::draw(&self.dice, domain, &mut self.taken);
        self.insert(conn, &email, &name, since).await
    }

    async fn insert(
        &mut self,
        conn: &mut PgConnection,
        email: &str,
        name: &str,
        since: NaiveDate,
    ) -> Result<PersonId, StorageError> {
        let now: DateTime<Utc> = super::calendar::at(since, 8, 0);
        let person = PersonId(self.chance.id(now));
        people::insert(conn, person, email, name, true, now).await?;
        self.people += 1;
        Ok(person)
    }

    async fn assign(
        &self,
        conn: &mut PgConnection,
        person: PersonId,
        role: Role,
        organisation: OrganisationId,
        validity: Validity,
        release_limit: Option<Gross>,
    ) -> Result<Actor, StorageError> {
        let id = AssignmentId(self.chance.id(super::calendar::at(validity.from, 8, 0)));
        let approves = role == Role::Approver;
        let assignment = NewAssignment {
            id,
            person,
            role,
            organisation,
            body: self.body,
            validity,
            release_limit,
            heads_administration: false,
        };
        insert_assignment(conn, &assignment).await?;
        if approves {
            let authority = Authority {
                limit: release_limit,
                subject: String::new(),
                document: "Vollmacht nach der Dienstanweisung Beschaffung, Anlage 2".to_owned(),
                validity,
            };
            let id = self.chance.id(super::calendar::at(validity.from, 8, 0));
            insert_signing_authority(conn, id, organisation, person, &authority).await?;
        }
        let standing = match role {
            Role::Buyer | Role::Approver | Role::Treasurer => Standing::Member,
            _ => Standing::Body,
        };
        Ok(Actor { person, assignment: id, role, organisation, body: self.body, standing, request_id: None, key: None })
    }
}
