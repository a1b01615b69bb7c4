//! What is kept until when and why: the longest period counts, each with its source; nobody sees foreign papers.

use abruf::actions::end_request::refuse;
use abruf::actions::issue_document::issue_next;
use abruf::actions::release_call_off::release;
use abruf_domain::ids::OrganisationId;
use axum::http::StatusCode;
use serde_json::Value;

use crate::web::Web;
use crate::world::World;
use crate::world::contract::{Contract, fixed, value};

struct Office {
    web: Web,
    cookie: String,
    auditor: String,
    contract: Contract,
    through_body: Contract,
    town: OrganisationId,
}

/// Two towns that order from one contract, one of them in-house too, and a request that was refused.
async fn office() -> Office {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let other = world.member("Stadt Neufeld").await;
    let contract = world
        .contract("RV-2025-01")
        .term("2025-03-01", "2027-02-28")
        .ceiling(value("50000.00"))
        .item("A1", fixed("100.00"))
        .entitles(town)
        .entitles(other)
        .await;
    let through_body =
        world.contract("RV-2025-02").through_body().ceiling(value("50000.00")).item("A1", fixed("100.00")).await;
    sqlx::query("UPDATE framework_contract SET awarded_on = '2025-02-10', retention_class = 'vouchers' WHERE id = $1")
        .bind(contract.id.0)
        .execute(world.owner())
        .await
        .unwrap();
    for town in [town, other] {
        let buyer = world.buyer(town).await;
        let approver = world.approver(town).named("Karl Beispiel").await;
        let ordered = world.request(&buyer, &contract, &[("A1", "1")]).await;
        release(&world.app, &approver, ordered, None).await.unwrap();
        let refused = world.request(&buyer, &contract, &[("A1", "2")]).await;
        refuse(&world.app, &approver, refused, "Kein Geld").await.unwrap();
    }
    let (buyer, approver) = (world.buyer(town).await, world.approver(town).named("Karla Beispiel").await);
    let in_house = world.request(&buyer, &through_body, &[("A1", "1")]).await;
    release(&world.app, &approver, in_house, None).await.unwrap();
    while issue_next(&world.app).await.unwrap() {}
    let (clerk, auditor) = (world.office().await, world.auditor(&[town]).named("Anna Prüferin").await);
    let web = Web::over(world).await;
    let cookie = web.cookie_of(&clerk, "olga@elbe-saale.example").await;
    let auditor = web.cookie_of(&auditor, "anna@rpa.example").await;
    Office { web, cookie, auditor, contract, through_body, town }
}

impl Office {
    async fn report(&self, query: &str, cookie: &str) -> Value {
        let answer = self.web.get(&format!("/api/v1/reports/retention?limit=500{query}"), cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        // Between § and its number stands a space that does not break.
        let data: Value = serde_json::from_str(&answer.text.replace('\u{a0}', " ")).unwrap();
        assert_eq!(data["deviation"], "0", "{data}");
        data
    }
}

/// Rows of a report whose paper begins so.
fn rows<'a>(data: &'a Value, begin: &str) -> Vec<&'a Value> {
    let all = data["rows"].as_array().unwrap();
    all.iter().filter(|row| row["record"].as_str().unwrap().starts_with(begin)).collect()
}

#[tokio::test]
async fn the_longest_period_counts_and_names_its_source() {
    let office = office().await;
    let data = office.report(&format!("&member={}", office.town), &office.cookie).await;
    // The voucher of the town: accounts of 2026 resolved in 2027 at the earliest, seven years from 2028 on.
    let order = rows(&data, "Bestellung RV-2025-01-0001");
    assert_eq!(order.len(), 1, "{data}");
    assert_eq!(order[0]["keep_until"], "2034-12-31", "{order:?}");
    assert_eq!(order[0]["ground"], "Beleg des Mitglieds");
    assert_eq!(order[0]["source"], "§ 24 Abs. 3 KomKBVO LSA (7 Jahre)");
    assert!(order[0]["provided"].as_str().unwrap().contains("Jahresabschluss 2026 im Jahr 2027"), "{order:?}");
    assert_eq!(order[0]["state"], "aufbewahren");
    // What was refused belongs to the procurement file alone: three years from the award, beyond the term.
    let refused = rows(&data, "Vorgang ohne Bestellung");
    assert_eq!(refused.len(), 1, "{data}");
    assert_eq!((&refused[0]["keep_until"], &refused[0]["ground"]), (&"2028-02-10".into(), &"Vergabeakte".into()));
    assert_eq!(refused[0]["source"], "§ 8 Abs. 4 VgV (3 Jahre)");
    assert_eq!(data["rows"][0]["record"], refused[0]["record"], "the first to go stands first");
    // Memo and record of the order are kept as long as it.
    for paper in ["Abrufvermerk RV-2025-01-0001", "Vorgang mit Prüfungen und Protokoll RV-2025-01-0001"] {
        let paper = rows(&data, paper);
        assert_eq!((paper.len(), &paper[0]["keep_until"]), (1, &"2034-12-31".into()), "{data}");
    }
    let through = office.report(&format!("&contract={}", office.through_body.id), &office.cookie).await;
    assert!(!rows(&through, "Bestellung").is_empty(), "{through}");
}

#[tokio::test]
async fn what_is_over_may_be_destroyed_and_nothing_goes_by_itself() {
    let office = office().await;
    let before: i64 =
        sqlx::query_scalar("SELECT count(*) FROM document").fetch_one(&office.web.database.owner).await.unwrap();
    office.web.app.clock.set("2028-02-10T22:30:00Z".parse().unwrap());
    let clerk = office.web.sign_in("olga@elbe-saale.example").await;
    let data = office.report(&format!("&contract={}", office.contract.id), &clerk).await;
    assert!(rows(&data, "Vorgang ohne").iter().all(|it| it["state"] == "aufbewahren"), "the last day counts: {data}");
    office.web.app.clock.set("2028-02-10T23:30:00Z".parse().unwrap());
    let clerk = office.web.sign_in("olga@elbe-saale.example").await;
    let data = office.report(&format!("&contract={}", office.contract.id), &clerk).await;
    let over = rows(&data, "Vorgang ohne");
    assert!(over.len() == 2 && over.iter().all(|it| it["state"] == "darf vernichtet werden"), "{data}");
    assert!(rows(&data, "Bestellung").iter().all(|it| it["state"] == "aufbewahren"), "{data}");
    let page = office.web.get("/berichte/aufbewahrung", &clerk).await;
    assert!(page.text.contains("2 Unterlagen dürften heute vernichtet werden. Abruf löscht nichts von selbst."));
    let after: i64 =
        sqlx::query_scalar("SELECT count(*) FROM document").fetch_one(&office.web.database.owner).await.unwrap();
    assert_eq!(before, after);
}

#[tokio::test]
async fn an_auditor_sees_the_papers_in_scope_and_takes_them_along_as_csv() {
    let office = office().await;
    let data = office.report("", &office.auditor).await;
    let members: Vec<&str> =
        data["rows"].as_array().unwrap().iter().map(|row| row["member"].as_str().unwrap()).collect();
    assert!(!members.is_empty() && members.iter().all(|it| *it == "Stadt Altenrode"), "{data}");
    let whole = office.report("", &office.cookie).await;
    assert!(data["row_count"].as_u64() < whole["row_count"].as_u64());
    let file = office.web.get("/berichte/aufbewahrung/bericht.csv", &office.auditor).await;
    assert_eq!(file.status, StatusCode::OK);
    assert!(file.text.starts_with("\u{feff}Unterlage;Vom;Mitglied;Rahmenvertrag;Datei;Aufzubewahren bis;Heute;Warum;"));
    assert!(file.text.contains("31.12.2034") && !file.text.contains("Neufeld"), "{}", file.text);
}

#[tokio::test]
async fn a_period_that_the_law_does_not_name_keeps_the_paper() {
    let office = office().await;
    sqlx::query("DELETE FROM legal_parameter WHERE key = 'retention_member_vouchers_years'")
        .execute(&office.web.database.owner)
        .await
        .unwrap();
    office.web.app.clock.set("2090-01-01T09:00:00Z".parse().unwrap());
    let clerk = office.web.sign_in("olga@elbe-saale.example").await;
    let data = office.report("", &clerk).await;
    for order in rows(&data, "Bestellung") {
        assert_eq!((&order["keep_until"], &order["state"]), (&Value::Null, &"aufbewahren".into()), "{order}");
        assert!(order["provided"].as_str().unwrap().contains("nennt das Recht keine Frist"), "{order}");
    }
}
