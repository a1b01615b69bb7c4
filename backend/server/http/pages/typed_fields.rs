//! The fields of a form as they were typed, for forms whose fields depend on the lines of an order.

use chrono::NaiveDate;

use crate::actions::{ActionError, FieldError};
use crate::http::pages::written::read_day;

/// Names and values, in the order they were sent.
#[derive(Debug, Clone, Default)]
pub struct TypedFields(pub Vec<(String, String)>);

impl TypedFields {
    /// What was typed; empty where there was no such field.
    #[must_use]
    pub fn at(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// What was typed, or `else_this` where the form was not sent.
    #[must_use]
    pub fn or<'a>(&'a self, name: &str, else_this: &'a str) -> &'a str {
        self.0.iter().find(|(known, _)| known == name).map_or(else_this, |(_, value)| value.as_str())
    }

    /// A day that may be left out.
    ///
    /// # Errors
    /// If it is none.
    pub fn day_if_any(&self, name: &str) -> Result<Option<NaiveDate>, ActionError> {
        read_day(self.at(name)).map_err(|message| ActionError::Invalid(vec![FieldError::new(name, message)]))
    }

    /// A day that has to be there.
    ///
    /// # Errors
    /// If it is none, or missing.
    pub fn day(&self, name: &str) -> Result<NaiveDate, ActionError> {
        self.day_if_any(name)?.ok_or_else(|| {
            let message = "Bitte geben Sie das Datum ein, zum Beispiel 01.03.2027.";
            ActionError::Invalid(vec![FieldError::new(name, message)])
        })
    }
}
