//! Formats in which an order, or what changes it, lies in its PDF as data for programs.

/// A format in which an order lies in its PDF as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DataFormat {
    /// Order-X 1.0.
    OrderX,
    /// Peppol BIS Order only 3.
    Peppol,
}

impl DataFormat {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::OrderX, Self::Peppol];

    /// Name of the file within the PDF.
    #[must_use]
    pub const fn embedded_name(self) -> &'static str {
        match self {
            Self::OrderX => "order-x.xml",
            Self::Peppol => "peppol-order.xml",
        }
    }

    /// The format of a file with this name within a PDF.
    #[must_use]
    pub fn of_embedded(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.embedded_name() == name)
    }

    /// Key in addresses and file names.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::OrderX => "order-x",
            Self::Peppol => "peppol",
        }
    }

    /// The format with this key.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.key() == key)
    }

    /// What users read.
    #[must_use]
    pub const fn german(self) -> &'static str {
        match self {
            Self::OrderX => "Order-X",
            Self::Peppol => "Peppol BIS Order only 3",
        }
    }

    /// Name of the file beside a PDF of this name: `Abruf_1.order-x.xml` beside `Abruf_1.pdf`.
    #[must_use]
    pub fn file_name(self, pdf: &str) -> String {
        format!("{}.{}.xml", pdf.strip_suffix(".pdf").unwrap_or(pdf), self.key())
    }
}

/// What lies in a PDF, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    /// Its format.
    pub format: DataFormat,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Size of the file in bytes.
    pub length: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_found_by_its_key_and_by_its_name_in_a_pdf() {
        for format in DataFormat::ALL {
            assert_eq!(DataFormat::of_key(format.key()), Some(format));
            assert_eq!(DataFormat::of_embedded(format.embedded_name()), Some(format));
        }
        assert_eq!(DataFormat::of_key("cxml"), None);
        assert_eq!(DataFormat::Peppol.file_name("Abruf_RV-1.2.pdf"), "Abruf_RV-1.2.peppol.xml");
    }
}
