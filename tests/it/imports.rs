//! Imports of real files: the municipal register and price lists, as they are and spoilt in every way.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use abruf::actions::change_prices;
use abruf::actions::import::price_map::PriceMap;
use abruf::actions::import::table::FileRefused;
use abruf::actions::import::{ImportError, Report};
use abruf::actions::import_price_list::{PriceList, import_price_list};
use abruf::actions::import_register::{Options, SOURCE, import_register};
use abruf::actions::release_call_off::{Release, release};
use abruf::actor::{Actor, RunsAs};
use abruf::chance::Chance;
use abruf::storage::register::{self, RegisterEntry};
use sqlx::ConnectOptions;

use crate::cluster::{app_options, owner_options, run_folder};
use crate::world::World;
use crate::world::contract::Contract;

const HEADER: &str = "ags;ars;name;art;kreis;verbandsgemeinde;einwohner;flaeche_km2;plz";
const DESSAU: &str =
    "15001000;150010000000;Dessau-Roßlau, Stadt;Kreisfreie Stadt;Dessau-Roßlau, Stadt;;80103;244.71;06844";
const HALLE: &str =
    "15002000;150020000000;Halle (Saale), Stadt;Kreisfreie Stadt;Halle (Saale), Stadt;;238762;135.03;06108";

fn deploy(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(deploy(path)).unwrap()
}

// --- register --------------------------------------------------------------------------------------

const WRITE: Options<'_> = Options { source: SOURCE, dry_run: false, partial: false };

async fn register_of(world: &World, text: &str, options: Options<'_>) -> Result<Report, ImportError> {
    import_register(&world.app, text.as_bytes(), options, &|_, _| ()).await
}

async fn entries(world: &World) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM register_entry").fetch_one(world.owner()).await.unwrap()
}

async fn search(world: &World, words: &str) -> Vec<RegisterEntry> {
    let mut tx = world.app.db.begin(RunsAs::Job).await.unwrap();
    register::search(&mut tx, words, 5).await.unwrap()
}

#[tokio::test]
async fn the_register_of_sachsen_anhalt_is_imported_once_and_then_known() {
    let world = World::new().await;
    let file = read("register/gemeinden_st.csv");
    let dry = register_of(&world, &file, Options { dry_run: true, ..WRITE }).await.unwrap();
    assert_eq!(dry.sentence(), "218 Zeilen: 218 neu, 0 geändert, 0 mit Fehler");
    assert_eq!((dry.written, entries(&world).await), (false, 0));

    let first = register_of(&world, &file, WRITE).await.unwrap();
    assert_eq!((first.new, first.written, entries(&world).await), (218, true, 218));
    let again = register_of(&world, &format!("\u{feff}{file}"), WRITE).await.unwrap();
    assert_eq!(again.sentence(), "218 Zeilen: 0 neu, 0 geändert, 0 mit Fehler, 218 unverändert");

    let people: i64 =
        sqlx::query_scalar("SELECT sum(inhabitants) FROM register_entry").fetch_one(world.owner()).await.unwrap();
    assert_eq!(people, 2_194_782);
    let grown = register_of(&world, &file.replacen(";80103;", ";80104;", 1), WRITE).await.unwrap();
    assert_eq!(grown.sentence(), "218 Zeilen: 0 neu, 1 geändert, 0 mit Fehler, 217 unverändert");

    let found = search(&world, "halle").await;
    assert_eq!(found[0].name, "Halle (Saale), Stadt");
    assert_eq!((found[0].postcode.as_str(), found[0].source.as_str()), ("06108", SOURCE));
    assert_eq!(search(&world, "beetzendorf flecken").await.len(), 2, "words may stand in different columns");
    assert!(search(&world, "100%").await.is_empty() && search(&world, "_").await.is_empty());
    let mut tx = world.app.db.begin(RunsAs::Job).await.unwrap();
    assert_eq!(register::find(&mut tx, "15001000").await.unwrap().unwrap().inhabitants, 80_104);
    assert_eq!(register::find(&mut tx, "99").await.unwrap(), None);
}

#[tokio::test]
async fn each_wrong_cell_of_the_register_is_named_and_nothing_is_written() {
    let world = World::new().await;
    let long = "ä".repeat(10_000);
    let rows = [
        DESSAU.replace("80103", "12x"),
        HALLE.to_owned(),
        HALLE.to_owned(),
        DESSAU.replacen("15001000", "1500100", 1),
        DESSAU.replace("244.71", "244,71"),
        DESSAU.replace("Dessau-Roßlau, Stadt;Kreis", &format!("{long};Kreis")),
        "15003000;nur drei;Felder".to_owned(),
        DESSAU.replace("150010000000", "150020000000"),
        DESSAU.replace("80103", "99999999999"),
        DESSAU.replace("06844", ""),
        DESSAU.replace("Kreisfreie Stadt", "Stadt\u{7}"),
        DESSAU.replace("Dessau-Roßlau, Stadt;Kreis", "=1+1;Kreis"),
    ];
    let file = format!("{HEADER}\n{}\n", rows.join("\n"));
    let report = register_of(&world, &file, WRITE).await.unwrap();
    let said: Vec<String> = report.errors.iter().map(ToString::to_string).collect();
    let shown = format!("{}…", "ä".repeat(40));
    assert_eq!(
        said,
        [
            "Zeile 2, Spalte einwohner: „12x“ ist keine ganze Zahl. Erwartet: 12345".to_owned(),
            "Zeile 4, Spalte ags: „15002000“ steht schon in Zeile 3. Erwartet: jeder Schlüssel einmal".to_owned(),
            "Zeile 5, Spalte ags: „1500100“ hat nicht 8 Ziffern. Erwartet: 15001000".to_owned(),
            "Zeile 6, Spalte flaeche_km2: „244,71“ ist keine Zahl. Erwartet: 1234.50".to_owned(),
            format!("Zeile 7, Spalte name: „{shown}“ hat 10000 Zeichen. Erwartet: höchstens 200"),
            "Zeile 8: 3 Felder. Erwartet: 9 wie in der Kopfzeile".to_owned(),
            "Zeile 9, Spalte ars: „150020000000“ gehört nicht zum Schlüssel in Spalte ags. Erwartet: gleicher Kreis und gleiche Gemeinde".to_owned(),
            "Zeile 10, Spalte einwohner: „99999999999“ ist zu groß. Erwartet: höchstens 2147483647".to_owned(),
            "Zeile 11, Spalte plz: „“ hat nicht 5 Ziffern. Erwartet: 06844".to_owned(),
            "Zeile 12, Spalte art: „Stadt “ enthält Steuerzeichen. Erwartet: Text".to_owned(),
        ]
    );
    assert_eq!(report.sentence(), "12 Zeilen: 2 neu, 0 geändert, 10 mit Fehler");
    assert_eq!((report.written, entries(&world).await), (false, 0));
    let rejects = String::from_utf8(report.rejects.unwrap()).unwrap();
    assert!(rejects.starts_with(&format!("{HEADER};zeile;fehler\n")), "{rejects}");
    assert!(rejects.contains(";12x;244.71;06844;2;Spalte einwohner: „12x“ ist keine ganze Zahl. Erwartet: 12345\n"));
    assert_eq!(rejects.lines().count(), 11);

    let partial = register_of(&world, &file, Options { partial: true, ..WRITE }).await.unwrap();
    assert_eq!((partial.written, partial.new, entries(&world).await), (true, 2, 2));
    assert_eq!(search(&world, "=1+1").await.len(), 1, "what looks like a formula is a name like any other");
}

#[tokio::test]
async fn files_that_are_no_register_are_refused_as_a_whole() {
    let world = World::new().await;
    let latin1: Vec<u8> =
        format!("{HEADER}\n{DESSAU}\n").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let utf16: Vec<u8> = format!("\u{feff}{HEADER}\n{DESSAU}\n").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files = [
        (Vec::new(), "Die Datei ist leer. Erwartet wird eine Kopfzeile mit den Spalten ags, ars,"),
        (HEADER.as_bytes().to_vec(), "Die Datei hat nur eine Kopfzeile"),
        (latin1, "Die Datei ist nicht in UTF-8 gespeichert (erste Stelle: Zeile 2), vermutlich in Latin-1"),
        (utf16, "Die Datei ist keine Textdatei oder in UTF-16 gespeichert."),
        (
            format!("{HEADER}\n{DESSAU}\n").replace(";einwohner", "").into_bytes(),
            "In der Kopfzeile fehlt: einwohner. Gefunden: ags,",
        ),
        (format!("{HEADER}\n{DESSAU}\n").replace(';', ",").into_bytes(), "In der Kopfzeile fehlt: ags, ars"),
        (format!("{HEADER};plz\n{DESSAU};1\n").into_bytes(), "In der Kopfzeile steht die Spalte plz zweimal."),
        (vec![b'x'; 20 * 1024 * 1024 + 1], "Die Datei ist größer als 20 MB."),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "Die Datei ist keine Textdatei oder in UTF-16 gespeichert."),
    ];
    for (bytes, expected) in files {
        let refused = import_register(&world.app, &bytes, WRITE, &|_, _| ()).await.unwrap_err();
        assert!(matches!(refused, ImportError::File(_)), "{refused:?}");
        assert!(refused.to_string().starts_with(expected), "{refused}");
    }
    assert_eq!(entries(&world).await, 0);
}

// --- price lists -----------------------------------------------------------------------------------

/// A contract in this currency with a colleague who records and one who releases.
struct Office {
    contract: Contract,
    recorder: String,
    releaser: String,
}

/// Of a contract in the making: its prices are released with the list.
async fn office(world: &World, number: &str, currency: &str) -> Office {
    let contract = world.contract(number).await;
    in_state(world, &contract, "draft").await;
    spend_in(world, &contract, currency).await;
    let (recorder, releaser) = (world.office().await, world.office().await);
    Office { contract, recorder: email(&recorder), releaser: email(&releaser) }
}

async fn spend_in(world: &World, contract: &Contract, currency: &str) {
    sqlx::query("UPDATE framework_contract SET currency = $2 WHERE id = $1")
        .bind(contract.id.0)
        .bind(currency)
        .execute(world.owner())
        .await
        .unwrap();
}

async fn in_state(world: &World, contract: &Contract, status: &str) {
    sqlx::query("UPDATE framework_contract SET status = $2 WHERE id = $1")
        .bind(contract.id.0)
        .bind(status)
        .execute(world.owner())
        .await
        .unwrap();
}

fn email(actor: &Actor) -> String {
    format!("{}@beispiel.example", actor.person)
}

impl Office {
    async fn import(&self, world: &World, file: &str, map: &str, valid_from: &str) -> Result<Report, ImportError> {
        self.import_as(world, file, map, valid_from, Some(&self.releaser), "").await
    }

    async fn import_as(
        &self,
        world: &World,
        file: &str,
        map: &str,
        valid_from: &str,
        released_by: Option<&str>,
        reason: &str,
    ) -> Result<Report, ImportError> {
        let map = PriceMap::read(map.as_bytes())?;
        let list = PriceList {
            bytes: file.as_bytes(),
            map: &map,
            contract: &self.contract.number,
            recorded_by: &self.recorder,
            released_by,
            document: "Preisliste 2027",
            reason,
            valid_from: valid_from.parse().unwrap(),
            dry_run: false,
        };
        import_price_list(&world.app, &list, &|_, _| ()).await
    }
}

fn nhs() -> (String, String) {
    (read("price-lists/nhs-gpit-software.csv"), read("price-lists/nhs-gpit-software.toml"))
}

async fn count(world: &World, table: &str) -> i64 {
    let sql = match table {
        "item" => "SELECT count(*) FROM item",
        "lot" => "SELECT count(*) FROM lot",
        "price_term" => "SELECT count(*) FROM price_term",
        "organisation" => "SELECT count(*) FROM organisation",
        "audit_entry" => "SELECT count(*) FROM audit_entry",
        other => panic!("{other} is not counted here"),
    };
    sqlx::query_scalar(sql).fetch_one(world.owner()).await.unwrap()
}

/// Price, first and last day of every version of an article, in order.
async fn versions(world: &World, article: &str) -> Vec<(String, String, Option<String>)> {
    sqlx::query_as(
        "SELECT trim_scale(p.unit_price)::text, p.valid_from::text, p.valid_to::text
         FROM price_term p JOIN item i ON i.contract_id = p.contract_id AND i.id = p.item_id
         WHERE i.article_number = $1 ORDER BY p.version",
    )
    .bind(article)
    .fetch_all(world.owner())
    .await
    .unwrap()
}

#[tokio::test]
async fn the_software_prices_become_items_of_one_lot_per_supplier() {
    let world = World::new().await;
    let office = office(&world, "RV-GB", "GBP").await;
    let (file, map) = nhs();
    let first = office.import(&world, &file, &map, "2026-01-01").await.unwrap();
    assert_eq!(first.sentence(), "115 Zeilen: 115 neu, 0 geändert, 0 mit Fehler");
    // The contract had a lot and the body a supplier before.
    assert_eq!((count(&world, "item").await, count(&world, "lot").await), (115, 17));
    let suppliers: i64 = sqlx::query_scalar("SELECT count(*) FROM organisation_role WHERE role = 'supplier'")
        .fetch_one(world.owner())
        .await
        .unwrap();
    assert_eq!(suppliers, 17);
    let emis: (String, String, String, String, i64) = sqlx::query_as(
        "SELECT i.title, i.unit, trim_scale(i.vat_rate_pct)::text, o.name, (SELECT count(*) FROM item n WHERE n.lot_id = i.lot_id)
         FROM item i JOIN contract_party p ON p.lot_id = i.lot_id JOIN organisation o ON o.id = p.supplier_id
         WHERE i.article_number = '1001'",
    )
    .fetch_one(world.owner())
    .await
    .unwrap();
    let expected = ("Emis Web GP", "Patient und Jahr", "20", "EMIS Health", 31);
    assert_eq!((&*emis.0, &*emis.1, &*emis.2, &*emis.3, emis.4), expected);
    assert_eq!(versions(&world, "1001").await, [("1.26".to_owned(), "2026-01-01".to_owned(), None)]);
    assert_eq!(count(&world, "audit_entry").await, 2, "one entry for each of the two");

    let again = office.import(&world, &file, &map, "2026-06-01").await.unwrap();
    assert_eq!(again.sentence(), "115 Zeilen: 0 neu, 0 geändert, 0 mit Fehler, 115 unverändert");
    assert_eq!((again.written, count(&world, "price_term").await, count(&world, "audit_entry").await), (false, 115, 2));
    world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_new_price_ends_the_one_before_on_the_day_before() {
    let world = World::new().await;
    let office = office(&world, "RV-GB", "GBP").await;
    let (file, map) = nhs();
    office.import(&world, &file, &map, "2026-01-01").await.unwrap();
    let dearer = file.replacen("year,GBP,1.26", "year,GBP,1.31", 1).replacen("Emis Web GP,", "Emis Web 2,", 1);

    let retroactive = office.import(&world, &dearer, &map, "2026-11-22").await.unwrap();
    assert_eq!(
        retroactive.errors[0].to_string(),
        "Zeile 2, Spalte price: Artikel 1001 hat seit 01.01.2026 einen freigegebenen Preis, der nicht rückwirkend endet. Erwartet: erster Tag frühestens 23.11.2026"
    );
    let twice = office.import(&world, &dearer, &map, "2026-01-01").await.unwrap();
    assert!(twice.errors[0].message.contains("schon einen freigegebenen Preis"), "{:?}", twice.errors);
    assert_eq!(count(&world, "price_term").await, 115);

    let next = office.import(&world, &dearer, &map, "2027-01-01").await.unwrap();
    assert_eq!(next.sentence(), "115 Zeilen: 0 neu, 1 geändert, 0 mit Fehler, 114 unverändert");
    // In between, but after today: it fits before the one that is to come.
    let between = office.import(&world, &dearer.replacen("1.31", "1.29", 1), &map, "2026-12-01").await.unwrap();
    assert_eq!((between.changed, between.written), (1, true));
    let version =
        |price: &str, from: &str, to: Option<&str>| (price.to_owned(), from.to_owned(), to.map(str::to_owned));
    assert_eq!(
        versions(&world, "1001").await,
        [
            version("1.26", "2026-01-01", Some("2026-11-30")),
            version("1.31", "2027-01-01", None),
            version("1.29", "2026-12-01", Some("2026-12-31")),
        ]
    );
    let title: String = sqlx::query_scalar("SELECT title FROM item WHERE article_number = '1001'")
        .fetch_one(world.owner())
        .await
        .unwrap();
    assert_eq!(title, "Emis Web 2");
}

#[tokio::test]
async fn the_prices_of_a_contract_in_force_are_proposed_and_released_by_a_second_person() {
    let world = World::new().await;
    let office = office(&world, "RV-GB", "GBP").await;
    let (olga, otto) = (world.office().await, world.office().await);
    let (file, map) = nhs();
    office.import(&world, &file, &map, "2026-01-01").await.unwrap();
    in_state(&world, &office.contract, "active").await;
    let office = Office { recorder: email(&olga), ..office };
    let dearer = file.replacen("year,GBP,1.26", "year,GBP,1.31", 1);

    let at_once = office.import(&world, &dearer, &map, "2027-01-01").await.unwrap_err().to_string();
    assert!(at_once.contains("Bitte lassen Sie --released-by weg."), "{at_once}");
    let strange = file.replacen("1001,", "9999,", 1);
    let report = office.import_as(&world, &strange, &map, "2027-01-01", None, "").await.unwrap();
    assert!(report.errors[0].to_string().contains("Artikel 9999 steht nicht im Vertrag."), "{:?}", report.errors);
    let much = file.replacen("year,GBP,1.26", "year,GBP,9.99", 1);
    let unexplained = office.import_as(&world, &much, &map, "2027-01-01", None, "").await.unwrap_err().to_string();
    assert!(unexplained.contains("1 Preise ändern sich um mehr als 30 %."), "{unexplained}");
    let today = office.import_as(&world, &dearer, &map, "2026-11-22", None, "").await.unwrap();
    assert!(today.errors[0].message.contains("nicht rückwirkend"), "{:?}", today.errors);
    let waiting = async || change_prices::waiting(&world.app, &otto, office.contract.id).await.unwrap();
    assert!(waiting().await.is_none());

    let report = office.import_as(&world, &dearer, &map, "2027-01-01", None, "").await.unwrap();
    let sentence = "115 Zeilen: 0 neu, 1 geändert, 0 mit Fehler, 114 unverändert, zur Freigabe vorgeschlagen";
    assert_eq!(report.sentence(), sentence);
    assert_eq!(versions(&world, "1001").await.len(), 1, "nothing holds before a second person has seen it");
    let (proposal, preview) = waiting().await.unwrap();
    assert_eq!((preview.lines.len(), proposal.document.as_str()), (1, "Preisliste 2027"));
    let own = change_prices::release(&world.app, &olga, office.contract.id, proposal.id).await;
    assert!(own.is_err(), "{own:?}");
    change_prices::release(&world.app, &otto, office.contract.id, proposal.id).await.unwrap();
    let version =
        |price: &str, from: &str, to: Option<&str>| (price.to_owned(), from.to_owned(), to.map(str::to_owned));
    assert_eq!(
        versions(&world, "1001").await,
        [version("1.26", "2026-01-01", Some("2026-12-31")), version("1.31", "2027-01-01", None)]
    );
}

#[tokio::test]
async fn one_wrong_row_of_a_price_list_and_nothing_is_written() {
    let world = World::new().await;
    let office = office(&world, "RV-GB", "GBP").await;
    let (file, map) = nhs();
    let before = (count(&world, "organisation").await, count(&world, "lot").await);
    let line = "1017,";
    let good = file.lines().find(|row| row.starts_with(line)).unwrap();
    let number = 1 + file.lines().position(|row| row == good).unwrap();
    let spoilt = |price: &str| {
        let (head, _) = good.rsplit_once(',').unwrap();
        file.replace(good, &format!("{head},{price}"))
    };
    let place = format!("Zeile {number}, Spalte price");
    for (price, expected) in [
        ("1.234.5", "„1.234.5“ ist keine Zahl. Erwartet: 1234.50"),
        ("\"1,5\"", "„1,5“ ist keine Zahl. Erwartet: 1234.50"),
        ("", "„“ ist keine Zahl. Erwartet: 1234.50"),
        ("NaN", "„NaN“ ist keine Zahl. Erwartet: 1234.50"),
        ("1e9", "„1e9“ ist keine Zahl. Erwartet: 1234.50"),
        ("=1+1", "„=1+1“ ist keine Zahl. Erwartet: 1234.50"),
        ("-1", "„-1“ ist negativ. Erwartet: 1234.50"),
        ("0.1234567", "„0.1234567“ hat zu viele Nachkommastellen. Erwartet: höchstens 6"),
        ("99999999999", "„99999999999“ ist zu groß. Erwartet: höchstens 9.999.999.999"),
    ] {
        let report = office.import(&world, &spoilt(price), &map, "2026-01-01").await.unwrap();
        assert_eq!(report.errors.iter().map(ToString::to_string).collect::<Vec<_>>(), [format!("{place}: {expected}")]);
        assert_eq!((report.rejected, report.written), (1, false));
    }
    for (from, to, expected) in [
        ("Emis Web GP", &*"x".repeat(10_000), "hat 10000 Zeichen. Erwartet: höchstens 1000"),
        (
            "1002,",
            "1001,",
            "Zeile 3, Spalte price_id: „1001“ steht schon in Zeile 2. Erwartet: jede Artikelnummer einmal",
        ),
        (
            "patient,year",
            "patent,year",
            "Spalte pricing_unit: „patent“ ist keine bekannte Einheit. Erwartet: activeUser,",
        ),
        ("patient,year", "patient,decade", "Spalte time_unit: „decade“ ist keine bekannte Zeit. Erwartet: month, year"),
        ("year,GBP", "year,EUR", "Spalte currency: „EUR“ ist eine andere Währung. Erwartet: GBP"),
    ] {
        assert!(file.contains(from));
        let report = office.import(&world, &file.replacen(from, to, 1), &map, "2026-01-01").await.unwrap();
        let said = report.errors[0].to_string();
        assert!(said.contains(expected) && report.errors.len() == 1, "{said}");
        assert!(!report.written);
    }
    let missing = office.import(&world, &file.replacen("supplier,prov", "vendor,prov", 1), &map, "2026-01-01").await;
    assert!(matches!(missing, Err(ImportError::File(FileRefused::ColumnsMissing { .. }))), "{missing:?}");
    assert_eq!((count(&world, "organisation").await, count(&world, "lot").await), before);
    assert_eq!((count(&world, "item").await, count(&world, "price_term").await), (0, 0));

    // A formula in a text is a text.
    let formula = file.replacen("Emis Web GP", "=HYPERLINK(1)", 1);
    assert!(office.import(&world, &formula, &map, "2026-01-01").await.unwrap().written);
    // What the contract says about an article a list cannot change.
    let other_unit = formula.replacen("patient,year", "practice,year", 1);
    let report = office.import(&world, &other_unit, &map, "2026-01-01").await.unwrap();
    assert!(report.errors[0].message.contains("Erwartet: Patient und Jahr"), "{:?}", report.errors);
    let other_rate = office.import(&world, &formula, &map.replace("\"20\"", "\"19\""), "2026-01-01").await.unwrap();
    assert_eq!(other_rate.rejected, 115);
    let other_supplier = formula.replacen("10000,EMIS Health", "10072,Push Dr Limited", 1);
    let report = office.import(&world, &other_supplier, &map, "2026-01-01").await.unwrap();
    assert!(report.errors[0].message.contains("zu einem anderen Los"), "{:?}", report.errors);
}

#[tokio::test]
async fn a_price_list_needs_its_contract_its_currency_and_two_colleagues() {
    let world = World::new().await;
    let mut office = office(&world, "RV-GB", "GBP").await;
    let (file, map) = nhs();
    let right = office.releaser.clone();
    let stranger = email(&world.buyer(world.member("Stadt Altenrode").await).await);
    for (releaser, expected) in [
        (office.recorder.clone(), "Wer Preise erfasst, darf sie nicht selbst freigeben."),
        (format!(" {} ", office.recorder.to_uppercase()), "Wer Preise erfasst, darf sie nicht selbst freigeben."),
        (stranger, "gehört heute weder zur Geschäftsstelle noch zum Vorstand"),
        ("niemand@beispiel.example".to_owned(), "Es gibt kein Konto mit der Adresse niemand@beispiel.example."),
    ] {
        office.releaser = releaser;
        let refused = office.import(&world, &file, &map, "2026-01-01").await.unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
    }
    office.releaser = right;
    let late = office.import(&world, &file, &map, "2027-03-01").await.unwrap_err();
    assert_eq!(late.to_string(), "Vertrag RV-GB endet am 28.02.2027. Preise ab 01.03.2027 gelten nie.");
    spend_in(&world, &office.contract, "EUR").await;
    let currency = office.import(&world, &file, &map, "2026-01-01").await.unwrap_err();
    assert_eq!(currency.to_string(), "Vertrag RV-GB rechnet in EUR, die Preisliste in GBP. Es wird nicht umgerechnet.");
    office.contract.number = "RV-0".to_owned();
    let unknown = office.import(&world, &file, &map, "2026-01-01").await.unwrap_err();
    assert!(matches!(unknown, ImportError::NotFound(_)), "{unknown:?}");
    assert_eq!((count(&world, "item").await, count(&world, "audit_entry").await), (0, 0));
}

#[tokio::test]
async fn the_hourly_rates_of_123_suppliers_are_imported_with_their_dirt() {
    let world = World::new().await;
    let office = office(&world, "RV-US", "USD").await;
    let (file, map) = (read("price-lists/gsa-s70-a.csv"), read("price-lists/gsa-s70-a.toml"));
    let report = office.import(&world, &file, &map, "2026-01-01").await.unwrap();
    assert_eq!(report.errors, []);
    assert_eq!(report.sentence(), "1615 Zeilen: 1606 neu, 0 geändert, 0 mit Fehler, 9 ohne Preis ausgelassen");
    assert_eq!((count(&world, "item").await, count(&world, "lot").await), (1606, 124));
    assert_eq!(versions(&world, "S70-0002").await, [("482.12".to_owned(), "2026-01-01".to_owned(), None)]);
    let hours: i64 =
        sqlx::query_scalar("SELECT count(*) FROM item WHERE unit = 'Stunde'").fetch_one(world.owner()).await.unwrap();
    assert_eq!(hours, 1606);
}

/// An amount as whole cents, from its text.
fn cents(text: &str) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap();
    assert_eq!(fraction.len(), 2, "{text}");
    format!("{whole}{fraction}").parse().unwrap()
}

#[tokio::test]
async fn fifty_random_call_offs_on_the_software_prices_cost_what_integers_say() {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let (buyer, approver) = (world.buyer(town).await, world.approver(town).await);
    let contract = world.contract("RV-GB").entitles(town).await;
    spend_in(&world, &contract, "GBP").await;
    in_state(&world, &contract, "draft").await;
    let (recorder, releaser) = (email(&world.office().await), email(&world.office().await));
    let (file, map) = nhs();
    Office { contract: contract.clone(), recorder, releaser }.import(&world, &file, &map, "2026-01-01").await.unwrap();
    in_state(&world, &contract, "active").await;

    // Article, supplier and price in millionths of a pound, from the file itself.
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    let list: Vec<(String, String, i128)> = reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            let (whole, fraction) = row[11].split_once('.').unwrap_or((&row[11], ""));
            (row[0].to_owned(), row[5].to_owned(), format!("{whole}{fraction:0<6}").parse().unwrap())
        })
        .collect();
    assert_eq!(list.len(), 115);

    let chance = Chance::seeded(2027);
    let below = |limit: usize| usize::try_from(u64::from_le_bytes(chance.bytes())).unwrap() % limit;
    let mut spent = 0;
    for round in 0..50 {
        let supplier = &list[below(list.len())].1;
        let mut offers: Vec<&(String, String, i128)> = list.iter().filter(|(_, of, _)| of == supplier).collect();
        let wanted = 1 + below(6);
        let mut lines = Vec::new();
        while lines.len() < wanted && !offers.is_empty() {
            let offer = offers.swap_remove(below(offers.len()));
            lines.push((offer, 1 + i128::try_from(below(5000)).unwrap()));
        }
        let quantities: Vec<String> = lines.iter().map(|(_, quantity)| quantity.to_string()).collect();
        let order: Vec<(&str, &str)> = lines.iter().zip(&quantities).map(|((o, _), q)| (&*o.0, &**q)).collect();

        let id = world.request(&buyer, &contract, &order).await;
        let released = release(&world.app, &approver, id, None).await.unwrap();
        assert!(matches!(released, Release::Released { .. }), "round {round}, {order:?}: {released:?}");

        // Half-up per line to pence, tax on their sum: 10,000 millionths are a penny.
        let net: i128 = lines.iter().map(|(offer, quantity)| (offer.2 * quantity + 5_000) / 10_000).sum();
        let vat = (net * 20 + 50) / 100;
        let amounts = world.call_off(id).await.amounts.unwrap();
        let found =
            (cents(&amounts.net.to_string()), cents(&amounts.vat.to_string()), cents(&amounts.gross.to_string()));
        assert_eq!(found, (net, vat, net + vat), "round {round}: {order:?}");
        spent += net;
    }
    let authorised: String = sqlx::query_scalar("SELECT round(authorised, 2)::text FROM guard WHERE contract_id = $1")
        .bind(contract.id.0)
        .fetch_one(world.owner())
        .await
        .unwrap();
    assert_eq!(cents(&authorised), spent);
    world.keeps_its_promises().await;
}

// --- command line ----------------------------------------------------------------------------------

fn abruf(world: &World, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_abruf"))
        .args(arguments)
        .env("DATABASE_URL", app_options(&world.database.name).to_url_lossy().as_str())
        .env("DATABASE_OWNER_URL", owner_options(&world.database.name).to_url_lossy().as_str())
        .output()
        .unwrap()
}

/// A folder for everybody: started by root, the program reads and writes there as another user.
fn open_folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir_in(run_folder()).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    dir
}

/// Puts a file there; its path.
fn put(dir: &tempfile::TempDir, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = dir.path().join(name);
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap().trim_end()
}

fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

#[tokio::test]
async fn the_command_line_answers_on_stdout_and_gives_rejected_rows_back() {
    let world = World::new().await;
    let dir = open_folder();
    let register = put(&dir, "gemeinden_st.csv", read("register/gemeinden_st.csv"));
    let dry = abruf(&world, &["import", "register", &register, "--dry-run"]);
    assert_eq!(dry.status.code(), Some(0), "{}", stderr(&dry));
    assert_eq!(stdout(&dry), "218 Zeilen: 218 neu, 0 geändert, 0 mit Fehler");
    assert_eq!(entries(&world).await, 0);
    let json = abruf(&world, &["import", "register", &register, "--json", "--quiet"]);
    let answer: serde_json::Value = serde_json::from_str(stdout(&json)).unwrap();
    assert_eq!((&answer["data"]["new"], &answer["data"]["written"]), (&218.into(), &true.into()));
    assert_eq!((stderr(&json), entries(&world).await), ("", 218));

    let grown = HALLE.replace("238762", "238763");
    let path = &put(&dir, "register.csv", format!("{HEADER}\n{}\n{grown}\n", DESSAU.replace("80103", "12x")));
    let rejects = dir.path().join("register.csv.errors.csv");
    let dry = abruf(&world, &["import", "register", path, "--dry-run"]);
    assert_eq!((dry.status.code(), rejects.exists()), (Some(12), false));
    let refused = abruf(&world, &["import", "register", path]);
    assert_eq!(refused.status.code(), Some(12));
    assert_eq!(stdout(&refused), "2 Zeilen: 0 neu, 1 geändert, 1 mit Fehler");
    assert!(stderr(&refused).contains("Zeile 2, Spalte einwohner: „12x“ ist keine ganze Zahl. Erwartet: 12345\n"));
    assert!(stderr(&refused).contains("Nichts wurde übernommen."));
    assert!(fs::read_to_string(&rejects).unwrap().contains("Dessau-Roßlau"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 3, "nothing half-written lies about");
    assert_eq!(search(&world, "Halle (Saale)").await[0].inhabitants, 238_762);
    let partial = abruf(&world, &["import", "register", path, "--partial"]);
    assert_eq!(partial.status.code(), Some(12));
    assert_eq!(search(&world, "Halle (Saale)").await[0].inhabitants, 238_763);

    put(&dir, "register.csv", b"ags;ars\nD\xe4hre;1\n");
    let latin1 = abruf(&world, &["import", "register", path, "--json"]);
    let answer: serde_json::Value = serde_json::from_str(stdout(&latin1)).unwrap();
    assert_eq!((latin1.status.code(), &answer["ok"]), (Some(2), &false.into()));
    let absent = abruf(&world, &["import", "register", "/nonexistent.csv"]);
    assert_eq!((absent.status.code(), stderr(&absent)), (Some(6), "Es gibt keine Datei /nonexistent.csv.\n"));
    let folder = abruf(&world, &["import", "register", dir.path().to_str().unwrap()]);
    assert_eq!(folder.status.code(), Some(2), "{}", stderr(&folder));
}

#[tokio::test]
async fn the_command_line_imports_a_price_list_released_by_a_second_person() {
    let world = World::new().await;
    let office = office(&world, "RV-GB", "GBP").await;
    let dir = open_folder();
    let (file, map) = nhs();
    let (file, map) = (put(&dir, "list.csv", file), put(&dir, "map.toml", map));
    let run = |contract: &str, releaser: &str, more: &[&str]| {
        let mut arguments = vec!["import", "price-list", file.as_str(), "--map", map.as_str()];
        arguments.extend(["--contract", contract, "--valid-from", "2026-01-01"]);
        arguments.extend(["--recorded-by", &office.recorder, "--released-by", releaser]);
        arguments.extend(more);
        abruf(&world, &arguments)
    };
    let same = run("RV-GB", &office.recorder, &[]);
    assert_eq!(same.status.code(), Some(5));
    assert!(stderr(&same).contains("darf sie nicht selbst freigeben"), "{}", stderr(&same));
    assert_eq!(run("RV-0", &office.releaser, &[]).status.code(), Some(6));
    assert_eq!(run("RV-GB", &office.releaser, &["--vat-rate", "viel"]).status.code(), Some(2));
    assert_eq!(
        stdout(&run("RV-GB", &office.releaser, &["--dry-run"])),
        "115 Zeilen: 115 neu, 0 geändert, 0 mit Fehler"
    );
    assert_eq!(count(&world, "item").await, 0);
    let imported = run("RV-GB", &office.releaser, &["--vat-rate", "7"]);
    assert_eq!(imported.status.code(), Some(0), "{}", stderr(&imported));
    assert!(stderr(&imported).contains("Preisliste: 100 % (115 von 115)"), "{}", stderr(&imported));
    let rates: i64 = sqlx::query_scalar("SELECT count(*) FROM item WHERE vat_rate_pct = 7 AND vat_category = 'S'")
        .fetch_one(world.owner())
        .await
        .unwrap();
    assert_eq!(rates, 115);
}
