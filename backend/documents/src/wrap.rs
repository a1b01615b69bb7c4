//! Breaking text into lines that fit.
//!
//! Lines are broken at spaces first. A word that leaves a large gap is hyphenated by German
//! patterns; a word wider than the line is broken after `-`, `/`, `@`, `.` or `_`, then by
//! hyphenation, then at any character: nothing ever runs out of its column.

use hypher::{Lang, hyphenate_bounded};

use crate::frame::Joint;
use crate::length::Length;
use crate::style::Style;
use crate::text::{Advance, Shaper};

/// Text in one style, as a template gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The characters; `\n` forces a new line.
    pub text: String,
    /// The style.
    pub style: Style,
}

/// A piece of a broken line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// From the left edge of the line.
    pub x: Length,
    /// The characters.
    pub text: String,
    /// The style.
    pub style: Style,
    /// Advance width.
    pub width: Length,
    /// What follows it.
    pub joint: Joint,
}

/// One line of a broken text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// Its pieces, one per change of style.
    pub runs: Vec<Run>,
    /// Where the last piece ends.
    pub width: Length,
}

/// Something unbreakable by spaces, perhaps in several styles.
type Word = Vec<Span>;

/// Longer words (in bytes) are not hyphenated: the patterns are for words, not for keys.
const LONGEST_HYPHENATED: usize = 120;

/// No line holds more letters; longer words are broken within these without being measured whole.
const LONGEST_HEAD: usize = 300;

/// Set aside per line, because each run on it is rounded to a micrometre.
const ROUNDING: Length = Length::um(5);

/// A word is hyphenated only if the line would otherwise stay emptier than this share of its width.
const GAP_PERCENT: i64 = 16;

/// Breaks text into lines of at most `width`; at least one line, an empty one for empty text.
///
/// A single character wider than `width` stands alone on its line.
#[must_use]
pub fn wrap(shaper: &Shaper, spans: &[Span], width: Length) -> Vec<Line> {
    let limit = Advance::within(width - ROUNDING);
    let mut lines = Vec::new();
    for paragraph in paragraphs(spans) {
        Breaker { shaper, limit, lines: &mut lines, line: Vec::new(), used: Advance::default() }.fill(paragraph);
    }
    lines
}

/// Width of the text on a single line; the widest, if it has forced breaks.
#[must_use]
pub fn natural_width(shaper: &Shaper, spans: &[Span]) -> Length {
    let exact =
        |words: Vec<Word>| join(&words).iter().map(|span| shaper.exact(&span.text, span.style)).sum::<Advance>();
    let widest = paragraphs(spans).into_iter().map(exact).max().unwrap_or_default();
    // Twice: once for its own rounding, once for what `wrap` sets aside.
    widest.rounded() + ROUNDING * 2
}

/// Splits at forced breaks, then at spaces.
fn paragraphs(spans: &[Span]) -> Vec<Vec<Word>> {
    let mut paragraphs = vec![Vec::new()];
    let mut word: Word = Vec::new();
    for span in spans {
        let mut text = String::new();
        for letter in span.text.chars() {
            if letter != ' ' && letter != '\n' {
                text.push(letter);
                continue;
            }
            if !text.is_empty() {
                word.push(Span { text: std::mem::take(&mut text), style: span.style });
            }
            if let Some(words) = paragraphs.last_mut().filter(|_| !word.is_empty()) {
                words.push(std::mem::take(&mut word));
            }
            if letter == '\n' {
                paragraphs.push(Vec::new());
            }
        }
        if !text.is_empty() {
            word.push(Span { text, style: span.style });
        }
    }
    if let Some(words) = paragraphs.last_mut().filter(|_| !word.is_empty()) {
        words.push(word);
    }
    paragraphs
}

/// Words of one line as spans with their spaces, neighbours of one style united.
fn join(words: &[Word]) -> Vec<Span> {
    let mut joined: Vec<Span> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        for (part, span) in word.iter().enumerate() {
            if index > 0 && part == 0 {
                // The space belongs to the style before it: a bold word does not widen it.
                if let Some(last) = joined.last_mut() {
                    last.text.push(' ');
                }
            }
            match joined.last_mut() {
                Some(last) if last.style == span.style => last.text.push_str(&span.text),
                _ => joined.push(span.clone()),
            }
        }
    }
    joined
}

fn letters(word: &Word) -> usize {
    word.iter().map(|span| span.text.chars().count()).sum()
}

struct Breaker<'a> {
    shaper: &'a Shaper<'a>,
    /// What fits on a line.
    limit: Advance,
    lines: &'a mut Vec<Line>,
    line: Vec<Word>,
    /// What the words of the current line take, with their spaces.
    used: Advance,
}

impl Breaker<'_> {
    fn fill(mut self, words: Vec<Word>) {
        for word in words {
            self.place(word);
        }
        self.finish_line(Joint::Space);
    }

    fn exact(&self, word: &Word) -> Advance {
        word.iter().map(|span| self.shaper.exact(&span.text, span.style)).sum()
    }

    /// Width of the current line with one more word.
    fn used_with(&self, word: &Word) -> Advance {
        let space = self.line.last().and_then(|last| last.last());
        let space = space.map_or(Advance::default(), |span| self.shaper.exact(" ", span.style));
        self.used + space + self.exact(word)
    }

    fn push(&mut self, word: Word) {
        self.used = self.used_with(&word);
        self.line.push(word);
    }

    fn place(&mut self, word: Word) {
        let mut rest = word;
        loop {
            let endless = letters(&rest) > LONGEST_HEAD;
            if !endless && self.used_with(&rest) <= self.limit {
                self.push(rest);
                return;
            }
            let too_wide = endless || self.exact(&rest) > self.limit;
            let split = if too_wide || self.leaves_a_gap() { self.split(&rest, too_wide) } else { None };
            match split {
                Some((head, tail, joint)) => {
                    self.push(head);
                    self.finish_line(joint);
                    rest = tail;
                }
                None if self.line.is_empty() => {
                    // A single character that is too wide: nothing can be done.
                    self.push(rest);
                    return;
                }
                None => self.finish_line(Joint::Space),
            }
        }
    }

    /// Whether breaking here would leave the line so short that a hyphen is the lesser evil.
    fn leaves_a_gap(&self) -> bool {
        let (used, limit) = (self.used.rounded().micrometres(), self.limit.rounded().micrometres());
        !self.line.is_empty() && (limit - used) * 100 > limit * GAP_PERCENT
    }

    /// The largest head that fits behind the current line, what is left, and how they belong together.
    fn split(&self, word: &Word, too_wide: bool) -> Option<(Word, Word, Joint)> {
        let letters_of = |(part, span): (usize, &Span)| span.text.chars().map(move |letter| (part, letter)).collect();
        let flat: Vec<(usize, char)> = word.iter().enumerate().flat_map::<Vec<_>, _>(letters_of).collect();
        let start: String = flat.iter().map(|(_, letter)| letter).take(LONGEST_HEAD).collect();
        let fits = |at: usize, hyphen: bool| {
            let head = cut(word, &flat[..at], hyphen);
            let joint = if hyphen { Joint::SoftHyphen } else { Joint::Nothing };
            (self.used_with(&head) <= self.limit).then(|| (head, cut(word, &flat[at..], false), joint))
        };
        // Longer heads are wider, but for kerning: search by halves, then make sure.
        let best = |places: Vec<usize>, hyphen: bool| {
            let narrow = places.partition_point(|at| self.used_with(&cut(word, &flat[..*at], hyphen)) <= self.limit);
            places[..narrow].iter().rev().find_map(|at| fits(*at, hyphen))
        };
        if !too_wide {
            return best(syllables(&start), true);
        }
        let by_sense = best(seams(&start), false).or_else(|| best(syllables(&start), true));
        // Anywhere, but only on a line of its own: a torn word is the last resort.
        by_sense.or_else(|| if self.line.is_empty() { best(anywhere(&start), false) } else { None })
    }

    /// Ends the line; `joint` says how its text goes on.
    fn finish_line(&mut self, joint: Joint) {
        let mut x = Length::ZERO;
        let mut runs: Vec<Run> = Vec::new();
        for span in join(&std::mem::take(&mut self.line)) {
            let width = self.shaper.width(&span.text, span.style);
            runs.push(Run { x, text: span.text, style: span.style, width, joint: Joint::Nothing });
            x += width;
        }
        if let Some(last) = runs.last_mut() {
            last.joint = joint;
        }
        self.lines.push(Line { runs, width: x });
        self.used = Advance::default();
    }
}

/// The spans of some letters of a word, each letter with the number of its span.
fn cut(word: &Word, letters: &[(usize, char)], hyphen: bool) -> Word {
    let mut spans: Word = Vec::new();
    let mut current = None;
    for (part, letter) in letters {
        match spans.last_mut() {
            Some(last) if current == Some(*part) => last.text.push(*letter),
            _ => spans.push(Span { text: letter.to_string(), style: word[*part].style }),
        }
        current = Some(*part);
    }
    if let Some(last) = spans.last_mut().filter(|_| hyphen) {
        last.text.push('-');
    }
    spans
}

/// Places after which a key, an address or a compound may be broken without a hyphen, in letters.
fn seams(word: &str) -> Vec<usize> {
    let letters: Vec<char> = word.chars().collect();
    let breaks_after =
        |letter: char| matches!(letter, '-' | '/' | '@' | '.' | '_' | ':' | ',' | ';' | '–' | '&' | '=' | '?');
    (2..letters.len()).filter(|at| breaks_after(letters[at - 1]) && !breaks_after(letters[*at])).collect()
}

/// Places where German patterns allow a hyphen, in letters; three letters stay on either side.
fn syllables(word: &str) -> Vec<usize> {
    let core = word.trim_end_matches([',', '.', ';', ':', ')', '“', '!', '?']);
    let opening = core.len() - core.trim_start_matches(['(', '„']).len();
    let core = &core[opening..];
    if core.is_empty() || core.len() > LONGEST_HYPHENATED || !core.chars().all(char::is_alphabetic) {
        return Vec::new();
    }
    let mut at = word[..opening].chars().count();
    let mut places = Vec::new();
    for syllable in hyphenate_bounded(core, Lang::German, 3, 3) {
        at += syllable.chars().count();
        places.push(at);
    }
    places.pop();
    places
}

/// Between any two letters, but never before a combining mark.
fn anywhere(word: &str) -> Vec<usize> {
    let letters: Vec<char> = word.chars().collect();
    (1..letters.len()).filter(|at| !matches!(letters[*at], '\u{300}'..='\u{36f}')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::Class;
    use proptest::prelude::*;

    fn lines(text: &str, millimetres: i64) -> Vec<String> {
        let span = Span { text: text.to_owned(), style: Class::Body.style() };
        let wrapped = wrap(&Shaper::new(), &[span], Length::mm(millimetres));
        wrapped.iter().map(|line| line.runs.iter().map(|run| run.text.as_str()).collect()).collect()
    }

    #[test]
    fn lines_break_at_spaces_but_not_at_no_break_spaces() {
        assert_eq!(lines("zahlbar nach §\u{a0}286 BGB", 25), ["zahlbar nach", "§\u{a0}286 BGB"]);
    }

    #[test]
    fn an_e_mail_address_breaks_after_its_sign() {
        assert_eq!(lines("joerg.muessigbrodt@altenrode.example", 40), ["joerg.muessigbrodt@", "altenrode.example"]);
    }

    #[test]
    fn a_long_german_word_is_hyphenated() {
        assert_eq!(lines("Beschaffungsmaßnahmenverordnung", 40), ["Beschaffungsmaßnah-", "menverordnung"]);
    }

    #[test]
    fn a_word_without_sense_is_broken_rather_than_cut_off() {
        let wrapped = lines(&"x".repeat(60), 30);
        assert!(wrapped.len() > 1);
        assert_eq!(wrapped.concat(), "x".repeat(60));
    }

    #[test]
    fn empty_text_is_one_empty_line() {
        assert_eq!(lines("", 30), [""]);
        assert_eq!(lines("a\n\nb", 30), ["a", "", "b"]);
    }

    #[test]
    fn a_change_of_style_is_no_place_to_break() {
        let bold = Style { face: crate::style::Face::Bold, ..Class::Body.style() };
        let spans = [
            Span { text: "Nr. RV-".to_owned(), style: Class::Body.style() },
            Span { text: "2025".to_owned(), style: bold },
        ];
        let wrapped = wrap(&Shaper::new(), &spans, Length::mm(16));
        assert_eq!(wrapped.len(), 2);
        assert_eq!(wrapped[1].runs.len(), 2);
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_its_column(text in "[a-zäöüßA-ZÄÖÜ0-9@./ -]{0,200}", millimetres in 8_i64..120) {
            let span = Span { text, style: Class::Table.style() };
            for line in wrap(&Shaper::new(), &[span], Length::mm(millimetres)) {
                prop_assert!(line.width <= Length::mm(millimetres), "{line:?}");
            }
        }

        #[test]
        fn no_character_is_lost(text in "[a-zäöüß0-9@.]{0,80}( [a-z]{1,30}){0,6}") {
            let joined: String = lines(&text, 20).concat();
            let bare = |text: &str| text.replace([' ', '-'], "");
            prop_assert_eq!(bare(&joined), bare(&text));
        }
    }
}
