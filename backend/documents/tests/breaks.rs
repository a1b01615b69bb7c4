//! Where pages break: no heading stands last on its page, no line of a paragraph alone on one, and no terms alone on the
//! last.

use abruf_documents::frame::{Page, Role, Shape};
use abruf_documents::{
    CheckCode, Templates, cancellation, competition_record, delivery_change, entitlement_certificate, meeting_report,
    memo, sample, savings_certificate,
};

fn code() -> CheckCode {
    "ABCDEFGHIJKLMNOP".parse().expect("a check code")
}

/// Documents with headings, each in many lengths, so that their pages break in many places.
fn documents() -> Vec<(String, Vec<Page>)> {
    let (templates, code) = (Templates::embedded(), code());
    let mut all = Vec::new();
    for (few, lines) in (1..=16_u32).zip(1_usize..) {
        for (name, pages) in [
            ("memo", memo::pages(&sample::memo(lines), &templates, &code)),
            ("entitlement", entitlement_certificate::pages(&sample::entitlement_certificate(few), &templates, &code)),
            ("competition", competition_record::pages(&sample::competition_record(few), &templates, &code)),
            ("savings", savings_certificate::pages(&sample::savings_certificate(lines), &templates, &code)),
            ("meeting", meeting_report::pages(&sample::meeting_report(lines), &templates, &code)),
        ] {
            all.push((format!("{name} of {lines}"), pages.expect("pages")));
        }
    }
    all
}

#[test]
fn no_heading_stands_last_on_its_page() {
    let mut breaks = 0;
    for (name, pages) in documents() {
        for (index, page) in pages.iter().enumerate().take(pages.len() - 1) {
            let read = page.items.iter().filter(|item| item.source.role != Role::Artifact);
            let last = read.max_by_key(|item| item.source.block).expect("a page that is not empty");
            assert!(!matches!(last.source.role, Role::H1 | Role::H2), "{name}, page {}: {last}", index + 1);
            breaks += 1;
        }
    }
    assert!(40 < breaks, "{breaks} page breaks prove little");
}

#[test]
fn the_last_page_of_what_changes_an_order_never_holds_terms_alone() {
    let (templates, code) = (Templates::embedded(), code());
    for lines in 1..=60 {
        for (name, pages) in [
            ("cancellation", cancellation::pages(&sample::cancellation(lines), &templates, &code)),
            ("delivery change", delivery_change::pages(&sample::delivery_change(lines), &templates, &code)),
        ] {
            let pages = pages.expect("pages");
            let last = pages.last().expect("a page");
            let of_table = |role| matches!(role, Role::TableData | Role::TableSum | Role::H1);
            let holds = last.items.iter().any(|item| of_table(item.source.role));
            assert!(holds, "{name} of {lines}: page {} holds only terms", pages.len());
        }
    }
}

/// How many lines of a paragraph stand on this page.
fn lines_of(page: &Page, block: u32) -> usize {
    let own = page.items.iter().filter(|item| item.source.block == block && item.source.role == Role::P);
    let mut lines: Vec<_> = own.filter(|item| matches!(item.shape, Shape::Text { .. })).map(|item| item.y).collect();
    lines.sort();
    lines.dedup();
    lines.len()
}

#[test]
fn no_line_of_a_paragraph_stands_alone_on_a_page() {
    let templates = Templates::embedded();
    let mut divided = 0;
    for times in (30..220).step_by(7) {
        let mut data = sample::memo(1);
        data.need = "Beschäftigte arbeiten im Fernzugriff; ".repeat(times);
        let pages = memo::pages(&data, &templates, &code()).expect("pages");
        let blocks = pages.iter().flat_map(|page| &page.items).map(|item| item.source.block).max().expect("items");
        for block in 0..=blocks {
            let lines: Vec<usize> = pages.iter().map(|page| lines_of(page, block)).filter(|lines| 0 < *lines).collect();
            if 1 < lines.len() {
                divided += 1;
                assert!(lines.iter().all(|lines| 1 < *lines), "said {times} times, paragraph {block}: {lines:?}");
            }
        }
    }
    assert!(5 < divided, "only {divided} paragraphs go on on another page");
}
