//! Bodies of the API about orders and suppliers, with what their documentation allows and what it does not: steps with
//! day and channel, dispatch and receipt, stops of a supplier that are narrower than all contracts.

use abruf::actions::release_call_off::{Release, release};
use abruf::actor::Actor;
use abruf_domain::ids::CallOffId;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::web::{Answer, Web};
use crate::world::World;
use crate::world::contract::{Contract, fixed, value};

const EVA: &str = "eva@beispiel.example";
const OLGA: &str = "olga@beispiel.example";

/// A town with an order that was released on Sunday, 22 November 2026; now it is Wednesday.
struct Ordered {
    web: Web,
    contract: Contract,
    supplier: String,
    order: CallOffId,
    /// Of Eva and of Olga.
    tokens: [String; 2],
}

impl Ordered {
    async fn new() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").await;
        let eva: Actor = world.buyer(town).named("Eva Muster").await;
        let karl = world.approver(town).named("Karl Beispiel").up_to("50000.00").await;
        let olga = world.office().named("Olga Amt").await;
        let contract = world
            .contract("RV-2025-07")
            .ceiling(value("100000.00"))
            .lot("Geräte")
            .item("NB-14", fixed("874.90"))
            .lot("Einrichtung")
            .item("TAG", fixed("900.00").unit("Tag"))
            .entitles(town)
            .await;
        let order = world.request(&eva, &contract, &[("NB-14", "10")]).await;
        let released = release(&world.app, &karl, order, None).await;
        assert!(matches!(released, Ok(Release::Released { .. })), "{released:?}");
        let supplier = world.supplier.to_string();
        let web = Web::over(world).await;
        for (actor, email) in [(&eva, EVA), (&olga, OLGA)] {
            web.cookie_of(actor, email).await;
        }
        web.app.clock.set("2026-11-25T09:00:00Z".parse().unwrap());
        let tokens = [web.token(EVA).await, web.token(OLGA).await];
        Self { web, contract, supplier, order, tokens }
    }

    async fn ask(&self, email: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let token = &self.tokens[usize::from(email == OLGA)];
        self.web.api(method, &format!("/api/v1/{path}"), token, body).await
    }

    async fn post(&self, part: &str, body: Value) -> Answer {
        self.ask(EVA, "POST", &format!("call-offs/{}/{part}", self.order), Some(body)).await
    }

    /// What stands written: state of the order and entries about it.
    async fn written(&self) -> (String, i64) {
        let sql =
            "SELECT status, (SELECT count(*) FROM audit_entry WHERE call_off_id = $1) FROM call_off WHERE id = $1";
        sqlx::query_as(sql).bind(self.order.0).fetch_one(&self.web.database.owner).await.unwrap()
    }

    async fn done(&self, part: &str, body: Value) {
        let answer = self.post(part, body.clone()).await;
        assert!(answer.status.is_success(), "{part} {body}: {} {}", answer.status, answer.text);
    }

    /// Must be refused at this field, in these words, with nothing written.
    async fn refused(&self, part: &str, body: Value, field: &str, words: &str) {
        let before = self.written().await;
        let answer = self.post(part, body.clone()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{part} {body}: {}", answer.text);
        assert_eq!(answer.json()["errors"][0]["field"], field, "{part} {body}: {}", answer.text);
        assert!(answer.text.contains(words), "{part} {body}: {}", answer.text);
        assert_eq!(self.written().await, before, "{part} {body}: a refusal writes nothing");
    }

    /// Must not be possible now, with nothing written.
    async fn not_now(&self, part: &str, body: Value) {
        let before = self.written().await;
        let answer = self.post(part, body.clone()).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{part} {body}: {}", answer.text);
        assert_eq!(self.written().await, before, "{part} {body}");
    }

    async fn fulfilment(&self) -> Value {
        self.ask(EVA, "GET", &format!("call-offs/{}/fulfilment", self.order), None).await.json()
    }
}

#[tokio::test]
async fn a_step_takes_its_day_from_the_release_until_today_and_a_channel_only_when_sent() {
    let it = Ordered::new().await;
    for (body, field, words) in [
        (json!({ "status": "sent" }), "status", "Möglich sind: dispatched, confirmed, delivered, invoiced, closed"),
        (json!({ "status": "cancelled" }), "status", "kein Schritt eines Auftrags"),
        (json!({ "status": "" }), "status", "kein Schritt eines Auftrags"),
        (json!({ "status": "dispatched", "on": "2026-11-26" }), "on", "Zukunft"),
        (json!({ "status": "dispatched", "on": "2026-11-21" }), "on", "vor der Freigabe am 22.11.2026"),
        (json!({ "status": "dispatched", "on": "24.11.2026" }), "body", ""),
        (json!({ "status": "dispatched", "on": "2026-11-31" }), "body", ""),
        (json!({ "status": "dispatched", "on": 20261124 }), "body", ""),
        (
            json!({ "status": "dispatched", "channel": "Post" }),
            "channel",
            "Möglich sind: email, post, fax, portal, other",
        ),
        (json!({ "status": "dispatched", "channel": "" }), "channel", "kein Versandweg"),
        (json!({ "status": "confirmed", "channel": "post" }), "channel", "gehört nur zum Versand"),
        (json!({ "status": "dispatched", "when": "2026-11-24" }), "body", ""),
        (json!({ "on": "2026-11-24" }), "body", ""),
    ] {
        it.refused("progress", body, field, words).await;
    }
    it.not_now("progress", json!({ "status": "confirmed" })).await;
    it.not_now("receipt", json!({ "received_on": "2026-11-24" })).await;

    it.done("progress", json!({ "status": "dispatched", "on": "2026-11-22", "channel": "post" })).await;
    let channel: String = sqlx::query_scalar("SELECT channel FROM order_dispatch WHERE call_off_id = $1")
        .bind(it.order.0)
        .fetch_one(&it.web.database.owner)
        .await
        .unwrap();
    assert_eq!(channel, "post");
    let shown = it.fulfilment().await;
    assert!(shown["sent_at"].as_str().unwrap().starts_with("2026-11-22T"), "{shown}");
    it.not_now("progress", json!({ "status": "dispatched", "on": "2026-11-24" })).await;

    it.refused("progress", json!({ "status": "confirmed", "on": "2026-11-26" }), "on", "Zukunft").await;
    it.done("progress", json!({ "status": "confirmed", "on": "2026-11-24" })).await;
    it.refused("progress", json!({ "status": "delivered", "on": "2026-11-21" }), "on", "vor der Freigabe").await;
    it.done("progress", json!({ "status": "delivered", "on": "2026-11-25" })).await;
    let delivered: String = sqlx::query_scalar("SELECT delivered_on::text FROM delivery WHERE call_off_id = $1")
        .bind(it.order.0)
        .fetch_one(&it.web.database.owner)
        .await
        .unwrap();
    assert_eq!((delivered.as_str(), it.fulfilment().await["lines"][0]["open"].as_str()), ("2026-11-25", Some("0")));
    it.done("progress", json!({ "status": "invoiced", "on": "2026-11-25" })).await;
    // Left out: today.
    it.done("progress", json!({ "status": "closed" })).await;
    it.not_now("progress", json!({ "status": "closed" })).await;
    let words: Vec<String> =
        sqlx::query_scalar("SELECT reason FROM approval WHERE call_off_id = $1 AND decision = 'confirmed'")
            .bind(it.order.0)
            .fetch_all(&it.web.database.owner)
            .await
            .unwrap();
    assert_eq!(words, ["am 24.11.2026"], "the history says on which day");
}

#[tokio::test]
async fn a_dispatch_names_its_channel_and_a_receipt_does_not_come_before_it() {
    let it = Ordered::new().await;
    for (body, field, words) in [
        (json!({ "channel": "brieftaube" }), "channel", "Möglich sind: email, post, fax, portal, other"),
        (json!({ "channel": "fax", "sent_on": "2026-11-26" }), "sent_on", "Zukunft"),
        (json!({ "channel": "fax", "sent_on": "2026-11-21" }), "sent_on", "vor der Freigabe"),
        (json!({ "sent_on": "2026-11-24" }), "body", ""),
        (json!({ "channel": "fax", "on": "2026-11-24" }), "body", ""),
    ] {
        it.refused("dispatch", body, field, words).await;
    }
    it.not_now("receipt", json!({ "received_on": "2026-11-25" })).await;
    it.done("dispatch", json!({ "channel": "fax", "sent_on": "2026-11-24" })).await;
    it.not_now("dispatch", json!({ "channel": "email" })).await;
    for (body, field, words) in [
        (json!({ "received_on": "2026-11-23" }), "received_on", "vor dem Versand am 24.11.2026"),
        (json!({ "received_on": "2026-11-26" }), "received_on", "Zukunft"),
        (json!({ "received_on": "" }), "body", ""),
        (json!({}), "body", ""),
    ] {
        it.refused("receipt", body, field, words).await;
    }
    it.done("receipt", json!({ "received_on": "2026-11-24" })).await;
    it.not_now("receipt", json!({ "received_on": "2026-11-25" })).await;
    let shown = it.fulfilment().await;
    let of = |name: &str| shown[name].as_str().unwrap().chars().take(10).collect::<String>();
    assert_eq!((of("sent_at").as_str(), of("received_at").as_str()), ("2026-11-24", "2026-11-24"), "{shown}");
}

#[tokio::test]
async fn a_confirmation_before_the_dispatch_is_refused_by_api_page_and_database() {
    let it = Ordered::new().await;
    it.done("dispatch", json!({ "channel": "post", "sent_on": "2026-11-24" })).await;
    // After the release, before the dispatch.
    let words = "vor dem Versand am 24.11.2026";
    it.refused("progress", json!({ "status": "confirmed", "on": "2026-11-23" }), "on", words).await;
    let confirmation = json!({ "confirmed_on": "2026-11-23", "reference": "AB-7" });
    it.refused("confirmations", confirmation, "confirmed_on", words).await;

    let before = it.written().await;
    let cookie = it.web.sign_in(EVA).await;
    let path = format!("/abrufe/{}/lieferungen", it.order);
    let csrf = it.web.get(&path, &cookie).await.form_token();
    let fields = [("csrf", csrf.as_str()), ("confirmed_on", "23.11.2026")];
    let page = it.web.post(&format!("{path}/bestaetigung"), &cookie, &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.text);
    let shown = page.text.replace('\u{a0}', " ");
    assert!(shown.contains(words) && shown.contains("einen Tag ab dem 24.11.2026"), "{shown}");
    assert_eq!(it.written().await, before, "a refusal writes nothing");

    for (day, refused) in [("2026-11-23", true), ("2026-11-24", false)] {
        let written = sqlx::query(
            "INSERT INTO supplier_confirmation (contract_id, id, call_off_id, confirmed_on, differs, person_id, at)
             SELECT contract_id, gen_random_uuid(), call_off_id, $2::date, false, person_id, at
             FROM order_dispatch WHERE call_off_id = $1",
        )
        .bind(it.order.0)
        .bind(day)
        .execute(&it.web.database.owner)
        .await;
        let constraint = written.as_ref().err().and_then(|it| it.as_database_error()).and_then(|it| it.constraint());
        assert_eq!(constraint, refused.then_some("supplier_confirmation_after_dispatch"), "{day}: {written:?}");
    }
}

#[tokio::test]
async fn the_database_takes_no_confirmation_of_an_order_that_was_not_sent() {
    let it = Ordered::new().await;
    it.not_now("confirmations", json!({ "confirmed_on": "2026-11-24" })).await;
    let written = sqlx::query(
        "INSERT INTO supplier_confirmation (contract_id, id, call_off_id, confirmed_on, differs, person_id, at)
         SELECT contract_id, gen_random_uuid(), id, '2026-11-24', false, requester_id, released_at FROM call_off WHERE id = $1",
    )
    .bind(it.order.0)
    .execute(&it.web.database.owner)
    .await;
    let constraint = written.as_ref().err().and_then(|it| it.as_database_error()).and_then(|it| it.constraint());
    assert_eq!(constraint, Some("supplier_confirmation_after_dispatch"), "{written:?}");
}

#[tokio::test]
async fn the_office_stops_a_supplier_for_one_lot_and_sees_what_it_concerns() {
    let it = Ordered::new().await;
    let path = format!("suppliers/{}/stops", it.supplier);
    let stop = |contract: Value, lot: Value| json!({ "stopped_from": "2026-11-25", "reason": "suspended", "document": "Schreiben vom 24.11.2026", "contract_id": contract, "lot": lot });
    let own = json!(it.contract.id.0);
    for (body, field) in [
        (stop(Value::Null, json!(1)), "lot"),
        (stop(own.clone(), json!(3)), "lot"),
        (stop(json!("00000000-0000-0000-0000-000000000001"), Value::Null), "contract_id"),
        (stop(own.clone(), json!("eins")), "body"),
    ] {
        let answer = it.ask(OLGA, "POST", &path, Some(body.clone())).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", answer.text);
        assert_eq!(answer.json()["errors"][0]["field"], field, "{body}: {}", answer.text);
    }
    assert_eq!(it.ask(EVA, "POST", &path, Some(stop(own.clone(), json!(2)))).await.status, StatusCode::NOT_FOUND);
    let made = it.ask(OLGA, "POST", &path, Some(stop(own.clone(), json!(2)))).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let shown = it.ask(OLGA, "GET", &format!("suppliers/{}", it.supplier), None).await.json();
    assert_eq!((&shown["stops"][0]["contract_id"], &shown["stops"][0]["lot"]), (&own, &json!(2)), "{shown}");
    assert_eq!(shown["open"][0]["stopped"], false, "the order is about the other lot: {shown}");
    let lots: Vec<&Value> = shown["lots"].as_array().unwrap().iter().map(|lot| &lot["stopped_from"]).collect();
    assert_eq!(lots, [&Value::Null, &json!("2026-11-25")]);
    let listed = it.ask(OLGA, "GET", "suppliers", None).await.json();
    assert_eq!((&listed[0]["stopped_from"], &listed[0]["narrow_stops"]), (&Value::Null, &json!(1)), "{listed}");

    it.ask(OLGA, "POST", &path, Some(stop(own, json!(1)))).await;
    let shown = it.ask(OLGA, "GET", &format!("suppliers/{}", it.supplier), None).await.json();
    assert_eq!(shown["open"][0]["stopped"], true, "{shown}");
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let lift = json!({ "lifted_from": "2026-12-01", "document": "Bestätigung" });
    let lifted = it.ask(OLGA, "POST", &format!("{path}/{id}/lift"), Some(lift)).await;
    assert_eq!(lifted.status, StatusCode::NO_CONTENT, "{}", lifted.text);
}
