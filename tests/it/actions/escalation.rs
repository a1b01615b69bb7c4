//! A request that runs out soon is told of, once, to those who can still act.

use abruf::actions::escalate_request::escalate_due;
use abruf::actions::issue_document::issue_next;
use abruf::actions::release_call_off::release;

use super::{Altenrode, released};
use crate::pages::browser::{Browser, read};

#[tokio::test]
async fn three_days_before_its_end_a_request_is_told_of_once() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let id = here.request(&contract).await;
    here.world.at("2026-12-03T08:59:59Z");
    assert_eq!(escalate_due(app).await.unwrap(), 0, "a second too early");
    here.world.at("2026-12-03T09:00:00Z");
    assert_eq!(escalate_due(app).await.unwrap(), 1);
    here.world.at("2026-12-04T09:00:00Z");
    assert_eq!(escalate_due(app).await.unwrap(), 0, "once is enough");
    assert_eq!(here.steps(id).await, ["created", "submitted", "escalated"]);
    let events: Vec<String> = sqlx::query_scalar("SELECT kind FROM outbox WHERE done_at IS NULL")
        .fetch_all(here.world.owner())
        .await
        .unwrap();
    assert_eq!(events, ["tell_expiring"]);
    assert!(!issue_next(app).await.unwrap(), "it is no document");
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn requester_and_approver_find_it_on_their_start_page_until_it_is_decided() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    here.world.at("2026-12-04T09:00:00Z");
    escalate_due(&here.world.app).await.unwrap();
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let karl = Browser::signed_in(&here.world, &here.karl).await;
    let text = read(&eva.page("/").await);
    assert!(text.contains("Diese Abrufe verfallen bald"), "{text}");
    assert!(
        text.contains("liegt bei Karl Beispiel oder Kora Beispiel; bitte fragen Sie nach läuft in 2 Tagen ab"),
        "{text}"
    );
    assert!(read(&karl.page("/").await).contains("Sie können entscheiden läuft in 2 Tagen ab"));
    released(release(&here.world.app, &here.karl, id, None).await);
    assert!(!read(&karl.page("/").await).contains("verfallen bald"));
}

#[tokio::test]
async fn a_request_that_is_over_is_not_told_of() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    released(release(&here.world.app, &here.karl, id, None).await);
    here.world.at("2026-12-04T09:00:00Z");
    assert_eq!(escalate_due(&here.world.app).await.unwrap(), 0);
}
