//! Lists as CSV that German spreadsheets open by double click: UTF-8 with its mark, semicolons, and no
//! cell that a spreadsheet would run as a formula.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::http::problem::Problem;

/// Bytes that tell spreadsheets that this is UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// A text that stays text: a leading `'` keeps spreadsheets from calculating (OWASP, CSV injection).
#[must_use]
pub fn harmless(text: &str) -> String {
    let starts_formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
    if starts_formula && !is_number(text) { format!("'{text}") } else { text.to_owned() }
}

/// `-1,32`: digits with at most one sign and one comma calculate nothing, and sums need them as numbers.
fn is_number(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    unsigned.split_once(',').map_or_else(|| digits(unsigned), |(whole, part)| digits(whole) && digits(part))
}

/// The rows as a download.
///
/// # Errors
/// Never in practice: rows of texts always fit.
pub fn download(name: &str, heads: &[&str], rows: &[Vec<String>]) -> Result<Response, Problem> {
    let mut writer =
        csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(MARK.to_vec());
    let written = writer
        .write_record(heads)
        .and_then(|()| rows.iter().try_for_each(|row| writer.write_record(row.iter().map(|cell| harmless(cell)))));
    written.map_err(|_| Problem::internal())?;
    let body = writer.into_inner().map_err(|_| Problem::internal())?;
    let disposition = format!("attachment; filename=\"{name}\"");
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, disposition)], body)
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (text, cell) in [
            ("=HYPERLINK(\"x\")", "'=HYPERLINK(\"x\")"),
            ("+49 345", "'+49 345"),
            ("-1,32", "-1,32"),
            ("-5", "-5"),
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

    #[tokio::test]
    async fn rows_have_semicolons_and_a_mark() {
        let answer = download("x.csv", &["A", "B"], &[vec!["a;b".to_owned(), "Müller".to_owned()]]).unwrap();
        let bytes = axum::body::to_bytes(answer.into_body(), 1000).await.unwrap();
        assert_eq!(&bytes[..], "\u{feff}A;B\r\n\"a;b\";Müller\r\n".as_bytes());
    }
}
