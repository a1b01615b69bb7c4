//! Tables as CSV that German spreadsheets open by double click: semicolons, and no cell that a spreadsheet would run as
//! a formula.

/// What most rows fit into.
const ROW_CAPACITY: usize = 512;

/// A text that stays text: a leading `'` keeps spreadsheets from calculating (OWASP, CSV injection).
#[must_use]
pub fn harmless(text: &str) -> String {
    let starts_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if starts_formula && !is_number(text) { format!("'{text}") } else { text.to_owned() }
}

/// `-1.234,50 €`: digits, points and commas behind one sign calculate nothing, and sums need them as numbers.
fn is_number(text: &str) -> bool {
    let amount = ["€", "EUR"].iter().find_map(|sign| text.strip_suffix(sign)).unwrap_or(text).trim_end();
    let unsigned = amount.strip_prefix('-').unwrap_or(amount);
    unsigned.starts_with(|first: char| first.is_ascii_digit())
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b','))
}

/// The rows behind what already stands in `start`.
///
/// # Errors
/// Never in practice: rows of texts always fit.
pub fn csv_table(start: &[u8], heads: &[&str], rows: &[Vec<String>]) -> Result<Vec<u8>, csv::Error> {
    let mut writer =
        csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(start.to_vec());
    writer.write_record(heads)?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| harmless(cell)))?;
    }
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

/// One row of such a table, for files that are written row by row.
///
/// # Errors
/// Never in practice: texts always fit.
pub fn csv_row<'a>(cells: impl Iterator<Item = &'a str>) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .terminator(csv::Terminator::CRLF)
        .buffer_capacity(ROW_CAPACITY)
        .from_writer(Vec::with_capacity(ROW_CAPACITY));
    writer.write_record(cells.map(harmless))?;
    writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_written_one_by_one_are_the_table() {
        let rows = vec![vec!["=1".to_owned(), "a;b".to_owned()], vec!["-1,32".to_owned(), String::new()]];
        let one_by_one: Vec<u8> = [vec!["A".to_owned(), "B".to_owned()]]
            .iter()
            .chain(&rows)
            .flat_map(|row| csv_row(row.iter().map(String::as_str)).unwrap())
            .collect();
        assert_eq!(csv_table(b"", &["A", "B"], &rows).unwrap(), one_by_one);
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+49 345", "'+49 345"),
            ("-1,32", "-1,32"),
            ("-5", "-5"),
            ("-1.234,50 €", "-1.234,50 €"),
            ("-1,32+cmd", "'-1,32+cmd"),
            ("-", "'-"),
            ("--1", "'--1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("Stadt Altenrode", "Stadt Altenrode"),
            ("1.234,50", "1.234,50"),
        ] {
            assert_eq!(harmless(text), cell);
        }
    }
}
