//! Lists as CSV downloads, with the mark by which spreadsheets know UTF-8.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::http::problem::Problem;
use crate::reports::csv_table::csv_table;
use crate::reports::row_file::MARK;

/// The rows as a download.
///
/// # Errors
/// Never in practice: rows of texts always fit.
pub fn download(name: &str, heads: &[&str], rows: &[Vec<String>]) -> Result<Response, Problem> {
    let body = csv_table(MARK, heads, rows).map_err(|_| Problem::internal())?;
    let disposition = format!("attachment; filename=\"{name}\"");
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()), (CONTENT_DISPOSITION, disposition)], body)
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rows_have_semicolons_and_a_mark() {
        let answer = download("x.csv", &["A", "B"], &[vec!["a;b".to_owned(), "Müller".to_owned()]]).unwrap();
        let bytes = axum::body::to_bytes(answer.into_body(), 1000).await.unwrap();
        assert_eq!(&bytes[..], "\u{feff}A;B\r\n\"a;b\";Müller\r\n".as_bytes());
    }
}
