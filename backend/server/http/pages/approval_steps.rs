//! The steps of the approval order a request goes through, in words.

use abruf_domain::approval::State;
use abruf_domain::ids::PersonId;

use crate::actions::approval_turn::{FORMER, Turns};
use crate::http::english::typed::as_typed;
use crate::http::pages::written::one_of;

/// A step.
#[derive(Debug, Clone)]
pub struct StepView {
    /// What it is called.
    pub title: String,
    /// Who decided or may decide.
    pub who: String,
    /// Class and word of how far it is.
    pub state: (&'static str, &'static str),
}

/// The steps in order; none where one approver releases.
#[must_use]
pub fn step_views(turns: &Turns) -> Vec<StepView> {
    let name = |person| turns.known_name(person).map_or_else(|| FORMER.to_owned(), as_typed);
    let names = |persons: &[PersonId]| one_of(&persons.iter().map(|it| name(*it)).collect::<Vec<_>>());
    let open = turns.chain.may_decide();
    let standing = turns.standing();
    standing
        .iter()
        .map(|it| StepView {
            title: as_typed(&it.step.title),
            who: match (it.given, it.state) {
                (Some(given), _) if given.person == given.on_behalf_of => name(given.person),
                (Some(given), _) => {
                    format!("{} in Vertretung für {}", name(given.person), name(given.on_behalf_of))
                }
                (None, State::Open) if open.is_empty() => {
                    "zurzeit niemand; bitte Vertretung in der Freigabeordnung eintragen".to_owned()
                }
                (None, State::Open) => names(&open),
                (None, _) if it.step.persons.is_empty() => "eine weitere Person mit Freigabe".to_owned(),
                (None, _) => names(&it.step.persons),
            },
            state: match it.state {
                State::Given => ("status status--good", "zugestimmt"),
                State::Open => ("status status--wait", "entscheidet jetzt"),
                State::Later => ("status", "danach"),
            },
        })
        .collect()
}
