//! The type sizes and inks of all documents: few, named, defined once.

use crate::length::Length;

/// A cut of the one family we print in. Styles ask for the first two; the shaper takes the others for single letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Face {
    /// Noto Sans Regular, or the regular font of the customer.
    Regular,
    /// Noto Sans Bold, or the bold font of the customer.
    Bold,
    /// Signs that Noto Sans lacks (≤, ∞, →, ✓).
    Signs,
    /// Noto Sans Regular for letters the customer's font lacks.
    NotoRegular,
    /// Noto Sans Bold for letters the customer's font lacks.
    NotoBold,
}

/// How dark: text is black or grey, nothing is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ink {
    /// Text.
    Black,
    /// Labels and notes; dark enough for 4.5:1 on white.
    Grey,
    /// Rules and fold marks.
    Light,
}

/// Face, size and ink of a run of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Style {
    /// Cut.
    pub face: Face,
    /// Size in tenths of a point.
    pub size: i64,
    /// Ink.
    pub ink: Ink,
}

/// What a paragraph is for; its class in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Running text.
    Body,
    /// Cells of tables, values of the information block.
    Table,
    /// Terms, second lines in cells.
    Small,
    /// Labels above or beside values.
    Label,
    /// Page footers, sender line.
    Fine,
    /// Name in the letterhead.
    Name,
    /// Heading of the document.
    Title,
    /// Heading of a section.
    Section,
    /// Marks that nobody may overlook: "ENTWURF".
    Mark,
}

impl Class {
    /// The class a template names.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "body" => Self::Body,
            "table" => Self::Table,
            "small" => Self::Small,
            "label" => Self::Label,
            "fine" => Self::Fine,
            "name" => Self::Name,
            "mark" => Self::Mark,
            _ => return None,
        })
    }

    /// Style of its plain text.
    #[must_use]
    pub const fn style(self) -> Style {
        let (face, size, ink) = match self {
            Self::Body => (Face::Regular, 95, Ink::Black),
            Self::Table => (Face::Regular, 88, Ink::Black),
            Self::Small => (Face::Regular, 80, Ink::Grey),
            Self::Label => (Face::Regular, 75, Ink::Grey),
            Self::Fine => (Face::Regular, 70, Ink::Grey),
            Self::Name => (Face::Bold, 150, Ink::Black),
            Self::Title => (Face::Bold, 125, Ink::Black),
            Self::Section => (Face::Bold, 95, Ink::Black),
            Self::Mark => (Face::Bold, 110, Ink::Black),
        };
        Style { face, size, ink }
    }

    /// Distance from baseline to baseline.
    #[must_use]
    pub fn leading(self, density: Density) -> Length {
        let percent = match self {
            Self::Body | Self::Small => 138,
            Self::Table => 136,
            Self::Label | Self::Fine => 132,
            Self::Name | Self::Title | Self::Section | Self::Mark => 128,
        };
        let percent = if density == Density::Tight { percent - 6 } else { percent };
        Length::tenths_of_point(self.style().size).scaled(percent, 100)
    }
}

/// How much air there is; the tighter one is taken if it saves a page that would be almost empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Density {
    /// As designed.
    Normal,
    /// Lines and rows somewhat closer; never smaller type.
    Tight,
}

impl Density {
    /// A vertical distance under this density.
    #[must_use]
    pub fn gap(self, normal: Length) -> Length {
        match self {
            Self::Normal => normal,
            Self::Tight => normal.scaled(6, 10),
        }
    }
}
