//! What towns really send: merged cells, formulas, numbers as text, two header rows, empty rows by the thousand.

use abruf::actions::import::spreadsheet::{SheetRefused, read as read_workbook};
use axum::http::StatusCode;

use super::workbook::{date, formula, number, text, workbook};
use super::{Office, confirm, confirmed};
use crate::pages::browser::{Browser, read};

/// Uploads for the invited town; the page that waits.
async fn waiting(office: &Office, path: &str, name: &str, bytes: &[u8]) -> (Browser, String) {
    let town = Browser::signed_out(&office.world).await;
    let answer = town.send_file(path, &[("fuer", "diese")], ("datei", name, bytes)).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", read(&answer.text));
    let page = town.page(path).await;
    (town, page)
}

#[tokio::test]
async fn a_workbook_with_two_header_rows_merged_cells_formulas_and_text_numbers_is_read_row_by_row() {
    let office = Office::new().await;
    let path = office.link().await;
    let mut rows = vec![
        (1, text("A1", "Einkäufe der Stadt Neufeld")),
        (
            3,
            [
                text("A3", "Artikel"),
                text("C3", "Menge"),
                text("D3", "Einheit"),
                text("E3", "Preis"),
                text("G3", "Datum"),
            ]
            .concat(),
        ),
        (4, [text("A4", "Nummer"), text("B4", "Text"), text("E4", "einzeln"), text("F4", "gesamt")].concat()),
        // 45323 is 1 February 2024.
        (
            5,
            [
                text("A5", "NB-1"),
                text("B5", "Notebook"),
                number("C5", "2"),
                text("D5", "Stück"),
                number("E5", "1000"),
                formula("F5", "C5*E5", "2000"),
                date("G5", 45323),
            ]
            .concat(),
        ),
        (
            6,
            [
                text("A6", "MON-1"),
                text("B6", "Monitor"),
                text("C6", "3"),
                text("D6", "Stück"),
                text("E6", "250,00 €"),
                text("G6", "01.02.2024"),
            ]
            .concat(),
        ),
        (
            7,
            [
                text("A7", "HEA-1"),
                text("B7", "Headset"),
                number("C7", "1"),
                text("D7", "Stück"),
                formula("E7", "E6/0", ""),
                text("G7", "01.02.2024"),
            ]
            .concat(),
        ),
        (
            8,
            [
                text("A8", "DOC-1"),
                text("B8", "Dockingstation"),
                number("C8", "1"),
                text("D8", "Stück"),
                number("E8", "180"),
            ]
            .concat(),
        ),
        (9, [text("B9", "Dockingstation groß"), number("C9", "1"), text("D9", "Stück"), number("E9", "190")].concat()),
        (10, [text("E10", "Summe"), number("F10", "2750")].concat()),
    ];
    // Formatted and empty, as a column dragged to the bottom leaves them; one purchase far below.
    rows.extend((11..=12_000).map(|at| (at, format!(r#"<c r="A{at}" s="1"/>"#))));
    rows.push((
        100_011,
        [
            text("A100011", "CAM-1"),
            text("B100011", "Kamera"),
            number("C100011", "5"),
            text("D100011", "Stück"),
            number("E100011", "70.5"),
        ]
        .concat(),
    ));
    let bytes = workbook(&rows, &["A3:B3", "E3:F3", "A8:A9", "C3:C4"]);
    assert!(bytes.len() < 1_000_000, "{}", bytes.len());
    let (town, page) = waiting(&office, &path, "einkauf.xlsx", &bytes).await;
    let said = read(&page);
    assert!(said.contains("2 Zellen sind Formeln."), "{said}");
    assert!(said.contains("7 Zeilen: 3 lesbar, 4 mit Fehler"), "{said}");
    for problem in [
        "Zeile 7, Spalte Preis einzeln: „Formel ohne Ergebnis“ ist keine Zahl. Erwartet: 1.234,50",
        "Zeile 8, Spalte Artikel Nummer: Die Zellen der Zeilen 8 bis 9 sind verbunden.",
        "Zeile 9, Spalte Artikel Nummer: Die Zellen der Zeilen 8 bis 9 sind verbunden.",
        "Zeile 10: Weder Artikelnummer noch Bezeichnung, vielleicht eine Summenzeile.",
    ] {
        assert!(said.contains(problem), "{problem}\n{said}");
    }
    assert!(said.contains("NB-1 Notebook 2 Stück 2.000,00 € 01.02.2024"), "{said}");
    assert!(said.contains("MON-1 Monitor 3 Stück 750,00 €"), "{said}");
    assert!(said.contains("100011 CAM-1 Kamera 5 Stück 352,50 €"), "{said}");
    confirmed(&town, &path, &page, &[]).await;
    let said = read(&town.page(&path).await);
    assert!(said.contains("7 Zeilen: 3 passend, 0 nicht passend, 4 nicht lesbar."), "{said}");
}

#[tokio::test]
async fn a_hundred_thousand_empty_rows_are_none() {
    let office = Office::new().await;
    let path = office.link().await;
    let file = format!("Artikelnummer;Menge;Einheit;Einzelpreis\n{}NB-1;1;Stück;1.000,00\n", ";;;\n".repeat(100_000));
    let (_, page) = waiting(&office, &path, "einkauf.csv", file.as_bytes()).await;
    assert!(read(&page).contains("1 Zeile: 1 lesbar, 0 mit Fehler"), "{}", read(&page));
    assert!(read(&page).contains("100002 NB-1"), "lines are those of the editor: {}", read(&page));
}

#[test]
fn a_workbook_with_a_hundred_thousand_formatted_empty_rows_has_two_rows() {
    let mut rows = vec![(1, [text("A1", "Artikelnummer"), text("B1", "Menge")].concat())];
    rows.extend((2..=100_001).map(|at| (at, format!(r#"<c r="A{at}" s="1"/><c r="B{at}" s="1"/>"#))));
    rows.push((100_002, [text("A100002", "NB-1"), number("B100002", "1")].concat()));
    let sheet = read_workbook(&workbook(&rows, &[])).unwrap();
    assert_eq!(sheet.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 100_002]);
}

#[test]
fn a_workbook_that_unpacks_to_more_than_allowed_is_refused_before_it_is_read() {
    let bomb = workbook(&[(1, text("A1", &"x".repeat(65 * 1024 * 1024)))], &[]);
    assert_eq!(read_workbook(&bomb), Err(SheetRefused::TooLarge));
}

#[tokio::test]
async fn files_that_are_none_are_refused_with_what_to_do_and_nothing_is_kept() {
    let office = Office::new().await;
    let path = office.link().await;
    let town = Browser::signed_out(&office.world).await;
    let wide = format!("a{}\n", ";x".repeat(200));
    let many = format!("Artikelnummer;Menge\n{}", "A;1\n".repeat(20_001));
    let files: [(&[u8], &str); 8] = [
        (b"", "Bitte wählen Sie die Datei mit Ihren Einkäufen"),
        (b";;\n \n", "Die Datei ist leer."),
        (b"PK\x03\x04nur der Anfang", "Die Datei ist keine lesbare XLSX-Datei."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "altes Excel-Format (XLS) oder mit einem Kennwort"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n\0\0", "Die Datei ist weder eine XLSX-Datei noch Text."),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "Die Datei ist weder eine XLSX-Datei noch Text."),
        (wide.as_bytes(), "In Zeile 1 stehen mehr als 100 Spalten."),
        (many.as_bytes(), "mehr als 20000 Zeilen"),
    ];
    for (bytes, said) in files {
        let name = if bytes.is_empty() { "" } else { "einkauf.xlsx" };
        let answer = town.send_file(&path, &[("fuer", "diese")], ("datei", name, bytes)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{said}");
        assert!(
            read(&answer.text).contains(said) && answer.text.contains("<title>Fehler: "),
            "{said}: {}",
            read(&answer.text)
        );
    }
    let huge = vec![b'x'; 9_000_000];
    assert_eq!(
        town.send_file(&path, &[("fuer", "diese")], ("datei", "x.csv", &huge)).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let no_form = town.post(&path, &[("fuer", "diese")]).await;
    assert_eq!(no_form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(office.number("SELECT count(*) FROM purchase_upload").await, 0);
}

#[tokio::test]
async fn a_file_without_a_needed_column_waits_until_somebody_says_which_it_is() {
    let office = Office::new().await;
    let path = office.link().await;
    let (town, page) =
        waiting(&office, &path, "einkauf.csv", b"Nr;Was;Stk;Je;Kosten\nNB-1;Notebook;1;St\xc3\xbcck;900\n").await;
    assert!(read(&page).contains("Es fehlt"), "{}", read(&page));
    assert!(!page.contains("value=\"auswerten\""));
    let refused = confirm(&town, &path, &page, &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let columns = [
        ("spalte_artikelnummer", "0"),
        ("spalte_bezeichnung", "1"),
        ("spalte_menge", "2"),
        ("spalte_einheit", "3"),
        ("spalte_einzelpreis", "4"),
        ("zahlen", "komma"),
        ("waehrung", "EUR"),
    ];
    let address = format!("{path}/auswertung");
    let looked = town.post(&address, &[&columns[..], &[("schritt", "ansehen")]].concat()).await;
    assert_eq!(looked.status, StatusCode::OK);
    assert!(read(&looked.text).contains("1 Zeile: 1 lesbar, 0 mit Fehler"), "{}", read(&looked.text));
    let done = town.post(&address, &[&columns[..], &[("schritt", "auswerten")]].concat()).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", read(&done.text));
    let again = town.post(&address, &[&columns[..], &[("schritt", "auswerten")]].concat()).await;
    assert_eq!(again.header("location"), format!("{path}?hinweis=keine-datei"), "a double click does it once");
    assert!(read(&town.page(&path).await).contains("1 passend"));
}

#[tokio::test]
async fn the_page_of_a_link_has_a_limit_per_client() {
    let office = Office::new().await;
    let town = Browser::signed_out(&office.world).await;
    let guess = format!("/sparpotenzial/{}", "B".repeat(43));
    let mut told = StatusCode::NOT_FOUND;
    for asked in 0..200 {
        told = town.get(&guess).await.status;
        if told != StatusCode::NOT_FOUND {
            assert!(60 <= asked, "after {asked}");
            break;
        }
    }
    assert_eq!(told, StatusCode::TOO_MANY_REQUESTS);
}
