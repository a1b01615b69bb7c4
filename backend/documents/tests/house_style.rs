//! Documents with the logo, the fonts and the words of a customer.

use std::sync::Arc;

use abruf_documents::house_style::LETTERHEAD;
use abruf_documents::reproduce::{reproduce, template_of};
use abruf_documents::{Document, DocumentError, HouseStyle, Templates, check_templates, memo, order, sample};
use lopdf::Object;

mod folder;
mod reader;

fn in_house() -> Templates {
    Templates::embedded().with_style(&folder::house()).expect("a house style")
}

/// Names of the embedded fonts without the mark of the subset, in alphabetical order.
fn fonts(document: &Document) -> Vec<String> {
    let file = lopdf::Document::load_mem(&document.bytes).expect("a readable file");
    let of = |object: &Object| {
        let name = object.as_dict().ok()?.get(b"FontName").and_then(Object::as_name).ok()?;
        Some(String::from_utf8_lossy(name).split('+').next_back()?.to_owned())
    };
    let mut names: Vec<String> = file.objects.values().filter_map(of).collect();
    names.sort();
    names
}

#[test]
fn every_document_works_with_logo_fonts_and_text_blocks() {
    assert_eq!(check_templates(&in_house()), Ok(()));
}

#[test]
fn layouts_in_house_style_are_as_they_were_approved() {
    let code = "ABCDEFGHIJKLMNOP".parse().expect("a check code");
    for (name, pages) in [
        ("house_order_2", order::pages(&sample::order(2), &in_house(), &code)),
        ("house_memo_1", memo::pages(&sample::memo(1), &in_house(), &code)),
    ] {
        let pages = pages.expect("pages");
        let text: Vec<String> = pages.iter().map(ToString::to_string).collect();
        insta::with_settings!({ snapshot_path => "golden", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name, text.join("--- next page\n"));
        });
    }
}

#[test]
fn an_order_shows_the_logo_with_its_words_and_the_text_blocks() {
    let document = order(&sample::order(5), &in_house()).expect("a document");
    let read = reader::read(&document.bytes);
    assert_eq!(read.all("Figure").len(), 2, "logo and QR code");
    let first = read.kids.first().map(|it| it.kind.clone());
    assert_eq!(first.as_deref(), Some("Figure"), "the logo stands first");
    let text = read.read_aloud();
    for words in ["Sehr geehrte Damen und Herren,", "Mit freundlichen Grüßen", "Ihre Beschaffungsstelle"] {
        assert!(text.contains(words), "{words} in {text}");
    }
    let file = lopdf::Document::load_mem(&document.bytes).expect("a readable file");
    let alt = |object: &Object| lopdf::decode_text_string(object.as_dict().ok()?.get(b"Alt").ok()?).ok();
    assert!(file.objects.values().filter_map(alt).any(|alt| alt.starts_with("Wappen der Stadt Altenrode")));
    let pictures = file.objects.values().filter(|it| {
        let stream = it.as_stream().ok();
        stream.and_then(|it| it.dict.get(b"Subtype").and_then(Object::as_name).ok()) == Some(b"Image".as_slice())
    });
    assert_eq!(pictures.count(), 1);
    assert_eq!(fonts(&document), ["ProbeSans-Bold", "ProbeSans-Regular"]);
    assert!(document.bytes.len() < 80_000, "{} bytes", document.bytes.len());
}

#[test]
fn a_jpeg_stands_in_the_document_as_it_is() {
    let jpeg = include_bytes!("pictures/logo.jpg");
    let mut style = folder::house();
    style.assets.insert("logo.jpg".to_owned(), Arc::from(&jpeg[..]));
    let letterhead = style.texts[LETTERHEAD].replace("logo.png", "logo.jpg");
    style.texts.insert(LETTERHEAD.to_owned(), letterhead);
    let templates = Templates::embedded().with_style(&style).expect("a house style");
    let document = order(&sample::order(1), &templates).expect("a document");
    assert!(document.bytes.windows(jpeg.len()).any(|part| part == jpeg));
}

#[test]
fn letters_that_the_font_of_the_house_lacks_come_from_noto_sans() {
    let mut data = sample::order(1);
    "Đorđević & Łukasiewicz, x ≤ 5 → ∞".clone_into(&mut data.supplier.name);
    "M\u{302}aria, Nguyễn \u{1f600}".clone_into(&mut data.lines[0].title);
    let document = order(&data, &in_house()).expect("a document");
    let read = reader::read(&document.bytes).read_aloud();
    assert!(read.contains("Đorđević & Łukasiewicz, x ≤ 5 → ∞"), "{read}");
    assert!(read.contains("M\u{302}aria, Nguyễn \u{fffd}"), "{read}");
    for font in ["NotoSans-Regular", "NotoSansSigns-Regular", "ProbeSans-Bold", "ProbeSans-Regular"] {
        assert!(fonts(&document).contains(&font.to_owned()), "{font}: {:?}", fonts(&document));
    }
}

#[test]
fn a_font_with_cubic_curves_is_embedded_as_such() {
    let mut style = folder::house();
    let font = include_bytes!("fonts/ProbeCut-Regular.otf");
    style.assets.insert("fonts/ProbeCut.otf".to_owned(), Arc::from(&font[..]));
    let fonts_entry = "[fonts]\nregular = \"fonts/ProbeCut.otf\"\nbold = \"fonts/ProbeCut.otf\"\n";
    style.texts.insert(LETTERHEAD.to_owned(), fonts_entry.to_owned());
    let templates = Templates::embedded().with_style(&style).expect("a house style");
    let document = order(&sample::order(2), &templates).expect("a document");
    assert!(reader::read(&document.bytes).read_aloud().contains("Sehr geehrte Damen und Herren,"));
    let file = lopdf::Document::load_mem(&document.bytes).expect("a readable file");
    assert!(file.objects.values().any(|it| it.as_dict().is_ok_and(|it| it.has(b"FontFile3"))));
}

#[test]
fn a_document_is_made_again_with_the_files_recorded_with_it() {
    let templates = in_house();
    for first in [order(&sample::order(3), &templates), memo(&sample::memo(2), &templates)] {
        let first = first.expect("a document");
        let recorded = templates.style_of(&template_of(&first.input).expect("its template"));
        assert_eq!(recorded.assets.len(), 3, "logo and two fonts");
        let then = Templates::embedded().with_style(&recorded).expect("the files of then");
        assert_eq!(reproduce(&first.input, &then), Ok(first));
    }
}

#[test]
fn another_logo_font_or_text_block_is_another_version() {
    let plain = Templates::embedded().version("order.xml.j2");
    let mut versions = vec![plain, in_house().version("order.xml.j2")];
    let mut changed: Vec<HouseStyle> = vec![folder::house(); 3];
    changed[0].texts.insert("blocks/greeting.txt".to_owned(), "Guten Tag".to_owned());
    changed[1].texts.insert(LETTERHEAD.to_owned(), folder::house().texts[LETTERHEAD].replace("Wappen", "Zeichen"));
    let mut logo = changed[2].assets["logo.png"].to_vec();
    // A byte behind the end of the picture changes the file and not what is seen.
    logo.push(0);
    changed[2].assets.insert("logo.png".to_owned(), logo.into());
    versions.extend(
        changed
            .iter()
            .map(|style| Templates::embedded().with_style(style).expect("a house style").version("order.xml.j2")),
    );
    let mut different = versions.clone();
    different.sort();
    different.dedup();
    assert_eq!(different.len(), versions.len(), "{versions:?}");
}

#[test]
fn a_member_replaces_file_by_file_what_its_body_has() {
    let mut member = HouseStyle::default();
    member.texts.insert("blocks/greeting.txt".to_owned(), "Guten Tag".to_owned());
    let templates = Templates::embedded().with_style(&folder::house().with(&member)).expect("a house style");
    let document = order(&sample::order(1), &templates).expect("a document");
    let read = reader::read(&document.bytes).read_aloud();
    assert!(read.contains("Guten Tag") && read.contains("Ihre Beschaffungsstelle"), "{read}");
    assert_eq!(fonts(&document), ["ProbeSans-Bold", "ProbeSans-Regular"]);
}

#[test]
fn what_cannot_be_used_is_refused_by_file_and_reason() {
    let refused = |change: &dyn Fn(&mut HouseStyle)| {
        let mut style = folder::house();
        change(&mut style);
        let error = Templates::embedded().with_style(&style).expect_err("a refusal");
        let DocumentError::Asset { file, reason } = error else { panic!("{error}") };
        (file, reason)
    };
    let (file, reason) = refused(&|style| drop(style.assets.insert("logo.png".to_owned(), vec![0; 50_000_000].into())));
    assert_eq!(file, "logo.png");
    assert!(reason.contains("50000000 Bytes, erlaubt sind 500000"), "{reason}");
    let broken = "fonts/ProbeSans-Bold.ttf";
    let (file, reason) = refused(&|style| drop(style.assets.insert(broken.to_owned(), vec![1; 9_000].into())));
    assert_eq!(file, broken);
    assert!(reason.contains("keine lesbare"), "{reason}");
    let (file, _) = refused(&|style| drop(style.assets.remove("logo.png")));
    assert_eq!(file, "logo.png");
    let long = "x".repeat(10_001);
    let (file, reason) = refused(&|style| drop(style.texts.insert("blocks/closing.txt".to_owned(), long.clone())));
    assert!(file == "blocks/closing.txt" && reason.contains("10001 Zeichen"), "{reason}");
}
