//! Lists as CSV downloads, with the mark by which spreadsheets know UTF-8.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::http::english::typed::unmarked;
use crate::http::problem::Problem;
use crate::reports::csv_table::csv_table;
use crate::reports::row_file::MARK;

/// The rows as a download. Words of a page may be among them: a file says nothing in English and needs no marks.
///
/// # Errors
/// Never in practice: rows of texts always fit.
pub fn download(name: &str, heads: &[&str], rows: &[Vec<String>]) -> Result<Response, Problem> {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| unmarked(cell).into_owned()).collect()).collect();
    let body = csv_table(MARK, heads, &rows).map_err(|_| Problem::internal())?;
    let disposition = format!("attachment; filename=\"{name}\"");
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, disposition)], body)
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::english::typed::as_typed;

    #[tokio::test]
    async fn rows_have_semicolons_the_mark_of_the_file_and_none_of_typed_words() {
        let answer = download("x.csv", &["A", "B"], &[vec!["a;b".to_owned(), as_typed("Müller")]]).unwrap();
        let bytes = axum::body::to_bytes(answer.into_body(), 1000).await.unwrap();
        assert_eq!(&bytes[..], "\u{feff}A;B\r\n\"a;b\";Müller\r\n".as_bytes());
    }
}
