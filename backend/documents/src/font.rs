//! A font: what it has glyphs for, and words shaped in it with kerning.
//!
//! All figures are thousandths of an em, whatever the file counts in: that is what a PDF counts in.

use std::fmt;
use std::sync::LazyLock;

use rustybuzz::ttf_parser::{GlyphId, Tag};
use rustybuzz::{Direction, Feature, ShapePlan, UnicodeBuffer, script, shape_with_plan};

use crate::style::Face;

/// Noto Sans Regular (OFL-1.1).
const REGULAR: &[u8] = include_bytes!("../../../pdf-templates/fonts/NotoSans-Regular.ttf");
/// Noto Sans Bold (OFL-1.1).
const BOLD: &[u8] = include_bytes!("../../../pdf-templates/fonts/NotoSans-Bold.ttf");
/// Signs of Noto Sans Math and Noto Sans Symbols 2 that Noto Sans lacks (OFL-1.1).
const SIGNS: &[u8] = include_bytes!("../../../pdf-templates/fonts/NotoSansSigns-Regular.ttf");

/// Stands for a character that no font has.
const REPLACEMENT: char = '\u{fffd}';

/// Each glyph stands for the characters of its cluster, also when copied.
const NO_LIGATURES: (&[u8; 4], u32) = (b"liga", 0);
/// Figures are as wide as each other, where the font can do it: columns align. Those of Noto Sans are by themselves.
const EVEN_FIGURES: (&[u8; 4], u32) = (b"tnum", 1);

/// The fonts of the program, read once for its life.
static NOTO: LazyLock<[Font<'static>; 3]> = LazyLock::new(|| {
    let read =
        |file, name| Font::read(file, name, &[NO_LIGATURES]).expect("the embedded font is a font, a test reads it");
    [read(REGULAR, "NotoSans-Regular"), read(BOLD, "NotoSans-Bold"), read(SIGNS, "NotoSansSigns-Regular")]
});

/// A font file, read.
pub(crate) struct Font<'f> {
    /// The whole file.
    pub(crate) file: &'f [u8],
    /// PostScript name.
    pub(crate) name: &'f str,
    face: rustybuzz::Face<'f>,
    plan: ShapePlan,
    /// In how many units the file divides an em.
    units_per_em: i32,
}

impl fmt::Debug for Font<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Font").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What the writer needs to describe a font.
pub(crate) struct Metrics {
    pub(crate) ascender: i16,
    pub(crate) descender: i16,
    /// Left, bottom, right, top of the largest glyph.
    pub(crate) bounds: [i16; 4],
    /// 400 or 700.
    pub(crate) weight: u16,
}

impl<'f> Font<'f> {
    /// Reads a font of a customer; `None` if the file is none.
    pub(crate) fn of_customer(file: &'f [u8], name: &'f str) -> Option<Self> {
        Self::read(file, name, &[NO_LIGATURES, EVEN_FIGURES])
    }

    fn read(file: &'f [u8], name: &'f str, features: &[(&[u8; 4], u32)]) -> Option<Self> {
        let face = rustybuzz::Face::from_slice(file, 0)?;
        let feature = |(tag, value): &(&[u8; 4], u32)| Feature::new(Tag::from_bytes(tag), *value, ..);
        let features: Vec<Feature> = features.iter().map(feature).collect();
        let plan = ShapePlan::new(&face, Direction::LeftToRight, Some(script::LATIN), None, &features);
        let units_per_em = face.units_per_em();
        Some(Self { file, name, face, plan, units_per_em })
    }

    /// The font of the program for a face.
    pub(crate) fn noto(face: Face) -> &'static Font<'static> {
        let [regular, bold, signs] = &*NOTO;
        match face {
            Face::Regular | Face::NotoRegular => regular,
            Face::Bold | Face::NotoBold => bold,
            Face::Signs => signs,
        }
    }

    /// Whether the font has a glyph for a letter.
    pub(crate) fn has(&self, letter: char) -> bool {
        self.face.glyph_index(letter).is_some()
    }

    /// From the units of the file, rounded to the nearest.
    fn thousandths(&self, units: i32) -> i32 {
        if self.units_per_em == 1000 {
            return units;
        }
        (units * 2000 + self.units_per_em).div_euclid(self.units_per_em * 2)
    }

    fn small(&self, units: i16) -> i16 {
        let thousandths = self.thousandths(i32::from(units));
        i16::try_from(thousandths).unwrap_or(if thousandths < 0 { i16::MIN } else { i16::MAX })
    }

    /// Figures of the font as a whole.
    pub(crate) fn metrics(&self) -> Metrics {
        let bounds = self.face.global_bounding_box();
        Metrics {
            ascender: self.small(self.face.ascender()),
            descender: self.small(self.face.descender()),
            bounds: [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(|edge| self.small(edge)),
            weight: self.face.weight().to_number(),
        }
    }

    /// Advance width of a glyph.
    pub(crate) fn advance(&self, glyph: u16) -> u16 {
        let units = self.face.glyph_hor_advance(GlyphId(glyph)).unwrap_or(0);
        u16::try_from(self.thousandths(i32::from(units))).unwrap_or(u16::MAX)
    }

    /// Shapes a word. What the font lacks is shown as a replacement character, so it is the font of the program that
    /// is asked for what no font has.
    pub(crate) fn shape(&self, face: Face, word: &str) -> Word {
        let mut known = String::with_capacity(word.len());
        for letter in word.chars() {
            // Soft hyphens and joiners that no glyph shows are dropped rather than printed as a box.
            if !is_invisible(letter) {
                known.push(if self.has(letter) { letter } else { REPLACEMENT });
            }
        }
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(&known);
        buffer.set_direction(Direction::LeftToRight);
        buffer.set_script(script::LATIN);
        let shaped = shape_with_plan(&self.face, &self.plan, buffer);
        let infos = shaped.glyph_infos();
        let mut glyphs = Vec::with_capacity(infos.len());
        let mut width = 0;
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
            let advance = self.thousandths(position.x_advance);
            width += i64::from(advance);
            glyphs.push(Glyph {
                id,
                shift: self.thousandths(position.x_offset),
                rise: self.thousandths(position.y_offset),
                kern: advance - i32::from(self.advance(id)),
                text,
            });
        }
        Word { face, glyphs, width }
    }
}

/// Soft hyphens and joiners, which no glyph shows.
pub(crate) fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// One glyph of a shaped run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glyph {
    /// Number in the font file.
    pub(crate) id: u16,
    /// How far it stands to the right of the pen (marks over letters).
    pub(crate) shift: i32,
    /// How far it stands above the baseline (marks over capitals).
    pub(crate) rise: i32,
    /// What kerning adds to its advance width.
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
    /// Its advance width, kerning included.
    pub(crate) width: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_of_the_program_count_in_thousandths_of_an_em() {
        for face in [Face::Regular, Face::Bold, Face::Signs] {
            assert_eq!(Font::noto(face).units_per_em, 1000);
        }
    }
}
