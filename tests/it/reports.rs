//! Reports: every total is the list behind it, on every level and in every form; nobody sees more than they may.

mod minimum_purchases;
mod retention;
mod streams;
mod walk;

use std::fs;
use std::io::{Cursor, Read};
use std::os::unix::fs::PermissionsExt;

use abruf::actions::cancel_call_off::cancel;
use abruf::actions::justify_finding::justify;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::submit_call_off::submit;
use abruf::actor::{Actor, Role};
use abruf_domain::ids::OrganisationId;
use axum::http::StatusCode;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::cluster;
use crate::pages::browser::read;
use crate::papers::{abruf, said};
use crate::web::Web;
use crate::world::World;
use crate::world::contract::{Contract, NewContract, fixed, list_price, prior_contract, value};

/// A town whose clerk named it to run a program on somebody's desk.
const MALICIOUS: &str = "=cmd|' /C calc'!A0";

/// Every report a board may open, by the last step of its address and its name in the API.
const ALL: [(&str, &str); 15] = [
    ("einsparungen-nach", "savings-by"),
    ("einsparungen-abrufe", "savings-call-offs"),
    ("einsparungen-positionen", "savings-lines"),
    ("einsparungen-belege", "savings-entries"),
    ("mehrkosten-abrufe", "negative-call-offs"),
    ("mehrkosten-positionen", "negative-lines"),
    ("offene-nachweise", "open-evidence"),
    ("deckungsquote", "coverage"),
    ("hoechstwerte", "contract-ceilings"),
    ("ausschoepfung", "utilisation"),
    ("abfluss", "burn-rate"),
    ("mindestabnahmen", "minimum-purchases"),
    ("auslaufende-vertraege", "expiring"),
    ("nutzung", "usage"),
    ("aufbewahrung", "retention"),
];

struct Town {
    id: OrganisationId,
    buyer: Actor,
    approver: Actor,
}

/// A body after some years: two contracts, three towns of which one never orders, one name that is a formula.
struct House {
    web: Web,
    towns: Vec<Town>,
    contracts: Vec<Contract>,
    board: String,
    auditor: String,
}

async fn house(seed: u64) -> House {
    house_over(World::seeded(seed).await, seed).await
}

async fn house_over(world: World, seed: u64) -> House {
    let mut towns = Vec::new();
    for name in [MALICIOUS, "Stadt Bergheim", "Stadt Neufeld"] {
        let id = world.member(name).await;
        let approver = world.approver(id).named("Karl Beispiel").await;
        towns.push(Town { id, buyer: world.buyer(id).await, approver });
    }
    let entitled = |contract| towns.iter().fold(contract, |it: NewContract<'_>, town| it.entitles(town.id));
    let first = world
        .contract("RV-2025-01")
        .fee("1.5")
        .ceiling(value("50000.00"))
        .item("A1", fixed("100.00"))
        .item("B1", fixed("40.00"))
        .item("N1", fixed("7.00"))
        .baseline("A1", prior_contract("123.45"))
        .baseline("B1", list_price("55.00"))
        .option("2028-02-29", "2026-12-31", None);
    let second = world
        .contract("RV-2025-02")
        .minimum("200.00")
        .surcharge("15.00")
        .item("A1", fixed("30.00"))
        .baseline("A1", prior_contract("29.10"));
    let contracts = vec![entitled(first).await, entitled(second).await];
    sqlx::query(
        "UPDATE item SET title = '@SUM(A1) ' || title,
                         cpv = CASE article_number WHEN 'A1' THEN '48000000-8' WHEN 'B1' THEN '72000000-5' END",
    )
    .execute(world.owner())
    .await
    .unwrap();
    sqlx::query(
        "INSERT INTO minimum_purchase (contract_id, id, measure, amount, due_on, consequence)
         VALUES ($1, gen_random_uuid(), 'value', 900000, '2027-06-30', 'Ausgleich von 5 % der Fehlmenge')",
    )
    .bind(contracts[0].id.0)
    .execute(world.owner())
    .await
    .unwrap();
    let board = world.person(Role::Board, world.body).named("Bea Vorstand").await;
    let auditor = world.auditor(&[towns[1].id]).named("Anna Prüferin").await;
    order(&world, &towns, &contracts, seed).await;
    let web = Web::over(world).await;
    let board = web.cookie_of(&board, "board@elbe-saale.example").await;
    let auditor = web.cookie_of(&auditor, "anna@rpa.example").await;
    House { web, towns, contracts, board, auditor }
}

/// Some call-offs of the first two towns in two years; every fifth is taken back.
async fn order(world: &World, towns: &[Town], contracts: &[Contract], seed: u64) {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    for number in 0..16_u32 {
        let (year, month) = if number.is_multiple_of(4) { (2025, 11) } else { (2026, 3 + number / 2) };
        world.at(&format!("{year}-{month:02}-{:02}T09:00:00Z", chance.random_range(12..=28)));
        let town = &towns[usize::from(number.is_multiple_of(3))];
        let contract = &contracts[usize::from(number % 5 > 2)];
        let quantity = chance.random_range(1..=9).to_string();
        let lines: &[(&str, &str)] = if contract.number == contracts[0].number {
            &[("A1", &quantity), ("B1", "2"), ("N1", "3")]
        } else {
            &[("A1", &quantity)]
        };
        let id = world.draft(&town.buyer, contract, lines).await;
        for rule in ["savings-negative", "baseline-missing", "baseline-stale"] {
            // Which of them the review finds depends on the draft.
            let _ = justify(&world.app, &town.buyer, id, rule, "Lieferzeit geht vor.").await;
        }
        let submitted = submit(&world.app, &town.buyer, id, None).await.unwrap();
        assert!(format!("{submitted:?}").starts_with("Submitted"), "{submitted:?}");
        let released = release(&world.app, &town.approver, id, None).await.unwrap();
        assert!(matches!(released, Release::Released { .. }), "{released:?}");
        if number % 5 == 4 {
            cancel(&world.app, &town.approver, id, "Doppelt bestellt").await.unwrap();
        }
    }
    world.at("2026-11-22T09:00:00Z");
}

impl House {
    async fn page(&self, address: &str) -> String {
        let answer = self.web.get(address, &self.board).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}: {}", answer.text);
        answer.text
    }

    async fn number(&self, sql: &'static str) -> Decimal {
        sqlx::query_scalar(sql).fetch_one(&self.web.database.owner).await.unwrap()
    }
}

fn euros(text: &str) -> Decimal {
    let plain: String = text.chars().filter(|c| c.is_ascii_digit() || *c == ',' || *c == '\u{2212}').collect();
    plain.replace(',', ".").replace('\u{2212}', "-").parse().unwrap_or_else(|_| panic!("{text} is no amount"))
}

fn between<'a>(page: &'a str, from: &str, to: &str) -> &'a str {
    page.split_once(from).unwrap_or_else(|| panic!("no {from} in {page}")).1.split_once(to).unwrap().0
}

/// The figure of a check: what the list sums to, what the report says, and the difference.
fn check(page: &str, name: &str) -> [Decimal; 3] {
    let section = page.split_once("id=\"abgleich\"").unwrap().1;
    let row = between(section, &format!("<th scope=\"row\">{name}</th>"), "</tr>");
    ["Summe der Liste", "Wert im Bericht", "Abweichung"].map(|label| {
        let cell = between(row, &format!("data-label=\"{label}\">"), "</td>");
        let text = cell.rsplit_once("\">").map_or(cell, |(_, text)| text);
        euros(text.replace("<strong>", "").split('<').next().unwrap())
    })
}

/// Rows of a report: addresses of their cells, and the order value.
fn rows(page: &str) -> Vec<(Vec<String>, Decimal)> {
    let body = between(page, "<tbody>", "</tbody>");
    let rows = body.split("<tr>").skip(1);
    rows.map(|row| {
        let links = row.split("href=\"").skip(1).map(|part| part.split_once('"').unwrap().0);
        let links = links.map(|link| link.replace("&#38;", "&").replace("&amp;", "&")).collect();
        let cell = between(row, "data-label=\"Auftragswert\">", "</td>");
        let text = cell.split('>').map(|part| part.split('<').next().unwrap()).find(|text| !text.is_empty());
        (links, euros(text.unwrap()))
    })
    .collect()
}

const ORDERED: &str = "SELECT coalesce(sum(order_net), 0) FROM savings_entry";

#[tokio::test]
async fn every_total_is_the_list_behind_it_for_every_combination_of_dimensions() {
    let house = house(3).await;
    let truth = house.number(ORDERED).await;
    let mut followed = 0;
    for by in [
        "vertrag",
        "mitglied",
        "kategorie",
        "jahr",
        "lieferant",
        "klasse",
        "mitglied,vertrag",
        "jahr,kategorie",
        "klasse,lieferant,jahr",
        "kategorie,mitglied,klasse",
    ] {
        let top = house.page(&format!("/berichte/einsparungen-nach?nach={by}")).await;
        assert_eq!(check(&top, "Auftragswert"), [truth, truth, Decimal::ZERO], "{by}");
        assert_eq!(between(&top, "id=\"abweichung\">", "<"), "0,00\u{a0}€", "{by}");
        let parts = rows(&top);
        assert_eq!(
            parts.iter().map(|(_, volume)| *volume).sum::<Decimal>(),
            truth,
            "{by}: the rows as they are printed"
        );
        for (links, volume) in parts {
            // The last two lead to the call-offs: from their number, and from the order value.
            for link in links {
                let below = house.page(&link).await;
                let [listed, reported, difference] = check(&below, "Auftragswert");
                assert!(difference.is_zero() && listed == reported, "{link}");
                if link.contains("einsparungen-abrufe") {
                    assert_eq!(listed, volume, "{by}: {link}");
                }
                followed += 1;
            }
        }
    }
    assert!(60 <= followed, "only {followed} addresses were followed");
}

#[tokio::test]
async fn a_total_leads_down_to_the_evidence_of_one_baseline() {
    let house = house(5).await;
    let mut address = "/berichte/einsparungen-nach?nach=vertrag".to_owned();
    let mut seen = Vec::new();
    // Contract, member, call-off, line, booking; each level sums to the row that leads there.
    for level in [
        "einsparungen-nach",
        "einsparungen-nach",
        "einsparungen-abrufe",
        "einsparungen-positionen",
        "einsparungen-belege",
    ] {
        assert!(address.starts_with(&format!("/berichte/{level}")), "{address}");
        let page = house.page(&address).await;
        let [listed, reported, difference] = check(&page, "Auftragswert");
        assert!(difference.is_zero() && listed == reported, "{address}");
        if let Some(above) = seen.last() {
            assert_eq!(listed, *above, "{address}");
        }
        let (links, volume) = rows(&page).into_iter().next().unwrap();
        seen.push(volume);
        if level == "einsparungen-belege" {
            let text = read(&page);
            assert!(text.contains("früherer Vertrag") || text.contains("Listenpreis"), "{text}");
        }
        address.clone_from(&links[0]);
    }
    assert!(address.starts_with("/abrufe/") && address.ends_with("/einsparung"), "{address}");
    assert!(house.page(&address).await.contains("Beleg"));
}

#[tokio::test]
async fn every_report_comes_as_page_and_file_without_a_deviation() {
    let house = house(7).await;
    for (address, name) in ALL {
        let page = house.page(&format!("/berichte/{address}")).await;
        assert_eq!(euros(between(&page, "id=\"abweichung\">", "<")), Decimal::ZERO, "{address}");
        let data = house.web.get(&format!("/api/v1/reports/{name}?limit=500"), &house.board).await;
        assert_eq!(data.status, StatusCode::OK, "{name}: {}", data.text);
        let data = data.json();
        assert_eq!(data["deviation"].as_str().unwrap().parse::<Decimal>().unwrap(), Decimal::ZERO, "{name}");
        let count = data["row_count"].as_u64().unwrap();
        assert!(0 < count, "{name} has no rows");
        assert_eq!(count, data["rows"].as_array().unwrap().len() as u64, "{name}");
        let csv = house.web.get(&format!("/berichte/{address}/bericht.csv"), &house.board).await;
        let mut reader =
            csv::ReaderBuilder::new().delimiter(b';').from_reader(csv.text.trim_start_matches('\u{feff}').as_bytes());
        assert_eq!(reader.headers().unwrap().len(), data["columns"].as_array().unwrap().len(), "{name}");
        assert_eq!(reader.records().count() as u64, count, "{name}");
        let (status, headers, pdf) =
            house.web.download(&format!("/berichte/{address}/bericht.pdf"), &house.board, &[]).await;
        assert_eq!(status, StatusCode::OK, "{name}: {}", String::from_utf8_lossy(&pdf));
        assert_eq!(headers["content-type"], "application/pdf", "{name}");
        assert!(pdf.starts_with(b"%PDF-"), "{name}");
        let (status, _, again) = house.web.download(&format!("/api/v1/reports/{name}/pdf"), &house.board, &[]).await;
        assert!(status == StatusCode::OK && again == pdf, "{name}: the same data are the same bytes");
    }
    let index = house.page("/berichte").await;
    assert!(ALL.iter().all(|(address, _)| index.contains(&format!("/berichte/{address}\""))));
}

/// The sheets of a workbook, in order.
fn sheets(bytes: &[u8]) -> Vec<String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    (1..=4)
        .map(|number| {
            let mut text = String::new();
            archive.by_name(&format!("xl/worksheets/sheet{number}.xml")).unwrap().read_to_string(&mut text).unwrap();
            text
        })
        .collect()
}

/// Value of a cell.
fn value_at(sheet: &str, cell: &str) -> Decimal {
    let cell = between(sheet, &format!("<c r=\"{cell}\""), "</c>");
    between(cell, "<v>", "</v>").parse().unwrap()
}

#[tokio::test]
async fn a_workbook_has_typed_cells_and_a_check_cell_of_zero() {
    let house = house(11).await;
    for (address, name) in ALL {
        let (status, headers, bytes) =
            house.web.download(&format!("/berichte/{address}/bericht.xlsx"), &house.board, &[]).await;
        assert_eq!(status, StatusCode::OK, "{name}");
        assert!(headers["content-type"].to_str().unwrap().ends_with("spreadsheetml.sheet"), "{name}");
        let sheets = sheets(&bytes);
        assert!(sheets[1].contains("state=\"frozen\""), "{name}: the head does not stay");
        assert!(sheets[2].contains("So wird gerechnet"), "{name}: no method");
        assert_eq!(value_at(&sheets[3], "D2"), Decimal::ZERO, "{name}: the check cell");
        assert!(!sheets[0].contains("<f>") && !sheets[1].contains("<f>"), "{name}: a formula beside our sums");
    }
    let (_, _, bytes) =
        house.web.download("/berichte/einsparungen-nach/bericht.xlsx?nach=mitglied", &house.board, &[]).await;
    let sheets = sheets(&bytes);
    // Column D is the order value: its formula adds it up, and its value is the report's.
    let truth = house.number(ORDERED).await;
    assert!(sheets[3].contains("<f>ROUND(SUM('Liste'!D1:D3),2)</f>"), "{}", sheets[3]);
    assert_eq!((value_at(&sheets[3], "B6"), value_at(&sheets[3], "C6")), (truth, truth));
    assert_eq!(value_at(&sheets[1], "D2") + value_at(&sheets[1], "D3"), truth);
}

#[tokio::test]
async fn no_export_runs_what_somebody_typed() {
    let house = house(13).await;
    sqlx::query("UPDATE organisation SET name = $2 WHERE id = $1")
        .bind(house.towns[1].id.0)
        .bind("\t+49 345")
        .execute(&house.web.database.owner)
        .await
        .unwrap();
    for address in
        ["einsparungen-nach/bericht.csv?nach=mitglied", "einsparungen-positionen/bericht.csv", "nutzung/bericht.csv"]
    {
        let csv = house.web.get(&format!("/berichte/{address}"), &house.board).await;
        let mut reader =
            csv::ReaderBuilder::new().delimiter(b';').from_reader(csv.text.trim_start_matches('\u{feff}').as_bytes());
        let mut kept = 0;
        for record in reader.records() {
            for cell in &record.unwrap() {
                let number =
                    cell.strip_prefix('-').is_some_and(|rest| rest.bytes().all(|it| it.is_ascii_digit() || it == b','));
                assert!(number || !cell.starts_with(['=', '+', '-', '@', '\t']), "{address}: {cell}");
                kept += usize::from(cell.starts_with('\''));
            }
        }
        assert!(0 < kept, "{address}: nothing dangerous was in it");
    }
    for address in ["einsparungen-nach/bericht.xlsx?nach=mitglied", "einsparungen-positionen/bericht.xlsx"] {
        let (_, _, bytes) = house.web.download(&format!("/berichte/{address}"), &house.board, &[]).await;
        let list = &sheets(&bytes)[1];
        let dangerous = ["=cmd|' /C calc'!A0", "\t+49 345", "@SUM(A1)"];
        let cells: Vec<&str> =
            list.split("<c r=").filter(|cell| dangerous.iter().any(|it| cell.contains(it))).collect();
        assert!(!cells.is_empty(), "{address}");
        for cell in cells {
            assert!(cell.contains("s=\"11\" t=\"inlineStr\"") && !cell.contains("<f>"), "{address}: {cell}");
        }
    }
}

#[tokio::test]
async fn a_report_over_more_than_fifty_years_or_backwards_is_refused_in_words() {
    let house = house(17).await;
    for (query, words) in [
        ("von=01.01.2000&bis=31.12.2060", "länger als 50 Jahre"),
        ("von=02.02.2026&bis=01.02.2026", "vor seinem Beginn"),
        ("von=30.02.2026", "kein Datum"),
        ("nach=vertrag,jahr,vertrag", "zweimal"),
        ("nach=farbe", "keine Gliederung"),
        ("klasse=Q", "Klasse „Q“ gibt es nicht"),
        ("jahr=99999", "Das Jahr 99999 geht nicht"),
    ] {
        let page = house.web.get(&format!("/berichte/einsparungen-nach?{query}"), &house.board).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        assert!(
            page.text.contains("Bitte prüfen Sie Ihre Angaben") && page.text.contains(words),
            "{query}: {}",
            page.text
        );
        let file = house.web.get(&format!("/berichte/einsparungen-nach/bericht.xlsx?{query}"), &house.board).await;
        assert_eq!(file.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
    }
    for (query, words) in [
        ("from=1900-01-01&to=2026-12-31", "länger als 50 Jahre"),
        ("from=1900-01-01", "länger als 50 Jahre"),
        ("from=2026-02-02&to=2026-02-01", "vor seinem Beginn"),
        ("by=contract,colour", "keine Gliederung"),
        ("by=contract,member,year,class", "höchstens 3"),
    ] {
        let answer = house.web.get(&format!("/api/v1/reports/savings-by?{query}"), &house.board).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {}", answer.text);
        assert!(answer.text.contains(words), "{query}: {}", answer.text);
    }
    let fifty = house.web.get("/api/v1/reports/savings-by?from=2000-01-01&to=2049-12-31", &house.board).await;
    assert_eq!(fifty.status, StatusCode::OK, "{}", fifty.text);
}

#[tokio::test]
async fn whoever_reads_sees_their_own_and_foreign_looks_like_absent() {
    let house = house(19).await;
    let [own, neighbour] = [&house.towns[1], &house.towns[0]];
    let member = house.web.cookie_of(&own.buyer, "eva@bergheim.example").await;
    let volume = "SELECT coalesce(sum(e.order_net), 0) FROM savings_entry e JOIN organisation o ON o.id = e.member_id WHERE o.name = 'Stadt Bergheim'";
    let truth = house.number(volume).await;
    assert!(Decimal::ZERO < truth && truth < house.number(ORDERED).await);
    for (address, _) in ALL.iter().filter(|(address, _)| !["abfluss", "mindestabnahmen"].contains(address)) {
        let page = house.web.get(&format!("/berichte/{address}"), &member).await;
        assert_eq!(page.status, StatusCode::OK, "{address}: {}", page.text);
        assert!(!page.text.contains("calc") && !page.text.contains("Stadt Neufeld"), "{address}");
        assert_eq!(euros(between(&page.text, "id=\"abweichung\">", "<")), Decimal::ZERO, "{address}");
    }
    let page = house.web.get("/berichte/einsparungen-nach?nach=mitglied", &member).await;
    assert_eq!(check(&page.text, "Auftragswert")[0], truth);

    let absent = Uuid::from_u128(1);
    let foreign_call_off: Uuid = sqlx::query_scalar("SELECT id FROM call_off WHERE member_id = $1 LIMIT 1")
        .bind(neighbour.id.0)
        .fetch_one(&house.web.database.owner)
        .await
        .unwrap();
    for (name, foreign) in [("mitglied", neighbour.id.0), ("abruf", foreign_call_off)] {
        for file in ["", "/bericht.csv", "/bericht.pdf"] {
            let ask = async |id: Uuid| {
                house.web.get(&format!("/berichte/einsparungen-abrufe{file}?{name}={id}"), &member).await
            };
            let (foreign, absent) = (ask(foreign).await, ask(absent).await);
            assert_eq!((foreign.status, absent.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{name}{file}");
            assert_eq!(foreign.text, absent.text, "{name}{file}");
        }
    }
    for address in
        ["/berichte/abfluss", "/berichte/abfluss/bericht.xlsx", "/api/v1/reports/burn-rate", "/berichte/gibt-es-nicht"]
    {
        assert_eq!(house.web.get(address, &member).await.status, StatusCode::NOT_FOUND, "{address}");
    }
    // The auditor sees one town and the year 2026.
    let audited = house.web.get("/berichte/einsparungen-nach?nach=mitglied,jahr", &house.auditor).await;
    let scope = "SELECT coalesce(sum(e.order_net), 0) FROM savings_entry e JOIN organisation o ON o.id = e.member_id
                 WHERE o.name = 'Stadt Bergheim' AND extract(year FROM e.dated_on) = 2026";
    assert_eq!(check(&audited.text, "Auftragswert")[0], house.number(scope).await);
    assert!(!audited.text.contains("calc"));
    assert_eq!(house.web.get("/berichte/abfluss", &house.auditor).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_next_tender_begins_a_lead_time_before_exhaustion_or_end() {
    let house = house(23).await;
    let rows = |answer: crate::web::Answer| answer.json()["rows"].as_array().unwrap().clone();
    let usual = rows(house.web.get("/api/v1/reports/burn-rate", &house.board).await);
    let first = &usual[usual.len() - 1];
    assert_eq!(first["contract"], "RV-2025-01 Citrix-Lizenzen und Schulung");
    assert_eq!((&first["ends_on"], &first["lead_days"]), (&"2027-02-28".into(), &210.into()));
    // The end of the term comes first: 210 days before it is past, and the hint says since when.
    assert_eq!(first["start_by"], "2026-08-02");
    assert!(first["hint"].as_str().unwrap().contains("überfällig seit 112 Tagen"), "{first}");
    let consumed: Decimal = first["consumed"].as_str().unwrap().parse().unwrap();
    let left: Decimal = first["left"].as_str().unwrap().parse().unwrap();
    assert_eq!(consumed + left, Decimal::from(50_000));
    let earliest = first["exhausted_earliest"].as_str().unwrap();
    assert!("2026-11-22" < earliest, "{earliest}");
    assert!(first["exhausted_latest"].is_null() || earliest <= first["exhausted_latest"].as_str().unwrap());
    let chosen = rows(house.web.get("/api/v1/reports/burn-rate?procedure=restricted", &house.board).await);
    assert_eq!(chosen[chosen.len() - 1]["start_by"], "2026-10-31");
    // A value is never overwritten: it ends, and the next one begins.
    for statement in [
        "UPDATE legal_parameter SET valid_to = '2026-11-21' WHERE key = 'tender_lead_open_days'",
        "INSERT INTO legal_parameter (jurisdiction, key, value, valid_from, source, certainty)
         VALUES ('de', 'tender_lead_open_days', '30', '2026-11-22', 'Beschluss', 'K')",
    ] {
        sqlx::query(statement).execute(&house.web.database.owner).await.unwrap();
    }
    let changed = rows(house.web.get("/api/v1/reports/burn-rate", &house.board).await);
    assert_eq!(changed[changed.len() - 1]["start_by"], "2027-01-29");
}

#[tokio::test]
async fn deadlines_users_losses_and_gaps_stand_in_their_reports() {
    let house = house(29).await;
    let data = async |path: &str| house.web.get(&format!("/api/v1/reports/{path}"), &house.board).await.json();
    let expiring = data("expiring").await;
    let option = &expiring["rows"][0];
    assert_eq!((&option["notice_deadline"], &option["days_left"]), (&"2026-12-31".into(), &39.into()));
    assert_eq!(expiring["row_count"], 2);
    assert_eq!(data("expiring?from=2027-01-01").await["row_count"], 1, "only the end of the second contract");

    let usage = data("usage?limit=500").await;
    let states: Vec<String> = usage["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {}", row["member"].as_str().unwrap(), row["state"].as_str().unwrap()))
        .collect();
    assert!(
        states.contains(&"Stadt Neufeld könnte".to_owned()) && states.contains(&"Stadt Bergheim nutzt".to_owned()),
        "{states:?}"
    );

    let losses = data("negative-call-offs?limit=500").await;
    assert!(losses["rows"].as_array().unwrap().iter().all(|row| row["a_net"].as_str().unwrap().starts_with('-')));
    let lines = data("negative-lines?limit=500").await;
    assert!(
        lines["rows"].as_array().unwrap().iter().all(|row| row["contract"].as_str().unwrap().starts_with("RV-2025-02"))
    );

    let open = data("open-evidence?limit=500").await;
    let gaps = open["rows"].as_array().unwrap();
    assert!(gaps.iter().any(|row| row["article_number"] == "N1" && row["reason"] == "kein Vergleichspreis"), "{open}");

    let guards = data(&format!("utilisation?contract={}", house.contracts[0].id)).await;
    assert_eq!((&guards["rows"][0]["scope"], &guards["rows"][0]["limit"]), (&"Vertrag".into(), &"50000.00".into()));
}

#[tokio::test]
async fn the_terminal_writes_the_same_sums_and_refuses_what_cannot_be_asked() {
    let house = house(31).await;
    let dir = tempfile::tempdir_in(cluster::run_folder()).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let write = |name: &str, more: &[&str]| {
        let file = at(name);
        abruf(Some(&house.web), &[&["report", "savings", "-o", file.as_str()], more].concat())
    };
    let done = write("a.json", &["--format", "json", "--by", "member,year"]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    let data: serde_json::Value = serde_json::from_slice(&fs::read(at("a.json")).unwrap()).unwrap();
    let truth = house.number(ORDERED).await;
    assert_eq!(data["totals"]["volume"].as_str().unwrap().parse::<Decimal>().unwrap(), truth);
    let done = write("a.xlsx", &["--format", "xlsx", "--year", "2026"]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert_eq!(value_at(&sheets(&fs::read(at("a.xlsx")).unwrap())[3], "D2"), Decimal::ZERO);
    let done = write("a.pdf", &["--format", "pdf", "--by", "contract,class"]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done));
    assert!(fs::read(at("a.pdf")).unwrap().starts_with(b"%PDF-"));
    for (level, column) in [("call-offs", "volume"), ("lines", "volume"), ("entries", "volume")] {
        let done = write(&format!("{level}.jsonl"), &["--format", "jsonl", "--level", level]);
        assert_eq!(done.status.code(), Some(0), "{}", said(&done));
        let text = fs::read_to_string(at(&format!("{level}.jsonl"))).unwrap();
        let told = format!("Zeilen: {}, fertig", text.lines().count());
        assert!(said(&done).contains(&told), "{told}: {}", said(&done));
        let listed: Decimal = text
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()[column].as_str().unwrap().to_owned())
            .map(|amount| amount.parse::<Decimal>().unwrap())
            .sum();
        assert_eq!(listed, truth, "{level}");
    }
    let one = write("one.csv", &["--level", "lines", "--contract", &house.contracts[1].number]);
    assert_eq!(one.status.code(), Some(0), "{}", said(&one));
    let unknown = write("none.csv", &["--contract", "RV-1900-01"]);
    assert_eq!(unknown.status.code(), Some(6), "{}", said(&unknown));
    for wrong in [&["--from", "1900-01-01", "--to", "2026-12-31"][..], &["--by", "colour"], &["--class", "Z"]] {
        let refused = write("b.csv", wrong);
        assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    }
}
