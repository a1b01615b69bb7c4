//! Suppliers' reports beside the ledger: what agrees, what differs, and tasks until each difference is closed.

use abruf::actions::release_call_off::{Release, release};
use axum::http::StatusCode;
use serde_json::json;

use super::Stage;
use super::pages::Office;
use crate::pages::browser::read;
use crate::world::contract::{fixed, value};

const REPORTS: &str = "/verwaltung/umsatzmeldungen";
const TASKS: &str = "/verwaltung/umsatzmeldungen/abweichungen";
const MAPPING: &str = "separator = \";\"\ndecimal = \",\"\ncurrency = \"EUR\"\n[columns]\ncustomer = \"Kunde\"\nmonth = \"Monat\"\n\
                       amount = \"Betrag\"\norder = \"Bestellung\"\n";

/// Three orders of November 2026: 0001 of 500.00, 0002 of 300.00, 0003 of 200.00.
async fn house() -> (Office, String, String) {
    let mut stage = Stage::new().await;
    let world = &stage.world;
    let (eva, karl) = (world.buyer(stage.town).await, world.approver(stage.town).named("Karl Beispiel").await);
    let contract =
        world.contract("RV-2026-07").ceiling(value("100000.00")).item("A1", fixed("100.00")).entitles(stage.town).await;
    for quantity in ["5", "3", "2"] {
        let id = world.request(&eva, &contract, &[("A1", quantity)]).await;
        let released = release(&world.app, &karl, id, None).await.unwrap();
        assert!(matches!(released, Release::Released { .. }), "{released:?}");
    }
    let supplier = stage.world.supplier.to_string();
    stage.contracts[0] = contract.clone();
    (Office::over(stage).await, contract.id.to_string(), supplier)
}

async fn compare(office: &Office, contract: &str, supplier: &str, csv: &str) -> String {
    let fields = [
        ("contract", contract),
        ("supplier", supplier),
        ("from", "11.2026"),
        ("to", "11.2026"),
        ("basis", "orders"),
        ("mapping", MAPPING),
    ];
    let sent = office.upload(REPORTS, &fields, "meldung.csv", csv.as_bytes()).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text);
    sent.header("location").to_owned()
}

#[tokio::test]
async fn a_report_is_compared_by_order_and_its_differences_are_tasks_until_they_are_closed() {
    let (office, contract, supplier) = house().await;
    assert!(read(&office.page(REPORTS).await).contains("Noch ist keine Meldung verglichen."));
    let csv = "Kunde;Monat;Betrag;Bestellung\n\
               Stadt Altenrode;11.2026;500,00;RV-2026-07-0001\n\
               Stadt Altenrode;11.2026;250,00;rv-2026-07-0002\n\
               Stadt Altenrode;11.2026;40,00;RV-2026-07-0009\n\
               Stadt Fremdau;11.2026;7,5;\n\
               Stadt Altenrode;10.2026;3,00;RV-2026-07-0001\n\
               Stadt Altenrode;11.2026;viel;\n";
    let preview = compare(&office, &contract, &supplier, csv).await;
    let words = read(&office.page(&preview).await).replace('\u{a0}', " ");
    assert!(words.contains("Vergleich"), "{words}");
    assert_eq!(
        office.number("SELECT count(*) FROM supplier_report").await,
        0,
        "nothing is kept before it is confirmed"
    );
    let kept = office.post(&preview, &[("schritt", "uebernehmen")]).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.text);
    let report = kept.header("location").to_owned();
    let twice = office.post(&preview, &[("schritt", "uebernehmen")]).await;
    assert_eq!(twice.header("location"), report, "who confirms twice finds the comparison");

    let token = office.web.token("olga@elbe-saale.example").await;
    let id = report.rsplit('/').next().unwrap();
    let seen = office.web.api("GET", &format!("/api/v1/supplier-reports/{id}"), &token, None).await.json();
    assert_eq!(
        (&seen["reported"], &seen["known"], &seen["difference"]),
        (&json!("800.5"), &json!("1000"), &json!("-199.5"))
    );
    let places: Vec<(&str, &str, &str)> = seen["places"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["outcome"].as_str().unwrap(), it["reported"].as_str().unwrap(), it["known"].as_str().unwrap()))
        .collect();
    assert_eq!(
        places,
        [
            ("amount_differs", "250", "300"),
            ("missing_at_supplier", "0", "200"),
            ("missing_with_us", "40", "0"),
            ("not_assignable", "3", "0"),
            ("not_assignable", "0", "0"),
            ("not_assignable", "7.5", "0"),
            ("matched", "500", "500"),
        ]
    );
    let page = read(&office.page(&report).await).replace('\u{a0}', " ");
    assert!(page.contains("800,50 €") && page.contains("−199,50 €"), "{page}");
    assert!(page.contains("10.2026 liegt außerhalb des gemeldeten Zeitraums"), "{page}");

    assert!(read(&office.page("/").await).contains("6 Abweichungen in Umsatzmeldungen"));
    assert!(read(&office.page("/verwaltung").await).contains("6 offene Abweichungen"));
    let task = seen["places"][0]["id"].as_str().unwrap();
    let empty = office.post(TASKS, &[("difference", task), ("reason", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(read(&empty.text).contains("Bitte schreiben Sie, woran es lag"), "{}", empty.text);
    let closed = office.post(TASKS, &[("difference", task), ("reason", "Nachmeldung angefordert")]).await;
    assert_eq!(closed.status, StatusCode::SEE_OTHER, "{}", closed.text);
    let again = office.post(TASKS, &[("difference", task), ("reason", "noch einmal")]).await;
    assert!(read(&again.text).contains("Diese Abweichung ist schon erledigt."), "{}", again.text);
    assert!(read(&office.page(&report).await).contains("Nachmeldung angefordert"));
    let second = seen["places"][1]["id"].as_str().unwrap();
    let path = format!("/api/v1/turnover-differences/{second}/close");
    let done = office.web.api("POST", &path, &token, Some(json!({ "reason": "storniert" }))).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
    let open = office.web.api("GET", "/api/v1/turnover-differences", &token, None).await.json();
    assert_eq!(open.as_array().unwrap().len(), 4);
    let log = "SELECT count(*) FROM audit_entry WHERE action IN ('supplier_report_compared', 'supplier_report_difference_closed')";
    assert_eq!(office.number(log).await, 3);
}

#[tokio::test]
async fn without_order_numbers_member_and_month_are_compared_and_the_same_file_once() {
    let (office, contract, supplier) = house().await;
    let csv = "Kunde;Monat;Betrag;Bestellung\nStadt Altenrode;11.2026;600,00;\nStadt Altenrode;2026-11-15;399,995;\n";
    let preview = compare(&office, &contract, &supplier, csv).await;
    let kept = office.post(&preview, &[("schritt", "uebernehmen")]).await;
    let report = kept.header("location").to_owned();
    let page = read(&office.page(&report).await).replace('\u{a0}', " ");
    assert!(page.contains("stimmt überein") && page.contains("999,995 €") && page.contains("−0,005 €"), "{page}");
    assert!(page.contains("Keine Abweichung ist offen."), "{page}");

    let again = compare(&office, &contract, &supplier, csv).await;
    let refused = office.post(&again, &[("schritt", "uebernehmen")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        read(&refused.text).contains("Diese Datei wurde für diesen Zeitraum schon verglichen."),
        "{}",
        refused.text
    );

    let wrong = [("contract", ""), ("supplier", "x"), ("from", "12.2026"), ("to", "bald"), ("basis", "")];
    let told = office.upload(REPORTS, &wrong, "m.csv", b"a;b\n1;2\n").await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    for expected in [
        "den Vertrag aus",
        "den Lieferanten aus",
        "„12.2026“ ist kein Monat",
        "„bald“ ist kein Monat",
        "womit verglichen wird",
    ] {
        assert!(read(&told.text).contains(expected), "{expected}: {}", told.text);
    }
}
