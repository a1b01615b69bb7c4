//! Bar charts: one horizontal bar per value on one scale, each with its label and its figure as text, so that
//! nothing has to be read off. Bars of negative values reach to the left of the line of zero.
//!
//! A chart is one figure of the structure with an alternative text; the table beside it says the same in cells.

use abruf_domain::money::Net;

use crate::block::Paragraph;
use crate::frame::{Bar, Item, Role, Shape, Source};
use crate::length::Length;
use crate::strip::{Composer, Strip, baseline, merged};

/// Most bars of a chart: with one line each they fit on a page. More belong in a table.
pub const MOST_BARS: usize = 36;
/// Between the label, the bars and the figures.
const GAP: Length = Length::mm(2);
/// Free height between two bars.
const AIR: Length = Length::um(1200);
/// Parts the scale is divided into.
const SCALE: i64 = 100_000;

/// A bar chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bars {
    /// What it shows, in words.
    pub alt: String,
    /// Width of the labels on the left.
    pub labels: Length,
    /// Width of the figures on the right.
    pub figures: Length,
    /// From top to bottom.
    pub rows: Vec<BarRow>,
}

/// A value with its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BarRow {
    /// What it is.
    pub label: Paragraph,
    /// The value as it is printed.
    pub figure: Paragraph,
    /// The value that gives the length.
    pub value: Net,
    /// How the bar is filled.
    pub fill: Fill,
}

/// How a bar is filled: told apart without colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fill {
    /// Full.
    Solid,
    /// With upright stripes.
    Striped,
    /// Its outline only.
    Outlined,
}

impl Fill {
    /// The fill a template names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "solid" => Self::Solid,
            "striped" => Self::Striped,
            "outlined" => Self::Outlined,
            _ => return None,
        })
    }
}

/// Where values lie between the smallest and the largest, zero included.
struct Scale {
    least: i128,
    span: i128,
}

impl Scale {
    fn of(rows: &[BarRow]) -> Self {
        let cents = || rows.iter().map(|row| row.value.cents());
        let least = cents().min().unwrap_or(0).min(0);
        let most = cents().max().unwrap_or(0).max(0);
        Self { least, span: (most - least).max(1) }
    }

    /// The place of a value on a line of this length.
    fn place(&self, cents: i128, line: Length) -> Length {
        let part = (cents - self.least) * i128::from(SCALE) / self.span;
        line.scaled(i64::try_from(part).unwrap_or(SCALE), SCALE)
    }
}

impl Composer<'_> {
    /// The chart as one strip: a chart is not divided over pages.
    pub(crate) fn bars(&mut self, chart: &Bars, x: Length, width: Length) -> Strip {
        let source = self.next_source(Role::Figure);
        let line = (width - chart.labels - chart.figures - GAP * 2).max(Length::mm(10));
        let scale = Scale::of(&chart.rows);
        let zero = scale.place(0, line);
        let (mut bars, mut words) = (Vec::with_capacity(chart.rows.len()), Strip::default());
        for row in &chart.rows {
            let texts = self.bar_words(row, chart, x, width, source);
            let thick = row.label.leading(self.density).scaled(7, 10);
            let end = scale.place(row.value.cents(), line);
            let (from, to) = if end < zero { (end, zero) } else { (zero, end) };
            bars.push(Bar {
                x: from,
                y: words.height + (row.label.leading(self.density) - thick) / 2,
                width: to - from,
                height: thick,
                fill: row.fill,
            });
            words.append(texts);
            words.height += self.density.gap(AIR);
        }
        let height = words.height;
        let shape = Shape::Bars { width: line, height, zero, bars, alt: chart.alt.clone() };
        // The drawing comes first: place and words of the figure are taken from it.
        let mut items = vec![Item { x: x + chart.labels + GAP, y: Length::ZERO, source, shape }];
        items.extend(words.items);
        Strip { items, height, keep_with_next: false }
    }

    /// Label and figure of a bar, on one baseline.
    fn bar_words(&self, row: &BarRow, chart: &Bars, x: Length, width: Length, source: Source) -> Strip {
        let mut words = merged(self.paragraph(&row.label, x, chart.labels, source));
        let own = baseline(row.figure.leading(self.density), row.figure.class.style().size);
        let beside = baseline(row.label.leading(self.density), row.label.class.style().size);
        let figure = merged(self.paragraph(&row.figure, x + width - chart.figures, chart.figures, source));
        words.height = words.height.max(figure.height);
        words.items.extend(figure.items.into_iter().map(|item| item.moved(Length::ZERO, beside - own)));
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::{Align, Inline};
    use crate::style::Class;

    fn row(cents: i128) -> BarRow {
        let paragraph = Paragraph {
            class: Class::Table,
            align: Align::Left,
            content: vec![Inline::Text { text: "x".to_owned(), bold: false }],
        };
        let value = Net::of_cents(cents).expect("an amount");
        BarRow { label: paragraph.clone(), figure: paragraph, value, fill: Fill::Solid }
    }

    #[test]
    fn the_longest_bar_fills_the_line_and_zero_lies_at_its_left_end() {
        let scale = Scale::of(&[row(10_000), row(2_500)]);
        let line = Length::mm(100);
        assert_eq!(scale.place(0, line), Length::ZERO);
        assert_eq!(scale.place(10_000, line), line);
        assert_eq!(scale.place(2_500, line), Length::mm(25));
    }

    #[test]
    fn negative_values_lie_left_of_zero() {
        let scale = Scale::of(&[row(-5_000), row(15_000)]);
        assert_eq!(scale.place(0, Length::mm(100)), Length::mm(25));
        assert_eq!(scale.place(-5_000, Length::mm(100)), Length::ZERO);
    }

    #[test]
    fn nothing_but_zeros_has_no_length() {
        let scale = Scale::of(&[row(0), row(0)]);
        assert_eq!(scale.place(0, Length::mm(100)), Length::ZERO);
    }

    #[test]
    fn amounts_of_billions_do_not_overflow() {
        let scale = Scale::of(&[row(9_999_999_999_999)]);
        assert_eq!(scale.place(9_999_999_999_999, Length::mm(120)), Length::mm(120));
    }
}
