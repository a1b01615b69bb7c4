//! The fonts: shaping with kerning, and measuring.
//!
//! Text is shaped word by word and the words are remembered for the length of one document; spaces
//! are glyphs of their own. All widths are exact sums of thousandths of an em, rounded to a micrometre once
//! per run, so a run measures the same here and in a viewer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;
use std::iter::Sum;
use std::ops::Add;
use std::rc::Rc;

use crate::font::{Font, Word, is_invisible};
use crate::length::Length;
use crate::own_fonts::Faces;
use crate::style::{Face, Style};

/// Spaces of all widths are set as the one space glyph.
fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// Marks that stand over, under or through the letter before them.
fn is_mark(letter: char) -> bool {
    matches!(letter, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

/// Shapes and measures; remembers the words of one document.
pub struct Shaper<'f> {
    /// What the document is printed in, if it is not Noto Sans.
    own: Option<&'f Faces<'f>>,
    /// Per face, so that a known word is found without copying it.
    words: [RefCell<HashMap<String, Rc<Word>>>; 5],
}

impl fmt::Debug for Shaper<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shaper").field("own", &self.own).finish_non_exhaustive()
    }
}

impl<'f> Shaper<'f> {
    /// A shaper of the fonts of the program that knows no words yet.
    #[must_use]
    pub fn new() -> Self {
        Self::with(None)
    }

    /// A shaper of the fonts of a customer, which knows no words yet.
    pub(crate) fn with(own: Option<&'f Faces<'f>>) -> Self {
        Self { own, words: Default::default() }
    }

    /// The font of a face.
    pub(crate) fn font(&self, face: Face) -> &Font<'f> {
        match (self.own, face) {
            (Some(own), Face::Regular) => &own.regular,
            (Some(own), Face::Bold) => &own.bold,
            _ => Font::noto(face),
        }
    }

    /// Whether a face is a font of the customer.
    pub(crate) fn is_own(&self, face: Face) -> bool {
        self.own.is_some() && matches!(face, Face::Regular | Face::Bold)
    }

    fn word(&self, face: Face, word: &str) -> Rc<Word> {
        let [regular, bold, signs, noto_regular, noto_bold] = &self.words;
        let words = match face {
            Face::Regular => regular,
            Face::Bold => bold,
            Face::Signs => signs,
            Face::NotoRegular => noto_regular,
            Face::NotoBold => noto_bold,
        };
        if let Some(known) = words.borrow().get(word) {
            return Rc::clone(known);
        }
        let shaped = Rc::new(self.font(face).shape(face, word));
        words.borrow_mut().insert(word.to_owned(), Rc::clone(&shaped));
        shaped
    }

    /// The face of a letter with its marks: the one asked for, else a font of the program that has them all; the last
    /// of these also for what no font has, because it can show that something is missing.
    fn face_of(&self, face: Face, letters: &str) -> Face {
        let noto = match face {
            _ if self.own.is_none() => face,
            Face::Bold => Face::NotoBold,
            _ => Face::NotoRegular,
        };
        let has_all = |face: &Face| {
            let font = self.font(*face);
            letters.chars().all(|letter| is_invisible(letter) || font.has(letter))
        };
        [face, noto, Face::Signs].into_iter().find(has_all).unwrap_or(noto)
    }

    /// The words and spaces of a run, in order; a sign the face lacks is a word of another font.
    pub(crate) fn parts(&self, face: Face, text: &str) -> Vec<Rc<Word>> {
        let mut parts = Vec::new();
        for (index, word) in text.split(is_space).enumerate() {
            if index > 0 {
                parts.push(self.word(face, " "));
            }
            let mut from = 0;
            let mut before = None;
            for (start, end) in letters_with_marks(word) {
                let of_letter = self.face_of(face, &word[start..end]);
                if let Some(earlier) = before.filter(|earlier| *earlier != of_letter) {
                    parts.push(self.word(earlier, &word[from..start]));
                    from = start;
                }
                before = Some(of_letter);
            }
            if let Some(last) = before {
                parts.push(self.word(last, &word[from..]));
            }
        }
        parts
    }

    /// Advance width of a run on one line.
    #[must_use]
    pub fn width(&self, text: &str, style: Style) -> Length {
        self.exact(text, style).rounded()
    }

    /// Advance width without any rounding, to be added up over styles and words.
    #[must_use]
    pub fn exact(&self, text: &str, style: Style) -> Advance {
        let units: i64 = self.parts(style.face, text).iter().map(|part| part.width).sum();
        Advance(units * style.size)
    }
}

impl Default for Shaper<'_> {
    fn default() -> Self {
        Self::new()
    }
}

/// Where each letter begins, and where its marks end.
fn letters_with_marks(word: &str) -> impl Iterator<Item = (usize, usize)> {
    let mut starts = word.char_indices().filter(|(_, letter)| !is_mark(*letter)).map(|(at, _)| at).peekable();
    // Marks without a letter before them are taken as one.
    let lonely = starts.peek().is_none_or(|first| 0 < *first) && !word.is_empty();
    let starts: Vec<usize> = lonely.then_some(0).into_iter().chain(starts).collect();
    let ends: Vec<usize> = starts.iter().skip(1).copied().chain([word.len()]).collect();
    starts.into_iter().zip(ends)
}

/// An exact advance: thousandths of an em times tenths of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Advance(i64);

impl Advance {
    /// What fonts count in.
    const UNITS_PER_EM: i64 = 1000;
    /// 1 pt is 25,400/72 micrometres, sizes are tenths of a point.
    const PER_MICROMETRE: (i64, i64) = (720 * Self::UNITS_PER_EM, 25_400);

    /// To the nearest micrometre.
    #[must_use]
    pub fn rounded(self) -> Length {
        let (numerator, denominator) = Self::PER_MICROMETRE;
        Length::um((self.0 * denominator + numerator / 2).div_euclid(numerator))
    }

    /// The longest advance that is not longer than this.
    #[must_use]
    pub fn within(length: Length) -> Self {
        let (numerator, denominator) = Self::PER_MICROMETRE;
        Self((length.micrometres() * numerator).div_euclid(denominator))
    }
}

impl Add for Advance {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sum for Advance {
    fn sum<I: Iterator<Item = Self>>(advances: I) -> Self {
        advances.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::style::Class;

    #[test]
    fn kerning_draws_letters_together() {
        let shaper = Shaper::new();
        let style = Class::Body.style();
        let apart = shaper.width("A", style) + shaper.width("V", style);
        assert!(shaper.width("AV", style) < apart);
    }

    #[test]
    fn figures_share_one_width_so_that_columns_align() {
        let shaper = Shaper::new();
        for face in [Face::Regular, Face::Bold] {
            let style = Style { face, ..Class::Table.style() };
            let widths: Vec<Length> = (0..10).map(|digit: u32| shaper.width(&digit.to_string(), style)).collect();
            assert!(widths.iter().all(|width| *width == widths[0]), "{widths:?}");
        }
    }

    #[test]
    fn every_character_stays_with_a_glyph() {
        let shaper = Shaper::new();
        let text = "Größe Ærøskøbing ﬁ Ț ş ẞ Ж Ω";
        let read: String = shaper
            .parts(Face::Regular, text)
            .iter()
            .flat_map(|part| &part.glyphs)
            .map(|glyph| glyph.text.as_str())
            .collect();
        assert_eq!(read, text);
    }

    #[test]
    fn a_character_without_glyph_is_replaced_visibly() {
        let shaper = Shaper::new();
        let parts = shaper.parts(Face::Regular, "a\u{1f600}b");
        assert_eq!(parts[0].glyphs.iter().map(|glyph| glyph.text.as_str()).collect::<String>(), "a\u{fffd}b");
        assert!(parts[0].glyphs.iter().all(|glyph| glyph.id != 0));
    }

    /// Every Latin letter of Unicode's Latin blocks is more than DIN 91379 asks for; its Greek,
    /// Cyrillic and the letters it writes with combining marks come on top.
    #[test]
    fn all_letters_of_din_91379_have_a_glyph() {
        let latin = ('\u{a1}'..='\u{ac}').chain('\u{ae}'..='\u{24f}').chain('\u{1e00}'..='\u{1eff}');
        let marks = "\u{300}\u{301}\u{302}\u{303}\u{304}\u{306}\u{307}\u{308}\u{30a}\u{30b}\u{30c}\u{30d}\u{30f}\u{312}\u{315}\u{31b}\u{323}\u{324}\u{325}\u{326}\u{327}\u{328}\u{32d}\u{32e}\u{331}\u{335}";
        let others =
            ('\u{386}'..='\u{3ce}').filter(|letter| !matches!(letter, '\u{387}' | '\u{38b}' | '\u{38d}' | '\u{3a2}'));
        let others = others.chain('\u{410}'..='\u{45f}').chain("ʰʳʹʺʼʾʿˈˌ‘’‡€™∞≤≥◊√".chars());
        let letters: Vec<char> = latin.chain(marks.chars()).chain(others).collect();
        for face in [Face::Regular, Face::Bold] {
            let missing = letters
                .iter()
                .filter(|letter| !Font::noto(face).has(**letter) && !Font::noto(Face::Signs).has(**letter));
            assert_eq!(missing.collect::<String>(), "", "{face:?}");
        }
        let shaper = Shaper::new();
        for name in ["Łukasiewicz", "Đorđević", "Nguyễn Thị ạ", "GROẞ", "M̂azur", "C̀ézanne", "x ≤ 5 → ∞"]
        {
            let parts = shaper.parts(Face::Regular, name);
            let read: String = parts.iter().flat_map(|part| &part.glyphs).map(|glyph| glyph.text.as_str()).collect();
            assert_eq!(read, name);
            assert!(parts.iter().flat_map(|part| &part.glyphs).all(|glyph| glyph.id != 0), "{name}");
        }
    }

    #[test]
    fn a_mark_stands_higher_over_a_capital() {
        let shaper = Shaper::new();
        let rise = |text: &str| shaper.parts(Face::Regular, text)[0].glyphs.last().map(|glyph| glyph.rise);
        assert!(rise("M\u{302}") > rise("m\u{302}"), "{:?}", rise("M\u{302}"));
    }

    #[test]
    fn a_no_break_space_is_as_wide_as_a_space() {
        let shaper = Shaper::new();
        let style = Class::Body.style();
        assert_eq!(shaper.width("§ 4", style), shaper.width("§\u{a0}4", style));
    }
}
