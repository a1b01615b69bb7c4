//! What a screen reader makes of our files: reading order, tables, words, outline.

use abruf_documents::{Templates, cancellation, order, sample};
use lopdf::{Document, Object};

mod reader;

fn bytes_of(lines: usize) -> Vec<u8> {
    order(&sample::order(lines), &Templates::embedded()).expect("a document").bytes
}

/// The Prüfkennung changes with each template; the rest is compared.
fn golden(name: &str, read: &str) {
    let mut lines: Vec<String> = Vec::new();
    for line in read.lines() {
        let end = line.find("/p/").map_or(line.len(), |at| at + 3);
        lines.push(line[..end].to_owned());
    }
    insta::with_settings!({ snapshot_path => "golden", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, lines.join("\n"));
    });
}

#[test]
fn read_aloud_an_order_and_a_cancellation_make_sense() {
    golden("aloud_order_5", &reader::read(&bytes_of(5)).read_aloud());
    let stress = order(&sample::stress(2), &Templates::embedded()).expect("a document");
    golden("aloud_stress_2", &reader::read(&stress.bytes).read_aloud());
    let document = cancellation(&sample::cancellation(2), &Templates::embedded()).expect("a document");
    golden("aloud_cancellation_2", &reader::read(&document.bytes).read_aloud());
}

#[test]
fn a_table_over_many_pages_is_one_table_with_one_header_and_even_rows() {
    let document = reader::read(&bytes_of(133));
    let tables = document.all("Table");
    assert_eq!(tables.len(), 1);
    let heads = tables[0].all("THead");
    assert_eq!(heads.len(), 1);
    assert_eq!(heads[0].kids.len(), 1);
    let rows = &tables[0].all("TBody")[0].kids;
    assert_eq!(rows.len(), 133);
    assert!(rows.iter().all(|row| row.kids.len() == 7 && row.kids.iter().all(|cell| cell.kind == "TD")));
    assert!(!document.read_aloud().contains("Übertrag"), "carried sums are decoration");
}

#[test]
fn a_word_that_is_hyphenated_or_broken_is_read_as_one_word() {
    let mut data = sample::order(1);
    "Beschaffungsmaßnahmenverordnungsdurchführungsbestimmungen".clone_into(&mut data.lines[0].title);
    data.supplier.unit = Some("einkauf.und.vergabe.und.noch.mehr@verbandsgemeinde-altenrode-umland.example".to_owned());
    let read = reader::read(&order(&data, &Templates::embedded()).expect("a document").bytes).read_aloud();
    assert!(read.contains("Beschaffungsmaßnahmenverordnungsdurchführungsbestimmungen"), "{read}");
    assert!(read.contains("einkauf.und.vergabe.und.noch.mehr@verbandsgemeinde-altenrode-umland.example"), "{read}");
}

#[test]
fn names_of_all_europe_are_read_as_they_are_written() {
    let mut data = sample::order(1);
    // The same letter with and without a mark that no single glyph has, and signs from another font.
    let name = "M\u{302}aria Łukasiewicz-Đorđević, GROẞ & Nguyễn ạ, Martin: x ≤ 5 → ∞";
    name.clone_into(&mut data.lines[0].title);
    let read = reader::read(&order(&data, &Templates::embedded()).expect("a document").bytes).read_aloud();
    assert!(read.contains(name), "{read}");
}

/// Titles of the outline, in order.
fn outline(bytes: &[u8]) -> Vec<String> {
    let file = Document::load_mem(bytes).expect("a readable file");
    let reference = |object: &Object| object.as_reference().expect("a reference");
    let Ok(whole) = file.catalog().expect("a catalogue").get(b"Outlines") else { return Vec::new() };
    let whole = file.get_dictionary(reference(whole)).expect("an outline");
    let mut titles = Vec::new();
    let mut next = whole.get(b"First").ok().map(reference);
    while let Some(line) = next.map(|id| file.get_dictionary(id).expect("a line")) {
        titles.push(lopdf::decode_text_string(line.get(b"Title").expect("a title")).expect("a text"));
        next = line.get(b"Next").ok().map(reference);
    }
    titles
}

#[test]
fn only_long_documents_have_an_outline_and_it_leads_to_each_part_of_the_table() {
    assert_eq!(outline(&bytes_of(5)), Vec::<String>::new());
    let titles = outline(&bytes_of(133));
    assert_eq!(titles[0], "Einzelabruf aus dem Rahmenvertrag RV-2025-01");
    assert!(titles[1].starts_with("Pos. 1 bis "), "{titles:?}");
    assert!(titles.last().expect("an entry").ends_with(" bis 133"), "{titles:?}");
}
