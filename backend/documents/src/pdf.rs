//! Frames to a PDF file: the only file that names printpdf.
//!
//! printpdf writes operators, fonts and pages; what it gets wrong or leaves out is put right by
//! [`crate::postpass`]. Micrometres become floating-point points here and nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use printpdf::{
    Codepoint, Color, FontId, FontMetrics, Greyscale, Op, PaintMode, ParsedFont, PdfDocument, PdfFont, PdfFontHandle,
    PdfPage, PdfSaveOptions, Pt, Rect, TextItem, TextMatrix, WindingOrder,
};
use subsetter::{GlyphRemapper, subset};

use crate::document::DocumentError;
use crate::frame::{Item, Page, Shape};
use crate::length::Length;
use crate::postpass::{self, FileFacts};
use crate::style::{Face, Ink, Style};
use crate::text::{Font, Shaper};

/// Writes the pages as a file.
pub(crate) fn write(shaper: &Shaper, pages: &[Page], facts: &FileFacts) -> Result<Vec<u8>, DocumentError> {
    let mut document = PdfDocument::new(&facts.title);
    let fonts = Fonts::of_pages(shaper, pages)?;
    for (face, font) in &fonts.by_face {
        document.resources.fonts.map.insert(font_id(*face), PdfFont::new(font.parsed.clone()));
    }
    document.pages = pages.iter().map(|page| write_page(shaper, &fonts, page)).collect();
    let options = PdfSaveOptions { optimize: false, subset_fonts: false, ..PdfSaveOptions::default() };
    let mut warnings = Vec::new();
    let file = document.to_lopdf_document(&options, &mut warnings);
    if let Some(warning) = warnings.first() {
        return Err(DocumentError::File(format!("printpdf warns: {}", warning.msg)));
    }
    postpass::finish(file, facts)
}

/// Names of the fonts in the resources of a page.
fn font_id(face: Face) -> FontId {
    let name = match face {
        Face::Regular => "NotoSans",
        Face::Bold => "NotoSansBold",
    };
    FontId(name.to_owned())
}

/// The fonts of one document, cut down to the glyphs it uses.
struct Fonts {
    by_face: BTreeMap<Face, SubsetFont>,
}

struct SubsetFont {
    remapper: GlyphRemapper,
    parsed: ParsedFont,
}

impl Fonts {
    fn of_pages(shaper: &Shaper, pages: &[Page]) -> Result<Self, DocumentError> {
        let mut used: BTreeMap<Face, BTreeSet<u16>> = BTreeMap::new();
        for item in pages.iter().flat_map(|page| &page.items) {
            if let Shape::Text { text, style, .. } = &item.shape {
                let glyphs = used.entry(style.face).or_default();
                for part in shaper.parts(style.face, text) {
                    glyphs.extend(part.glyphs.iter().map(|glyph| glyph.id));
                }
            }
        }
        let cut = used.into_iter().map(|(face, glyphs)| Ok((face, SubsetFont::cut(face, &glyphs)?)));
        Ok(Self { by_face: cut.collect::<Result<_, DocumentError>>()? })
    }
}

impl SubsetFont {
    fn cut(face: Face, glyphs: &BTreeSet<u16>) -> Result<Self, DocumentError> {
        let font = Font::of(face);
        let mut remapper = GlyphRemapper::new();
        let mut widths = BTreeMap::from([(0, font.advance(0))]);
        for glyph in glyphs {
            widths.insert(remapper.remap(*glyph), font.advance(*glyph));
        }
        let program = subset(font.file, 0, &remapper)
            .map_err(|error| DocumentError::File(format!("font {} cannot be cut down: {error}", font.name)))?;
        let metrics = font.metrics();
        let mut parsed = ParsedFont::with_glyph_data(
            program,
            0,
            Some(format!("{}+{}", postpass::subset_tag(face, glyphs), font.name)),
            BTreeMap::new(),
            widths,
            metrics.units_per_em,
            FontMetrics { ascent: metrics.ascender, descent: metrics.descender },
        );
        let [left, bottom, right, top] = metrics.bounds;
        parsed.pdf_font_metrics.x_min = left;
        parsed.pdf_font_metrics.y_min = bottom;
        parsed.pdf_font_metrics.x_max = right;
        parsed.pdf_font_metrics.y_max = top;
        parsed.pdf_font_metrics.us_weight_class = metrics.weight;
        Ok(Self { remapper, parsed })
    }
}

fn write_page(shaper: &Shaper, fonts: &Fonts, page: &Page) -> PdfPage {
    let mut ops = Vec::new();
    let (text, drawn): (Vec<&Item>, Vec<&Item>) =
        page.items.iter().partition(|item| matches!(item.shape, Shape::Text { .. }));
    for item in drawn {
        draw(&mut ops, item);
    }
    if !text.is_empty() {
        ops.push(Op::StartTextSection);
        for item in text {
            show(&mut ops, shaper, fonts, item);
        }
        ops.push(Op::EndTextSection);
    }
    let mut written = PdfPage::new(printpdf::Mm(0.0), printpdf::Mm(0.0), ops);
    let sheet = Rect {
        x: Pt(0.0),
        y: Pt(0.0),
        width: points(Page::WIDTH),
        height: points(Page::HEIGHT),
        mode: None,
        winding_order: None,
    };
    written.media_box = sheet.clone();
    written.trim_box = sheet.clone();
    written.crop_box = sheet;
    written
}

/// Ink as grey: contrast to white is 21:1, 6.4:1 and, for rules, 2:1.
fn ink(ink: Ink) -> Color {
    let percent = match ink {
        Ink::Black => 0.0,
        Ink::Grey => 0.36,
        Ink::Light => 0.72,
    };
    Color::Greyscale(Greyscale { percent, icc_profile: None })
}

/// To points, to a thousandth, which is a third of a micrometre.
#[expect(
    clippy::cast_precision_loss,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    reason = "printpdf takes floating-point points; rounded so that all machines write the same digits"
)]
fn points(length: Length) -> Pt {
    let thousandths = (length.micrometres() * 72_000 + length.micrometres().signum() * 12_700) / 25_400;
    Pt(thousandths as f32 / 1000.0)
}

/// A vertical position counted from the bottom of the paper.
fn up(y: Length) -> Pt {
    points(Page::HEIGHT - y)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    reason = "font sizes are tenths of a point, printpdf takes points"
)]
fn size(style: Style) -> Pt {
    Pt(style.size as f32 / 10.0)
}

/// Text adjustments are thousandths of an em, and all our fonts count in thousandths.
#[expect(clippy::cast_precision_loss, clippy::disallowed_types, reason = "adjustments are small whole numbers")]
fn adjustment(units: i32) -> f32 {
    units as f32
}

fn show(ops: &mut Vec<Op>, shaper: &Shaper, fonts: &Fonts, item: &Item) {
    let Shape::Text { text, style, .. } = &item.shape else { return };
    let Some(font) = fonts.by_face.get(&style.face) else { return };
    ops.push(Op::SetFillColor { col: ink(style.ink) });
    ops.push(Op::SetFont { font: PdfFontHandle::External(font_id(style.face)), size: size(*style) });
    ops.push(Op::SetTextMatrix { matrix: TextMatrix::Translate(points(item.x), up(item.y)) });
    let mut items = Vec::new();
    for part in shaper.parts(style.face, text) {
        for glyph in &part.glyphs {
            let id = font.remapper.get(glyph.id).unwrap_or(0);
            if glyph.shift != 0 {
                items.push(TextItem::Offset(adjustment(-glyph.shift)));
            }
            // What moves the pen right is negative here.
            let offset = adjustment(glyph.shift - glyph.kern);
            items.push(TextItem::GlyphIds(vec![Codepoint::with_cid(id, offset, glyph.text.clone())]));
        }
    }
    ops.push(Op::ShowText { items });
}

fn filled(x: Length, y: Length, width: Length, height: Length) -> Op {
    let rectangle = Rect {
        x: points(x),
        y: up(y + height),
        width: points(width),
        height: points(height),
        mode: Some(PaintMode::Fill),
        winding_order: Some(WindingOrder::NonZero),
    };
    Op::DrawRectangle { rectangle }
}

fn draw(ops: &mut Vec<Op>, item: &Item) {
    match &item.shape {
        Shape::Text { .. } => {}
        Shape::Rule { width, height, ink: shade } => {
            ops.push(Op::SetFillColor { col: ink(*shade) });
            ops.push(filled(item.x, item.y, *width, *height));
        }
        Shape::Outline { width, height, line } => {
            ops.push(Op::SetFillColor { col: ink(Ink::Black) });
            ops.push(filled(item.x, item.y, *width, *line));
            ops.push(filled(item.x, item.y + *height - *line, *width, *line));
            ops.push(filled(item.x, item.y, *line, *height));
            ops.push(filled(item.x + *width - *line, item.y, *line, *height));
        }
        Shape::Qr { size, modules, .. } => {
            ops.push(Op::SetFillColor { col: ink(Ink::Black) });
            draw_modules(ops, item, *size, modules);
        }
    }
}

/// Neighbouring black modules of a row become one rectangle.
fn draw_modules(ops: &mut Vec<Op>, item: &Item, size: Length, modules: &[Vec<bool>]) {
    let count = i64::try_from(modules.len()).unwrap_or(1).max(1);
    let edge = |index: usize| size.scaled(i64::try_from(index).unwrap_or(0), count);
    for (row, line) in modules.iter().enumerate() {
        let mut column = 0;
        while column < line.len() {
            let start = column;
            while column < line.len() && line[column] == line[start] {
                column += 1;
            }
            if line[start] {
                let (left, top) = (edge(start), edge(row));
                ops.push(filled(item.x + left, item.y + top, edge(column) - left, edge(row + 1) - top));
            }
        }
    }
}
