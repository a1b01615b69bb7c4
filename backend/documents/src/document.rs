//! What comes out: the bytes of a document with the two hashes that prove it.
//!
//! The *Prüfkennung* ([`CheckCode`]) is printed on each page and stands for the input: all values,
//! the text of the template and the version of the program. The SHA-256 of the file stands for the
//! bytes and is what is published and chained.

use std::fmt;
use std::str::FromStr;

use abruf_domain::data_format::Embedded;
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// A finished document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The PDF file.
    pub bytes: Vec<u8>,
    /// The printed Prüfkennung.
    pub check_code: CheckCode,
    /// SHA-256 of [`Self::bytes`].
    pub sha256: [u8; 32],
    /// First 12 hexadecimal digits of the SHA-256 of the template's text.
    pub template_version: String,
    /// Number of pages.
    pub pages: usize,
    /// Title as in the file's metadata, German.
    pub title: String,
    /// Suggested file name, ASCII, with `.pdf`.
    pub file_name: String,
    /// The order as data that lies in the file, in alphabetical order of the names there.
    pub attachments: Vec<Embedded>,
    /// Canonical JSON the Prüfkennung stands for; with the template's text, the document can be made again from it.
    pub input: String,
}

/// Why there is no document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DocumentError {
    /// The template cannot be read, calls for something that is not there, or makes no valid blocks.
    #[error("template {file}, line {line}: {reason}")]
    Template {
        /// File name of the template, or of the blocks it made (`order.xml`).
        file: String,
        /// Line counted from 1; 0 if unknown.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A file of the customer that is no template cannot be used: logo, font, text block, `letterhead.toml`.
    #[error("{file}: {reason}")]
    Asset {
        /// File name.
        file: String,
        /// What is wrong with it; German, as who made the file reads it.
        reason: String,
    },
    /// No template of this name is known.
    #[error("there is no template `{0}`")]
    UnknownTemplate(String),
    /// The data contradict themselves; a document whose sums do not add up is never made.
    #[error("{what} is {given}, but the lines add up to {computed}")]
    DoesNotAddUp {
        /// Which figure: "net total", "base of 19 % S".
        what: String,
        /// The figure in the data.
        given: String,
        /// The figure the lines give.
        computed: String,
    },
    /// The data cannot be written as JSON, which only a defect in the data types can cause; or what is to be read again
    /// is no recorded input.
    #[error("the data of the document cannot be serialised or read again: {0}")]
    Input(String),
    /// The PDF could not be put together, which only a defect in fonts or writer can cause.
    #[error("the file could not be written: {0}")]
    File(String),
}

/// 16 base32 characters (80 bits) of a SHA-256: short enough to type, too long to hit by chance.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CheckCode(String);

/// A text that is not 16 base32 characters.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{0}` is no check code: 16 letters A to Z and digits 2 to 7 are expected")]
pub struct NotACheckCode(String);

impl CheckCode {
    const LENGTH: usize = 16;

    /// The code of a canonical input.
    #[must_use]
    pub fn of(canonical_input: &[u8]) -> Self {
        let digest = Sha256::digest(canonical_input);
        let mut text = BASE32_NOPAD.encode(&digest);
        text.truncate(Self::LENGTH);
        Self(text)
    }

    /// The 16 characters without separators, as in addresses and in the database.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Grouped for the eye: `ABCD-EFGH-IJKL-MNOP`.
impl fmt::Display for CheckCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, letter) in self.0.chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{letter}")?;
        }
        Ok(())
    }
}

/// Takes what people type: small letters, groups with hyphens or spaces, 0, 1 and 8 for O, I and B.
impl FromStr for CheckCode {
    type Err = NotACheckCode;
    fn from_str(text: &str) -> Result<Self, NotACheckCode> {
        let refuse = || NotACheckCode(text.chars().take(40).collect());
        if text.len() > 4 * Self::LENGTH {
            return Err(refuse());
        }
        let typed = text.chars().filter(|c| !matches!(c, '-' | ' ' | '\u{a0}'));
        let code: String = typed
            .map(|c| match c.to_ascii_uppercase() {
                '0' => 'O',
                '1' => 'I',
                '8' => 'B',
                other => other,
            })
            .collect();
        let valid = code.len() == Self::LENGTH && code.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'2'..=b'7'));
        if valid { Ok(Self(code)) } else { Err(refuse()) }
    }
}

impl TryFrom<String> for CheckCode {
    type Error = NotACheckCode;
    fn try_from(text: String) -> Result<Self, NotACheckCode> {
        text.parse()
    }
}

impl From<CheckCode> for String {
    fn from(code: CheckCode) -> Self {
        code.0
    }
}

/// Short name of a text: the first 12 hexadecimal digits of its SHA-256.
pub(crate) fn short_hash(text: &str) -> String {
    let mut hex = HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
    hex.truncate(12);
    hex
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_code_is_printed_in_groups_and_read_back_from_what_people_type() {
        let code = CheckCode::of(b"one order");
        assert_eq!(code.as_str().len(), 16);
        let printed = code.to_string();
        assert_eq!(printed.len(), 19);
        assert_eq!(printed.parse(), Ok(code.clone()));
        assert_eq!(printed.to_lowercase().replace('-', " ").parse(), Ok(code));
    }

    #[test]
    fn digits_that_look_like_letters_are_forgiven() {
        assert_eq!("O0O0-I1I1-B8B8-2345".parse::<CheckCode>(), "OOOOIIIIBBBB2345".parse());
    }

    #[test]
    fn anything_else_is_no_check_code() {
        for text in ["", "ABCD", "ABCD-EFGH-IJKL-MNO9", "ÄBCD-EFGH-IJKL-MNO", &"A".repeat(1000)] {
            assert!(text.parse::<CheckCode>().is_err(), "{text} was taken");
        }
    }
}
