//! The pass after printpdf: what makes the file reproducible and well described.
//!
//! [`STEPS`] is one list of functions over the finished object tree. Conformance to PDF/A-3a and
//! PDF/UA, the structure tree and the embedded Order-X will be further functions of this list.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use lopdf::{Dictionary, Document, Object, StringFormat, text_string};
use miniz_oxide::deflate::compress_to_vec_zlib;
use sha2::{Digest, Sha256};

use crate::document::DocumentError;
use crate::style::Face;

/// What a file says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileFacts {
    /// Title, shown by the viewer.
    pub(crate) title: String,
    /// Language of the text, `de`.
    pub(crate) language: String,
    /// Whose letter it is.
    pub(crate) author: String,
    /// Name and version of the program.
    pub(crate) producer: String,
    /// From the data: there is no clock here.
    pub(crate) created: DateTime<Utc>,
    /// SHA-256 of the canonical input.
    pub(crate) input: [u8; 32],
}

type Step = fn(&mut Document, &FileFacts) -> Result<(), lopdf::Error>;

/// Everything done to the file, in this order.
const STEPS: [Step; 5] = [version, information, catalog, identity, compression];

/// Runs all steps and writes the bytes.
pub(crate) fn finish(mut file: Document, facts: &FileFacts) -> Result<Vec<u8>, DocumentError> {
    let failed = |error: &dyn std::fmt::Display| DocumentError::File(error.to_string());
    for step in STEPS {
        step(&mut file, facts).map_err(|error| failed(&error))?;
    }
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).map_err(|error| failed(&error))?;
    Ok(bytes)
}

/// PDF 1.7: printpdf says 1.3, which knows none of what it writes.
fn version(file: &mut Document, _: &FileFacts) -> Result<(), lopdf::Error> {
    "1.7".clone_into(&mut file.version);
    Ok(())
}

/// Replaces the information dictionary: printpdf's has its own clock and a wrong PDF/X entry.
fn information(file: &mut Document, facts: &FileFacts) -> Result<(), lopdf::Error> {
    let date = Object::String(facts.created.format("D:%Y%m%d%H%M%SZ").to_string().into_bytes(), StringFormat::Literal);
    let information = Dictionary::from_iter([
        ("Title", text_string(&facts.title)),
        ("Author", text_string(&facts.author)),
        ("Creator", text_string(&facts.producer)),
        ("Producer", text_string(&facts.producer)),
        ("CreationDate", date.clone()),
        ("ModDate", date),
    ]);
    let id = file.trailer.get(b"Info")?.as_reference()?;
    file.objects.insert(id, Object::Dictionary(information));
    Ok(())
}

/// Language, and the title instead of the file name in the viewer's window.
fn catalog(file: &mut Document, facts: &FileFacts) -> Result<(), lopdf::Error> {
    let language = text_string(&facts.language);
    let catalog = file.catalog_mut()?;
    catalog.set("Lang", language);
    catalog.set("PageLayout", Object::Name(b"SinglePage".to_vec()));
    let preferences = Dictionary::from_iter([("DisplayDocTitle", Object::Boolean(true))]);
    catalog.set("ViewerPreferences", Object::Dictionary(preferences));
    Ok(())
}

/// `/ID` from the content: printpdf's comes from a counter.
fn identity(file: &mut Document, facts: &FileFacts) -> Result<(), lopdf::Error> {
    let id = Object::String(facts.input[..16].to_vec(), StringFormat::Hexadecimal);
    file.trailer.set("ID", Object::Array(vec![id.clone(), id]));
    Ok(())
}

/// zlib's ordinary level; the highest, which lopdf takes, costs twice the time for one byte in a hundred.
const LEVEL: u8 = 6;

/// Deflates streams with a compressor named here: lopdf's depends on which backend of flate2 any
/// other crate of the program switches on, and with it the bytes of the file.
fn compression(file: &mut Document, _: &FileFacts) -> Result<(), lopdf::Error> {
    for object in file.objects.values_mut() {
        let Object::Stream(stream) = object else { continue };
        if stream.dict.has(b"Filter") || !stream.allows_compression {
            continue;
        }
        let deflated = compress_to_vec_zlib(&stream.content, LEVEL);
        if deflated.len() < stream.content.len() {
            stream.dict.set("Filter", Object::Name(b"FlateDecode".to_vec()));
            stream.set_content(deflated);
        }
    }
    Ok(())
}

/// Six capital letters that name a subset (ISO 32000-1, 9.6.4), from the glyphs it holds.
pub(crate) fn subset_tag(face: Face, glyphs: &BTreeSet<u16>) -> String {
    let mut hash = Sha256::new();
    hash.update(if face == Face::Bold { b"bold" } else { b"text" });
    for glyph in glyphs {
        hash.update(glyph.to_be_bytes());
    }
    hash.finalize().iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect()
}
