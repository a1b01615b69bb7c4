//! Files that people hand in as evidence: taken for what their bytes are, not for what they are called.

use std::io::Cursor;

use super::{ActionError, FieldError};

/// Largest file, in bytes.
pub const MOST_BYTES: usize = 8_000_000;
/// Longest file name that is kept, in characters.
const LONGEST_NAME: usize = 200;

/// What evidence may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// PDF.
    Pdf,
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// Text with separators, UTF-8 or Windows-1252.
    Csv,
    /// Excel without macros.
    Xlsx,
}

impl MediaType {
    /// As HTTP calls it.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Csv => "text/csv",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        }
    }

    /// The type with this key.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Pdf, Self::Png, Self::Jpeg, Self::Csv, Self::Xlsx].into_iter().find(|it| it.key() == key)
    }

    const fn german(self) -> &'static str {
        match self {
            Self::Pdf => "ein PDF",
            Self::Png => "ein PNG-Bild",
            Self::Jpeg => "ein JPEG-Bild",
            Self::Csv => "eine CSV-Datei",
            Self::Xlsx => "eine Excel-Datei (XLSX)",
        }
    }

    fn of_ending(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1.to_lowercase().as_str() {
            "pdf" => Some(Self::Pdf),
            "png" => Some(Self::Png),
            "jpg" | "jpeg" => Some(Self::Jpeg),
            "csv" => Some(Self::Csv),
            "xlsx" => Some(Self::Xlsx),
            _ => None,
        }
    }

    /// What the bytes are; `None`: nothing that is taken.
    #[must_use]
    pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
        match bytes {
            // A PDF cut off on its way has no end.
            [b'%', b'P', b'D', b'F', b'-', ..] => ends_like_a_pdf(bytes).then_some(Self::Pdf),
            [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, ..] => Some(Self::Png),
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [b'P', b'K', 3, 4, ..] => is_workbook(bytes).then_some(Self::Xlsx),
            _ => is_table_of_text(bytes).then_some(Self::Csv),
        }
    }
}

fn ends_like_a_pdf(bytes: &[u8]) -> bool {
    bytes[bytes.len().saturating_sub(1_024)..].windows(5).any(|it| it == b"%%EOF")
}

/// A workbook without macros: they are programs.
fn is_workbook(bytes: &[u8]) -> bool {
    let Ok(archive) = zip::ZipArchive::new(Cursor::new(bytes)) else { return false };
    let has = |name: &str| archive.file_names().any(|it| it.is_ok_and(|it| it.eq_ignore_ascii_case(name)));
    has("[Content_Types].xml") && has("xl/workbook.xml") && !has("xl/vbaProject.bin")
}

/// Text without control characters, with a separator in its first line.
fn is_table_of_text(bytes: &[u8]) -> bool {
    let control = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\r' | b'\n');
    let first = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    !bytes.iter().any(control) && first.iter().any(|byte| matches!(byte, b';' | b',' | b'\t'))
}

/// A file as somebody sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentFile {
    /// What it is called.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
}

impl SentFile {
    /// What it is, if that is one of `allowed` and what its name says.
    ///
    /// # Errors
    /// [`ActionError::Invalid`] at `field`: empty, too large, of another type than its name says, or of none that is taken.
    pub fn recognised(&self, field: &str, allowed: &[MediaType]) -> Result<MediaType, ActionError> {
        self.judged(allowed).map_err(|message| ActionError::Invalid(vec![FieldError::new(field, message)]))
    }

    fn judged(&self, allowed: &[MediaType]) -> Result<MediaType, String> {
        let name: String = self.name.chars().take(60).collect();
        if self.bytes.is_empty() {
            return Err(format!("Die Datei „{name}“ ist leer. Bitte wählen Sie die Datei noch einmal aus."));
        }
        if MOST_BYTES < self.bytes.len() {
            return Err(format!(
                "Die Datei „{name}“ hat {} MB, erlaubt sind {} MB. Bitte verkleinern oder teilen Sie sie.",
                self.bytes.len().div_ceil(1_000_000),
                MOST_BYTES / 1_000_000
            ));
        }
        let kinds = allowed.iter().map(|it| it.german()).collect::<Vec<_>>().join(", ");
        let ending = MediaType::of_ending(&self.name);
        match (ending, MediaType::of_bytes(&self.bytes)) {
            (Some(ending), Some(is)) if ending == is && allowed.contains(&is) => Ok(is),
            (Some(ending), Some(is)) if ending == is => {
                Err(format!("Die Datei „{name}“ ist {}. Erwartet: {kinds}.", is.german()))
            }
            (_, Some(is)) => Err(format!(
                "Die Datei „{name}“ ist in Wirklichkeit {}. Bitte laden Sie sie unter einem Namen mit der richtigen Endung hoch.",
                is.german()
            )),
            (Some(ending), None) => Err(format!(
                "Die Datei „{name}“ ist nicht {}, oder sie ist beschädigt. Bitte öffnen Sie sie, speichern Sie sie neu und laden Sie sie noch einmal hoch.",
                ending.german()
            )),
            (None, None) => Err(format!("Die Datei „{name}“ kann kein Beleg sein. Erwartet: {kinds}.")),
        }
    }

    /// The name as it is kept: without folders and control characters, not too long.
    #[must_use]
    pub fn kept_name(&self) -> String {
        let last = self.name.rsplit(['/', '\\']).next().unwrap_or_default();
        let clean: String = last.chars().filter(|c| !c.is_control()).collect();
        let count = clean.chars().count();
        // The end says what it is.
        clean.trim().chars().skip(count.saturating_sub(LONGEST_NAME)).collect()
    }
}

/// What may prove a comparison price.
pub const EVIDENCE: &[MediaType] = &[MediaType::Pdf, MediaType::Png, MediaType::Jpeg, MediaType::Csv, MediaType::Xlsx];

/// What may hold a table.
pub const TABLES: &[MediaType] = &[MediaType::Csv, MediaType::Xlsx];

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(name: &str, bytes: &[u8]) -> Result<MediaType, String> {
        SentFile { name: name.to_owned(), bytes: bytes.to_vec() }.judged(EVIDENCE)
    }

    #[test]
    fn a_file_is_what_its_bytes_are() {
        let png = b"\x89PNG\r\n\x1a\nrest";
        assert_eq!(judged("Rechnung.PDF", b"%PDF-1.7 ... %%EOF\n"), Ok(MediaType::Pdf));
        assert_eq!(judged("foto.png", png), Ok(MediaType::Png));
        assert_eq!(judged("foto.jpeg", b"\xff\xd8\xff\xe0"), Ok(MediaType::Jpeg));
        assert_eq!(judged("preise.csv", "Artikel;Preis\nÄ;1".as_bytes()), Ok(MediaType::Csv));
        for (name, bytes, told) in [
            ("Rechnung.pdf", &png[..], "in Wirklichkeit ein PNG-Bild"),
            ("Rechnung.pdf", b"MZ\x90\x00", "ist nicht ein PDF"),
            ("Rechnung.pdf", b"%PDF-1.7 cut off", "ist nicht ein PDF"),
            ("Rechnung.pdf", b"a;b\n", "in Wirklichkeit eine CSV-Datei"),
            ("preise.xlsx", b"PK\x03\x04no zip", "ist nicht eine Excel-Datei"),
            ("brief.docx", b"MZ\x90\x00", "kann kein Beleg sein"),
            ("preise.csv", b"nur ein Satz ohne Trennzeichen", "ist nicht eine CSV-Datei"),
            ("leer.pdf", b"", "ist leer"),
        ] {
            let message = judged(name, bytes).expect_err(name);
            assert!(message.contains(told), "{name}: {message}");
        }
        assert!(judged("gross.csv", &vec![b';'; MOST_BYTES + 1]).expect_err("large").contains("erlaubt sind 8 MB"));
    }

    #[test]
    fn only_the_last_part_of_a_name_is_kept() {
        let kept = |name: &str| SentFile { name: name.to_owned(), bytes: Vec::new() }.kept_name();
        assert_eq!(kept("C:\\Belege\\Rechnung 7.pdf"), "Rechnung 7.pdf");
        assert_eq!(kept("../../etc/\u{7}x.csv"), "x.csv");
        assert!(kept(&format!("{}.pdf", "ä".repeat(400))).ends_with("ä.pdf"));
        assert_eq!(kept(&"x".repeat(400)).chars().count(), LONGEST_NAME);
    }
}
