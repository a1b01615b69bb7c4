//! The fonts: shaping with kerning, and measuring.
//!
//! Text is shaped word by word and the words are remembered for the length of one document; spaces
//! are glyphs of their own. All widths are exact sums of font units, rounded to a micrometre once
//! per run, so a run measures the same here and in a viewer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::iter::Sum;
use std::ops::Add;
use std::rc::Rc;
use std::sync::LazyLock;

use rustybuzz::ttf_parser::Tag;
use rustybuzz::{Direction, Feature, ShapePlan, UnicodeBuffer, script, shape_with_plan};

use crate::length::Length;
use crate::style::{Face, Style};

/// Noto Sans Regular (OFL-1.1).
pub(crate) const REGULAR: &[u8] = include_bytes!("../../../pdf-templates/fonts/NotoSans-Regular.ttf");
/// Noto Sans Bold (OFL-1.1).
pub(crate) const BOLD: &[u8] = include_bytes!("../../../pdf-templates/fonts/NotoSans-Bold.ttf");

/// Signs of Noto Sans Math and Noto Sans Symbols 2 that Noto Sans lacks (OFL-1.1).
pub(crate) const SIGNS: &[u8] = include_bytes!("../../../pdf-templates/fonts/NotoSansSigns-Regular.ttf");

/// Stands for a character that no font has.
const REPLACEMENT: char = '\u{fffd}';

/// A font file, read once for the life of the program.
pub(crate) struct Font {
    /// The whole file.
    pub(crate) file: &'static [u8],
    /// PostScript name.
    pub(crate) name: &'static str,
    face: rustybuzz::Face<'static>,
    plan: ShapePlan,
}

/// What the writer needs to describe a font, in font units.
pub(crate) struct Metrics {
    pub(crate) units_per_em: u16,
    pub(crate) ascender: i16,
    pub(crate) descender: i16,
    /// Left, bottom, right, top of the largest glyph.
    pub(crate) bounds: [i16; 4],
    /// 400 or 700.
    pub(crate) weight: u16,
}

static FONTS: LazyLock<[Font; 3]> = LazyLock::new(|| {
    [
        Font::read(REGULAR, "NotoSans-Regular"),
        Font::read(BOLD, "NotoSans-Bold"),
        Font::read(SIGNS, "NotoSansSigns-Regular"),
    ]
});

impl Font {
    fn read(file: &'static [u8], name: &'static str) -> Self {
        let face = rustybuzz::Face::from_slice(file, 0).expect("the embedded font is a font, a test reads it");
        // Ligatures are off: each glyph stands for the characters of its cluster, also when copied.
        let features = [Feature::new(Tag::from_bytes(b"liga"), 0, ..)];
        let plan = ShapePlan::new(&face, Direction::LeftToRight, Some(script::LATIN), None, &features);
        Self { file, name, face, plan }
    }

    /// The font of a face.
    pub(crate) fn of(face: Face) -> &'static Self {
        let [regular, bold, signs] = &*FONTS;
        match face {
            Face::Regular => regular,
            Face::Bold => bold,
            Face::Signs => signs,
        }
    }

    /// Whether the font has a glyph for a letter.
    fn has(&self, letter: char) -> bool {
        self.face.glyph_index(letter).is_some()
    }

    /// Figures of the font as a whole.
    pub(crate) fn metrics(&self) -> Metrics {
        let bounds = self.face.global_bounding_box();
        Metrics {
            units_per_em: u16::try_from(self.face.units_per_em()).unwrap_or(1000),
            ascender: self.face.ascender(),
            descender: self.face.descender(),
            bounds: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max],
            weight: self.face.weight().to_number(),
        }
    }

    /// Advance width of a glyph as the file has it, in font units.
    pub(crate) fn advance(&self, glyph: u16) -> u16 {
        self.face.glyph_hor_advance(rustybuzz::ttf_parser::GlyphId(glyph)).unwrap_or(0)
    }

    fn shape(&self, face: Face, word: &str) -> Word {
        let mut known = String::with_capacity(word.len());
        for letter in word.chars() {
            let covered = self.has(letter);
            // Soft hyphens and joiners that no glyph shows are dropped rather than printed as a box.
            let invisible = matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
            if !invisible {
                known.push(if covered { letter } else { REPLACEMENT });
            }
        }
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&known);
        buffer.set_direction(Direction::LeftToRight);
        buffer.set_script(script::LATIN);
        let shaped = shape_with_plan(&self.face, &self.plan, buffer);
        let infos = shaped.glyph_infos();
        let mut glyphs = Vec::with_capacity(infos.len());
        for (index, (info, position)) in infos.iter().zip(shaped.glyph_positions()).enumerate() {
            let start = usize::try_from(info.cluster).unwrap_or(0);
            let place = infos[..index].iter().rev().take_while(|earlier| earlier.cluster == info.cluster).count();
            let after = infos[index..].iter().take_while(|later| later.cluster == info.cluster).count();
            let later = infos.get(index + after).map(|next| next.cluster);
            let end = later.map_or(known.len(), |cluster| usize::try_from(cluster).unwrap_or(known.len()));
            let cluster = known.get(start..end).unwrap_or("");
            // A letter and its marks are told apart where each has a glyph: the same letter stands elsewhere
            // without them. Else the first glyph stands for all of the cluster.
            let text = match (cluster.chars().count() == place + after, place) {
                (true, _) => cluster.chars().skip(place).take(1).collect(),
                (false, 0) => cluster.to_owned(),
                (false, _) => String::new(),
            };
            let id = u16::try_from(info.glyph_id).unwrap_or(0);
            glyphs.push(Glyph {
                id,
                shift: position.x_offset,
                rise: position.y_offset,
                kern: position.x_advance - i32::from(self.advance(id)),
                text,
            });
        }
        let units = shaped.glyph_positions().iter().map(|position| i64::from(position.x_advance)).sum();
        Word { face, glyphs, units }
    }
}

/// One glyph of a shaped run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glyph {
    /// Number in the font file.
    pub(crate) id: u16,
    /// How far it stands to the right of the pen (marks over letters), in font units.
    pub(crate) shift: i32,
    /// How far it stands above the baseline (marks over capitals), in font units.
    pub(crate) rise: i32,
    /// What kerning adds to its advance width, in font units.
    pub(crate) kern: i32,
    /// The characters it shows; empty for the second and later glyphs of a cluster.
    pub(crate) text: String,
}

/// A shaped word.
#[derive(Debug)]
pub(crate) struct Word {
    /// The font its glyphs are in.
    pub(crate) face: Face,
    /// Its glyphs, left to right.
    pub(crate) glyphs: Vec<Glyph>,
    /// Its advance width in font units, kerning included.
    units: i64,
}

/// Spaces of all widths are set as the one space glyph.
fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// Shapes and measures; remembers the words of one document.
#[derive(Debug, Default)]
pub struct Shaper {
    /// Per face, so that a known word is found without copying it.
    words: [RefCell<HashMap<String, Rc<Word>>>; 3],
}

impl Shaper {
    /// A shaper that knows no words yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn word(&self, face: Face, word: &str) -> Rc<Word> {
        let [regular, bold, signs] = &self.words;
        let words = match face {
            Face::Regular => regular,
            Face::Bold => bold,
            Face::Signs => signs,
        };
        if let Some(known) = words.borrow().get(word) {
            return Rc::clone(known);
        }
        let shaped = Rc::new(Font::of(face).shape(face, word));
        words.borrow_mut().insert(word.to_owned(), Rc::clone(&shaped));
        shaped
    }

    /// The words and spaces of a run, in order; a sign the face lacks is a word of another font.
    pub(crate) fn parts(&self, face: Face, text: &str) -> Vec<Rc<Word>> {
        let mut parts = Vec::new();
        for (index, word) in text.split(is_space).enumerate() {
            if index > 0 {
                parts.push(self.word(face, " "));
            }
            let foreign = |letter: char| !Font::of(face).has(letter) && Font::of(Face::Signs).has(letter);
            let mut rest = word;
            while let Some(first) = rest.chars().next() {
                let own = foreign(first);
                let end = rest.find(|letter| foreign(letter) != own).unwrap_or(rest.len());
                let (part, tail) = rest.split_at(end);
                parts.push(self.word(if own { Face::Signs } else { face }, part));
                rest = tail;
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
        let units: i64 = self.parts(style.face, text).iter().map(|part| part.units).sum();
        Advance(units * style.size)
    }
}

/// An exact advance: font units times tenths of a point. All fonts count in thousandths of an em.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Advance(i64);

impl Advance {
    /// Font units per em of every embedded font; a test reads the files.
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
    fn all_fonts_count_in_the_same_units() {
        for face in [Face::Regular, Face::Bold, Face::Signs] {
            assert_eq!(i64::from(Font::of(face).metrics().units_per_em), Advance::UNITS_PER_EM);
        }
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
            let missing =
                letters.iter().filter(|letter| !Font::of(face).has(**letter) && !Font::of(Face::Signs).has(**letter));
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
