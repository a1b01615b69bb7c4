//! Spreadsheets of past purchases: looked at first, recorded when confirmed, and told cell by cell where they are wrong.

use std::io::{Cursor, Write};

use axum::http::StatusCode;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::House;
use crate::pages::browser::{Browser, read};
use crate::web::Answer;

const HEAD: &str = "artikelnummer;bezeichnung;einheit;einzelpreis_netto;datum;je_monat;beleg\n";

impl House {
    fn desk(&self) -> String {
        format!("/verwaltung/vertraege/{}/vergleichspreise/einspielen", self.contract.id)
    }

    async fn sent(&self, by: &Browser, name: &str, bytes: &[u8]) -> Answer {
        let page = by.page(&self.desk()).await;
        by.upload(&page, &self.desk(), &[], ("file", name, bytes)).await
    }

    /// The address of the preview of a file that can be read.
    async fn put_aside(&self, by: &Browser, name: &str, bytes: &[u8]) -> String {
        let answer = self.sent(by, name, bytes).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", read(&answer.text));
        answer.header("location").to_owned()
    }

    /// What is said about a file that cannot be read as a whole.
    async fn turned_away(&self, by: &Browser, name: &str, bytes: &[u8]) -> String {
        let answer = self.sent(by, name, bytes).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", read(&answer.text));
        read(&answer.text)
    }
}

/// A workbook with this sheet; numbers of style 1 are days.
pub fn workbook(sheet: &str) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, content) in [
        (
            "[Content_Types].xml",
            r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"#,
        ),
        (
            "_rels/.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Einkäufe" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#,
        ),
        (
            "xl/styles.xml",
            r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>"#,
        ),
        ("xl/worksheets/sheet1.xml", sheet),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

pub fn text(place: &str, text: &str) -> String {
    format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

/// Rows of a sheet under the header in row 1; further XML behind them.
fn sheet(rows: &str, behind: &str) -> String {
    let names = ["artikelnummer", "bezeichnung", "einheit", "einzelpreis_netto", "datum"];
    let head: String =
        ["A1", "B1", "C1", "D1", "E1"].iter().zip(names).map(|(place, name)| text(place, name)).collect();
    format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">{head}</row>{rows}</sheetData>{behind}</worksheet>"#
    )
}

/// A right row but for the cell of the price. 45971 is 10.11.2025.
fn monitor(row: u32, price: &str) -> String {
    let cells = text(&format!("B{row}"), "MON-27") + &text(&format!("C{row}"), "Stück");
    format!(r#"<row r="{row}">{cells}{price}<c r="E{row}" s="1"><v>45971</v></c></row>"#)
}

#[tokio::test]
async fn purchases_are_proposed_by_number_and_name_and_recorded_when_confirmed() {
    let house = House::new().await;
    sqlx::query("UPDATE item SET title = CASE article_number WHEN 'MON-27' THEN 'Monitor 27 Zoll' WHEN 'CTX-TRN' THEN 'Schulung Administration' ELSE 'Citrix Universal' END")
        .execute(house.world.owner())
        .await
        .unwrap();
    let [olga, otto] =
        [Browser::signed_in(&house.world, &house.olga).await, Browser::signed_in(&house.world, &house.otto).await];
    let csv = format!(
        "{HEAD}ctx-trn;Admin-Schulung;Tag;1.250,00;02.12.2025;;R-17\n\
         ;Monitore 27 Zoll;Stück;210,00;01.02.2025;;\n\
         ;Monitor 27 Zoll, schwarz;Stück;199,90;10.11.2025;;R-19\n\
         ;Citrix Universal;Nutzer;14,20;10.11.2025;ja;\n\
         ;Citrix Universal;Lizenz;170,40;10.11.2025;;\n\
         ;Feuerwehrschlauch;Stück;80,00;10.11.2025;;\n\
         ;Monitor;Stück;0,00;10.11.2025;;\n"
    );
    let preview = house.put_aside(&olga, "einkauf.csv", csv.as_bytes()).await;
    assert_eq!(house.number("SELECT count(*) FROM baseline").await, 0, "nothing is recorded by looking");
    assert_eq!(otto.get(&preview).await.status, StatusCode::NOT_FOUND, "the file is of whoever uploaded it");
    let page = olga.page(&preview).await;
    let said = read(&page);
    for told in [
        "7 Einkäufe: 6 gelesen, 1 mit Fehler; 4 Vorschläge",
        "gleiche Artikelnummer",
        "ähnlicher Name: bitte prüfen",
        "ähnlich ist „Citrix Universal“, aber je Nutzer und Monat",
        "kein ähnlicher Artikel im Vertrag",
        "Zeile 8, Spalte einzelpreis_netto: „0,00“ vergleicht nichts",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    let none = olga.submit(&page, &preview, &[("schritt", "uebernehmen"), ("zeile-2", "")]).await;
    assert!(read(&none.text).contains("Kein Einkauf ist einem Artikel zugeordnet"), "{}", read(&none.text));
    let wrong = [("schritt", "uebernehmen"), ("zeile-6", "CTX-UNI"), ("zeile-2", "CTX-TRN")];
    let answer = olga.submit(&page, &preview, &wrong).await;
    let said = read(&answer.text);
    assert!(said.contains("Zeile 6: „Lizenz“ ist eine andere Einheit als im Vertrag"), "{said}");
    assert_eq!(house.number("SELECT count(*) FROM baseline").await, 0);

    let chosen = [
        ("schritt", "uebernehmen"),
        ("zeile-2", "CTX-TRN"),
        ("zeile-3", "MON-27"),
        ("zeile-4", "MON-27"),
        ("zeile-5", "CTX-UNI"),
    ];
    olga.leads_on(&page, &preview, &chosen).await;
    let again = olga.submit(&page, &preview, &chosen).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND, "a second click finds nothing to record");
    let recorded: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT i.article_number, b.unit_price::numeric(16, 2)::text, b.evidence
         FROM baseline b JOIN item i ON i.contract_id = b.contract_id AND i.id = b.item_id
         WHERE b.kind = 'prior_contract' AND b.approved_at IS NULL ORDER BY 1",
    )
    .fetch_all(house.world.owner())
    .await
    .unwrap();
    let words: Vec<_> = recorded.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    assert_eq!(
        words,
        [("CTX-TRN", "1250.00"), ("CTX-UNI", "14.20"), ("MON-27", "199.90")],
        "the latest purchase counts"
    );
    assert_eq!(recorded[2].2, "R-19: Monitor 27 Zoll, schwarz, gekauft am 10.11.2025 (einkauf.csv, Zeile 4)");
    let said = read(&otto.page("/verwaltung/vergleichspreise?stand=pending").await);
    assert!(said.contains("3 Vergleichspreise"), "{said}");

    // The same file again records nothing twice.
    let preview = house.put_aside(&olga, "einkauf.csv", csv.as_bytes()).await;
    let page = olga.page(&preview).await;
    olga.leads_on(&page, &preview, &chosen).await;
    assert_eq!(house.number("SELECT count(*) FROM baseline").await, 3);
    assert_eq!(house.number("SELECT count(*) FROM baseline_file").await, 1);
    assert_eq!(house.number("SELECT count(*) FROM baseline_import").await, 0);
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_file_that_is_discarded_or_replaced_leaves_nothing() {
    let house = House::new().await;
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let csv = format!("{HEAD}CTX-TRN;Schulung;Tag;1.250,00;02.12.2025;;\n");
    let first = house.put_aside(&olga, "einkauf.csv", csv.as_bytes()).await;
    let second = house.put_aside(&olga, "einkauf.csv", csv.as_bytes()).await;
    assert_eq!(olga.get(&first).await.status, StatusCode::NOT_FOUND, "one file per person");
    let page = olga.page(&second).await;
    olga.leads_on(&page, &second, &[("schritt", "verwerfen")]).await;
    assert_eq!(house.number("SELECT count(*) FROM baseline_import").await, 0);
    assert_eq!(house.number("SELECT count(*) FROM baseline").await, 0);
}

#[tokio::test]
async fn a_workbook_is_read_with_its_days_and_exact_prices() {
    let house = House::new().await;
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let rows = [
        monitor(2, r#"<c r="D2"><v>199.9</v></c>"#),
        monitor(3, r#"<c r="D3"><v>11.850000000000001</v></c>"#),
        monitor(4, &text("D4", "1.234,50")),
    ];
    let file = workbook(&sheet(&rows.concat(), ""));
    let preview = house.put_aside(&olga, "einkauf.xlsx", &file).await;
    let said = read(&olga.page(&preview).await);
    for told in ["3 Einkäufe: 3 gelesen", "199,90 € je Stück 10.11.2025", "11,85 € je Stück", "1.234,50 € je Stück"]
    {
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[tokio::test]
async fn what_spreadsheets_do_beside_holding_values_is_told_cell_by_cell() {
    let house = House::new().await;
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let rows = [
        monitor(2, r#"<c r="D2"><f>100*1.19</f><v>119</v></c>"#),
        monitor(3, r#"<c r="D3"><v>199.9</v></c>"#),
        monitor(4, ""),
        monitor(5, &text("D5", "1.234")),
        monitor(6, &text("D6", "12.50")),
        monitor(7, r#"<c r="D7"><v>0</v></c>"#),
        monitor(8, r#"<c r="D8"><v>-5</v></c>"#),
        monitor(9, r#"<c r="D9"><v>189</v></c>"#),
    ];
    let merged = r#"<mergeCells count="1"><mergeCell ref="D3:D4"/></mergeCells>"#;
    let preview = house.put_aside(&olga, "einkauf.xlsx", &workbook(&sheet(&rows.concat(), merged))).await;
    let said = read(&olga.page(&preview).await);
    for told in [
        "8 Einkäufe: 1 gelesen, 7 mit Fehler",
        "Zeile 2, Spalte einzelpreis_netto: enthält die Formel „=100*1.19“. Erwartet: ein Wert",
        "Zeile 3, Spalte einzelpreis_netto: D3:D4 sind verbundene Zellen",
        "Zeile 4, Spalte einzelpreis_netto: D3:D4 sind verbundene Zellen",
        "Zeile 5, Spalte einzelpreis_netto: „1.234“ ist nicht eindeutig",
        "Zeile 6, Spalte einzelpreis_netto: „12.50“ ist nicht eindeutig",
        "Zeile 7, Spalte einzelpreis_netto: „0“ vergleicht nichts",
        "Zeile 8, Spalte einzelpreis_netto: „-5“ ist negativ",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert_eq!(house.number("SELECT count(*) FROM baseline").await, 0);
}

#[tokio::test]
async fn a_hundred_thousand_empty_rows_and_a_cell_far_away_cost_nothing() {
    let house = House::new().await;
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let empty: String = (3..100_003).map(|row| format!(r#"<row r="{row}"><c r="A{row}" s="1"/></row>"#)).collect();
    let far = r#"<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#;
    let rows = monitor(2, r#"<c r="D2"><v>199.9</v></c>"#) + &empty + far;
    let preview = house.put_aside(&olga, "einkauf.xlsx", &workbook(&sheet(&rows, ""))).await;
    let said = read(&olga.page(&preview).await);
    assert!(said.contains("1 Einkauf: 1 gelesen, 0 mit Fehler"), "{said}");
}

#[tokio::test]
async fn files_that_are_no_list_of_purchases_are_turned_away_with_the_reason() {
    let house = House::new().await;
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let second_head = format!("{HEAD}Nummer;Text;ME;in Euro;Tag;;\nCTX-TRN;Schulung;Tag;1.250,00;02.12.2025;;\n");
    let preview = house.put_aside(&olga, "einkauf.csv", second_head.as_bytes()).await;
    let said = read(&olga.page(&preview).await);
    assert!(said.contains("Zeile 2: sieht wie eine zweite Kopfzeile aus") && said.contains("1 gelesen"), "{said}");
    let below = format!("Einkäufe des Jahres 2025;;;;;;\n{HEAD}CTX-TRN;Schulung;Tag;1.250,00;02.12.2025;;\n");
    let below = below.into_bytes();
    let only_head = HEAD.as_bytes();
    let merged_title = workbook(&format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">{}</row></sheetData><mergeCells><mergeCell ref="A1:E1"/></mergeCells></worksheet>"#,
        text("A1", "Einkäufe")
    ));
    for (name, bytes, told) in [
        ("einkauf.csv", &below[..], "Die Kopfzeile mit den Spalten steht erst in Zeile 2"),
        ("einkauf.csv", only_head, "nur eine Kopfzeile und keine Daten"),
        (
            "einkauf.csv",
            &b"bezeichnung;einheit\nMaus;St\xfcck\n"[..],
            "nicht in UTF-8 gespeichert (erste Stelle: Zeile 2)",
        ),
        ("einkauf.csv", "bezeichnung;einheit\nMaus;Stück\n".as_bytes(), "fehlt: einzelpreis_netto, datum"),
        ("einkauf.xlsx", &merged_title, "fehlt: bezeichnung, einheit, einzelpreis_netto, datum"),
        ("einkauf.xlsx", only_head, "ist in Wirklichkeit eine CSV-Datei"),
        ("rechnung.pdf", super::PDF, "ist ein PDF. Erwartet: eine CSV-Datei, eine Excel-Datei (XLSX)"),
        ("einkauf.xlsx", b"PK\x03\x04", "ist nicht eine Excel-Datei (XLSX), oder sie ist beschädigt"),
        ("", b"", "Bitte wählen Sie die Datei"),
    ] {
        let said = house.turned_away(&olga, name, bytes).await;
        assert!(said.contains(told), "{name}: {told}: {said}");
    }
    assert_eq!(house.number("SELECT count(*) FROM baseline_import").await, 1, "only the first one waits");
}
