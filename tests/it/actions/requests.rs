//! Requests on their way back or out: returned, changed, withdrawn, refused, run out.

use abruf::actions::ActionError;
use abruf::actions::discard_draft::discard;
use abruf::actions::end_request::{expire, expire_due, refuse, withdraw};
use abruf::actions::release_call_off::release;
use abruf::actions::return_call_off::return_to_requester;
use abruf::actions::submit_call_off::{Submission, submit};
use abruf_domain::call_off::Status;

use super::{Altenrode, LINES, block, declined, figure, invalid_field, released, submitted};
use crate::world::contract::{fixed, quantity, value};

#[tokio::test]
async fn a_returned_request_keeps_its_reservation_and_adjusts_it_up_and_down() {
    let here = Altenrode::new().await;
    let contract = here.citrix("RV-A").ceiling(value("30000.00")).entitles(here.town).await;
    let app = &here.world.app;
    let id = here.request(&contract).await;
    let expires_at = here.world.call_off(id).await.expires_at;
    for (instant, lines, held) in [
        ("2026-11-23T09:00:00Z", &[("CTX-UNI", "200")][..], "28440"),
        ("2026-11-24T09:00:00Z", &[("CTX-TRN", "1")], "1180"),
        ("2026-11-25T09:00:00Z", &[("CTX-TRN", "25")], "29500"),
        ("2026-11-26T09:00:00Z", LINES, "19424"),
    ] {
        here.world.at(instant);
        let before = here.volume(&contract, "contract").await;
        return_to_requester(app, &here.karl, id, "Bitte die Menge prüfen").await.unwrap();
        assert_eq!(here.world.call_off(id).await.status, Status::Returned);
        assert_eq!(here.volume(&contract, "contract").await, before, "nothing is given back");
        here.world.change(&here.eva, id, lines).await;
        assert_eq!(here.volume(&contract, "contract").await, before, "changing lines moves nothing either");
        submitted(submit(app, &here.eva, id, None).await);
        assert_eq!(here.volume(&contract, "contract").await, ["0", "0", held]);
        here.world.keeps_its_promises().await;
    }
    assert_eq!(here.world.call_off(id).await.expires_at, expires_at, "going back and forth holds no volume for ever");
    released(release(app, &here.kora, id, None).await);
    assert_eq!(here.volume(&contract, "contract").await, ["19424", "0", "0"]);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_returned_request_that_grows_too_much_stays_returned_with_what_it_has() {
    let here = Altenrode::new().await;
    let contract = here.citrix("RV-A").ceiling(value("20000.00")).entitles(here.town).await;
    let id = here.request(&contract).await;
    return_to_requester(&here.world.app, &here.karl, id, "").await.unwrap();
    here.world.change(&here.eva, id, &[("CTX-UNI", "200")]).await;
    let review = declined(submit(&here.world.app, &here.eva, id, None).await);
    assert_eq!(block(&review).rule, "cap-value");
    assert_eq!(figure(block(&review), "reserved"), "0.00", "its own reservation does not stand in its way");
    assert_eq!(here.world.call_off(id).await.status, Status::Returned);
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "19424"]);
    here.world.change(&here.eva, id, &[("CTX-UNI", "10")]).await;
    submitted(submit(&here.world.app, &here.eva, id, None).await);
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "1422"]);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_scope_the_changed_lines_no_longer_touch_gets_its_volume_back() {
    let here = Altenrode::new().await;
    let contract = here
        .world
        .contract("RV-A")
        .lot("Geräte")
        .lot_ceiling(value("5000.00"))
        .item("NBK", fixed("900.00"))
        .item_ceiling("NBK", quantity("5"))
        .lot("Zubehör")
        .item("MON", fixed("200.00"))
        .entitles(here.town)
        .await;
    let id = here.world.request(&here.eva, &contract, &[("NBK", "5"), ("MON", "1")]).await;
    assert_eq!(here.volume(&contract, "item").await, ["0", "0", "5"]);
    here.world.at("2026-11-23T09:00:00Z");
    return_to_requester(&here.world.app, &here.karl, id, "Bildschirme genügen").await.unwrap();
    here.world.change(&here.eva, id, &[("MON", "3")]).await;
    submitted(submit(&here.world.app, &here.eva, id, None).await);
    assert_eq!(here.volume(&contract, "item").await, ["0", "0", "0"]);
    assert_eq!(here.volume(&contract, "lot").await, ["0", "0", "0"]);
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "600"]);
    released(release(&here.world.app, &here.karl, id, None).await);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_returned_request_that_ran_out_is_over() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    return_to_requester(&here.world.app, &here.karl, id, "Bitte prüfen").await.unwrap();
    here.world.at("2026-12-06T09:00:00Z");
    let again = submit(&here.world.app, &here.eva, id, None).await;
    assert!(matches!(again, Err(ActionError::WrongState(Status::Expired))), "{again:?}");
    assert_eq!(here.world.call_off(id).await.status, Status::Expired);
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "0"]);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_refusal_needs_a_reason_and_gives_the_volume_back() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let id = here.request(&contract).await;
    for reason in ["", " \n ", "\0", &"x".repeat(2001)] {
        assert_eq!(invalid_field(refuse(app, &here.karl, id, reason).await), "reason");
    }
    for other in [&here.eva, &here.olga] {
        let refused = refuse(app, other, id, "Nein").await;
        assert!(matches!(refused, Err(ActionError::NotPermitted(_))), "{refused:?}");
    }
    refuse(app, &here.karl, id, "Kein Haushaltsansatz").await.unwrap();
    let call_off = here.world.call_off(id).await;
    assert_eq!((call_off.status, call_off.ended_at), (Status::Refused, Some(app.clock.now())));
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "0"]);
    assert_eq!(here.steps(id).await, ["created", "submitted", "refused"]);
    assert_eq!(here.log(id).await, ["call_off_submitted", "call_off_refused"]);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn the_log_binds_a_reason_it_does_not_hold() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    refuse(&here.world.app, &here.karl, id, "Frau Muster ist erkrankt").await.unwrap();
    let (canonical, detail): (String, String) = sqlx::query_as(
        "SELECT e.canonical, d.detail::text FROM audit_entry e
         JOIN audit_detail d ON d.chain_id = e.chain_id AND d.leaf_hash = e.leaf_hash
         WHERE e.call_off_id = $1",
    )
    .bind(id.0)
    .fetch_one(here.world.owner())
    .await
    .unwrap();
    assert!(detail.contains("erkrankt") && !canonical.contains("erkrankt"), "{canonical}");
    // Erased, the chain still holds.
    sqlx::query("DELETE FROM audit_detail").execute(here.world.owner()).await.unwrap();
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn only_the_requester_withdraws_and_nothing_that_is_over() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let emil = here.world.buyer(here.town).await;
    let id = here.request(&contract).await;
    let foreign = withdraw(app, &emil, id).await;
    assert!(matches!(foreign, Err(ActionError::NotFound)), "{foreign:?}");
    let approver = withdraw(app, &here.karl, id).await;
    assert!(matches!(approver, Err(ActionError::NotPermitted(_))), "{approver:?}");
    withdraw(app, &here.eva, id).await.unwrap();
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "0"]);
    let again = withdraw(app, &here.eva, id).await;
    assert!(matches!(again, Err(ActionError::WrongState(Status::Withdrawn))), "{again:?}");
    let returned = return_to_requester(app, &here.karl, id, "").await;
    assert!(matches!(returned, Err(ActionError::WrongState(Status::Withdrawn))), "{returned:?}");
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn only_its_writer_discards_a_draft_and_then_it_is_gone_for_good() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let emil = here.world.buyer(here.town).await;
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    let foreign = discard(app, &emil, id).await;
    assert!(matches!(foreign, Err(ActionError::NotFound)), "{foreign:?}");
    let approver = discard(app, &here.karl, id).await;
    assert!(matches!(approver, Err(ActionError::NotPermitted(_))), "{approver:?}");
    discard(app, &here.eva, id).await.unwrap();
    assert_eq!(here.world.call_off(id).await.status, Status::Discarded);
    assert_eq!(here.steps(id).await, ["created", "discarded"]);
    assert_eq!(here.log(id).await, ["draft_discarded"]);
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "0"]);
    let again = discard(app, &here.eva, id).await;
    assert!(matches!(again, Err(ActionError::WrongState(Status::Discarded))), "{again:?}");
    let late = submit(app, &here.eva, id, None).await;
    assert!(matches!(late, Err(ActionError::WrongState(Status::Discarded))), "{late:?}");
    // The body never saw the draft, and does not see that it is gone.
    let mut tx = app.db.begin(&here.olga).await.unwrap();
    let seen = "SELECT count(*) FROM audit_entry WHERE action = 'draft_discarded'";
    assert_eq!(sqlx::query_scalar::<_, i64>(seen).fetch_one(&mut *tx).await.unwrap(), 0);
    tx.rollback().await.unwrap();

    let request = here.request(&contract).await;
    let submitted = discard(app, &here.eva, request).await;
    assert!(matches!(submitted, Err(ActionError::WrongState(Status::Submitted))), "{submitted:?}");
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_request_runs_out_on_the_second_and_not_before() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let id = here.request(&contract).await;
    here.world.at("2026-12-06T08:59:59Z");
    assert!(!expire(app, id).await.unwrap());
    assert_eq!(expire_due(app, None).await.unwrap(), 0);
    here.world.at("2026-12-06T09:00:00Z");
    assert_eq!(expire_due(app, Some(contract.id)).await.unwrap(), 1);
    assert!(!expire(app, id).await.unwrap(), "once is enough");
    assert_eq!(here.steps(id).await, ["created", "submitted", "expired"]);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_reason_to_return_may_be_empty_but_not_endless() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let app = &here.world.app;
    let id = here.request(&contract).await;
    for reason in ["\0", &"x".repeat(2001)] {
        assert_eq!(invalid_field(return_to_requester(app, &here.karl, id, reason).await), "reason");
    }
    return_to_requester(app, &here.karl, id, "").await.unwrap();
    let submission = submit(app, &here.eva, id, None).await.unwrap();
    assert!(matches!(submission, Submission::Submitted { .. }));
    assert_eq!(here.steps(id).await, ["created", "submitted", "returned", "submitted"]);
}
