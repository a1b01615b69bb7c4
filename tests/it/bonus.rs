//! Bonuses of suppliers: what the contract says, what was paid, and each member's share to the cent.

use abruf::actions::ActionError;
use abruf::actions::record_bonus::{CreditNote, record, reverse};
use abruf::actions::release_call_off::{Release, release};
use abruf::actor::Actor;
use axum::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::pages::browser::{Browser, read};
use crate::web::Web;
use crate::world::World;
use crate::world::contract::{Contract, fixed, value};

/// Two towns that ordered 200.00 and 100.00 this year, under a contract with a bonus from 300.00 on.
struct House {
    world: World,
    contract: Contract,
    olga: Actor,
    eva: Actor,
    nora: Actor,
}

impl House {
    async fn new() -> Self {
        let world = World::new().await;
        let [altenrode, neufeld] = [world.member("Stadt Altenrode").await, world.member("Stadt Neufeld").await];
        let [eva, nora] = [world.buyer(altenrode).await, world.buyer(neufeld).await];
        let olga = world.office().named("Olga Amt").await;
        let contract = world
            .contract("RV-2025-01")
            .ceiling(value("10000.00"))
            .item("A1", fixed("100.00"))
            .entitles(altenrode)
            .entitles(neufeld)
            .await;
        let clause = "UPDATE framework_contract SET bonus_goes_to = 'members',
                          bonus_steps = '[{\"from\": \"300.00\", \"rate\": \"2\"}, {\"from\": \"1000.00\", \"rate\": \"3\"}]'";
        sqlx::query(clause).execute(world.owner()).await.unwrap();
        for (buyer, quantity) in [(&eva, "2"), (&nora, "1")] {
            let id = world.request(buyer, &contract, &[("A1", quantity)]).await;
            let approver = world.approver(buyer.organisation).await;
            let done = release(&world.app, &approver, id, None).await.unwrap();
            assert!(matches!(done, Release::Released { .. }), "{done:?}");
        }
        Self { world, contract, olga, eva, nora }
    }

    fn at(&self, page: &str) -> String {
        format!("/verwaltung/vertraege/{}/{page}", self.contract.id)
    }

    async fn record(&self, note: &CreditNote) -> Result<Uuid, ActionError> {
        record(&self.world.app, &self.olga, self.contract.id, note, None).await
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(self.world.owner()).await.unwrap()
    }

    async fn refused_by(&self, sql: &'static str) -> String {
        let error = sqlx::query(sql).execute(self.world.owner()).await.unwrap_err().into_database_error().unwrap();
        error.constraint().unwrap_or_else(|| error.message()).to_owned()
    }
}

fn note(net: &str) -> CreditNote {
    CreditNote {
        year: 2026,
        net: net.parse().unwrap(),
        received_on: "2026-11-20".parse().unwrap(),
        document: "GS-118".to_owned(),
    }
}

fn fields(error: &ActionError) -> Vec<&str> {
    let ActionError::Invalid(errors) = error else { panic!("{error:?}") };
    errors.iter().map(|error| error.field.as_str()).collect()
}

#[tokio::test]
async fn a_credit_note_is_shared_by_turnover_to_the_cent_and_taken_back_share_by_share() {
    let house = House::new().await;
    let savings = "SELECT md5(string_agg(savings_entry::text, '|' ORDER BY id)) FROM savings_entry";
    let before: String = sqlx::query_scalar(savings).fetch_one(house.world.owner()).await.unwrap();
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let path = house.at("bonus");
    let page = olga.page(&path).await;
    let said = read(&page);
    assert!(said.contains("Ab 300,00 € Jahresumsatz aller Mitglieder: 2 % vom ganzen Umsatz."), "{said}");
    assert!(said.contains("2026 300,00 € 6,00 € 0,00 € 6,00 €"), "turnover, owed, paid, open: {said}");
    let form = [
        ("year", "2026"),
        ("net", "100,00"),
        ("received_on", "20.11.2026"),
        ("document", "GS-118"),
        ("schritt", "buchen"),
    ];
    let wrong = [("net", "viel"), ("year", "bald"), ("received_on", ""), ("document", "GS-118")];
    let answer = olga.submit(&page, &path, &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let said = read(&answer.text);
    for told in ["„viel“ ist kein Betrag", "Kalenderjahr des Umsatzes", "Datum der Gutschrift ein"] {
        assert!(said.contains(told) && answer.text.contains("value=\"GS-118\""), "{told}: {said}");
    }
    // The form for a new credit note is the last one on the page.
    let token = page.rsplit("name=\"csrf\" value=\"").next().unwrap().split('"').next().unwrap();
    let key = page.rsplit("name=\"idempotency_key\" value=\"").next().unwrap().split('"').next().unwrap();
    let all: Vec<_> = [("csrf", token), ("idempotency_key", key)].into_iter().chain(form).collect();
    for _ in 0..2 {
        let answer = olga.post(&path, &all).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", read(&answer.text));
    }
    assert_eq!(house.number("SELECT count(*) FROM bonus_payment").await, 1, "a double click is one booking");
    let said = read(&olga.page(&path).await);
    assert!(
        said.contains("Stadt Altenrode 200,00 € 66,67 €") && said.contains("Stadt Neufeld 100,00 € 33,33 €"),
        "{said}"
    );
    assert!(said.contains("Summe 300,00 € 100,00 €") && said.contains("100,00 € \u{2212}94,00 €"), "{said}");

    // Each member reads its own share.
    let contract = format!("/rahmenvertraege/{}", house.contract.id);
    for (buyer, own) in [(&house.eva, "66,67 € für 2026"), (&house.nora, "33,33 € für 2026")] {
        let said = read(&Browser::signed_in(&house.world, buyer).await.page(&contract).await);
        assert!(said.contains(&format!("Ihr Anteil am Bonus {own}")), "{said}");
    }

    let page = olga.page(&path).await;
    let silent = olga.submit(&page, &path, &[("schritt", "zuruecknehmen"), ("reason", " ")]).await;
    assert!(read(&silent.text).contains("Bitte nennen Sie den Grund"), "{}", read(&silent.text));
    let reason = [("schritt", "zuruecknehmen"), ("reason", "Betrag falsch")];
    let to = olga.leads_on(&page, &path, &reason).await;
    assert!(to.ends_with("?hinweis=zurueckgenommen"), "{to}");
    let again = olga.submit(&page, &path, &reason).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", read(&again.text));
    let sums = "SELECT count(*) FROM bonus_share GROUP BY member_id HAVING sum(share_net) <> 0";
    assert!(sqlx::query(sums).fetch_optional(house.world.owner()).await.unwrap().is_none(), "nothing is left");
    let said = read(&Browser::signed_in(&house.world, &house.eva).await.page(&contract).await);
    assert!(said.contains("Bonus Ab 300,00 €") && !said.contains("Ihr Anteil"), "{said}");
    let after: String = sqlx::query_scalar(savings).fetch_one(house.world.owner()).await.unwrap();
    assert_eq!(after, before, "no saving changes");
    let logged = "SELECT count(*) FROM audit_entry WHERE action IN ('bonus_recorded', 'bonus_reversed')";
    assert_eq!(house.number(logged).await, 2);
    house.world.keeps_its_promises().await;
}

/// GS-42: by turnover, the largest remainders first; between equal ones the smaller id.
#[tokio::test]
async fn the_golden_case_of_a_shared_bonus_comes_out_the_same_through_the_program() {
    for (bonus, turnovers, expected) in [
        ("250.00", ["100.00", "200.00", "300.01"], ["41.67", "83.33", "125.00"]),
        ("0.05", ["10.00", "10.00", "10.00"], ["0.02", "0.02", "0.01"]),
    ] {
        let world = World::new().await;
        let mut towns = Vec::new();
        for name in ["Stadt Altenrode", "Gemeinde Nordharzland", "Zweckverband Saaletal"] {
            towns.push(world.member(name).await);
        }
        towns.sort();
        let mut contract = world.contract("RV-2025-01").ceiling(value("10000.00"));
        for ((town, article), turnover) in towns.iter().zip(["A1", "A2", "A3"]).zip(turnovers) {
            contract = contract.item(article, fixed(turnover)).entitles(*town);
        }
        let contract = contract.await;
        for (town, article) in towns.iter().zip(["A1", "A2", "A3"]) {
            let (buyer, approver) = (world.buyer(*town).await, world.approver(*town).await);
            let id = world.request(&buyer, &contract, &[(article, "1")]).await;
            let done = release(&world.app, &approver, id, None).await.unwrap();
            assert!(matches!(done, Release::Released { .. }), "{done:?}");
        }
        let olga = world.office().await;
        record(&world.app, &olga, contract.id, &note(bonus), None).await.unwrap();
        let shares: Vec<String> = sqlx::query_scalar("SELECT share_net::text FROM bonus_share ORDER BY member_id")
            .fetch_all(world.owner())
            .await
            .unwrap();
        assert_eq!(shares, expected, "{bonus} by {turnovers:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_told_at_its_field_and_nothing_is_booked() {
    let house = House::new().await;
    for (wrong, field) in [
        (note("0.00"), "net"),
        (note("-5.00"), "net"),
        (CreditNote { year: 2024, ..note("5.00") }, "year"),
        (CreditNote { year: 2027, ..note("5.00") }, "year"),
        // Nobody has ordered in that year.
        (CreditNote { year: 2025, ..note("5.00") }, "year"),
        (CreditNote { received_on: "2026-11-23".parse().unwrap(), ..note("5.00") }, "received_on"),
        (CreditNote { document: "  ".to_owned(), ..note("5.00") }, "document"),
    ] {
        let error = house.record(&wrong).await.unwrap_err();
        assert_eq!(fields(&error), [field], "{wrong:?}");
    }
    let all = CreditNote {
        year: 1,
        net: "0.00".parse().unwrap(),
        received_on: "2020-01-01".parse().unwrap(),
        document: String::new(),
    };
    assert_eq!(fields(&house.record(&all).await.unwrap_err()), ["net", "year", "received_on", "document"]);
    assert_eq!(house.number("SELECT count(*) FROM bonus_payment").await, 0);
    let buyer = record(&house.world.app, &house.eva, house.contract.id, &note("5.00"), None).await;
    assert!(matches!(buyer, Err(ActionError::NotPermitted(_))), "{buyer:?}");

    let id = house.record(&note("5.00")).await.unwrap();
    let twice = house.record(&note("7.00")).await.unwrap_err();
    assert_eq!(fields(&twice), ["document"], "one credit note is booked once");
    let absent = reverse(&house.world.app, &house.olga, house.contract.id, Uuid::nil(), "x").await;
    assert!(matches!(absent, Err(ActionError::NotFound)), "{absent:?}");
    reverse(&house.world.app, &house.olga, house.contract.id, id, "Falsch").await.unwrap();
    let again = reverse(&house.world.app, &house.olga, house.contract.id, id, "Falsch").await;
    assert!(matches!(again, Err(ActionError::NotNow(_))), "{again:?}");
}

#[tokio::test]
async fn a_bonus_that_the_body_keeps_is_shared_with_nobody() {
    let house = House::new().await;
    sqlx::query("UPDATE framework_contract SET bonus_goes_to = 'body'").execute(house.world.owner()).await.unwrap();
    house.record(&note("50.00")).await.unwrap();
    assert_eq!(house.number("SELECT count(*) FROM bonus_share").await, 0);
    let olga = Browser::signed_in(&house.world, &house.olga).await;
    let said = read(&olga.page(&house.at("bonus")).await);
    assert!(said.contains("bleibt bei der Genossenschaft"), "{said}");
}

#[tokio::test]
async fn the_database_refuses_shares_that_do_not_add_up_and_shows_members_their_own() {
    let house = House::new().await;
    house.record(&note("100.00")).await.unwrap();
    let more = "INSERT INTO bonus_payment SELECT contract_id, gen_random_uuid(), year, 5, goes_to, received_on, 'x', NULL, person_id, at FROM bonus_payment";
    assert_eq!(house.refused_by(more).await, "bonus_payment_shared_whole");
    assert_eq!(house.refused_by("UPDATE bonus_payment SET net = 1").await, "bonus_payment_append_only");
    assert_eq!(house.refused_by("DELETE FROM bonus_share").await, "bonus_share_append_only");
    let negative = "INSERT INTO bonus_payment SELECT contract_id, gen_random_uuid(), year, -5, 'body', received_on, 'y', NULL, person_id, at FROM bonus_payment";
    assert_eq!(house.refused_by(negative).await, "bonus_payment_sign");
    let empty = "UPDATE framework_contract SET bonus_steps = '[]'";
    assert_eq!(house.refused_by(empty).await, "framework_contract_bonus_has_steps");
    let half = "UPDATE framework_contract SET bonus_goes_to = NULL";
    assert_eq!(house.refused_by(half).await, "framework_contract_bonus_whole");
    for (who, shares) in [(&house.eva, 1_i64), (&house.nora, 1), (&house.olga, 2)] {
        let mut tx = house.world.app.db.begin(who).await.unwrap();
        let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM bonus_share").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(seen, shares);
    }
}

#[tokio::test]
async fn programs_read_and_record_bonuses() {
    let house = House::new().await;
    let contract = house.contract.id;
    let olga = house.olga.clone();
    let web = Web::over(house.world).await;
    web.cookie_of(&olga, "olga@elbe-saale.example").await;
    let token = web.token("olga@elbe-saale.example").await;
    let path = format!("/api/v1/contracts/{contract}/bonuses");
    let body = json!({ "year": 2026, "net": "100.00", "received_on": "2026-11-20", "document": "GS-118" });
    let with = |key: &str, value: Value| {
        let mut body = body.clone();
        body[key] = value;
        body
    };
    let wrong = web.api("POST", &path, &token, Some(with("net", json!("-1.00")))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.text);
    assert_eq!(wrong.json()["errors"][0]["field"], "net");
    let made = web.api("POST", &path, &token, Some(body)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let all = web.api("GET", &path, &token, None).await.json();
    assert_eq!(all["clause"]["steps"][0], json!({ "from": "300.00", "rate": "2" }));
    assert_eq!(
        all["years"],
        json!([{ "year": 2026, "turnover_net": "300.00", "owed_net": "6.00", "paid_net": "100.00" }])
    );
    let shares: Vec<&Value> = all["payments"][0]["shares"].as_array().unwrap().iter().map(|it| &it["net"]).collect();
    assert_eq!(shares, ["66.67", "33.33"]);
    let back = format!("{path}/{id}/reversal");
    let reason = || Some(json!({ "reason": "Falsch" }));
    assert_eq!(web.api("POST", &back, &token, reason()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(web.api("POST", &back, &token, reason()).await.status, StatusCode::CONFLICT);
    let all = web.api("GET", &path, &token, None).await.json();
    assert_eq!((&all["years"][0]["paid_net"], &all["payments"][0]["net"]), (&json!("0.00"), &json!("-100.00")));
}
