//! Files within the file: the order as data beside the order as a page (ISO 19005-3, 6.8).
//!
//! What is embedded is frozen with the page and covered by the same hash; [`embedded`] takes it out again.

use abruf_domain::data_format::{DataFormat, Embedded};
use chrono::{DateTime, Utc};
use lopdf::{Dictionary, Document, Error, Object, Stream, StringFormat, decode_text_string, text_string};
use sha2::{Digest, Sha256};

/// An XML file to be embedded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Attachment {
    /// File name, `order-x.xml`.
    pub(crate) name: &'static str,
    /// What it is, in German.
    pub(crate) description: &'static str,
    /// What Order-X calls it: `ORDER` or `ORDER_CHANGE`; nothing for other formats.
    pub(crate) document_type: Option<&'static str>,
    /// The file.
    pub(crate) content: Vec<u8>,
}

impl Attachment {
    /// What is listed of it.
    pub(crate) fn listed(&self) -> Option<Embedded> {
        Some(Embedded {
            format: DataFormat::of_embedded(self.name)?,
            sha256: Sha256::digest(&self.content).into(),
            length: self.content.len() as u64,
        })
    }

    /// Embeds it; gives its name and the object that describes it.
    fn embed(&self, file: &mut Document, created: DateTime<Utc>) -> (Object, Object) {
        let date = created.format("D:%Y%m%d%H%M%SZ").to_string().into_bytes();
        let parameters = Dictionary::from_iter([
            ("Size", Object::Integer(i64::try_from(self.content.len()).unwrap_or(i64::MAX))),
            ("ModDate", Object::String(date, StringFormat::Literal)),
        ]);
        let entries = Dictionary::from_iter([
            ("Type", Object::Name(b"EmbeddedFile".to_vec())),
            ("Subtype", Object::Name(b"text/xml".to_vec())),
            ("Params", Object::Dictionary(parameters)),
        ]);
        let stream = file.add_object(Stream::new(entries, self.content.clone()));
        let streams = [("F", Object::Reference(stream)), ("UF", Object::Reference(stream))];
        let specification = file.add_object(Dictionary::from_iter([
            ("Type", Object::Name(b"Filespec".to_vec())),
            ("F", text_string(self.name)),
            ("UF", text_string(self.name)),
            ("AFRelationship", Object::Name(b"Data".to_vec())),
            ("Desc", text_string(self.description)),
            ("EF", Object::Dictionary(Dictionary::from_iter(streams))),
        ]));
        (text_string(self.name), Object::Reference(specification))
    }
}

/// Embeds files, in alphabetical order of their names: in the list of attachments a viewer shows, and
/// as data of the whole document.
pub(crate) fn embed(file: &mut Document, attachments: &[Attachment], created: DateTime<Utc>) -> Result<(), Error> {
    if attachments.is_empty() {
        return Ok(());
    }
    let (mut names, mut associated) = (Vec::new(), Vec::new());
    for attachment in attachments {
        let (name, specification) = attachment.embed(file, created);
        associated.push(specification.clone());
        names.extend([name, specification]);
    }
    let embedded = Dictionary::from_iter([("Names", Object::Array(names))]);
    let names = Dictionary::from_iter([("EmbeddedFiles", Object::Dictionary(embedded))]);
    let catalog = file.catalog_mut()?;
    catalog.set("Names", Object::Dictionary(names));
    catalog.set("AF", Object::Array(associated));
    Ok(())
}

/// The order as data in this format, as it lies in a PDF of ours; `None` if it does not.
#[must_use]
pub fn embedded(pdf: &[u8], format: DataFormat) -> Option<Vec<u8>> {
    all_embedded(pdf).into_iter().find(|(found, _)| *found == format).map(|(_, bytes)| bytes)
}

/// All data that lie in a PDF of ours.
#[must_use]
pub fn all_embedded(pdf: &[u8]) -> Vec<(DataFormat, Vec<u8>)> {
    let Ok(file) = Document::load_mem(pdf) else { return Vec::new() };
    let associated = file.catalog().ok().and_then(|catalog| catalog.get(b"AF").and_then(Object::as_array).ok());
    let specifications = associated.into_iter().flatten();
    specifications.filter_map(|one| read(&file, file.dereference(one).ok()?.1.as_dict().ok()?)).collect()
}

fn read(file: &Document, specification: &Dictionary) -> Option<(DataFormat, Vec<u8>)> {
    let name = specification.get(b"UF").ok().and_then(|text| decode_text_string(text).ok())?;
    let streams = specification.get(b"EF").and_then(Object::as_dict).ok()?;
    let stream = file.dereference(streams.get(b"F").ok()?).ok()?.1.as_stream().ok()?;
    let content = stream.decompressed_content().ok().unwrap_or_else(|| stream.content.clone());
    Some((DataFormat::of_embedded(&name)?, content))
}
