//! The auditor's mark: what was realised counts as audited, an objection takes it back, nobody else marks.

use abruf::actions::ActionError;
use abruf::actions::mark_audited::mark;
use abruf::actor::Role;
use abruf::storage::idempotency::IdempotencyKey;
use abruf::storage::savings_marks::Verdict;
use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;
use axum::http::StatusCode;
use serde_json::json;

use super::House;
use crate::pages::browser::{Browser, read};
use crate::web::Web;
use crate::world::contract::{Contract, fixed};

const NOTHING: [&str; 4] = ["0.00", "0.00", "0.00", "0.00"];

impl House {
    /// Ten notebooks, of which four are delivered and invoiced.
    async fn begun(&self) -> CallOffId {
        let id = self.order(&self.contract().await, &[("NBK", "10"), ("MON", "20")]).await;
        self.deliver(id, &[(1, "4")]).await;
        self.bill(id, "R-1", &[(1, "4", "100")]).await;
        id
    }
}

#[tokio::test]
async fn a_mark_counts_what_is_realised_and_an_objection_takes_it_back() {
    let house = House::new().await;
    let id = house.begun().await;
    let anna = Browser::signed_in(&house.world, &house.anna).await;
    let path = format!("/pruefung/abrufe/{id}");
    let form = format!("{path}/einsparung");
    let page = anna.page(&path).await;
    let to = anna.leads_on(&page, &form, &[("wording", "Stichprobe 3"), ("verdict", "checked")]).await;
    assert!(to.starts_with(&path), "{to}");
    assert_eq!(house.book(id, "audited").await, house.book(id, "realised").await);
    let said = read(&anna.page(&path).await);
    assert!(said.contains("Geprüft A Preiseffekt 80,00 €") && said.contains("Stichprobe 3"), "{said}");

    // What comes later is not audited until somebody looks again.
    house.deliver(id, &[(1, "6")]).await;
    house.bill(id, "R-2", &[(1, "6", "100")]).await;
    assert_eq!(house.book(id, "audited").await, ["80.00", "0.00", "8.00", "400.00"]);
    mark(&house.world.app, &house.anna, id, Verdict::Checked, "", None).await.unwrap();
    assert_eq!(house.book(id, "audited").await, ["200.00", "0.00", "20.00", "1000.00"]);

    let page = anna.page(&path).await;
    let silent = anna.submit(&page, &form, &[("wording", "  "), ("verdict", "objected")]).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(read(&silent.text).contains("Bitte schreiben Sie, was Sie beanstanden"), "{}", read(&silent.text));
    let unknown = anna.submit(&page, &form, &[("wording", "Angebot fehlt"), ("verdict", "vielleicht")]).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unknown.text.contains("Angebot fehlt"), "what was typed stays");
    anna.leads_on(&page, &form, &[("wording", "Angebot fehlt"), ("verdict", "objected")]).await;
    assert_eq!(house.book(id, "audited").await, NOTHING);
    assert_eq!(house.book(id, "realised").await, ["200.00", "0.00", "20.00", "1000.00"], "realised it stays");
    let said =
        read(&Browser::signed_in(&house.world, &house.eva).await.page(&format!("/abrufe/{id}/einsparung")).await);
    assert!(said.contains("beanstandet") && said.contains("Angebot fehlt"), "the member reads it: {said}");
    let logged = "SELECT count(*) FROM audit_entry WHERE action IN ('savings_checked', 'savings_objected')";
    assert_eq!(house.number(logged).await, 3);
    house.is_sound().await;
}

#[tokio::test]
async fn only_an_auditor_in_scope_marks_and_the_database_agrees() {
    let house = House::new().await;
    let id = house.begun().await;
    let app = &house.world.app;
    let board = house.world.person(Role::Board, house.world.body).named("Bea Vorstand").await;
    for who in [&house.eva, &house.karl, &house.olga, &board] {
        let refused = mark(app, who, id, Verdict::Checked, "", None).await;
        assert!(matches!(refused, Err(ActionError::NotPermitted(_))), "{refused:?}");
    }
    let other = house.world.member("Stadt Neufeld").await;
    let elsewhere = house.world.auditor(&[other]).named("Ada Fern").await;
    let long_ago = house.world.auditor(&[house.town]).between("2025-01-01", "2025-12-31").await;
    for who in [&elsewhere, &long_ago] {
        let refused = mark(app, who, id, Verdict::Checked, "", None).await;
        assert!(matches!(refused, Err(ActionError::NotFound)), "{refused:?}");
    }
    let draft = house.world.request(&house.eva, &house.contract_beside().await, &[("A1", "1")]).await;
    let early = mark(app, &house.anna, draft, Verdict::Checked, "", None).await;
    assert!(matches!(early, Err(ActionError::WrongState(Status::Submitted))), "{early:?}");

    let copy = "INSERT INTO savings_entry (contract_id, id, call_off_id, body_id, member_id, position, class, stage, baseline_id,
                                           effect_net, method_version, dated_on, at, source_kind, source_id)
                SELECT contract_id, gen_random_uuid(), call_off_id, body_id, member_id, position, class, $1, baseline_id,
                       5, method_version, dated_on, at, $2, gen_random_uuid()
                FROM savings_entry WHERE stage = 'realised'";
    for (who, stage, source) in [(&house.eva, "audited", "mark"), (&house.anna, "realised", "invoice")] {
        let mut tx = app.db.begin(who).await.unwrap();
        let refused = sqlx::query(copy).bind(stage).bind(source).execute(&mut *tx).await.unwrap_err();
        assert!(refused.to_string().contains("row-level security"), "{stage}: {refused}");
    }
    for (statement, constraint) in [
        ("UPDATE savings_mark SET verdict = 'checked'", "savings_mark_append_only"),
        (
            "INSERT INTO savings_mark (contract_id, id, call_off_id, verdict, wording, person_id, at)
             SELECT contract_id, gen_random_uuid(), id, 'objected', ' ', requester_id, created_at FROM call_off",
            "savings_mark_objection_worded",
        ),
    ] {
        mark(app, &house.anna, id, Verdict::Objected, "Nein", None).await.unwrap();
        let refused = sqlx::query(statement).execute(house.world.owner()).await.expect_err(statement);
        assert_eq!(refused.as_database_error().unwrap().constraint(), Some(constraint), "{statement}");
    }
    assert_eq!(house.book(id, "audited").await, NOTHING);
}

impl House {
    async fn contract_beside(&self) -> Contract {
        let contract = self.world.contract("RV-NEBEN").item("A1", fixed("10.00"));
        contract.entitles(self.town).await
    }
}

#[tokio::test]
async fn programs_mark_once_however_often_they_ask() {
    let house = House::new().await;
    let id = house.begun().await;
    let key = IdempotencyKey { key: "m-1".into(), request_sha256: [1; 32] };
    let first = mark(&house.world.app, &house.anna, id, Verdict::Checked, "", Some(&key)).await.unwrap();
    let again = mark(&house.world.app, &house.anna, id, Verdict::Checked, "", Some(&key)).await.unwrap();
    assert_eq!(first, again);
    let House { world, anna, eva, .. } = house;
    let web = Web::over(world).await;
    web.cookie_of(&anna, "anna@pruefung.example").await;
    web.cookie_of(&eva, "eva@altenrode.example").await;
    let [anna, eva] = [web.token("anna@pruefung.example").await, web.token("eva@altenrode.example").await];
    let path = format!("/api/v1/call-offs/{id}/savings-marks");
    let wrong = web.api("POST", &path, &anna, Some(json!({ "verdict": "objected" }))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text);
    assert_eq!(wrong.json()["errors"][0]["field"], "wording");
    let made = web.api("POST", &path, &anna, Some(json!({ "verdict": "objected", "wording": "Nein" }))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let body = json!({ "verdict": "checked" });
    assert_eq!(web.api("POST", &path, &eva, Some(body)).await.status, StatusCode::NOT_FOUND);
    let marks = web.api("GET", &path, &eva, None).await.json();
    let verdicts: Vec<&str> = marks.as_array().unwrap().iter().map(|it| it["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["checked", "objected"]);
}
