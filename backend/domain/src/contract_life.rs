//! The life of a framework contract: its states, the legal ways between them, who may take one, and
//! what each way needs (rules.md section 6).
//!
//! Expired and exhausted are read off the calendar and the ledger, never stored: no clock has to tick
//! for a contract to end, and nobody can forget to mark one as used up.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::money::Volume;

/// A text that is no stored status of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no status of a framework contract")]
pub struct UnknownStatus(pub String);

macro_rules! named {
    ($(#[$doc:meta])* $type:ident: $($(#[$own:meta])* $name:ident = $key:literal, $german:literal;)*) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $type {
            $($(#[$own])* $name,)*
        }

        impl $type {
            /// All of them, in the order of life.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The key in the database, in the log and in JSON.
            #[must_use]
            pub const fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// The words users read.
            #[must_use]
            pub const fn german(self) -> &'static str {
                match self { $(Self::$name => $german,)* }
            }
        }
    };
}

named! {
    /// What is stored about a contract.
    Status:
    /// Being written by the office.
    Draft = "draft", "Entwurf";
    /// Members are asked for their need.
    DemandSurvey = "demand_survey", "Bedarfsabfrage";
    /// The organs of the body decide.
    Resolution = "resolution", "Beschluss";
    /// The procedure runs.
    Tender = "tender", "Ausschreibung";
    /// Awarded, not yet usable.
    Award = "award", "Zuschlag";
    /// Members may call off.
    Active = "active", "aktiv";
    /// Stopped for a time, for example by a review procedure.
    Suspended = "suspended", "ausgesetzt";
    /// Ended before its time.
    Terminated = "terminated", "gekündigt";
    /// Every call-off is settled.
    WoundUp = "wound_up", "abgewickelt";
    /// Kept for its retention period only.
    Archived = "archived", "archiviert";
}

named! {
    /// Where a contract stands on a day: its stored status, or what calendar and ledger make of it.
    State:
    /// Being written.
    Draft = "draft", "Entwurf";
    /// Members are asked for their need.
    DemandSurvey = "demand_survey", "Bedarfsabfrage";
    /// The organs of the body decide.
    Resolution = "resolution", "Beschluss";
    /// The procedure runs.
    Tender = "tender", "Ausschreibung";
    /// Awarded, not yet usable.
    Award = "award", "Zuschlag";
    /// Members may call off.
    Active = "active", "aktiv";
    /// Stopped for a time.
    Suspended = "suspended", "ausgesetzt";
    /// Its ceiling is used up; only a modification or cancelled call-offs bring it back.
    Exhausted = "exhausted", "erschöpft";
    /// Its term is over.
    Expired = "expired", "abgelaufen";
    /// Ended before its time.
    Terminated = "terminated", "gekündigt";
    /// Every call-off is settled.
    WoundUp = "wound_up", "abgewickelt";
    /// Kept for its retention period only.
    Archived = "archived", "archiviert";
}

named! {
    /// What somebody does with a contract.
    Step:
    /// Asks the members for their need.
    AskForNeed = "ask_for_need", "Bedarf abfragen";
    /// Puts it before the organs of the body.
    PutToVote = "put_to_vote", "Beschluss einholen";
    /// Starts the procedure.
    PutOutToTender = "put_out_to_tender", "Ausschreiben";
    /// Notes the award.
    NoteAward = "note_award", "Zuschlag vermerken";
    /// Puts it into force.
    Activate = "activate", "Aktivieren";
    /// Stops it for a time.
    Suspend = "suspend", "Aussetzen";
    /// Lets it run again.
    Resume = "resume", "Fortsetzen";
    /// Ends it before its time.
    Terminate = "terminate", "Kündigen";
    /// Notes that every call-off is settled.
    WindUp = "wind_up", "Abwickeln";
    /// Leaves it to its retention period.
    Archive = "archive", "Archivieren";
}

named! {
    /// What a way needs before it may be taken.
    Need:
    /// Why members may call off, quoted on page and documents.
    LegalBasis = "legal_basis", "Rechtsgrundlage des Abrufs";
    /// Number of the contract notice.
    Notice = "notice", "Nummer der Bekanntmachung";
    /// Number of the award procedure.
    Procedure = "procedure", "Nummer des Vergabeverfahrens";
    /// Maximum value or quantity of the contract (C-23/20), or the express statement that there is none.
    Ceiling = "ceiling", "Höchstwert oder Höchstmenge";
    /// A supplier for every lot.
    Parties = "parties", "Lieferant für jedes Los";
    /// A schedule with at least one item.
    Items = "items", "Leistungspositionen";
    /// A price for every item.
    Prices = "prices", "Preis für jede Position";
    /// Somebody who may call off, with proof.
    Entitlement = "entitlement", "Abrufberechtigte mit Nachweis";
    /// How long the documents are kept.
    RetentionClass = "retention_class", "Aufbewahrungsklasse";
    /// A reason in words.
    Reason = "reason", "Begründung";
    /// The document behind it.
    Document = "document", "Beleg";
    /// No request and no order is still open.
    NothingOpen = "nothing_open", "keine offenen Abrufe";
}

/// How many persons a step takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persons {
    /// One of the office.
    One,
    /// One of the office prepares it, another one does it.
    Two,
}

/// A legal way from one status to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// What is done.
    pub step: Step,
    /// Where it may begin.
    pub from: &'static [State],
    /// What is stored afterwards.
    pub to: Status,
    /// Who it takes; all are of the office.
    pub persons: Persons,
    /// What must be there.
    pub needs: &'static [Need],
}

/// States of a contract that has not been in force yet; in them it can still be written.
pub const BEFORE_ACTIVATION: &[State] =
    &[State::Draft, State::DemandSurvey, State::Resolution, State::Tender, State::Award];

/// States of a contract in force, whatever calendar and ledger make of it.
const IN_FORCE: &[State] = &[State::Active, State::Exhausted, State::Expired];

/// The ways there are; what is not listed is not legal.
pub const WAYS: &[Way] = &[
    one(Step::AskForNeed, &[State::Draft], Status::DemandSurvey, &[]),
    one(Step::PutToVote, &[State::Draft, State::DemandSurvey], Status::Resolution, &[]),
    one(Step::PutOutToTender, &[State::Draft, State::Resolution], Status::Tender, &[]),
    one(Step::NoteAward, &[State::Draft, State::Tender], Status::Award, &[]),
    Way {
        step: Step::Activate,
        from: BEFORE_ACTIVATION,
        to: Status::Active,
        persons: Persons::Two,
        needs: &[
            Need::LegalBasis,
            Need::Notice,
            Need::Procedure,
            Need::Ceiling,
            Need::Parties,
            Need::Items,
            Need::Prices,
            Need::Entitlement,
            Need::RetentionClass,
        ],
    },
    one(Step::Suspend, IN_FORCE, Status::Suspended, &[Need::Reason, Need::Document]),
    one(Step::Resume, &[State::Suspended], Status::Active, &[Need::Reason, Need::Document]),
    one(
        Step::Terminate,
        &[State::Active, State::Exhausted, State::Suspended],
        Status::Terminated,
        &[Need::Reason, Need::Document],
    ),
    one(Step::WindUp, &[State::Exhausted, State::Expired, State::Terminated], Status::WoundUp, &[Need::NothingOpen]),
    one(Step::Archive, &[State::WoundUp], Status::Archived, &[]),
];

const fn one(step: Step, from: &'static [State], to: Status, needs: &'static [Need]) -> Way {
    Way { step, from, to, persons: Persons::One, needs }
}

/// What brings volume back to an exhausted contract; a decision of the office alone does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refill {
    /// A modification under § 132 GWB raises the ceiling.
    Modification,
    /// A cancelled call-off returns its volume by a counter entry.
    Cancellation,
}

impl Refill {
    /// All of them.
    pub const ALL: &[Self] = &[Self::Modification, Self::Cancellation];
}

/// A step that is not legal in this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("`{}` is not possible while the contract is `{}`", .step.key(), .state.key())]
pub struct NoWay {
    /// What was asked.
    pub step: Step,
    /// Where the contract stands.
    pub state: State,
}

impl NoWay {
    /// What to tell the user: where it stands, and from where the step is possible.
    #[must_use]
    pub fn german(&self) -> String {
        let Self { step, state } = *self;
        if step == Step::Resume && state == State::Exhausted {
            return "Der Vertrag ist erschöpft. Er wird nur durch eine Änderung nach § 132 GWB oder durch stornierte \
                    Abrufe wieder aktiv."
                .to_owned();
        }
        let from = WAYS.iter().find(|way| way.step == step).map(|way| way.from).unwrap_or_default();
        let from: Vec<&str> = from.iter().map(|state| state.german()).collect();
        format!(
            "Der Vertrag ist „{}“. „{}“ geht nur, wenn er „{}“ ist. Bitte laden Sie die Seite neu.",
            state.german(),
            step.german(),
            from.join("“, „")
        )
    }
}

/// What the ledger says about a hard ceiling of the whole contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fill {
    /// Ceiling; `None`: none.
    pub limit: Option<Volume>,
    /// Authorised and recorded. Reserved volume may come back and exhausts nothing.
    pub consumed: Volume,
}

impl Fill {
    /// Whether nothing is left.
    #[must_use]
    pub fn is_exhausted(&self) -> bool {
        self.limit.is_some_and(|limit| limit <= self.consumed)
    }
}

impl State {
    /// Where a contract stands on `day`. The end of the term speaks louder than the end of the volume.
    #[must_use]
    pub fn on(status: Status, day: NaiveDate, effective_end: NaiveDate, ceilings: &[Fill]) -> Self {
        match status {
            Status::Draft => Self::Draft,
            Status::DemandSurvey => Self::DemandSurvey,
            Status::Resolution => Self::Resolution,
            Status::Tender => Self::Tender,
            Status::Award => Self::Award,
            Status::Active if effective_end < day => Self::Expired,
            Status::Active if ceilings.iter().any(Fill::is_exhausted) => Self::Exhausted,
            Status::Active => Self::Active,
            Status::Suspended => Self::Suspended,
            Status::Terminated => Self::Terminated,
            Status::WoundUp => Self::WoundUp,
            Status::Archived => Self::Archived,
        }
    }

    /// The way of this step from here.
    ///
    /// # Errors
    /// If there is none.
    pub fn way(self, step: Step) -> Result<&'static Way, NoWay> {
        WAYS.iter().find(|way| way.step == step && way.from.contains(&self)).ok_or(NoWay { step, state: self })
    }

    /// The steps that are legal here.
    pub fn steps(self) -> impl Iterator<Item = Step> {
        WAYS.iter().filter(move |way| way.from.contains(&self)).map(|way| way.step)
    }

    /// Whether terms, lots and items can still be written.
    #[must_use]
    pub fn is_writable(self) -> bool {
        BEFORE_ACTIVATION.contains(&self)
    }

    /// What brings volume back; empty where volume is not what is missing.
    #[must_use]
    pub const fn refills(self) -> &'static [Refill] {
        match self {
            Self::Exhausted => Refill::ALL,
            _ => &[],
        }
    }
}

impl FromStr for Status {
    type Err = UnknownStatus;

    fn from_str(key: &str) -> Result<Self, UnknownStatus> {
        Self::ALL.iter().copied().find(|status| status.key() == key).ok_or_else(|| UnknownStatus(key.to_owned()))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.german())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::of;

    fn on(status: Status, day: &str, consumed: &str) -> State {
        let fill = Fill { limit: Some(of("1000.00")), consumed: of(consumed) };
        State::on(status, of(day), of("2028-12-31"), &[fill])
    }

    #[test]
    fn the_last_day_counts_and_the_next_is_expired() {
        assert_eq!(on(Status::Active, "2028-12-31", "0"), State::Active);
        assert_eq!(on(Status::Active, "2029-01-01", "0"), State::Expired);
    }

    #[test]
    fn a_contract_is_exhausted_at_its_ceiling_and_not_a_cent_before() {
        assert_eq!(on(Status::Active, "2027-01-01", "999.99"), State::Active);
        assert_eq!(on(Status::Active, "2027-01-01", "1000.00"), State::Exhausted);
        assert_eq!(on(Status::Active, "2029-01-01", "1000.00"), State::Expired, "the term speaks first");
    }

    #[test]
    fn a_ceiling_of_zero_is_exhausted_and_none_never_is() {
        let zero = Fill { limit: Some(Volume::ZERO), consumed: Volume::ZERO };
        let none = Fill { limit: None, consumed: of("99999999.00") };
        let state = |fill| State::on(Status::Active, of("2027-01-01"), of("2028-12-31"), &[fill]);
        assert_eq!((state(zero), state(none)), (State::Exhausted, State::Active));
    }

    #[test]
    fn calendar_and_ledger_end_only_what_is_in_force() {
        for status in Status::ALL.iter().filter(|status| **status != Status::Active) {
            assert_eq!(on(*status, "2029-01-01", "1000.00").key(), status.key());
        }
    }

    #[test]
    fn no_step_brings_an_exhausted_contract_back_to_active() {
        let steps: Vec<_> = State::Exhausted.steps().collect();
        assert!(!steps.is_empty());
        for step in steps {
            assert_ne!(State::Exhausted.way(step).map(|way| way.to), Ok(Status::Active), "{step:?}");
        }
        assert_eq!(State::Exhausted.refills(), [Refill::Modification, Refill::Cancellation]);
        let refused = State::Exhausted.way(Step::Resume).expect_err("there is no such way");
        assert!(refused.german().contains("§ 132 GWB"), "{}", refused.german());
    }

    #[test]
    fn only_activation_takes_two_persons_and_it_needs_every_guard_of_the_catalogue() {
        for way in WAYS {
            assert_eq!(way.persons == Persons::Two, way.step == Step::Activate, "{way:?}");
        }
        let needs = State::Award.way(Step::Activate).expect("an award can be activated").needs;
        for need in [Need::Ceiling, Need::Parties, Need::Prices, Need::Entitlement, Need::RetentionClass] {
            assert!(needs.contains(&need), "{need:?}");
        }
    }

    #[test]
    fn nothing_leads_back_before_activation_and_the_archive_is_the_end() {
        for way in WAYS.iter().filter(|way| !way.from.iter().any(|state| state.is_writable())) {
            let before = BEFORE_ACTIVATION.iter().any(|state| state.key() == way.to.key());
            assert!(!before, "{way:?}");
        }
        assert_eq!(State::Archived.steps().count(), 0);
        assert_eq!(State::Suspended.way(Step::Activate), Err(NoWay { step: Step::Activate, state: State::Suspended }));
    }

    #[test]
    fn a_refused_step_says_where_the_contract_stands_and_what_would_be_right() {
        let refused = State::Draft.way(Step::Suspend).expect_err("nothing to suspend");
        let said = refused.german();
        assert!(said.contains("„Entwurf“") && said.contains("„aktiv“, „erschöpft“, „abgelaufen“"), "{said}");
    }

    #[test]
    fn every_stored_status_reads_back() {
        for status in Status::ALL {
            assert_eq!(status.key().parse(), Ok(*status));
        }
        assert_eq!("expired".parse::<Status>(), Err(UnknownStatus("expired".to_owned())), "derived, never stored");
    }
}
