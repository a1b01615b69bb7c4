//! A quantity field for each open line of an order; template `line_quantities.html`. Fields are called
//! `menge_<position>`, or what the form calls them.

use crate::actions::rest_of_order::PartInput;
use crate::actions::{ActionError, FieldError};
use crate::http::english::typed::as_typed;
use crate::http::form::Mistakes;
use crate::http::pages::written::{in_units, quantity};
use crate::storage::order_lines::OrderLine;

/// What the fields of quantities are called, before the position.
pub const QUANTITY: &str = "menge_";

/// A line with its field.
#[derive(Debug, Clone)]
pub struct LineField {
    /// Name of the field.
    pub name: String,
    /// „1. Notebook 14 Zoll“
    pub title: String,
    /// „bestellt 50 Stück, geliefert 20, offen 30“
    pub state: String,
    /// What is open, as it would be typed.
    pub open: String,
    /// What was typed.
    pub typed: String,
    /// What is wrong with it.
    pub mistake: Option<String>,
}

/// The lines of which something is open, with fields called `prefix<position>`.
#[must_use]
pub fn line_fields(
    prefix: &str,
    lines: &[OrderLine],
    fields: &[(String, String)],
    mistakes: &Mistakes,
) -> Vec<LineField> {
    lines
        .iter()
        .filter(|line| !line.open().is_zero())
        .map(|line| {
            let name = format!("{prefix}{}", line.position);
            LineField {
                title: format!("{}. {}", line.position, as_typed(&line.title)),
                state: line_state(line),
                open: quantity(line.open()),
                typed: fields.iter().find(|(known, _)| *known == name).map(|(_, it)| it.clone()).unwrap_or_default(),
                mistake: mistakes.at(&name).map(str::to_owned),
                name,
            }
        })
        .collect()
}

/// „bestellt 50 Stück, storniert 5, geliefert 20, offen 25“
#[must_use]
pub fn line_state(line: &OrderLine) -> String {
    let mut words = vec![format!("bestellt {}", in_units(line.quantity + line.cancelled, &line.unit))];
    for (what, amount) in [("storniert", line.cancelled), ("geliefert", line.delivered)] {
        if !amount.is_zero() {
            words.push(format!("{what} {}", quantity(amount)));
        }
    }
    if line.open().is_zero() {
        words.push("nichts offen".to_owned());
    } else if !line.delivered.is_zero() || !line.cancelled.is_zero() {
        words.push(format!("offen {}", quantity(line.open())));
    }
    words.join(", ")
}

/// The quantities that were typed; empty fields are none.
#[must_use]
pub fn typed_parts(prefix: &str, fields: &[(String, String)]) -> Vec<PartInput> {
    fields
        .iter()
        .filter_map(|(name, quantity)| Some((name.strip_prefix(prefix)?.parse().ok()?, quantity.trim())))
        .filter(|(_, quantity)| !quantity.is_empty())
        .map(|(position, quantity)| PartInput { position, quantity: quantity.to_owned() })
        .collect()
}

/// Mistakes of `lines[0].quantity` moved to the field of that line.
#[must_use]
pub fn with_field_names(prefix: &str, errors: Vec<FieldError>, parts: &[PartInput]) -> Vec<FieldError> {
    let field = |error: &FieldError| {
        let index: usize = error.field.strip_prefix("lines[")?.split(']').next()?.parse().ok()?;
        Some(format!("{prefix}{}", parts.get(index)?.position))
    };
    errors
        .into_iter()
        .map(|error| match field(&error) {
            Some(field) => FieldError { field, ..error },
            None => error,
        })
        .collect()
}

/// The mistakes of an action at the fields of their lines.
#[must_use]
pub fn at_fields(prefix: &str, error: ActionError, parts: &[PartInput]) -> ActionError {
    match error {
        ActionError::Invalid(errors) => ActionError::Invalid(with_field_names(prefix, errors, parts)),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_of_the_second_line_stands_at_its_field() {
        let fields = [("menge_3".to_owned(), String::new()), ("menge_7".to_owned(), " 5 ".to_owned())];
        let parts = typed_parts(QUANTITY, &fields);
        assert_eq!(parts, [PartInput { position: 7, quantity: "5".to_owned() }]);
        let moved = with_field_names(
            QUANTITY,
            vec![FieldError::new("lines[0].quantity", "zu viel"), FieldError::new("reason", "fehlt")],
            &parts,
        );
        assert_eq!(moved.iter().map(|it| it.field.as_str()).collect::<Vec<_>>(), ["menge_7", "reason"]);
    }
}
