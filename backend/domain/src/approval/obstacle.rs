//! Why somebody may not decide a step, in German: what stands in the way and what helps.

use chrono::NaiveDate;

use super::StandInKind;
use crate::ids::PersonId;
use crate::money::Gross;
use crate::notation::Language::German;
use crate::period::Period;

/// Why somebody may not decide now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// Who asks decides no step (four eyes over the whole chain).
    OwnRequest,
    /// On leave.
    OnLeave {
        /// Last day away.
        until: NaiveDate,
    },
    /// Has decided another step already.
    DecidedBefore {
        /// Which.
        title: String,
    },
    /// The open step names others.
    NotNamed {
        /// The open step.
        title: String,
        /// Whom it names.
        persons: Vec<PersonId>,
    },
    /// Stands in for whoever asked.
    StandsInForRequester,
    /// Stands in, but not today.
    OutsideDates {
        /// By what right.
        kind: StandInKind,
        /// For whom.
        of: PersonId,
        /// When.
        period: Period,
    },
    /// Stands in, but only for smaller amounts.
    AboveAmount {
        /// For whom.
        of: PersonId,
        /// Up to which gross amount.
        up_to: Gross,
        /// What the request costs.
        gross: Gross,
    },
    /// Would decide by a right that was passed on.
    PassedOn {
        /// Who passed it on.
        of: PersonId,
    },
    /// Whoever is represented has decided another step already.
    RepresentedDecidedBefore {
        /// Who.
        of: PersonId,
    },
}

impl Obstacle {
    /// The rule that speaks; stable, clients switch on it.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::OwnRequest | Self::StandsInForRequester => "approval-four-eyes",
            Self::OnLeave { .. } => "approval-on-leave",
            Self::DecidedBefore { .. } | Self::RepresentedDecidedBefore { .. } => "approval-one-step-each",
            Self::NotNamed { .. } => "approval-step-names-others",
            Self::OutsideDates { .. } => "approval-stand-in-dates",
            Self::AboveAmount { .. } => "approval-stand-in-amount",
            Self::PassedOn { .. } => "approval-not-passed-on",
        }
    }

    /// Which part of the approval order or the request it comes from.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::OwnRequest => "requester",
            Self::OnLeave { .. } => "absences",
            Self::DecidedBefore { .. } | Self::NotNamed { .. } => "steps",
            Self::StandsInForRequester
            | Self::OutsideDates { .. }
            | Self::AboveAmount { .. }
            | Self::PassedOn { .. }
            | Self::RepresentedDecidedBefore { .. } => "stand_ins",
        }
    }

    /// What stands in the way and what helps; `name` gives the name of a person.
    #[must_use]
    pub fn german(&self, currency: &str, name: &dyn Fn(PersonId) -> String) -> String {
        let money = |gross: Gross| German.money(gross.decimal(), currency);
        match self {
            Self::OwnRequest => "Eigene Abrufe gibt eine zweite Person frei, in jedem Schritt.".to_owned(),
            Self::OnLeave { until } => format!(
                "Sie sind bis {} als abwesend eingetragen. Ihre Vertretung entscheidet, oder Sie nehmen die Abwesenheit aus der Freigabeordnung.",
                German.date(*until)
            ),
            Self::DecidedBefore { title } => format!(
                "Sie haben den Schritt „{title}“ schon entschieden. Den nächsten Schritt entscheidet eine andere Person."
            ),
            Self::NotNamed { title, persons } if persons.is_empty() => {
                format!(
                    "Den Schritt „{title}“ kann derzeit niemand entscheiden. Bitte ergänzen Sie eine Vertretung in der Freigabeordnung."
                )
            }
            Self::NotNamed { title, persons } => {
                let names: Vec<String> = persons.iter().map(|person| name(*person)).collect();
                format!("Den Schritt „{title}“ entscheidet: {}.", names.join(", "))
            }
            Self::StandsInForRequester => {
                "Sie vertreten die Person, die den Abruf angefordert hat. Für sie entscheidet eine andere Person."
                    .to_owned()
            }
            Self::OutsideDates { kind, of, period } => format!(
                "Ihre {} für {} gilt vom {} bis {}, heute nicht. Bitte ändern Sie die Daten in der Freigabeordnung, oder {} entscheidet selbst.",
                kind.german(),
                name(*of),
                German.date(period.from()),
                German.date(period.to()),
                name(*of)
            ),
            Self::AboveAmount { of, up_to, gross } => format!(
                "Sie entscheiden für {} bis {} brutto, dieser Abruf kostet {}. {} entscheidet selbst.",
                name(*of),
                money(*up_to),
                money(*gross),
                name(*of)
            ),
            Self::PassedOn { of } => format!(
                "{} entscheidet hier selbst nur für eine andere Person. Eine solche Befugnis kann nicht weitergegeben werden.",
                name(*of)
            ),
            Self::RepresentedDecidedBefore { of } => format!(
                "{} hat schon einen Schritt entschieden. Den nächsten entscheidet eine Person, die sie nicht vertritt.",
                name(*of)
            ),
        }
    }
}
