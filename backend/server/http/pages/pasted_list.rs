//! A list of articles as it comes out of a spreadsheet, a mail or a cash book: a line each, number and quantity.

use crate::actions::draft_call_off::{self, LineInput};

/// Words that may follow a quantity.
const UNITS: [&str; 8] = ["stück", "stk", "stk.", "st", "st.", "x", "mal", "pcs"];

/// A line that can be ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Good {
    /// Its number in the list, from 1.
    pub line: usize,
    /// The line as pasted.
    pub text: String,
    /// Article number.
    pub article_number: String,
    /// Quantity as typed.
    pub quantity: String,
}

/// A line that cannot, with what is wrong about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Its number in the list, from 1.
    pub line: usize,
    /// The line as pasted.
    pub text: String,
    /// What is wrong and what to do.
    pub message: String,
}

/// Reads every line; empty ones and the heading of a table are left out.
#[must_use]
pub fn read(list: &str) -> (Vec<Good>, Vec<Bad>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    // Spreadsheets begin their text with a mark of the encoding.
    let lines = list.trim_start_matches('\u{feff}').lines().enumerate();
    for (index, text) in lines.filter(|(_, text)| !text.trim().is_empty()) {
        let line = index + 1;
        if good.is_empty() && bad.is_empty() && is_heading(text) {
            continue;
        }
        match read_line(text) {
            Ok((article_number, quantity)) => {
                good.push(Good { line, text: text.to_owned(), article_number, quantity });
            }
            Err(message) => bad.push(Bad { line, text: text.to_owned(), message }),
        }
    }
    (good, bad)
}

/// `Artikelnummer;Menge`: words where a quantity would stand.
fn is_heading(text: &str) -> bool {
    let text = text.to_lowercase();
    !text.contains(|letter: char| letter.is_ascii_digit())
        && ["menge", "anzahl", "quantity"].iter().any(|word| text.contains(word))
}

fn read_line(text: &str) -> Result<(String, String), String> {
    let cells = cells(text);
    let (article, quantity) = match cells.as_slice() {
        [article, quantity] => (article, quantity),
        [article, quantity, unit] if UNITS.contains(&unit.to_lowercase().as_str()) => (article, quantity),
        [one] => {
            return Err(format!(
                "„{}“ hat keine Menge. Bitte schreiben Sie dahinter, wie viel Sie brauchen.",
                shown(one)
            ));
        }
        more => {
            return Err(format!(
                "Die Zeile hat {} Angaben, erwartet sind zwei: Artikelnummer und Menge. Bitte entfernen Sie die übrigen.",
                more.len()
            ));
        }
    };
    let quantity = without_unit(quantity);
    let input = LineInput::new(article.clone(), quantity.clone());
    match draft_call_off::check_lines(std::slice::from_ref(&input)) {
        Ok(()) => Ok((article.clone(), quantity)),
        Err(errors) => Err(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" ")),
    }
}

/// Parted by tabs, semicolons or bars where there are any, otherwise by spaces.
fn cells(text: &str) -> Vec<String> {
    let parted: Vec<&str> = match ['\t', ';', '|'].into_iter().find(|sign| text.contains(*sign)) {
        Some(sign) => text.split(sign).collect(),
        None => text.split_whitespace().collect(),
    };
    parted
        .into_iter()
        .map(|cell| cell.trim().trim_matches('"').trim_end_matches(',').trim().to_owned())
        .filter(|cell| !cell.is_empty())
        .collect()
}

/// `10 Stück` and `10x` are ten.
fn without_unit(quantity: &str) -> String {
    let end = quantity.rfind(|letter: char| letter.is_ascii_digit()).map_or(quantity.len(), |at| at + 1);
    let (number, unit) = quantity.split_at(end);
    let unit = unit.trim().to_lowercase();
    if UNITS.contains(&unit.as_str()) { number.trim().to_owned() } else { quantity.to_owned() }
}

fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_semicolons_spaces_and_units_part_number_and_quantity() {
        let list = "\u{feff}Artikelnummer;Menge\r\nCTX-1;12\nCTX-2\t0,5\n\nCTX-3 7\nCTX-4, 8\n\"CTX 5\"; 1.200 ;\nCTX-6 10 Stück\nCTX-7;3x\nCTX-8|2";
        let (good, bad) = read(list);
        assert_eq!(bad, []);
        let read: Vec<(&str, &str)> =
            good.iter().map(|it| (it.article_number.as_str(), it.quantity.as_str())).collect();
        let expected = [
            ("CTX-1", "12"),
            ("CTX-2", "0,5"),
            ("CTX-3", "7"),
            ("CTX-4", "8"),
            ("CTX 5", "1.200"),
            ("CTX-6", "10"),
            ("CTX-7", "3"),
            ("CTX-8", "2"),
        ];
        assert_eq!(read, expected);
        assert_eq!(good[0].line, 2, "lines are counted as they were pasted");
    }

    #[test]
    fn each_bad_line_is_named_with_its_text_and_what_to_do() {
        let (good, bad) = read("CTX-1;12\nCTX-2\nCTX-3;viele\nCTX-4;0\nCTX-5;1;2;3\nCTX-6;-4");
        assert_eq!(good.len(), 1);
        assert_eq!(bad.iter().map(|it| it.line).collect::<Vec<_>>(), [2, 3, 4, 5, 6]);
        assert!(bad[0].message.contains("keine Menge"), "{bad:?}");
        assert!(bad[1].message.contains("„viele“ ist keine Menge"), "{bad:?}");
        assert!(bad[3].message.contains("4 Angaben"), "{bad:?}");
        assert_eq!(bad[4].text, "CTX-6;-4");
    }
}
