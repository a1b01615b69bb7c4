//! What is written of everything at the door, twice: in the list that the person and the administration read, and in
//! the chain of sign-ins. The chain holds no personal data: people are opaque ids, no address of a client, and a failed
//! attempt does not even say for which account.

use abruf_domain::audit::AuditEntry;
use abruf_domain::ids::PersonId;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::app::App;
use crate::storage::audit_log::{self, Concerns, Record, SIGN_IN_CHAIN};
use crate::storage::sign_in_events::{self, NewEvent, Origin};
use crate::storage::{StorageError, Tx};

/// An event of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Signed in, with all that the account asks for.
    SignedIn,
    /// Address and password were wrong together.
    SignInFailed,
    /// With this failure a pause began.
    Paused,
    /// The password was right; the second factor is waited for.
    CodeAsked,
    /// The code of the second factor was wrong.
    CodeFailed,
    /// A recovery code stood in for the second factor.
    RecoveryCodeUsed,
    /// A second factor was set up.
    FactorSetUp,
    /// It was taken away by its person.
    FactorRemoved,
    /// Recovery codes were drawn anew.
    RecoveryCodesDrawn,
    /// Somebody of the house asks to take a lost factor away.
    FactorResetAsked,
    /// A second person agreed.
    FactorResetApproved,
    /// A second person did not.
    FactorResetRefused,
    /// The person acts for another assignment from now on.
    AssignmentChosen,
    /// Signed out.
    SignedOut,
    /// The person ended one or all of their other sessions.
    SessionsEnded,
    /// The administration ended all sessions of a person.
    SessionsRevoked,
    /// A one-time link was made.
    LinkIssued,
    /// A one-time link was used: the person has a new password.
    LinkUsed,
    /// The person changed their password.
    PasswordChanged,
    /// Somebody asked for a link because of a forgotten password.
    RecoveryAsked,
    /// The administration has invited a person.
    Invited,
    /// A person was given an assignment.
    AssignmentGiven,
    /// An assignment was ended.
    AssignmentEnded,
    /// A person became administrator by command line.
    AdministratorAppointed,
    /// An emergency access was opened by command line.
    BreakGlassOpened,
    /// The person made a key for a program.
    ApiKeyMade,
    /// A key was revoked.
    ApiKeyRevoked,
    /// A key was used; the first time of a day.
    ApiKeyUsed,
    /// A key that is over or revoked was tried; the first time of a day.
    ApiKeyRefused,
    /// Signed in by an outside provider.
    SignedInOutside,
    /// A provider's answer was not believed, or nobody is tied to who it names.
    OutsideRefused,
    /// The person tied an account of a provider to theirs.
    OutsideTied,
    /// They, or whoever acts for them, loosened it.
    OutsideLoosened,
    /// The provider ended sessions.
    EndedByProvider,
}

impl Event {
    /// All of them, in the order filters list them.
    pub const ALL: [Self; 34] = [
        Self::SignedIn,
        Self::SignInFailed,
        Self::Paused,
        Self::CodeAsked,
        Self::CodeFailed,
        Self::RecoveryCodeUsed,
        Self::FactorSetUp,
        Self::FactorRemoved,
        Self::RecoveryCodesDrawn,
        Self::FactorResetAsked,
        Self::FactorResetApproved,
        Self::FactorResetRefused,
        Self::AssignmentChosen,
        Self::SignedOut,
        Self::SessionsEnded,
        Self::SessionsRevoked,
        Self::LinkIssued,
        Self::LinkUsed,
        Self::PasswordChanged,
        Self::RecoveryAsked,
        Self::Invited,
        Self::AssignmentGiven,
        Self::AssignmentEnded,
        Self::AdministratorAppointed,
        Self::BreakGlassOpened,
        Self::ApiKeyMade,
        Self::ApiKeyRevoked,
        Self::ApiKeyUsed,
        Self::ApiKeyRefused,
        Self::SignedInOutside,
        Self::OutsideRefused,
        Self::OutsideTied,
        Self::OutsideLoosened,
        Self::EndedByProvider,
    ];

    /// As the log writes it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::Paused => "sign_in_paused",
            Self::CodeAsked => "second_factor_asked",
            Self::CodeFailed => "second_factor_failed",
            Self::RecoveryCodeUsed => "recovery_code_used",
            Self::FactorSetUp => "second_factor_set_up",
            Self::FactorRemoved => "second_factor_removed",
            Self::RecoveryCodesDrawn => "recovery_codes_drawn",
            Self::FactorResetAsked => "second_factor_reset_asked",
            Self::FactorResetApproved => "second_factor_reset_approved",
            Self::FactorResetRefused => "second_factor_reset_refused",
            Self::AssignmentChosen => "assignment_chosen",
            Self::SignedOut => "signed_out",
            Self::SessionsEnded => "sessions_ended",
            Self::SessionsRevoked => "sessions_revoked",
            Self::LinkIssued => "link_issued",
            Self::LinkUsed => "link_used",
            Self::PasswordChanged => "password_changed",
            Self::RecoveryAsked => "recovery_asked",
            Self::Invited => "person_invited",
            Self::AssignmentGiven => "assignment_given",
            Self::AssignmentEnded => "assignment_ended",
            Self::AdministratorAppointed => "administrator_appointed",
            Self::BreakGlassOpened => "break_glass_opened",
            Self::ApiKeyMade => "api_key_made",
            Self::ApiKeyRevoked => "api_key_revoked",
            Self::ApiKeyUsed => "api_key_used",
            Self::ApiKeyRefused => "api_key_refused",
            Self::SignedInOutside => "signed_in_outside",
            Self::OutsideRefused => "outside_sign_in_refused",
            Self::OutsideTied => "outside_account_tied",
            Self::OutsideLoosened => "outside_account_loosened",
            Self::EndedByProvider => "sessions_ended_by_provider",
        }
    }

    /// As users read it.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::SignedIn => "Angemeldet",
            Self::SignInFailed => "Anmeldung fehlgeschlagen",
            Self::Paused => "Pause nach Fehlversuchen",
            Self::CodeAsked => "Passwort richtig, Code erwartet",
            Self::CodeFailed => "Falscher Code",
            Self::RecoveryCodeUsed => "Wiederherstellungscode benutzt",
            Self::FactorSetUp => "Zweiten Faktor eingerichtet",
            Self::FactorRemoved => "Zweiten Faktor entfernt",
            Self::RecoveryCodesDrawn => "Neue Wiederherstellungscodes",
            Self::FactorResetAsked => "Zurücksetzen des zweiten Faktors beantragt",
            Self::FactorResetApproved => "Zweiter Faktor zurückgesetzt",
            Self::FactorResetRefused => "Zurücksetzen abgelehnt",
            Self::AssignmentChosen => "Aufgabe gewechselt",
            Self::SignedOut => "Abgemeldet",
            Self::SessionsEnded => "Sitzungen selbst beendet",
            Self::SessionsRevoked => "Sitzungen von der Administration beendet",
            Self::LinkIssued => "Link ausgestellt",
            Self::LinkUsed => "Passwort über einen Link festgelegt",
            Self::PasswordChanged => "Passwort geändert",
            Self::RecoveryAsked => "Passwort vergessen gemeldet",
            Self::Invited => "Eingeladen",
            Self::AssignmentGiven => "Aufgabe erhalten",
            Self::AssignmentEnded => "Aufgabe beendet",
            Self::AdministratorAppointed => "Zur Administration ernannt (Befehlszeile)",
            Self::BreakGlassOpened => "Notzugang geöffnet (Befehlszeile)",
            Self::ApiKeyMade => "Schlüssel für ein Programm angelegt",
            Self::ApiKeyRevoked => "Schlüssel widerrufen",
            Self::ApiKeyUsed => "Schlüssel benutzt (erstmals an diesem Tag)",
            Self::ApiKeyRefused => "Beendeter Schlüssel versucht (erstmals an diesem Tag)",
            Self::SignedInOutside => "Über einen Anmeldedienst angemeldet",
            Self::OutsideRefused => "Antwort eines Anmeldedienstes abgelehnt",
            Self::OutsideTied => "Konto eines Anmeldedienstes verbunden",
            Self::OutsideLoosened => "Konto eines Anmeldedienstes getrennt",
            Self::EndedByProvider => "Sitzungen vom Anmeldedienst beendet",
        }
    }

    /// The event whose [`key`](Self::key) this is.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|event| event.key() == key)
    }

    /// Whether it is something to be looked at: it failed, or somebody was let in another way than usual.
    #[must_use]
    pub const fn is_conspicuous(self) -> bool {
        matches!(
            self,
            Self::SignInFailed
                | Self::Paused
                | Self::CodeFailed
                | Self::RecoveryCodeUsed
                | Self::FactorResetApproved
                | Self::BreakGlassOpened
                | Self::ApiKeyRefused
                | Self::OutsideRefused
        )
    }
}

/// What happened, to whom, by whom, from where.
#[derive(Debug, Clone, Copy)]
pub struct Happened<'a> {
    /// What.
    pub event: Event,
    /// Whose account; `None`: of nobody.
    pub person: Option<PersonId>,
    /// Who did it to them; `None`: they themselves, or the command line.
    pub by: Option<PersonId>,
    /// The session it is about, or the key.
    pub session: Option<Uuid>,
    /// Where the request came from.
    pub origin: &'a Origin,
    /// The request; nil for what the command line does.
    pub request: Uuid,
}

impl<'a> Happened<'a> {
    /// To a person, by themselves.
    #[must_use]
    pub const fn new(event: Event, person: Option<PersonId>, origin: &'a Origin, request: Uuid) -> Self {
        Self { event, person, by: None, session: None, origin, request }
    }

    /// In this session.
    #[must_use]
    pub const fn within(self, session: Uuid) -> Self {
        Self { session: Some(session), ..self }
    }

    /// By somebody else.
    #[must_use]
    pub const fn by(self, person: PersonId) -> Self {
        Self { by: Some(person), ..self }
    }
}

/// Writes it down, as the last write of its transaction: the chain is held until commit.
pub async fn append(tx: &mut Tx, app: &App, it: Happened<'_>, at: DateTime<Utc>) -> Result<(), StorageError> {
    let event = NewEvent {
        id: app.chance.id(at),
        at,
        kind: it.event.key(),
        person: it.person,
        by: it.by,
        session: it.session,
        origin: it.origin,
    };
    sign_in_events::insert(tx, &event).await?;
    // The chain does not say whose password was guessed at.
    let person = it
        .person
        .filter(|_| !matches!(it.event, Event::SignInFailed | Event::Paused | Event::OutsideRefused))
        .map(Uuid::from);
    let actor = it.by.map(Uuid::from).or(person);
    let mut entry = AuditEntry::new(at, actor, it.event.key(), "person", person.unwrap_or_default());
    entry.request_id = (!it.request.is_nil()).then(|| it.request.to_string());
    if matches!(it.event, Event::ApiKeyUsed | Event::ApiKeyRefused) {
        entry.key = it.session;
    }
    audit_log::append(tx, SIGN_IN_CHAIN, &Record::new(entry, Concerns::default())).await
}

#[cfg(test)]
mod tests {
    use super::Event;

    #[test]
    fn each_event_has_a_key_and_words_of_its_own() {
        for event in Event::ALL {
            assert_eq!(Event::from_key(event.key()), Some(event));
            assert_eq!(Event::ALL.iter().filter(|it| it.german() == event.german()).count(), 1, "{event:?}");
        }
        assert_eq!(Event::from_key("x"), None);
    }
}
