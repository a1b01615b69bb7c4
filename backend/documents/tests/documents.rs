//! Whole documents: layout goldens, sums over page breaks, margins, and the files themselves.

use std::process::Command;

use abruf_documents::frame::{Item, Page, Role, Shape};
use abruf_documents::length::Length;
use abruf_documents::{
    CheckCode, DocumentError, OrderData, Templates, cancellation, check_templates, competition_record, delivery_change,
    entitlement_certificate, meeting_report, memo, order, report, sample, savings_certificate,
};
use abruf_domain::money::Net;
use abruf_domain::supply_chain::Side;
use data_encoding::HEXLOWER;
use proptest::prelude::*;

/// Printed instead of the real one, which changes with every template and version.
fn code() -> CheckCode {
    "ABCDEFGHIJKLMNOP".parse().expect("a check code")
}

fn pages(data: &OrderData) -> Vec<Page> {
    order::pages(data, &Templates::embedded(), &code()).expect("pages")
}

fn golden(name: &str, pages: &[Page]) {
    let text: Vec<String> =
        pages.iter().enumerate().map(|(index, page)| format!("--- page {}\n{page}", index + 1)).collect();
    insta::with_settings!({ snapshot_path => "golden", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, text.concat());
    });
}

/// Text of an item, or nothing.
fn text(item: &Item) -> &str {
    if let Shape::Text { text, .. } = &item.shape { text } else { "" }
}

fn all_text(page: &Page) -> String {
    page.items.iter().map(text).collect::<Vec<_>>().join(" ").replace('\u{a0}', " ")
}

/// A printed German amount, read back.
fn amount(printed: &str) -> Net {
    printed.replace('.', "").replace(',', ".").replace('\u{2212}', "-").parse().expect("a printed amount")
}

#[test]
fn layouts_are_as_they_were_approved() {
    for lines in [1, 5, 60] {
        golden(&format!("order_{lines}"), &pages(&sample::order(lines)));
    }
    golden("draft_2", &pages(&sample::draft(2)));
    golden("in_house_2", &pages(&sample::of_pair(2, Side::InHouse)));
    golden("supplier_2", &pages(&sample::of_pair(2, Side::Supplier)));
    golden("stress_5", &pages(&sample::stress(5)));
    golden("memo_3", &memo::pages(&sample::memo(3), &Templates::embedded(), &code()).expect("pages"));
    let entitlement =
        entitlement_certificate::pages(&sample::entitlement_certificate(2), &Templates::embedded(), &code());
    golden("entitlement_certificate_2", &entitlement.expect("pages"));
    let change = delivery_change::pages(&sample::delivery_change(2), &Templates::embedded(), &code());
    golden("delivery_change_2", &change.expect("pages"));
    let record = competition_record::pages(&sample::competition_record(3), &Templates::embedded(), &code());
    golden("competition_record_3", &record.expect("pages"));
    let savings = savings_certificate::pages(&sample::savings_certificate(2), &Templates::embedded(), &code());
    golden("savings_certificate_2", &savings.expect("pages"));
    let report = meeting_report::pages(&sample::meeting_report(2), &Templates::embedded(), &code());
    golden("meeting_report_2", &report.expect("pages"));
    for (name, data) in [
        ("cancellation_5", sample::cancellation(5)),
        ("cancellation_part", sample::partial_cancellation(5, false)),
        ("cancellation_priced_anew", sample::partial_cancellation(5, true)),
    ] {
        golden(name, &cancellation::pages(&data, &Templates::embedded(), &code()).expect("pages"));
    }
}

/// Walks the pages in reading order: every carried sum is the sum of the lines so far, every line
/// is printed once and in order, and the lines add up to the net total.
fn check_sums(data: &OrderData, pages: &[Page]) {
    let (mut sum, mut positions, mut carried) = (Net::ZERO, Vec::new(), 0);
    for page in pages {
        for (index, item) in page.items.iter().enumerate() {
            if text(item) == "Übertrag" {
                assert_eq!(amount(text(&page.items[index + 1])), sum, "carried sum");
                carried += 1;
            }
            match (item.source.role, item.source.column) {
                (Role::TableData, 0) => positions.push(text(item).parse::<u32>().expect("a position")),
                (Role::TableData, 6) => sum += amount(text(item)),
                _ => {}
            }
        }
    }
    assert_eq!(positions, data.lines.iter().map(|line| line.position).collect::<Vec<_>>());
    let surcharge = data.surcharge.as_ref().map_or(Net::ZERO, |surcharge| surcharge.net);
    assert_eq!(sum + surcharge, data.totals.net);
    // Each break is announced below the old page and taken up above the new one.
    assert_eq!(carried % 2, 0);
}

#[test]
fn carried_sums_and_printed_lines_add_up_for_orders_of_every_length() {
    for lines in [1, 2, 11, 12, 13, 34, 60, 133, 400] {
        let data = sample::order(lines);
        check_sums(&data, &pages(&data));
    }
}

#[test]
fn sums_stand_together_and_never_without_a_line() {
    for lines in 1..70 {
        let pages = pages(&sample::order(lines));
        let with_sums: Vec<&Page> =
            pages.iter().filter(|page| page.items.iter().any(|item| item.source.role == Role::TableSum)).collect();
        assert_eq!(with_sums.len(), 1, "{lines} lines");
        let lines_there = with_sums[0].items.iter().filter(|item| item.source.role == Role::TableData).count();
        assert!(lines_there > 0, "{lines} lines: the sums stand alone");
    }
}

#[test]
fn the_last_page_never_holds_terms_alone() {
    for lines in 1..120 {
        let pages = pages(&sample::order(lines));
        let last = pages.last().expect("a page");
        let of_table = |item: &Item| matches!(item.source.role, Role::TableData | Role::TableSum | Role::H1);
        assert!(last.items.iter().any(of_table), "{lines} lines: page {} holds only terms", pages.len());
    }
}

#[test]
fn every_page_of_every_document_bears_its_number_check_code_and_one_qr_code() {
    let templates = Templates::embedded();
    let mut documents = Vec::new();
    for lines in [1, 13, 60] {
        documents.push(("RV-2025-01-0042", pages(&sample::order(lines))));
        documents.push(("V-7K3M9Q2P", pages(&sample::draft(lines))));
        documents.push((
            "RV-2025-01-0042-S",
            cancellation::pages(&sample::cancellation(lines), &templates, &code()).expect("pages"),
        ));
        documents.push((
            "RV-2025-01-0042-T",
            delivery_change::pages(&sample::delivery_change(lines), &templates, &code()).expect("pages"),
        ));
        documents.push(("RV-2025-01-0042", memo::pages(&sample::memo(lines), &templates, &code()).expect("pages")));
    }
    let entitlement = sample::entitlement_certificate(20);
    documents.push((
        entitlement.number.as_str(),
        entitlement_certificate::pages(&entitlement, &templates, &code()).expect("pages"),
    ));
    let record = sample::competition_record(20);
    documents.push((record.number.as_str(), competition_record::pages(&record, &templates, &code()).expect("pages")));
    let savings = sample::savings_certificate(12);
    documents
        .push((savings.number.as_str(), savings_certificate::pages(&savings, &templates, &code()).expect("pages")));
    let report = sample::meeting_report(40);
    documents.push((report.number.as_str(), meeting_report::pages(&report, &templates, &code()).expect("pages")));
    for (number, pages) in &documents {
        for (index, page) in pages.iter().enumerate() {
            let codes = page.items.iter().filter(|item| matches!(item.shape, Shape::Qr { .. })).count();
            let text = all_text(page);
            let place = format!("{number}, page {} of {}", index + 1, pages.len());
            assert_eq!(codes, 1, "{place}");
            assert!(text.contains(number) && text.contains("ABCD-EFGH-IJKL-MNOP"), "{place}: {text}");
        }
    }
    assert!(documents.iter().any(|(_, pages)| 2 < pages.len()));
}

#[test]
fn five_lines_and_all_terms_fit_on_one_page() {
    for lines in 1..=5 {
        assert_eq!(pages(&sample::order(lines)).len(), 1, "{lines} lines");
    }
}

#[test]
fn every_page_tells_number_check_code_and_its_place() {
    let pages = pages(&sample::order(60));
    for (index, page) in pages.iter().enumerate() {
        let text = all_text(page);
        for wanted in ["Abruf RV-2025-01-0042 vom 04.05.2027", "ABCD-EFGH-IJKL-MNOP", "Beispieldaten"] {
            assert!(text.contains(wanted), "page {}: {wanted}", index + 1);
        }
        let place = format!("Seite {} von {}", index + 1, pages.len());
        assert!(text.replace("  ", " ").contains(&place), "{place}");
        assert!(text.contains("Leistung") == page.items.iter().any(|item| item.source.role == Role::TableData));
    }
}

#[test]
fn a_draft_is_marked_on_every_page_and_has_no_number() {
    let pages = pages(&sample::draft(40));
    assert!(pages.len() > 1);
    for page in &pages {
        let text = all_text(page);
        assert!(text.contains("ENTWURF – kein Auftrag"));
        assert!(!text.contains("RV-2025-01-0042"));
    }
}

#[test]
fn real_data_carry_no_mark_of_examples() {
    let data = OrderData { demo: false, ..sample::order(3) };
    assert!(!pages(&data).iter().any(|page| all_text(page).contains("Beispieldaten")));
}

/// Nothing leaves the text area, and running content ends above the footer.
fn check_margins(pages: &[Page]) {
    check_margins_above(pages, Length::mm(271));
}

fn check_margins_above(pages: &[Page], bottom: Length) {
    let (left, right) = (Length::mm(25), Length::mm(190));
    for page in pages {
        for item in page.items.iter().filter(|item| !text(item).is_empty()) {
            assert!(item.x >= left && item.right() <= right, "{item}");
            assert!(item.source.role == Role::Artifact || item.bottom() <= bottom, "{item}");
        }
    }
}

#[test]
fn ten_thousand_characters_in_every_name_stay_on_the_paper() {
    for name in ["x".repeat(10_000), "Müßiggang ".repeat(1_000)] {
        let mut data = sample::order(2);
        for text in [&mut data.buyer.name, &mut data.supplier.name, &mut data.lines[0].title] {
            name.clone_into(text);
        }
        data.references.cost_centre = Some(name.clone());
        data.terms[0].text.clone_from(&name);
        let pages = pages(&data);
        check_margins(&pages);
        check_sums(&data, &pages);
    }
}

#[test]
fn figures_of_full_length_stay_in_their_columns() {
    let data = sample::stress(20);
    let pages = pages(&data);
    check_margins(&pages);
    check_sums(&data, &pages);
}

/// Classes stand apart with the lines behind them; net stands for A alone.
#[test]
fn a_certificate_of_savings_keeps_the_classes_apart_and_refuses_sums_that_are_none() {
    let data = sample::savings_certificate(2);
    let pages = savings_certificate::pages(&data, &Templates::embedded(), &code()).expect("pages");
    check_margins_above(&pages, Length::mm(269));
    let text = pages.iter().map(all_text).collect::<Vec<_>>().join(" ");
    let (proven, listed) = (&data.totals[0], &data.totals[1]);
    assert_eq!((proven.lines, listed.lines), (24, 6));
    assert_eq!(proven.net, Some(proven.effect - proven.surcharge - proven.fee));
    for wanted in ["Klasse A", "Klasse B", "Klasse C", "2 Positionen über 1.180,00 €", "412,07 €", "Stand der Daten"]
    {
        assert!(text.contains(wanted), "no „{wanted}“ in {text}");
    }
    let both = (proven.effect + listed.effect).to_string();
    let german = abruf_documents::format_de::number(&both, 2).expect("a number");
    assert!(!text.contains(&german), "classes were added: {german}");

    let mut wrong = sample::savings_certificate(2);
    wrong.totals[0].effect += Net::rounded(rust_decimal::Decimal::new(1, 2));
    let refused = savings_certificate(&wrong, &Templates::embedded()).expect_err("a refusal");
    assert!(matches!(refused, DocumentError::DoesNotAddUp { .. }), "{refused}");
    let mut wrong = sample::savings_certificate(1);
    wrong.contracts[0].classes[1].net = Some(wrong.contracts[0].classes[1].effect);
    wrong.totals[1].net = Some(wrong.totals[1].effect);
    assert!(savings_certificate(&wrong, &Templates::embedded()).is_err(), "net of class B");
}

/// Cover, one page of summary, tables with their head on each page, and nothing that does not add up.
#[test]
fn a_meeting_report_has_a_cover_a_summary_on_one_page_and_refuses_what_does_not_reconcile() {
    let data = sample::meeting_report(40);
    let pages = meeting_report::pages(&data, &Templates::embedded(), &code()).expect("pages");
    check_margins_above(&pages, Length::mm(269));
    let texts: Vec<String> = pages.iter().map(all_text).collect();
    assert!(texts[0].contains("SB-2027-01") && texts[0].contains("Stand der Daten"), "{}", texts[0]);
    assert!(!texts[0].contains("Auf einen Blick") && texts[1].contains("Auf einen Blick"), "{}", texts[1]);
    for figure in &data.figures {
        assert!(texts[1].contains(&figure.value), "{} is not on the second page: {}", figure.name, texts[1]);
    }
    let heads = texts.iter().filter(|text| text.contains("Rahmenvertrag Abrufe Volumen")).count();
    assert!(1 < heads, "the head of a long table is repeated: {heads}");
    let all = texts.join(" ");
    for wanted in ["Abgleich", "Methode", "SB-2026-02", "storniert", "2 weitere Abrufe", "Beschlussvorlage 3/2027"] {
        assert!(all.contains(wanted), "no „{wanted}“ in {all}");
    }
    let cent = Net::rounded(rust_decimal::Decimal::new(1, 2));
    let wrong: [fn(&mut abruf_documents::MeetingReportData, Net); 4] = [
        |data, cent| data.listed.a_net += cent,
        |data, cent| data.members[0].amounts.volume += cent,
        |data, cent| data.restatement.as_mut().expect("a restatement").added += cent,
        |data, cent| data.restatement.as_mut().expect("a restatement").rows[0].difference += cent,
    ];
    for change in wrong {
        let mut data = sample::meeting_report(3);
        change(&mut data, cent);
        let refused = meeting_report(&data, &Templates::embedded()).expect_err("a refusal");
        assert!(matches!(refused, DocumentError::DoesNotAddUp { .. }), "{refused}");
    }
}

/// The head stands on every page, the comparison at the end, and no Prüfkennung anywhere: nothing is stored.
#[test]
fn a_report_repeats_its_head_and_refuses_a_difference_that_is_none() {
    let pages = report::pages(&sample::report(60), &Templates::embedded(), &code()).expect("pages");
    check_margins_above(&pages, Length::mm(269));
    assert!(2 < pages.len());
    for page in pages.iter().take(pages.len() - 1) {
        let text = all_text(page);
        assert!(text.contains("Auftragswert") && text.contains("A netto"), "{text}");
        assert!(!text.contains("ABCD-EFGH-IJKL-MNOP"), "{text}");
    }
    let text = pages.iter().map(all_text).collect::<Vec<_>>().join(" ");
    for wanted in ["So wird gerechnet", "Abgleich", "0,00 €", "Summe", "Jahr 2027"] {
        assert!(text.contains(wanted), "no „{wanted}“ in {text}");
    }
    let empty = report::pages(&sample::report(0), &Templates::embedded(), &code()).expect("pages");
    assert!(all_text(&empty[0]).contains("keine Buchungen"));

    let mut wrong = sample::report(2);
    wrong.checks[0].difference = "0.01".to_owned();
    let refused = report(&wrong, &Templates::embedded()).expect_err("a refusal");
    assert!(matches!(refused, DocumentError::DoesNotAddUp { .. }), "{refused}");
    let mut wrong = sample::report(2);
    wrong.rows[1].figures.pop();
    assert!(report(&wrong, &Templates::embedded()).is_err(), "a row without a figure");
}

/// Who, which contract, since when by which proof, until when, what, by which law.
#[test]
fn a_certificate_of_entitlement_tells_who_what_since_when_and_by_which_proof() {
    let data = sample::entitlement_certificate(2);
    let pages = entitlement_certificate::pages(&data, &Templates::embedded(), &code()).expect("pages");
    check_margins_above(&pages, Length::mm(269));
    let text = pages.iter().map(all_text).collect::<Vec<_>>().join(" ");
    for wanted in [
        "Stadt Altenrode",
        "RV-2025-01",
        "01.02.2025",
        "31.01.2028",
        "Anlage 4 zur Bekanntmachung",
        "Los 2",
        "EuGH C-216/17",
        "B-4CX9QW3H",
    ] {
        assert!(text.contains(wanted), "no „{wanted}“ in {text}");
    }
}

/// The four questions of an auditor, each answered on paper, and every rule with its result, the passed ones too.
#[test]
fn a_memo_tells_entitlement_prices_volume_rules_and_hashes() {
    let data = sample::memo(3);
    let pages = memo::pages(&data, &Templates::embedded(), &code()).expect("pages");
    check_margins_above(&pages, Length::mm(269));
    let text = pages.iter().map(all_text).collect::<Vec<_>>().join(" ");
    for wanted in [
        "Anlage 4 zur Bekanntmachung",
        "2.500.000,00 €",
        "früherer Vertrag",
        "Käthe Kämmerer-Schön",
        "mindestens 3 Jahre",
    ] {
        assert!(text.contains(wanted), "{wanted}");
    }
    for rule in &data.rules {
        assert!(text.contains(&format!("{}, Version", rule.rule)), "{}", rule.rule);
    }
    for hashed in &data.attachments {
        assert!(text.contains(&hashed.sha256[..32]) && text.contains(&hashed.sha256[32..]), "{}", hashed.what);
    }
}

#[test]
fn a_memo_with_ten_thousand_characters_in_every_text_stays_on_the_paper() {
    for name in ["x".repeat(10_000), "Müßiggang ".repeat(1_000)] {
        let mut data = sample::memo(2);
        for text in [&mut data.need, &mut data.member.name, &mut data.justifications[0].wording] {
            name.clone_into(text);
        }
        data.rules[0].sentence.clone_from(&name);
        data.mechanism[1].text.clone_from(&name);
        let pages = memo::pages(&data, &Templates::embedded(), &code()).expect("pages");
        check_margins_above(&pages, Length::mm(269));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn whatever_is_written_stays_within_the_margins(
        texts in prop::collection::vec("[a-zA-ZäöüßÄÖÜ0-9@.,:/§€<>&\"' _–-]{0,120}", 9),
        lines in 1_usize..30,
    ) {
        let mut data = sample::order(lines);
        for (text, line) in texts.iter().cycle().zip(&mut data.lines) {
            line.title.clone_from(text);
            line.unit = text.chars().take(24).collect();
        }
        data.buyer.name.clone_from(&texts[0]);
        data.supplier.address = texts[1..4].to_vec();
        data.contract.title.clone_from(&texts[4]);
        data.references.file_reference = Some(texts[5].clone());
        data.delivery_address.as_mut().expect("a delivery address").name.clone_from(&texts[6]);
        data.terms[0].title.clone_from(&texts[7]);
        data.requested.name.clone_from(&texts[8]);
        let pages = pages(&data);
        check_margins(&pages);
        check_sums(&data, &pages);
    }
}

fn digest() -> String {
    let document = order(&sample::order(7), &Templates::embedded()).expect("a document");
    format!("file {} code {}", HEXLOWER.encode(&document.sha256), document.check_code)
}

#[test]
#[ignore = "run by the test below in a process of its own"]
fn prints_its_digest() {
    println!("{}", digest());
}

#[test]
fn the_same_data_give_the_same_bytes_also_in_another_process() {
    let own = digest();
    assert_eq!(own, digest());
    let program = std::env::current_exe().expect("the path of this test");
    let other = Command::new(program)
        .args(["--ignored", "--exact", "prints_its_digest", "--nocapture"])
        .output()
        .expect("this test runs again");
    let said = String::from_utf8_lossy(&other.stdout);
    assert!(said.contains(&own), "own: {own}, other: {said}");
}

#[test]
fn the_check_code_follows_data_and_template() {
    let templates = Templates::embedded();
    let first = order(&sample::order(3), &templates).expect("a document");
    let mut changed = sample::order(3);
    changed.case_number.push('X');
    assert_ne!(order(&changed, &templates).expect("a document").check_code, first.check_code);

    let text = include_str!("../../../pdf-templates/order.xml.j2").replace("verbindlich ab", "ab");
    let templates = templates.with_override("order.xml.j2", &text).expect("a template");
    let reworded = order(&sample::order(3), &templates).expect("a document");
    assert_ne!(reworded.check_code, first.check_code);
    assert_ne!(reworded.template_version, first.template_version);
}

#[test]
fn files_carry_subset_fonts_that_give_back_their_text() {
    let document = order(&sample::order(5), &Templates::embedded()).expect("a document");
    let file = lopdf::Document::load_mem(&document.bytes).expect("a readable file");
    assert_eq!(file.get_pages().len(), document.pages);
    let mut maps = String::new();
    for object in file.objects.values() {
        let Ok(font) = object.as_dict() else { continue };
        if font.get(b"Subtype").and_then(lopdf::Object::as_name).ok() == Some(b"Type0".as_slice()) {
            let name = font.get(b"BaseFont").and_then(lopdf::Object::as_name).expect("a name");
            assert_eq!(name.iter().position(|byte| *byte == b'+'), Some(6), "a subset has a tag");
            let map = font.get(b"ToUnicode").and_then(lopdf::Object::as_reference).expect("a ToUnicode map");
            let stream = file.get_object(map).and_then(lopdf::Object::as_stream).expect("a stream");
            maps.push_str(&String::from_utf8_lossy(&stream.decompressed_content().expect("its text")));
        }
    }
    for letter in "äöüßÄ§€–„“".chars() {
        let hex = format!("{:04x}", u32::from(letter));
        assert!(maps.to_lowercase().contains(&hex), "{letter} ({hex}) is in no ToUnicode map");
    }
    assert!(document.bytes.len() < 40_000, "{} bytes: are the fonts still cut down?", document.bytes.len());
}

#[test]
fn files_say_what_they_are_without_a_clock() {
    let document = order(&sample::order(1), &Templates::embedded()).expect("a document");
    let file = lopdf::Document::load_mem(&document.bytes).expect("a readable file");
    assert_eq!(file.version, "1.7");
    let catalog = file.catalog().expect("a catalogue");
    assert_eq!(catalog.get(b"Lang").and_then(lopdf::Object::as_str).ok(), Some(b"de".as_slice()));
    let information =
        file.trailer.get(b"Info").and_then(lopdf::Object::as_reference).expect("an information dictionary");
    let information = file.get_dictionary(information).expect("a dictionary");
    let entry = |key: &[u8]| {
        let text = information.get(key).and_then(lopdf::Object::as_str).expect("an entry");
        String::from_utf8_lossy(text).into_owned()
    };
    assert_eq!(entry(b"Title"), "Abruf RV-2025-01-0042");
    assert_eq!(entry(b"CreationDate"), "D:20270504120500Z");
    assert_eq!(document.title, "Abruf RV-2025-01-0042");
    assert_eq!(document.file_name, "Abruf_RV-2025-01-0042.pdf");
}

#[test]
fn sums_that_do_not_add_up_make_no_document() {
    let mut data = sample::order(3);
    data.lines.pop();
    let refused = order(&data, &Templates::embedded()).expect_err("a refusal");
    assert!(matches!(refused, DocumentError::DoesNotAddUp { .. }), "{refused}");
}

#[test]
fn the_embedded_templates_pass_their_check_and_a_broken_one_does_not() {
    assert_eq!(check_templates(&Templates::embedded()), Ok(()));
    let broken = Templates::embedded().with_override("cancellation.xml.j2", "<doc/>").expect("it reads as a template");
    assert!(matches!(check_templates(&broken), Err(DocumentError::Template { .. })));
}
