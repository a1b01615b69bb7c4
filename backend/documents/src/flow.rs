//! Breaking running content into pages, and putting letterhead and footers around it.

use abruf_domain::money::Net;

use crate::block::{Block, Doc, Frame, Sheet};
use crate::frame::{Item, Page, Role, Shape};
use crate::length::Length;
use crate::strip::{Composer, Strip};
use crate::style::Density;
use crate::table::TableStrips;
use crate::text::Shaper;

/// Between a frame that reaches too far down and the running content below it.
const BELOW_FRAME: Length = Length::mm(6);

/// A last page filled less than this share is worth trying to save.
const SPARSE_PERCENT: i64 = 45;

/// Rows that go with the sums to a last page that would hold nothing but terms and signatures.
const ROWS_TO_THE_END: usize = 2;

/// Lays a document out; tighter if that saves a page that would be almost empty.
///
/// Where a last page of terms cannot be saved, the end of the table goes with it: nobody should be
/// able to mistake that page for one that does not matter.
#[must_use]
pub fn layout(shaper: &Shaper, doc: &Doc) -> Vec<Page> {
    let (pages, fill) = layout_with(shaper, doc, Density::Normal, 0);
    if pages.len() == 1 {
        return pages;
    }
    let (mut pages, mut density) = (pages, Density::Normal);
    if fill <= doc.sheet.bottom.scaled(SPARSE_PERCENT, 100) {
        let (tighter, _) = layout_with(shaper, doc, Density::Tight, 0);
        if tighter.len() < pages.len() {
            (pages, density) = (tighter, Density::Tight);
        }
    }
    if pages.len() > 1 && pages.last().is_some_and(ends_in_terms) {
        let (together, _) = layout_with(shaper, doc, density, ROWS_TO_THE_END);
        if together.len() == pages.len() && !together.last().is_some_and(ends_in_terms) {
            return together;
        }
    }
    pages
}

/// Whether a page has text, but neither a heading nor anything of a table.
fn ends_in_terms(page: &Page) -> bool {
    let mut roles = page.items.iter().map(|item| item.source.role);
    roles.all(|role| matches!(role, Role::Artifact | Role::P | Role::Figure))
}

/// The pages, and how far down the last one is filled.
///
/// With `rows_to_the_end` the last table breaks before so many of its last rows.
fn layout_with(shaper: &Shaper, doc: &Doc, density: Density, rows_to_the_end: usize) -> (Vec<Page>, Length) {
    let mut composer = Composer { shaper, density, next_block: 0, artifact: false, page: (1, 1) };
    let mut first_top = doc.sheet.first_top;
    let mut starts = Vec::with_capacity(doc.frames.len());
    for frame in &doc.frames {
        starts.push(composer.next_block);
        composer.artifact = frame.artifact;
        let strip = frame_strip(&mut composer, frame);
        if frame.pushes && !strip.items.is_empty() {
            first_top = first_top.max(frame.y + strip.height + BELOW_FRAME);
        }
    }
    composer.artifact = false;
    let mut breaker = Breaker {
        sheet: Sheet { first_top: first_top.min(doc.sheet.bottom - Length::mm(40)), ..doc.sheet },
        pages: vec![Vec::new()],
        y: Length::ZERO,
        pending: Strip::default(),
        fresh: true,
        rows_to_the_end,
    };
    breaker.y = breaker.sheet.first_top;
    breaker.flow(&mut composer, &doc.flow);
    let fill = breaker.y;
    let count = breaker.pages.len();
    let pages = breaker.pages.into_iter().enumerate().map(|(index, flow)| {
        let number = index + 1;
        let mut page = Page::default();
        let (before, after): (Vec<_>, Vec<_>) = doc
            .frames
            .iter()
            .zip(&starts)
            .filter(|(frame, _)| frame.pages.contain(number, count))
            .partition(|(f, _)| f.y < doc.sheet.bottom);
        let mut put = |frames: Vec<(&Frame, &u32)>, page: &mut Page| {
            for (frame, start) in frames {
                composer.next_block = *start;
                composer.artifact = frame.artifact;
                composer.page = (number, count);
                page.items.extend(frame_strip(&mut composer, frame).items);
            }
        };
        put(before, &mut page);
        page.items.extend(flow);
        put(after, &mut page);
        page
    });
    (pages.collect(), fill)
}

/// The content of a frame at its place on the page, cut off where the frame ends.
fn frame_strip(composer: &mut Composer<'_>, frame: &Frame) -> Strip {
    let strip = composer.stack(&frame.blocks, frame.x, frame.width);
    let strip = if strip.height > frame.height { cut_off(composer, frame, strip) } else { strip };
    let top = if frame.hangs { frame.y - strip.height } else { frame.y };
    Strip { items: strip.items.into_iter().map(|item| item.moved(Length::ZERO, top)).collect(), ..strip }
}

/// Keeps what fits and shows with an ellipsis that something is missing.
fn cut_off(composer: &Composer<'_>, frame: &Frame, strip: Strip) -> Strip {
    let (mut kept, _) = strip.divided_at(frame.height);
    if let Some(Item { x, shape: Shape::Text { text, style, width, .. }, .. }) = kept.items.last_mut() {
        let right = frame.x + frame.width;
        text.push_str(" …");
        while *x + composer.shaper.width(text, *style) > right && text.chars().count() > 2 {
            let shorter: String = text.chars().take(text.chars().count() - 3).collect();
            *text = format!("{shorter} …");
        }
        *width = composer.shaper.width(text, *style);
    }
    kept
}

/// With less room than this a strip that is taller than a page starts on the next one.
const WORTH_A_PART: Length = Length::mm(20);

/// Puts strips below each other, page after page.
struct Breaker {
    sheet: Sheet,
    pages: Vec<Vec<Item>>,
    /// Where the next strip goes.
    y: Length,
    /// Strips that want to stay with what comes next.
    pending: Strip,
    /// Whether nothing stands on the current page yet.
    fresh: bool,
    /// Before how many of its last rows the last table breaks.
    rows_to_the_end: usize,
}

impl Breaker {
    fn flow(&mut self, composer: &mut Composer<'_>, blocks: &[Block]) {
        let (x, width) = (self.sheet.left, self.sheet.width());
        let last_table = blocks.iter().rposition(|block| matches!(block, Block::Table(_)));
        for (index, block) in blocks.iter().enumerate() {
            if let Block::Table(table) = block {
                let strips = TableStrips::new(composer, table, x, width);
                let to_the_end = if Some(index) == last_table { self.rows_to_the_end } else { 0 };
                self.table(composer, &strips, to_the_end);
                continue;
            }
            for strip in composer.block(block, x, width) {
                self.place(strip);
            }
        }
        self.release_pending();
    }

    fn room(&self) -> Length {
        self.sheet.bottom - self.y
    }

    /// Room on a page without anything.
    fn full_page(&self) -> Length {
        self.sheet.bottom - self.sheet.top
    }

    fn break_page(&mut self) {
        self.pages.push(Vec::new());
        self.y = self.sheet.top;
        self.fresh = true;
    }

    /// Puts a strip where it is, without asking whether it fits.
    fn put(&mut self, strip: Strip) {
        let down = self.y;
        let items = strip.items.into_iter().map(|item| item.moved(Length::ZERO, down));
        if let Some(page) = self.pages.last_mut() {
            page.extend(items);
        }
        self.y += strip.height;
        self.fresh = false;
    }

    fn release_pending(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        if pending.height > Length::ZERO {
            self.put(pending);
        }
    }

    /// Breaks the page unless this much fits below what is pending, then puts what is pending.
    fn make_room(&mut self, height: Length) {
        if !self.fresh && self.pending.height + height > self.room() {
            self.break_page();
        }
        self.release_pending();
    }

    fn place(&mut self, strip: Strip) {
        let is_space = strip.items.is_empty();
        let has_pending = self.pending.height > Length::ZERO;
        if is_space && has_pending {
            self.pending.append(strip);
            return;
        }
        if is_space {
            // Distance is for between things: it vanishes at the top and at the bottom of a page.
            if !self.fresh {
                self.y += strip.height.min(self.room().max(Length::ZERO));
            }
            return;
        }
        if strip.keep_with_next {
            self.pending.append(strip);
            return;
        }
        self.make_room(strip.height);
        self.put_divided(strip);
    }

    /// Puts a strip that may be taller than a page.
    fn put_divided(&mut self, strip: Strip) {
        let mut rest = strip;
        while rest.height > self.room() && !rest.items.is_empty() {
            if !self.fresh && (rest.height <= self.full_page() || self.room() < WORTH_A_PART) {
                self.break_page();
                continue;
            }
            let (now, later) = rest.divided_at(self.room());
            self.put(now);
            self.break_page();
            rest = later;
        }
        if !rest.items.is_empty() {
            self.put(rest);
        }
    }

    fn table(&mut self, composer: &Composer<'_>, table: &TableStrips, to_the_end: usize) {
        let carry = table.carry_height(composer);
        let after = |index: usize| if index + 1 == table.rows.len() { table.foot.height } else { carry };
        let first = table.rows.first().map_or(table.foot.height, |(row, _)| row.height + after(0));
        self.make_room(table.head.height + first);
        self.put(table.head.clone());
        let mut sum = Net::ZERO;
        let mut rows_here = 0;
        for (index, (row, amount)) in table.rows.iter().enumerate() {
            let break_here = to_the_end > 0 && index + to_the_end == table.rows.len();
            if rows_here > 0 && (break_here || row.height + after(index) > self.room()) {
                self.continue_table(composer, table, sum);
                rows_here = 0;
            }
            self.put_row(table, row.clone());
            rows_here += 1;
            sum += amount.unwrap_or(Net::ZERO);
        }
        if table.foot.height > self.room() {
            self.continue_table(composer, table, sum);
        }
        self.put(table.foot.clone());
    }

    /// Carries the sum over to a new page with the header on it.
    fn continue_table(&mut self, composer: &Composer<'_>, table: &TableStrips, sum: Net) {
        if let Some(carried) = table.carried(composer, sum) {
            self.put(carried);
        }
        self.break_page();
        self.put(table.repeated_head());
        if let Some(carried) = table.carried(composer, sum) {
            self.put(carried);
        }
    }

    /// A row; one that is taller than a page goes on below a repeated header.
    fn put_row(&mut self, table: &TableStrips, row: Strip) {
        let mut rest = row;
        while rest.height > self.room() && !rest.items.is_empty() {
            if self.room() >= WORTH_A_PART {
                let (now, later) = rest.divided_at(self.room());
                self.put(now);
                rest = later;
            }
            self.break_page();
            self.put(table.repeated_head());
        }
        if !rest.items.is_empty() {
            self.put(rest);
        }
    }
}
