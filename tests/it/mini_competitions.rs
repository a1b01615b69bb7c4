//! Mini-competitions from the draft to the order, through the API and the pages, with everything that may go wrong.

mod bad_input;
mod by_pages;
mod extended;
mod replaced;
mod secrecy;
mod told;

use std::collections::btree_map::Entry;
use std::sync::Arc;

use abruf::actions::issue_document::issue_for;
use abruf::actor::Actor;
use abruf_domain::ids::{CallOffId, OrganisationId};
use axum::http::StatusCode;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::web::{Answer, Web};
use crate::world::World;
use crate::world::contract::{Contract, fixed, prior_contract, value};

/// Who acts in these tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// Buyer of the town.
    Eva,
    /// Approver of the town.
    Karl,
    /// Buyer of another town.
    Nora,
    /// Office of the body.
    Olga,
    /// Another of the office.
    Otto,
    /// Auditor of the town.
    Rita,
}

impl Who {
    const ALL: [Self; 6] = [Self::Eva, Self::Karl, Self::Nora, Self::Olga, Self::Otto, Self::Rita];

    fn email(self) -> String {
        format!("{self:?}@beispiel.example").to_lowercase()
    }
}

/// A town with a contract of three consultants, direct up to 10,000 euros.
pub(super) struct House {
    pub(super) web: Web,
    pub(super) actors: Vec<Actor>,
    pub(super) suppliers: [OrganisationId; 3],
    pub(super) contract: Contract,
    /// A draft of Eva's over 16 days, and another one.
    pub(super) drafts: [CallOffId; 2],
    tokens: Arc<Mutex<std::collections::BTreeMap<Who, String>>>,
}

impl House {
    pub(super) async fn new() -> Self {
        let world = World::new().await;
        let town = world.member("Stadt Altenrode").await;
        let other = world.member("Stadt Neufeld").await;
        let actors = vec![
            world.buyer(town).named("Eva Muster").await,
            world.approver(town).named("Karl Beispiel").up_to("50000.00").await,
            world.buyer(other).named("Nora Nachbarin").await,
            world.office().named("Olga Geschäftsstelle").await,
            world.office().named("Otto Zweitperson").await,
            world.auditor(&[town]).between("2026-01-01", "2027-12-31").named("Rita Prüferin").await,
        ];
        let [two, three] = [
            world.organisation("Beta Beratung GmbH", "unternehmen").await,
            world.organisation("Gamma Consult GmbH", "unternehmen").await,
        ];
        world.plays(two, "supplier").await;
        world.plays(three, "supplier").await;
        let contract = world
            .contract("RV-2025-05")
            .competition_above("10000.00")
            .supplier(two)
            .supplier(three)
            .ceiling(value("400000.00"))
            .item("CON-PT", fixed("1150.00").unit("Tag"))
            .entitles(town)
            .baseline("CON-PT", prior_contract("1200.00"))
            .await;
        let drafts = [
            world.draft(&actors[0], &contract, &[("CON-PT", "16")]).await,
            world.draft(&actors[0], &contract, &[("CON-PT", "9")]).await,
        ];
        let suppliers = [world.supplier, two, three];
        let web = Web::over(world).await;
        let house = Self { web, actors, suppliers, contract, drafts, tokens: Arc::default() };
        for who in Who::ALL {
            house.web.cookie_of(house.actor(who), &who.email()).await;
        }
        house
    }

    pub(super) fn actor(&self, who: Who) -> &Actor {
        let at = Who::ALL.iter().position(|it| *it == who).unwrap();
        &self.actors[at]
    }

    /// Moves the clock; sessions end meanwhile.
    pub(super) async fn at(&self, instant: &str) {
        self.web.app.clock.set(instant.parse().unwrap());
        self.tokens.lock().await.clear();
    }

    pub(super) async fn ask(&self, who: Who, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mut tokens = self.tokens.lock().await;
        if let Entry::Vacant(free) = tokens.entry(who) {
            free.insert(self.web.token(&who.email()).await);
        }
        let token = tokens[&who].clone();
        drop(tokens);
        self.web.api(method, &format!("/api/v1/{path}"), &token, body).await
    }

    /// Must be done.
    pub(super) async fn done(&self, who: Who, path: &str, body: Value) -> Value {
        let method = if path.ends_with("/announcement") { "PUT" } else { "POST" };
        let answer = self.ask(who, method, path, Some(body)).await;
        assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.text);
        if answer.text.is_empty() { Value::Null } else { answer.json() }
    }

    /// Must be refused with 409 or 422; the words, and nothing is written into the log.
    pub(super) async fn refused(&self, who: Who, path: &str, body: Value) -> String {
        let before = self.log().await;
        let method = if path.ends_with("/announcement") { "PUT" } else { "POST" };
        let answer = self.ask(who, method, path, Some(body)).await;
        let expected = [StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY];
        assert!(expected.contains(&answer.status), "{path}: {} {}", answer.status, answer.text);
        assert_eq!(self.log().await, before, "{path}: a refusal writes nothing");
        answer.text
    }

    pub(super) async fn log(&self) -> i64 {
        let sql = "SELECT count(*) FROM audit_entry WHERE action LIKE 'competition\\_%'";
        sqlx::query_scalar(sql).fetch_one(&self.web.database.owner).await.unwrap()
    }

    pub(super) fn announcement(&self) -> Value {
        json!({
            "title": "Beratung zur Netzumstellung", "deadline_at": "2026-12-02T11:00:00Z",
            "submission": "vergabe@altenrode.example",
            "scheme": {
                "price_weight": "60", "price_formula": "ratio", "criteria": [{"name": "Lieferzeit", "weight": "40"}],
                "tie_rule": "lower_price",
            },
        })
    }

    pub(super) fn invitations(&self) -> Value {
        let all: Vec<Value> = self
            .suppliers
            .iter()
            .map(|supplier| json!({ "supplier_id": supplier.0, "address": "angebote@lieferant.example" }))
            .collect();
        json!({ "invitations": all })
    }

    pub(super) fn offer(&self, supplier: usize, received_at: &str, price: &str) -> Value {
        json!({
            "supplier_id": self.suppliers[supplier].0, "received_at": received_at, "channel": "E-Mail",
            "unit_prices": { "CON-PT": price }, "statement": "Beginn in drei Tagen",
        })
    }

    /// That an offer came, without a word of what it says.
    pub(super) fn arrival(&self, supplier: usize, received_at: &str) -> Value {
        json!({ "supplier_id": self.suppliers[supplier].0, "received_at": received_at, "channel": "E-Mail" })
    }

    pub(super) fn marks(&self, marks: &[(usize, &str)]) -> Value {
        let marks: Vec<Value> = marks
            .iter()
            .map(|(supplier, points)| {
                json!({
                    "supplier_id": self.suppliers[*supplier].0, "criterion": 0, "points": points,
                    "reason": "Beginn wie angeboten",
                })
            })
            .collect();
        json!({ "marks": marks })
    }

    /// Eva's competition, announced and sent.
    pub(super) async fn sent(&self) -> Uuid {
        let made = self.done(Who::Eva, "mini-competitions", json!({ "call_off_id": self.drafts[0].0 })).await;
        let id: Uuid = made["id"].as_str().unwrap().parse().unwrap();
        self.done(Who::Eva, &format!("mini-competitions/{id}/announcement"), self.announcement()).await;
        self.done(Who::Eva, &format!("mini-competitions/{id}/invitations"), self.invitations()).await;
        id
    }

    /// With two offers in time, opened by two.
    pub(super) async fn opened(&self) -> Uuid {
        let id = self.sent().await;
        self.at("2026-12-01T09:00:00Z").await;
        for (supplier, price) in [(0, "1080.00"), (1, "1120.00")] {
            let offer = self.offer(supplier, "2026-12-01T08:00:00Z", price);
            self.done(Who::Eva, &format!("mini-competitions/{id}/offers"), offer).await;
        }
        self.at("2026-12-02T11:00:01Z").await;
        for who in [Who::Eva, Who::Karl] {
            self.done(who, &format!("mini-competitions/{id}/opening"), json!({})).await;
        }
        id
    }
}

#[tokio::test]
async fn a_competition_runs_from_the_draft_to_the_order() {
    let house = House::new().await;
    let draft = format!("call-offs/{}", house.drafts[0]);
    let review = house.ask(Who::Eva, "GET", &format!("{draft}/review"), None).await;
    assert!(review.text.contains("mini-competition-required"), "{}", review.text);
    let id = house.sent().await;
    let at = |part: &str| format!("mini-competitions/{id}/{part}");

    let asked = json!({ "supplier_id": house.suppliers[1].0, "asked_at": "2026-11-22T09:00:00Z", "question": "Auch samstags?" });
    let question = house.done(Who::Karl, &at("questions"), asked).await["id"].as_str().unwrap().to_owned();
    house
        .done(Who::Eva, &at(&format!("questions/{question}/answer")), json!({ "answer": "Nein, nur werktags." }))
        .await;
    assert!(
        house
            .refused(Who::Eva, &at(&format!("questions/{question}/answer")), json!({ "answer": "Doch." }))
            .await
            .contains("schon beantwortet")
    );

    house.at("2026-12-02T11:00:00Z").await;
    for (supplier, price) in [(0, "1080.00"), (1, "1120.00")] {
        let received = house.done(Who::Eva, &at("offers"), house.offer(supplier, "2026-12-02T11:00:00Z", price)).await;
        assert_eq!((received["late"].as_bool(), received["seal"].as_str().unwrap().len()), (Some(false), 64));
    }
    assert!(house.refused(Who::Eva, &at("opening"), json!({})).await.contains("bleiben bis zum Ende der Frist"));
    house.at("2026-12-02T11:00:01Z").await;
    let words = house.refused(Who::Eva, &at("offers"), house.offer(2, "2026-12-02T11:00:01Z", "900.00")).await;
    assert!(words.contains("received_at") && words.contains("§ 57 Abs. 1 Nr. 1 VgV"), "{words}");
    let late = house.done(Who::Eva, &at("offers"), house.arrival(2, "2026-12-02T11:00:01Z")).await;
    assert_eq!((late["late"].as_bool(), late["seal"].as_str()), (Some(true), Some("")));
    assert_eq!(house.done(Who::Eva, &at("opening"), json!({})).await["opened"], false);
    assert!(house.refused(Who::Eva, &at("opening"), json!({})).await.contains("zwei verschiedene Personen"));
    assert_eq!(house.done(Who::Karl, &at("opening"), json!({})).await["opened"], true);

    // 60 x 17280/17920 + 40 x 9/10 = 57.86 + 36 beats 60 + 40 x 5/10 = 80.
    let standings = house.done(Who::Eva, &at("scoring"), house.marks(&[(0, "5"), (1, "9")])).await["standings"].clone();
    assert_eq!((standings[0]["score"].as_str(), standings[1]["score"].as_str()), (Some("93.86"), Some("80.00")));
    // A correction is a further round.
    let standings = house.done(Who::Eva, &at("scoring"), house.marks(&[(0, "9"), (1, "9")])).await["standings"].clone();
    assert_eq!(standings[0]["supplier"], json!(house.suppliers[0].0));
    assert_eq!((standings[0]["score"].as_str(), standings[1]["score"].as_str()), (Some("96.00"), Some("93.86")));
    let award = |supplier: usize| json!({ "supplier_id": house.suppliers[supplier].0, "reason": "Beste Punktzahl." });
    assert!(house.refused(Who::Eva, &at("award"), award(1)).await.contains("Rang 2"));
    assert!(house.refused(Who::Eva, &at("award"), award(2)).await.contains("Rang 1"), "late is not the best");
    house.done(Who::Eva, &at("award"), award(0)).await;

    house.done(Who::Eva, &at("use"), json!({ "call_off_id": house.drafts[0].0 })).await;
    let submitted = house.ask(Who::Eva, "POST", &format!("{draft}/submission"), Some(json!({}))).await;
    assert_eq!(submitted.status, StatusCode::OK, "{}", submitted.text);
    let findings = submitted.json()["review"]["findings"].clone();
    let of = |rule: &str| findings.as_array().unwrap().iter().find(|it| it["rule"] == rule).cloned();
    let complete = of("mini-competition-complete").unwrap_or(json!({ "outcome": "passed" }));
    assert_eq!(complete["outcome"], "passed", "{findings}");
    assert!(of("mini-competition-required").is_none(), "{findings}");
    let released = house.ask(Who::Karl, "POST", &format!("{draft}/release"), Some(json!({}))).await;
    assert_eq!(released.status, StatusCode::OK, "{}", released.text);
    let net: String = sqlx::query_scalar("SELECT net::text FROM call_off WHERE id = $1")
        .bind(house.drafts[0].0)
        .fetch_one(&house.web.database.owner)
        .await
        .unwrap();
    assert_eq!(net, "17280.00", "16 days at the offered 1,080 euros");
    issue_for(&house.web.app, house.drafts[0]).await.unwrap();
    let memo: String = sqlx::query_scalar("SELECT input FROM document WHERE call_off_id = $1 AND kind = 'memo'")
        .bind(house.drafts[0].0)
        .fetch_one(&house.web.database.owner)
        .await
        .unwrap();
    let found = serde_json::from_str::<Value>(&memo).unwrap()["data"]["mechanism"].clone();
    let labels: Vec<&str> = found.as_array().unwrap().iter().filter_map(|row| row["label"].as_str()).collect();
    for said in ["Eingeladen", "Angebotsfrist", "Öffnung", "Zuschlagskriterium", "Angebot"] {
        assert!(labels.contains(&said), "the memo says how the supplier was found: no {said} in {found}");
    }

    let again = house.refused(Who::Eva, &at("use"), json!({ "call_off_id": house.drafts[1].0 })).await;
    assert!(again.contains("anderen Abruf"), "{again}");
    let messages: Vec<String> = sqlx::query_scalar("SELECT kind FROM outbox WHERE competition_id = $1 ORDER BY id")
        .bind(id)
        .fetch_all(&house.web.database.owner)
        .await
        .unwrap();
    assert_eq!(messages, ["tell_invitation", "tell_answer", "tell_award"]);
    let audit = house.ask(Who::Rita, "GET", &format!("mini-competitions/{id}"), None).await;
    assert_eq!(audit.json()["state"], "awarded");
}

#[tokio::test]
async fn two_who_sign_in_the_same_instant_are_first_and_second() {
    let house = House::new().await;
    let id = house.sent().await;
    house.at("2026-12-02T11:00:01Z").await;
    let sign = |who| abruf::actions::open_offers::sign(&house.web.app, house.actor(who), id.into());
    let (one, same) = tokio::join!(sign(Who::Eva), sign(Who::Eva));
    assert!(one.is_ok() != same.is_ok(), "one person is one signature: {one:?} {same:?}");

    let house = House::new().await;
    let id = house.sent().await;
    house.at("2026-12-02T11:00:01Z").await;
    let sign = |who| abruf::actions::open_offers::sign(&house.web.app, house.actor(who), id.into());
    let (one, other) = tokio::join!(sign(Who::Eva), sign(Who::Karl));
    let mut signed = [format!("{:?}", one.unwrap()), format!("{:?}", other.unwrap())];
    signed.sort();
    assert_eq!(signed, ["First", "Opened"]);
    let apart: bool = sqlx::query_scalar("SELECT opened_by <> opened_with FROM mini_competition WHERE id = $1")
        .bind(id)
        .fetch_one(&house.web.database.owner)
        .await
        .unwrap();
    assert!(apart);
}
