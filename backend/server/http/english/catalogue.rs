//! The catalogue: German texts and what they are in English.
//!
//! A text is known as a whole, by its pattern (`Noch {1} von {2}`), as sentences one after the other, or as a number with
//! a word. What fills a pattern is looked up in turn, so that a status inside a sentence is said in English too.

use std::collections::{BTreeSet, HashMap};

use abruf_domain::checks;
use aho_corasick::AhoCorasick;

use crate::http::english::typed::is_put_aside;

/// The files, by subject of the pages they belong to.
pub const FILES: [(&str, &str); 16] = [
    ("actions", include_str!("../../english/actions.po")),
    ("approvals", include_str!("../../english/approvals.po")),
    ("contracts", include_str!("../../english/contracts.po")),
    ("domain", include_str!("../../english/domain.po")),
    ("drafts", include_str!("../../english/drafts.po")),
    ("help", include_str!("../../english/help.po")),
    ("imports", include_str!("../../english/imports.po")),
    ("layout", include_str!("../../english/layout.po")),
    ("members", include_str!("../../english/members.po")),
    ("mini_competitions", include_str!("../../english/mini_competitions.po")),
    ("orders", include_str!("../../english/orders.po")),
    ("reports", include_str!("../../english/reports.po")),
    ("savings", include_str!("../../english/savings.po")),
    ("sign_in", include_str!("../../english/sign_in.po")),
    ("tables", include_str!("../../english/tables.po")),
    // Single words that no test can tell from a key of the code: states, lights, counts.
    ("words", include_str!("../../english/words.po")),
];

/// Patterns with fewer letters of their own than this fit too much: what fills them must be a figure, or known itself.
const TELLING: usize = 10;
/// How deep a text may stand within texts.
const DEEPEST: u8 = 4;

/// German texts with their English.
#[derive(Debug)]
pub struct Catalogue {
    known: HashMap<String, String>,
    patterns: Vec<Pattern>,
    /// Finds the patterns whose longest own words stand in a text.
    anchors: AhoCorasick,
}

/// `Noch {1} von {2}` with `{1} of {2} left`.
#[derive(Debug)]
struct Pattern {
    /// What stands before, between and after the holes.
    german: Vec<String>,
    english: Vec<Part>,
    /// Letters of its own.
    letters: usize,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Hole(usize),
}

impl Catalogue {
    /// What comes with the program.
    ///
    /// # Panics
    /// If a file is no PO file; a test reads them all.
    #[must_use]
    pub fn shipped() -> Self {
        let mut pairs = Vec::new();
        for (name, file) in FILES {
            let read =
                polib::po_file::parse_from_reader(file.as_bytes()).unwrap_or_else(|error| panic!("{name}.po: {error}"));
            for message in read.messages() {
                pairs.push((message.msgid().to_owned(), message.msgstr().unwrap_or_default().to_owned()));
            }
        }
        // A text of a page counts before the same words of a rule.
        let rules = checks::all().flat_map(|rule| rule.texts.pairs()).flat_map(with_sentences);
        Self::of(rules.chain(pairs))
    }

    /// Of pairs, German first; the later one of two counts. Pairs without English are left out.
    pub fn of<Text: Into<String>>(pairs: impl IntoIterator<Item = (Text, Text)>) -> Self {
        let mut known = HashMap::new();
        for (german, english) in pairs {
            let (german, english) = (single_spaced(&german.into()), single_spaced(&english.into()));
            if !english.is_empty() {
                known.insert(german, english);
            }
        }
        let mut patterns: Vec<Pattern> =
            known.iter().filter_map(|(german, english)| Pattern::of(german, english)).collect();
        // The most telling first; among equals the order of the words, so that the answer is always the same.
        patterns.sort_by(|a, b| b.letters.cmp(&a.letters).then_with(|| a.german.cmp(&b.german)));
        let anchors = AhoCorasick::new(patterns.iter().map(Pattern::anchor)).unwrap_or_else(|error| panic!("{error}"));
        Self { known, patterns, anchors }
    }

    /// The text in English; none if the catalogue does not know it, or if it is no text.
    #[must_use]
    pub fn english(&self, german: &str) -> Option<String> {
        if !german.chars().any(char::is_alphabetic) {
            return None;
        }
        self.at_depth(&single_spaced(german), 0).map(|said| said.text)
    }

    fn at_depth(&self, german: &str, depth: u8) -> Option<Said> {
        if let Some(english) = self.known.get(german) {
            return Some(Said { text: english.clone(), whole: true });
        }
        if depth == DEEPEST {
            return None;
        }
        self.by_pattern(german, depth)
            .or_else(|| self.beside_mark(german, depth))
            .or_else(|| self.beside_figure(german, depth))
            .or_else(|| self.by_sentence(german, depth))
    }

    /// The first pattern of which everything is known; else the most telling one.
    fn by_pattern(&self, german: &str, depth: u8) -> Option<Said> {
        let near: BTreeSet<usize> =
            self.anchors.find_overlapping_iter(german).map(|found| found.pattern().as_usize()).collect();
        let spaced = format!("{german} ");
        let mut told = None;
        for at in near {
            let pattern = &self.patterns[at];
            // What fills the end may be nothing, and the space before it is not shown.
            let Some(fillings) = pattern.fillings(german).or_else(|| pattern.fillings(&spaced)) else { continue };
            let mut whole = true;
            let said: Vec<String> = fillings
                .into_iter()
                .map(|filling| match self.at_depth(filling.trim(), depth + 1) {
                    Some(it) => {
                        whole &= it.whole;
                        around(filling, &it.text)
                    }
                    None => {
                        whole &= is_figure(filling);
                        filling.to_owned()
                    }
                })
                .collect();
            if whole {
                return Some(Said { text: pattern.filled(&said), whole });
            }
            if told.is_none() && pattern.is_telling() {
                told = Some(Said { text: pattern.filled(&said), whole });
            }
        }
        told
    }

    /// `: offen`, `offen:`
    fn beside_mark(&self, german: &str, depth: u8) -> Option<Said> {
        let (before, text, after) = match [": ", ", ", "; ", ". "].into_iter().find(|mark| german.starts_with(mark)) {
            Some(mark) => (mark, &german[mark.len()..], ""),
            None => ("", german.strip_suffix(':')?, ":"),
        };
        let said = self.at_depth(text, depth + 1)?;
        Some(Said { text: format!("{before}{}{after}", said.text), ..said })
    }

    /// `3 Verträge`, `Vorgang V-7QX2`.
    fn beside_figure(&self, german: &str, depth: u8) -> Option<Said> {
        if let Some((number, word)) = german.split_once(' ')
            && number.chars().all(|mark| mark.is_ascii_digit() || ".,−-+".contains(mark))
        {
            let said = self.at_depth(word, depth + 1).filter(|said| said.whole)?;
            return Some(Said { text: format!("{number} {}", uncapitalised(&said.text)), ..said });
        }
        let (words, code) = german.rsplit_once(' ')?;
        if !code.bytes().any(|it| it.is_ascii_digit()) && !is_code(code) && !is_put_aside(code) {
            return None;
        }
        let said = self.at_depth(words, depth + 1).filter(|said| said.whole)?;
        Some(Said { text: format!("{} {code}", said.text), ..said })
    }

    /// Several texts in one: sentences as far as they are known, shorter parts only if all are.
    fn by_sentence(&self, german: &str, depth: u8) -> Option<Said> {
        [". ", "? ", "! ", " · "].into_iter().find_map(|mark| self.by_parts(german, mark, depth, false)).or_else(|| {
            ["; ", ": ", " – ", ", ", " ("].into_iter().find_map(|mark| self.by_parts(german, mark, depth, true))
        })
    }

    fn by_parts(&self, german: &str, mark: &str, depth: u8, all: bool) -> Option<Said> {
        if !german.contains(mark) {
            return None;
        }
        // The full stop belongs to the sentence.
        let stop = usize::from(mark.starts_with(['.', '?', '!']));
        let (mut text, mut found, mut whole) = (String::new(), false, true);
        for part in german.split_inclusive(mark) {
            let (bare, end) = part.strip_suffix(mark).map_or((part, ""), |bare| (bare, mark));
            let closed = &part[..bare.len() + stop.min(end.len())];
            let known = self.at_depth(closed, depth + 1).or_else(|| {
                let said = self.at_depth(bare, depth + 1)?;
                Some(Said { text: format!("{}{}", said.text, &closed[bare.len()..]), ..said })
            });
            match known {
                Some(said) => {
                    found = true;
                    whole &= said.whole;
                    text.push_str(&said.text);
                }
                None if is_figure(closed) => text.push_str(closed),
                None if all => return None,
                None => {
                    whole = false;
                    text.push_str(closed);
                }
            }
            text.push_str(&part[closed.len()..]);
        }
        found.then_some(Said { text, whole })
    }
}

/// A text in English.
#[derive(Debug)]
struct Said {
    text: String,
    /// Whether nothing in it was left as it is, figures apart.
    whole: bool,
}

impl Pattern {
    /// None for a text without holes.
    fn of(german: &str, english: &str) -> Option<Self> {
        let mut names = Vec::new();
        let mut literals = vec![String::new()];
        for part in parts(german) {
            match part {
                Err(name) => {
                    names.push(name);
                    literals.push(String::new());
                }
                Ok(text) => literals.last_mut()?.push_str(text),
            }
        }
        if names.is_empty() {
            return None;
        }
        let english = parts(english)
            .map(|part| match part {
                Ok(text) => Some(Part::Text(text.to_owned())),
                Err(name) => names.iter().position(|it| *it == name).map(Part::Hole),
            })
            .collect::<Option<Vec<_>>>()?;
        let letters = literals.iter().flat_map(|it| it.chars()).filter(|it| it.is_alphabetic()).count();
        (letters > 0).then_some(Self { german: literals, english, letters })
    }

    fn anchor(&self) -> &str {
        self.german.iter().max_by_key(|it| it.len()).map_or("", String::as_str)
    }

    /// Whether a text that fits is surely meant: many letters of its own, or a beginning that nobody types.
    fn is_telling(&self) -> bool {
        let first = self.german.first().map_or("", String::as_str);
        let begins_small = self.german.len() == 2 && first.len() > 3 && first.starts_with(char::is_lowercase);
        self.letters >= TELLING || first.contains(':') || begins_small
    }

    /// What fills the holes of this text, if it is one of the pattern.
    fn fillings<'text>(&self, text: &'text str) -> Option<Vec<&'text str>> {
        let (first, rest) = self.german.split_first()?;
        let (last, between) = rest.split_last()?;
        let mut open = text.strip_prefix(first.as_str())?.strip_suffix(last.as_str())?;
        let mut fillings = Vec::with_capacity(rest.len());
        for literal in between {
            let at = if literal.is_empty() { 0 } else { open.find(literal.as_str())? };
            fillings.push(&open[..at]);
            open = &open[at + literal.len()..];
        }
        fillings.push(open);
        Some(fillings)
    }

    fn filled(&self, fillings: &[String]) -> String {
        self.english
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.as_str(),
                Part::Hole(at) => fillings.get(*at).map_or("", String::as_str),
            })
            .collect::<String>()
            .trim_end()
            .to_owned()
    }
}

/// Texts (`Ok`) and names of holes (`Err`), in order.
pub fn parts(text: &str) -> impl Iterator<Item = Result<&str, &str>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let hole = rest.match_indices('{').find_map(|(open, _)| {
            let name = rest[open + 1..].split_once('}')?.0;
            let is_name = !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
            is_name.then_some((open, name))
        });
        match hole {
            Some((0, name)) => {
                rest = &rest[name.len() + 2..];
                Some(Err(name))
            }
            Some((open, _)) => {
                let (before, after) = rest.split_at(open);
                rest = after;
                Some(Ok(before))
            }
            None => Some(Ok(std::mem::take(&mut rest))),
        }
    })
}

/// A paragraph, and its sentences where both languages have as many.
fn with_sentences((german, english): (&'static str, &'static str)) -> Vec<(String, String)> {
    let sentences = |text: &'static str| text.split_inclusive(". ").map(|it| it.trim().to_owned()).collect::<Vec<_>>();
    let (own, other) = (sentences(german), sentences(english));
    let mut pairs = if own.len() == other.len() { own.into_iter().zip(other).collect() } else { Vec::new() };
    pairs.push((german.to_owned(), english.to_owned()));
    pairs
}

/// A number, a date, an amount, a code: nothing in it is a word.
fn is_figure(text: &str) -> bool {
    text.split_whitespace().all(|word| {
        word.chars().filter(|it| it.is_alphabetic()).count() <= 3
            || word.bytes().any(|it| it.is_ascii_digit())
            || is_code(word)
    })
}

/// `V-JETJQANF`.
fn is_code(word: &str) -> bool {
    word.contains('-') && word.bytes().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'-')
}

/// German nouns have capitals; after a number English ones have none, but `CPV` and `I` do.
fn uncapitalised(word: &str) -> String {
    let mut letters = word.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if second.is_lowercase() => {
            first.to_lowercase().chain(word.chars().skip(1)).collect()
        }
        _ => word.to_owned(),
    }
}

/// The spaces of a filling around its English.
fn around(filling: &str, english: &str) -> String {
    let begin = filling.len() - filling.trim_start().len();
    let end = filling.trim_end().len().max(begin);
    format!("{}{english}{}", &filling[..begin], &filling[end..])
}

/// As a browser shows it: white space is one space.
fn single_spaced(text: &str) -> String {
    text.split(|mark: char| mark.is_ascii_whitespace()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::of([
            ("Der Abruf ist {1}. Bitte prüfen Sie ihn.", "The call-off is {1}. Please check it."),
            ("freigegeben", "released"),
            ("Noch {1} von {2}", "{1} of {2} left"),
            ("{1} bis {2}", "{1} to {2}"),
            ("Verträge", "Contracts"),
            ("Gespeichert.", "Saved."),
            ("Lieferant {1}", "Supplier {1}"),
            ("Bitte warten", "Please wait"),
            ("{place}: höchstens {limit} sind erlaubt.", "{limit} at most is allowed for {place}."),
            ("Am meisten: {1}. {2}", "Most: {1}. {2}"),
        ])
    }

    fn said(german: &str) -> Option<String> {
        catalogue().english(german)
    }

    #[test]
    fn a_text_is_known_whole_or_by_its_pattern() {
        assert_eq!(said("Gespeichert.").as_deref(), Some("Saved."));
        assert_eq!(said("Noch 3 von 5").as_deref(), Some("3 of 5 left"));
        assert_eq!(
            said("Los 1: höchstens 1.000,00 € sind erlaubt.").as_deref(),
            Some("1.000,00 € at most is allowed for Los 1.")
        );
        assert_eq!(said("Am meisten: 5 €.").as_deref(), Some("Most: 5 €."));
        assert_eq!(said("12 Verträge").as_deref(), Some("12 contracts"));
        assert_eq!(said("Verträge V-JETJQANF").as_deref(), Some("Contracts V-JETJQANF"));
        assert_eq!(said(": freigegeben").as_deref(), Some(": released"));
        assert_eq!(said("Verträge:").as_deref(), Some("Contracts:"));
    }

    #[test]
    fn what_fills_a_pattern_is_said_in_english_too() {
        let german = "Der Abruf ist freigegeben. Bitte prüfen Sie ihn.";
        assert_eq!(said(german).as_deref(), Some("The call-off is released. Please check it."));
    }

    #[test]
    fn sentences_one_after_the_other_are_known_each() {
        assert_eq!(said("Gespeichert. Noch 3 von 5").as_deref(), Some("Saved. 3 of 5 left"));
        assert_eq!(said("Gespeichert. Grüße aus Stendal.").as_deref(), Some("Saved. Grüße aus Stendal."));
    }

    #[test]
    fn names_that_look_like_a_pattern_stay() {
        assert_eq!(said("01.01.2027 bis 31.12.2027").as_deref(), Some("01.01.2027 to 31.12.2027"));
        assert_eq!(said("Von Altenrode bis Birkau"), None, "a title somebody gave a contract");
        assert_eq!(said("Lieferant Bitte warten").as_deref(), Some("Supplier Please wait"));
        assert_eq!(said("Gespeichert. Von Altenrode bis Birkau").as_deref(), Some("Saved. Von Altenrode bis Birkau"));
        assert_eq!(said("Stadt Altenrode"), None);
        assert_eq!(said("4711"), None);
    }

    #[test]
    fn the_shipped_catalogue_can_be_read() {
        let shipped = Catalogue::shipped();
        assert_eq!(shipped.english("Abmelden").as_deref(), Some("Sign out"));
        assert!(shipped.patterns.len() > 1_000, "{} patterns", shipped.patterns.len());
    }
}
