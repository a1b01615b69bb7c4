//! Tables: column widths, alignment on the decimal comma, rows, sums and carried sums as strips.
//!
//! Columns are as wide as their widest cell, one column takes the rest. Figures of a column stand
//! with their commas below each other, whatever number of decimals they have.

use abruf_domain::money::Net;

use crate::block::{Align, Cell, Column, FootRow, Inline, Paragraph, Row, Table, Width};
use crate::format_de::number;
use crate::frame::{Item, Role, Shape, Source};
use crate::length::Length;
use crate::strip::{Composer, Strip, merged, runs};
use crate::style::{Class, Density, Face, Ink, Style};
use crate::text::Shaper;
use crate::wrap::{Line, Span, natural_width, wrap};

/// The column that takes the rest keeps at least this much.
const REST_AT_LEAST: Length = Length::mm(34);
/// No column becomes narrower than this.
const COLUMN_AT_LEAST: Length = Length::mm(6);

/// A table ready for the page breaker.
#[derive(Debug)]
pub struct TableStrips {
    /// The header row, as it first appears.
    pub head: Strip,
    /// The body rows.
    pub rows: Vec<(Strip, Option<Net>)>,
    /// All sums as one piece.
    pub foot: Strip,
    carry: Option<Carry>,
}

/// What is needed to print a carried sum.
#[derive(Debug)]
struct Carry {
    word: String,
    columns: Vec<Placed>,
    source: Source,
}

/// A column with its place.
#[derive(Debug, Clone, Copy)]
struct Placed {
    left: Length,
    width: Length,
    align: Align,
    /// Widest part from the comma on, for alignment on it.
    fraction: Length,
}

impl Placed {
    fn right(&self) -> Length {
        self.left + self.width
    }
}

impl TableStrips {
    /// Measures a table.
    pub fn new(composer: &mut Composer<'_>, table: &Table, x: Length, width: Length) -> Self {
        let source = composer.next_source(Role::TableData);
        let columns = place_columns(composer.shaper, table, x, width);
        let header = table.head.iter().zip(&columns).enumerate();
        let head = header.map(|(index, (cell, column))| {
            let column = Placed { align: header_align(column.align), ..*column };
            cell_strip(composer, cell, column, at(source, 0, index, Role::TableHeader))
        });
        let head = side_by_side(head.collect());
        let head = boxed(head, source, (x, width), pad(composer.density, 700), Some((Length::um(250), Ink::Black)));
        let rows = table.rows.iter().enumerate().map(|(number, row)| {
            let strip = row_strip(composer, row, &columns, (source, number + 1));
            let line = (number + 1 < table.rows.len()).then_some((Length::um(100), Ink::Light));
            (boxed(strip, source, (x, width), pad(composer.density, 1000), line), row.amount)
        });
        let rows = rows.collect();
        let carry = table.carry.clone().map(|word| Carry { word, columns: columns.clone(), source });
        let foot = foot_strip(composer, table, &columns, source);
        Self { head, rows, foot, carry }
    }

    /// The header row on later pages: printed again, but read once.
    #[must_use]
    pub fn repeated_head(&self) -> Strip {
        let mut head = self.head.clone();
        for item in &mut head.items {
            item.source = item.source.as_artifact();
        }
        head
    }

    /// The row that carries `sum` over a page break; nothing if the table carries nothing.
    #[must_use]
    pub fn carried(&self, composer: &Composer<'_>, sum: Net) -> Option<Strip> {
        let carry = self.carry.as_ref()?;
        let figure = number(&sum.to_string(), 2)?;
        let text = |text: String| vec![Inline::Text { text, bold: false }];
        let row = FootRow {
            strong: false,
            label: Paragraph { class: Class::Table, align: Align::Right, content: text(carry.word.clone()) },
            value: Paragraph { class: Class::Table, align: Align::Right, content: text(figure) },
        };
        let strip = sum_strip(composer, &row, &carry.columns, carry.source.as_artifact());
        let (first, last) = (carry.columns.first()?, carry.columns.last()?);
        let place = (first.left, last.right() - first.left);
        Some(boxed(strip, carry.source, place, pad(composer.density, 1000), Some((Length::um(100), Ink::Light))))
    }

    /// Height of a carry row.
    #[must_use]
    pub fn carry_height(&self, composer: &Composer<'_>) -> Length {
        self.carried(composer, Net::ZERO).map_or(Length::ZERO, |strip| strip.height)
    }
}

fn pad(density: Density, micrometres: i64) -> Length {
    match density {
        Density::Normal => Length::um(micrometres),
        Density::Tight => Length::um(micrometres).scaled(6, 10),
    }
}

fn at(source: Source, row: usize, column: usize, role: Role) -> Source {
    let role = if source.role == Role::Artifact { Role::Artifact } else { role };
    let index = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Source { row: index(row), column: index(column), role, ..source }
}

/// A heading over figures is flush right with them.
fn header_align(align: Align) -> Align {
    if align == Align::Comma { Align::Right } else { align }
}

/// Air above and below, and a rule at the bottom.
fn boxed(strip: Strip, source: Source, place: (Length, Length), pad: Length, rule: Option<(Length, Ink)>) -> Strip {
    let mut padded = Strip { height: pad, ..Strip::default() };
    padded.append(strip);
    padded.height += pad;
    if let Some((height, ink)) = rule {
        let shape = Shape::Rule { width: place.1, height, ink };
        padded.items.push(Item { x: place.0, y: padded.height, source: source.as_artifact(), shape });
        padded.height += height;
    }
    padded
}

fn side_by_side(cells: Vec<Strip>) -> Strip {
    let height = cells.iter().map(|cell| cell.height).max().unwrap_or_default();
    Strip { items: cells.into_iter().flat_map(|cell| cell.items).collect(), height, keep_with_next: false }
}

fn row_strip(composer: &Composer<'_>, row: &Row, columns: &[Placed], place: (Source, usize)) -> Strip {
    let cells = row.cells.iter().zip(columns).enumerate();
    let strips = cells.map(|(index, (cell, column))| {
        cell_strip(composer, cell, *column, at(place.0, place.1, index, Role::TableData))
    });
    side_by_side(strips.collect())
}

fn cell_strip(composer: &Composer<'_>, cell: &Cell, column: Placed, source: Source) -> Strip {
    let mut strip = Strip::default();
    for paragraph in &cell.paragraphs {
        strip.append(figure(composer, paragraph, column, source));
    }
    strip
}

/// A paragraph in a column; in a comma column the comma stands where all commas stand.
fn figure(composer: &Composer<'_>, paragraph: &Paragraph, column: Placed, source: Source) -> Strip {
    let aligned = Paragraph { align: column.align, ..paragraph.clone() };
    let mut strip = merged(composer.paragraph(&aligned, column.left, column.width, source));
    if column.align != Align::Comma {
        return strip;
    }
    let spans = paragraph.spans(1, 1);
    let missing = column.fraction - fraction(composer.shaper, &spans);
    // Flush right so far; move left by what this figure lacks after its comma, if there is room.
    let leftmost = strip.items.iter().map(|item| item.x).min().unwrap_or(column.left);
    if leftmost - missing >= column.left {
        strip.items = strip.items.into_iter().map(|item| item.moved(-missing, Length::ZERO)).collect();
    }
    strip
}

/// Width from the decimal comma on; nothing for whole numbers.
fn fraction(shaper: &Shaper, spans: &[Span]) -> Length {
    let Some(last) = spans.last() else { return Length::ZERO };
    last.text.rfind(',').map_or(Length::ZERO, |comma| shaper.width(&last.text[comma..], last.style))
}

fn foot_strip(composer: &Composer<'_>, table: &Table, columns: &[Placed], source: Source) -> Strip {
    let (Some(first), Some(last)) = (columns.first(), columns.last()) else { return Strip::default() };
    let (x, width) = (first.left, last.right() - first.left);
    let mut foot = Strip::default();
    if table.foot.is_empty() {
        return foot;
    }
    let rule = |x: Length, width: Length, y: Length, height: Length| Item {
        x,
        y,
        source: source.as_artifact(),
        shape: Shape::Rule { width, height, ink: Ink::Black },
    };
    foot.items.push(rule(x, width, Length::ZERO, Length::um(250)));
    foot.height = Length::um(250) + pad(composer.density, 900);
    // The rule above the sum of sums is as wide as the figures' column and a little more.
    let (short_x, short_width) = (last.left - Length::mm(2), last.width + Length::mm(2));
    for (index, row) in table.foot.iter().enumerate() {
        if row.strong {
            foot.height += pad(composer.density, 700);
            foot.items.push(rule(short_x, short_width, foot.height, Length::um(150)));
            foot.height += Length::um(150) + pad(composer.density, 700);
        }
        foot.append(sum_strip(composer, row, columns, at(source, index, 0, Role::TableSum)));
        foot.height += pad(composer.density, 250);
    }
    foot
}

/// Label over all columns but the last, flush right; figure on the label's last line.
fn sum_strip(composer: &Composer<'_>, row: &FootRow, columns: &[Placed], source: Source) -> Strip {
    let (Some(first), Some(last)) = (columns.first(), columns.last()) else { return Strip::default() };
    let style = row.label.class.style();
    let style = if row.strong { Style { face: Face::Bold, ..style } } else { style };
    let label: String = row.label.spans(1, 1).into_iter().map(|span| span.text).collect();
    let width = (last.left - Length::mm(4) - first.left).max(COLUMN_AT_LEAST);
    let lines: Vec<Line> = wrap(composer.shaper, &[Span { text: label, style }], width);
    let leading = row.label.leading(composer.density);
    let y = crate::strip::baseline(leading, style.size);
    let mut strip = Strip::default();
    let count = lines.len();
    for (index, line) in lines.into_iter().enumerate() {
        let x = first.left + width - line.width;
        let mut items = runs(line, x, y, source);
        if index + 1 == count {
            items.extend(figure(composer, &row.value, *last, Source { column: 1, ..source }).items);
        }
        strip.append(Strip { items, height: leading, keep_with_next: false });
    }
    strip
}

/// Widths and places of all columns.
fn place_columns(shaper: &Shaper, table: &Table, x: Length, width: Length) -> Vec<Placed> {
    let measured = table.columns.iter().enumerate().map(|(index, column)| measure(shaper, table, index, *column));
    let mut measured: Vec<(Length, Length)> = measured.collect();
    let gaps = table.gap * i64::try_from(table.columns.len()).unwrap_or(1) - table.gap;
    let room = width - gaps - REST_AT_LEAST;
    // Too much altogether: the widest column gives way, step by step; its cells wrap.
    while measured.iter().map(|(own, _)| *own).sum::<Length>() > room {
        let Some(widest) = measured.iter_mut().max_by_key(|(own, _)| *own) else { break };
        if widest.0 <= COLUMN_AT_LEAST {
            break;
        }
        widest.0 = (widest.0 - Length::mm(1)).max(COLUMN_AT_LEAST);
    }
    let taken: Length = measured.iter().map(|(own, _)| *own).sum();
    let mut left = x;
    let mut placed = Vec::with_capacity(measured.len());
    for (column, (own, fraction)) in table.columns.iter().zip(measured) {
        let width = if column.width == Width::Rest { width - gaps - taken } else { own };
        placed.push(Placed { left, width, align: column.align, fraction });
        left += width + table.gap;
    }
    placed
}

/// Width a column wants (nothing for the one that takes the rest) and its widest fraction.
fn measure(shaper: &Shaper, table: &Table, index: usize, column: Column) -> (Length, Length) {
    let is_last = index + 1 == table.columns.len();
    let rows = table.rows.iter().filter_map(|row| row.cells.get(index));
    let body = rows.flat_map(|cell| &cell.paragraphs);
    let sums = table.foot.iter().filter(|_| is_last).map(|row| &row.value);
    let figures: Vec<Vec<Span>> = body.chain(sums).map(|paragraph| paragraph.spans(1, 1)).collect();
    let head = table.head.get(index).into_iter().flat_map(|cell| &cell.paragraphs);
    let head = head.map(|paragraph| natural_width(shaper, &paragraph.spans(1, 1))).max().unwrap_or_default();
    let comma = column.align == Align::Comma;
    let fractions = figures.iter().map(|spans| if comma { fraction(shaper, spans) } else { Length::ZERO });
    let fractions: Vec<Length> = fractions.collect();
    let widest_fraction = fractions.iter().copied().max().unwrap_or_default();
    let whole = figures.iter().zip(&fractions).map(|(spans, own)| natural_width(shaper, spans) - *own);
    let natural = (whole.max().unwrap_or_default() + widest_fraction).max(head);
    let wanted = match column.width {
        Width::Fixed(fixed) => fixed,
        Width::Auto(most) => natural.min(most),
        Width::Rest => Length::ZERO,
    };
    (wanted, widest_fraction)
}
