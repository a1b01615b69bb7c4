//! What spreadsheets do beside holding values, cell by cell, for imports that take plain values alone.

use super::spreadsheet::{Odd, Sheet};
use super::workbook::letters;

/// Rows of a merged region that are named.
const MOST_MERGED: usize = 1_000;

/// What is wrong with a cell, whatever it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Oddity {
    /// Row, from 1.
    pub line: u64,
    /// Column, from 0.
    pub column: usize,
    /// What it is and what was expected, in German.
    pub message: String,
}

/// What spreadsheets do beside holding values: merged cells belong to no row, a formula is no value.
pub(super) fn oddities(sheet: &Sheet) -> Vec<Oddity> {
    let mut found: Vec<Oddity> = sheet
        .odd
        .iter()
        .map(|(line, column, odd)| {
            let message = match odd {
                Odd::Error(error) => format!("zeigt den Fehler {error}. Erwartet: ein Wert"),
                Odd::Formula(formula) => format!(
                    "enthält die Formel „={formula}“. Erwartet: ein Wert. Bitte fügen Sie dort den Wert statt der Formel ein"
                ),
            };
            Oddity { line: *line, column: *column, message }
        })
        .collect();
    for region in &sheet.merged {
        let ((top, bottom), (left, right)) = (region.lines, region.columns);
        let message = format!(
            "{}{top}:{}{bottom} sind verbundene Zellen. Erwartet: jede Zelle für sich. Bitte heben Sie die Verbindung auf",
            letters(left),
            letters(right)
        );
        // Each row that it covers is unclear: which of them the value belongs to, nobody can know.
        let covered =
            sheet.rows.iter().map(|row| row.line).filter(|line| (top..=bottom).contains(line)).take(MOST_MERGED);
        found.extend(covered.map(|line| Oddity { line, column: left, message: message.clone() }));
    }
    found
}
