//! Which part of a list: limits are refused when out of bounds, never silently cut.

use crate::http::problem::{FieldError, Problem};

/// Most rows of an answer.
pub const MOST_ROWS: u16 = 500;
/// Longest search, in characters.
pub const MOST_CHARACTERS: usize = 200;

/// Checks what the description of the API promises about `limit`, `offset` and `q`.
///
/// # Errors
/// 422 with each value that is out of bounds.
pub fn check(limit: u16, offset: u32, most_offset: u32, words: &str) -> Result<(), Problem> {
    let mut errors = Vec::new();
    if !(1..=MOST_ROWS).contains(&limit) {
        let message = format!("limit ist {limit}, erlaubt sind 1 bis {MOST_ROWS}.");
        errors.push(FieldError::new("limit", message));
    }
    if most_offset < offset {
        let message =
            format!("offset ist {offset}, erlaubt sind 0 bis {most_offset}. Bitte grenzen Sie die Suche ein.");
        errors.push(FieldError::new("offset", message));
    }
    let length = words.chars().count();
    if MOST_CHARACTERS < length {
        let message = format!("q hat {length} Zeichen, erlaubt sind {MOST_CHARACTERS}.");
        errors.push(FieldError::new("q", message));
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_part_of_what_is_allowed() {
        assert!(check(1, 0, 10, "").is_ok() && check(500, 10, 10, &"ä".repeat(200)).is_ok());
        for (limit, offset, words) in [(0, 0, ""), (501, 0, ""), (1, 11, ""), (1, 0, &*"x".repeat(201))] {
            assert!(check(limit, offset, 10, words).is_err(), "{limit} {offset} {words}");
        }
    }
}
