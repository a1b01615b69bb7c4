//! What a file says about itself in XMP (ISO 16684-1): what it is, and to which standards it keeps.
//!
//! The words are those of the information dictionary, as PDF/A wants it (ISO 19005-3, 6.6.3). Names
//! that PDF/A does not know, those of PDF/UA and of Order-X, are declared in an extension schema.

use xmlwriter::{Indent, Options, XmlWriter};

use crate::postpass::FileFacts;
use crate::xml_out::{element, plain};

const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
/// Names of Order-X in XMP.
const FX: &str = "urn:factur-x:pdfa:CrossIndustryDocument:1p0#";
/// Names of PDF/UA in XMP.
const PDFUAID: &str = "http://www.aiim.org/pdfua/ns/id/";

/// A name an extension schema declares: name, value type, category, description.
type Property = (&'static str, &'static str, &'static str, &'static str);

const OF_PDFUA: [Property; 1] = [("part", "Integer", "internal", "Part of ISO 14289 the file keeps to")];
const OF_ORDER_X: [Property; 4] = [
    ("DocumentFileName", "Text", "external", "Name of the embedded XML file"),
    ("DocumentType", "Text", "external", "Kind of the embedded document"),
    ("Version", "Text", "external", "Version of the XML schema"),
    ("ConformanceLevel", "Text", "external", "Profile of the embedded document"),
];

/// The packet, uncompressed and without room for changes: the file is not meant to be changed.
pub(crate) fn packet(facts: &FileFacts) -> Vec<u8> {
    let order = facts.attachments.iter().find_map(|file| Some((file.name, file.document_type?)));
    let mut xml = XmlWriter::new(Options { indent: Indent::None, ..Options::default() });
    xml.start_element("x:xmpmeta");
    xml.write_attribute("xmlns:x", "adobe:ns:meta/");
    xml.start_element("rdf:RDF");
    xml.write_attribute("xmlns:rdf", RDF);
    xml.start_element("rdf:Description");
    xml.write_attribute("rdf:about", "");
    for (prefix, address) in [
        ("dc", "http://purl.org/dc/elements/1.1/"),
        ("xmp", "http://ns.adobe.com/xap/1.0/"),
        ("pdf", "http://ns.adobe.com/pdf/1.3/"),
        ("pdfaid", "http://www.aiim.org/pdfa/ns/id/"),
        ("pdfuaid", PDFUAID),
        ("pdfaExtension", "http://www.aiim.org/pdfa/ns/extension/"),
        ("pdfaSchema", "http://www.aiim.org/pdfa/ns/schema#"),
        ("pdfaProperty", "http://www.aiim.org/pdfa/ns/property#"),
    ] {
        xml.write_attribute(&format!("xmlns:{prefix}"), address);
    }
    if order.is_some() {
        xml.write_attribute("xmlns:fx", FX);
    }
    element(&mut xml, "pdfaid:part", "3");
    element(&mut xml, "pdfaid:conformance", "A");
    element(&mut xml, "pdfuaid:part", "1");
    xml.start_element("dc:title");
    xml.start_element("rdf:Alt");
    xml.start_element("rdf:li");
    xml.write_attribute("xml:lang", "x-default");
    xml.write_text(&plain(&facts.title));
    end(&mut xml, 3);
    list(&mut xml, "dc:creator", "rdf:Seq", &facts.author);
    list(&mut xml, "dc:language", "rdf:Bag", &facts.language);
    let date = facts.created.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    for name in ["xmp:CreateDate", "xmp:ModifyDate", "xmp:MetadataDate"] {
        element(&mut xml, name, &date);
    }
    element(&mut xml, "xmp:CreatorTool", &facts.producer);
    element(&mut xml, "pdf:Producer", &facts.producer);
    if let Some((name, document_type)) = order {
        element(&mut xml, "fx:DocumentType", document_type);
        element(&mut xml, "fx:DocumentFileName", name);
        element(&mut xml, "fx:Version", "1.0");
        element(&mut xml, "fx:ConformanceLevel", "COMFORT");
    }
    xml.start_element("pdfaExtension:schemas");
    xml.start_element("rdf:Bag");
    schema(&mut xml, "PDF/UA identification", PDFUAID, "pdfuaid", &OF_PDFUA);
    if order.is_some() {
        schema(&mut xml, "Order-X", FX, "fx", &OF_ORDER_X);
    }
    let text = xml.end_document();
    let begin = "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n";
    format!("{begin}{text}\n<?xpacket end=\"r\"?>").into_bytes()
}

fn end(xml: &mut XmlWriter, count: usize) {
    for _ in 0..count {
        xml.end_element();
    }
}

/// A list of one.
fn list(xml: &mut XmlWriter, name: &str, kind: &str, value: &str) {
    xml.start_element(name);
    xml.start_element(kind);
    element(xml, "rdf:li", value);
    end(xml, 2);
}

fn resource(xml: &mut XmlWriter, name: &str) {
    xml.start_element(name);
    xml.write_attribute("rdf:parseType", "Resource");
}

fn schema(xml: &mut XmlWriter, title: &str, address: &str, prefix: &str, properties: &[Property]) {
    resource(xml, "rdf:li");
    element(xml, "pdfaSchema:schema", title);
    element(xml, "pdfaSchema:namespaceURI", address);
    element(xml, "pdfaSchema:prefix", prefix);
    xml.start_element("pdfaSchema:property");
    xml.start_element("rdf:Seq");
    for (name, kind, category, description) in properties {
        resource(xml, "rdf:li");
        element(xml, "pdfaProperty:name", name);
        element(xml, "pdfaProperty:valueType", kind);
        element(xml, "pdfaProperty:category", category);
        element(xml, "pdfaProperty:description", description);
        xml.end_element();
    }
    end(xml, 3);
}
