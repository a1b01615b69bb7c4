//! What is refused, with place, actual, allowed and cure; nothing is written then.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{House, Who};

fn with(mut body: Value, pointer: &str, value: Value) -> Value {
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

#[tokio::test]
async fn an_invitation_says_enough_to_everybody_or_nothing() {
    let house = House::new().await;
    let made = house.done(Who::Eva, "mini-competitions", json!({ "call_off_id": house.drafts[0].0 })).await;
    let at = |part: &str| format!("mini-competitions/{}/{part}", made["id"].as_str().unwrap());
    let twice = house.refused(Who::Eva, "mini-competitions", json!({ "call_off_id": house.drafts[0].0 })).await;
    assert!(twice.contains("schon einen Miniwettbewerb"), "{twice}");
    assert!(
        house
            .refused(Who::Eva, &at("invitations"), house.invitations())
            .await
            .contains("wie Angebote abgegeben werden")
    );
    for (pointer, value, field, words) in [
        ("/scheme/price_weight", json!("59.99"), "criteria", "99,99"),
        ("/scheme/criteria/0/weight", json!("0"), "criteria[0].weight", "mehr als 0"),
        ("/scheme/criteria/0/name", json!(" "), "criteria[0].name", "Lieferzeit"),
        ("/title", json!(""), "title", "worum es geht"),
        ("/submission", json!("  "), "submission", "Anschrift"),
    ] {
        let text = house.refused(Who::Eva, &at("announcement"), with(house.announcement(), pointer, value)).await;
        assert!(text.contains(field) && text.contains(words), "{pointer}: {text}");
    }
    // Sent on 22 November: ten days end on 2 December.
    let short = with(house.announcement(), "/deadline_at", json!("2026-12-01T22:59:59Z"));
    house.done(Who::Eva, &at("announcement"), short).await;
    let text = house.refused(Who::Eva, &at("invitations"), house.invitations()).await;
    assert!(text.contains("deadline_at") && text.contains("10 Kalendertage") && text.contains("02.12.2026"), "{text}");
    let just = with(house.announcement(), "/deadline_at", json!("2026-12-01T23:00:00Z"));
    house.done(Who::Eva, &at("announcement"), just).await;
    let mut some = house.invitations();
    some["invitations"].as_array_mut().unwrap().pop();
    let text = house.refused(Who::Eva, &at("invitations"), some).await;
    assert!(text.contains("Nicht eingeladen: Gamma Consult GmbH"), "{text}");
    house.done(Who::Eva, &at("invitations"), house.invitations()).await;
    let text = house.refused(Who::Eva, &at("announcement"), house.announcement()).await;
    assert!(text.contains("stehen mit dem Versand fest"), "{text}");
    assert!(house.refused(Who::Eva, &at("invitations"), house.invitations()).await.contains("versandt"));
}

#[tokio::test]
async fn an_offer_comes_from_who_was_asked_once_and_at_a_time_that_was() {
    let house = House::new().await;
    let id = house.sent().await;
    let offers = format!("mini-competitions/{id}/offers");
    house.at("2026-11-25T09:00:00Z").await;
    let offer = house.offer(0, "2026-11-25T08:00:00Z", "1080.00");
    for (pointer, value, words) in [
        ("/supplier_id", json!(house.actor(Who::Eva).organisation.0), "nicht eingeladen"),
        ("/received_at", json!("2026-11-25T09:00:01Z"), "bis jetzt"),
        ("/received_at", json!("2026-11-22T08:59:59Z"), "vom Versand am"),
        ("/unit_prices", json!({}), "nennt Preise"),
        ("/unit_prices", json!({ "CON-PT": "-0.01" }), "nicht negativ"),
        ("/unit_prices", json!({ "ANDERES": "1.00" }), "Gefragt ist nach: CON-PT"),
        ("/channel", json!(""), "wie das Angebot ankam"),
    ] {
        let text = house.refused(Who::Eva, &offers, with(offer.clone(), pointer, value)).await;
        assert!(text.contains(words), "{pointer}: {text}");
    }
    house.done(Who::Eva, &offers, offer.clone()).await;
    assert!(house.refused(Who::Karl, &offers, offer).await.contains("schon ein Angebot erfasst"));
    house.at("2026-12-02T11:00:01Z").await;
    for who in [Who::Karl, Who::Eva] {
        house.done(who, &format!("mini-competitions/{id}/opening"), json!({})).await;
    }
    let text = house.refused(Who::Eva, &offers, house.offer(1, "2026-12-02T11:00:00Z", "1.00")).await;
    assert!(text.contains("schon geöffnet"), "{text}");
}

#[tokio::test]
async fn scoring_and_award_follow_the_announcement() {
    let house = House::new().await;
    let id = house.opened().await;
    let at = |part: &str| format!("mini-competitions/{id}/{part}");
    assert!(
        house
            .refused(Who::Eva, &at("award"), json!({ "supplier_id": house.suppliers[0].0, "reason": "Gut." }))
            .await
            .contains("nach der Wertung")
    );
    for (marks, words) in [
        (house.marks(&[(0, "5")]), "fehlen Punkte"),
        (house.marks(&[(0, "5"), (1, "10.01")]), "Erlaubt sind 0 bis 10"),
        (house.marks(&[(0, "5"), (1, "5"), (2, "5")]), "zu keinem gewerteten Angebot"),
        (with(house.marks(&[(0, "5"), (1, "5")]), "/marks/0/reason", json!("")), "fehlt der Grund"),
    ] {
        let text = house.refused(Who::Eva, &at("scoring"), marks).await;
        assert!(text.contains(words), "{text}");
    }
    house.done(Who::Eva, &at("scoring"), house.marks(&[(0, "5"), (1, "5")])).await;
    let text =
        house.refused(Who::Eva, &at("award"), json!({ "supplier_id": house.suppliers[0].0, "reason": " " })).await;
    assert!(text.contains("begründen Sie den Zuschlag"), "{text}");
    let text = house.refused(Who::Eva, &at("use"), json!({ "call_off_id": house.drafts[0].0 })).await;
    assert!(text.contains("der vergeben ist"), "{text}");
    let text = house.refused(Who::Eva, &at("abolition"), json!({ "reason": "" })).await;
    assert!(text.contains("\"reason\"") && text.contains("warum der Wettbewerb aufgehoben wird"), "{text}");
    house.done(Who::Eva, &at("abolition"), json!({ "reason": "Der Bedarf ist entfallen." })).await;
    assert!(
        house.refused(Who::Eva, &at("abolition"), json!({ "reason": "Noch einmal." })).await.contains("abgeschlossen")
    );
    // One that is abolished makes room for another.
    house.done(Who::Eva, "mini-competitions", json!({ "call_off_id": house.drafts[0].0 })).await;
}

#[tokio::test]
async fn an_offer_above_the_framework_is_shown_and_not_compared() {
    let house = House::new().await;
    let id = house.sent().await;
    let at = |part: &str| format!("mini-competitions/{id}/{part}");
    house.at("2026-12-01T09:00:00Z").await;
    for (supplier, price) in [(0, "1150.01"), (1, "1150.00")] {
        house.done(Who::Eva, &at("offers"), house.offer(supplier, "2026-12-01T08:00:00Z", price)).await;
    }
    house.at("2026-12-02T11:00:01Z").await;
    for who in [Who::Eva, Who::Karl] {
        house.done(who, &at("opening"), json!({})).await;
    }
    let standings = house.done(Who::Eva, &at("scoring"), house.marks(&[(1, "5")])).await["standings"].clone();
    assert_eq!(standings[0]["rank"], 1, "the framework's own price is allowed");
    assert_eq!(standings[1]["excluded"]["why"], "above_framework");
    let award = json!({ "supplier_id": house.suppliers[0].0, "reason": "Trotzdem." });
    assert!(house.refused(Who::Eva, &at("award"), award).await.contains("erlaubt höchstens"));
}

#[tokio::test]
async fn a_contract_without_competitions_has_none() {
    let house = House::new().await;
    sqlx::query("UPDATE framework_contract SET mechanism = 'cascade', direct_limit_net = NULL")
        .execute(&house.web.database.owner)
        .await
        .unwrap();
    let text = house.refused(Who::Eva, "mini-competitions", json!({ "call_off_id": house.drafts[0].0 })).await;
    assert!(text.contains("keine Miniwettbewerbe"), "{text}");
    let lines = json!([{ "article_number": "CON-PT", "quantity": "16" }]);
    let member = house.actor(Who::Eva).organisation.0;
    let foreign = json!({ "contract_id": "00000000-0000-0000-0000-000000000001", "member_id": member, "lines": lines });
    let answer = house.ask(Who::Olga, "POST", "mini-competitions", Some(foreign)).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let text = house.refused(Who::Olga, "mini-competitions", json!({ "member_id": member })).await;
    assert!(text.contains("entweder call_off_id"), "{text}");
}
