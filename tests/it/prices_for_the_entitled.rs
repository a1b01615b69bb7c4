//! Prices are for those entitled: what members read that are not, and what office, board and auditors still do. And
//! that nothing is booked against a contract that is not in force.

use abruf::actions::ActionError;
use abruf::actions::record_volume::record;
use abruf::actor::{Actor, Role};
use abruf_domain::ids::OrganisationId;
use axum::http::StatusCode;
use serde_json::json;

use crate::web::Web;
use crate::world::World;
use crate::world::contract::{Contract, fixed, list_minus, tiers, value};

/// Unit prices as pages and programs write them.
const ON_PAGES: [&str; 3] = ["1.234,56", "77,77", "888,80"];
const IN_JSON: [&str; 5] = ["1234.56", "77.77", "1111", "20", "888.8"];

struct House {
    world: World,
    entitled: OrganisationId,
    stranger: OrganisationId,
    contract: Contract,
}

async fn house() -> House {
    let world = World::new().await;
    let entitled = world.member("Stadt Altenrode").await;
    let stranger = world.member("Stadt Neudorf").await;
    let contract = world
        .contract("RV-2025-01")
        .ceiling(value("1000000.00"))
        .item("A1", fixed("1234.56"))
        .item("B1", tiers(&[("1", "77.77"), ("10", "66.66")]))
        .item("C1", list_minus("1111.00", "20"))
        .entitles(entitled)
        .entitles_since(stranger, "2026-12-15")
        .await;
    House { world, entitled, stranger, contract }
}

/// Everything that tells a price of the contract before anything is ordered, read by this person.
async fn read(web: &Web, contract: &Contract, person: &Actor, mail: &str) -> Vec<(String, StatusCode, String)> {
    let cookie = web.cookie_of(person, mail).await;
    let token = web.token(mail).await;
    let mut seen = Vec::new();
    let mut pages = vec![format!("/rahmenvertraege/{}", contract.id)];
    if matches!(person.role, Role::Buyer | Role::Approver) {
        pages.push(format!("/rahmenvertraege/{}/probe?artikel=A1&menge=1&bedarf=Test&am=20.12.2026", contract.id));
    }
    for page in pages {
        let answer = web.get(&page, &cookie).await;
        seen.push((page, answer.status, answer.text));
    }
    let path = format!("/api/v1/contracts/{}/items", contract.id);
    let answer = web.api("GET", &path, &token, None).await;
    seen.push((path, answer.status, answer.text));
    if matches!(person.role, Role::Buyer | Role::Approver) {
        for at in ["2026-11-22T12:00:00Z", "2026-12-20T12:00:00Z"] {
            let asked = json!({
                "contract_id": contract.id, "at": at, "headroom": true,
                "lines": [{ "article_number": "A1", "quantity": "1" }, { "article_number": "C1", "quantity": "1" }],
            });
            let answer = web.api("POST", "/api/v1/call-offs/check", &token, Some(asked)).await;
            seen.push((format!("check at {at}"), answer.status, answer.text));
        }
    }
    seen
}

fn names_a_price(text: &str) -> bool {
    let json = text.trim_start().starts_with(['{', '[']);
    let is_in = |price: &&str| if json { text.contains(&format!("\"{price}\"")) } else { text.contains(*price) };
    if json { IN_JSON.iter().any(is_in) } else { ON_PAGES.iter().any(is_in) }
}

#[tokio::test]
async fn list_prices_are_told_to_those_entitled_and_to_the_body_and_its_auditors_and_to_nobody_else() {
    let House { world, entitled, stranger, contract } = house().await;
    let told = [
        (world.buyer(entitled).await, "eva@altenrode.example"),
        (world.approver(entitled).await, "anna@altenrode.example"),
        (world.person(Role::Treasurer, entitled).await, "kai@altenrode.example"),
        (world.office().await, "olga@elbe-saale.example"),
        (world.person(Role::Board, world.body).await, "vera@elbe-saale.example"),
        (world.person(Role::SupervisoryBoard, world.body).await, "arno@elbe-saale.example"),
        (world.auditor(&[stranger]).await, "rita@elbe-saale.example"),
    ];
    let not_told = [
        (world.buyer(stranger).await, "nina@neudorf.example"),
        (world.approver(stranger).await, "nils@neudorf.example"),
        (world.person(Role::Treasurer, stranger).await, "nele@neudorf.example"),
    ];
    let web = Web::over(world).await;
    for (person, mail) in &told {
        for (what, status, text) in read(&web, &contract, person, mail).await {
            assert_eq!(status, StatusCode::OK, "{mail} {what}: {text}");
            assert!(names_a_price(&text), "{mail} {what}: {text}");
        }
    }
    for (person, mail) in &not_told {
        for (what, status, text) in read(&web, &contract, person, mail).await {
            assert_eq!(status, StatusCode::OK, "{mail} {what}: {text}");
            assert!(!names_a_price(&text), "{mail} {what}: {text}");
            assert!(text.contains("A1"), "the articles are told: {mail} {what}: {text}");
        }
    }
}

#[tokio::test]
async fn a_draft_of_a_member_that_is_not_entitled_says_why_and_no_price() {
    let House { world, stranger, contract, .. } = house().await;
    let nina = world.buyer(stranger).await;
    let draft = world.draft(&nina, &contract, &[("A1", "3"), ("C1", "1")]).await;
    let olga = world.office().await;
    let web = Web::over(world).await;
    let cookie = web.cookie_of(&nina, "nina@neudorf.example").await;
    let token = web.token("nina@neudorf.example").await;
    for page in ["positionen", "pruefung", "zusammenfassung"] {
        let answer = web.get(&format!("/abrufe/{draft}/{page}"), &cookie).await;
        assert_eq!(answer.status, StatusCode::OK, "{page}: {}", answer.text);
        for price in ["1.234,56", "3.703,68", "888,80", "4.592,48"] {
            assert!(!answer.text.contains(price), "{page} names {price}: {}", answer.text);
        }
    }
    assert!(web.get(&format!("/abrufe/{draft}/pruefung"), &cookie).await.text.contains("Abrufberechtigung"));
    let paper = web.get(&format!("/abrufe/{draft}/entwurf.pdf"), &cookie).await;
    assert_eq!(
        (paper.status, paper.header("location")),
        (StatusCode::SEE_OTHER, format!("/abrufe/{draft}/pruefung").as_str())
    );
    let reviewed = web.api("GET", &format!("/api/v1/call-offs/{draft}/review"), &token, None).await;
    let submitted = web.api("POST", &format!("/api/v1/call-offs/{draft}/submission"), &token, Some(json!({}))).await;
    assert_eq!(submitted.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", submitted.text);
    for answer in [&reviewed, &submitted] {
        for price in ["1234.56", "3703.68", "888.8", "4592.48", "1.234,56", "4.592,48"] {
            assert!(!answer.text.contains(price), "names {price}: {}", answer.text);
        }
        assert!(answer.text.contains("entitle"), "{}", answer.text);
    }
    // The stored review, for auditors, knows everything.
    let stored: String = sqlx::query_scalar("SELECT result::text FROM review WHERE call_off_id = $1")
        .bind(draft.0)
        .fetch_one(&web.database.owner)
        .await
        .unwrap();
    assert!(stored.contains("4592.48"), "{stored}");
    drop(olga);
}

#[tokio::test]
async fn nothing_is_recorded_against_a_contract_that_is_not_in_force() {
    let House { world, contract, .. } = house().await;
    let olga = world.office().await;
    let guard: uuid::Uuid =
        sqlx::query_scalar("SELECT id FROM guard WHERE contract_id = $1 AND scope = 'contract' AND measure = 'value'")
            .bind(contract.id.0)
            .fetch_one(world.owner())
            .await
            .unwrap();
    let guard = abruf_domain::ids::GuardId(guard);
    for status in ["draft", "tender", "award"] {
        sqlx::query("UPDATE framework_contract SET status = $1").bind(status).execute(world.owner()).await.unwrap();
        let amount = "100.00".parse().unwrap();
        let refused = record(&world.app, &olga, contract.id, guard, amount, "Notbestellung 1", None).await.unwrap_err();
        let ActionError::NotNow(said) = refused else { panic!("{refused:?}") };
        assert!(said.contains("RV-2025-01") && said.contains("noch nicht in Kraft"), "{said}");
    }
    let entries: i64 = sqlx::query_scalar("SELECT count(*) FROM volume_entry").fetch_one(world.owner()).await.unwrap();
    assert_eq!(entries, 0);
    sqlx::query("UPDATE framework_contract SET status = 'active'").execute(world.owner()).await.unwrap();
    let amount = "100.00".parse().unwrap();
    assert!(!record(&world.app, &olga, contract.id, guard, amount, "Notbestellung 1", None).await.unwrap());
}
