//! Strips: laid-out pieces of full width that a page breaker stacks, and their making from blocks.

use crate::block::{Align, Block, Fact, Paragraph};
use crate::frame::{Item, Role, Shape, Source};
use crate::length::Length;
use crate::qr;
use crate::style::{Density, Ink};
use crate::text::Shaper;
use crate::wrap::{Line, natural_width, wrap};

/// A piece that is not divided, except by [`Strip::divided_at`] if it is taller than a page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strip {
    /// Its items, with heights counted from its top.
    pub items: Vec<Item>,
    /// Its height.
    pub height: Length,
    /// Whether it must not be the last on its page.
    pub keep_with_next: bool,
}

impl Strip {
    /// Puts another strip below this one.
    pub fn append(&mut self, below: Self) {
        let down = self.height;
        self.items.extend(below.items.into_iter().map(|item| item.moved(Length::ZERO, down)));
        self.height += below.height;
    }

    /// Divides a strip that is taller than any page; no item is cut in two.
    ///
    /// The first part holds whatever ends above `height`, the second moves up to its own top. If
    /// not even one item fits, the first part takes the topmost so that there is always progress.
    #[must_use]
    pub fn divided_at(self, height: Length) -> (Self, Self) {
        let (mut above, mut below): (Vec<Item>, Vec<Item>) =
            self.items.into_iter().partition(|item| item.bottom() <= height);
        if above.is_empty() && !below.is_empty() {
            above.push(below.remove(0));
        }
        let top = below.iter().map(top_of).min().unwrap_or(self.height);
        let below = below.into_iter().map(|item| item.moved(Length::ZERO, -top)).collect();
        let rest = Self { items: below, height: self.height - top, keep_with_next: self.keep_with_next };
        (Self { items: above, height: height.min(self.height), keep_with_next: false }, rest)
    }
}

/// Upper edge of an item; text reaches about its size above the baseline.
fn top_of(item: &Item) -> Length {
    match &item.shape {
        Shape::Text { style, .. } => item.y - Length::tenths_of_point(style.size),
        Shape::Rule { .. } | Shape::Outline { .. } | Shape::Logo { .. } | Shape::Qr { .. } | Shape::Bars { .. } => {
            item.y
        }
    }
}

/// Baseline of a line within its leading: capitals (714 of 1000) stand in the middle.
pub(crate) fn baseline(leading: Length, size: i64) -> Length {
    leading / 2 + Length::tenths_of_point(size).scaled(357, 1000)
}

/// Makes strips from blocks, numbering the blocks in reading order.
#[derive(Debug)]
pub struct Composer<'a> {
    /// Measures.
    pub shaper: &'a Shaper<'a>,
    /// How much air there is.
    pub density: Density,
    /// Number of the next block.
    pub next_block: u32,
    /// Whether everything made is decoration.
    pub artifact: bool,
    /// Current page and number of pages, for running text.
    pub page: (usize, usize),
}

impl Composer<'_> {
    /// Where the items of the next block come from.
    pub(crate) fn next_source(&mut self, role: Role) -> Source {
        let source = Source::block(self.next_block, role);
        self.next_block += 1;
        if self.artifact { source.as_artifact() } else { source }
    }

    /// Stacks blocks into one strip; tables have no place here.
    pub fn stack(&mut self, blocks: &[Block], x: Length, width: Length) -> Strip {
        let mut stacked = Strip::default();
        for block in blocks {
            for strip in self.block(block, x, width) {
                stacked.append(strip);
            }
        }
        stacked
    }

    /// The strips of a block that is no table.
    pub fn block(&mut self, block: &Block, x: Length, width: Length) -> Vec<Strip> {
        match block {
            Block::Heading { text, .. } => {
                let source = self.next_source(block.role());
                let mut strip = merged(self.paragraph(text, x, width, source));
                strip.keep_with_next = true;
                vec![strip]
            }
            Block::Paragraph(text) => {
                let source = self.next_source(block.role());
                without_orphans(self.paragraph(text, x, width, source))
            }
            Block::Columns { widths, gap, cells } => vec![self.columns(widths, *gap, cells, x, width)],
            Block::Facts { labels, rows } => rows.iter().map(|fact| self.fact(fact, *labels, x, width)).collect(),
            Block::Keep(blocks) => vec![self.stack(blocks, x, width)],
            Block::Space(height) => vec![Strip { height: self.density.gap(*height), ..Strip::default() }],
            Block::Rule { line } => vec![self.rule(*line, x, width)],
            Block::Mark(text) => vec![self.mark(text, x, width)],
            Block::Logo { width: wide, height, align, alt } => vec![self.logo((*wide, *height), *align, alt, x, width)],
            Block::Qr { text, size } => vec![self.qr(text, *size, x)],
            Block::Bars(chart) => vec![self.bars(chart, x, width)],
            // The reader of the XML lets tables stand in the flow only.
            Block::Table(_) => Vec::new(),
        }
    }

    /// One strip per line.
    pub(crate) fn paragraph(&self, text: &Paragraph, x: Length, width: Length, source: Source) -> Vec<Strip> {
        let spans = text.spans(self.page.0, self.page.1);
        let leading = text.leading(self.density);
        let y = baseline(leading, text.class.style().size);
        let lines = wrap(self.shaper, &spans, width).into_iter().map(|line| {
            let indent = match text.align {
                Align::Left => Length::ZERO,
                Align::Right | Align::Comma => width - line.width,
                Align::Centre => (width - line.width) / 2,
            };
            Strip { items: runs(line, x + indent, y, source), height: leading, keep_with_next: false }
        });
        lines.collect()
    }

    fn columns(
        &mut self,
        widths: &[Option<Length>],
        gap: Length,
        cells: &[Vec<Block>],
        x: Length,
        width: Length,
    ) -> Strip {
        let count = i64::try_from(widths.len()).unwrap_or(1);
        let fixed: Length = widths.iter().flatten().copied().sum();
        let open = i64::try_from(widths.iter().filter(|width| width.is_none()).count()).unwrap_or(1);
        let share = (width - fixed - gap * (count - 1)) / open.max(1);
        let mut strip = Strip::default();
        let mut left = x;
        for (cell, own) in cells.iter().zip(widths) {
            let own = own.unwrap_or(share).max(Length::mm(5));
            let column = self.stack(cell, left, own);
            strip.items.extend(column.items);
            strip.height = strip.height.max(column.height);
            left += own + gap;
        }
        strip
    }

    /// Label and value on one baseline.
    fn fact(&mut self, fact: &Fact, labels: Length, x: Length, width: Length) -> Strip {
        let source = self.next_source(Role::P);
        let value = self.paragraph(&fact.value, x + labels, (width - labels).max(Length::mm(5)), source);
        let first_baseline = baseline(fact.value.leading(self.density), fact.value.class.style().size);
        let own_baseline = baseline(fact.label.leading(self.density), fact.label.class.style().size);
        let label = merged(self.paragraph(&fact.label, x, (labels - Length::mm(1)).max(Length::mm(5)), source));
        let mut strip = Strip::default();
        strip.items.extend(label.items.into_iter().map(|item| item.moved(Length::ZERO, first_baseline - own_baseline)));
        let value = merged(value);
        strip.height = value.height.max(label.height);
        strip.items.extend(value.items);
        strip
    }

    fn rule(&mut self, line: Length, x: Length, width: Length) -> Strip {
        let source = self.next_source(Role::Artifact);
        let shape = Shape::Rule { width, height: line, ink: Ink::Light };
        Strip { items: vec![Item { x, y: Length::ZERO, source, shape }], height: line, keep_with_next: false }
    }

    fn mark(&mut self, text: &Paragraph, x: Length, width: Length) -> Strip {
        let source = self.next_source(Role::P);
        let (beside, above) = (Length::um(2200), Length::um(900));
        let spans = text.spans(self.page.0, self.page.1);
        let inner = natural_width(self.shaper, &spans).min(width - beside * 2);
        let left = match text.align {
            Align::Left => x,
            Align::Right | Align::Comma => x + width - inner - beside * 2,
            Align::Centre => x + (width - inner) / 2 - beside,
        };
        let flush = Paragraph { align: Align::Left, ..text.clone() };
        let lines = merged(self.paragraph(&flush, left + beside, inner, source));
        let height = lines.height + above * 2;
        let outline = Shape::Outline { width: inner + beside * 2, height, line: Length::um(350) };
        let mut items = vec![Item { x: left, y: Length::ZERO, source: source.as_artifact(), shape: outline }];
        items.extend(lines.items.into_iter().map(|item| item.moved(Length::ZERO, above)));
        Strip { items, height, keep_with_next: false }
    }

    fn logo(&mut self, size: (Length, Length), align: Align, alt: &str, x: Length, width: Length) -> Strip {
        let source = self.next_source(Role::Figure);
        let left = match align {
            Align::Left => x,
            Align::Right | Align::Comma => x + width - size.0,
            Align::Centre => x + (width - size.0) / 2,
        };
        let shape = Shape::Logo { width: size.0, height: size.1, alt: alt.to_owned() };
        Strip { items: vec![Item { x: left, y: Length::ZERO, source, shape }], height: size.1, keep_with_next: false }
    }

    fn qr(&mut self, text: &str, size: Length, x: Length) -> Strip {
        let source = self.next_source(Role::Figure);
        // A text too long for a code is printed beside it anyway: then there is no code.
        let items = qr::modules(text).map_or(Vec::new(), |modules| {
            vec![Item { x, y: Length::ZERO, source, shape: Shape::Qr { size, modules, text: text.to_owned() } }]
        });
        Strip { items, height: size, keep_with_next: false }
    }
}

/// Items of a line.
pub(crate) fn runs(line: Line, x: Length, y: Length, source: Source) -> Vec<Item> {
    let runs = line.runs.into_iter().filter(|run| !run.text.is_empty());
    let item = |run: crate::wrap::Run| Item {
        x: x + run.x,
        y,
        source,
        shape: Shape::Text { text: run.text, style: run.style, width: run.width, joint: run.joint },
    };
    runs.map(item).collect()
}

/// One strip from many.
pub(crate) fn merged(strips: Vec<Strip>) -> Strip {
    let mut whole = Strip::default();
    for strip in strips {
        whole.append(strip);
    }
    whole
}

/// Joins the first two and the last two lines: no line of a paragraph stands alone on a page.
fn without_orphans(mut lines: Vec<Strip>) -> Vec<Strip> {
    if lines.len() < 4 {
        return vec![merged(lines)];
    }
    let last = lines.split_off(lines.len() - 2);
    let rest = lines.split_off(2);
    let mut strips = vec![merged(lines)];
    strips.extend(rest);
    strips.push(merged(last));
    strips
}
