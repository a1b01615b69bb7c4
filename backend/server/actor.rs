//! Who acts: a person for one assignment at a time, or the program itself.
//!
//! Every transaction tells PostgreSQL its actor, and the row-level policies read it; see
//! `migrations/20261122090700_row_level_security.sql`.

use abruf_domain::audit::AuditEntry;
use abruf_domain::ids::{AssignmentId, CallOffId, ContractId, OrganisationId, PersonId};
use abruf_domain::period::Period;
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// The eight roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sachbearbeitung: places call-offs for a member.
    Buyer,
    /// Freigabe: releases call-offs of a member.
    Approver,
    /// Kämmerei: cures budget findings of a member.
    Treasurer,
    /// Geschäftsstelle: keeps contracts, members and justifications of the body.
    Office,
    /// Vorstand.
    Board,
    /// Aufsichtsrat.
    SupervisoryBoard,
    /// Rechnungsprüfung, within a scope and until an end date.
    Auditor,
    /// Verwaltung der Konten and of the system; sees no call-offs.
    Administrator,
}

impl Role {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 8] = [
        Self::Buyer,
        Self::Approver,
        Self::Treasurer,
        Self::Office,
        Self::Board,
        Self::SupervisoryBoard,
        Self::Auditor,
        Self::Administrator,
    ];

    /// The role as the database and JSON write it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Buyer => "buyer",
            Self::Approver => "approver",
            Self::Treasurer => "treasurer",
            Self::Office => "office",
            Self::Board => "board",
            Self::SupervisoryBoard => "supervisory_board",
            Self::Auditor => "auditor",
            Self::Administrator => "administrator",
        }
    }

    /// The role whose [`key`](Self::key) this is.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.key() == key)
    }

    /// The role in German, as users read it.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::Buyer => "Sachbearbeitung",
            Self::Approver => "Freigabe",
            Self::Treasurer => "Kämmerei",
            Self::Office => "Geschäftsstelle",
            Self::Board => "Vorstand",
            Self::SupervisoryBoard => "Aufsichtsrat",
            Self::Auditor => "Rechnungsprüfung",
            Self::Administrator => "Administration",
        }
    }
}

/// What an auditor may look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditScope {
    /// The members in scope, written out.
    pub members: Vec<OrganisationId>,
    /// Dates of the call-offs in scope.
    pub period: Period,
}

/// In which standing somebody acts; decides what row-level security shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// For a member: buyer, approver, treasurer.
    Member,
    /// For the body: office, board, supervisory board, administrator.
    Body,
    /// As an auditor.
    Auditor(AuditScope),
}

/// A person acting for one assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub person: PersonId,
    /// By which assignment.
    pub assignment: AssignmentId,
    /// In which role.
    pub role: Role,
    /// For which organisation.
    pub organisation: OrganisationId,
    /// In the house of which purchasing body.
    pub body: OrganisationId,
    /// With which view.
    pub standing: Standing,
    /// Request that this is about; written into the log.
    pub request_id: Option<String>,
    /// The key of a program that stands in for the person; written into the log beside them.
    pub key: Option<Uuid>,
}

impl Actor {
    /// Writes into an entry of the log by what it came about: the request, and the key where a program sent it.
    pub fn sign(&self, entry: &mut AuditEntry) {
        entry.request_id.clone_from(&self.request_id);
        entry.key = self.key;
    }
}

/// What a transaction runs as.
#[derive(Debug, Clone, Copy)]
pub enum RunsAs<'a> {
    /// A person.
    Actor(&'a Actor),
    /// The program: expiry, documents, demo, imports, verification.
    Job,
    /// Sign-in, before anybody acts.
    SignIn,
    /// A supplier that holds the one-time link of an order: that order, nothing beside it.
    Supplier {
        /// The contract of the order.
        contract: ContractId,
        /// The order.
        call_off: CallOffId,
    },
    /// A town that holds the link of an invitation: what it uploaded by it, nothing beside it.
    Newcomer {
        /// The invitation.
        invitation: Uuid,
    },
}

impl<'a> From<&'a Actor> for RunsAs<'a> {
    fn from(actor: &'a Actor) -> Self {
        Self::Actor(actor)
    }
}

impl RunsAs<'_> {
    /// The value of `abruf.actor` for this transaction.
    #[must_use]
    pub fn setting(self) -> String {
        let value = match self {
            Self::Job => json!({ "kind": "job" }),
            Self::SignIn => json!({ "kind": "sign_in" }),
            Self::Supplier { contract, call_off } => {
                json!({ "kind": "supplier", "contract": contract, "call_off": call_off })
            }
            Self::Newcomer { invitation } => json!({ "kind": "newcomer", "invitation": invitation }),
            Self::Actor(actor) => {
                let mut value = json!({
                    "kind": match actor.standing {
                        Standing::Member => "member",
                        Standing::Body => "body",
                        Standing::Auditor(_) => "auditor",
                    },
                    "person": actor.person,
                    "organisation": actor.organisation,
                    "body": actor.body,
                });
                if let Standing::Auditor(scope) = &actor.standing {
                    value["members"] = json!(scope.members);
                    value["from"] = json!(scope.period.from());
                    value["to"] = json!(scope.period.to());
                }
                value
            }
        };
        value.to_string()
    }
}
