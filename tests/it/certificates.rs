//! Certificates of entitlement and of savings: what they say, who gets them, and that they stay as they are.

use abruf::actions::ActionError;
use abruf::actions::cancel_call_off::cancel;
use abruf::actions::issue_certificate::issue;
use abruf::actions::judge_paper::{self, Standing};
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::reproduce_document::{Outcome, find, reproduce};
use abruf::actor::{Actor, RunsAs};
use abruf::reports::savings::{Filter, Grouping, grouped};
use abruf::storage::certificates::Subject;
use abruf::storage::idempotency::IdempotencyKey;
use abruf::verify::verify;
use abruf_domain::ids::OrganisationId;
use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::pages::browser::{Browser, read};
use crate::web::Web;
use crate::world::World;
use crate::world::contract::{Contract, fixed, list_price, prior_contract, value};

/// Two towns of one body; the first has ordered and cancelled under a contract with proven and listed prices.
struct House {
    world: World,
    town: OrganisationId,
    neighbour: OrganisationId,
    contract: Contract,
    eva: Actor,
    nora: Actor,
    olga: Actor,
}

impl House {
    async fn new() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").joined("2012-04-01").await;
        let neighbour = world.member("Stadt Neufeld").joined("2012-04-01").await;
        let eva = world.buyer(town).named("Eva Muster").await;
        let karl = world.approver(town).named("Karl Beispiel").await;
        let nora = world.buyer(neighbour).named("Nora Nachbar").await;
        let olga = world.office().named("Olga Amt").await;
        let contract = world
            .contract("RV-2025-01")
            .fee("1.5")
            .ceiling(value("500000.00"))
            .item("TRN", fixed("1180.00").unit("Tag"))
            .item("LST", fixed("80.00"))
            .item("NEW", fixed("10.00"))
            .baseline("TRN", prior_contract("1250.00").dated("2025-12-02"))
            .baseline("LST", list_price("100.00").dated("2026-06-01"))
            .entitles(town)
            .await;
        for (quantity, taken_back) in [("2", false), ("5", true)] {
            let lines = [("TRN", quantity), ("LST", "3"), ("NEW", "4")];
            let id = world.request(&eva, &contract, &lines).await;
            let done = release(&world.app, &karl, id, None).await.unwrap();
            assert!(matches!(done, Release::Released { .. }), "{done:?}");
            if taken_back {
                cancel(&world.app, &karl, id, "Bedarf entfallen").await.unwrap();
            }
        }
        Self { world, town, neighbour, contract, eva, nora, olga }
    }

    async fn issue(&self, actor: &Actor, member: OrganisationId, subject: Subject) -> Result<Uuid, ActionError> {
        issue(&self.world.app, actor, member, subject, None).await
    }

    /// What a certificate was made from.
    async fn data(&self, id: Uuid) -> Value {
        let input: String = sqlx::query_scalar("SELECT input FROM certificate WHERE id = $1")
            .bind(id)
            .fetch_one(self.world.owner())
            .await
            .unwrap();
        serde_json::from_str::<Value>(&input).unwrap()["data"].clone()
    }

    async fn count(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM certificate").fetch_one(self.world.owner()).await.unwrap()
    }
}

fn fields(error: &ActionError) -> Vec<(&str, &str)> {
    let ActionError::Invalid(errors) = error else { panic!("{error:?}") };
    errors.iter().map(|error| (error.field.as_str(), error.message.as_str())).collect()
}

#[tokio::test]
async fn a_certificate_of_entitlement_says_since_when_until_when_and_by_which_proof() {
    let house = House::new().await;
    let id = house.issue(&house.eva, house.town, Subject::Entitlement(house.contract.id)).await.unwrap();
    let data = house.data(id).await;
    assert_eq!(
        (&data["member"]["name"], &data["contract"]["number"]),
        (&json!("Stadt Altenrode"), &json!("RV-2025-01"))
    );
    let (since, until): (String, String) = sqlx::query_as(
        "SELECT greatest(f.starts_on, e.valid_from)::text, f.ends_on::text
         FROM framework_contract f JOIN entitlement e ON e.contract_id = f.id WHERE f.id = $1",
    )
    .bind(house.contract.id.0)
    .fetch_one(house.world.owner())
    .await
    .unwrap();
    assert_eq!((&data["since"], &data["until"]), (&json!(since), &json!(until)));
    let labels: Vec<&str> = data["proof"].as_array().unwrap().iter().filter_map(|row| row["label"].as_str()).collect();
    assert!(labels.contains(&"Mitglied") && labels.contains(&"Abrufberechtigt, namentlich"), "{labels:?}");
    assert_eq!(data["scope"][0]["articles"], 3);
    assert!(data["sources"].to_string().contains("C-216/17"), "{}", data["sources"]);
    assert_eq!(data["issued"]["name"], "Eva Muster");
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn whoever_is_not_entitled_gets_no_certificate_but_the_reason() {
    let house = House::new().await;
    let entitlement = Subject::Entitlement(house.contract.id);
    let refused = house.issue(&house.nora, house.neighbour, entitlement).await.unwrap_err();
    let [(field, message)] = fields(&refused)[..] else { panic!("{refused:?}") };
    assert_eq!(field, "contract_id");
    assert!(message.contains("Stadt Neufeld") && message.contains("Geschäftsstelle"), "{message}");
    let of_others = house.issue(&house.nora, house.town, entitlement).await;
    assert!(matches!(of_others, Err(ActionError::NotFound)), "{of_others:?}");
    let nowhere = house.issue(&house.eva, house.town, Subject::Entitlement(Uuid::from_u128(1).into())).await;
    assert!(matches!(nowhere, Err(ActionError::NotFound)), "{nowhere:?}");
    for year in [1989, 2027] {
        let refused = house.issue(&house.eva, house.town, Subject::Savings(year)).await.unwrap_err();
        let [(field, message)] = fields(&refused)[..] else { panic!("{refused:?}") };
        assert!(
            field == "year" && message.contains(&year.to_string()) && message.contains("1990 bis 2026"),
            "{message}"
        );
    }
    assert_eq!(house.count().await, 0, "nothing was written");
}

/// The same figures as the report of the pages, each class on its own, with the lines behind it.
#[tokio::test]
async fn a_certificate_of_savings_agrees_with_the_report_and_counts_the_lines_behind_each_figure() {
    let house = House::new().await;
    let id = house.issue(&house.eva, house.town, Subject::Savings(2026)).await.unwrap();
    let data = house.data(id).await;
    let contract = &data["contracts"][0];
    let class = |wanted: &str| {
        let all = contract["classes"].as_array().unwrap();
        all.iter().find(|it| it["class"] == wanted).unwrap_or_else(|| panic!("no {wanted}: {data}")).clone()
    };
    // Two call-offs of three lines; what was cancelled is in the sums with its counter entries.
    assert_eq!((&contract["call_offs"], &contract["lines"]), (&json!(2), &json!(6)));
    assert_eq!((&class("A")["lines"], &class("A")["effect"]), (&json!(2), &json!("140.00")));
    assert_eq!((&class("B")["lines"], &class("B")["effect"]), (&json!(2), &json!("60.00")));
    assert_eq!((&contract["uncompared_lines"], &contract["uncompared_volume"]), (&json!(2), &json!("40.00")));
    assert!(class("B")["net"].is_null(), "net stands for A alone: {contract}");

    let mut tx = house.world.app.db.begin(&house.eva).await.unwrap();
    for wanted in ["A", "B"] {
        let filter =
            Filter { year: Some(2026), member: Some(house.town), class: Some(wanted.to_owned()), ..Filter::default() };
        let report = grouped(&mut tx, &filter, Grouping::Contract, 10, 0).await.unwrap().remove(0).sums;
        let certified = class(wanted);
        let effect = if wanted == "A" { report.a_effect } else { report.b_effect };
        assert_eq!(certified["effect"], effect.to_string());
        assert_eq!(certified["fee"], report.fee.to_string());
        assert_eq!(certified["volume"], (report.volume - report.surcharge).to_string());
        if wanted == "A" {
            assert_eq!(certified["net"], report.a_net.to_string());
        }
    }
    tx.rollback().await.unwrap();
    let empty = house.issue(&house.eva, house.town, Subject::Savings(2025)).await.unwrap();
    assert_eq!(house.data(empty).await["contracts"], json!([]));
}

#[tokio::test]
async fn a_newer_certificate_names_the_older_one_which_says_so_to_whoever_holds_it() {
    let house = House::new().await;
    let app = &house.world.app;
    let entitlement = Subject::Entitlement(house.contract.id);
    let first = house.issue(&house.eva, house.town, entitlement).await.unwrap();
    let savings = house.issue(&house.eva, house.town, Subject::Savings(2026)).await.unwrap();
    let code = async |id: Uuid| -> String {
        sqlx::query_scalar("SELECT check_code FROM certificate WHERE id = $1")
            .bind(id)
            .fetch_one(house.world.owner())
            .await
            .unwrap()
    };
    let standing = async |id: Uuid| judge_paper::by_check_code(app, &code(id).await).await.unwrap().unwrap();
    assert_eq!(standing(first).await.standing, Standing::Valid);
    house.world.at("2026-11-24T09:00:00Z");
    let second = house.issue(&house.olga, house.town, entitlement).await.unwrap();
    let data = house.data(second).await;
    assert_eq!(data["replaces"]["check_code"].as_str().unwrap().replace('-', ""), code(first).await);
    let old = standing(first).await;
    assert_eq!(old.standing, Standing::Replaced("2026-11-24".parse().unwrap()));
    assert!(old.to_string().starts_with("Bescheinigung der Abrufberechtigung B-"), "{old}");
    assert!(old.to_string().ends_with(" vom 22.11.2026"), "{old}");
    assert_eq!(standing(second).await.standing, Standing::Valid);
    assert_eq!(standing(savings).await.standing, Standing::Valid, "it is about something else");

    let all = find(app, None).await.unwrap();
    let number = house.data(second).await["number"].as_str().unwrap().to_owned();
    assert_eq!(find(app, Some(&number)).await.unwrap().len(), 1);
    for document in all {
        assert_eq!(reproduce(app, document).await.unwrap().outcome, Outcome::Identical);
    }
    while abruf::actions::issue_document::issue_next(app).await.unwrap() {}
    let found = verify(app, |_, _, _| {}).await.unwrap();
    assert!(found.failures.is_empty(), "{:?}", found.failures);
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn one_key_makes_one_certificate_even_when_sent_twice_at_once() {
    let house = House::new().await;
    let key = IdempotencyKey { key: "k-1".to_owned(), request_sha256: [7; 32] };
    let subject = Subject::Savings(2026);
    let send = || issue(&house.world.app, &house.eva, house.town, subject, Some(&key));
    let (one, two) = tokio::join!(send(), send());
    let one = one.unwrap();
    assert_eq!(one, two.unwrap());
    assert_eq!(send().await.unwrap(), one);
    assert_eq!(house.count().await, 1);
    let other = IdempotencyKey { request_sha256: [8; 32], ..key.clone() };
    let reused = issue(&house.world.app, &house.eva, house.town, subject, Some(&other)).await;
    assert!(matches!(reused, Err(ActionError::KeyReused)), "{reused:?}");
}

#[tokio::test]
async fn certificates_are_append_only_and_seen_by_those_they_concern() {
    let house = House::new().await;
    house.issue(&house.eva, house.town, Subject::Savings(2026)).await.unwrap();
    for statement in
        ["UPDATE certificate SET file_name = 'anders.pdf'", "DELETE FROM certificate", "TRUNCATE certificate"]
    {
        let refused = sqlx::query(statement).execute(house.world.owner()).await.unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().constraint(), Some("certificate_append_only"), "{statement}");
    }
    let rights: (bool, bool) = sqlx::query_as(
        "SELECT has_table_privilege('abruf_app', 'certificate', 'UPDATE'), has_table_privilege('abruf_app', 'certificate', 'DELETE')",
    )
    .fetch_one(house.world.owner())
    .await
    .unwrap();
    assert_eq!(rights, (false, false));
    for (actor, seen) in [(&house.eva, 1_i64), (&house.olga, 1), (&house.nora, 0)] {
        let mut tx = house.world.app.db.begin(actor).await.unwrap();
        assert_eq!(abruf::storage::certificates::count(&mut tx).await.unwrap(), seen, "{actor:?}");
    }
    // As a job, only the log tells whether the bytes are the issued ones.
    let mut tx = house.world.app.db.begin(RunsAs::Job).await.unwrap();
    assert_eq!(abruf::storage::certificates::count(&mut tx).await.unwrap(), 1);
}

#[tokio::test]
async fn by_page_a_certificate_is_two_clicks_away_and_opens_as_pdf() {
    let house = House::new().await;
    let eva = Browser::signed_in(&house.world, &house.eva).await;
    let contract = eva.page(&format!("/rahmenvertraege/{}", house.contract.id)).await;
    assert!(contract.contains(&format!("/bescheinigungen?vertrag={}", house.contract.id)), "{contract}");
    let page = eva.page(&format!("/bescheinigungen?vertrag={}", house.contract.id)).await;
    assert!(page.contains(&format!("value=\"{}\" selected", house.contract.id)), "{page}");
    let wrong = eva.submit(&page, "/bescheinigungen/einsparung", &[("year", "")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(read(&wrong.text).contains("Bitte wählen Sie das Jahr."), "{}", wrong.text);
    let id = house.contract.id.to_string();
    let next = eva.leads_on(&page, "/bescheinigungen/abrufberechtigung", &[("contract_id", &id)]).await;
    let page = eva.page(&next).await;
    let said = read(&page);
    assert!(said.contains("Ausgestellt: Bescheinigung B-") && said.contains("die neueste"), "{said}");
    let address = page.split("href=\"/bescheinigungen/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let file = eva.get(&format!("/bescheinigungen/{address}")).await;
    assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "application/pdf"));
    assert!(file.text.starts_with("%PDF-"));
    let nora = Browser::signed_in(&house.world, &house.nora).await;
    assert_eq!(nora.get(&format!("/bescheinigungen/{address}")).await.status, StatusCode::NOT_FOUND);
    let page = nora.page("/bescheinigungen").await;
    let refused = nora.submit(&page, "/bescheinigungen/abrufberechtigung", &[("contract_id", &id)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(read(&refused.text).contains("kann heute nicht bescheinigt werden"), "{}", refused.text);
    assert!(refused.text.contains(&format!("value=\"{id}\" selected")), "what was chosen stays");

    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let page = olga.page("/bescheinigungen?jahr=2026").await;
    let member = house.town.0.to_string();
    let fields = [("savings_member_id", member.as_str()), ("year", "2026")];
    olga.leads_on(&page, "/bescheinigungen/einsparung", &fields).await;
    assert_eq!(house.count().await, 2);
    house.world.keeps_its_promises().await;
}

#[tokio::test]
async fn the_public_page_and_list_know_certificates_without_names_or_amounts() {
    let house = House::new().await;
    house.issue(&house.eva, house.town, Subject::Savings(2026)).await.unwrap();
    let (code, hash): (String, String) = sqlx::query_as("SELECT check_code, encode(sha256, 'hex') FROM certificate")
        .fetch_one(house.world.owner())
        .await
        .unwrap();
    let mut listed = String::new();
    abruf::actions::publish_hashes::publish(&house.world.app, |paper| {
        listed.push_str(&abruf::actions::publish_hashes::lines(paper));
        Ok::<(), ActionError>(())
    })
    .await
    .unwrap();
    assert!(listed.contains(&format!("{code} savings_certificate B-")) && listed.contains(&hash), "{listed}");
    let web = Web::over(house.world).await;
    for address in [format!("/p/{code}"), format!("/pruefen?sha256={hash}")] {
        let page = web.get(&address, "").await;
        assert_eq!(page.status, StatusCode::OK, "{address}");
        assert!(
            page.text.contains("Einsparbescheinigung B-") && page.text.contains("Stand seines Tages"),
            "{}",
            page.text
        );
        assert!(!page.text.contains("Altenrode") && !page.text.contains('€'), "{}", page.text);
    }
}
