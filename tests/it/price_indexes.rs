//! Price indexes of the office: values by two persons, and the prices that follow them.

use abruf::actions::submit_call_off::{Submission, submit};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::pages::browser::{Browser, read};
use crate::web::Web;
use crate::world::World;
use crate::world::contract::{fixed, value};

const PAGE: &str = "/verwaltung/preisindizes";

/// A world with two people of the office and an index without values.
async fn with_index(world: &World) -> (Browser, Browser, String) {
    let olga = Browser::signed_in(world, &world.office().named("Olga Erfasserin").await).await;
    let otto = Browser::signed_in(world, &world.office().named("Otto Zweitperson").await).await;
    let page = olga.page(PAGE).await;
    assert!(read(&page).contains("Noch kein Index angelegt."));
    let fields = [("schritt", "index"), ("name", "Erzeugerpreisindex (2021 = 100)"), ("source", "Destatis")];
    let to = olga.submit(&page, PAGE, &fields[1..]).await;
    assert_eq!(to.status, StatusCode::SEE_OTHER, "{}", to.text);
    let address = to.header("location").split('&').next().unwrap().to_owned();
    (olga, otto, address)
}

fn hidden_value(page: &str) -> String {
    let at = page.find("name=\"value\" value=\"").expect("a value that waits") + 20;
    page[at..].split('"').next().unwrap().to_owned()
}

async fn post(browser: &Browser, address: &str, fields: &[(&str, &str)]) -> crate::web::Answer {
    let token = browser.page(address).await;
    let at = token.find("name=\"csrf\" value=\"").unwrap() + 19;
    let token = token[at..].split('"').next().unwrap().to_owned();
    let index = address.split("index=").nth(1).unwrap();
    let fields: Vec<(&str, &str)> =
        [("csrf", token.as_str()), ("index", index)].into_iter().chain(fields.iter().copied()).collect();
    browser.post(PAGE, &fields).await
}

async fn record(
    browser: &Browser,
    address: &str,
    month: &str,
    points: &str,
    on: &str,
    kind: &str,
) -> crate::web::Answer {
    let fields = [("schritt", "wert"), ("month", month), ("points", points), ("published_on", on), ("kind", kind)];
    post(browser, address, &fields).await
}

#[tokio::test]
async fn a_value_takes_two_persons_and_is_never_from_the_future() {
    let world = World::new().await;
    let (olga, otto, address) = with_index(&world).await;
    let early = record(&olga, &address, "11/2026", "118,9", "23.11.2026", "final").await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = read(&early.text);
    assert!(
        said.contains("liegt in der Zukunft (price-version-approved)") && said.contains("an diesem Tag oder danach")
    );
    assert!(early.text.contains("value=\"118,9\""), "what was typed stays");
    let before = record(&olga, &address, "12/2026", "118,9", "20.11.2026", "final").await;
    assert!(read(&before.text).contains("wurde aber schon am 20.11.2026 veröffentlicht"), "{}", read(&before.text));
    for wrong in ["0", "-1", "viel"] {
        let answer = record(&olga, &address, "10/2026", wrong, "20.11.2026", "final").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let recorded = record(&olga, &address, "10/2026", "118,9", "20.11.2026", "final").await;
    assert_eq!(recorded.status, StatusCode::SEE_OTHER, "{}", recorded.text);
    let twice = record(&olga, &address, "10/2026", "119,0", "21.11.2026", "final").await;
    assert!(
        read(&twice.text).contains("Für diesen Monat gibt es schon einen endgültigen Wert"),
        "{}",
        read(&twice.text)
    );

    let page = olga.page(&address).await;
    assert!(
        read(&page).contains("10/2026 118,9 20.11.2026 endgültig wartet, erfasst von Olga Erfasserin"),
        "{}",
        read(&page)
    );
    let value = hidden_value(&page);
    let own = post(&olga, &address, &[("schritt", "freigeben"), ("value", &value)]).await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    let released = post(&otto, &address, &[("schritt", "freigeben"), ("value", &value)]).await;
    assert_eq!(released.status, StatusCode::SEE_OTHER, "{}", released.text);
    assert!(read(&olga.page(&address).await).contains("freigegeben am 22.11.2026 von Otto Zweitperson"));
    let taken_back = post(&olga, &address, &[("schritt", "zuruecknehmen"), ("value", &value)]).await;
    assert_eq!(taken_back.status, StatusCode::CONFLICT);
    let changed = sqlx::query("UPDATE index_value SET points = 1").execute(world.owner()).await.unwrap_err();
    assert!(changed.to_string().contains("append-only"), "{changed}");
    let told: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_entry WHERE action LIKE 'index_value_%'")
        .fetch_one(world.owner())
        .await
        .unwrap();
    assert_eq!(told, 2);
}

#[tokio::test]
async fn a_price_follows_released_final_values_only() {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let eva = world.buyer(town).await;
    let contract =
        world.contract("RV-2025-01").ceiling(value("500000.00")).item("PAP", fixed("148.00")).entitles(town).await;
    let (olga, otto, address) = with_index(&world).await;
    let clause = json!({
        "type": "index", "base_price": "148.00", "fixed_share": "0.30", "variable_share": "0.70",
        "series": address.split("index=").nth(1).unwrap(), "index_base": "112.4", "threshold": "5",
    });
    sqlx::query("UPDATE price_term SET kind = 'index', unit_price = NULL, clause = $1")
        .bind(clause)
        .execute(world.owner())
        .await
        .unwrap();
    assert!(read(&olga.page(PAGE).await).contains("Verträge: RV-2025-01"));

    record(&olga, &address, "10/2026", "140", "20.11.2026", "provisional").await;
    let value = hidden_value(&olga.page(&address).await);
    post(&otto, &address, &[("schritt", "freigeben"), ("value", &value)]).await;
    let price = async |id| {
        let Submission::Submitted { review, .. } = submit(&world.app, &eva, id, None).await.unwrap() else {
            panic!("not submitted")
        };
        review.priced.lines[0].unit_price.as_deref().unwrap_or_default().to_owned()
    };
    let first = world.draft(&eva, &contract, &[("PAP", "1")]).await;
    assert_eq!(price(first).await, "148.00", "nobody pays by a provisional value");

    record(&olga, &address, "10/2026", "118,9", "21.11.2026", "final").await;
    let second = world.draft(&eva, &contract, &[("PAP", "2")]).await;
    let declined = submit(&world.app, &eva, second, None).await.unwrap();
    let Submission::Declined { review, .. } = declined else { panic!("{declined:?}") };
    let block = review.findings.iter().find(|finding| finding.rule == "price-version-approved").unwrap();
    assert_eq!(block.wording.as_deref(), Some("index"), "a final value waits for its second person");
    let value = hidden_value(&olga.page(&address).await);
    post(&otto, &address, &[("schritt", "freigeben"), ("value", &value)]).await;
    assert_eq!(price(second).await, "153.99");
}

#[tokio::test]
async fn programs_keep_indexes_too() {
    let web = Web::new().await;
    for email in ["olga@elbe-saale.example", "otto@elbe-saale.example"] {
        web.person(email, abruf::actor::Role::Office, web.body).await;
    }
    let (olga, otto) = (web.token("olga@elbe-saale.example").await, web.token("otto@elbe-saale.example").await);
    let id = |answer: &crate::web::Answer| answer.json()["id"].as_str().unwrap().to_owned();
    let new = json!({ "name": "Papier (2021 = 100)", "source": "Destatis" });
    let made = web.api("POST", "/api/v1/price-indexes", &olga, Some(new.clone())).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let again = web.api("POST", "/api/v1/price-indexes", &olga, Some(new)).await;
    assert_eq!(
        (again.status, again.json()["errors"][0]["field"].clone()),
        (StatusCode::UNPROCESSABLE_ENTITY, json!("name"))
    );
    let value =
        |on: &str| json!({ "price_index_id": id(&made), "month": "2026-10-01", "published_on": on, "points": "118.9" });
    let late = web.api("POST", "/api/v1/price-indexes/values", &olga, Some(value("2026-11-23"))).await;
    assert_eq!(late.json()["errors"][0]["field"], json!("published_on"));
    let recorded = web.api("POST", "/api/v1/price-indexes/values", &olga, Some(value("2026-11-20"))).await;
    assert_eq!(recorded.status, StatusCode::CREATED, "{}", recorded.text);
    let release = json!({ "price_index_id": id(&made), "value_id": id(&recorded) });
    let own = web.api("POST", "/api/v1/price-indexes/releases", &olga, Some(release.clone())).await;
    assert_eq!(own.status, StatusCode::CONFLICT);
    let done = web.api("POST", "/api/v1/price-indexes/releases", &otto, Some(release)).await;
    assert_eq!(done.status, StatusCode::NO_CONTENT, "{}", done.text);
    let list: Value = web.api("GET", "/api/v1/price-indexes", &olga, None).await.json();
    assert_eq!(list[0]["values"][0]["released"], json!(true), "{list}");
}
