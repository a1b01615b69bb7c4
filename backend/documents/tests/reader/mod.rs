//! Reads a tagged PDF as a screen reader does: element by element in the order of the structure tree.

use std::collections::BTreeMap;

use lopdf::content::Content;
use lopdf::{Dictionary, Document, Object, ObjectId};

/// An element of the structure tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// Its type: `P`, `Table`, `TH` ...
    pub kind: String,
    /// What is read for it, without what its kids say.
    pub text: String,
    /// The elements within it.
    pub kids: Vec<Element>,
}

impl Element {
    /// All elements of a type, itself included, in reading order.
    pub fn all<'a>(&'a self, kind: &str) -> Vec<&'a Element> {
        let own = (self.kind == kind).then_some(self);
        own.into_iter().chain(self.kids.iter().flat_map(|kid| kid.all(kind))).collect()
    }

    /// One line per element with a text; cells of a row side by side, each of the body after the head of its column, as a
    /// screen reader says it.
    pub fn read_aloud(&self) -> String {
        let mut lines = String::new();
        self.read_into(&mut lines, &[]);
        lines
    }

    /// The heads of a table's columns.
    pub fn heads(&self) -> Vec<&str> {
        let heads = self.all("THead");
        heads.iter().flat_map(|head| head.all("TH")).map(|cell| cell.text.as_str()).collect()
    }

    fn read_into(&self, lines: &mut String, heads: &[&str]) {
        if self.kind == "TR" {
            let said = |(place, cell): (usize, &Element)| {
                let text = if cell.text.is_empty() { "(leer)" } else { &cell.text };
                match heads.get(place) {
                    Some(head) if cell.kind == "TD" && self.kids.len() == heads.len() => format!("{head}: {text}"),
                    _ => text.to_owned(),
                }
            };
            let cells: Vec<String> = self.kids.iter().enumerate().map(said).collect();
            lines.push_str(&format!("{}: {}\n", self.kids[0].kind, cells.join(" | ")));
            return;
        }
        if !self.text.is_empty() {
            lines.push_str(&format!("{}: {}\n", self.kind, self.text));
        }
        let own = if self.kind == "Table" { self.heads() } else { Vec::new() };
        let heads = if self.kind == "Table" { &own[..] } else { heads };
        for kid in &self.kids {
            kid.read_into(lines, heads);
        }
    }
}

/// Texts of all marked pieces: by page and number.
type Pieces = BTreeMap<(ObjectId, i64), String>;

/// The document element of a file.
pub fn read(bytes: &[u8]) -> Element {
    let file = Document::load_mem(bytes).expect("a readable file");
    let mut pieces = Pieces::new();
    for page in file.get_pages().into_values() {
        read_page(&file, page, &mut pieces);
    }
    let root = file.catalog().and_then(|catalog| catalog.get(b"StructTreeRoot")).expect("a structure tree");
    let root = dictionary(&file, root);
    let kids = root.get(b"K").and_then(Object::as_array).expect("a document element");
    element(&file, dictionary(&file, &kids[0]), &pieces)
}

fn dictionary<'a>(file: &'a Document, object: &'a Object) -> &'a Dictionary {
    file.dereference(object).and_then(|(_, object)| object.as_dict()).expect("a dictionary")
}

fn element(file: &Document, entries: &Dictionary, pieces: &Pieces) -> Element {
    let kind = entries.get(b"S").and_then(Object::as_name).expect("a type");
    let page = entries.get(b"Pg").and_then(Object::as_reference).ok();
    let mut read = Element { kind: String::from_utf8_lossy(kind).into_owned(), text: String::new(), kids: Vec::new() };
    if let Ok(words) = entries.get(b"Alt") {
        read.text = lopdf::decode_text_string(words).expect("a text");
    }
    let kids = match entries.get(b"K") {
        Ok(Object::Array(kids)) => kids.clone(),
        Ok(kid) => vec![kid.clone()],
        Err(_) => Vec::new(),
    };
    let mut piece = |page: Option<ObjectId>, number: i64| {
        let text = page.and_then(|page| pieces.get(&(page, number))).expect("each number marks a piece of its page");
        read.text.push_str(text);
    };
    for kid in &kids {
        if let Object::Integer(number) = kid {
            piece(page, *number);
            continue;
        }
        let (_, kid) = file.dereference(kid).expect("a kid");
        let kid = kid.as_dict().expect("a dictionary");
        if kid.has(b"MCID") {
            let page = kid.get(b"Pg").and_then(Object::as_reference).ok();
            piece(page, kid.get(b"MCID").and_then(Object::as_i64).expect("a number"));
        } else {
            read.kids.push(element(file, kid, pieces));
        }
    }
    read.text = read.text.trim().replace('\u{a0}', " ");
    read
}

/// What is in force while a page is read.
#[derive(Default)]
struct State {
    /// Enclosing marks: number, and a text read instead of the glyphs.
    marks: Vec<(Option<i64>, Option<String>)>,
    font: Vec<u8>,
}

fn read_page(file: &Document, page: ObjectId, pieces: &mut Pieces) {
    let fonts: BTreeMap<Vec<u8>, BTreeMap<u16, String>> =
        file.get_page_fonts(page).expect("fonts").into_iter().map(|(name, font)| (name, letters(file, font))).collect();
    let content = Content::decode(&file.get_page_content(page)).expect("operators");
    let mut state = State::default();
    for operation in content.operations {
        match operation.operator.as_str() {
            "BMC" => state.marks.push((None, None)),
            "BDC" => {
                let properties = operation.operands[1].as_dict().expect("properties");
                let number = properties.get(b"MCID").and_then(Object::as_i64).ok();
                let instead =
                    properties.get(b"ActualText").ok().map(|text| lopdf::decode_text_string(text).expect("a text"));
                state.marks.push((number, instead.clone()));
                if let Some(number) = number {
                    pieces.entry((page, number)).or_default();
                }
                if let (Some(piece), Some(text)) = (current(&state, page, pieces), instead) {
                    piece.push_str(&text.replace('\u{ad}', ""));
                }
            }
            "EMC" => {
                state.marks.pop().expect("marks are balanced");
            }
            "Tf" => state.font = operation.operands[0].as_name().expect("a font").to_vec(),
            "TJ" => {
                assert!(!state.marks.is_empty(), "text outside all marks");
                if state.marks.iter().any(|(_, instead)| instead.is_some()) {
                    continue;
                }
                let letters = &fonts[&state.font];
                let Some(piece) = current(&state, page, pieces) else { continue };
                for part in operation.operands[0].as_array().expect("an array") {
                    let Object::String(glyphs, _) = part else { continue };
                    for glyph in glyphs.chunks(2) {
                        let glyph = u16::from_be_bytes([glyph[0], glyph[1]]);
                        piece.push_str(letters.get(&glyph).map_or("", String::as_str));
                    }
                }
            }
            _ => {}
        }
    }
    assert!(state.marks.is_empty(), "a mark is open at the end of a page");
}

/// The piece that is being read; nothing within decoration.
fn current<'a>(state: &State, page: ObjectId, pieces: &'a mut Pieces) -> Option<&'a mut String> {
    let number = state.marks.iter().find_map(|(number, _)| *number)?;
    pieces.get_mut(&(page, number))
}

/// The letters of a font's glyphs, from its ToUnicode map.
fn letters(file: &Document, font: &Dictionary) -> BTreeMap<u16, String> {
    let map = font.get(b"ToUnicode").and_then(Object::as_reference).expect("a ToUnicode map");
    let map = file.get_object(map).and_then(Object::as_stream).expect("a stream");
    let map = map.decompressed_content().unwrap_or_else(|_| map.content.clone());
    let map = String::from_utf8_lossy(&map).into_owned();
    let hex = |text: &str| {
        let text = text.trim_matches(['<', '>']);
        (0..text.len())
            .step_by(4)
            .map(|at| u16::from_str_radix(&text[at..at + 4], 16).expect("four digits"))
            .collect::<Vec<u16>>()
    };
    let mut letters = BTreeMap::new();
    let mut within = "";
    for line in map.lines().map(str::trim) {
        match line.rsplit(' ').next() {
            Some("beginbfchar") => within = "char",
            Some("beginbfrange") => within = "range",
            Some("endbfchar" | "endbfrange") => within = "",
            _ if within.is_empty() => {}
            _ => {
                let parts: Vec<Vec<u16>> = line.split_whitespace().map(hex).collect();
                let text = String::from_utf16_lossy(parts.last().expect("a text"));
                let last = if within == "range" { parts[1][0] } else { parts[0][0] };
                assert!(within == "char" || parts[0][0] == last, "ranges of one: {line}");
                letters.insert(last, text);
            }
        }
    }
    letters
}
