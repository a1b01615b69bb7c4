//! The two date fields of the performance period (Leistungszeitraum).

use abruf_domain::period::Period;

use crate::actions::FieldError;
use crate::actions::draft_call_off::Preview;
use crate::http::pages::written::{day, read_day};

/// The period as typed.
#[derive(Debug, Clone, Default)]
pub struct PeriodFields {
    /// First day.
    pub from: String,
    /// Last day.
    pub to: String,
}

impl PeriodFields {
    /// As saved in a draft.
    #[must_use]
    pub fn of(preview: &Preview) -> Self {
        preview
            .call_off
            .details
            .performance
            .map(|period| Self { from: day(period.from()), to: day(period.to()) })
            .unwrap_or_default()
    }

    /// As sent.
    #[must_use]
    pub fn typed(from: &str, to: &str) -> Self {
        Self { from: from.to_owned(), to: to.to_owned() }
    }
}

/// Reads the period; both fields or none.
///
/// # Errors
/// With what is wrong at which field.
pub fn read_period(fields: &PeriodFields) -> Result<Option<Period>, Vec<FieldError>> {
    let (from, to) = match (read_day(&fields.from), read_day(&fields.to)) {
        (Ok(from), Ok(to)) => (from, to),
        (from, to) => {
            let at = |name: &str, read: Result<_, String>| read.err().map(|message| FieldError::new(name, message));
            return Err(at("performance_from", from).into_iter().chain(at("performance_to", to)).collect());
        }
    };
    match (from, to) {
        (None, None) => Ok(None),
        (Some(from), Some(to)) => Period::new(from, to).map(Some).map_err(|_| {
            let message = format!("Das Ende liegt vor dem Beginn am {}. Bitte prüfen Sie beide Daten.", day(from));
            vec![FieldError::new("performance_to", message)]
        }),
        (Some(_), None) => Err(vec![FieldError::new("performance_to", "Bitte geben Sie auch den letzten Tag an.")]),
        (None, Some(_)) => Err(vec![FieldError::new("performance_from", "Bitte geben Sie auch den ersten Tag an.")]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_needs_both_days_in_order() {
        let read = |from: &str, to: &str| read_period(&PeriodFields::typed(from, to));
        assert_eq!(read("", ""), Ok(None));
        assert!(read("1.1.2027", "31.12.2027").is_ok_and(|period| period.is_some()));
        for (from, to, field) in [
            ("1.1.2027", "", "performance_to"),
            ("", "1.1.2027", "performance_from"),
            ("2.1.2027", "1.1.2027", "performance_to"),
            ("30.2.2027", "1.1.2027", "performance_from"),
        ] {
            assert_eq!(read(from, to).unwrap_err()[0].field, field, "{from} {to}");
        }
    }
}
