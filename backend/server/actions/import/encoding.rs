//! Bytes to text where nobody knows how they were written: UTF-8 with or without its mark, UTF-16 with its
//! mark, Windows-1252, Mac Roman, and files that somebody put together of several of them.
//!
//! Nothing is replaced: every byte becomes a character, and what was done is told.

use std::borrow::Cow;

use encoding_rs::{Encoding, MACINTOSH, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::actions::import::table::FileRefused;

/// Letters and signs that people in Europe write; whatever turns bytes into these is probably right.
const PLAUSIBLE: &str = "äöüÄÖÜßéèêëáàâåæçíìîïñóòôøúùûÉÈÀÁÅÆÇÑÓØÚ€£§°–—‘’“”„«»…·\u{a0}";

/// A file as text, and how its bytes were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded<'a> {
    /// The text, without a mark.
    pub text: Cow<'a, str>,
    /// What to tell the reader: none for plain UTF-8.
    pub told: Option<Told>,
}

/// That a file is not plain UTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Name of the encoding, as spreadsheets call it.
    pub encoding: &'static str,
    /// Lines that are written in it.
    pub lines: u64,
    /// The first of them, from 1.
    pub first_line: u64,
    /// The word of that line in which the first such character stands, as it was read.
    pub example: String,
    /// Lines beside them that are written in UTF-8 after all.
    pub lines_in_utf8: u64,
}

/// Names a mapping may give instead of `auto`.
pub const NAMES: [&str; 4] = ["auto", "utf-8", "windows-1252", "macintosh"];

/// Reads the bytes as `name` says, one of [`NAMES`].
///
/// # Errors
/// If they are no text, or `name` is UTF-8 and they are not.
pub fn decode<'a>(bytes: &'a [u8], name: &str) -> Result<Decoded<'a>, FileRefused> {
    if let Some(wide) = wide(bytes) {
        // The mark is taken off by the decoder.
        let (text, _, broken) = wide.decode(bytes);
        return if broken { Err(FileRefused::Utf16) } else { Ok(Decoded { text, told: None }) };
    }
    if bytes.iter().take(4000).any(|byte| *byte == 0) {
        return Err(FileRefused::Utf16);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Decoded { text: Cow::Borrowed(text), told: None }),
        Err(error) if name == "utf-8" => {
            Err(FileRefused::NotUtf8 { line: 1 + line_ends(&bytes[..error.valid_up_to()]) })
        }
        Err(_) => Ok(line_by_line(bytes, one_byte(bytes, name))),
    }
}

/// UTF-16, if the file says so.
fn wide(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0xff, 0xfe, ..] => Some(UTF_16LE),
        [0xfe, 0xff, ..] => Some(UTF_16BE),
        _ => None,
    }
}

/// The encoding of one byte per character that makes more sense; where lines end with CR alone, an old
/// Mac has written them.
fn one_byte(bytes: &[u8], name: &str) -> &'static Encoding {
    match name {
        "windows-1252" => return WINDOWS_1252,
        "macintosh" => return MACINTOSH,
        _ => {}
    }
    let mac_lines = bytes.contains(&b'\r') && !bytes.contains(&b'\n');
    let sense = |encoding: &'static Encoding| {
        let high: Vec<u8> = bytes.iter().copied().filter(|byte| !byte.is_ascii()).collect();
        let (text, _) = encoding.decode_without_bom_handling(&high);
        text.chars().filter(|character| PLAUSIBLE.contains(*character)).count()
    };
    let (mac, windows) = (sense(MACINTOSH), sense(WINDOWS_1252));
    if windows < mac || (windows == mac && mac_lines) { MACINTOSH } else { WINDOWS_1252 }
}

/// Lines that are UTF-8 stay what they are; the others are read in `encoding`.
fn line_by_line<'a>(bytes: &[u8], encoding: &'static Encoding) -> Decoded<'a> {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 16);
    let mut told = Told {
        encoding: if encoding == MACINTOSH { "Mac Roman" } else { "Windows-1252" },
        lines: 0,
        first_line: 0,
        example: String::new(),
        lines_in_utf8: 0,
    };
    let mut line = 1;
    for piece in bytes.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
        match std::str::from_utf8(piece) {
            Ok(read) => {
                told.lines_in_utf8 += u64::from(!read.is_ascii());
                text.push_str(read);
            }
            Err(_) => {
                let (read, _) = encoding.decode_without_bom_handling(piece);
                if told.lines == 0 {
                    told.first_line = line;
                    told.example = example(&read);
                }
                told.lines += 1;
                text.push_str(&read);
            }
        }
        // CR LF ends a line once: its second piece is a line end alone.
        line += match piece {
            [.., b'\r'] => 1,
            [b'\n'] if text.as_bytes().iter().rev().nth(1) == Some(&b'\r') => 0,
            [.., b'\n'] => 1,
            _ => 0,
        };
    }
    Decoded { text: Cow::Owned(text), told: Some(told) }
}

/// The word of the line with the first character beyond ASCII.
fn example(line: &str) -> String {
    let word = line.split([' ', ',', ';', '\t', '|', '"']).find(|word| !word.is_ascii()).unwrap_or_default();
    word.trim().chars().take(40).collect()
}

fn line_ends(bytes: &[u8]) -> u64 {
    let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    });
    ends.count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> (String, Option<(&'static str, u64, u64)>) {
        let decoded = decode(bytes, "auto").expect("text");
        let told = decoded.told.map(|told| (told.encoding, told.lines, told.first_line));
        (decoded.text.into_owned(), told)
    }

    #[test]
    fn utf_8_and_utf_16_are_read_with_and_without_their_mark() {
        assert_eq!(read("a;Dähre\n".as_bytes()), ("a;Dähre\n".to_owned(), None));
        assert_eq!(read("\u{feff}a;Dähre\n".as_bytes()), ("a;Dähre\n".to_owned(), None));
        let wide: Vec<u8> = "\u{feff}a;Dähre\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(&wide), ("a;Dähre\n".to_owned(), None));
        assert_eq!(decode(b"a\0;\0", "auto"), Err(FileRefused::Utf16));
    }

    #[test]
    fn what_makes_sense_decides_between_windows_and_mac() {
        assert_eq!(read(b"a\nD\xe4hre;K\xf6then\n"), ("a\nDähre;Köthen\n".to_owned(), Some(("Windows-1252", 1, 2))));
        assert_eq!(read(b"a\rD\x8ahre;K\x9athen\r"), ("a\rDähre;Köthen\r".to_owned(), Some(("Mac Roman", 1, 2))));
        assert_eq!(read(b"a\rOffice\xd5s\r").0, "a\rOffice’s\r");
        assert_eq!(read(b"a\nOffice\x92s\n").0, "a\nOffice’s\n");
        assert_eq!(decode(b"D\xe4hre", "macintosh").expect("text").text, "D‰hre", "a mapping has the last word");
    }

    #[test]
    fn lines_of_several_encodings_are_read_each_in_its_own() {
        let mut bytes = "eins;Köthen\r\n".as_bytes().to_vec();
        bytes.extend_from_slice(b"zwei;D\xe4hre\r\n");
        let decoded = decode(&bytes, "auto").expect("text");
        assert_eq!(decoded.text, "eins;Köthen\r\nzwei;Dähre\r\n");
        let told = decoded.told.expect("told");
        assert_eq!((told.lines, told.first_line, told.lines_in_utf8), (1, 2, 1));
        assert_eq!(told.example, "Dähre");
    }

    #[test]
    fn a_mapping_that_promises_utf_8_is_taken_at_its_word() {
        assert_eq!(decode(b"a\nb\nD\xe4hre", "utf-8"), Err(FileRefused::NotUtf8 { line: 3 }));
    }
}
