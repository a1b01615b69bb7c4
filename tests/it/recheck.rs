//! `abruf recheck` replays what reviews were stored, and notices a result that its facts do not give.

use abruf::actions::release_call_off::release;
use abruf::actions::submit_call_off::submit;
use abruf::recheck::recheck_all;

use crate::world::World;
use crate::world::contract::{fixed, prior_contract, value};

/// A released order and a declined draft: three reviews.
async fn lived_in() -> World {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let eva = world.buyer(town).await;
    let karl = world.approver(town).named("Karl Beispiel").await;
    let contract = world
        .contract("RV-2025-01")
        .ceiling(value("50000.00"))
        .item("TRN", fixed("1180.00").unit("Tag"))
        .entitles(town)
        .baseline("TRN", prior_contract("1300.00"))
        .await;
    let id = world.request(&eva, &contract, &[("TRN", "2")]).await;
    release(&world.app, &karl, id, None).await.unwrap();
    let declined = world.draft(&eva, &contract, &[("TRN", "500")]).await;
    submit(&world.app, &eva, declined, None).await.unwrap();
    world
}

#[tokio::test]
async fn untouched_reviews_come_out_as_they_are_stored() {
    let world = lived_in().await;
    let done = recheck_all(&world.app, |_, _| {}).await.unwrap();
    assert_eq!((done.reviews, done.identical, done.alarms), (3, 3, Vec::new()));
}

#[tokio::test]
async fn a_block_turned_into_passed_is_an_alarm_that_names_call_off_and_rule() {
    let world = lived_in().await;
    sqlx::query(
        "UPDATE review SET result = replace(result::text, '\"block\"', '\"passed\"')::jsonb WHERE outcome = 'blocked'",
    )
    .execute(world.owner())
    .await
    .unwrap();
    let done = recheck_all(&world.app, |_, _| {}).await.unwrap();
    assert_eq!((done.identical, done.alarms.len()), (2, 1));
    assert!(done.alarms[0].place.starts_with("Abruf V-"), "{:?}", done.alarms);
    assert!(done.alarms[0].what.contains("cap-value"), "{:?}", done.alarms);
}

#[tokio::test]
async fn facts_that_are_no_facts_are_an_alarm_and_do_not_hide_the_others() {
    let world = lived_in().await;
    sqlx::query("UPDATE review SET facts = '{}' WHERE outcome = 'blocked'").execute(world.owner()).await.unwrap();
    let done = recheck_all(&world.app, |_, _| {}).await.unwrap();
    assert_eq!((done.identical, done.alarms.len()), (2, 1));
    assert!(done.alarms[0].what.contains("nicht lesbar"), "{:?}", done.alarms);
}
