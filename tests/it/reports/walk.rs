//! "Done when": what the board of the demo sees on its page, on paper and in the spreadsheet is the same, and it is traced
//! once from the total to the file of one baseline; every level is the sum of the list below it.

use std::fmt::Write as _;

use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use rust_decimal::Decimal;
use sha2::{Digest, Sha256};

use super::{between, check, euros, rows, sheets, value_at};
use crate::cluster::fresh_database;
use crate::demo;
use crate::pages::browser::read;
use crate::stress::say;
use crate::web::Web;

const BOARD: &str = "vorstand@kommunal-it-mitte.example";
const PASSWORD: &str = "beispieldaten";
const TOTAL: &str = "/berichte/einsparungen-nach?nach=vertrag";

/// The demo with its board signed in.
struct Board {
    web: Web,
    cookie: String,
}

impl Board {
    async fn of_the_demo() -> Self {
        let database = fresh_database().await;
        let app = demo::app(&database);
        demo::load(&database, demo::SEED, demo::anchor()).await;
        let web = Web::of(database, app).await;
        let answer = web.post("/anmelden", "", &[("email", BOARD), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        let cookie = answer.cookie();
        Self { web, cookie }
    }

    async fn page(&self, address: &str) -> String {
        let answer = self.web.get(address, &self.cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.text);
        answer.text
    }

    async fn file(&self, address: &str) -> Vec<u8> {
        let (status, _, bytes) = self.web.download(address, &self.cookie, &[]).await;
        assert_eq!(status, StatusCode::OK, "{address}: {}", String::from_utf8_lossy(&bytes));
        bytes
    }
}

/// The figures of the first two cards: order value and what is saved for certain.
fn cards(page: &str) -> [Decimal; 2] {
    let mut figures = page.split("class=\"card__figure\">").skip(1).map(|part| {
        let part = part.split_once("</span>").unwrap().0;
        euros(part.split('>').map(|it| it.split('<').next().unwrap()).find(|it| it.contains('€')).unwrap())
    });
    [figures.next().unwrap(), figures.next().unwrap()]
}

/// An amount as it is written, without what may stand between its signs.
fn bare(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// `1.234,50`
fn written(amount: Decimal) -> String {
    abruf_domain::notation::Language::German.number(amount)
}

#[tokio::test]
async fn the_boards_page_its_paper_and_its_spreadsheet_agree_and_lead_down_to_one_piece_of_evidence() {
    let board = Board::of_the_demo().await;
    let mut trace = String::from("walk of the demo\n");

    let front = board.page("/berichte/einsparungen?jahr=alle").await;
    let [volume, saved] = cards(&front);
    let files = ["xlsx", "pdf"].map(|ending| format!("/berichte/einsparungen-nach/bericht.{ending}"));
    for file in &files {
        assert!(front.contains(&format!("href=\"{file}\"")), "the page does not lead to {file}");
    }
    let report = board.page(TOTAL).await;
    let listed = [check(&report, "Auftragswert"), check(&report, "A netto")];
    assert_eq!(listed, [[volume, volume, Decimal::ZERO], [saved, saved, Decimal::ZERO]], "the page of the report");
    let sheets = sheets(&board.file(&files[0]).await);
    assert_eq!(value_at(&sheets[3], "D2"), Decimal::ZERO, "the check cell");
    assert_eq!([value_at(&sheets[3], "B6"), value_at(&sheets[3], "B11")], [volume, saved], "the spreadsheet");
    let pdf = board.file(&files[1]).await;
    let paper = lopdf::Document::load_mem(&pdf).unwrap();
    let pages: Vec<u32> = paper.get_pages().keys().copied().collect();
    let paper = bare(&paper.extract_text(&pages).unwrap());
    for amount in [volume, saved] {
        assert!(paper.contains(&bare(&written(amount))), "{amount} is not on paper: {paper}");
    }
    writeln!(trace, "total: {volume} ordered, {saved} saved (class A): page, paper and spreadsheet").unwrap();

    // Class A: every booking of a line rests on a baseline of its own.
    let mut address = "/berichte/einsparungen-nach?nach=vertrag&klasse=A".to_owned();
    let mut above: Option<Decimal> = None;
    for level in ["contract", "member", "call-off", "line", "booking"] {
        let page = board.page(&address).await;
        let [listed, reported, difference] = check(&page, "Auftragswert");
        assert!(difference.is_zero() && listed == reported, "{address}");
        assert_eq!(between(&page, "id=\"abweichung\">", "<"), "0,00\u{a0}€", "{address}");
        if let Some(above) = above {
            assert_eq!(listed, above, "{level}: the list is not the sum that leads here: {address}");
        }
        // The dearest row: a surcharge is no line and has no evidence.
        let (links, sum) = rows(&page).into_iter().max_by_key(|(_, sum)| *sum).unwrap();
        writeln!(trace, "{level}: {sum} of {listed}, Abweichung 0,00 EUR, {address}").unwrap();
        above = Some(sum);
        address.clone_from(&links[0]);
    }
    assert!(address.starts_with("/abrufe/") && address.ends_with("/einsparung"), "{address}");
    let page = board.page(&address).await;
    let baseline =
        format!("/verwaltung/vergleichspreise/{}", between(&page, "href=\"/verwaltung/vergleichspreise/", "\""));
    let shown = read(&board.page(&baseline).await);
    let evidence = board.file(&format!("{baseline}/beleg")).await;
    assert!(!evidence.is_empty());
    let hash = HEXLOWER.encode(&Sha256::digest(&evidence));
    assert!(bare(&shown).contains(&hash), "the page names another hash than that of the file: {shown}");
    writeln!(trace, "call-off: {address}\nbaseline: {baseline}\nevidence: {} bytes, SHA-256 {hash}", evidence.len())
        .unwrap();
    say(&trace);
}
