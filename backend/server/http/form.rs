//! Mistakes in a form: on top of the page as a list of links, and at each field.

use crate::http::problem::FieldError;

/// What is wrong with a form; empty if nothing is.
#[derive(Debug, Clone, Default)]
pub struct Mistakes(pub Vec<FieldError>);

impl Mistakes {
    /// Notes a mistake.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push(FieldError::new(field, message));
    }

    /// The message at a field, if there is one.
    #[must_use]
    pub fn at(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }

    /// Whether the form is right.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
