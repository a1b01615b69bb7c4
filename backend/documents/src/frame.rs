//! Laid-out pages: plain data in millimetres from the top left corner of the paper.
//!
//! Goldens compare the text form of [`Page`]; the writer turns it into operators. Every item knows
//! which block it came from and what that block is, so that a later pass can build the structure
//! tree of a tagged file without looking at the layout again.

use std::fmt;

use crate::chart::Fill;
use crate::length::Length;
use crate::style::{Face, Ink, Style};

/// What an item is in the structure of the document (names of ISO 32000 structure types).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Not part of the text: letterhead, footers, rules, repeated headers, carried sums.
    Artifact,
    /// Document heading.
    H1,
    /// Section heading.
    H2,
    /// Paragraph.
    P,
    /// Header cell of a table.
    TableHeader,
    /// Data cell of a table.
    TableData,
    /// Cell of the sums below a table.
    TableSum,
    /// Picture with an alternative text.
    Figure,
}

/// Where an item comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Source {
    /// Running number of the block in reading order, from 0.
    pub block: u32,
    /// Row within a table, from 0; 0 for everything else.
    pub row: u32,
    /// Column within a row, from 0; 0 for everything else.
    pub column: u32,
    /// What it is.
    pub role: Role,
}

impl Source {
    /// A block as a whole.
    #[must_use]
    pub const fn block(block: u32, role: Role) -> Self {
        Self { block, row: 0, column: 0, role }
    }

    /// The same place, but decoration.
    #[must_use]
    pub const fn as_artifact(self) -> Self {
        Self { role: Role::Artifact, ..self }
    }
}

/// One thing at one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Left edge.
    pub x: Length,
    /// Baseline of text, top edge of everything else.
    pub y: Length,
    /// Where it comes from.
    pub source: Source,
    /// What it is.
    pub shape: Shape,
}

/// What follows a run of text when its element is read on, aloud or by a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Joint {
    /// A new word: a space is set behind the run.
    Space,
    /// The same word goes on.
    Nothing,
    /// The same word goes on, and the hyphen at the end of the run is not part of it.
    SoftHyphen,
}

/// What can stand on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// One run of text on one baseline.
    Text {
        /// The characters, in reading order.
        text: String,
        /// Face, size, ink.
        style: Style,
        /// Advance width.
        width: Length,
        /// What follows it in its element.
        joint: Joint,
    },
    /// A horizontal or vertical rule: a filled box without border.
    Rule {
        /// To the right.
        width: Length,
        /// Downwards.
        height: Length,
        /// Ink.
        ink: Ink,
    },
    /// An outlined box.
    Outline {
        /// To the right.
        width: Length,
        /// Downwards.
        height: Length,
        /// Thickness of the line.
        line: Length,
    },
    /// The logo of the customer.
    Logo {
        /// To the right.
        width: Length,
        /// Downwards.
        height: Length,
        /// What it shows, in words.
        alt: String,
    },
    /// A QR code, black modules on white.
    Qr {
        /// Edge of the square.
        size: Length,
        /// Rows of modules, `true` is black.
        modules: Vec<Vec<bool>>,
        /// What the code says.
        text: String,
    },
    /// The bars of a chart and their line of zero; labels and figures are texts of the same element.
    Bars {
        /// To the right.
        width: Length,
        /// Downwards.
        height: Length,
        /// The line of zero, from the left edge.
        zero: Length,
        /// The bars, with places from the left upper corner of the chart.
        bars: Vec<Bar>,
        /// What the chart shows, in words.
        alt: String,
    },
}

/// A bar of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// Left edge.
    pub x: Length,
    /// Top edge.
    pub y: Length,
    /// To the right.
    pub width: Length,
    /// Downwards.
    pub height: Length,
    /// How it is filled.
    pub fill: Fill,
}

impl Item {
    /// Right edge.
    #[must_use]
    pub fn right(&self) -> Length {
        let width = match &self.shape {
            Shape::Text { width, .. }
            | Shape::Rule { width, .. }
            | Shape::Outline { width, .. }
            | Shape::Logo { width, .. }
            | Shape::Bars { width, .. } => *width,
            Shape::Qr { size, .. } => *size,
        };
        self.x + width
    }

    /// Lowest edge; a quarter of the size below the baseline for text.
    #[must_use]
    pub fn bottom(&self) -> Length {
        match &self.shape {
            Shape::Text { style, .. } => self.y + Length::tenths_of_point(style.size) / 4,
            Shape::Rule { height, .. }
            | Shape::Outline { height, .. }
            | Shape::Logo { height, .. }
            | Shape::Bars { height, .. } => self.y + *height,
            Shape::Qr { size, .. } => self.y + *size,
        }
    }

    /// The same item somewhere else.
    #[must_use]
    pub fn moved(mut self, right: Length, down: Length) -> Self {
        self.x += right;
        self.y += down;
        self
    }
}

/// One sheet, A4 upright.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Everything on it, in reading order.
    pub items: Vec<Item>,
}

impl Page {
    /// Width of the paper.
    pub const WIDTH: Length = Length::mm(210);
    /// Height of the paper.
    pub const HEIGHT: Length = Length::mm(297);
}

/// One line per item: place, width, style, text.
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>7} {:>7}  ", self.x.to_string(), self.y.to_string())?;
        match &self.shape {
            Shape::Text { text, style, width, .. } => {
                let face = if matches!(style.face, Face::Bold | Face::NotoBold) { "bold" } else { "text" };
                let ink = if style.ink == Ink::Black { "" } else { " grey" };
                let (points, tenth) = (style.size / 10, style.size % 10);
                write!(f, "w {:>6} {face} {points}.{tenth}{ink} {:?}", width.to_string(), text)?;
            }
            Shape::Rule { width, height, ink } => write!(f, "rule {width} x {height} {ink:?}")?,
            Shape::Outline { width, height, line } => write!(f, "outline {width} x {height}, line {line}")?,
            Shape::Logo { width, height, alt } => write!(f, "logo {width} x {height} {alt:?}")?,
            Shape::Qr { size, modules, text } => write!(f, "qr {size}, {} modules, {text:?}", modules.len())?,
            Shape::Bars { width, height, zero, bars, alt } => {
                write!(f, "bars {width} x {height}, zero at {zero}, {alt:?}")?;
                for bar in bars {
                    write!(f, " [{} {} {} x {} {:?}]", bar.x, bar.y, bar.width, bar.height, bar.fill)?;
                }
            }
        }
        let Source { block, row, column, role } = self.source;
        match role {
            Role::Artifact => Ok(()),
            Role::TableHeader | Role::TableData | Role::TableSum => write!(f, "  <{role:?} {block}.{row}.{column}>"),
            Role::H1 | Role::H2 | Role::P | Role::Figure => write!(f, "  <{role:?} {block}>"),
        }
    }
}

/// All items, one per line.
impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for item in &self.items {
            writeln!(f, "{item}")?;
        }
        Ok(())
    }
}
