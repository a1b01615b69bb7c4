//! The mini-competition (Miniwettbewerb, § 21 (4) no. 2 and 3, (5) VgV): its states and what each step asks for.
//!
//! Drafted, sent to every party of the lot in text form, sealed until two persons open the offers after
//! the deadline, scored by the announced scheme, awarded or abolished. A step that may not be taken is
//! answered with a [`Refusal`]: the place, what is there, what is allowed, what to do.

pub mod deadline;
pub mod refusal;
pub mod scheme;
pub mod scoring;

#[cfg(test)]
mod tests;

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

pub use deadline::{check_deadline, check_extension, check_late, earliest_deadline, is_late};
pub use refusal::Refusal;
pub use scheme::{Criterion, PriceFormula, Scheme, TieRule};
pub use scoring::{Exclusion, HighestPrices, Mark, Offer, Part, Standing, judge};

use crate::ids::{OrganisationId, PersonId};
use crate::money::{Net, Quantity, UnitPrice};
use crate::notation::Language::German;
use crate::period::Period;

/// Where a mini-competition that is run in Abruf stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being written; nobody has been asked (angelegt).
    Drafted,
    /// The parties have been asked; offers are sealed (versandt, Frist läuft).
    Sent,
    /// Two persons have opened the offers (geöffnet).
    Opened,
    /// Points and ranks stand (gewertet).
    Scored,
    /// One offer has won (vergeben).
    Awarded,
    /// Ended without a winner (aufgehoben).
    Cancelled,
}

/// What is done with a mini-competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Write deadline, criteria and how to submit.
    Announce,
    /// Ask the parties.
    Send,
    /// Note a question, or answer one to all.
    Ask,
    /// Note that an offer arrived.
    Receive,
    /// Leave the parties more time.
    Extend,
    /// Sign the opening.
    Open,
    /// Give points.
    Score,
    /// Name the winner.
    Award,
    /// End it without a winner.
    Cancel,
    /// Order what was won.
    Use,
}

impl State {
    /// All of them, in the order of the procedure.
    pub const ALL: [Self; 6] = [Self::Drafted, Self::Sent, Self::Opened, Self::Scored, Self::Awarded, Self::Cancelled];

    /// The key in the database and in JSON.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Sent => "sent",
            Self::Opened => "opened",
            Self::Scored => "scored",
            Self::Awarded => "awarded",
            Self::Cancelled => "cancelled",
        }
    }

    /// The state whose [`key`](Self::key) this is.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.key() == key)
    }

    /// The word users read.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::Drafted => "angelegt",
            Self::Sent => "versandt",
            Self::Opened => "geöffnet",
            Self::Scored => "gewertet",
            Self::Awarded => "vergeben",
            Self::Cancelled => "aufgehoben",
        }
    }

    /// Whether the step can be taken here.
    #[must_use]
    pub const fn allows(self, step: Step) -> bool {
        matches!(
            (self, step),
            (Self::Drafted, Step::Announce | Step::Send)
                | (Self::Sent, Step::Ask | Step::Receive | Step::Extend | Step::Open)
                // What arrives now is late; that it arrived is noted.
                | (Self::Opened, Step::Receive | Step::Score)
                | (Self::Scored, Step::Receive | Step::Score | Step::Award)
                | (Self::Awarded, Step::Use)
                | (Self::Drafted | Self::Sent | Self::Opened | Self::Scored, Step::Cancel)
        )
    }

    /// Refuses a step that cannot be taken here, with what can be done instead.
    ///
    /// # Errors
    /// As said.
    pub fn check(self, step: Step) -> Result<(), Refusal> {
        if self.allows(step) {
            return Ok(());
        }
        let instead = match step {
            Step::Announce | Step::Send => {
                "Frist, Positionen und Kriterien stehen mit dem Versand fest. Müssen sie anders sein, heben Sie den Wettbewerb mit Begründung auf und beginnen Sie einen neuen. Die Frist allein lässt sich verlängern, solange sie läuft."
            }
            Step::Ask => "Fragen und Antworten gibt es nur, solange Angebote erwartet werden.",
            Step::Receive => "Angebote werden vom Versand der Einladungen bis zum Zuschlag erfasst.",
            Step::Extend => "Verlängert wird eine Frist, die läuft: nach dem Versand und vor ihrem Ende.",
            Step::Open => "Geöffnet wird einmal, nach dem Versand und dem Ende der Frist.",
            Step::Score => "Gewertet wird nach der Öffnung und vor dem Zuschlag.",
            Step::Award => "Den Zuschlag gibt es nach der Wertung. Bitte werten Sie zuerst die Angebote.",
            Step::Cancel => "Ein vergebener oder aufgehobener Wettbewerb ist abgeschlossen.",
            Step::Use => "Abgerufen wird aus einem Wettbewerb, der vergeben ist.",
        };
        Err(Refusal::new("state", format!("Der Miniwettbewerb ist „{self}“. {instead}")))
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.german())
    }
}

/// A line of what is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Article number of the contract.
    pub article_number: String,
    /// What it is.
    pub title: String,
    /// Its unit.
    pub unit: String,
    /// How many.
    pub quantity: Quantity,
    /// Paid by month: the price is per unit and month of the performance period.
    pub by_month: bool,
}

impl Line {
    /// What the line costs at this price; `None` without the period it is paid for, and for absurd amounts.
    #[must_use]
    pub fn net(&self, unit_price: UnitPrice, performance: Option<Period>) -> Option<Net> {
        let months = match (self.by_month, performance) {
            (false, _) => None,
            (true, Some(period)) => Some(period.months()),
            (true, None) => return None,
        };
        Net::of_sane_line(unit_price, self.quantity, months)
    }
}

/// Refuses to ask only some: § 21 (5) no. 1 VgV names every party that can perform.
///
/// # Errors
/// With the names of those left out, and of those who are no party.
pub fn check_invited(parties: &[(OrganisationId, String)], invited: &[OrganisationId]) -> Result<(), Refusal> {
    let missing: Vec<&str> =
        parties.iter().filter(|(party, _)| !invited.contains(party)).map(|(_, name)| name.as_str()).collect();
    if !missing.is_empty() {
        let all = parties.len();
        return Err(Refusal::new(
            "invitations",
            format!(
                "Nicht eingeladen: {}. Das Los hat {all} Vertragspartner, alle sind in Textform zu fragen (§ 21 Abs. 5 Nr. 1 VgV). Bitte ergänzen Sie die Anschrift.",
                missing.join(", ")
            ),
        ));
    }
    let strangers = invited.iter().filter(|supplier| !parties.iter().any(|(party, _)| party == *supplier)).count();
    if 0 < strangers {
        return Err(Refusal::new(
            "invitations",
            format!(
                "{strangers} der Eingeladenen sind nicht Partner dieses Loses. Bitte laden Sie nur die Partner ein."
            ),
        ));
    }
    Ok(())
}

/// Refuses an opening before the deadline is over, and the same person twice.
///
/// # Errors
/// As said.
pub fn check_opening(
    deadline_at: DateTime<Utc>,
    now: DateTime<Utc>,
    first: Option<PersonId>,
    person: PersonId,
) -> Result<(), Refusal> {
    if now <= deadline_at {
        return Err(Refusal::new(
            "deadline_at",
            format!(
                "Die Angebote bleiben bis zum Ende der Frist am {} verschlossen, jetzt ist {}. Bitte öffnen Sie sie danach.",
                German.instant(deadline_at),
                German.instant(now)
            ),
        ));
    }
    if first == Some(person) {
        return Err(Refusal::new(
            "opened_by",
            "Sie haben schon als erste Person unterschrieben. Zur Öffnung gehören zwei verschiedene Personen. Bitte lassen Sie eine Kollegin oder einen Kollegen unterschreiben.",
        ));
    }
    Ok(())
}

/// Refuses another scheme than the contract announced, where it announced one.
///
/// # Errors
/// As said.
pub fn check_announced(announced: Option<&Scheme>, wanted: &Scheme) -> Result<(), Refusal> {
    match announced {
        Some(announced) if announced != wanted => Err(Refusal::new(
            "scheme",
            format!(
                "Diese Kriterien weichen von denen des Vertrags ab. Bekannt gemacht ist: {announced}. Bitte übernehmen Sie genau diese."
            ),
        )),
        _ => Ok(()),
    }
}

/// Refuses an award to anybody but the best, and a choice between equals without what the scheme says.
/// `drawn` tells how the lot was drawn where several stay equal.
///
/// # Errors
/// As said.
pub fn check_award(
    standings: &[Standing],
    winner: OrganisationId,
    drawn: &str,
    name: &dyn Fn(OrganisationId) -> String,
) -> Result<(), Refusal> {
    let best: Vec<&Standing> = standings.iter().filter(|standing| standing.rank == Some(1)).collect();
    let Some(first) = best.first() else {
        return Err(Refusal::new(
            "supplier_id",
            "Es gibt kein Angebot, das gewertet werden kann. Bitte heben Sie den Wettbewerb mit Begründung auf.",
        ));
    };
    if !best.iter().any(|standing| standing.supplier == winner) {
        let why = match standings.iter().find(|standing| standing.supplier == winner) {
            None => "hat kein Angebot abgegeben".to_owned(),
            Some(Standing { excluded: Some(why), .. }) => format!("ist ausgeschlossen: {why}"),
            Some(standing) => format!(
                "steht auf Rang {} mit {} Punkten",
                standing.rank.unwrap_or_default(),
                German.number(standing.score.decimal())
            ),
        };
        return Err(Refusal::new(
            "supplier_id",
            format!(
                "{} {why}. Den Zuschlag bekommt das beste Angebot: {} mit {} Punkten. Bitte wählen Sie Rang 1.",
                name(winner),
                name(first.supplier),
                German.number(first.score.decimal())
            ),
        ));
    }
    if 1 < best.len() && drawn.trim().is_empty() {
        return Err(Refusal::new(
            "drawn",
            format!(
                "{} Angebote sind gleich gut. Dann entscheidet das Los. Bitte schreiben Sie, wann und durch wen es gezogen wurde.",
                best.len()
            ),
        ));
    }
    Ok(())
}
