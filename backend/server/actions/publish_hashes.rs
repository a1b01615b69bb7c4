//! The public list of hashes: what a person needs to check a document without us, years later. Each document takes two
//! lines, its standing as a comment and its hash as `sha256sum` writes it, so that `sha256sum --check --ignore-missing`
//! alone suffices. No amounts, no names.
//!
//! ```text
//! # ABCDEFGHIJKLMNOP order RV-2025-01-0042 2027-05-04 valid
//! 3f5a…  Abruf_RV-2025-01-0042.pdf
//! ```

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, Utc};
use data_encoding::HEXLOWER;

use super::ActionError;
use super::judge_paper::{Paper, Standing};
use crate::actor::RunsAs;
use crate::app::App;
use crate::storage::authenticity;

/// Documents read at a time.
const PORTION: i64 = 1000;

/// First line of every list.
pub const TITLE: &str = "# Abruf: Prüfsummen der ausgestellten Dokumente";

/// Begins the line that tells of when the list is.
const AS_OF: &str = "# Stand: ";

/// What stands above the documents.
#[must_use]
pub fn head(as_of: DateTime<Utc>) -> String {
    format!(
        "{TITLE}\n{AS_OF}{}\n# Prüfen: sha256sum --check --ignore-missing <diese Datei>, oder abruf verify <Dokument> --hashes <diese Datei>\n# Prüfkennung Art Nummer Datum Stand\n",
        as_of.format("%Y-%m-%dT%H:%M:%SZ")
    )
}

/// Of when a list is, if the line says so.
#[must_use]
pub fn read_as_of(line: &str) -> Option<DateTime<Utc>> {
    line.strip_prefix(AS_OF)?.parse().ok()
}

/// The two lines of a document.
#[must_use]
pub fn lines(paper: &Paper) -> String {
    let day = paper.dated.map_or_else(|| "-".to_owned(), |day| day.to_string());
    let number = if paper.number.is_empty() { "-" } else { &paper.number };
    let mut text = format!("# {} {} {number} {day} ", paper.check_code, paper.kind);
    // Writing to a String cannot fail.
    let _ = match paper.standing {
        Standing::Valid => writeln!(text, "valid"),
        Standing::Cancelled(on) => writeln!(text, "cancelled:{on}"),
        Standing::Replaced(on) => writeln!(text, "replaced:{on}"),
    };
    let _ = writeln!(text, "{}  {}", HEXLOWER.encode(&paper.sha256), paper.file_name);
    text
}

/// Reads the two lines of a document; `None` if they are none.
#[must_use]
pub fn read_lines(comment: &str, sum: &str) -> Option<Paper> {
    let (sha256, file_name) = sum.split_once("  ")?;
    let mut words = comment.strip_prefix("# ")?.split(' ');
    let (check_code, kind, number) = (words.next()?, words.next()?, words.next()?);
    let day = |text: &str| text.parse::<NaiveDate>().ok();
    let dated = words.next()?;
    let standing = match words.next()? {
        "valid" => Standing::Valid,
        other => match other.split_once(':')? {
            ("cancelled", on) => Standing::Cancelled(day(on)?),
            ("replaced", on) => Standing::Replaced(day(on)?),
            _ => return None,
        },
    };
    Some(Paper {
        kind: kind.to_owned(),
        number: if number == "-" { String::new() } else { number.to_owned() },
        dated: if dated == "-" { None } else { Some(day(dated)?) },
        standing,
        check_code: check_code.to_owned(),
        file_name: file_name.to_owned(),
        sha256: HEXLOWER.decode(sha256.as_bytes()).ok().filter(|hash| hash.len() == 32)?,
    })
}

/// Hands every document to `write`, oldest first, some at a time, and returns how many there were.
///
/// # Errors
/// If the database or `write` fails.
pub async fn publish<E: From<ActionError>>(
    app: &App,
    mut write: impl FnMut(&Paper) -> Result<(), E>,
) -> Result<usize, E> {
    let (mut after, mut count) = (None, 0);
    loop {
        let mut tx = app.db.begin(RunsAs::Job).await.map_err(ActionError::from)?;
        let portion = authenticity::portion(&mut tx, after, PORTION).await.map_err(ActionError::from)?;
        tx.rollback().await.map_err(ActionError::from)?;
        let Some((at, id, _)) = portion.last() else { return Ok(count) };
        after = Some((*at, *id));
        count += portion.len();
        for (_, _, found) in portion {
            write(&Paper::from(found))?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        let valid = Paper {
            kind: "order".to_owned(),
            number: "RV-2025-01-0042".to_owned(),
            dated: Some(day("2027-05-04")),
            standing: Standing::Valid,
            check_code: "ABCDEFGHIJKLMNOP".to_owned(),
            file_name: "Abruf_RV-2025-01-0042.pdf".to_owned(),
            sha256: vec![7; 32],
        };
        let cancelled = Paper {
            standing: Standing::Cancelled(day("2027-05-06")),
            dated: None,
            number: String::new(),
            ..valid.clone()
        };
        let replaced = Paper { standing: Standing::Replaced(day("2027-05-06")), ..valid.clone() };
        for paper in [valid, cancelled, replaced] {
            let written = lines(&paper);
            let (comment, sum) = written.trim_end().split_once('\n').expect("two lines");
            assert_eq!(read_lines(comment, sum), Some(paper));
        }
        let at = "2027-05-04T10:00:00Z".parse().expect("an instant");
        assert_eq!(head(at).lines().find_map(read_as_of), Some(at));
    }

    #[test]
    fn lines_of_another_file_are_no_document() {
        for (comment, sum) in
            [("", ""), ("# a b c d valid", "00  x.pdf"), ("# Prüfen", "Datei"), ("# a b c 2027-13-01 valid", "x")]
        {
            assert_eq!(read_lines(comment, sum), None, "{comment}");
        }
    }
}
