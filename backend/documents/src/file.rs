//! The bytes of a file: objects without a stream are packed together, which halves a tagged file
//! (ISO 32000-1, 7.5.7 and 7.5.8).
//!
//! lopdf could pack as well, but deflates with whatever backend some other crate of the program
//! switches on, so that its bytes are not ours to promise.

use std::collections::BTreeMap;

use lopdf::{Dictionary, Document, Object, Stream, StringFormat};

use crate::postpass::deflated;

/// Objects in one pack: readers take a pack apart as a whole.
const IN_ONE_PACK: usize = 200;

/// Where an object stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Bytes from the start of the file.
    At(usize),
    /// Number of the pack, and which of its objects.
    Packed(u32, usize),
}

/// Writes the file; every object has generation 0.
pub(crate) fn write(file: &Document) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places: BTreeMap<u32, Place> = BTreeMap::new();
    let mut next = file.objects.keys().map(|(number, _)| *number).max().unwrap_or(0) + 1;
    let (streams, others): (Vec<_>, Vec<_>) =
        file.objects.iter().partition(|(_, object)| matches!(object, Object::Stream(_)));
    for ((number, _), object) in streams {
        places.insert(*number, Place::At(out.len()));
        put_object(&mut out, *number, object);
    }
    for pack in others.chunks(IN_ONE_PACK) {
        let (mut index, mut body) = (String::new(), Vec::new());
        for (position, ((number, _), object)) in pack.iter().enumerate() {
            index.push_str(&format!("{number} {} ", body.len()));
            put(&mut body, object);
            body.push(b'\n');
            places.insert(*number, Place::Packed(next, position));
        }
        let first = index.len();
        let content = [index.into_bytes(), body].concat();
        let entries = Dictionary::from_iter([
            ("Type", Object::Name(b"ObjStm".to_vec())),
            ("N", integer(pack.len())),
            ("First", integer(first)),
        ]);
        places.insert(next, Place::At(out.len()));
        put_object(&mut out, next, &Object::Stream(packed(entries, &content)));
        next += 1;
    }
    let start = out.len();
    places.insert(next, Place::At(start));
    put_object(&mut out, next, &Object::Stream(cross_references(file, &places, next)));
    out.extend(format!("startxref\n{start}\n%%EOF\n").bytes());
    out
}

fn integer(number: usize) -> Object {
    Object::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn packed(mut entries: Dictionary, content: &[u8]) -> Stream {
    entries.set("Filter", Object::Name(b"FlateDecode".to_vec()));
    Stream::new(entries, deflated(content))
}

/// The table that says where each object is: kind, place and position in seven bytes.
fn cross_references(file: &Document, places: &BTreeMap<u32, Place>, last: u32) -> Stream {
    let mut table = Vec::new();
    for number in 0..=last {
        let (kind, place, position) = match places.get(&number) {
            None => (0, 0, if number == 0 { 65_535 } else { 0 }),
            Some(Place::At(offset)) => (1, u32::try_from(*offset).unwrap_or(u32::MAX), 0),
            Some(Place::Packed(pack, position)) => (2, *pack, u16::try_from(*position).unwrap_or(u16::MAX)),
        };
        table.push(kind);
        table.extend(place.to_be_bytes());
        table.extend(position.to_be_bytes());
    }
    let widths = [1, 4, 2].map(Object::Integer).to_vec();
    let mut entries = Dictionary::from_iter([
        ("Type", Object::Name(b"XRef".to_vec())),
        ("Size", Object::Integer(i64::from(last) + 1)),
        ("W", Object::Array(widths)),
    ]);
    for key in ["Root", "Info", "ID"] {
        if let Ok(value) = file.trailer.get(key.as_bytes()) {
            entries.set(key, value.clone());
        }
    }
    packed(entries, &table)
}

fn put_object(out: &mut Vec<u8>, number: u32, object: &Object) {
    out.extend(format!("{number} 0 obj\n").bytes());
    put(out, object);
    out.extend(b"\nendobj\n");
}

fn put(out: &mut Vec<u8>, object: &Object) {
    match object {
        Object::Null => out.extend(b"null"),
        Object::Boolean(value) => out.extend(value.to_string().bytes()),
        Object::Integer(value) => out.extend(value.to_string().bytes()),
        Object::Real(value) => out.extend(value.to_string().bytes()),
        Object::Name(name) => put_name(out, name),
        Object::String(text, format) => put_string(out, text, *format),
        Object::Reference((number, _)) => out.extend(format!("{number} 0 R").bytes()),
        Object::Array(parts) => {
            out.push(b'[');
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                put(out, part);
            }
            out.push(b']');
        }
        Object::Dictionary(entries) => put_dictionary(out, entries, None),
        Object::Stream(stream) => {
            put_dictionary(out, &stream.dict, Some(stream.content.len()));
            out.extend(b"\nstream\n");
            out.extend(&stream.content);
            out.extend(b"\nendstream");
        }
    }
}

/// A dictionary; that of a stream tells its true length.
fn put_dictionary(out: &mut Vec<u8>, entries: &Dictionary, length: Option<usize>) {
    out.extend(b"<<");
    for (key, value) in entries.iter().filter(|(key, _)| length.is_none() || key.as_slice() != b"Length") {
        put_name(out, key);
        if !matches!(value, Object::Name(_) | Object::Array(_) | Object::Dictionary(_) | Object::String(..)) {
            out.push(b' ');
        }
        put(out, value);
    }
    if let Some(length) = length {
        out.extend(format!("/Length {length}").bytes());
    }
    out.extend(b">>");
}

fn put_name(out: &mut Vec<u8>, name: &[u8]) {
    out.push(b'/');
    for byte in name {
        if byte.is_ascii_graphic() && !b"()<>[]{}/%#".contains(byte) {
            out.push(*byte);
        } else {
            out.extend(format!("#{byte:02X}").bytes());
        }
    }
}

fn put_string(out: &mut Vec<u8>, text: &[u8], format: StringFormat) {
    if format == StringFormat::Hexadecimal {
        out.push(b'<');
        for byte in text {
            out.extend(format!("{byte:02X}").bytes());
        }
        out.push(b'>');
        return;
    }
    out.push(b'(');
    for byte in text {
        match byte {
            b'(' | b')' | b'\\' => out.extend([b'\\', *byte]),
            b'\r' => out.extend(b"\\r"),
            other => out.push(*other),
        }
    }
    out.push(b')');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut file = Document::with_version("1.7");
        let text = Object::String(b"(a\\b)\r".to_vec(), StringFormat::Literal);
        let name = Object::Name("text/xml ä".as_bytes().to_vec());
        let list = Object::Array(vec![Object::Null, Object::Boolean(true), Object::Integer(-7), text.clone(), name]);
        let listed = file.add_object(list.clone());
        let stream = Stream::new(Dictionary::new(), b"endstream? not yet".to_vec());
        let held = file.add_object(stream);
        let catalog = [
            ("Type", Object::Name(b"Catalog".to_vec())),
            ("List", Object::Reference(listed)),
            ("Held", Object::Reference(held)),
        ];
        let root = file.add_object(Dictionary::from_iter(catalog));
        file.trailer.set("Root", Object::Reference(root));
        let read = Document::load_mem(&write(&file)).expect("a readable file");
        assert_eq!(read.get_object(listed).expect("the list"), &list);
        let held = read.get_object(held).and_then(Object::as_stream).expect("the stream");
        assert_eq!(held.content, b"endstream? not yet");
    }
}
