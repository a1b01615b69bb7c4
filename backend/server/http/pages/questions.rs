//! Questions that came back with a request, each with its answer beside it.

use crate::http::english::typed::as_typed;
use crate::http::pages::written::instant;
use crate::storage::history::{self, TimelineStep};

/// A question in words.
#[derive(Debug, Clone)]
pub struct QuestionView {
    /// The question.
    pub question: String,
    /// Who asked and when.
    pub asked: String,
    /// The answer; empty while it is owed.
    pub answer: String,
    /// Who answered and when.
    pub answered: String,
}

/// The questions of a call-off, oldest first.
#[must_use]
pub fn question_views(steps: &[TimelineStep]) -> Vec<QuestionView> {
    let who = |step: &TimelineStep| {
        let person = step.person.as_deref().unwrap_or_default();
        format!("{}, {}", as_typed(person), instant(step.at))
    };
    history::questions(steps)
        .into_iter()
        .map(|it| QuestionView {
            question: it.asked.reason.clone(),
            asked: who(it.asked),
            answer: it.answer.map(|answer| answer.reason.clone()).unwrap_or_default(),
            answered: it.answer.map(who).unwrap_or_default(),
        })
        .collect()
}
