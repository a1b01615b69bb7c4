//! The question of a report as a form: what was typed or stands in an address, and what can be chosen.

use abruf_domain::burn_rate::Procedure;
use chrono::NaiveDate;
use serde::Deserialize;
use uuid::Uuid;

use crate::actor::Actor;
use crate::app::App;
use crate::http::form::Mistakes;
use crate::http::pages::written::read_day;
use crate::http::problem::Problem;
use crate::reports::catalogue::Report;
use crate::reports::question::{Dimension, MOST_DIMENSIONS, Question};
use crate::reports::savings::CLASSES;
use crate::reports::savings_levels::class_words;
use crate::storage::{contracts, member_list};

/// The form with what can be chosen.
pub struct QuestionForm {
    /// Where it is sent to.
    pub(super) address: String,
    pub(super) title: String,
    pub(super) asked: Asked,
    pub(super) has_period: bool,
    /// Id and name; none where the report does not ask.
    pub(super) contracts: Vec<(String, String)>,
    pub(super) members: Vec<(String, String)>,
    pub(super) classes: Vec<(&'static str, &'static str)>,
    /// Steps of the breakdown: what is chosen for each.
    pub(super) steps: Vec<(usize, &'static str)>,
    pub(super) dimensions: Vec<(&'static str, &'static str)>,
    pub(super) procedures: Vec<(&'static str, &'static str)>,
    /// What the form does not show but keeps.
    pub(super) kept: Vec<(&'static str, String)>,
    pub(super) is_empty: bool,
    /// The level above, for the levels of the savings report.
    pub(super) above: Option<String>,
}

/// The question as typed, or as an address has it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub(super) von: String,
    pub(super) bis: String,
    pub(super) jahr: String,
    pub(super) nach: String,
    pub(super) nach1: String,
    pub(super) nach2: String,
    pub(super) nach3: String,
    pub(super) vertrag: String,
    pub(super) mitglied: String,
    pub(super) kategorie: String,
    pub(super) lieferant: String,
    pub(super) klasse: String,
    pub(super) abruf: String,
    pub(super) position: String,
    pub(super) verfahren: String,
    pub(super) seite: String,
}

impl Asked {
    /// What is asked, and what is wrong with what was typed.
    ///
    /// # Errors
    /// An id that is none names nothing: 404.
    pub fn question(&self) -> Result<(Question, Mistakes), Problem> {
        let mut mistakes = Mistakes::default();
        let id = |text: &str| match text {
            "" => Ok(None),
            text => text.parse::<Uuid>().map(Some).map_err(|_| Problem::not_found()),
        };
        let mut day = |name: &str, text: &str| -> Option<NaiveDate> {
            read_day(text).unwrap_or_else(|message| {
                mistakes.add(name, message);
                None
            })
        };
        let (from, to) = (day("von", &self.von), day("bis", &self.bis));
        let year = match self.jahr.as_str() {
            "" | "alle" => None,
            text => text.parse().map_or_else(
                |_| {
                    let shown: String = text.chars().take(20).collect();
                    mistakes.add(
                        "jahr",
                        format!("„{shown}“ ist kein Jahr. Bitte geben Sie es mit vier Ziffern an, zum Beispiel 2027."),
                    );
                    None
                },
                Some,
            ),
        };
        let mut by = Vec::new();
        let steps = [self.nach1.as_str(), &self.nach2, &self.nach3];
        for key in self.nach.split(',').chain(steps).map(str::trim).filter(|key| !key.is_empty()) {
            match Dimension::from_key(key) {
                Some(dimension) => by.push(dimension),
                None => {
                    let shown: String = key.chars().take(20).collect();
                    mistakes
                        .add("nach1", format!("„{shown}“ ist keine Gliederung. Bitte wählen Sie eine aus der Liste."));
                }
            }
        }
        let procedure = match self.verfahren.as_str() {
            "" => None,
            key => {
                let procedure = Procedure::from_key(key);
                if procedure.is_none() {
                    mistakes.add("verfahren", "Dieses Verfahren gibt es nicht. Bitte wählen Sie eines aus der Liste.");
                }
                procedure
            }
        };
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let question = Question {
            from,
            to,
            year,
            by,
            contract: id(&self.vertrag)?,
            member: id(&self.mitglied)?,
            supplier: id(&self.lieferant)?,
            category: some(&self.kategorie),
            class: some(&self.klasse),
            call_off: id(&self.abruf)?,
            position: match self.position.as_str() {
                "" => None,
                text => Some(text.parse().map_err(|_| Problem::not_found())?),
            },
            procedure,
        };
        Ok((question, mistakes))
    }
}

impl QuestionForm {
    /// Whether the words are the name of a contract or member to choose from.
    pub(super) fn offers(&self, words: &str) -> bool {
        self.contracts.iter().chain(&self.members).any(|(_, name)| name == words)
    }
}

/// The form of a report, with the contracts and members the reader may choose from.
///
/// # Errors
/// If the database fails.
pub async fn form(
    app: &App,
    actor: &Actor,
    report: Report,
    asked: Asked,
    question: &Question,
    title: String,
) -> Result<QuestionForm, Problem> {
    let mut tx = app.db.begin(actor).await?;
    let contracts = contracts::list(&mut tx, None).await?;
    let members = if report.has_member() { member_list::options(&mut tx, actor).await? } else { Vec::new() };
    tx.rollback().await?;
    let savings = report.is_savings();
    let shown = |name: &str| match name {
        "von" | "bis" => report.has_period(),
        "nach" => report == Report::SavingsBy,
        "vertrag" => true,
        "mitglied" => report.has_member(),
        "klasse" => savings,
        "verfahren" => report == Report::BurnRate,
        _ => false,
    };
    let above = Question { call_off: None, position: None, by: Vec::new(), ..question.clone() };
    let chosen = |at: usize| question.by.get(at).map_or("", |it| it.german_key());
    Ok(QuestionForm {
        address: format!("/berichte/{}", report.german_key()),
        title,
        has_period: report.has_period(),
        contracts: contracts.into_iter().map(|it| (it.id.to_string(), format!("{} {}", it.number, it.title))).collect(),
        members: members.into_iter().map(|(id, name)| (id.to_string(), name)).collect(),
        classes: if savings { CLASSES.map(|class| (class, class_words(class))).to_vec() } else { Vec::new() },
        steps: if report == Report::SavingsBy {
            (0..MOST_DIMENSIONS).map(|at| (at + 1, chosen(at))).collect()
        } else {
            Vec::new()
        },
        dimensions: Dimension::ALL.map(|it| (it.german_key(), it.german())).to_vec(),
        procedures: if report == Report::BurnRate {
            Procedure::ALL.map(|it| (it.key(), it.german())).to_vec()
        } else {
            Vec::new()
        },
        kept: question
            .pairs()
            .into_iter()
            .filter(|(name, _)| (savings || (*name == "jahr" && report.has_year())) && !shown(name))
            .collect(),
        is_empty: question.pairs().is_empty(),
        above: (savings && report != Report::SavingsBy).then(|| {
            let query = above.address();
            if query.is_empty() {
                "/berichte/einsparungen-nach".to_owned()
            } else {
                format!("/berichte/einsparungen-nach?{query}")
            }
        }),
        asked,
    })
}
