//! Fonts of a customer: taken only if they may stand in a document and can write German. Letters beyond that come from
//! Noto Sans.

use std::sync::Arc;

use rustybuzz::ttf_parser::{self, Permissions, name_id};

use crate::font::Font;

/// Most bytes of a font file: five times that of a face with all of Latin.
pub const MOST_BYTES: usize = 2_000_000;

/// What every document prints: ASCII, and these.
const NEEDED: &str = "ÄÖÜäöüß§€–„“";

/// The fonts of a customer, as bytes that were found to be good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnFonts {
    pub(crate) regular: OwnFont,
    pub(crate) bold: OwnFont,
}

/// A font of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnFont {
    file: Arc<[u8]>,
    name: String,
}

/// The fonts of a customer, read for one document.
#[derive(Debug)]
pub(crate) struct Faces<'f> {
    pub(crate) regular: Font<'f>,
    pub(crate) bold: Font<'f>,
}

impl OwnFonts {
    /// Reads both; `None` cannot be, as they were read before.
    pub(crate) fn faces(&self) -> Option<Faces<'_>> {
        fn read(font: &OwnFont) -> Option<Font<'_>> {
            Font::of_customer(&font.file, &font.name)
        }
        Some(Faces { regular: read(&self.regular)?, bold: read(&self.bold)? })
    }
}

impl OwnFont {
    /// Takes a font file.
    ///
    /// # Errors
    /// Why it cannot be used; German.
    pub(crate) fn read(file: &Arc<[u8]>) -> Result<Self, String> {
        if MOST_BYTES < file.len() {
            return Err(format!("die Schrift hat {} Bytes, erlaubt sind {MOST_BYTES}", file.len()));
        }
        let packed: [(&[u8], &str); 3] = [(b"wOFF", "WOFF"), (b"wOF2", "WOFF2"), (b"ttcf", "eine Sammlung (TTC)")];
        if let Some((_, what)) = packed.iter().find(|(begin, _)| file.starts_with(begin)) {
            return Err(format!("die Datei ist {what}; erlaubt sind einzelne Schriften als TTF oder OTF"));
        }
        let face = ttf_parser::Face::parse(file, 0)
            .map_err(|error| format!("die Datei ist keine lesbare TTF- oder OTF-Schrift ({error})"))?;
        may_be_embedded(&face)?;
        let tables = face.tables();
        if face.is_variable() || (tables.glyf.is_none() && tables.cff.is_none()) {
            return Err("die Schrift ist variabel oder hat keine Umrisse; erlaubt sind feste Schnitte mit TrueType- oder CFF-Umrissen".to_owned());
        }
        let needed = || (' '..='~').chain(NEEDED.chars());
        let missing: String = needed().filter(|it| face.glyph_index(*it).is_none()).collect();
        if !missing.is_empty() {
            return Err(format!("der Schrift fehlen die Zeichen {missing}"));
        }
        let drawn = |letter: &char| {
            *letter == ' ' || face.glyph_index(*letter).is_some_and(|id| face.outline_glyph(id, &mut Unseen).is_some())
        };
        if let Some(broken) = needed().find(|letter| !drawn(letter)) {
            return Err(format!("die Schrift ist beschädigt: das Zeichen {broken} hat keinen lesbaren Umriss"));
        }
        let name = face.names().into_iter().find(|name| name.name_id == name_id::POST_SCRIPT_NAME && name.is_unicode());
        let name = name.and_then(|name| name.to_string()).unwrap_or_default();
        let plain = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '-';
        let name: String = name.chars().filter(plain).take(60).collect();
        let font = Self { file: Arc::clone(file), name: if name.is_empty() { "OwnFont".to_owned() } else { name } };
        Font::of_customer(&font.file, &font.name).ok_or("die Schrift lässt sich nicht setzen")?;
        Ok(font)
    }
}

/// Follows an outline to its end and draws nothing.
struct Unseen;

#[expect(clippy::disallowed_types, reason = "the reader of fonts tells outlines in floating-point numbers")]
impl ttf_parser::OutlineBuilder for Unseen {
    fn move_to(&mut self, _: f32, _: f32) {}
    fn line_to(&mut self, _: f32, _: f32) {}
    fn quad_to(&mut self, _: f32, _: f32, _: f32, _: f32) {}
    fn curve_to(&mut self, _: f32, _: f32, _: f32, _: f32, _: f32, _: f32) {}
    fn close(&mut self) {}
}

/// What the maker of the font says about documents that hold it (OpenType, table OS/2, fsType).
fn may_be_embedded(face: &ttf_parser::Face<'_>) -> Result<(), String> {
    let refused = |why: &str| Err(format!("{why} (fsType); bitte eine Schrift nehmen, die eingebettet werden darf"));
    match face.permissions() {
        None => refused("die Schrift sagt nicht, ob sie in Dokumente eingebettet werden darf"),
        Some(Permissions::Restricted) => refused("die Schrift darf nicht in Dokumente eingebettet werden"),
        _ if !face.is_subsetting_allowed() => refused("die Schrift darf nur als Ganzes eingebettet werden"),
        _ if !face.is_outline_embedding_allowed() => {
            refused("von der Schrift dürfen nur Rasterbilder eingebettet werden")
        }
        Some(Permissions::Installable | Permissions::PreviewAndPrint | Permissions::Editable) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGULAR: &[u8] = include_bytes!("../tests/house/fonts/ProbeSans-Regular.ttf");

    /// The probe with bytes of a table changed.
    fn with(table: &[u8; 4], at: usize, bytes: &[u8]) -> Arc<[u8]> {
        let mut file = REGULAR.to_vec();
        let record = 12 + 16 * file[12..].chunks(16).position(|it| it.starts_with(table)).expect("the table");
        let offset = u32::from_be_bytes(file[record + 8..record + 12].try_into().expect("four bytes"));
        let from = usize::try_from(offset).expect("an offset") + at;
        file[from..from + bytes.len()].copy_from_slice(bytes);
        file.into()
    }

    fn refused(file: &Arc<[u8]>, wanted: &str) {
        let why = OwnFont::read(file).expect_err("a refusal");
        assert!(why.contains(wanted), "{why}");
    }

    #[test]
    fn a_font_that_may_not_be_embedded_is_refused() {
        assert_eq!(OwnFont::read(&REGULAR.into()).map(|font| font.name), Ok("ProbeSans-Regular".to_owned()));
        for (rights, wanted) in [
            ([0, 2], "darf nicht in Dokumente eingebettet werden"),
            ([1, 0], "nur als Ganzes"),
            ([2, 0], "nur Rasterbilder"),
            ([0, 6], "sagt nicht, ob"),
        ] {
            refused(&with(b"OS/2", 8, &rights), wanted);
        }
    }

    #[test]
    fn what_is_no_font_or_a_broken_one_is_refused() {
        refused(&Arc::from(&b"no font at all"[..]), "keine lesbare");
        refused(&Arc::from(&REGULAR[..200]), "keine lesbare");
        refused(&Arc::from(&b"wOF2 and more"[..]), "WOFF2");
        refused(&vec![0; MOST_BYTES + 1].into(), "erlaubt sind 2000000");
        // Where the outlines should be there is nothing that could be one.
        refused(&with(b"loca", 0, &[0xff; 400]), "Umriss");
    }

    #[test]
    fn a_font_that_cannot_write_german_is_refused_with_what_is_missing() {
        let signs = include_bytes!("../../../pdf-templates/fonts/NotoSansSigns-Regular.ttf");
        refused(&Arc::from(&signs[..]), "fehlen die Zeichen");
    }

    #[test]
    fn fonts_with_curves_of_both_kinds_are_taken() {
        let cut = include_bytes!("../tests/fonts/ProbeCut-Regular.otf");
        assert_eq!(OwnFont::read(&Arc::from(&cut[..])).map(|font| font.name), Ok("ProbeCut-Regular".to_owned()));
    }
}
