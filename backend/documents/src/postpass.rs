//! The pass after printpdf: what makes the file reproducible, accessible and fit for the archive.
//!
//! [`STEPS`] is one list of functions over the finished object tree. With them a file is PDF/A-3a
//! (ISO 19005-3) and PDF/UA-1 (ISO 14289-1); `tests/conformance` has others judge that.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use lopdf::{Dictionary, Document, Object, Stream, StringFormat, text_string};
use miniz_oxide::deflate::compress_to_vec_zlib;
use sha2::{Digest, Sha256};

use crate::attachment::{self, Attachment};
use crate::document::DocumentError;
use crate::outline::{self, Entry};
use crate::picture::Picture;
use crate::structure::Structure;
use crate::style::Face;
use crate::{file as bytes, metadata, srgb};

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
    /// The same order as data, to be embedded.
    pub(crate) attachments: Vec<Attachment>,
}

/// What the steps put into the file.
pub(crate) struct Finish<'a> {
    /// What the file says about itself.
    pub(crate) facts: &'a FileFacts,
    /// Which content belongs to which element.
    pub(crate) structure: &'a Structure,
    /// Outline, if the document is long.
    pub(crate) outline: &'a [Entry],
    /// The logo of the customer.
    pub(crate) logo: Option<&'a Picture>,
    /// Whether a page shows it, page by page.
    pub(crate) pictured: Vec<bool>,
}

/// Name of the logo in the resources of a page.
pub(crate) const LOGO: &str = "Logo";

type Step = fn(&mut Document, &Finish<'_>) -> Result<(), lopdf::Error>;

/// Everything done to the file, in this order.
const STEPS: [Step; 9] = [information, catalog, described, colours, pages, structure, attached, identity, compression];

/// Runs all steps and writes the bytes.
pub(crate) fn finish(mut file: Document, finish: &Finish<'_>) -> Result<Vec<u8>, DocumentError> {
    for step in STEPS {
        step(&mut file, finish).map_err(|error| DocumentError::File(error.to_string()))?;
    }
    Ok(bytes::write(&file))
}

/// Replaces the information dictionary: printpdf's has its own clock and a wrong PDF/X entry.
fn information(file: &mut Document, Finish { facts, .. }: &Finish<'_>) -> Result<(), lopdf::Error> {
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
fn catalog(file: &mut Document, Finish { facts, .. }: &Finish<'_>) -> Result<(), lopdf::Error> {
    let language = text_string(&facts.language);
    let catalog = file.catalog_mut()?;
    catalog.set("Lang", language);
    catalog.set("PageLayout", Object::Name(b"SinglePage".to_vec()));
    let preferences = Dictionary::from_iter([("DisplayDocTitle", Object::Boolean(true))]);
    catalog.set("ViewerPreferences", Object::Dictionary(preferences));
    Ok(())
}

/// What the file is, once more as XMP.
fn described(file: &mut Document, Finish { facts, .. }: &Finish<'_>) -> Result<(), lopdf::Error> {
    let entries = [("Type", Object::Name(b"Metadata".to_vec())), ("Subtype", Object::Name(b"XML".to_vec()))];
    let packet = metadata::packet(facts);
    // Uncompressed, so that programs find it without reading PDF.
    let stream = Stream::new(Dictionary::from_iter(entries), packet).with_compression(false);
    let packet = file.add_object(stream);
    file.catalog_mut()?.set("Metadata", Object::Reference(packet));
    Ok(())
}

/// For which colours the pages are meant.
fn colours(file: &mut Document, _: &Finish<'_>) -> Result<(), lopdf::Error> {
    let profile = Stream::new(Dictionary::from_iter([("N", Object::Integer(3))]), srgb::profile());
    let profile = file.add_object(profile);
    let intent = Dictionary::from_iter([
        ("Type", Object::Name(b"OutputIntent".to_vec())),
        ("S", Object::Name(b"GTS_PDFA1".to_vec())),
        ("OutputConditionIdentifier", text_string("sRGB")),
        ("Info", text_string("sRGB IEC61966-2.1")),
        ("DestOutputProfile", Object::Reference(profile)),
    ]);
    file.catalog_mut()?.set("OutputIntents", Object::Array(vec![Object::Dictionary(intent)]));
    Ok(())
}

/// Takes out what printpdf writes for things no page of ours has, and puts in the logo where one shows it.
fn pages(file: &mut Document, finish: &Finish<'_>) -> Result<(), lopdf::Error> {
    let logo = finish.logo.filter(|_| finish.pictured.contains(&true)).map(|logo| file.add_object(image(logo)));
    for (page, pictured) in file.get_pages().into_values().zip(&finish.pictured) {
        let page = file.get_object_mut(page)?.as_dict_mut()?;
        page.remove(b"Annots");
        let resources = page.get(b"Resources")?.as_reference()?;
        let resources = file.get_object_mut(resources)?.as_dict_mut()?;
        for empty in ["XObject", "ExtGState", "Shading"] {
            resources.remove(empty.as_bytes());
        }
        if let Some(logo) = logo.filter(|_| *pictured) {
            let named = Dictionary::from_iter([(LOGO, Object::Reference(logo))]);
            resources.set("XObject", Object::Dictionary(named));
        }
    }
    file.prune_objects();
    Ok(())
}

/// A picture as an object of the file; pixels are deflated with everything else.
fn image(picture: &Picture) -> Stream {
    let colours = if picture.grey { "DeviceGray" } else { "DeviceRGB" };
    let mut entries = Dictionary::from_iter([
        ("Type", Object::Name(b"XObject".to_vec())),
        ("Subtype", Object::Name(b"Image".to_vec())),
        ("Width", Object::Integer(picture.width.into())),
        ("Height", Object::Integer(picture.height.into())),
        ("ColorSpace", Object::Name(colours.into())),
        ("BitsPerComponent", Object::Integer(8)),
    ]);
    if picture.jpeg {
        entries.set("Filter", Object::Name(b"DCTDecode".to_vec()));
    }
    Stream::new(entries, picture.bytes.clone())
}

/// Structure and outline.
fn structure(file: &mut Document, finish: &Finish<'_>) -> Result<(), lopdf::Error> {
    finish.structure.write(file)?;
    outline::write(file, finish.outline)
}

/// The order as data.
fn attached(file: &mut Document, Finish { facts, .. }: &Finish<'_>) -> Result<(), lopdf::Error> {
    attachment::embed(file, &facts.attachments, facts.created)
}

/// `/ID` from the content: printpdf's comes from a counter.
fn identity(file: &mut Document, Finish { facts, .. }: &Finish<'_>) -> Result<(), lopdf::Error> {
    let id = Object::String(facts.input[..16].to_vec(), StringFormat::Hexadecimal);
    file.trailer.set("ID", Object::Array(vec![id.clone(), id]));
    Ok(())
}

/// zlib's ordinary level; the highest, which lopdf takes, costs twice the time for one byte in a hundred.
const LEVEL: u8 = 6;

/// Deflates streams with a compressor named here: lopdf's depends on which backend of flate2 any
/// other crate of the program switches on, and with it the bytes of the file.
fn compression(file: &mut Document, _: &Finish<'_>) -> Result<(), lopdf::Error> {
    for object in file.objects.values_mut() {
        let Object::Stream(stream) = object else { continue };
        if stream.dict.has(b"Filter") || !stream.allows_compression {
            continue;
        }
        let deflated = deflated(&stream.content);
        if deflated.len() < stream.content.len() {
            stream.dict.set("Filter", Object::Name(b"FlateDecode".to_vec()));
            stream.set_content(deflated);
        }
    }
    Ok(())
}

/// Deflated, with the same bytes in every program.
pub(crate) fn deflated(content: &[u8]) -> Vec<u8> {
    compress_to_vec_zlib(content, LEVEL)
}

/// Six capital letters that name a subset (ISO 32000-1, 9.6.4), from the glyphs it holds.
pub(crate) fn subset_tag(face: Face, glyphs: &BTreeSet<u16>) -> String {
    let mut hash = Sha256::new();
    hash.update(match face {
        Face::Regular | Face::NotoRegular => b"text",
        Face::Bold | Face::NotoBold => b"bold",
        Face::Signs => b"sign",
    });
    for glyph in glyphs {
        hash.update(glyph.to_be_bytes());
    }
    hash.finalize().iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect()
}
