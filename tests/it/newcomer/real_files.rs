//! Real lists against real price lists: how much of them is recognised, and where they do not fit.
//!
//! - Software prices (GP IT Futures) fit by their numbers; what has a unit that only the price list translates does not.
//! - Ceiling prices of services (GSA IT Schedule 70) have no numbers, and many titles are alike.
//! - Turnover (G-Cloud 2013: framework, lot, supplier, customer, month, amount) names no article, quantity or price, so there
//!   is nothing to compare: the page says so, and `abruf import turnover` is what takes such a file.
//!
//! `ABRUF_PURCHASES=<file> cargo test --test it real_files -- --nocapture` reads another file and prints what it is.

use std::fs;
use std::path::{Path, PathBuf};

use abruf::actions::analyse_purchases::{Confirmed, Holder, analyse, upload, waiting};
use abruf::actions::import::price_map::PriceMap;
use abruf::actions::import::purchase_columns::{Field, Layout};
use abruf::actions::import::purchase_rows::{missing, purchases};
use abruf::actions::import::spreadsheet;
use abruf::actions::import_price_list::{PriceList, import_price_list};
use abruf::actions::invite_newcomer::open;

use super::Office;

fn deploy(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/price-lists").join(file)
}

/// A contract in force with a real price list.
async fn listed(office: &Office, number: &str, name: &str, currency: &str) {
    let world = &office.world;
    let contract = world.contract(number).await;
    let of = |status: &'static str| {
        sqlx::query("UPDATE framework_contract SET status = $2, currency = $3 WHERE id = $1")
            .bind(contract.id.0)
            .bind(status)
            .bind(currency.to_owned())
            .execute(world.owner())
    };
    of("draft").await.unwrap();
    let map = PriceMap::read(&fs::read(deploy(&format!("{name}.toml"))).unwrap()).unwrap();
    let (recorder, releaser) = (world.office().await, world.office().await);
    let [recorder, releaser] = [recorder, releaser].map(|actor| format!("{}@beispiel.example", actor.person));
    let list = PriceList {
        bytes: &fs::read(deploy(&format!("{name}.csv"))).unwrap(),
        map: &map,
        contract: &contract.number,
        recorded_by: &recorder,
        released_by: Some(&releaser),
        document: "Preisliste",
        reason: "",
        valid_from: "2025-03-01".parse().unwrap(),
        dry_run: false,
    };
    assert!(import_price_list(&world.app, &list, &|_, _| ()).await.unwrap().written);
    of("active").await.unwrap();
}

/// Rows read and rejected, lines by how they ended.
async fn figures(office: &Office, bytes: Vec<u8>, currency: &str) -> (i32, i32, Vec<(String, i64)>) {
    let path = office.link().await;
    let invitation = open(&office.world.app, path.rsplit('/').next().unwrap()).await.unwrap().unwrap();
    let holder = Holder::Invited(&invitation);
    upload(&office.world.app, holder, "liste.csv", bytes, true).await.unwrap();
    let file = waiting(&office.world.app, holder).await.unwrap().unwrap();
    let confirmed = Confirmed { currency: currency.to_owned(), ..Confirmed::default() };
    let id = analyse(&office.world.app, holder, Layout::propose(&file.sheet), &confirmed).await.unwrap();
    let (read, rejected) = sqlx::query_as("SELECT rows_read, rows_rejected FROM purchase_analysis WHERE id = $1")
        .bind(id)
        .fetch_one(office.world.owner())
        .await
        .unwrap();
    let ends = sqlx::query_as(
        "SELECT coalesce(reason, CASE WHEN words_in_common IS NULL THEN 'article' ELSE 'words' END) AS how, count(*)
         FROM purchase_line WHERE analysis_id = $1 GROUP BY how ORDER BY how",
    )
    .bind(id)
    .fetch_all(office.world.owner())
    .await
    .unwrap();
    (read, rejected, ends)
}

#[tokio::test]
async fn a_price_list_of_software_fits_by_its_numbers_where_its_units_have_german_names() {
    let office = Office::new().await;
    listed(&office, "RV-NHS", "nhs-gpit-software", "GBP").await;
    let bytes = fs::read(deploy("nhs-gpit-software.csv")).unwrap();
    let (read, rejected, ends) = figures(&office, bytes, "GBP").await;
    println!("nhs-gpit-software: {read} rows, {rejected} rejected, {ends:?}");
    assert_eq!((read, rejected), (115, 0));
    assert_eq!(ends.iter().map(|(_, lines)| lines).sum::<i64>(), 115, "every line is told how it ended");
    assert!(ends.iter().any(|(how, lines)| how == "article" && 0 < *lines), "none was known by its number: {ends:?}");
}

#[tokio::test]
async fn a_list_of_ceiling_prices_has_words_alone_and_many_alike() {
    let office = Office::new().await;
    listed(&office, "RV-GSA", "gsa-s70-a", "USD").await;
    let bytes = fs::read(deploy("gsa-s70-a.csv")).unwrap();
    let (read, rejected, ends) = figures(&office, bytes, "USD").await;
    println!("gsa-s70-a: {read} rows, {rejected} rejected, {ends:?}");
    assert_eq!((read, rejected), (1615, 9));
    assert_eq!(ends.iter().map(|(_, lines)| lines).sum::<i64>(), 1606, "every line is told how it ended");
    let lines = |wanted: &str| ends.iter().find(|(how, _)| how == wanted).map_or(0, |(_, lines)| *lines);
    assert_eq!(lines("article"), 0, "the list has no numbers: {ends:?}");
    assert!(0 < lines("words"), "nothing was known by its words: {ends:?}");
}

/// Made up, with the columns and the dirt of the published file.
#[test]
fn a_list_of_turnover_can_be_read_and_names_no_article_to_compare() {
    let sheet = spreadsheet::read(include_bytes!("../turnover/stray-letter.csv")).unwrap();
    let layout = Layout::propose(&sheet);
    assert_eq!(sheet.rows.len(), 151, "a header and 150 lines in Mac Roman");
    assert_eq!((layout.column(Field::Day), layout.column(Field::Amount)), (Some(4), Some(5)), "{:?}", layout.columns);
    let lacks = missing(&layout).unwrap();
    assert!(lacks.starts_with("Es fehlt die Artikelnummer oder die Bezeichnung"), "{lacks}");
}

#[test]
fn another_file_is_read_as_far_as_it_goes() {
    #[expect(clippy::disallowed_methods, reason = "a file of whoever runs the test is no setting of the program")]
    let Some(path) = std::env::var_os("ABRUF_PURCHASES") else { return };
    let sheet = spreadsheet::read(&fs::read(path).unwrap()).unwrap();
    let layout = Layout::propose(&sheet);
    println!("{:?}\n{:?}\n{:?}", sheet.notes, layout.columns, missing(&layout));
    let all = purchases(&sheet, &layout, "EUR");
    println!("{} rows, {} rejected", all.rows, all.rejected());
    for problem in all.problems.iter().take(5) {
        println!("{problem}");
    }
}
