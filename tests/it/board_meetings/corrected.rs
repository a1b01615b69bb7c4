//! A baseline that counts no more alters no frozen report: what it comes to stands in the next one.

use abruf::actions::reproduce_document::{Outcome, find, reproduce};
use abruf::actions::withdraw_baseline;
use abruf_domain::ids::BaselineId;
use serde_json::json;
use uuid::Uuid;

use super::House;
use crate::pages::browser::{Browser, read};

#[tokio::test]
async fn a_baseline_withdrawn_after_the_meeting_alters_no_frozen_report_and_is_restated_in_the_next() {
    let house = House::new().await;
    let app = &house.world.app;
    let first = house.freeze(&house.olga, 2026, "2026-12-15").await.unwrap().id();
    let frozen = house.stored(first).await;

    house.world.at("2026-11-25T09:00:00Z");
    let wrong: Uuid = sqlx::query_scalar(
        "SELECT b.id FROM baseline b JOIN item i ON i.contract_id = b.contract_id AND i.id = b.item_id
         WHERE i.article_number = 'A1'",
    )
    .fetch_one(house.world.owner())
    .await
    .unwrap();
    let otto = house.world.office().named("Otto Amt").await;
    withdraw_baseline::ask(app, &house.olga, BaselineId(wrong), "brutto abgeschrieben", None).await.unwrap();
    withdraw_baseline::approve(app, &otto, BaselineId(wrong)).await.unwrap();

    assert_eq!(house.stored(first).await, frozen, "figures, paper and list stay byte for byte");
    let sven = Browser::signed_in(&house.world, &house.sven).await;
    let page = read(&sven.page(&format!("/berichte/sitzung/{first}")).await);
    assert!(page.contains("193,95 €"), "as it was frozen: {page}");
    // 7 and 2 pieces at 23.45 each count for nothing any more.
    for row in ["\u{2212}164,15 €", "\u{2212}46,90 €", "Einsparung nachgebucht"] {
        assert!(page.contains(row), "{row}: {page}");
    }

    let second = house.freeze(&house.bea, 2026, "2026-12-29").await.unwrap().id();
    let data = house.data(second).await;
    let restated = &data["restatement"];
    assert_eq!((&restated["report"], &restated["frozen"]), (&json!("SB-2026-01"), &json!("193.95")));
    let rows: Vec<_> =
        (0..2_usize).map(|at| (&restated["rows"][at]["difference"], &restated["rows"][at]["reason"])).collect();
    let reason = json!("Einsparung nachgebucht");
    assert_eq!(rows, [(&json!("-164.15"), &reason), (&json!("-46.90"), &reason)]);
    // The 4 pieces of 2025 are corrected on the day of the withdrawal: a year that is over does not change.
    assert_eq!(
        (&restated["changed"], &restated["added_call_offs"], &restated["added"]),
        (&json!("-211.05"), &json!(1), &json!("-93.80"))
    );
    assert_eq!((&restated["now"], &data["total"]["a_net"]), (&json!("-110.90"), &json!("-110.90")));

    for document in find(app, Some("SB-2026-01")).await.unwrap() {
        assert_eq!(reproduce(app, document).await.unwrap().outcome, Outcome::Identical);
    }
    house.world.keeps_its_promises().await;
}
