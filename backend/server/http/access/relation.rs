//! How somebody stands to what an address names, and what a row of the access table answers then. The documentation
//! (`docs/access.md`) and the walk of `tests/it/access.rs` are both made of this.

use super::{Access, Object, Who};
use crate::actor::Role;

/// How somebody stands to what the address names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// Their member's, or of the house of their body.
    Own,
    /// Another member's or another body's.
    Foreign,
    /// The member has left; for the body's people: their term of office is over.
    Former,
    /// The member has not joined yet; for the body's people: their term has not begun.
    Future,
    /// The member's rights rest.
    Suspended,
    /// It does not exist.
    Absent,
    /// Auditors: of a member and a day in their scope.
    InScope,
    /// Auditors: of another member, another day or another body.
    OutOfScope,
    /// Auditors: their assignment is over.
    Expired,
}

impl Relation {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 9] = [
        Self::Own,
        Self::Foreign,
        Self::Former,
        Self::Future,
        Self::Suspended,
        Self::Absent,
        Self::InScope,
        Self::OutOfScope,
        Self::Expired,
    ];

    /// Those that there are for a role.
    #[must_use]
    pub const fn of(role: Role) -> &'static [Self] {
        match role {
            Role::Buyer | Role::Approver | Role::Treasurer => {
                &[Self::Own, Self::Foreign, Self::Former, Self::Future, Self::Suspended, Self::Absent]
            }
            Role::Office | Role::Board | Role::SupervisoryBoard | Role::Administrator => {
                &[Self::Own, Self::Foreign, Self::Former, Self::Future, Self::Absent]
            }
            Role::Auditor => &[Self::InScope, Self::OutOfScope, Self::Expired, Self::Absent],
        }
    }

    /// Its key, for addresses and tests.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Foreign => "foreign",
            Self::Former => "former",
            Self::Future => "future",
            Self::Suspended => "suspended",
            Self::Absent => "absent",
            Self::InScope => "in-scope",
            Self::OutOfScope => "out-of-scope",
            Self::Expired => "expired",
        }
    }

    /// The relation in German.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::Own => "eigen",
            Self::Foreign => "fremd",
            Self::Former => "ehemalig",
            Self::Future => "künftig",
            Self::Suspended => "Rechte ruhen",
            Self::Absent => "nicht vorhanden",
            Self::InScope => "im Prüfumfang",
            Self::OutOfScope => "außerhalb des Prüfumfangs",
            Self::Expired => "Prüfauftrag abgelaufen",
        }
    }
}

/// What a row answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// The handler decides, on what is theirs: 2xx, or 4xx for an input that is wrong.
    LetIn,
    /// 404, the same as for what does not exist.
    NothingThere,
    /// Nobody is signed in: a page leads to the sign-in (303), everything else says 401.
    SignIn,
    /// Nobody to act for today: a page leads to the choice (303), everything else says 404.
    Choose,
    /// The review with the rule and its reason (API 422, at release 409; a page leads to it): only members order, and only while their rights do not rest.
    RefusedByRule,
}

impl Answer {
    /// The answer in German, with its status.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::LetIn => "zugelassen (2xx; 4xx bei falscher Eingabe)",
            Self::NothingThere => "nicht vorhanden (404)",
            Self::SignIn => "Anmeldung (Seite 303, sonst 401)",
            Self::Choose => "niemand, für den gehandelt wird (Seite 303, sonst 404)",
            Self::RefusedByRule => "Regel member-active sperrt (API 422, bei Freigabe 409; Seite: zur Prüfung)",
        }
    }
}

impl Access {
    /// What this row answers somebody in `role` (`None`: signed out) who stands so to what the address names.
    #[must_use]
    pub fn answer(&self, role: Option<Role>, relation: Relation) -> Answer {
        let Some(role) = role else {
            return if self.who == Who::Public { Answer::LetIn } else { Answer::SignIn };
        };
        let of_member = matches!(role, Role::Buyer | Role::Approver | Role::Treasurer);
        // Without an assignment of today nobody acts: the role is gone, the person is still signed in.
        let over = match relation {
            Relation::Expired => true,
            Relation::Former | Relation::Future => !of_member,
            _ => false,
        };
        if over {
            return if matches!(self.who, Who::Roles(_)) { Answer::Choose } else { Answer::LetIn };
        }
        if !self.lets_in(Some(role)) {
            return Answer::NothingThere;
        }
        match relation {
            Relation::Foreign | Relation::OutOfScope | Relation::Absent if self.object.is_somebodys() => {
                Answer::NothingThere
            }
            Relation::Former | Relation::Future | Relation::Suspended if self.orders => Answer::RefusedByRule,
            _ => Answer::LetIn,
        }
    }
}

impl Object {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 19] = [
        Self::None,
        Self::Secret,
        Self::Manual,
        Self::Contract,
        Self::CallOff,
        Self::Draft,
        Self::Competition,
        Self::Document,
        Self::Certificate,
        Self::Baseline,
        Self::MeetingReport,
        Self::Account,
        Self::Session,
        Self::Key,
        Self::Member,
        Self::Sample,
        Self::Supplier,
        Self::Invitation,
        Self::Turnover,
    ];

    /// Whether it belongs to somebody: then foreign is there as little as absent.
    #[must_use]
    pub const fn is_somebodys(self) -> bool {
        !matches!(self, Self::None | Self::Secret | Self::Manual)
    }

    /// The object in German.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::None => "keines",
            Self::Secret => "geheimer Schlüssel",
            Self::Manual => "Handbuch, Verzeichnis",
            Self::Contract => "Rahmenvertrag",
            Self::CallOff => "Abruf",
            Self::Draft => "Entwurf",
            Self::Competition => "Miniwettbewerb",
            Self::Document => "Dokument",
            Self::Certificate => "Bescheinigung",
            Self::Baseline => "Vergleichspreis",
            Self::MeetingReport => "Sitzungsbericht",
            Self::Account => "Person",
            Self::Session => "Sitzung",
            Self::Key => "Schlüssel eines Programms",
            Self::Member => "Mitglied",
            Self::Sample => "Stichprobe",
            Self::Supplier => "Lieferant",
            Self::Invitation => "Einladung",
            Self::Turnover => "Umsatzdatei, Meldung",
        }
    }

    /// Whose it is, and who of them sees it, in German.
    #[must_use]
    pub const fn visible_to(self) -> &'static str {
        match self {
            Self::None => "Liste oder Formular: zeigt nur, was der Handelnde sehen darf",
            Self::Secret => "wer den Schlüssel hat",
            Self::Manual => "für alle gleich, die die Adresse erreichen",
            Self::Contract => "Haus der Genossenschaft, die Vertragspartei ist; im Entwurf nur Geschäftsstelle",
            Self::CallOff => "das Mitglied; das Haus, sobald eingereicht oder abgelehnt; Prüfung im Umfang",
            Self::Draft => "nur die Person, die ihn angelegt hat",
            Self::Competition => "das Mitglied; Haus und Prüfung, sobald die Aufforderung versandt ist",
            Self::Document => "wie sein Abruf, sobald das Ereignis eingetreten ist",
            Self::Certificate => "das Mitglied; das Haus; Prüfung im Umfang",
            Self::Baseline => "Haus, sobald freigegeben; ein eigener des Mitglieds nur dieses; Geschäftsstelle immer",
            Self::MeetingReport => "Haus: Geschäftsstelle, Vorstand, Aufsichtsrat",
            Self::Account => "Geschäftsstelle und Administration, wenn sie eine Aufgabe im Haus hat",
            Self::Session => "nur die Person, deren Sitzung es ist",
            Self::Key => "die Person, die ihn angelegt hat; Geschäftsstelle und Administration des Hauses",
            Self::Member => "das Mitglied selbst; das Haus; Prüfung im Umfang",
            Self::Sample => "nur die Person, die sie gezogen hat",
            Self::Supplier | Self::Invitation | Self::Turnover => "Haus der Genossenschaft",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AUDIT, MEMBER, PERSON, PUBLIC, READERS, only};
    use super::*;

    #[test]
    fn a_row_answers_by_role_and_relation() {
        let read = only(READERS).on(Object::CallOff);
        assert_eq!(read.answer(None, Relation::Own), Answer::SignIn);
        assert_eq!(PUBLIC.answer(None, Relation::Own), Answer::LetIn);
        assert_eq!(read.answer(Some(Role::Buyer), Relation::Former), Answer::LetIn, "old call-offs stay visible");
        assert_eq!(read.answer(Some(Role::Buyer), Relation::Foreign), Answer::NothingThere);
        assert_eq!(read.answer(Some(Role::Board), Relation::Former), Answer::Choose);
        assert_eq!(read.answer(Some(Role::Administrator), Relation::Own), Answer::NothingThere);
        assert_eq!(PERSON.answer(Some(Role::Auditor), Relation::Expired), Answer::LetIn);
        assert_eq!(only(AUDIT).answer(Some(Role::Auditor), Relation::Expired), Answer::Choose);
        let order = only(MEMBER).on(Object::Draft).ordering();
        assert_eq!(order.answer(Some(Role::Buyer), Relation::Own), Answer::LetIn);
        for relation in [Relation::Former, Relation::Future, Relation::Suspended] {
            assert_eq!(order.answer(Some(Role::Buyer), relation), Answer::RefusedByRule);
        }
        assert_eq!(order.answer(Some(Role::Office), Relation::Own), Answer::NothingThere);
    }

    #[test]
    fn every_role_has_its_relations() {
        for role in Role::ALL {
            assert!(Relation::of(role).contains(&Relation::Absent));
            assert_eq!(Relation::of(role).contains(&Relation::Suspended), MEMBER.contains(&role));
        }
    }
}
