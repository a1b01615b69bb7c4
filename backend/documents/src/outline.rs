//! The outline beside a document of more than three pages: its headings, and where each page of a
//! long table begins.

use lopdf::{Dictionary, Document, Error, Object, ObjectId, text_string};

use crate::frame::{Item, Joint, Page, Role, Shape};
use crate::length::Length;

/// Shorter documents are leafed through.
const LONGEST_WITHOUT: usize = 3;
/// Most letters of an entry; the window of a viewer is narrow.
const LONGEST_ENTRY: usize = 100;

/// A line of the outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What it says.
    pub(crate) title: String,
    /// Index of the page it leads to.
    page: usize,
    /// From the top of that page.
    y: Length,
}

/// The entries of a document in reading order; none if it is short.
pub(crate) fn entries(pages: &[Page]) -> Vec<Entry> {
    let mut entries = Vec::new();
    if pages.len() <= LONGEST_WITHOUT {
        return entries;
    }
    let mut headings = std::collections::HashSet::new();
    let mut header: Option<(u32, String)> = None;
    for (index, page) in pages.iter().enumerate() {
        let mut rows: Option<(u32, Length, String, String)> = None;
        for item in &page.items {
            let source = item.source;
            match source.role {
                Role::H1 | Role::H2 if headings.insert(source.block) => {
                    let title = text_of(&page.items, |other| other.source == source);
                    entries.push(Entry { title, page: index, y: top(item) });
                }
                Role::TableHeader if source.column == 0 && source.row == 0 => {
                    header = Some((source.block, text_of(&page.items, |other| other.source == source)));
                }
                Role::TableData if source.column == 0 => {
                    let cell = text_of(&page.items, |other| other.source == source);
                    match &mut rows {
                        Some((block, _, _, last)) if *block == source.block => *last = cell,
                        _ => rows = Some((source.block, top(item), cell.clone(), cell)),
                    }
                }
                _ => {}
            }
        }
        let Some((block, y, first, last)) = rows else { continue };
        if let Some((_, word)) = header.as_ref().filter(|(of, _)| *of == block) {
            let title = if first == last { format!("{word} {first}") } else { format!("{word} {first} bis {last}") };
            entries.push(Entry { title, page: index, y });
        }
    }
    for entry in &mut entries {
        entry.title = entry.title.chars().take(LONGEST_ENTRY).collect();
    }
    entries
}

/// Upper edge of a text.
fn top(item: &Item) -> Length {
    match &item.shape {
        Shape::Text { style, .. } => item.y - Length::tenths_of_point(style.size * 2),
        Shape::Rule { .. } | Shape::Outline { .. } | Shape::Logo { .. } | Shape::Qr { .. } | Shape::Bars { .. } => {
            item.y
        }
    }
}

/// The words of some items of a page, as they are read.
fn text_of(items: &[Item], wanted: impl Fn(&Item) -> bool) -> String {
    let mut text = String::new();
    for item in items.iter().filter(|item| wanted(item)) {
        let Shape::Text { text: run, joint, .. } = &item.shape else { continue };
        match joint {
            Joint::Space => text.extend([run.as_str(), " "]),
            Joint::Nothing => text.push_str(run),
            Joint::SoftHyphen => text.push_str(run.strip_suffix('-').unwrap_or(run)),
        }
    }
    text.trim().replace('\u{a0}', " ")
}

/// Writes the outline, which a viewer then shows at once.
pub(crate) fn write(file: &mut Document, entries: &[Entry]) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let pages: Vec<ObjectId> = file.get_pages().into_values().collect();
    let outline = file.new_object_id();
    let ids: Vec<ObjectId> = entries.iter().map(|_| file.new_object_id()).collect();
    for (index, (entry, id)) in entries.iter().zip(&ids).enumerate() {
        let page = pages.get(entry.page).copied().map_or(Object::Null, Object::Reference);
        let height = (Page::HEIGHT - entry.y).micrometres() * 72 / 25_400;
        let place = vec![page, Object::Name(b"XYZ".to_vec()), Object::Null, Object::Integer(height), Object::Null];
        let mut line = Dictionary::from_iter([
            ("Title", text_string(&entry.title)),
            ("Parent", Object::Reference(outline)),
            ("Dest", Object::Array(place)),
        ]);
        if let Some(before) = index.checked_sub(1) {
            line.set("Prev", Object::Reference(ids[before]));
        }
        if let Some(after) = ids.get(index + 1) {
            line.set("Next", Object::Reference(*after));
        }
        file.set_object(*id, line);
    }
    let mut whole = Dictionary::from_iter([("Type", Object::Name(b"Outlines".to_vec()))]);
    whole.set("Count", Object::Integer(i64::try_from(ids.len()).unwrap_or(i64::MAX)));
    if let (Some(first), Some(last)) = (ids.first(), ids.last()) {
        whole.set("First", Object::Reference(*first));
        whole.set("Last", Object::Reference(*last));
    }
    file.set_object(outline, whole);
    let catalog = file.catalog_mut()?;
    catalog.set("Outlines", Object::Reference(outline));
    catalog.set("PageMode", Object::Name(b"UseOutlines".to_vec()));
    Ok(())
}
