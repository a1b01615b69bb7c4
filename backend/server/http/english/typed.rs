//! Text that somebody typed, on its way into a page: names, titles, notes, reasons. It is no text of ours, even where the
//! words are the same, so it is never translated.
//!
//! Templates mark it with `|typed`, sentences made in Rust with [`as_typed`]. The mark stands around the text until the page
//! is finished: a German page loses it, an English one shows what is typed as German that no translator may touch. Marks
//! belong to pages only: what goes into the database, a file, a mail or an answer of the API has none.

use std::borrow::Cow;
use std::fmt::Display;

use html_escape::encode_text;

/// Around a typed text. Unicode keeps these two for the inside of a program: no font, no keyboard has them.
const BEGIN: char = '\u{fdd0}';
const END: char = '\u{fdd1}';
/// Stands for the first typed text while the words around it are looked up, the next one for the second, and so on.
const FIRST: u32 = 0xf_0000;
/// How many of them there are.
const MOST: usize = 0xfffd;

/// The text, marked as typed; a text without letters needs no mark.
#[must_use]
pub fn as_typed(text: impl Display) -> String {
    let text = unmarked(&text.to_string()).into_owned();
    if text.chars().any(char::is_alphabetic) { format!("{BEGIN}{text}{END}") } else { text }
}

/// The text without marks.
#[must_use]
pub fn unmarked(text: &str) -> Cow<'_, str> {
    if text.contains([BEGIN, END]) { Cow::Owned(text.replace([BEGIN, END], "")) } else { Cow::Borrowed(text) }
}

/// Whether the word is a typed text, put aside.
#[must_use]
pub fn is_put_aside(word: &str) -> bool {
    let mut letters = word.chars();
    letters.next().is_some_and(|it| place(it).is_some()) && letters.next().is_none()
}

/// A text whose typed parts are put aside.
#[derive(Debug)]
pub struct Aside {
    /// What is left, with one letter that nobody types for each typed part.
    pub text: String,
    typed: Vec<String>,
}

impl Aside {
    /// Puts the typed parts aside.
    #[must_use]
    pub fn of(marked: &str) -> Self {
        let (mut text, mut typed) = (String::with_capacity(marked.len()), Vec::new());
        let mut rest = marked;
        while let Some((before, after)) = rest.split_once(BEGIN) {
            let Some((inside, after)) = after.split_once(END) else { break };
            let sign = u32::try_from(typed.len()).ok().filter(|_| typed.len() < MOST);
            match sign.and_then(|it| char::from_u32(FIRST + it)) {
                Some(sign) => {
                    text.push_str(before);
                    text.push(sign);
                    typed.push(inside.to_owned());
                }
                None => text.extend([before, inside]),
            }
            rest = after;
        }
        text.push_str(rest);
        Self { text: unmarked(&text).into_owned(), typed }
    }

    /// Whether anything was put aside.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.typed.is_empty()
    }

    /// The words with the typed parts in them, as plain text.
    #[must_use]
    pub fn back_into(&self, words: &str) -> String {
        self.written(words, str::to_owned, str::to_owned)
    }

    /// The words with the typed parts in them, as HTML: German, and not to be translated.
    #[must_use]
    pub fn back_into_html(&self, words: &str) -> String {
        let plain = |text: &str| encode_text(text).into_owned();
        self.written(words, plain, |text| format!("<bdi lang=\"de\" translate=\"no\">{}</bdi>", encode_text(text)))
    }

    fn written(&self, words: &str, plain: impl Fn(&str) -> String, own: impl Fn(&str) -> String) -> String {
        let mut out = String::with_capacity(words.len());
        let mut rest = words;
        while let Some((at, sign, text)) = rest.char_indices().find_map(|(at, sign)| {
            let text = self.typed.get(place(sign)?)?;
            Some((at, sign, text))
        }) {
            out.push_str(&plain(&rest[..at]));
            out.push_str(&own(text));
            rest = &rest[at + sign.len_utf8()..];
        }
        out.push_str(&plain(rest));
        out
    }
}

/// The how manieth typed text the letter stands for.
fn place(sign: char) -> Option<usize> {
    let place = usize::try_from(u32::from(sign).checked_sub(FIRST)?).ok()?;
    (place < MOST).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_put_aside_and_comes_back() {
        let marked = format!("Guten Tag, {}: {}", as_typed("Änne <Lieferung>"), as_typed("Freigabe"));
        let aside = Aside::of(&marked);
        assert_eq!(aside.text, "Guten Tag, \u{f0000}: \u{f0001}");
        assert_eq!(aside.back_into(&aside.text), "Guten Tag, Änne <Lieferung>: Freigabe");
        assert_eq!(
            aside.back_into_html("\u{f0001} & \u{f0000}"),
            "<bdi lang=\"de\" translate=\"no\">Freigabe</bdi> &amp; <bdi lang=\"de\" translate=\"no\">Änne &lt;Lieferung&gt;</bdi>"
        );
        assert_eq!(unmarked(&marked), "Guten Tag, Änne <Lieferung>: Freigabe");
    }

    #[test]
    fn a_mark_that_somebody_typed_is_none() {
        assert_eq!(as_typed("x\u{fdd1}y"), "\u{fdd0}xy\u{fdd1}");
        assert_eq!(Aside::of("ein \u{fdd0}Anfang").text, "ein Anfang");
        assert_eq!(Aside::of("\u{f0007}").back_into("\u{f0007}"), "\u{f0007}");
    }

    #[test]
    fn nothing_and_numbers_need_no_mark() {
        assert_eq!((as_typed("").as_str(), as_typed(4711).as_str()), ("", "4711"));
    }
}
