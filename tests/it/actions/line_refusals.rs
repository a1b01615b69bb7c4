//! Some lines are refused, the rest goes on.

use abruf::actions::ActionError;
use abruf::actions::refuse_lines::{LinesRefused, Refusal, refuse_lines};
use abruf::actions::release_call_off::release;
use abruf_domain::call_off::Status;

use super::{Altenrode, LINES, block, invalid_field, released};
use crate::pages::browser::{Browser, read};
use crate::world::contract::{fixed, value};

fn refusal(position: i32, reason: &str) -> Refusal {
    Refusal { position, reason: reason.into() }
}

#[tokio::test]
async fn a_refused_line_gives_its_volume_back_and_the_rest_becomes_the_order() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let id = here.request(&contract).await;
    let version = here.world.call_off(id).await.version;
    let lines = [refusal(2, "Schulung ist nicht im Haushalt")];
    let done = refuse_lines(app, &here.karl, id, version, &lines).await.unwrap();
    assert!(matches!(done, LinesRefused::Done { .. }), "{done:?}");
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "17064"], "two days at 1,180 are free again");
    assert_eq!(here.world.call_off(id).await.status, Status::Submitted);
    here.world.keeps_its_promises().await;
    let stale = refuse_lines(app, &here.karl, id, version, &lines).await;
    assert!(matches!(stale, Err(ActionError::Stale { .. })), "positions are those of a version: {stale:?}");

    here.world.at("2026-11-23T09:00:00Z");
    released(release(app, &here.karl, id, None).await);
    assert_eq!(here.volume(&contract, "contract").await, ["17064", "0", "0"]);
    assert_eq!(here.steps(id).await, ["created", "submitted", "lines_refused", "released"]);
    here.world.keeps_its_promises().await;
    let eva = Browser::signed_in(&here.world, &here.eva).await;
    let text = read(&eva.page(&format!("/abrufe/{id}")).await);
    assert!(text.contains("Abgelehnte Positionen 2 × CTX-TRN Schulung ist nicht im Haushalt Karl Beispiel"), "{text}");
}

#[tokio::test]
async fn a_rest_that_would_not_be_lawful_changes_nothing() {
    let here = Altenrode::new().await;
    let contract = here
        .world
        .contract("RV-A")
        .minimum("1000.00")
        .ceiling(value("50000.00"))
        .item("NBK", fixed("900.00"))
        .item("MON", fixed("200.00"))
        .entitles(here.town)
        .await;
    let id = here.world.request(&here.eva, &contract, &[("NBK", "1"), ("MON", "1")]).await;
    let version = here.world.call_off(id).await.version;
    let done = refuse_lines(&here.world.app, &here.karl, id, version, &[refusal(1, "zu teuer")]).await.unwrap();
    let LinesRefused::Declined { review } = done else { panic!("{done:?}") };
    assert_eq!(block(&review).rule, "min-order-value");
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "1100"]);
    assert_eq!(here.world.call_off(id).await.version, version);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn each_refused_line_needs_a_reason_and_one_line_stays() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let id = here.world.request(&here.eva, &contract, LINES).await;
    let version = here.world.call_off(id).await.version;
    for (lines, field) in [
        (&[][..], "lines"),
        (&[refusal(1, " ")], "lines[0].reason"),
        (&[refusal(7, "nein")], "lines[0].position"),
        (&[refusal(1, "nein"), refusal(2, "nein")], "lines"),
    ] {
        assert_eq!(invalid_field(refuse_lines(app, &here.karl, id, version, lines).await), field);
    }
    let own = here.world.approver(here.town).same_person_as(&here.eva).await;
    let done = refuse_lines(app, &own, id, version, &[refusal(1, "nein")]).await.unwrap();
    assert!(matches!(done, LinesRefused::NotTheirTurn { .. }), "{done:?}");
}

#[tokio::test]
async fn the_page_refuses_what_is_ticked_and_keeps_what_was_typed() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    let karl = Browser::signed_in(&here.world, &here.karl).await;
    let path = format!("/freigaben/{id}");
    let page = karl.page(&path).await;
    let refuse = format!("{path}/positionen");
    let empty = karl.submit(&page, &refuse, &[("refuse", "2"), ("reason_2", "")]).await;
    assert!(read(&empty.text).contains("Bitte schreiben Sie, warum Sie diese Position ablehnen."));
    assert!(empty.text.contains("value=\"2\" checked"));
    let done = karl.leads_on(&page, &refuse, &[("refuse", "2"), ("reason_2", "nicht im Haushalt")]).await;
    let text = read(&karl.page(&done).await);
    assert!(text.contains("Die Positionen sind abgelehnt") && text.contains("20.306,16 € brutto"), "{text}");
}
