//! Papers in the hands of others: judged by the public page, by the program with the public list alone, and by
//! `sha256sum`; and made again by another process.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};

use abruf::actions::cancel_call_off::cancel;
use abruf::actions::issue_document::issue_next;
use abruf::actions::release_call_off::release;
use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use sqlx::ConnectOptions;

use crate::cluster;
use crate::web::Web;
use crate::world::World;
use crate::world::contract::{fixed, value};

/// Two orders with their documents, the second one cancelled.
async fn lived_in() -> Web {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let eva = world.buyer(town).await;
    let karl = world.approver(town).named("Karl Beispiel").await;
    let contract =
        world.contract("RV-2025-01").ceiling(value("50000.00")).item("TRN", fixed("1180.00")).entitles(town).await;
    for quantity in ["1", "2"] {
        let id = world.request(&eva, &contract, &[("TRN", quantity)]).await;
        release(&world.app, &karl, id, None).await.unwrap();
        if quantity == "2" {
            cancel(&world.app, &karl, id, "Bedarf entfallen").await.unwrap();
        }
    }
    while issue_next(&world.app).await.unwrap() {}
    Web::over(world).await
}

/// A document as it was downloaded.
#[derive(sqlx::FromRow)]
struct Paper {
    file_name: String,
    kind: String,
    number: String,
    check_code: String,
    sha256: Vec<u8>,
    bytes: Vec<u8>,
}

async fn papers(web: &Web) -> Vec<Paper> {
    let sql = "SELECT d.file_name, d.kind, c.number, d.check_code, d.sha256, d.bytes FROM document d
               JOIN call_off c ON c.contract_id = d.contract_id AND c.id = d.call_off_id ORDER BY d.created_at, d.id";
    sqlx::query_as(sql).fetch_all(&web.database.owner).await.unwrap()
}

/// Runs the program on the database of `web`, or without any.
pub fn abruf(web: Option<&Web>, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_abruf"));
    settled(command.args(arguments), web).output().unwrap()
}

/// The same on a terminal of this kind (`script` makes one): what stands there.
fn abruf_on_a_terminal(web: &Web, arguments: &str, kind: &str) -> String {
    let words = format!("'{}' {arguments}", env!("CARGO_BIN_EXE_abruf"));
    let mut command = Command::new("script");
    let command = settled(command.args(["--quiet", "--return", "--command", &words, "/dev/null"]), Some(web));
    let done = command.env("TERM", kind).stdin(Stdio::null()).output().unwrap();
    assert!(done.status.success(), "{}", said(&done));
    said(&done)
}

/// A command with nothing in its environment but where PostgreSQL and the database are.
fn settled<'a>(command: &'a mut Command, web: Option<&Web>) -> &'a mut Command {
    command.env_clear().env("PATH", cluster::environment("PATH").unwrap_or_default());
    if let Some(bin) = cluster::environment("ABRUF_PG_BIN") {
        command.env("ABRUF_PG_BIN", bin);
    }
    if let Some(web) = web {
        let (app, owner) = (cluster::app_options(&web.database.name), cluster::owner_options(&web.database.name));
        command.env("DATABASE_URL", app.to_url_lossy().to_string());
        command.env("DATABASE_OWNER_URL", owner.to_url_lossy().to_string());
    }
    command
}

pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn a_person_with_the_public_list_can_check_a_document_without_us() {
    let web = lived_in().await;
    let dir = tempfile::tempdir_in(cluster::run_folder()).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    let written = abruf(Some(&web), &["export", "hashes", "-o", &at("pruefsummen.txt")]);
    assert_eq!(written.status.code(), Some(0), "{}", said(&written));
    let list = fs::read_to_string(at("pruefsummen.txt")).unwrap();
    assert!(!list.contains("Altenrode") && !list.contains("1180"), "{list}");
    let papers = papers(&web).await;
    assert_eq!(papers.len(), 5, "two orders, two memos, a cancellation");
    for paper in &papers {
        fs::write(at(&paper.file_name), &paper.bytes).unwrap();
    }

    let sums = Command::new("sha256sum").args(["--check", "pruefsummen.txt"]).current_dir(dir.path()).output().unwrap();
    assert!(sums.status.success() && said(&sums).matches(": OK").count() == 5, "{}", said(&sums));

    let judge = |name: &str| abruf(None, &["verify", &at(name), "--hashes", &at("pruefsummen.txt")]);
    let valid = judge(&papers[0].file_name);
    assert_eq!(valid.status.code(), Some(0), "{}", said(&valid));
    assert!(said(&valid).contains("Echt: Abruf RV-2025-01-0001 vom 22.11.2026, gültig"), "{}", said(&valid));
    let cancelled = papers.iter().find(|paper| paper.kind == "order" && paper.number.ends_with("0002")).unwrap();
    let cancelled = judge(&cancelled.file_name);
    assert_eq!(cancelled.status.code(), Some(10));
    assert!(said(&cancelled).contains("Echt, aber am 22.11.2026 storniert"), "{}", said(&cancelled));

    let mut altered = papers[0].bytes.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    fs::write(at(&papers[0].file_name), altered).unwrap();
    let unknown = judge(&papers[0].file_name);
    assert_eq!(unknown.status.code(), Some(10));
    assert!(said(&unknown).contains("Unbekannt"), "{}", said(&unknown));
    let alone = abruf(None, &["verify", &at(&papers[0].file_name)]);
    assert_eq!(alone.status.code(), Some(2), "without a list: {}", said(&alone));
}

#[tokio::test]
async fn the_terminal_writes_the_same_archive_of_every_call_off_twice() {
    let web = lived_in().await;
    let dir = tempfile::tempdir_in(cluster::run_folder()).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let at = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    for name in ["eins.zip", "zwei.zip"] {
        let done = abruf(Some(&web), &["export", "call-offs", "-o", &at(name)]);
        assert!(said(&done).contains("2 Abrufe mit 5 Dokumenten geschrieben"), "{}", said(&done));
    }
    let [one, two] = ["eins.zip", "zwei.zip"].map(|name| fs::read(at(name)).unwrap());
    // Four tag files, two tables with what describes them, five documents, three of them as data too.
    assert!(one == two && zip::ZipArchive::new(std::io::Cursor::new(&one)).unwrap().len() == 16);
    let again = abruf(Some(&web), &["export", "call-offs", "-o", &at("eins.zip")]);
    assert_eq!(again.status.code(), Some(7), "never over another: {}", said(&again));
    let wrong = abruf(Some(&web), &["export", "call-offs", "--status", "bestellt", "-o", &at("drei.zip")]);
    assert!(wrong.status.code() == Some(2) && said(&wrong).contains("Erlaubt sind: draft"), "{}", said(&wrong));
}

/// Export and reproduction of thousands of documents: how far they are, as a bar or as lines.
#[tokio::test]
async fn work_on_many_documents_tells_how_far_it_is_wherever_it_runs() {
    let web = lived_in().await;
    let dir = tempfile::tempdir_in(cluster::run_folder()).unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let archive = dir.path().join("alles.zip").to_str().unwrap().to_owned();
    let steps = |text: &str| -> Vec<String> {
        text.lines().map(str::trim).filter(|line| line.starts_with("Dokumente: ")).map(str::to_owned).collect()
    };
    let all = [20, 40, 60, 80, 100].map(|part| format!("Dokumente: {part} % ({} von 5)", part / 20));
    for work in [&["export", "call-offs", "-o", &archive][..], &["reproduce", "--all"]] {
        let done = abruf(Some(&web), work);
        assert_eq!(steps(&String::from_utf8_lossy(&done.stderr)), all, "{work:?}: {}", said(&done));
        assert!(steps(&String::from_utf8_lossy(&done.stdout)).is_empty(), "the answer stands alone: {}", said(&done));
    }
    let quiet = abruf(Some(&web), &["--quiet", "reproduce", "--all"]);
    assert!(quiet.status.success() && steps(&said(&quiet)).is_empty(), "{}", said(&quiet));

    let drawn = abruf_on_a_terminal(&web, "reproduce --all", "xterm");
    assert!(drawn.contains("Dokumente [") && steps(&drawn).is_empty(), "a bar: {drawn}");
    let plain = abruf_on_a_terminal(&web, "reproduce --all", "dumb");
    assert!(!plain.contains("Dokumente [") && steps(&plain) == all, "no bar can be drawn: {plain}");
}

#[tokio::test]
async fn another_process_makes_the_same_bytes_from_what_was_recorded() {
    let web = lived_in().await;
    let all = abruf(Some(&web), &["reproduce", "--all", "--json"]);
    assert_eq!(all.status.code(), Some(0), "{}", said(&all));
    let answer: serde_json::Value = serde_json::from_slice(&all.stdout).unwrap();
    let outcomes: Vec<&str> =
        answer["data"].as_array().unwrap().iter().filter_map(|it| it["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["identical"; 5]);
    let one = abruf(Some(&web), &["reproduce", "RV-2025-01-0001"]);
    assert!(said(&one).contains("2 Dokumente noch einmal erstellt, 2 davon gleich."), "{}", said(&one));
    let none = abruf(Some(&web), &["reproduce", "RV-2025-01-0009"]);
    assert_eq!(none.status.code(), Some(6), "{}", said(&none));

    // A template that was tampered with is noticed; a document of a program that drew otherwise is told as such.
    for statement in [
        "ALTER TABLE document_template DISABLE TRIGGER document_template_append_only",
        "UPDATE document_template SET wording = replace(wording, 'Hiermit', 'Hierdurch') WHERE name = 'order.xml.j2'",
    ] {
        sqlx::query(statement).execute(&web.database.owner).await.unwrap();
    }
    let forged = abruf(Some(&web), &["reproduce", "RV-2025-01-0001"]);
    assert_eq!(forged.status.code(), Some(10));
    assert!(said(&forged).contains("Vorlage ist nicht die von damals"), "{}", said(&forged));
    for statement in
        ["ALTER TABLE document DISABLE TRIGGER document_append_only", "UPDATE document SET program_version = '0.0.1'"]
    {
        sqlx::query(statement).execute(&web.database.owner).await.unwrap();
    }
    let earlier = abruf(Some(&web), &["reproduce", "RV-2025-01-0001"]);
    assert_eq!(earlier.status.code(), Some(11));
    assert!(said(&earlier).contains("Erstellt hat es Abruf 0.0.1"), "{}", said(&earlier));
}

#[tokio::test]
async fn the_public_page_compares_a_hash_and_tells_neither_amounts_nor_names() {
    let web = lived_in().await;
    let papers = papers(&web).await;
    let order = &papers[0];
    let hash = HEXLOWER.encode(&order.sha256);
    for (address, status, wanted) in [
        ("/pruefen".to_owned(), StatusCode::OK, "Datei prüfen"),
        (format!("/pruefen?sha256={hash}"), StatusCode::OK, "Abruf RV-2025-01-0001 vom 22.11.2026, gültig"),
        (format!("/pruefen?sha256={}", hash.to_uppercase()), StatusCode::OK, "<strong>Unverändert:</strong>"),
        (
            format!("/pruefen?sha256={}", "0".repeat(64)),
            StatusCode::NOT_FOUND,
            "stammt nicht aus diesem System oder wurde verändert",
        ),
        ("/pruefen?sha256=xyz".to_owned(), StatusCode::UNPROCESSABLE_ENTITY, "kein SHA-256-Wert"),
        (format!("/p/{}?sha256={hash}", order.check_code), StatusCode::OK, "<strong>Unverändert:</strong>"),
        (
            format!("/p/{}?sha256={}", order.check_code, "0".repeat(64)),
            StatusCode::OK,
            "<strong>Andere Datei:</strong>",
        ),
        (format!("/p/{}?sha256=x", order.check_code), StatusCode::UNPROCESSABLE_ENTITY, "kein SHA-256-Wert"),
    ] {
        let page = web.get(&address, "").await;
        assert_eq!(page.status, status, "{address}");
        assert!(page.text.contains(wanted), "{address}: no {wanted} in {}", page.text);
        assert!(!page.text.contains("Altenrode") && !page.text.contains('€'), "{}", page.text);
    }
    let code = order.check_code.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-");
    let sent = web.get(&format!("/pruefen?kennung={code}"), "").await;
    assert_eq!(sent.header("location"), format!("/p/{}", order.check_code));
    let memo = papers.iter().find(|paper| paper.kind == "memo" && paper.number.ends_with("0002")).unwrap();
    let page = web.get(&format!("/p/{}", memo.check_code), "").await;
    assert!(
        page.text.contains("Echt, aber am 22.11.2026 storniert:") && page.text.contains("Abrufvermerk"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn asking_for_papers_by_the_dozen_is_slowed_down() {
    let web = Web::new().await;
    let mut answered = 0;
    // One more is allowed each second: on a slow machine it takes a few more to be too many.
    let slowed = loop {
        let answer = web.get("/p/AAAAAAAAAAAAAAAA", "").await;
        if answer.status != StatusCode::NOT_FOUND {
            break answer;
        }
        answered += 1;
        assert!(answered < 1000, "nobody slows this down");
    };
    assert!(60 <= answered, "a busy morning is answered");
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(slowed.header("retry-after").parse::<u32>().is_ok());
    assert_eq!(web.get("/pruefen", "").await.status, StatusCode::OK, "the form itself costs nothing");
}
