//! Releasing a request: the order, and everything that stands in its way.

use abruf::actions::ActionError;
use abruf::actions::draft_call_off;
use abruf::actions::justify_finding::justify;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::return_call_off::return_to_requester;
use abruf::actions::submit_call_off::submit;
use abruf_domain::Outcome;
use abruf_domain::call_off::Status;

use super::{Altenrode, LINES, block, declined, figure, invalid_field, released, rules, submitted};
use crate::world::contract::{Contract, fixed, value};

#[tokio::test]
async fn a_second_person_makes_the_order_and_its_number() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    here.world.at("2026-11-23T08:00:00Z");
    assert_eq!(released(release(&here.world.app, &here.karl, id, None).await), "RV-2025-01-0001");

    let call_off = here.world.call_off(id).await;
    assert_eq!((call_off.status, call_off.releaser), (Status::Released, Some(here.karl.person)));
    assert_eq!(call_off.released_at, Some(here.world.app.clock.now()));
    assert_eq!(here.volume(&contract, "contract").await, ["19424", "0", "0"]);
    assert_eq!(here.steps(id).await, ["created", "submitted", "released"]);
    assert_eq!(here.log(id).await, ["call_off_submitted", "call_off_released"]);
    let savings: Vec<(String, String, String)> = sqlx::query_as(
        "SELECT class, effect_net::text, (order_net - fee_net)::text FROM savings_entry WHERE call_off_id = $1 ORDER BY position",
    )
    .bind(id.0)
    .fetch_all(here.world.owner())
    .await
    .unwrap();
    let expected = [("A", "3384.00", "17064.00"), ("A", "140.00", "2360.00"), ("A", "0.00", "-291.36")];
    assert_eq!(savings, expected.map(|(class, effect, net)| (class.into(), effect.into(), net.into())));
    here.world.keeps_its_promises().await;

    let again = release(&here.world.app, &here.kora, id, None).await;
    assert!(matches!(again, Err(ActionError::WrongState(Status::Released))), "{again:?}");
    let second = here.request(&contract).await;
    assert_eq!(released(release(&here.world.app, &here.kora, second, None).await), "RV-2025-01-0002");
}

#[tokio::test]
async fn nobody_releases_their_own_request() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    let eva_as_approver = here.world.approver(here.town).same_person_as(&here.eva).await;
    let release = release(&here.world.app, &eva_as_approver, id, None).await.unwrap();
    let Release::Blocked { review, .. } = release else { panic!("{release:?}") };
    assert_eq!(block(&review).rule, "four-eyes");
    assert_eq!(block(&review).wording.as_deref(), Some("same_person"));
    assert_eq!(here.world.call_off(id).await.status, Status::Submitted);
    assert_eq!(here.log(id).await, ["call_off_submitted", "release_declined"]);
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "19424"]);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn nobody_releases_more_than_their_limit() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    // 19,424.00 net are 23,114.56 gross.
    let small = here.world.approver(here.town).up_to("23114.55").await;
    let exact = here.world.approver(here.town).up_to("23114.56").await;
    let blocked = release(&here.world.app, &small, id, None).await.unwrap();
    let Release::Blocked { review, .. } = blocked else { panic!("{blocked:?}") };
    assert_eq!(block(&review).wording.as_deref(), Some("limit"));
    assert_eq!(figure(block(&review), "over"), "0.01");
    released(release(&here.world.app, &exact, id, None).await);
}

#[tokio::test]
async fn only_approvers_release() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    for actor in [&here.eva, &here.olga] {
        let release = release(&here.world.app, actor, id, None).await;
        assert!(matches!(release, Err(ActionError::NotPermitted(_))), "{release:?}");
    }
    let draft = here.world.draft(&here.eva, &contract, LINES).await;
    let release = release(&here.world.app, &here.karl, draft, None).await;
    assert!(matches!(release, Err(ActionError::WrongState(Status::Draft))), "{release:?}");
}

/// From tomorrow on a training day costs something else.
async fn reprice(here: &Altenrode, contract: &Contract, price: &str) {
    for statement in [
        "UPDATE price_term SET valid_to = '2026-11-22'
         FROM item WHERE item.id = price_term.item_id AND item.article_number = 'CTX-TRN' AND price_term.contract_id = $1 AND $2 <> ''",
        "INSERT INTO price_term (contract_id, id, item_id, supplier_id, version, kind, unit_price, valid_from, recorded_by, released_by, released_at)
         SELECT contract_id, gen_random_uuid(), item_id, supplier_id, version + 1, kind, $2::numeric, '2026-11-23', recorded_by, released_by, released_at
         FROM price_term WHERE contract_id = $1 AND valid_to = '2026-11-22'",
    ] {
        sqlx::query(statement).bind(contract.id.0).bind(price).execute(here.world.owner()).await.unwrap();
    }
    here.world.at("2026-11-23T09:00:00Z");
}

#[tokio::test]
async fn a_risen_price_stops_the_release_and_goes_back_to_the_requester() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    reprice(&here, &contract, "1180.01").await;
    let changed = release(&here.world.app, &here.karl, id, None).await.unwrap();
    let Release::Changed { seen, now, .. } = changed else { panic!("{changed:?}") };
    assert_eq!((seen.priced.net.to_string(), now.priced.net.to_string()), ("19424.00".into(), "19424.02".into()));
    let call_off = here.world.call_off(id).await;
    assert_eq!((call_off.status, call_off.number), (Status::Submitted, None));
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "19424"]);
    assert_eq!(here.log(id).await.last().unwrap(), "release_declined");

    return_to_requester(&here.world.app, &here.karl, id, "Der Preis ist gestiegen").await.unwrap();
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "19424"], "returned, and its volume kept");
    submitted(submit(&here.world.app, &here.eva, id, None).await);
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "19424.02"]);
    released(release(&here.world.app, &here.karl, id, None).await);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_fallen_price_is_taken_and_the_rest_of_the_reservation_given_back() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    reprice(&here, &contract, "1000.00").await;
    released(release(&here.world.app, &here.karl, id, None).await);
    assert_eq!(here.volume(&contract, "contract").await, ["19064", "0", "0"]);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_new_notice_alone_does_not_stop_a_release() {
    let here = Altenrode::new().await;
    let contract = here.citrix("RV-A").ceiling(value("24280.00")).entitles(here.town).await;
    let id = here.world.request(&here.eva, &contract, &[("CTX-UNI", "120")]).await;
    here.world.request(&here.eva, &contract, &[("CTX-TRN", "2")]).await;
    let release = release(&here.world.app, &here.karl, id, None).await.unwrap();
    let Release::Released { review, .. } = release else { panic!("{release:?}") };
    assert!(rules(&review, Outcome::Notice).contains(&"cap-warning"), "19,424.00 of 24,280.00 are 80 %");
}

#[tokio::test]
async fn a_contract_that_ended_meanwhile_stops_a_release() {
    let here = Altenrode::new().await;
    let contract = here.citrix("RV-A").term("2025-03-01", "2026-11-30").entitles(here.town).await;
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    // The licences outlive the contract.
    justify(&here.world.app, &here.eva, id, "performance-beyond-term", "Lizenzen laufen aus").await.unwrap();
    submitted(submit(&here.world.app, &here.eva, id, None).await);
    here.world.at("2026-11-30T23:00:00Z");
    let release = release(&here.world.app, &here.karl, id, None).await.unwrap();
    let Release::Changed { now, .. } = release else { panic!("{release:?}") };
    assert_eq!(block(&now).rule, "within-term");
}

#[tokio::test]
async fn a_soft_quota_is_justified_by_the_office_and_nobody_else() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.citrix("RV-A").quota(here.town, value("19000.00").soft()).entitles(here.town).await;
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    let review = submitted(submit(app, &here.eva, id, None).await);
    assert_eq!(rules(&review, Outcome::Justify), ["member-quota"]);
    assert_eq!(here.volume(&contract, "member").await, ["0", "0", "19424"], "held all the same");

    let unjustified = release(app, &here.karl, id, None).await.unwrap();
    let Release::Unjustified { rules, .. } = unjustified else { panic!("{unjustified:?}") };
    assert_eq!(rules, ["member-quota"]);
    for other in [&here.eva, &here.karl] {
        let justified = justify(app, other, id, "member-quota", "Passt schon").await;
        assert!(matches!(justified, Err(ActionError::NotPermitted(_))), "{justified:?}");
    }
    for empty in ["", "  ", "\0", &"x".repeat(4001)] {
        assert_eq!(invalid_field(justify(app, &here.olga, id, "member-quota", empty).await), "wording");
    }
    let passed = justify(app, &here.olga, id, "cap-value", "Nicht nötig").await;
    assert!(matches!(passed, Err(ActionError::NotFound)), "nothing to justify: {passed:?}");
    justify(app, &here.olga, id, "member-quota", "Umverteilung aus Neufeld, Beschluss vom 20.11.").await.unwrap();
    assert_eq!(invalid_field(justify(app, &here.olga, id, "member-quota", "Noch einmal").await), "wording");

    released(release(app, &here.karl, id, None).await);
    assert_eq!(here.steps(id).await, ["created", "submitted", "justified", "released"]);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_hard_quota_is_not_justified_away() {
    let here = Altenrode::new().await;
    let contract = here.citrix("RV-A").quota(here.town, value("19423.99")).entitles(here.town).await;
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    let review = declined(submit(&here.world.app, &here.eva, id, None).await);
    assert_eq!((block(&review).rule.as_str(), figure(block(&review), "overrun").as_str()), ("member-quota", "0.01"));
    let justified = justify(&here.world.app, &here.olga, id, "member-quota", "Bitte doch").await;
    assert!(matches!(justified, Err(ActionError::NotFound)), "{justified:?}");
}

#[tokio::test]
async fn a_request_that_ran_out_is_not_released() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.request(&contract).await;
    here.world.at("2026-12-06T09:00:00Z");
    let expired = release(&here.world.app, &here.karl, id, None).await.unwrap();
    assert!(matches!(expired, Release::Expired { .. }), "{expired:?}");
    assert_eq!(here.world.call_off(id).await.status, Status::Expired);
    assert_eq!(here.volume(&contract, "contract").await, ["0", "0", "0"]);
    assert_eq!(here.steps(id).await, ["created", "submitted", "expired"]);
    assert_eq!(here.log(id).await, ["call_off_submitted", "call_off_expired"]);
    let again = release(&here.world.app, &here.karl, id, None).await;
    assert!(matches!(again, Err(ActionError::WrongState(Status::Expired))), "{again:?}");
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn a_surcharge_counts_against_contract_and_savings_but_no_single_item() {
    let here = Altenrode::new().await;
    let contract = here
        .world
        .contract("RV-A")
        .minimum("100.00")
        .surcharge("9.90")
        .ceiling(value("50.00"))
        .item("PAP", fixed("4.00"))
        .item_ceiling("PAP", value("40.00"))
        .entitles(here.town)
        .await;
    let id = here.world.request(&here.eva, &contract, &[("PAP", "10")]).await;
    released(release(&here.world.app, &here.karl, id, None).await);
    assert_eq!(here.volume(&contract, "contract").await, ["49.9", "0", "0"]);
    assert_eq!(here.volume(&contract, "item").await, ["40", "0", "0"]);
    here.world.keeps_its_promises().await;
}

#[tokio::test]
async fn what_is_looked_at_is_not_stored() {
    let here = Altenrode::new().await;
    let contract = here.contract().await;
    let id = here.world.draft(&here.eva, &contract, LINES).await;
    let preview = draft_call_off::preview(&here.world.app, &here.eva, id).await.unwrap();
    assert_eq!(preview.review.priced.net.to_string(), "19424.00");
    assert_eq!(here.steps(id).await, ["created"]);
    assert!(here.log(id).await.is_empty());
}
