//! From whom a draft orders: whom the mechanism proposes and why, and the choice where it leaves one.
//! Part of the page of the lines.

use abruf_domain::facts::Mechanism;
use abruf_domain::proposal::{Why, choices, propose};

use crate::actions::draft_call_off::{Choice, Preview};

/// The part of the page.
#[derive(Debug, Clone)]
pub struct SupplierFields {
    /// Whom the draft names.
    pub named: String,
    /// Why, or that somebody has chosen otherwise.
    pub why: String,
    /// Key and name, the proposal first; empty where the mechanism leaves no choice.
    pub options: Vec<(String, String)>,
    /// Key of the chosen one.
    pub chosen: String,
    /// The suppliers are asked in rank: there is a page for it.
    pub ranks: bool,
}

impl SupplierFields {
    /// For this draft; `typed` is what a form sent, if one did.
    #[must_use]
    pub fn of(preview: &Preview, typed: Option<&str>) -> Self {
        let facts = &preview.facts;
        let proposal = propose(facts);
        let named = facts.request.supplier;
        let why = match &proposal {
            Some(proposal) if proposal.party.supplier == named => words(&proposal.why),
            Some(proposal) if preview.call_off.supplier_chosen => {
                format!("Von Ihnen gewählt. Vorgeschlagen ist {}.", proposal.party.name)
            }
            Some(proposal) => format!("ist eingetragen. An der Reihe wäre {}.", proposal.party.name),
            None => "Für diese Artikel ist heute kein Lieferant eingetragen.".to_owned(),
        };
        let choices = choices(facts);
        let mut options = Vec::new();
        if 1 < choices.len() {
            let proposed = proposal.as_ref().map_or("", |proposal| proposal.party.name.as_str());
            options.push((String::new(), format!("Vorschlag: {proposed}")));
            options.extend(choices.iter().map(|party| (party.supplier.to_string(), party.name.clone())));
        }
        let saved = if preview.call_off.supplier_chosen { named.to_string() } else { String::new() };
        Self {
            named: facts.request.supplier_name.clone(),
            why,
            options,
            chosen: typed.map_or(saved, str::to_owned),
            ranks: matches!(facts.contract.mechanism, Mechanism::Cascade | Mechanism::MiniCompetitionAbove { .. }),
        }
    }
}

/// What a sent form chooses; a form without the field keeps what is there. Outer `None`: not readable.
#[must_use]
pub fn read_choice(sent: Option<&str>) -> Option<Choice> {
    match sent.map(str::trim) {
        None => Some(Choice::Keep),
        Some("") => Some(Choice::Proposed),
        Some(id) => id.parse::<uuid::Uuid>().ok().map(|id| Choice::Of(id.into())),
    }
}

fn words(why: &Why) -> String {
    match why {
        Why::Only => "ist der einzige Lieferant für diese Artikel.".to_owned(),
        Why::First => "steht an erster Stelle.".to_owned(),
        Why::NextInRank(passed) => format!("ist an der Reihe nach {}.", passed.join(", ")),
        Why::Turn(Some(last)) => format!("ist in der Reihe dran, zuletzt war es {last}."),
        Why::Turn(None) => "ist in der Reihe dran, die Reihe beginnt hier.".to_owned(),
        Why::Cheapest => "hat für alle Artikel den günstigsten Preis.".to_owned(),
        Why::CheapestOfFirst(others) => format!(
            "hat für den ersten Artikel den günstigsten Preis. Andere sind günstiger bei {}. Bitte rufen Sie diese Artikel getrennt ab.",
            others.join(", ")
        ),
    }
}
