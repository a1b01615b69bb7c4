//! An offer that its bidder replaces: every receipt stays, the latest in time counts, the rest is never opened.

use abruf::actions::receive_offer::{Arrived, receive};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{House, Who};

impl House {
    async fn offered(&self, id: Uuid, body: Value) -> Value {
        self.done(Who::Eva, &format!("mini-competitions/{id}/offers"), body).await
    }

    async fn shown(&self, id: Uuid) -> Value {
        self.ask(Who::Eva, "GET", &format!("mini-competitions/{id}"), None).await.json()
    }

    /// After the deadline in force.
    async fn opened_at(&self, id: Uuid, instant: &str) {
        self.at(instant).await;
        for who in [Who::Eva, Who::Karl] {
            self.done(who, &format!("mini-competitions/{id}/opening"), json!({})).await;
        }
    }
}

#[tokio::test]
async fn the_latest_in_time_counts_and_what_it_replaced_stays_closed() {
    let house = House::new().await;
    let id = house.sent().await;
    house.at("2026-12-01T12:00:00Z").await;
    let first = house.offered(id, house.offer(0, "2026-11-30T08:00:00Z", "1111.11")).await;
    assert_eq!((first["sequence"].as_i64(), first["replaces"].as_bool()), (Some(1), Some(false)));
    house.offered(id, house.offer(1, "2026-11-30T09:00:00Z", "1120.00")).await;
    let second = house.offered(id, house.offer(0, "2026-12-01T08:00:00Z", "1080.00")).await;
    assert_eq!((second["sequence"].as_i64(), second["replaces"].as_bool()), (Some(2), Some(true)));
    // A letter that was on its way is recorded late and changes nothing.
    let letter = house.offered(id, house.offer(0, "2026-11-29T08:00:00Z", "999.99")).await;
    assert_eq!((letter["sequence"].as_i64(), letter["replaces"].as_bool()), (Some(3), Some(false)));

    let receipts = house.shown(id).await["receipts"].clone();
    let replaced: Vec<(Option<&str>, Option<bool>)> =
        receipts.as_array().unwrap().iter().map(|it| (it["received_at"].as_str(), it["replaced"].as_bool())).collect();
    assert_eq!(
        replaced,
        [
            (Some("2026-11-29T08:00:00Z"), Some(true)),
            (Some("2026-11-30T08:00:00Z"), Some(true)),
            (Some("2026-11-30T09:00:00Z"), Some(false)),
            (Some("2026-12-01T08:00:00Z"), Some(false)),
        ]
    );
    house.opened_at(id, "2026-12-02T11:00:01Z").await;
    let shown = house.shown(id).await;
    assert_eq!(shown["offers"].as_array().unwrap().len(), 2, "{shown}");
    let text = shown.to_string();
    assert!(text.contains("1080") && !text.contains("1111.11") && !text.contains("999.99"), "{text}");
    for who in [Who::Eva, Who::Olga, Who::Rita] {
        let mut tx = house.web.app.db.begin(house.actor(who)).await.unwrap();
        let visible: i64 =
            sqlx::query_scalar("SELECT count(*) FROM mini_competition_offer").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(visible, 2, "{who:?} by SQL: what was replaced is never opened");
    }
    let standings = house
        .done(Who::Eva, &format!("mini-competitions/{id}/scoring"), house.marks(&[(0, "9"), (1, "9")]))
        .await["standings"]
        .clone();
    assert_eq!(standings[0]["total"], "17280.00", "16 days at the price of the second offer: {standings}");

    let award = json!({ "supplier_id": house.suppliers[0].0, "reason": "Beste Punktzahl." });
    house.done(Who::Eva, &format!("mini-competitions/{id}/award"), award).await;
    let cookie = house.web.sign_in(&Who::Eva.email()).await;
    let record = house.web.get(&format!("/miniwettbewerbe/{id}/vermerk"), &cookie).await;
    assert_eq!(record.text.matches("durch ein späteres Angebot ersetzt").count(), 2, "{}", record.text);
    assert!(record.text.contains("Unverändert seit dem Eingang."), "the seal is that of the offer that counts");
    let file = house.web.get(&format!("/miniwettbewerbe/{id}/vermerk.pdf"), &cookie).await;
    assert_eq!(file.status, axum::http::StatusCode::OK);
    let input: String =
        sqlx::query_scalar("SELECT input FROM certificate").fetch_one(&house.web.database.owner).await.unwrap();
    assert_eq!(input.matches("\"replaced\":true").count(), 2, "{input}");
}

#[tokio::test]
async fn a_late_replacement_leaves_the_offer_in_time_as_it_is() {
    let house = House::new().await;
    let id = house.sent().await;
    house.at("2026-12-02T11:00:00Z").await;
    house.offered(id, house.offer(0, "2026-12-02T11:00:00Z", "1080.00")).await;
    let twice = house
        .refused(Who::Karl, &format!("mini-competitions/{id}/offers"), house.offer(0, "2026-12-02T11:00:00Z", "1.00"))
        .await;
    assert!(twice.contains("received_at") && twice.contains("schon ein Angebot erfasst"), "{twice}");
    house.at("2026-12-02T11:00:02Z").await;
    let offers = format!("mini-competitions/{id}/offers");
    let words = house.refused(Who::Eva, &offers, house.offer(0, "2026-12-02T11:00:01Z", "900.00")).await;
    assert!(words.contains("received_at") && words.contains("§ 57") && words.contains("leer"), "{words}");
    let mut spoken = house.arrival(0, "2026-12-02T11:00:01Z");
    spoken["statement"] = json!("Wir senken den Preis.");
    assert!(house.refused(Who::Eva, &offers, spoken).await.contains("received_at"), "words are content too");
    let late = house.offered(id, house.arrival(0, "2026-12-02T11:00:01Z")).await;
    assert_eq!((late["late"].as_bool(), late["replaces"].as_bool()), (Some(true), Some(false)));
    house.opened_at(id, "2026-12-02T11:00:03Z").await;
    let shown = house.shown(id).await;
    assert_eq!(shown["offers"].as_array().unwrap().len(), 1);
    assert!(shown["offers"].to_string().contains("1080"), "{shown}");
    house.done(Who::Eva, &format!("mini-competitions/{id}/scoring"), house.marks(&[(0, "9")])).await;
    let award = json!({ "supplier_id": house.suppliers[0].0, "reason": "Einziges Angebot." });
    house.done(Who::Eva, &format!("mini-competitions/{id}/award"), award).await;
}

#[tokio::test]
async fn two_replacements_in_the_same_instant_are_both_kept_and_the_later_counts() {
    for round in 0..10 {
        let house = House::new().await;
        let id = house.sent().await;
        house.at("2026-12-01T12:00:00Z").await;
        house.offered(id, house.offer(0, "2026-11-30T08:00:00Z", "1100.00")).await;
        let body = |at: &str, price: &str| Arrived {
            supplier: house.suppliers[0],
            received_at: at.parse().unwrap(),
            channel: "E-Mail".to_owned(),
            unit_prices: [("CON-PT".to_owned(), price.parse().unwrap())].into(),
            statement: String::new(),
        };
        let (earlier, later) = (body("2026-12-01T08:00:00Z", "1090.00"), body("2026-12-01T09:00:00Z", "1080.00"));
        let receive = async |who: Who, offer: &Arrived| {
            receive(&house.web.app, house.actor(who), id.into(), offer).await.unwrap()
        };
        let (one, two) = match round % 2 {
            0 => tokio::join!(receive(Who::Eva, &earlier), receive(Who::Karl, &later)),
            _ => tokio::join!(receive(Who::Karl, &later), receive(Who::Eva, &earlier)),
        };
        let mut sequences = [one.sequence, two.sequence];
        sequences.sort_unstable();
        assert_eq!(sequences, [2, 3], "round {round}");
        house.opened_at(id, "2026-12-02T11:00:01Z").await;
        let offers = house.shown(id).await["offers"].clone();
        assert_eq!(offers[0]["unit_prices"]["CON-PT"].as_str().map(|it| it.trim_end_matches('0')), Some("1080."));
        assert_eq!(offers.as_array().unwrap().len(), 1, "round {round}: {offers}");
    }
}
