//! The block tree: what a template says, typed, before anything is measured.

use abruf_domain::money::Net;

use crate::chart::Bars;
use crate::frame::Role;
use crate::length::Length;
use crate::style::{Class, Density, Face, Style};
use crate::wrap::Span;

/// A whole document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doc {
    /// Title for the metadata and the viewer's window.
    pub title: String,
    /// Language tag, `de`.
    pub language: String,
    /// Where running text may stand.
    pub sheet: Sheet,
    /// Areas with a place of their own, in reading order.
    pub frames: Vec<Frame>,
    /// Running content, broken into pages.
    pub flow: Vec<Block>,
}

/// The area of running content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sheet {
    /// Left edge.
    pub left: Length,
    /// Right edge, from the left of the paper.
    pub right: Length,
    /// Top on the first page; lower if a frame that pushes reaches further down.
    pub first_top: Length,
    /// Top on later pages.
    pub top: Length,
    /// Bottom, from the top of the paper.
    pub bottom: Length,
}

impl Sheet {
    /// Width of running content.
    #[must_use]
    pub fn width(&self) -> Length {
        self.right - self.left
    }
}

/// On which pages a frame appears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// The first only.
    First,
    /// All but the first.
    Later,
    /// The last only.
    Last,
    /// All but the last.
    ButLast,
    /// All.
    All,
}

impl Pages {
    /// Whether page `number` of `count`, counted from 1, is one of them.
    #[must_use]
    pub fn contain(self, number: usize, count: usize) -> bool {
        match self {
            Self::First => number == 1,
            Self::Later => number > 1,
            Self::Last => number == count,
            Self::ButLast => number < count,
            Self::All => true,
        }
    }
}

/// An area with a place of its own: letterhead, address field, information block, footer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// On which pages.
    pub pages: Pages,
    /// Left edge.
    pub x: Length,
    /// Top edge; the bottom edge if [`Self::hangs`].
    pub y: Length,
    /// Width.
    pub width: Length,
    /// Most it may take; what does not fit is cut off with an ellipsis.
    pub height: Length,
    /// Whether the content stands on `y` instead of hanging from it.
    pub hangs: bool,
    /// Whether running content on the first page starts below it.
    pub pushes: bool,
    /// Whether its text is read out: false for repeated letterheads and footers.
    pub artifact: bool,
    /// What is in it.
    pub blocks: Vec<Block>,
}

/// How text stands in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Flush left.
    Left,
    /// Flush right.
    Right,
    /// Centred.
    Centre,
    /// Decimal commas below each other; tables only.
    Comma,
}

/// A piece of inline content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    /// Text, perhaps bold, with no-break spaces set and white space collapsed; `\n` breaks the line.
    Text {
        /// The characters.
        text: String,
        /// Whether it is bold.
        bold: bool,
    },
    /// Number of the current page.
    Page,
    /// Number of all pages.
    PageCount,
}

/// A paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paragraph {
    /// What it is for.
    pub class: Class,
    /// How it stands.
    pub align: Align,
    /// Its content.
    pub content: Vec<Inline>,
}

impl Paragraph {
    /// Its content as styled text, on page `page` of `pages`.
    #[must_use]
    pub fn spans(&self, page: usize, pages: usize) -> Vec<Span> {
        let plain = self.class.style();
        let style = |bold: bool| if bold { Style { face: Face::Bold, ..plain } } else { plain };
        let spans = self.content.iter().map(|inline| match inline {
            Inline::Text { text, bold } => Span { text: text.clone(), style: style(*bold) },
            Inline::Page => Span { text: page.to_string(), style: plain },
            Inline::PageCount => Span { text: pages.to_string(), style: plain },
        });
        spans.collect()
    }

    /// Distance from baseline to baseline.
    #[must_use]
    pub fn leading(&self, density: Density) -> Length {
        self.class.leading(density)
    }
}

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Heading; stays with what follows.
    Heading {
        /// 1 for the document, 2 for a section.
        level: u8,
        /// Its text.
        text: Paragraph,
    },
    /// A paragraph.
    Paragraph(Paragraph),
    /// Blocks side by side, never separated.
    Columns {
        /// Widths; `None` shares what is left.
        widths: Vec<Option<Length>>,
        /// Between two columns.
        gap: Length,
        /// One list of blocks per column.
        cells: Vec<Vec<Block>>,
    },
    /// Labels with their values, label column first.
    Facts {
        /// Width of the label column.
        labels: Length,
        /// The rows.
        rows: Vec<Fact>,
    },
    /// A table of running content.
    Table(Table),
    /// Blocks that stay on one page.
    Keep(Vec<Block>),
    /// Vertical distance; vanishes at the top of a page.
    Space(Length),
    /// Horizontal rule.
    Rule {
        /// Thickness.
        line: Length,
    },
    /// Text in an outlined box as wide as its text.
    Mark(Paragraph),
    /// The logo of the customer.
    Logo {
        /// To the right.
        width: Length,
        /// Downwards.
        height: Length,
        /// How it stands.
        align: Align,
        /// What it shows, in words.
        alt: String,
    },
    /// QR code.
    Qr {
        /// What it says.
        text: String,
        /// Edge of the square.
        size: Length,
    },
    /// A bar chart.
    Bars(Bars),
}

impl Block {
    /// What it is in the structure of the document.
    #[must_use]
    pub fn role(&self) -> Role {
        match self {
            Self::Heading { level: 1, .. } => Role::H1,
            Self::Heading { .. } => Role::H2,
            Self::Paragraph(_) | Self::Mark(_) | Self::Facts { .. } => Role::P,
            Self::Table(_) => Role::TableData,
            Self::Qr { .. } | Self::Logo { .. } | Self::Bars(_) => Role::Figure,
            Self::Columns { .. } | Self::Keep(_) | Self::Space(_) | Self::Rule { .. } => Role::Artifact,
        }
    }
}

/// A label and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The label.
    pub label: Paragraph,
    /// The value.
    pub value: Paragraph,
}

/// Width of a table column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// This wide.
    Fixed(Length),
    /// As wide as its widest cell, but no wider than this.
    Auto(Length),
    /// What is left; one column has it.
    Rest,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its width.
    pub width: Width,
    /// How its cells stand.
    pub align: Align,
}

/// A table with repeated header and carried sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Columns from left to right.
    pub columns: Vec<Column>,
    /// Between two columns.
    pub gap: Length,
    /// Word of the carry rows ("Übertrag"); without it nothing is carried.
    pub carry: Option<String>,
    /// Header row, one cell per column.
    pub head: Vec<Cell>,
    /// Body rows.
    pub rows: Vec<Row>,
    /// Sums; they stay together and with the last row.
    pub foot: Vec<FootRow>,
}

/// A body row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What it adds to the carried sum.
    pub amount: Option<Net>,
    /// One cell per column.
    pub cells: Vec<Cell>,
}

/// A cell: paragraphs below each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its paragraphs.
    pub paragraphs: Vec<Paragraph>,
}

/// A row of sums: a label over all columns but the last, and the last column's cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FootRow {
    /// Whether it is the sum of sums: bold, below a rule.
    pub strong: bool,
    /// Label.
    pub label: Paragraph,
    /// Figure.
    pub value: Paragraph,
}
