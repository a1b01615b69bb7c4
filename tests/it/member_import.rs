//! The members of a cooperative from its own list: looked at first, admitted all or none, and nobody twice.

mod command_line;

use std::fmt::Write as _;

use abruf::actions::admit_member::{self, Admission};
use abruf::actions::import_members::{self, MembersReport};
use abruf::actions::import_register::{Options, SHIPPED, SOURCE, import_register};
use abruf::actor::{Actor, Role};
use axum::http::StatusCode;

use crate::baselines::imports::{text, workbook};
use crate::pages::browser::{Browser, read};
use crate::web::Answer;
use crate::world::World;

const PATH: &str = "/verwaltung/mitglieder/einlesen";

/// A cooperative without members, and its office; the register that ships with the program is read in.
struct House {
    world: World,
    office: Actor,
}

impl House {
    async fn new() -> Self {
        let world = World::new().await;
        let options = Options { source: SOURCE, dry_run: false, partial: false };
        import_register(&world.app, SHIPPED, options, &|_, _| ()).await.unwrap();
        let office = world.office().named("Olga Office").await;
        Self { world, office }
    }

    async fn browser(&self) -> Browser {
        Browser::signed_in(&self.world, &self.office).await
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.world.owner()).await.unwrap()
    }

    async fn memberships(&self) -> i64 {
        self.number("SELECT count(*) FROM membership").await
    }

    async fn take(&self, list: &str) -> MembersReport {
        import_members::import(&self.world.app, &self.office, list.as_bytes(), &|_, _| ()).await.unwrap()
    }

    /// Members, one by one, as the office does it without a list.
    async fn admit(&self, official_key: &str, since: &str) {
        let admission = Admission {
            official_key: official_key.to_owned(),
            declared_on: since.parse().unwrap(),
            effective_from: since.parse().unwrap(),
            shares: 1,
            share_value_net: "0".parse().unwrap(),
        };
        admit_member::admit(&self.world.app, &self.office, &admission).await.unwrap();
    }

    /// Everything that makes and proves members, but for the suppliers and the body of the world.
    async fn rows(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for sql in [
            "SELECT to_jsonb(t)::text FROM organisation t WHERE official_key IS NOT NULL ORDER BY 1",
            "SELECT to_jsonb(t)::text FROM organisation_role t WHERE role = 'member' ORDER BY 1",
            "SELECT to_jsonb(t)::text FROM membership t ORDER BY 1",
            "SELECT to_jsonb(t)::text FROM authority_class t ORDER BY 1",
            "SELECT to_jsonb(t)::text FROM audit_entry t ORDER BY chain_id, sequence",
            "SELECT to_jsonb(t)::text FROM audit_detail t ORDER BY 1",
        ] {
            rows.extend(sqlx::query_scalar::<_, String>(sql).fetch_all(self.world.owner()).await.unwrap());
        }
        rows
    }
}

async fn look(by: &Browser, name: &str, bytes: &[u8]) -> Answer {
    let page = by.page(PATH).await;
    by.upload(&page, PATH, &[], ("file", name, bytes)).await
}

/// Sends the form of a look on, with the file that lies in it.
async fn go_on(by: &Browser, looked: &str, step: &str) -> Answer {
    by.upload(looked, PATH, &[("schritt", step)], ("file", "", b"")).await
}

#[tokio::test]
async fn a_list_is_looked_at_first_and_then_admits_everybody_once() {
    let house = House::new().await;
    house.admit("15001000", "2015-01-01").await;
    let olga = house.browser().await;
    assert!(olga.page("/verwaltung/mitglieder").await.contains(&format!("href=\"{PATH}\"")), "the list leads here");
    let list = "Nr.;Mitglied seit;Name;Gemeindeschlüssel;Beitritt erklärt am;Geschäftsanteile;Wert eines Anteils;E-Mail\n\
                1;01.03.2019;Stadt Halle;15002000;15.01.2019;3;1.000,50;post@halle.example\n\
                2;01.01.2020;Landeshauptstadt Magdeburg;;;;;\n\
                3;2021-05-01;;150810030030;;;;\n\
                4;01.01.2014;Dessau-Roßlau;15001000;;;;\n";
    let looked = look(&olga, "mitglieder.csv", list.as_bytes()).await;
    assert_eq!(looked.status, StatusCode::OK, "{}", looked.text);
    let said = read(&looked.text);
    for told in [
        "4 Zeilen: 3 neu, 1 schon Mitglied, 0 mit Fehler",
        "Nicht gelesen werden die Spalten „Nr.“, „E-Mail“.",
        "Zeilen ohne Tag der Beitrittserklärung: 2. Eingetragen wird dort der erste Tag der Mitgliedschaft.",
        "Zeilen ohne Zahl der Geschäftsanteile: 2. Eingetragen wird dort 1 Anteil.",
        "Zeile 5: Dessau-Roßlau, Stadt ist Mitglied ab 01.01.2015, in der Datei steht 01.01.2014.",
        "Halle (Saale), Stadt Zeile 2 · 15002000 15.01.2019 01.03.2019 3 × 1.000,50 €",
        "Magdeburg, Landeshauptstadt Zeile 3 · 15003000 01.01.2020 01.01.2020 1",
        "Arendsee (Altmark), Stadt Zeile 4 · 15081030",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert_eq!(house.memberships().await, 1, "nothing is written by looking");

    let (one, two) = tokio::join!(go_on(&olga, &looked.text, "uebernehmen"), go_on(&olga, &looked.text, "uebernehmen"));
    let late = go_on(&olga, &looked.text, "uebernehmen").await;
    for answer in [&one, &two, &late] {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        assert_eq!(answer.header("location"), "/verwaltung/mitglieder?hinweis=eingelesen");
    }
    assert_eq!(house.memberships().await, 4, "confirmed three times, admitted once");
    assert_eq!(house.number("SELECT count(*) FROM audit_entry WHERE action = 'member_admitted'").await, 4);
    assert_eq!(house.number("SELECT count(*) FROM membership WHERE effective_from = '2015-01-01'").await, 1);
    let members = read(&olga.page(one.header("location")).await);
    assert!(members.contains("Die Liste ist übernommen.") && members.contains("4 Mitgliedschaften"), "{members}");
    assert!(members.contains("Halle (Saale), Stadt") && members.contains("3 Anteile, 3.001,50 €"), "{members}");
    let again = look(&olga, "mitglieder.csv", list.as_bytes()).await;
    let said = read(&again.text);
    assert!(said.contains("0 neu, 4 schon Mitglied") && said.contains("Es gibt nichts zu übernehmen."), "{said}");
    assert!(!again.text.contains("value=\"uebernehmen\""), "{}", again.text);
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_list_writes_what_single_admissions_write_to_the_last_byte() {
    let (one_by_one, at_once) = (House::new().await, House::new().await);
    one_by_one.admit("15002000", "2019-03-01").await;
    one_by_one.admit("15003000", "2020-01-01").await;
    let report = at_once.take("AGS;Mitglied seit\n15002000;01.03.2019\n15003000;01.01.2020\n").await;
    assert!(report.written, "{report:?}");
    let rows = one_by_one.rows().await;
    assert_eq!(rows, at_once.rows().await);
    assert_eq!(rows.iter().filter(|row| row.contains("member_admitted")).count(), 2, "an entry for each");
}

#[tokio::test]
async fn one_wrong_row_and_nobody_is_admitted() {
    let house = House::new().await;
    let olga = house.browser().await;
    // Was a member until 2018: from 2017 on it cannot be one again.
    house.admit("15081455", "2012-01-01").await;
    sqlx::query("UPDATE membership SET effective_to = '2018-12-31'").execute(house.world.owner()).await.unwrap();
    let list = "Gemeindeschlüssel;Name;Mitglied seit;Geschäftsanteile\n\
                15002000;Halle;01.03.2019;1\n\
                15999000;;01.03.2019;1\n\
                15003000;Halle;01.03.2019;1\n\
                ;Entenhausen;01.03.2019;1\n\
                150020000000;;01.03.2020;1\n\
                15081030;;23.11.2026;1\n\
                15081455;;01.01.2017;1\n\
                =1+1;;gestern;viele\n";
    let looked = look(&olga, "mitglieder.csv", list.as_bytes()).await;
    let said = read(&looked.text);
    for told in [
        "8 Zeilen: 1 neu, 0 schon Mitglied, 7 mit Fehler",
        "Zeile 3, Spalte Gemeindeschlüssel: „15999000“ steht nicht im Verzeichnis der Städte und Gemeinden. Erwartet: ein Schlüssel daraus",
        "Zeile 4, Spalte Name: „Halle“ gehört nicht zum Gemeindeschlüssel 15003000. Erwartet: Magdeburg, Landeshauptstadt",
        "Zeile 5, Spalte Name: „Entenhausen“ steht nicht im Verzeichnis der Städte und Gemeinden. Erwartet: ein Name daraus",
        "Zeile 6, Spalte Gemeindeschlüssel: „15002000“ steht schon in Zeile 2. Erwartet: jedes Mitglied einmal",
        "Zeile 7, Spalte Mitglied seit: „23.11.2026“ liegt in der Zukunft. Erwartet: ein Tag bis heute",
        "Zeile 8, Spalte Mitglied seit: „01.01.2017“ liegt vor dem Ende der früheren Mitgliedschaft am 31.12.2018. Erwartet: ein Tag danach",
        "Zeile 9, Spalte Gemeindeschlüssel: „=1+1“ ist kein Gemeindeschlüssel. Erwartet: 8 Ziffern",
        "Zeile 9, Spalte Mitglied seit: „gestern“ ist kein Datum",
        "Zeile 9, Spalte Geschäftsanteile: „viele“ ist keine Zahl von Anteilen",
        "So wird nichts übernommen.",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(!looked.text.contains("value=\"uebernehmen\""), "nothing to confirm");
    let forced = go_on(&olga, &looked.text, "uebernehmen").await;
    assert!(read(&forced.text).contains("7 mit Fehler"), "{}", forced.text);
    assert_eq!(house.memberships().await, 1, "who insists admits nobody");

    let rows = go_on(&olga, &looked.text, "fehler").await;
    assert_eq!(rows.header("content-disposition"), "attachment; filename=\"mitglieder-fehler.csv\"");
    let mut lines = rows.text.lines();
    let head = "\u{feff}Gemeindeschlüssel;Name;Mitglied seit;Geschäftsanteile;zeile;fehler";
    assert_eq!(lines.next(), Some(head));
    assert_eq!(lines.clone().count(), 7, "{}", rows.text);
    assert!(rows.text.contains("\n'=1+1;;gestern;viele;9;"), "no cell is a formula: {}", rows.text);

    // The same file without its wrong rows; the old member comes back after its end.
    let report = house.take("AGS;seit\n15002000;01.03.2019\n15081455;01.01.2019\n").await;
    assert_eq!(report.sentence(), "2 Zeilen: 2 neu, 0 schon Mitglied, 0 mit Fehler");
    assert_eq!(house.number("SELECT count(*) FROM organisation WHERE official_key = '15081455'").await, 1);
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn towns_of_one_name_are_told_apart_by_their_keys_alone() {
    let house = House::new().await;
    sqlx::query(
        "INSERT INTO register_entry (official_key, name, kind, district, inhabitants, area_km2, postcode, source, imported_at)
         SELECT '05754008', 'Halle (Westf.), Stadt', kind, district, inhabitants, area_km2, '33790', source, imported_at
         FROM register_entry WHERE official_key = '15002000'",
    )
    .execute(house.world.owner())
    .await
    .unwrap();
    let report = house.take("Stadt;Mitglied seit\nHalle;01.03.2019\n").await;
    assert_eq!(
        report.errors.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "Zeile 2, Spalte Stadt: „Halle“ heißen 2 Städte und Gemeinden. Erwartet: der Gemeindeschlüssel, zum Beispiel 05754008, 15002000"
        ]
    );
    assert!(!report.written);
    // Excel has dropped the zero in front of the key.
    let report = house.take("AGS;Stadt;Mitglied seit\n5754008;Halle;01.03.2019\n;Halle (Saale);01.03.2019\n").await;
    assert_eq!(report.new.iter().map(|it| it.official_key.as_str()).collect::<Vec<_>>(), ["05754008", "15002000"]);
    assert_eq!(report.notes[0], "Schlüssel ohne führende Null: 1. Sie ist ergänzt.");
}

/// A sheet under our headings; numbers of style 1 are days, 43525 is 01.03.2019.
fn sheet(heads: &[(&str, &str)], rows: &str, behind: &str) -> Vec<u8> {
    let head: String = heads.iter().map(|(place, name)| text(place, name)).collect();
    workbook(&format!(
        r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">{head}</row>{rows}</sheetData>{behind}</worksheet>"#
    ))
}

const HEADS: [(&str, &str); 4] = [("A1", "AGS"), ("B1", "Name"), ("C1", "Mitglied seit"), ("D1", "Summe")];

#[tokio::test]
async fn a_workbook_is_read_and_what_is_no_plain_value_is_told_cell_by_cell() {
    let house = House::new().await;
    let olga = house.browser().await;
    let row = |at: u32, key: &str, day: &str| {
        let day = if day.is_empty() { String::new() } else { format!(r#"<c r="C{at}"{day}</c>"#) };
        format!(r#"<row r="{at}"><c r="A{at}"><v>{key}</v></c>{day}<c r="D{at}"><f>SUM(A1:A9)</f><v>1</v></c></row>"#)
    };
    let good = [row(2, "15002000", r#" s="1"><v>43525</v>"#), row(3, "150030000000", r#" s="1"><v>43525</v>"#)];
    let said = read(&look(&olga, "mitglieder.xlsx", &sheet(&HEADS, &good.concat(), "")).await.text);
    assert!(said.contains("2 Zeilen: 2 neu, 0 schon Mitglied, 0 mit Fehler"), "a formula nobody reads: {said}");
    assert!(said.contains("15003000 01.03.2019 01.03.2019"), "{said}");

    let spoilt = [
        row(2, "15002000", r"><f>TODAY()-1</f><v>43525</v>"),
        row(3, "15003000", r#" s="1"><v>43525</v>"#),
        row(4, "15081030", ""),
        row(5, "15081455", "><v>43525</v>"),
        row(6, "15081135", r#" t="e"><v>#REF!</v>"#),
        row(7, "15001000", r#" s="1"><v>43525</v>"#),
    ];
    let merged = r#"<mergeCells count="1"><mergeCell ref="C3:C4"/></mergeCells>"#;
    let said = read(&look(&olga, "mitglieder.xlsx", &sheet(&HEADS, &spoilt.concat(), merged)).await.text);
    for told in [
        "6 Zeilen: 1 neu, 0 schon Mitglied, 5 mit Fehler",
        "Zeile 2, Spalte Mitglied seit: enthält die Formel „=TODAY()-1“. Erwartet: ein Wert",
        "Zeile 3, Spalte Mitglied seit: C3:C4 sind verbundene Zellen",
        "Zeile 4, Spalte Mitglied seit: C3:C4 sind verbundene Zellen",
        "Zeile 5, Spalte Mitglied seit: „43525“ ist kein Datum",
        "Zeile 6, Spalte Mitglied seit: zeigt den Fehler #REF!",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert_eq!(house.memberships().await, 0);
}

#[tokio::test]
async fn files_that_are_no_list_of_members_are_turned_away_with_the_reason() {
    let house = House::new().await;
    let olga = house.browser().await;
    let mut ten_thousand = "AGS;Mitglied seit\n".to_owned();
    for key in 0..10_000 {
        writeln!(ten_thousand, "15{key:06};01.03.2019").unwrap();
    }
    let two_heads = [("A1", "Mitglied"), ("C1", "Mitgliedschaft")];
    let heads: String = [("A2", "AGS"), ("B2", "Name"), ("C2", "seit")].iter().map(|(at, it)| text(at, it)).collect();
    let under = sheet(
        &two_heads,
        &format!(r#"<row r="2">{heads}</row>"#),
        r#"<mergeCells><mergeCell ref="A1:B1"/></mergeCells>"#,
    );
    for (name, bytes, told) in [
        (
            "leer.csv",
            Vec::new(),
            "Die Datei ist leer. Erwartet wird eine Kopfzeile mit den Spalten Gemeindeschlüssel, Name,",
        ),
        ("kopf.csv", b"AGS;Mitglied seit\n".to_vec(), "Die Datei hat nur eine Kopfzeile und keine Daten."),
        (
            "viele.csv",
            ten_thousand.into_bytes(),
            "Die Datei hat mehr als 1000 Mitglieder. So viele sind auf einmal erlaubt.",
        ),
        ("zwei.xlsx", under, "Die Kopfzeile mit den Spalten steht erst in Zeile 2. Erwartet: in der ersten Zeile."),
        (
            "ohne.csv",
            b"AGS;Name\n15002000;Halle\n".to_vec(),
            "In der ersten Zeile fehlt: Mitglied seit. Gefunden: AGS, Name.",
        ),
        ("doppelt.csv", b"AGS;seit;Eintritt\n1;2;3\n".to_vec(), "Die Spalten „seit“ und „Eintritt“ bedeuten dasselbe."),
        (
            "alt.xls",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(),
            "ein altes Excel-Format (XLS) oder mit einem Kennwort geschützt",
        ),
        ("kaputt.xlsx", b"PK\x03\x04 and nothing more".to_vec(), "keine lesbare XLSX-Datei"),
        ("bild.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "weder eine XLSX-Datei noch Text"),
        ("gross.csv", vec![b'x'; 4_000_001], "Die Datei ist größer als 4 MB."),
    ] {
        let answer = look(&olga, name, &bytes).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}: {}", read(&answer.text));
        let said = read(&answer.text);
        assert!(said.contains(told) && said.contains("Nichts wurde übernommen."), "{name}: {said}");
        assert!(answer.text.contains("id=\"file-fehler\""), "{name}: the error stands at the field");
    }
    let none = go_on(&olga, &olga.page(PATH).await, "").await;
    assert!(read(&none.text).contains("Bitte wählen Sie die Datei mit den Mitgliedern aus."), "{}", none.text);

    // What old offices and old programs write is read, and told.
    let utf16: Vec<u8> =
        "\u{feff}Name\tMitglied seit\r\nKöthen\t01.03.2019\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let windows = b"Name;Mitglied seit;Stra\xdfe\nK\xf6then;01.03.2019;Marktstr. 1\n".to_vec();
    for (bytes, told) in [(utf16, "1 neu"), (windows, "wurde als Windows-1252 gelesen. Bitte prüfen Sie die Umlaute.")]
    {
        let said = read(&look(&olga, "liste.csv", &bytes).await.text);
        assert!(said.contains("Köthen (Anhalt), Stadt") && said.contains(told), "{said}");
    }
    sqlx::query("DELETE FROM register_entry").execute(house.world.owner()).await.unwrap();
    let said = read(&look(&olga, "liste.csv", b"AGS;seit\n15002000;01.03.2019\n").await.text);
    assert!(said.contains("Das Verzeichnis der Städte und Gemeinden ist leer."), "{said}");
    assert_eq!(house.memberships().await, 0);
}

#[tokio::test]
async fn the_empty_list_that_is_handed_out_can_be_filled_in() {
    let house = House::new().await;
    let olga = house.browser().await;
    let page = olga.page(PATH).await;
    assert!(page.contains(&format!("href=\"{PATH}/vorlage.csv\"")), "{page}");
    let empty = olga.get(&format!("{PATH}/vorlage.csv")).await;
    assert_eq!(empty.header("content-disposition"), "attachment; filename=\"mitglieder.csv\"");
    let filled = format!("{}15002000;Halle;15.01.2019;01.03.2019;3;1.000\r\n", empty.text);
    let said = read(&look(&olga, "mitglieder.csv", filled.as_bytes()).await.text);
    assert!(said.contains("1 Zeilen: 1 neu, 0 schon Mitglied, 0 mit Fehler"), "{said}");
    assert!(said.contains("15.01.2019 01.03.2019 3 × 1.000,00 €") && !said.contains("Nicht gelesen"), "{said}");
}

#[tokio::test]
async fn every_town_of_a_land_comes_in_with_one_list() {
    let house = House::new().await;
    let keys: Vec<String> = sqlx::query_scalar("SELECT official_key FROM register_entry ORDER BY name")
        .fetch_all(house.world.owner())
        .await
        .unwrap();
    let list: String = keys.iter().map(|key| format!("{key};01.03.2019\n")).collect();
    let olga = house.browser().await;
    let looked = look(&olga, "alle.csv", format!("AGS;Mitglied seit\n{list}").as_bytes()).await;
    let said = read(&looked.text);
    assert!(said.contains("218 Zeilen: 218 neu, 0 schon Mitglied, 0 mit Fehler"), "{said}");
    assert!(said.contains("Dazu kommen 18 weitere."), "{said}");
    assert_eq!(go_on(&olga, &looked.text, "uebernehmen").await.status, StatusCode::SEE_OTHER);
    assert_eq!(house.memberships().await, 218);
    assert_eq!(house.number("SELECT count(*) FROM audit_entry WHERE action = 'member_admitted'").await, 218);
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn only_the_office_reads_members_in_and_the_first_steps_say_who_does() {
    let house = House::new().await;
    let list = b"AGS;Mitglied seit\n15002000;01.03.2019\n";
    let olga = house.browser().await;
    let looked = look(&olga, "mitglieder.csv", list).await;
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Office) {
        let member = matches!(role, Role::Buyer | Role::Approver | Role::Treasurer);
        let organisation = if member { house.world.member("Stadt Altenrode").await } else { house.world.body };
        let person = house.world.person(role, organisation).await;
        let taken = import_members::import(&house.world.app, &person, list, &|_, _| ()).await;
        assert!(taken.is_err(), "{role:?}: {taken:?}");
        let browser = Browser::signed_in(&house.world, &person).await;
        for path in [PATH, "/verwaltung/mitglieder/einlesen/vorlage.csv"] {
            assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{role:?} {path}");
        }
        let own = browser.page("/handeln-fuer").await;
        let token = own.split("name=\"csrf\" value=\"").nth(1).and_then(|it| it.split('"').next()).unwrap();
        let fields = [("csrf", token), ("schritt", "uebernehmen")];
        let posted = browser.send_file(PATH, &fields, ("file", "mitglieder.csv", list)).await;
        assert_eq!(posted.status, StatusCode::NOT_FOUND, "{role:?}");
    }
    assert_eq!(house.number("SELECT count(*) FROM membership WHERE effective_from = '2019-03-01'").await, 0);

    let admin = house.world.person(Role::Administrator, house.world.body).await;
    let steps = Browser::signed_in(&house.world, &admin).await.page("/einrichtung").await;
    let told = "viele auf einmal aus einer Liste (CSV oder XLSX)";
    assert!(read(&steps).contains(told) && !steps.contains(PATH), "what the office does leads nowhere else: {steps}");
    let steps = olga.page("/einrichtung").await;
    assert!(read(&steps).contains(told) && steps.contains(&format!("href=\"{PATH}\"")), "{steps}");
    assert!(read(&steps).contains("eine XLSX-Datei speichern Sie vorher als CSV"), "{steps}");
    assert_eq!(go_on(&olga, &looked.text, "uebernehmen").await.status, StatusCode::SEE_OTHER);
}
