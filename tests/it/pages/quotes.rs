//! A free-text item takes its price from a quote or an EVB-IT contract, up to the cap of the contract.

use axum::http::StatusCode;

use super::browser::{Browser, read};
use crate::world::World;
use crate::world::contract::{fixed, value};

#[tokio::test]
async fn a_free_text_item_asks_for_its_quote_and_keeps_below_its_cap() {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let eva = world.buyer(town).await;
    let contract = world
        .contract("RV-2025-01")
        .ceiling(value("500000.00"))
        .item("FREI", fixed("1.00").unit("Projekt"))
        .entitles(town)
        .await;
    sqlx::query("UPDATE price_term SET kind = 'quoted', unit_price = NULL, clause = '{\"type\": \"quoted\", \"cap\": \"5000.00\"}'")
        .execute(world.owner())
        .await
        .unwrap();
    let browser = Browser::signed_in(&world, &eva).await;
    let path = format!("/rahmenvertraege/{}", contract.id);
    let page = browser.page(&path).await;
    let lines = browser.leads_on(&page, &format!("{path}/abrufen"), &[]).await;
    let page = browser.page(&lines).await;
    assert!(
        read(&page).contains("höchstens 5.000,00 € je Projekt") && read(&page).contains("Angebot oder EVB-IT-Vertrag")
    );
    let row = |price: &'static str, paper: &'static str| {
        [("angebot", "FREI"), ("menge", "1"), ("angebotspreis", price), ("angebotsbeleg", paper)]
    };
    let without = [&row("4800", "")[..], &[("weiter", "angaben")]].concat();
    let answer = browser.submit(&page, &lines, &without).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(read(&answer.text).contains("Bitte nennen Sie das Angebot des Lieferanten"), "{}", read(&answer.text));
    assert!(answer.text.contains("value=\"4800\"") && answer.text.contains("angebotsbeleg-0-fehler"));

    let above = [&row("5.000,01", "EVB-IT Dienstvertrag 17")[..], &[("weiter", "aktualisieren")]].concat();
    browser.leads_on(&page, &lines, &above).await;
    let page = browser.page(&lines).await;
    assert!(read(&page).contains("5.000,00 €") && page.contains("finding--block"), "{}", read(&page));
    let within = [&row("4.800,00", "EVB-IT Dienstvertrag 17")[..], &[("weiter", "aktualisieren")]].concat();
    browser.leads_on(&page, &lines, &within).await;
    let page = browser.page(&lines).await;
    assert!(!page.contains("finding--block") && page.contains("value=\"EVB-IT Dienstvertrag 17\""), "{}", read(&page));
    assert!(read(&page).contains("4.800,00 €"));
}
