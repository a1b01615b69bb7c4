//! The approval order of a member (Freigabeordnung) and where a request stands in it.
//!
//! A step applies from a gross amount on, to all goods or to those of a CPV group. Steps are decided
//! one after the other, each by another person; the decision of the last one is the release. Without
//! a step that applies one approver releases, as ever.
//!
//! A request goes through the steps that were in force when it was submitted: whoever changes the
//! order cannot spare a waiting request a step. Stand-ins and absences are those of today.
//! Source: § 3 KomKBVO LSA (four eyes), service instruction of the member (limits, substitution).

pub mod mistake;
pub mod obstacle;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::ids::PersonId;
use crate::money::Gross;
use crate::period::Period;

pub use mistake::Mistake;
pub use obstacle::Obstacle;

/// Who approves what, and who stands in for whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalOrder {
    /// Steps in the order they are decided.
    #[serde(default)]
    pub steps: Vec<Step>,
    /// Who decides for whom, and when.
    #[serde(default)]
    pub stand_ins: Vec<StandIn>,
    /// Who is away.
    #[serde(default)]
    pub absences: Vec<Absence>,
}

/// A step of the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What it is called: „Fachamt“.
    pub title: String,
    /// Applies to requests of this gross amount or more.
    pub from_gross: Gross,
    /// Applies only where a line's CPV code begins so; `None`: to all goods.
    #[serde(default)]
    pub cpv: Option<String>,
    /// Who decides; empty: any approver of the member.
    #[serde(default)]
    pub persons: Vec<PersonId>,
}

/// By what right somebody decides for somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StandInKind {
    /// Appointed by the order (Vertretung).
    Deputy,
    /// Entrusted by the person, up to an amount (Übertragung); cannot be passed on.
    Delegate,
}

impl StandInKind {
    /// The word users read.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::Deputy => "Vertretung",
            Self::Delegate => "Übertragung",
        }
    }
}

/// Somebody who decides for somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StandIn {
    /// By what right.
    pub kind: StandInKind,
    /// For whom.
    pub of: PersonId,
    /// Who.
    pub person: PersonId,
    /// On which days, ends included.
    pub period: Period,
    /// Up to which gross amount; `None`: as far as the person represented.
    #[serde(default)]
    pub up_to_gross: Option<Gross>,
}

/// Somebody is away and decides nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Absence {
    /// Who.
    pub person: PersonId,
    /// On which days, ends included.
    pub period: Period,
}

/// An approval given since the request was last submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Position of the step in the order, from 1.
    pub position: i32,
    /// Who decided.
    pub person: PersonId,
    /// For whom; the person itself unless it stood in.
    pub on_behalf_of: PersonId,
}

/// What is known of a request and the order it goes through.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The order in force when the request was submitted: its steps count.
    pub at_submission: ApprovalOrder,
    /// The order of today: its stand-ins and absences count.
    pub today: ApprovalOrder,
    /// Today's date in Berlin.
    pub day: NaiveDate,
    /// Who is approver of the member today.
    pub approvers: Vec<PersonId>,
    /// Who asked.
    pub requester: PersonId,
    /// What it costs, as submitted.
    pub gross: Gross,
    /// CPV codes of its lines, as far as items name one.
    pub cpv: Vec<String>,
    /// Approvals given since submission.
    pub given: Vec<Given>,
}

/// What a person may decide now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// The step, from 1; `None` where the member has no step for such a request.
    pub position: Option<i32>,
    /// For whom; the person itself unless it stands in.
    pub on_behalf_of: PersonId,
    /// Whether the decision is the release.
    pub is_release: bool,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Decided.
    Given,
    /// To be decided now.
    Open,
    /// After the open one.
    Later,
}

/// A step a request goes through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Its position in the order, from 1.
    pub position: i32,
    /// The step.
    pub step: &'a Step,
    /// How far it is.
    pub state: State,
    /// Who decided it.
    pub given: Option<&'a Given>,
}

impl Chain {
    /// The steps this request goes through, in order, and how far each is. Empty: one approver releases.
    #[must_use]
    pub fn standing(&self) -> Vec<Standing<'_>> {
        let mut open_is_next = true;
        (1..)
            .zip(&self.at_submission.steps)
            .filter(|(_, step)| step.applies_to(self.gross, &self.cpv))
            .map(|(position, step)| {
                let given = self.given.iter().find(|given| given.position == position);
                let state = match given {
                    // A later approval cannot be there before an earlier one; were it, it would not count yet.
                    Some(_) if open_is_next => State::Given,
                    _ if open_is_next => State::Open,
                    _ => State::Later,
                };
                open_is_next = state == State::Given;
                Standing { position, step, state, given: given.filter(|_| state == State::Given) }
            })
            .collect()
    }

    /// Whether this person may decide now and as what, or every reason why not.
    ///
    /// # Errors
    /// With every obstacle; never empty.
    pub fn turn_of(&self, person: PersonId) -> Result<Turn, Vec<Obstacle>> {
        let standing = self.standing();
        let steps = standing.len();
        let mut obstacles = Vec::new();
        if person == self.requester {
            obstacles.push(Obstacle::OwnRequest);
        }
        if let Some(absence) = self.absence_of(person) {
            obstacles.push(Obstacle::OnLeave { until: absence.period.to() });
        }
        if steps == 0 {
            return if obstacles.is_empty() {
                Ok(Turn { position: None, on_behalf_of: person, is_release: true })
            } else {
                Err(obstacles)
            };
        }
        if let Some(earlier) = standing.iter().find(|it| it.given.is_some_and(|given| given.person == person)) {
            obstacles.push(Obstacle::DecidedBefore { title: earlier.step.title.clone() });
        }
        // All given: a release that lost its race left none open; whoever decides now decides the last one.
        let open = standing.iter().find(|it| it.state == State::Open).or_else(|| standing.last());
        let Some(open) = open else { return Err(obstacles) };
        match self.represented(open.step, person) {
            Ok(on_behalf_of) if obstacles.is_empty() => Ok(Turn {
                position: Some(open.position),
                on_behalf_of,
                is_release: standing.last().is_some_and(|last| last.position == open.position),
            }),
            Ok(_) => Err(obstacles),
            Err(more) => {
                obstacles.extend(more);
                Err(obstacles)
            }
        }
    }

    /// Everybody who may decide now, by the order of the approvers.
    #[must_use]
    pub fn may_decide(&self) -> Vec<PersonId> {
        self.approvers.iter().copied().filter(|person| self.turn_of(*person).is_ok()).collect()
    }

    /// Who is told that the request runs out soon: whoever may decide now, and whom the next step names;
    /// everybody but the requester where neither is anybody.
    #[must_use]
    pub fn to_be_told(&self) -> Vec<PersonId> {
        let standing = self.standing();
        let open = standing.iter().position(|it| it.state == State::Open);
        let next = open.and_then(|open| standing.get(open + 1)).map(|it| it.step.persons.as_slice());
        let now = self.may_decide();
        let told = |person: &PersonId| now.contains(person) || next.is_some_and(|next| next.contains(person));
        let others = self.approvers.iter().copied().filter(|person| *person != self.requester);
        let (told, rest): (Vec<PersonId>, Vec<PersonId>) = others.partition(told);
        if told.is_empty() { rest } else { told }
    }

    fn absence_of(&self, person: PersonId) -> Option<&Absence> {
        self.today.absences.iter().find(|absence| absence.person == person && absence.period.contains(self.day))
    }

    /// For whom somebody decides a step: for themselves, or for one of those it names.
    fn represented(&self, step: &Step, person: PersonId) -> Result<PersonId, Vec<Obstacle>> {
        if !self.approvers.contains(&person) {
            return Err(vec![self.not_named(step)]);
        }
        if step.persons.is_empty() || step.persons.contains(&person) {
            return Ok(person);
        }
        let mut obstacles = Vec::new();
        for stand_in in self.today.stand_ins.iter().filter(|it| it.person == person) {
            if step.persons.contains(&stand_in.of) {
                match self.stops(stand_in) {
                    None => return Ok(stand_in.of),
                    Some(obstacle) => obstacles.push(obstacle),
                }
            } else if self.today.stand_ins.iter().any(|it| it.person == stand_in.of && step.persons.contains(&it.of)) {
                obstacles.push(Obstacle::PassedOn { of: stand_in.of });
            }
        }
        if obstacles.is_empty() {
            obstacles.push(self.not_named(step));
        }
        Err(obstacles)
    }

    fn not_named(&self, step: &Step) -> Obstacle {
        let persons = if step.persons.is_empty() { &self.approvers } else { &step.persons };
        let persons = persons.iter().copied().filter(|person| *person != self.requester).collect();
        Obstacle::NotNamed { title: step.title.clone(), persons }
    }

    /// Why a stand-in does not count for this request today.
    fn stops(&self, stand_in: &StandIn) -> Option<Obstacle> {
        let of = stand_in.of;
        if of == self.requester {
            return Some(Obstacle::StandsInForRequester);
        }
        if !stand_in.period.contains(self.day) {
            return Some(Obstacle::OutsideDates { kind: stand_in.kind, of, period: stand_in.period });
        }
        if let Some(up_to) = stand_in.up_to_gross.filter(|up_to| *up_to < self.gross) {
            return Some(Obstacle::AboveAmount { of, up_to, gross: self.gross });
        }
        // Who has decided a step does not decide the next one through somebody else.
        self.given
            .iter()
            .any(|given| given.person == of || given.on_behalf_of == of)
            .then_some(Obstacle::RepresentedDecidedBefore { of })
    }
}

impl Step {
    /// Whether a request of this amount for these goods goes through it.
    #[must_use]
    pub fn applies_to(&self, gross: Gross, cpv: &[String]) -> bool {
        self.from_gross <= gross
            && self.cpv.as_ref().is_none_or(|group| cpv.iter().any(|code| code.starts_with(group.as_str())))
    }
}

#[cfg(test)]
mod tests;
