//! Minimum purchases of a draft: what its form and the API take, and what they refuse at which field.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::House;
use crate::pages::browser::read;

/// A minimum purchase as the form sends it, with one field changed.
fn typed<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = vec![
        ("part", "minimum_purchase"),
        ("minimum_of", ""),
        ("minimum_measure", "value"),
        ("minimum_amount", "50.000,00"),
        ("due_on", "31.10.2028"),
        ("consequence", "10 % des fehlenden Werts sind zu zahlen."),
    ];
    for (name, value) in changed {
        fields.iter_mut().find(|(field, _)| field == name).unwrap().1 = value;
    }
    fields
}

#[tokio::test]
async fn the_form_refuses_a_minimum_purchase_at_the_field_and_keeps_what_was_typed() {
    let house = House::new().await;
    let at = house.draft().await;
    house.fill(&at).await;
    let form = format!("{at}/bearbeiten");
    for (changed, field, words) in [
        (vec![("minimum_amount", "0")], "minimum_amount", "über 0"),
        (vec![("minimum_amount", "")], "minimum_amount", "über 0"),
        (vec![("minimum_amount", "-5")], "minimum_amount", ""),
        (vec![("minimum_amount", "viel")], "minimum_amount", ""),
        (vec![("minimum_measure", "quantity")], "minimum_measure", "Eine Menge gilt für eine Position"),
        (vec![("minimum_measure", "stück")], "minimum_measure", "„stück“ ist nicht möglich"),
        (vec![("minimum_of", "XX-1")], "minimum_of", "Es gibt keine Position „XX-1“"),
        (vec![("due_on", "31.10.2026")], "due_on", "vor dem Vertragsbeginn am 01.11.2026"),
        (vec![("due_on", "")], "due_on", "den letzten Tag ein"),
        (vec![("due_on", "31.02.2027")], "due_on", ""),
        (vec![("consequence", " ")], "consequence", "was sonst geschieht"),
    ] {
        let refused = house.post(&form, &typed(&changed)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{changed:?}: {}", read(&refused.text));
        assert!(refused.text.contains(&format!("id=\"{field}-fehler\"")), "{changed:?}: {}", refused.text);
        let seen = read(&refused.text);
        assert!(seen.contains(words), "{changed:?}: {seen}");
        if field != "minimum_amount" {
            assert!(refused.text.contains("value=\"50.000,00\""), "{changed:?}: what was typed is lost");
        }
    }
    assert_eq!(house.number("SELECT count(*) FROM minimum_purchase").await, 0);
    house.done(&form, &typed(&[])).await;
    house
        .done(&form, &typed(&[("minimum_of", "NB-14"), ("minimum_measure", "quantity"), ("minimum_amount", "20")]))
        .await;
    let kept = "SELECT count(*) FROM minimum_purchase WHERE (item_id IS NULL AND measure = 'value' AND amount = 50000)
                                                       OR (item_id IS NOT NULL AND measure = 'quantity' AND amount = 20)";
    assert_eq!(house.number(kept).await, 2);
    let page = house.page(&form).await;
    assert!(page.contains("Sonst: 10 % des fehlenden Werts sind zu zahlen."), "{page}");
}

#[tokio::test]
async fn the_api_refuses_a_minimum_purchase_at_the_same_fields() {
    let house = House::new().await;
    let at = house.draft().await;
    house.fill(&at).await;
    let path = format!("/api/v1/contracts/{}/parts", at.rsplit('/').next().unwrap());
    let token = house.web.token("olga@elbe-saale.example").await;
    let part = |own: Value| {
        let mut part = json!({
            "part": "minimum_purchase", "of": "", "measure": "value", "amount": "50000.00", "due_on": "2028-10-31",
            "consequence": "10 % des fehlenden Werts sind zu zahlen.",
        });
        for (key, value) in own.as_object().unwrap() {
            part[key] = value.clone();
        }
        part
    };
    for (own, field) in [
        (json!({ "amount": "0" }), "minimum_amount"),
        (json!({ "amount": "-1.00" }), "minimum_amount"),
        (json!({ "measure": "quantity" }), "minimum_measure"),
        (json!({ "measure": "pieces" }), "minimum_measure"),
        (json!({ "of": "XX-1" }), "minimum_of"),
        (json!({ "due_on": "2026-10-31" }), "due_on"),
        (json!({ "consequence": "" }), "consequence"),
        (json!({ "due_on": "2027-02-30" }), "body"),
        (json!({ "amount": "viel" }), "body"),
    ] {
        let refused = house.web.api("POST", &path, &token, Some(part(own.clone()))).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{own}: {}", refused.text);
        assert_eq!(refused.json()["errors"][0]["field"], field, "{own}: {}", refused.text);
    }
    assert_eq!(house.number("SELECT count(*) FROM minimum_purchase").await, 0);
    let right = part(json!({ "of": "NB-14", "measure": "quantity", "amount": "20" }));
    let kept = house.web.api("POST", &path, &token, Some(right)).await;
    assert_eq!(kept.status, StatusCode::NO_CONTENT, "{}", kept.text);
    assert_eq!(
        house.number("SELECT count(*) FROM minimum_purchase WHERE item_id IS NOT NULL AND amount = 20").await,
        1
    );
}
