//! What a screen reader makes of our files: reading order, tables, words, outline.

use abruf_documents::{Templates, cancellation, memo, order, sample};
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

fn memo_of(data: &abruf_documents::MemoData) -> reader::Element {
    reader::read(&memo(data, &Templates::embedded()).expect("a document").bytes)
}

#[test]
fn read_aloud_a_call_off_memo_makes_sense() {
    golden("aloud_memo_3", &memo_of(&sample::memo(3)).read_aloud());
    golden("aloud_memo_bare", &memo_of(&sample::bare_memo()).read_aloud());
}

#[test]
fn each_table_of_a_memo_stands_under_its_heading_and_each_cell_under_a_head() {
    for data in [sample::memo(1), sample::memo(60), sample::bare_memo()] {
        let document = memo_of(&data);
        let mut heading = String::new();
        let mut tables = 0;
        for (at, element) in document.kids.iter().enumerate() {
            match element.kind.as_str() {
                "H1" | "H2" => {
                    let next = document.kids.get(at + 1).map(|it| it.kind.as_str());
                    assert!(matches!(next, Some("P" | "Table")), "„{}“ has nothing under it: {next:?}", element.text);
                    assert_ne!(heading, element.text, "two headings of the same name");
                    heading.clone_from(&element.text);
                }
                "Table" => {
                    tables += 1;
                    let heads = element.heads();
                    assert!(!heads.is_empty() && heads.iter().all(|it| !it.is_empty()), "{heading}: {heads:?}");
                    for row in &element.all("TBody")[0].kids {
                        assert_eq!(row.kids.len(), heads.len(), "{heading}");
                        assert!(row.kids.iter().all(|cell| !cell.text.is_empty()), "{heading}: {row:?}");
                    }
                }
                _ => {}
            }
        }
        assert!(3 <= tables, "{tables} tables");
        let aloud = document.read_aloud();
        let digits = "0123456789abcdef";
        let whole = aloud.split_whitespace().filter(|it| it.len() == 64 && it.chars().all(|c| digits.contains(c)));
        assert_eq!(whole.count(), data.attachments.len(), "hashes are read in one piece: {aloud}");
    }
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

#[test]
fn what_controls_or_reverses_text_neither_acts_nor_disappears_unseen() {
    let hostile = "Amt\0für\u{7}Bau \u{202e}gnurednÄ\u{202c} \u{2066}x\u{2069} \u{5e9}\u{5dc} \u{1f600}";
    let mut data = sample::order(1);
    for text in [&mut data.buyer.name, &mut data.supplier.name, &mut data.lines[0].title] {
        hostile.clone_into(text);
    }
    let mut noted = sample::memo(1);
    for text in [&mut noted.need, &mut noted.member.name, &mut noted.justifications[0].wording] {
        hostile.clone_into(text);
    }
    let order = reader::read(&order(&data, &Templates::embedded()).expect("a document").bytes);
    for read in [order.read_aloud(), memo_of(&noted).read_aloud()] {
        assert!(read.contains("AmtfürBau") && read.contains("gnurednÄ"), "{read}");
        assert!(read.contains('\u{fffd}'), "what no font has is seen: {read}");
        let acts = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!read.lines().any(|line| line.contains(acts)), "{read:?}");
    }
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
