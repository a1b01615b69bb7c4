//! What auditors see: everything in their scope, nothing outside it, and proof that it is whole.

use std::fs;
use std::path::Path;
use std::process::Command;

use abruf::actions::cancel_call_off::cancel;
use abruf::actions::end_request::{refuse, withdraw};
use abruf::actions::release_call_off::release;
use abruf::actions::submit_call_off::{Submission, submit};
use abruf::actor::{Actor, Role};
use abruf_documents::embedded;
use abruf_domain::canonical::sha256;
use abruf_domain::data_format::DataFormat;
use abruf_domain::ids::CallOffId;
use axum::http::StatusCode;
use data_encoding::HEXLOWER;
use uuid::Uuid;

use crate::web::Web;
use crate::world::World;
use crate::world::contract::{Contract, fixed, prior_contract, value};

/// A town in scope and one outside, with a call-off in every state that auditors ask about.
struct House {
    web: Web,
    auditor: Actor,
    office: Actor,
    karl: Actor,
    contract: Contract,
    ordered: CallOffId,
    cancelled: CallOffId,
    declined: CallOffId,
    outside: CallOffId,
}

async fn house() -> House {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let other = world.member("Stadt Neufeld").await;
    let [eva, ute] = [world.buyer(town).await, world.buyer(other).named("Ute Nachbar").await];
    let karl = world.approver(town).named("Karl Beispiel").await;
    let auditor = world.auditor(&[town]).named("Anna Prüferin").await;
    let office = world.office().named("Olaf Geschäftsstelle").await;
    let contract = world
        .contract("RV-2025-01")
        .fee("1.5")
        .ceiling(value("10000.00"))
        .item("A1", fixed("100.00"))
        .baseline("A1", prior_contract("123.45"))
        .entitles(town)
        .entitles(other)
        .await;
    let order = &[("A1", "3")][..];
    let ordered = world.request(&eva, &contract, order).await;
    release(&world.app, &karl, ordered, None).await.unwrap();
    let cancelled = world.request(&eva, &contract, order).await;
    release(&world.app, &karl, cancelled, None).await.unwrap();
    world.at("2026-11-22T09:05:00Z");
    cancel(&world.app, &karl, cancelled, "Doppelt bestellt").await.unwrap();
    let refused = world.request(&eva, &contract, order).await;
    refuse(&world.app, &karl, refused, "Kein Geld").await.unwrap();
    let withdrawn = world.request(&eva, &contract, order).await;
    withdraw(&world.app, &eva, withdrawn).await.unwrap();
    let declined = world.draft(&eva, &contract, &[("A1", "500")]).await;
    let answer = submit(&world.app, &eva, declined, None).await.unwrap();
    assert!(matches!(answer, Submission::Declined { .. }), "{answer:?}");
    world.draft(&eva, &contract, order).await;
    let outside = world.request(&ute, &contract, order).await;
    while abruf::actions::issue_document::issue_next(&world.app).await.unwrap() {}
    let web = Web::over(world).await;
    House { web, auditor, office, karl, contract, ordered, cancelled, declined, outside }
}

#[tokio::test]
async fn the_population_holds_every_call_off_in_scope_and_no_other() {
    let house = house().await;
    let cookie = house.web.cookie_of(&house.auditor, "anna@pruefung.example").await;
    let page = house.web.get("/pruefung", &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    for expected in [
        "Ihr Prüfauftrag: Stadt Altenrode, Abrufe vom 01.01.2026 bis 31.12.2026, gültig bis 31.12.2030.",
        "5 Abrufe",
        "storniert",
        "abgelehnt",
        "zurückgezogen",
        "Entwurf, Prüfung abgelehnt",
    ] {
        assert!(page.text.contains(expected), "no {expected} in {}", page.text);
    }
    assert!(!page.text.contains("Stadt Neufeld"), "another member shows");
    let only = house.web.get("/pruefung?stand=cancelled", &cookie).await;
    assert!(only.text.contains("1 Abruf<"), "{}", only.text);
    let declined = house.web.get("/pruefung?abgelehnt=1", &cookie).await;
    assert!(declined.text.contains(&house.declined.to_string()) && declined.text.contains("1 Abruf<"));
    let wrong = house.web.get("/pruefung?von=31.02.2026&betrag_von=zehn", &cookie).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains("ist kein Datum") && wrong.text.contains("ist kein Betrag"), "{}", wrong.text);
    assert!(!wrong.text.contains("Grundgesamtheit"), "a search that was not made has no size");
    let person = house.web.get("/pruefung?q=eva", &cookie).await;
    assert!(person.text.contains("5 Abrufe"), "{}", person.text);
    let list = house.web.get("/pruefung/abrufe.csv", &cookie).await;
    assert!(list.text.starts_with("\u{feff}Vorgang;Abrufnummer;Stand;"), "{}", list.text);
    assert_eq!(list.text.trim_end().lines().count(), 6, "a head and five call-offs");
    assert!(!list.text.contains("Neufeld"));
}

#[tokio::test]
async fn a_call_off_shows_everything_that_was_stored() {
    let house = house().await;
    let cookie = house.web.cookie_of(&house.auditor, "anna@pruefung.example").await;
    let page = house.web.get(&format!("/pruefung/abrufe/{}", house.ordered), &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    for expected in [
        "Prüfung bei der Einreichung",
        "Prüfung bei der Freigabe",
        "cap-value, Version 1",
        "SHA-256 der geprüften Tatsachen",
        "Karl Beispiel",
        "Bestellung (PDF)",
        "reserviert",
        "Reservierung aufgehoben",
        "abgerufen",
        "A – belegt",
        "Abruf freigegeben und erteilt",
    ] {
        assert!(page.text.contains(expected), "no {expected} in {}", page.text);
    }
    let pdf = house.web.get(&format!("/api/v1/call-offs/{}/documents/order", house.ordered), &cookie).await;
    assert_eq!((pdf.status, pdf.header("content-type")), (StatusCode::OK, "application/pdf"));
    let declined = house.web.get(&format!("/pruefung/abrufe/{}", house.declined), &cookie).await;
    assert!(declined.text.contains("blockiert") && declined.text.contains("Dieser Abruf hat kein Volumen belegt."));
    let outside = house.web.get(&format!("/pruefung/abrufe/{}", house.outside), &cookie).await;
    let absent = house.web.get(&format!("/pruefung/abrufe/{}", Uuid::from_u128(1)), &cookie).await;
    assert_eq!((outside.status, absent.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(outside.text, absent.text, "outside the scope is told from absent");
}

/// Unpacks an archive into a folder of its own.
fn unpacked(bytes: &[u8]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap().extract(dir.path()).unwrap();
    dir
}

fn sums_are_right(bag: &Path, manifest: &str) -> usize {
    let done = Command::new("sha256sum").args(["--check", "--strict", manifest]).current_dir(bag).output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    said.lines().filter(|line| line.ends_with(": OK")).count()
}

#[tokio::test]
async fn all_documents_in_scope_come_as_one_file_that_sha256sum_alone_can_check() {
    let house = house().await;
    let cookie = house.web.cookie_of(&house.auditor, "anna@pruefung.example").await;
    let (status, headers, bytes) =
        house.web.download("/pruefung/abrufe.zip", &cookie, &[("accept-encoding", "gzip")]).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers["content-type"], "application/zip");
    assert_eq!(headers["content-length"], bytes.len().to_string(), "said before the first byte");
    assert!(!headers.contains_key("content-encoding"));

    let dir = unpacked(&bytes);
    let bag = dir.path().join("abrufe");
    // Two orders and a cancellation, each as Order-X too, two memos; two tables, what their columns hold, its rules.
    assert_eq!(sums_are_right(&bag, "manifest-sha256.txt"), 12);
    assert_eq!(sums_are_right(&bag, "tagmanifest-sha256.txt"), 3);
    let text = |name: &str| fs::read_to_string(bag.join(name)).unwrap();
    assert!(text("bagit.txt").starts_with("BagIt-Version: 1.0\n"));
    let table = text("data/abrufe.csv");
    assert_eq!(table.trim_end().lines().count(), 6, "a head and five call-offs, those without a document too: {table}");
    assert!(table.contains("abgelehnt") && table.contains("storniert") && !table.contains("Neufeld"), "{table}");
    for file in text("data/dokumente.csv").trim_end().lines().skip(1) {
        let cells: Vec<&str> = file.split(';').collect();
        let bytes = fs::read(bag.join("data").join(cells[0])).unwrap();
        assert_eq!(cells[6], bytes.len().to_string(), "{file}");
        assert_eq!(cells[7], HEXLOWER.encode(&sha256(&bytes)), "{file}");
        assert!(table.contains(cells[1]), "{file} is of no call-off");
        let as_data = cells[2].ends_with(" als Order-X");
        assert_eq!(as_data, cells[0].ends_with(".order-x.xml"), "{file}");
        if as_data {
            let beside = fs::read(bag.join("data").join(cells[0].replace(".order-x.xml", ".pdf"))).unwrap();
            assert_eq!(embedded(&beside, DataFormat::OrderX), Some(bytes), "{file}");
        }
    }
    assert_eq!(text("data/dokumente.csv").trim_end().lines().count(), 1 + 8);
    assert!(text("data/index.xml").contains("gdpdu-01-09-2004.dtd") && bag.join("data/gdpdu-01-09-2004.dtd").exists());
    let octets: u64 =
        text("manifest-sha256.txt").lines().map(|line| fs::metadata(bag.join(&line[66..])).unwrap().len()).sum();
    assert!(text("bag-info.txt").contains(&format!("Payload-Oxum: {octets}.12\n")), "{}", text("bag-info.txt"));

    let cancelled = house.web.download("/pruefung/abrufe.zip?stand=cancelled", &cookie, &[]).await.2;
    let dir = unpacked(&cancelled);
    assert_eq!(sums_are_right(&dir.path().join("abrufe"), "manifest-sha256.txt"), 9, "order, memo, cancellation");
    let wrong = house.web.get("/pruefung/abrufe.zip?von=31.02.2026", &cookie).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_download_that_broke_off_goes_on_where_it_ended_while_nothing_changed() {
    let house = house().await;
    let cookie = house.web.cookie_of(&house.auditor, "anna@pruefung.example").await;
    let get = async |headers: &[(&str, &str)]| house.web.download("/pruefung/abrufe.zip", &cookie, headers).await;
    let (_, headers, whole) = get(&[]).await;
    let tag = headers["etag"].to_str().unwrap().to_owned();
    let (_, again, same) = get(&[]).await;
    assert!(same == whole && again["etag"] == tag.as_str(), "the same state is the same file");

    for from in [0, 1, whole.len() / 2, whole.len() - 1] {
        let range = format!("bytes={from}-");
        let (status, headers, rest) = get(&[("range", &range), ("if-range", &tag)]).await;
        assert_eq!(status, if from == 0 { StatusCode::OK } else { StatusCode::PARTIAL_CONTENT });
        assert!(rest == whole[from..], "from {from}");
        if from != 0 {
            assert_eq!(headers["content-range"], format!("bytes {from}-{}/{}", whole.len() - 1, whole.len()));
        }
    }
    let (_, _, part) = get(&[("range", "bytes=10-19")]).await;
    assert_eq!(part, whole[10..20]);
    let beyond = format!("bytes={}-", whole.len());
    assert_eq!(get(&[("range", &beyond)]).await.0, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(get(&[("if-none-match", &tag)]).await.0, StatusCode::NOT_MODIFIED);

    let karl = house.karl.clone();
    cancel(&house.web.app, &karl, house.ordered, "Bedarf entfallen").await.unwrap();
    let (status, headers, changed) = get(&[("range", "bytes=100-"), ("if-range", &tag)]).await;
    assert_eq!(status, StatusCode::OK, "another state is sent from its beginning");
    assert!(headers["etag"] != tag.as_str() && changed[..100] != whole[..100] || changed.len() != whole.len());
}

#[tokio::test]
async fn a_paper_is_told_by_its_check_code_with_the_date_it_bears() {
    let house = house().await;
    for (call_off, kind, expected) in [
        (house.ordered, "order", "vom 22.11.2026, gültig."),
        (house.cancelled, "order", "Echt, aber am 22.11.2026 storniert:"),
        (house.cancelled, "cancellation", "Stornierung zum Abruf RV-2025-01-0002 vom 22.11.2026, gültig."),
    ] {
        let code: String = sqlx::query_scalar("SELECT check_code FROM document WHERE call_off_id = $1 AND kind = $2")
            .bind(call_off.0)
            .bind(kind)
            .fetch_one(&house.web.database.owner)
            .await
            .unwrap();
        let page = house.web.get(&format!("/p/{code}"), "").await;
        assert!(page.status == StatusCode::OK && page.text.contains(expected), "no {expected} in {}", page.text);
        assert!(!page.text.contains("Altenrode") && !page.text.contains('€'), "{}", page.text);
    }
    let unknown = house.web.get("/p/AAAAAAAAAAAAAAAA", "").await;
    assert!(unknown.status == StatusCode::NOT_FOUND && unknown.text.contains("panel--danger"), "{}", unknown.text);
}

#[tokio::test]
async fn savings_of_a_call_off_outside_the_period_stand_in_no_sum() {
    let house = house().await;
    let cookie = house.web.cookie_of(&house.auditor, "anna@pruefung.example").await;
    // Submitted before the period, cancelled within it: only the counter entry has a date in the period.
    sqlx::query("UPDATE call_off SET dated_on = '2025-12-30' WHERE id = $1")
        .bind(house.cancelled.0)
        .execute(&house.web.database.owner)
        .await
        .unwrap();
    let list = house.web.get("/berichte/einsparungen/abrufe?jahr=alle", &cookie).await;
    assert!(!list.text.contains(&house.cancelled.to_string()), "{}", list.text);
    assert!(list.text.contains("1 Abruf, ") && list.text.contains(&house.ordered.to_string()), "{}", list.text);
}

#[tokio::test]
async fn an_expired_assignment_opens_nothing() {
    let house = house().await;
    let cookie = house.web.cookie_of(&house.auditor, "anna@pruefung.example").await;
    sqlx::query("UPDATE assignment SET valid_to = '2026-11-21' WHERE id = $1")
        .bind(house.auditor.assignment.0)
        .execute(&house.web.database.owner)
        .await
        .unwrap();
    for address in
        ["/pruefung".to_owned(), "/pruefung/protokoll".to_owned(), format!("/pruefung/abrufe/{}", house.ordered)]
    {
        let answer = house.web.get(&address, &cookie).await;
        assert_ne!(answer.status, StatusCode::OK, "{address}");
        assert!(!answer.text.contains("Altenrode"), "{address}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_changed_entry_breaks_the_chain_for_all_to_see() {
    let house = house().await;
    let cookie = house.web.cookie_of(&house.auditor, "anna@pruefung.example").await;
    let page = house.web.get("/pruefung/protokoll", &cookie).await;
    assert!(page.text.contains("Einreichung bei der Prüfung abgelehnt"), "{}", page.text);
    let form = [("csrf", &*page.form_token())];
    let whole = house.web.post("/pruefung/protokoll", &cookie, &form).await;
    assert!(whole.text.contains("Prüfung bestanden: "), "{}", whole.text);
    // What no application can do, and an owner of the database can: rewrite an entry with fitting hashes.
    for statement in [
        "ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_append_only",
        "UPDATE audit_entry SET canonical = canonical || ' ',
                leaf_hash = sha256('\\x00'::bytea || convert_to(canonical || ' ', 'UTF8')),
                chain_hash = sha256(previous_hash || sha256('\\x00'::bytea || convert_to(canonical || ' ', 'UTF8')))
         WHERE sequence = 3 AND chain_id IN (SELECT id FROM framework_contract)",
    ] {
        sqlx::query(statement).execute(&house.web.database.owner).await.unwrap();
    }
    let broken = house.web.post("/pruefung/protokoll", &cookie, &form).await;
    let sentence = "Prüfung fehlgeschlagen ab Eintrag 4. Bitte nichts ändern und die IT-Sicherheit verständigen.";
    assert!(broken.text.contains(sentence), "{}", broken.text);
    assert!(broken.text.contains(&format!("Rahmenvertrag {}", house.contract.number)));
}

#[tokio::test]
async fn an_emergency_order_counts_and_says_when_the_ceiling_is_breached() {
    let house = house().await;
    let cookie = house.web.cookie_of(&house.office, "olaf@elbe-saale.example").await;
    let address = format!("/verwaltung/vertraege/{}/nacherfassung", house.contract.id);
    let token = house.web.get(&address, &cookie).await.form_token();
    let post = async |amount: &str, evidence: &str| {
        house.web.post(&address, &cookie, &[("csrf", &token), ("amount", amount), ("evidence", evidence)]).await
    };
    let empty = post("", "").await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let wrong = post("12,345", "Fax vom 20.11.2026").await;
    assert!(
        wrong.text.contains("mehr als zwei Nachkommastellen") && wrong.text.contains("Fax vom 20.11.2026"),
        "{}",
        wrong.text
    );
    assert_eq!(post("1.000,50", "Fax vom 20.11.2026").await.status, StatusCode::SEE_OTHER);
    let twice = post("1.000,50", "Fax vom 20.11.2026").await;
    assert!(twice.text.contains("schon nacherfasst"), "{}", twice.text);
    let over = post("50.000,00", "Fax vom 21.11.2026").await;
    assert_eq!(over.status, StatusCode::SEE_OTHER);
    let told = house.web.get(over.header("location"), &cookie).await;
    assert!(told.text.contains("Der Höchstwert ist jetzt überzogen."), "{}", told.text);
    let file = house.web.get(&format!("/verwaltung/vertraege/{}", house.contract.id), &cookie).await;
    assert!(file.text.contains("stimmt überein") && !file.text.contains("weicht ab"), "{}", file.text);
    assert!(file.text.contains("Fax vom 21.11.2026") && file.text.contains("überzogen"));
}

#[tokio::test]
async fn the_office_looks_up_members_and_the_administration_people() {
    let house = house().await;
    let cookie = house.web.cookie_of(&house.office, "olaf@elbe-saale.example").await;
    let members = house.web.get("/verwaltung/mitglieder?q=Altenrode", &cookie).await;
    assert!(members.text.contains("1 Mitgliedschaft<") && members.text.contains("01.04.2012"), "{}", members.text);
    let member = members.text.split("href=\"/verwaltung/mitglieder/").nth(3).unwrap().split('"').next().unwrap();
    let file = house.web.get(&format!("/verwaltung/mitglieder/{member}"), &cookie).await;
    assert!(file.text.contains("namentlich"), "{}", file.text);
    let people = house.web.get("/verwaltung/personen?q=Pr%C3%BCferin", &cookie).await;
    assert!(people.text.contains("Rechnungsprüfung") && people.text.contains("31.12.2030"), "{}", people.text);
    let hub = house.web.get("/verwaltung", &cookie).await;
    assert!(hub.text.contains("Nichts offen"), "{}", hub.text);
    assert_eq!(house.office.role, Role::Office);
    for (address, text) in [
        ("/hilfe/regeln", "Höchstwert"),
        ("/hilfe/regeln/cap-value", "Ein Rahmenvertrag endet, sobald sein Höchstwert erreicht ist."),
        ("/hilfe/probleme/not-found", "Beides sieht absichtlich gleich aus."),
    ] {
        let page = house.web.get(address, "").await;
        assert!(page.status == StatusCode::OK && page.text.contains(text), "{address}: {}", page.text);
    }
    assert_eq!(house.web.get("/hilfe/regeln/gibt-es-nicht", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_town_of_the_register_becomes_a_member_once() {
    let house = house().await;
    sqlx::query(
        "INSERT INTO register_entry (official_key, name, kind, district, inhabitants, area_km2, postcode, source, imported_at)
         VALUES ('15003000', 'Magdeburg, Landeshauptstadt', 'Kreisfreie Stadt', 'Magdeburg', 237565, 201.01, '39104',
                 'Quelle: Statistisches Bundesamt', now())",
    )
    .execute(&house.web.database.owner)
    .await
    .unwrap();
    let cookie = house.web.cookie_of(&house.office, "olaf@elbe-saale.example").await;
    let found = house.web.get("/verwaltung/mitglieder/aufnehmen?q=magde", &cookie).await;
    assert!(found.text.contains(">237.565<"), "{}", found.text);
    let address = "/verwaltung/mitglieder/aufnehmen/15003000";
    let token = house.web.get(address, &cookie).await.form_token();
    let post = async |step: &str, declared: &str, effective: &str, shares: &str| {
        let form = [
            ("csrf", &*token),
            ("declared_on", declared),
            ("effective_from", effective),
            ("shares", shares),
            ("share_value", "250,00"),
            ("schritt", step),
        ];
        house.web.post(address, &cookie, &form).await
    };
    let wrong = post("pruefen", "31.02.2027", "", "0").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for kept in [
        "ist kein Datum",
        "value=\"31.02.2027\"",
        "ersten Tag der Mitgliedschaft",
        "ganze Zahl von 1 bis 100.000",
        "value=\"250,00\"",
    ] {
        assert!(wrong.text.contains(kept), "no {kept} in {}", wrong.text);
    }
    let early = post("pruefen", "01.03.2027", "28.02.2027", "4").await;
    assert!(early.text.contains("nicht vor der Beitrittserklärung"), "{}", early.text);
    let shown = post("pruefen", "01.12.2026", "01.01.2027", "4").await;
    assert!(shown.status == StatusCode::OK && shown.text.contains("1.000,00"), "{}", shown.text);
    let done = post("aufnehmen", "01.12.2026", "01.01.2027", "4").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text);
    let member = house.web.get(done.header("location"), &cookie).await;
    assert!(member.text.contains("ist aufgenommen") && member.text.contains("künftig"), "{}", member.text);
    let twice = post("aufnehmen", "01.12.2026", "01.01.2027", "4").await;
    assert_eq!(twice.header("location"), done.header("location"), "the same form sent twice");
    let other = post("aufnehmen", "01.12.2026", "01.01.2027", "5").await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(other.text.contains("schon Mitglied"), "{}", other.text);
    let log = house.web.get("/pruefung/protokoll", &cookie).await;
    assert!(log.text.contains("Mitglied aufgenommen"), "{}", log.text);
}
