//! The structure of a tagged file: which element each piece of a page belongs to (ISO 32000-1, 14.7 and 14.8).
//!
//! The writer marks what it draws with numbers; this file remembers which element each number
//! belongs to and afterwards builds the tree a screen reader follows, in the order in which the
//! pages hold their items. A table becomes header, body and sums with a row each.

use std::collections::{BTreeMap, HashMap};

use lopdf::{Dictionary, Document, Error, Object, ObjectId, text_string};

use crate::frame::{Item, Page, Role, Shape, Source};
use crate::length::Length;

/// A marked piece of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    /// Index of the page.
    page: usize,
    /// Its number on that page.
    number: usize,
}

/// One element that holds content.
#[derive(Debug)]
struct Element {
    source: Source,
    marks: Vec<Mark>,
    /// What a figure shows, in words, and its place.
    figure: Option<(String, [Length; 4])>,
}

/// All elements of a document in reading order, with their marks.
#[derive(Debug, Default)]
pub(crate) struct Structure {
    elements: Vec<Element>,
    known: HashMap<Source, usize>,
    /// Per page, the element of each number.
    marks: Vec<Vec<usize>>,
}

impl Structure {
    /// Begins a page: its items are given their places in the reading order.
    pub(crate) fn begin_page(&mut self, page: &Page) {
        self.marks.push(Vec::new());
        for item in page.items.iter().filter(|item| item.source.role != Role::Artifact) {
            let next = self.elements.len();
            if *self.known.entry(item.source).or_insert(next) == next {
                self.elements.push(Element { source: item.source, marks: Vec::new(), figure: figure(item) });
            }
        }
    }

    /// The number of a new piece of the current page; `None` for decoration.
    pub(crate) fn mark(&mut self, source: Source) -> Option<usize> {
        let element = *self.known.get(&source)?;
        let page = self.marks.len().checked_sub(1)?;
        let numbers = self.marks.last_mut()?;
        let number = numbers.len();
        numbers.push(element);
        self.elements[element].marks.push(Mark { page, number });
        Some(number)
    }

    /// Writes the tree and ties pages and catalogue to it.
    pub(crate) fn write(&self, file: &mut Document) -> Result<(), Error> {
        let pages: Vec<ObjectId> = file.get_pages().into_values().collect();
        let mut tree =
            Tree { structure: self, pages: &pages, ids: vec![(0, 0); self.elements.len()], shared: BTreeMap::new() };
        let root = file.new_object_id();
        let document = file.new_object_id();
        let mut kids = Vec::new();
        let mut done = std::collections::BTreeSet::new();
        for (index, element) in self.elements.iter().enumerate() {
            if !is_cell(element.source.role) {
                kids.push(Object::Reference(tree.leaf(file, index, document, name(element.source.role), None)));
            } else if done.insert(element.source.block) {
                kids.push(Object::Reference(tree.table(file, element.source.block, document)));
            }
        }
        let whole = Dictionary::from_iter([
            ("S", Object::Name(b"Document".to_vec())),
            ("P", Object::Reference(root)),
            ("K", Object::Array(kids)),
        ]);
        file.set_object(document, whole);
        let mut numbers = Vec::new();
        for (index, marks) in self.marks.iter().enumerate() {
            numbers.push(integer(index));
            numbers.push(Object::Array(marks.iter().map(|element| Object::Reference(tree.ids[*element])).collect()));
        }
        let parents = file.add_object(Dictionary::from_iter([("Nums", Object::Array(numbers))]));
        let tree_root = Dictionary::from_iter([
            ("Type", Object::Name(b"StructTreeRoot".to_vec())),
            ("K", Object::Array(vec![Object::Reference(document)])),
            ("ParentTree", Object::Reference(parents)),
            ("ParentTreeNextKey", integer(self.marks.len())),
        ]);
        file.set_object(root, tree_root);
        for (index, page) in pages.iter().enumerate() {
            let page = file.get_object_mut(*page)?.as_dict_mut()?;
            page.set("StructParents", integer(index));
            // The tab key follows the structure.
            page.set("Tabs", Object::Name(b"S".to_vec()));
        }
        let catalog = file.catalog_mut()?;
        catalog.set("StructTreeRoot", Object::Reference(root));
        catalog.set("MarkInfo", Object::Dictionary(Dictionary::from_iter([("Marked", Object::Boolean(true))])));
        Ok(())
    }
}

fn is_cell(role: Role) -> bool {
    matches!(role, Role::TableHeader | Role::TableData | Role::TableSum)
}

fn name(role: Role) -> &'static str {
    match role {
        Role::H1 => "H1",
        Role::H2 => "H2",
        Role::Figure => "Figure",
        Role::P | Role::Artifact | Role::TableHeader | Role::TableData | Role::TableSum => "P",
    }
}

fn figure(item: &Item) -> Option<(String, [Length; 4])> {
    let (words, width, height) = match &item.shape {
        Shape::Qr { size, text, .. } => (format!("QR-Code mit der Adresse {text}"), *size, *size),
        Shape::Logo { width, height, alt } | Shape::Bars { width, height, alt, .. } => (alt.clone(), *width, *height),
        Shape::Text { .. } | Shape::Rule { .. } | Shape::Outline { .. } => return None,
    };
    Some((words, [item.x, Page::HEIGHT - item.y - height, item.x + width, Page::HEIGHT - item.y]))
}

fn integer(number: usize) -> Object {
    Object::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Whole points, for boxes a reader draws around a figure.
fn points(length: Length) -> Object {
    Object::Integer(length.micrometres() * 72 / 25_400)
}

struct Tree<'a> {
    structure: &'a Structure,
    pages: &'a [ObjectId],
    /// The object of each element.
    ids: Vec<ObjectId>,
    /// Attributes many cells share.
    shared: BTreeMap<(&'static str, usize), ObjectId>,
}

impl Tree<'_> {
    /// An element with content.
    fn leaf(
        &mut self,
        file: &mut Document,
        index: usize,
        parent: ObjectId,
        name: &str,
        shared: Option<ObjectId>,
    ) -> ObjectId {
        let element = &self.structure.elements[index];
        let mut entries =
            Dictionary::from_iter([("S", Object::Name(name.as_bytes().to_vec())), ("P", Object::Reference(parent))]);
        let page_of = |mark: &Mark| self.pages.get(mark.page).copied().map_or(Object::Null, Object::Reference);
        let first = element.marks.first().map_or(0, |mark| mark.page);
        if let Some(mark) = element.marks.first() {
            entries.set("Pg", page_of(mark));
        }
        let mut kids: Vec<Object> = Vec::with_capacity(element.marks.len());
        for mark in &element.marks {
            kids.push(if mark.page == first {
                integer(mark.number)
            } else {
                let elsewhere =
                    [("Type", Object::Name(b"MCR".to_vec())), ("Pg", page_of(mark)), ("MCID", integer(mark.number))];
                Object::Dictionary(Dictionary::from_iter(elsewhere))
            });
        }
        entries.set("K", if kids.len() == 1 { kids.remove(0) } else { Object::Array(kids) });
        if let Some((words, area)) = &element.figure {
            entries.set("Alt", text_string(words));
            let layout = [
                ("O", Object::Name(b"Layout".to_vec())),
                ("BBox", Object::Array(area.iter().map(|edge| points(*edge)).collect())),
                ("Placement", Object::Name(b"Block".to_vec())),
            ];
            entries.set("A", Object::Dictionary(Dictionary::from_iter(layout)));
        }
        if let Some(shared) = shared {
            entries.set("A", Object::Reference(shared));
        }
        let id = file.add_object(entries);
        self.ids[index] = id;
        id
    }

    /// An element that only holds others.
    fn branch(file: &mut Document, id: ObjectId, parent: ObjectId, name: &str, kids: Vec<ObjectId>) {
        let entries = [
            ("S", Object::Name(name.as_bytes().to_vec())),
            ("P", Object::Reference(parent)),
            ("K", Object::Array(kids.into_iter().map(Object::Reference).collect())),
        ];
        file.set_object(id, Dictionary::from_iter(entries));
    }

    /// Header, body and sums of a table, a row each; every row has the same number of columns.
    fn table(&mut self, file: &mut Document, block: u32, parent: ObjectId) -> ObjectId {
        let mut rows: BTreeMap<(u8, u32), BTreeMap<u32, usize>> = BTreeMap::new();
        for (index, element) in self.structure.elements.iter().enumerate() {
            let section = match element.source.role {
                Role::TableHeader => 0,
                Role::TableData => 1,
                Role::TableSum => 2,
                Role::Artifact | Role::H1 | Role::H2 | Role::P | Role::Figure => continue,
            };
            if element.source.block == block {
                rows.entry((section, element.source.row)).or_default().insert(element.source.column, index);
            }
        }
        let columns = rows.iter().filter(|((section, _), _)| *section < 2);
        let columns = columns.filter_map(|(_, cells)| cells.keys().max()).max().map_or(2, |last| last + 1);
        let table = file.new_object_id();
        let mut sections = Vec::new();
        for (section, name) in [(0, "THead"), (1, "TBody"), (2, "TFoot")] {
            let of_section = rows.range((section, 0)..=(section, u32::MAX));
            let of_section: Vec<&BTreeMap<u32, usize>> = of_section.map(|(_, cells)| cells).collect();
            if of_section.is_empty() {
                continue;
            }
            let id = file.new_object_id();
            let rows = of_section.into_iter().map(|cells| self.row(file, id, section, cells, columns)).collect();
            Self::branch(file, id, table, name, rows);
            sections.push(id);
        }
        Self::branch(file, table, parent, "Table", sections);
        table
    }

    fn row(
        &mut self,
        file: &mut Document,
        parent: ObjectId,
        section: u8,
        cells: &BTreeMap<u32, usize>,
        columns: u32,
    ) -> ObjectId {
        let row = file.new_object_id();
        // A sum has its label over all columns but the last.
        let width = if section == 2 { 2 } else { columns };
        let mut kids = Vec::new();
        for column in 0..width {
            let heads = section == 0 || (section == 2 && column == 0);
            let shared = match section {
                0 => Some(self.shared(file, "Column", 1)),
                2 if column == 0 => Some(self.shared(file, "Row", usize::try_from(columns - 1).unwrap_or(1))),
                _ => None,
            };
            let name = if heads { "TH" } else { "TD" };
            kids.push(match cells.get(&column) {
                Some(index) => self.leaf(file, *index, row, name, shared),
                None => {
                    let id = file.new_object_id();
                    Self::branch(file, id, row, name, Vec::new());
                    if let (Some(shared), Ok(Object::Dictionary(entries))) = (shared, file.get_object_mut(id)) {
                        entries.set("A", Object::Reference(shared));
                    }
                    id
                }
            });
        }
        Self::branch(file, row, parent, "TR", kids);
        row
    }

    /// Attributes of a header cell: what it heads, and how many columns it covers.
    fn shared(&mut self, file: &mut Document, scope: &'static str, columns: usize) -> ObjectId {
        *self.shared.entry((scope, columns)).or_insert_with(|| {
            let mut entries = Dictionary::from_iter([
                ("O", Object::Name(b"Table".to_vec())),
                ("Scope", Object::Name(scope.as_bytes().to_vec())),
            ]);
            if columns > 1 {
                entries.set("ColSpan", integer(columns));
            }
            file.add_object(entries)
        })
    }
}
