//! A finding as people and programs read it: the same words on pages, in the API and in problems.

use std::collections::BTreeMap;

use abruf_domain::checks::{self, Rule};
use abruf_domain::finding::{Addressee, Finding, Outcome, Place, Value};
use abruf_domain::notation::Language;
use abruf_domain::review::Gap;
use abruf_domain::texts::Certainty;
use abruf_domain::{Facts, Review};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use crate::actions::FieldError;
use crate::http::english::typed::as_typed;

/// A finding with its words filled in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = Finding)]
pub struct FindingView {
    /// Rule id of the catalogue.
    #[schema(example = "cap-value")]
    pub rule: String,
    /// Version of the rule.
    pub version: u16,
    /// Title of the rule.
    #[schema(example = "Höchstwert")]
    pub title: String,
    /// passed, notice, pending, justify or block.
    #[schema(example = "block")]
    pub outcome: String,
    /// The outcome in German.
    pub outcome_word: String,
    /// Who can cure it: requester, releaser or office.
    pub addressee: String,
    /// Who can cure it, in German.
    pub addressee_word: String,
    /// What was found: place, actual, allowed.
    pub sentence: String,
    /// What would cure it; empty where nothing has to be.
    pub cure: String,
    /// Legal source.
    pub source: String,
    /// How sure the source is: read, known or uncertain.
    pub certainty: String,
    /// Parameters of the rule, amounts as decimal strings.
    pub params: Map<String, Json>,
    /// Figures of the sentence, amounts as decimal strings.
    pub figures: Map<String, Json>,
}

impl FindingView {
    /// Puts a finding into German words.
    #[must_use]
    pub fn of(finding: &Finding, currency: &str) -> Self {
        let language = Language::German;
        let check = checks::by_id(&finding.rule);
        let word = |make: &dyn Fn(&Rule) -> String| check.as_ref().map(make).unwrap_or_default();
        Self {
            rule: finding.rule.clone(),
            version: finding.version,
            title: word(&|check| check.texts.title(language).to_owned()),
            outcome: finding.outcome.key().to_owned(),
            outcome_word: finding.outcome.word(language).to_owned(),
            addressee: finding.addressee.key().to_owned(),
            addressee_word: finding.addressee.word(language).to_owned(),
            sentence: word(&|check| check.texts.sentence(finding, language, currency)),
            cure: word(&|check| check.texts.cure(finding, language, currency)),
            source: finding.source(language).to_owned(),
            certainty: match finding.certainty() {
                Certainty::Read => "read",
                Certainty::Known => "known",
                Certainty::Uncertain => "uncertain",
            }
            .to_owned(),
            params: finding.params.iter().map(|(name, value)| (name.clone(), value.plain())).collect(),
            figures: finding.figures.iter().map(|(name, value)| (name.clone(), value.plain())).collect(),
        }
    }

    /// The same on a page: names and other words of the facts are marked as typed.
    #[must_use]
    pub fn on_page(finding: &Finding, currency: &str) -> Self {
        let marked = |values: &BTreeMap<String, Value>| {
            // Units are ours to say in another language.
            let mark = |name: &str, value: &Value| if name == "unit" { value.clone() } else { with_marks(value) };
            values.iter().map(|(name, value)| (name.clone(), mark(name, value))).collect()
        };
        let marked = Finding { params: marked(&finding.params), figures: marked(&finding.figures), ..finding.clone() };
        Self::of(&marked, currency)
    }

    /// Whether it stops the call-off.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.outcome == Outcome::Block.key()
    }

    /// Whether its source is disputed or possibly out of date.
    #[must_use]
    pub fn is_uncertain(&self) -> bool {
        self.certainty == "uncertain"
    }

    /// Whether the requester can cure it; otherwise it lies with somebody else.
    #[must_use]
    pub fn is_for_requester(&self) -> bool {
        self.addressee == Addressee::Requester.key()
    }
}

/// A value whose words are marked as typed, for pages.
#[must_use]
pub fn with_marks(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(as_typed(text)),
        Value::List(texts) => Value::List(texts.iter().map(as_typed).collect()),
        Value::Place(Place::Lot { number, title }) => {
            Value::Place(Place::Lot { number: *number, title: as_typed(title) })
        }
        Value::Deadlines(all) => {
            Value::Deadlines(all.iter().map(|(name, deadline)| (as_typed(name), deadline.clone())).collect())
        }
        other => other.clone(),
    }
}

/// The findings of a review, those that need action first, and the passed ones to be folded.
#[derive(Debug, Clone)]
pub struct FindingsView {
    /// Blocks, justifications, notices, pending ones, in this order.
    pub open: Vec<FindingView>,
    /// Passed ones, in the order of the rule book.
    pub passed: Vec<FindingView>,
}

impl FindingsView {
    /// Sorts and words a review.
    #[must_use]
    pub fn of(review: &Review, currency: &str) -> Self {
        let word = |finding: &Finding| FindingView::of(finding, currency);
        Self {
            open: review.open_findings().into_iter().map(word).collect(),
            passed: review.with_outcome(Outcome::Passed).map(word).collect(),
        }
    }

    /// "17 Prüfungen bestanden".
    #[must_use]
    pub fn passed_line(&self) -> String {
        match self.passed.len() {
            1 => "1 Prüfung bestanden".to_owned(),
            count => format!("{count} Prüfungen bestanden"),
        }
    }

    /// Whether anything stops the call-off.
    #[must_use]
    pub fn blocked(&self) -> bool {
        self.open.iter().any(FindingView::blocks)
    }
}

/// What is missing in the form, as errors of its fields.
#[must_use]
pub fn gap_errors(gaps: &[Gap]) -> Vec<FieldError> {
    gaps.iter()
        .map(|gap| match gap {
            Gap::NoLines => FieldError::new("lines", "Ihr Abruf hat noch keine Position. Bitte wählen Sie einen Artikel und eine Menge."),
            Gap::PerformanceMissing { article_number } => FieldError::new(
                "performance",
                format!("Artikel {article_number} wird je Monat abgerechnet. Bitte geben Sie an, von wann bis wann Sie ihn brauchen."),
            ),
            Gap::QuoteMissing { article_number } => FieldError::new(
                "lines",
                format!("Artikel {article_number} hat keinen festen Preis. Bitte geben Sie den Preis des Angebots und das Angebot an."),
            ),
            Gap::AmountTooLarge { article_number } => FieldError::new(
                "lines",
                format!("Artikel {article_number}: Der Betrag ist zu groß für einen Abruf. Bitte prüfen Sie die Menge."),
            ),
        })
        .collect()
}

/// All findings of a review in the order of the rule book, for programs.
#[must_use]
pub fn all_findings(review: &Review, facts: &Facts) -> Vec<FindingView> {
    review.findings.iter().map(|finding| FindingView::of(finding, &facts.contract.currency)).collect()
}
