//! Cells to values, strictly: what is not exactly a number, a key or a text of allowed length is named
//! by place, value and expectation. What looks like a formula is text like any other.

use std::fmt;
use std::str::FromStr;

use abruf_domain::money::{NumberError, UnitPrice};
use abruf_domain::notation::Language;
use serde::Serialize;

use crate::actions::import::table::{Row, Table};

/// What is wrong with a cell or a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// Line of the file, from 1.
    pub line: u64,
    /// Column; `None`: the row as a whole.
    pub column: Option<String>,
    /// What is wrong and what was expected, in German.
    pub message: String,
}

impl RowError {
    /// What is wrong with a value, and what was expected.
    #[must_use]
    pub fn in_cell(line: u64, column: &str, value: &str, problem: &str, expected: &str) -> Self {
        let message = format!("„{}“ {problem}. Erwartet: {expected}", shown(value));
        Self { line, column: Some(column.to_owned()), message }
    }

    /// Column and message, for a place that names the line itself.
    #[must_use]
    pub fn without_line(&self) -> String {
        match &self.column {
            Some(column) => format!("Spalte {column}: {}", self.message),
            None => self.message.clone(),
        }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "Zeile {}, Spalte {column}: {}", self.line, self.message),
            None => write!(f, "Zeile {}: {}", self.line, self.message),
        }
    }
}

/// How a file writes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notation {
    /// Between whole and fraction: point or comma.
    pub decimal: char,
    /// Between groups of three digits, if the file has such.
    pub thousands: Option<char>,
}

impl Notation {
    /// `1234.50`
    pub const PLAIN: Self = Self { decimal: '.', thousands: None };

    /// An amount as this notation writes it.
    #[must_use]
    pub fn example(self) -> String {
        let thousands = self.thousands.map(String::from).unwrap_or_default();
        format!("1{thousands}234{}50", self.decimal)
    }

    /// The number with a point and without groups; `None` if it is written in another way.
    #[must_use]
    pub fn plain(self, text: &str) -> Option<String> {
        let (whole, fraction) = match text.split_once(self.decimal) {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (text, None),
        };
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let whole = match self.thousands {
            Some(separator) if whole.contains(separator) => {
                let groups: Vec<&str> = whole.split(separator).collect();
                let well_grouped = groups.iter().skip(1).all(|group| group.len() == 3) && groups[0].len() <= 3;
                well_grouped.then(|| groups.concat()).filter(|_| groups.iter().all(|group| digits(group)))?
            }
            _ => Some(whole.to_owned()).filter(|whole| digits(whole))?,
        };
        match fraction {
            None => Some(whole),
            Some(fraction) if digits(fraction) => Some(format!("{whole}.{fraction}")),
            Some(_) => None,
        }
    }
}

/// The cells of one row, which collect what is wrong with them.
pub struct Cells<'a> {
    table: &'a Table,
    row: &'a Row,
    errors: Vec<RowError>,
}

impl<'a> Cells<'a> {
    /// Of a row of the table.
    #[must_use]
    pub fn new(table: &'a Table, row: &'a Row) -> Self {
        let mut cells = Self { table, row, errors: Vec::new() };
        if row.cells.len() != table.width() {
            cells.errors.push(RowError {
                line: row.line,
                column: None,
                message: format!("{} Felder. Erwartet: {} wie in der Kopfzeile", row.cells.len(), table.width()),
            });
        }
        cells
    }

    /// Errors so far; empty if the row is right.
    #[must_use]
    pub fn errors(self) -> Vec<RowError> {
        self.errors
    }

    /// The cell as it stands, without white space around it; empty if the row is too short.
    #[must_use]
    pub fn raw(&self, column: &str) -> &'a str {
        self.table.position(column).and_then(|at| self.row.cells.get(at)).map_or("", |cell| cell.trim())
    }

    /// Notes that the cell is wrong, unless the row has the wrong shape: then every cell may be another.
    pub fn refuse(&mut self, column: &str, problem: &str, expected: &str) {
        if self.row.cells.len() == self.table.width() {
            self.errors.push(RowError::in_cell(self.row.line, column, self.raw(column), problem, expected));
        }
    }

    /// A text of 1 to `longest` characters.
    pub fn text(&mut self, column: &str, longest: usize) -> String {
        let text = self.optional_text(column, longest);
        if self.raw(column).is_empty() {
            self.refuse(column, "ist leer", &format!("1 bis {longest} Zeichen"));
        }
        text
    }

    /// A text of at most `longest` characters; line ends and runs of blanks become one blank.
    pub fn optional_text(&mut self, column: &str, longest: usize) -> String {
        let text = self.raw(column).split_whitespace().collect::<Vec<_>>().join(" ");
        let count = text.chars().count();
        if longest < count {
            self.refuse(column, &format!("hat {count} Zeichen"), &format!("höchstens {longest}"));
        }
        if text.contains(char::is_control) {
            self.refuse(column, "enthält Steuerzeichen", "Text");
        }
        text
    }

    /// Exactly `length` digits, e.g. a key.
    pub fn digits(&mut self, column: &str, length: usize, example: &str) -> String {
        let text = self.raw(column);
        if text.len() != length || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.refuse(column, &format!("hat nicht {length} Ziffern"), example);
        }
        text.to_owned()
    }

    /// A whole number from 0 up.
    pub fn whole_number(&mut self, column: &str, example: &str) -> i32 {
        let text = self.raw(column);
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.refuse(column, "ist keine ganze Zahl", example);
            return 0;
        }
        text.parse().unwrap_or_else(|_| {
            self.refuse(column, "ist zu groß", &format!("höchstens {}", i32::MAX));
            0
        })
    }

    /// A number of a domain type in this notation; `None` after noting what is wrong.
    pub fn number<T: FromStr<Err = NumberError>>(
        &mut self,
        column: &str,
        notation: Notation,
        sign: Option<&str>,
    ) -> Option<T> {
        let raw = self.raw(column);
        // A currency sign stands before or behind.
        let text =
            sign.map_or(raw, |sign| raw.strip_prefix(sign).or_else(|| raw.strip_suffix(sign)).unwrap_or(raw).trim());
        let parsed = match notation.plain(text) {
            Some(plain) => plain.parse(),
            None => Err(NumberError::NotANumber(String::new())),
        };
        match parsed {
            Ok(number) => return Some(number),
            Err(_) if text.starts_with('-') && notation.plain(&text[1..]).is_some() => {
                self.refuse(column, "ist negativ", &notation.example());
            }
            Err(NumberError::NotANumber(_)) => self.refuse(column, "ist keine Zahl", &notation.example()),
            Err(NumberError::TooManyDecimals { allowed, .. }) => {
                self.refuse(column, "hat zu viele Nachkommastellen", &format!("höchstens {allowed}"));
            }
            Err(NumberError::OutOfRange { limit, .. }) => {
                self.refuse(column, "ist zu groß", &format!("höchstens {}", Language::German.number(limit)));
            }
        }
        None
    }

    /// A unit price, zero included: lists carry services without charge.
    pub fn unit_price(&mut self, column: &str, notation: Notation, sign: Option<&str>) -> Option<UnitPrice> {
        self.number(column, notation, sign)
    }
}

/// The beginning of a value, fit for a terminal.
fn shown(value: &str) -> String {
    let mut short: String = value.chars().take(40).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if value.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_the_notation_of_the_file_and_in_no_other() {
        let german = Notation { decimal: ',', thousands: Some('.') };
        for (notation, text, plain) in [
            (Notation::PLAIN, "1234.50", Some("1234.50")),
            (Notation::PLAIN, "1234", Some("1234")),
            (Notation::PLAIN, "1.234.5", None),
            (Notation::PLAIN, "1,5", None),
            (Notation::PLAIN, ".5", None),
            (Notation::PLAIN, "5.", None),
            (Notation::PLAIN, "-5", None),
            (Notation::PLAIN, "1e9", None),
            (Notation::PLAIN, "=1+1", None),
            (Notation::PLAIN, "", None),
            (german, "1.234,50", Some("1234.50")),
            (german, "1234,50", Some("1234.50")),
            (german, "12.34,50", None),
            (german, "1.2345", None),
            (german, ".234", None),
        ] {
            assert_eq!(notation.plain(text).as_deref(), plain, "{text}");
        }
        assert_eq!(german.example(), "1.234,50");
    }

    fn first_error(cell: &str, read: impl FnOnce(&mut Cells<'_>)) -> String {
        let text = format!("k;wert\nx;{cell}\n");
        let table = Table::read(text.as_bytes(), b';', &["k", "wert"]).expect("a table");
        let mut cells = Cells::new(&table, &table.rows[0]);
        read(&mut cells);
        cells.errors().first().map(ToString::to_string).unwrap_or_default()
    }

    #[test]
    fn an_error_says_place_value_and_expectation() {
        assert_eq!(
            first_error("12x", |cells| {
                let _ = cells.whole_number("wert", "12345");
            }),
            "Zeile 2, Spalte wert: „12x“ ist keine ganze Zahl. Erwartet: 12345"
        );
        let price = |cell: &str| {
            first_error(cell, |cells| {
                let _ = cells.unit_price("wert", Notation::PLAIN, Some("$"));
            })
        };
        assert_eq!(price("1.234.5"), "Zeile 2, Spalte wert: „1.234.5“ ist keine Zahl. Erwartet: 1234.50");
        assert_eq!(price("-3.20"), "Zeile 2, Spalte wert: „-3.20“ ist negativ. Erwartet: 1234.50");
        assert_eq!(
            price("0.0000001"),
            "Zeile 2, Spalte wert: „0.0000001“ hat zu viele Nachkommastellen. Erwartet: höchstens 6"
        );
        assert_eq!(
            price("99999999999"),
            "Zeile 2, Spalte wert: „99999999999“ ist zu groß. Erwartet: höchstens 9.999.999.999"
        );
        assert_eq!(
            price(&"9".repeat(40)),
            format!("Zeile 2, Spalte wert: „{}“ ist keine Zahl. Erwartet: 1234.50", "9".repeat(40))
        );
        assert_eq!(price("$ 23.55"), "");
        assert_eq!(
            first_error(&"ä".repeat(10_000), |cells| drop(cells.text("wert", 200))),
            format!("Zeile 2, Spalte wert: „{}…“ hat 10000 Zeichen. Erwartet: höchstens 200", "ä".repeat(40))
        );
        assert_eq!(first_error("=HYPERLINK(1)", |cells| drop(cells.text("wert", 200))), "");
        assert_eq!(
            first_error("", |cells| drop(cells.text("wert", 200))),
            "Zeile 2, Spalte wert: „“ ist leer. Erwartet: 1 bis 200 Zeichen"
        );
        assert_eq!(
            first_error("a;b", |cells| drop(cells.text("k", 9))),
            "Zeile 2: 3 Felder. Erwartet: 2 wie in der Kopfzeile"
        );
    }
}
