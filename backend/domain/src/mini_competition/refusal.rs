//! Why a step of a mini-competition is refused, in German.

/// A refused step or input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where: `deadline_at`, `criteria[1].weight`.
    pub field: String,
    /// What is there, what is allowed and what to do.
    pub german: String,
}

impl Refusal {
    /// Names a place and says what is wrong there.
    #[must_use]
    pub fn new(field: impl Into<String>, german: impl Into<String>) -> Self {
        Self { field: field.into(), german: german.into() }
    }
}
