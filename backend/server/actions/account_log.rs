//! What the chain of sign-ins records. No personal data: people are opaque ids, and a failed attempt
//! does not even say for which address.

use abruf_domain::audit::AuditEntry;
use abruf_domain::ids::PersonId;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::storage::audit_log::{self, Concerns, Record, SIGN_IN_CHAIN};
use crate::storage::{StorageError, Tx};

/// An event of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Address and password were right.
    SignedIn,
    /// They were not.
    SignInFailed,
    /// The person acts for another assignment from now on.
    AssignmentChosen,
    /// Signed out.
    SignedOut,
    /// A one-time link was made.
    LinkIssued,
    /// A one-time link was used: the person has a new password.
    LinkUsed,
    /// A person became administrator.
    AdministratorAppointed,
}

impl Event {
    /// As the log writes it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::AssignmentChosen => "assignment_chosen",
            Self::SignedOut => "signed_out",
            Self::LinkIssued => "link_issued",
            Self::LinkUsed => "link_used",
            Self::AdministratorAppointed => "administrator_appointed",
        }
    }
}

/// Appends the event, as the last write of its transaction: it holds the chain until commit.
///
/// `request` is nil for what the command line does.
pub async fn append(
    tx: &mut Tx,
    person: Option<PersonId>,
    event: Event,
    at: DateTime<Utc>,
    request: Uuid,
) -> Result<(), StorageError> {
    let person = person.map(Uuid::from);
    let mut entry = AuditEntry::new(at, person, event.key(), "person", person.unwrap_or_default());
    entry.request_id = (!request.is_nil()).then(|| request.to_string());
    audit_log::append(tx, SIGN_IN_CHAIN, &Record::new(entry, Concerns::default())).await
}
