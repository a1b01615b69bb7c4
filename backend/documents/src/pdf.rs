//! Frames to a PDF file: the only file that names printpdf.
//!
//! printpdf writes operators, fonts and pages; what it gets wrong or leaves out is put right by
//! [`crate::postpass`]. Micrometres become floating-point points here and nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use printpdf::{
    Codepoint, Color, CurTransMat, DictItem, FontId, FontMetrics, Greyscale, Op, PaintMode, ParsedFont, PdfDocument,
    PdfFont, PdfFontHandle, PdfPage, PdfSaveOptions, Pt, Rect, TextItem, TextMatrix, WindingOrder, XObjectId,
    XObjectTransform,
};
use subsetter::{GlyphRemapper, subset};

use crate::chart::Fill;
use crate::document::DocumentError;
use crate::font::Glyph;
use crate::frame::{Bar, Item, Joint, Page, Role, Shape, Source};
use crate::length::Length;
use crate::outline;
use crate::picture::Picture;
use crate::postpass::{self, FileFacts, Finish};
use crate::structure::Structure;
use crate::style::{Face, Ink, Style};
use crate::text::Shaper;

/// Writes the pages as a file.
pub(crate) fn write(
    shaper: &Shaper<'_>,
    pages: &[Page],
    facts: &FileFacts,
    logo: Option<&Picture>,
) -> Result<Vec<u8>, DocumentError> {
    let mut document = PdfDocument::new(&facts.title);
    let fonts = Fonts::of_pages(shaper, pages)?;
    for font in fonts.by_face.values() {
        document.resources.fonts.map.insert(font.id.clone(), PdfFont::new(font.parsed.clone()));
    }
    let mut structure = Structure::default();
    document.pages = pages.iter().map(|page| write_page(shaper, &fonts, &mut structure, page)).collect();
    let options = PdfSaveOptions { optimize: false, subset_fonts: false, ..PdfSaveOptions::default() };
    let mut warnings = Vec::new();
    let file = document.to_lopdf_document(&options, &mut warnings);
    if let Some(warning) = warnings.first() {
        return Err(DocumentError::File(format!("printpdf warns: {}", warning.msg)));
    }
    let outline = outline::entries(pages);
    let shows_logo = |page: &Page| page.items.iter().any(|item| matches!(item.shape, Shape::Logo { .. }));
    let pictured = pages.iter().map(shows_logo).collect();
    postpass::finish(file, &Finish { facts, structure: &structure, outline: &outline, logo, pictured })
}

/// Names of the fonts in the resources of a page.
fn font_id(face: Face, own: bool) -> FontId {
    let name = match face {
        Face::Regular if own => "OwnSans",
        Face::Bold if own => "OwnSansBold",
        Face::Regular | Face::NotoRegular => "NotoSans",
        Face::Bold | Face::NotoBold => "NotoSansBold",
        Face::Signs => "NotoSansSigns",
    };
    FontId(name.to_owned())
}

/// Widths are told in thousandths of an em, whatever the file of the font counts in.
const UNITS_PER_EM: u16 = 1000;

/// The fonts of one document, cut down to the glyphs it uses.
struct Fonts {
    by_face: BTreeMap<Face, SubsetFont>,
}

struct SubsetFont {
    id: FontId,
    remapper: GlyphRemapper,
    parsed: ParsedFont,
}

impl Fonts {
    fn of_pages(shaper: &Shaper<'_>, pages: &[Page]) -> Result<Self, DocumentError> {
        let mut used: BTreeMap<Face, BTreeSet<u16>> = BTreeMap::new();
        for item in pages.iter().flat_map(|page| &page.items) {
            if let Shape::Text { text, style, .. } = &item.shape {
                for part in shaper.parts(style.face, text).into_iter().chain(shaper.parts(style.face, " ")) {
                    used.entry(part.face).or_default().extend(part.glyphs.iter().map(|glyph| glyph.id));
                }
            }
        }
        let cut = used.into_iter().map(|(face, glyphs)| Ok((face, SubsetFont::cut(shaper, face, &glyphs)?)));
        Ok(Self { by_face: cut.collect::<Result<_, DocumentError>>()? })
    }
}

impl SubsetFont {
    fn cut(shaper: &Shaper<'_>, face: Face, glyphs: &BTreeSet<u16>) -> Result<Self, DocumentError> {
        let font = shaper.font(face);
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
            UNITS_PER_EM,
            FontMetrics { ascent: metrics.ascender, descent: metrics.descender },
        );
        let [left, bottom, right, top] = metrics.bounds;
        parsed.pdf_font_metrics.x_min = left;
        parsed.pdf_font_metrics.y_min = bottom;
        parsed.pdf_font_metrics.x_max = right;
        parsed.pdf_font_metrics.y_max = top;
        parsed.pdf_font_metrics.us_weight_class = metrics.weight;
        Ok(Self { id: font_id(face, shaper.is_own(face)), remapper, parsed })
    }
}

fn write_page(shaper: &Shaper<'_>, fonts: &Fonts, structure: &mut Structure, page: &Page) -> PdfPage {
    let mut ops = Vec::new();
    structure.begin_page(page);
    let (text, drawn): (Vec<&Item>, Vec<&Item>) =
        page.items.iter().partition(|item| matches!(item.shape, Shape::Text { .. }));
    for group in drawn.chunk_by(|one, next| one.source.role == Role::Artifact && next.source.role == Role::Artifact) {
        marked(&mut ops, structure, group[0].source, |ops| {
            for item in group {
                draw(ops, item);
            }
        });
    }
    if !text.is_empty() {
        ops.push(Op::StartTextSection);
        let mut pen = Pen::default();
        let decoration = |item: &Item| item.source.role == Role::Artifact;
        let together = |one: &&Item, next: &&Item| one.source == next.source || (decoration(one) && decoration(next));
        for group in text.chunk_by(together) {
            marked(&mut ops, structure, group[0].source, |ops| {
                for item in group {
                    show(ops, &mut pen, shaper, fonts, item);
                }
            });
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

/// Puts a mark around operators: which element they belong to, or that they are decoration.
fn marked(ops: &mut Vec<Op>, structure: &mut Structure, source: Source, inside: impl FnOnce(&mut Vec<Op>)) {
    let tag = match source.role {
        Role::Artifact => "Artifact",
        Role::H1 => "H1",
        Role::H2 => "H2",
        Role::P => "P",
        Role::TableHeader => "TH",
        Role::TableData => "TD",
        Role::TableSum => {
            if source.column == 0 {
                "TH"
            } else {
                "TD"
            }
        }
        Role::Figure => "Figure",
    };
    let tag = tag.to_owned();
    match structure.mark(source).and_then(|number| i64::try_from(number).ok()) {
        Some(number) => {
            let map = BTreeMap::from([("MCID".to_owned(), DictItem::Int(number))]);
            ops.push(Op::BeginMarkedContentWithProperties { tag, properties: DictItem::Dict { map } });
        }
        None => ops.push(Op::BeginMarkedContent { tag }),
    }
    inside(ops);
    ops.push(Op::EndMarkedContent);
}

/// Ink and font in force: they are written when they change.
#[derive(Default)]
struct Pen {
    ink: Option<Ink>,
    font: Option<(Face, i64)>,
}

impl Pen {
    fn take(&mut self, ops: &mut Vec<Op>, font: &SubsetFont, style: Style) {
        if self.ink != Some(style.ink) {
            ops.push(Op::SetFillColor { col: ink(style.ink) });
            self.ink = Some(style.ink);
        }
        if self.font != Some((style.face, style.size)) {
            ops.push(Op::SetFont { font: PdfFontHandle::External(font.id.clone()), size: size(style) });
            self.font = Some((style.face, style.size));
        }
    }
}

fn show(ops: &mut Vec<Op>, pen: &mut Pen, shaper: &Shaper<'_>, fonts: &Fonts, item: &Item) {
    let Shape::Text { text, style, joint, .. } = &item.shape else { return };
    ops.push(Op::SetTextMatrix { matrix: TextMatrix::Translate(points(item.x), up(item.y)) });
    let mut glyphs = |ops: &mut Vec<Op>, text: &str| {
        for parts in shaper.parts(style.face, text).chunk_by(|one, next| one.face == next.face) {
            let Some(font) = fonts.by_face.get(&parts[0].face) else { continue };
            pen.take(ops, font, Style { face: parts[0].face, ..*style });
            show_glyphs(ops, font, style.size, parts.iter().flat_map(|part| &part.glyphs));
        }
    };
    match (joint, text.strip_suffix('-')) {
        (Joint::Nothing, _) => glyphs(ops, text),
        (Joint::SoftHyphen, Some(word)) => {
            glyphs(ops, word);
            // The hyphen is seen, but the word is read as one (ISO 32000-1, 14.8.2.2.3).
            let soft = DictItem::String { data: vec![0xfe, 0xff, 0x00, 0xad], literal: false };
            let properties = DictItem::Dict { map: BTreeMap::from([("ActualText".to_owned(), soft)]) };
            ops.push(Op::BeginMarkedContentWithProperties { tag: "Span".to_owned(), properties });
            glyphs(ops, "-");
            ops.push(Op::EndMarkedContent);
        }
        // Words are told apart by spaces, not by places (ISO 32000-1, 14.8.2.5).
        (Joint::Space | Joint::SoftHyphen, _) => glyphs(ops, &format!("{text} ")),
    }
}

/// Shows glyphs of one font; a mark that stands above its place is raised.
fn show_glyphs<'a>(ops: &mut Vec<Op>, font: &SubsetFont, size: i64, glyphs: impl Iterator<Item = &'a Glyph>) {
    let glyphs: Vec<&Glyph> = glyphs.collect();
    for level in glyphs.chunk_by(|one, next| one.rise == next.rise) {
        let mut items = Vec::new();
        for glyph in level {
            let id = font.remapper.get(glyph.id).unwrap_or(0);
            if glyph.shift != 0 {
                items.push(TextItem::Offset(adjustment(-glyph.shift)));
            }
            // What moves the pen right is negative here.
            let offset = adjustment(glyph.shift - glyph.kern);
            items.push(TextItem::GlyphIds(vec![Codepoint::with_cid(id, offset, glyph.text.clone())]));
        }
        let raised = level[0].rise != 0;
        if raised {
            ops.push(Op::SetLineOffset { multiplier: raise(level[0].rise, size) });
        }
        ops.push(Op::ShowText { items });
        if raised {
            ops.push(Op::SetLineOffset { multiplier: raise(0, size) });
        }
    }
}

/// A height in font units (thousandths of an em) at a size in tenths of a point, in points.
#[expect(
    clippy::cast_precision_loss,
    clippy::disallowed_types,
    clippy::float_arithmetic,
    reason = "printpdf takes floating-point points; both factors are small whole numbers"
)]
fn raise(units: i32, size: i64) -> f32 {
    (i64::from(units) * size) as f32 / 10_000.0
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
        Shape::Logo { width, height, .. } => {
            let place = [points(*width).0, 0.0, 0.0, points(*height).0, points(item.x).0, up(item.y + *height).0];
            ops.push(Op::SaveGraphicsState);
            ops.push(Op::SetTransformationMatrix { matrix: CurTransMat::Raw(place) });
            let transform = XObjectTransform { no_auto_scale: true, ..XObjectTransform::default() };
            ops.push(Op::UseXobject { id: XObjectId(postpass::LOGO.to_owned()), transform });
            ops.push(Op::RestoreGraphicsState);
        }
        Shape::Qr { size, modules, .. } => {
            ops.push(Op::SetFillColor { col: ink(Ink::Black) });
            draw_modules(ops, item, *size, modules);
        }
        Shape::Bars { height, zero, bars, .. } => {
            for bar in bars {
                draw_bar(ops, &Bar { x: item.x + bar.x, y: item.y + bar.y, ..*bar });
            }
            ops.push(Op::SetFillColor { col: ink(Ink::Light) });
            ops.push(filled(item.x + *zero, item.y, Length::um(200), *height));
        }
    }
}

/// A bar by its fill: grey all over, stripes, or nothing but its edges.
fn draw_bar(ops: &mut Vec<Op>, bar: &Bar) {
    let (line, step) = (Length::um(250), Length::um(1100));
    ops.push(Op::SetFillColor { col: ink(Ink::Grey) });
    if bar.fill == Fill::Solid || bar.width <= line * 2 {
        ops.push(filled(bar.x, bar.y, bar.width, bar.height));
        return;
    }
    ops.push(filled(bar.x, bar.y, bar.width, line));
    ops.push(filled(bar.x, bar.y + bar.height - line, bar.width, line));
    ops.push(filled(bar.x, bar.y, line, bar.height));
    ops.push(filled(bar.x + bar.width - line, bar.y, line, bar.height));
    if bar.fill == Fill::Striped {
        let mut stripe = bar.x + step;
        while stripe + line < bar.x + bar.width {
            ops.push(filled(stripe, bar.y, line * 2, bar.height));
            stripe += step;
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
