//! What a template can break though its blocks are laid out well: the rules of PDF/UA-1 that depend on what it writes, and
//! what lets a reader check a paper. Everything else in them the writer sees to, whatever the template says.
//!
//! Only samples are judged: a document that was made with a template of then is made again as it was.

use crate::document::CheckCode;
use crate::frame::{Page, Role, Shape};
use crate::length::Length;

/// What has to stand on each page.
pub(crate) struct Marks<'a> {
    /// The Prüfkennung.
    pub(crate) code: &'a CheckCode,
    /// Whether a QR code leads to its page.
    pub(crate) qr: bool,
}

/// The first rule that the pages of a sample break; a document that is not kept has no marks.
pub(crate) fn broken(pages: &[Page], language: &str, marks: Option<&Marks<'_>>) -> Option<String> {
    if !is_language(language) {
        return Some(format!("`lang` is `{language}`, not a language such as `de` (PDF/UA-1, 7.2)"));
    }
    headings(pages).or_else(|| pages.iter().enumerate().find_map(|(index, page)| of_page(index + 1, page, marks)))
}

/// A language tag (BCP 47) as far as it can be told by its form.
fn is_language(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let language = parts.next().unwrap_or_default();
    let letters = language.bytes().all(|byte| byte.is_ascii_lowercase());
    matches!(language.len(), 2 | 3)
        && letters
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// The first heading in reading order is the one of the document.
fn headings(pages: &[Page]) -> Option<String> {
    let items = pages.iter().flat_map(|page| &page.items);
    let headings = items.filter(|item| matches!(item.source.role, Role::H1 | Role::H2));
    match headings.min_by_key(|item| item.source.block).map(|item| item.source.role) {
        Some(Role::H1) => None,
        Some(_) => Some("`h2` stands before `h1` (PDF/UA-1, 7.4.2)".to_owned()),
        None => Some("there is no `h1`".to_owned()),
    }
}

fn of_page(number: usize, page: &Page, marks: Option<&Marks<'_>>) -> Option<String> {
    let (mut printed, mut codes) = (String::new(), 0);
    for item in &page.items {
        match &item.shape {
            Shape::Text { text, .. } => {
                if item.x < Length::ZERO
                    || item.y < Length::ZERO
                    || Page::WIDTH < item.right()
                    || Page::HEIGHT < item.bottom()
                {
                    let text: String = text.chars().take(40).collect();
                    return Some(format!("`{text}` does not stand on the paper, page {number} of a sample"));
                }
                // However it is broken into lines.
                printed.extend(text.chars().filter(char::is_ascii_alphanumeric));
            }
            Shape::Qr { .. } => codes += 1,
            _ => {}
        }
    }
    let marks = marks?;
    if !printed.contains(marks.code.as_str()) {
        return Some(format!("the Prüfkennung (`check.code`) is not printed on page {number} of a sample"));
    }
    (marks.qr && codes == 0).then(|| format!("no QR code (`check.url`) stands on page {number} of a sample"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_told_from_other_words() {
        for tag in ["de", "de-DE", "nds", "zh-Hant-TW"] {
            assert!(is_language(tag), "{tag}");
        }
        for tag in ["", "Deutsch", "DE", "d", "de_DE", "de-", "german"] {
            assert!(!is_language(tag), "{tag}");
        }
    }
}
