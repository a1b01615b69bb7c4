//! The steps of the approval order a request goes through, in words.

use abruf_domain::approval::State;

use crate::actions::approval_turn::Turns;

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
    let open = turns.may_decide();
    let standing = turns.standing();
    standing
        .iter()
        .map(|it| StepView {
            title: it.step.title.clone(),
            who: match (it.given, it.state) {
                (Some(given), _) if given.person == given.on_behalf_of => turns.name(given.person),
                (Some(given), _) => {
                    format!("{} in Vertretung für {}", turns.name(given.person), turns.name(given.on_behalf_of))
                }
                (None, State::Open) if open.is_empty() => {
                    "zurzeit niemand; bitte Vertretung in der Freigabeordnung eintragen".to_owned()
                }
                (None, State::Open) => open.join(" oder "),
                (None, _) if it.step.persons.is_empty() => "eine weitere Person mit Freigabe".to_owned(),
                (None, _) => {
                    let names: Vec<String> = it.step.persons.iter().map(|person| turns.name(*person)).collect();
                    names.join(" oder ")
                }
            },
            state: match it.state {
                State::Given => ("status status--good", "zugestimmt"),
                State::Open => ("status status--wait", "entscheidet jetzt"),
                State::Later => ("status", "danach"),
            },
        })
        .collect()
}
