//! A supplier stopped from a day on: what is let through before and after, who is proposed, who is told.

use abruf::actions::ActionError;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::stop_supplier::{Entered, Place, lift, stop};
use abruf::actions::submit_call_off::submit;
use abruf_domain::ids::OrganisationId;
use uuid::Uuid;

use super::{Altenrode, LINES, block, declined, released};
use crate::world::contract::{Contract, fixed};

async fn two(here: &Altenrode, mechanism: &str) -> (Contract, OrganisationId) {
    let second = here.world.organisation("Saale Systemhaus GmbH", "unternehmen").await;
    here.world.plays(second, "supplier").await;
    let contract = here
        .world
        .contract("RV-S")
        .mechanism(mechanism)
        .supplier(second)
        .item("CTX-TRN", fixed("1180.00").unit("Tag"))
        .item("CTX-UNI", fixed("11.85").unit("Nutzer"))
        .entitles(here.town)
        .await;
    (contract, second)
}

async fn stopped(here: &Altenrode, from: &str) -> Result<Uuid, ActionError> {
    let entered = Entered { from: from.parse().unwrap(), document: "Beschluss des Amtsgerichts" };
    stop(&here.world.app, &here.olga, here.world.supplier, Place::default(), "insolvent", entered).await
}

#[track_caller]
fn field<T: std::fmt::Debug>(result: Result<T, ActionError>) -> String {
    match result {
        Err(ActionError::Invalid(errors)) if errors.len() == 1 => errors[0].field.clone(),
        other => panic!("not one wrong field but {other:?}"),
    }
}

#[tokio::test]
async fn a_stop_blocks_releases_from_its_day_on_and_not_before() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.contract().await;
    let [before, after] = [here.request(&contract).await, here.request(&contract).await];
    stopped(&here, "2026-11-23").await.unwrap();

    here.world.at("2026-11-22T22:59:59Z");
    released(release(app, &here.karl, before, None).await);
    here.world.at("2026-11-22T23:00:00Z");
    let review = match release(app, &here.karl, after, None).await {
        Ok(Release::Blocked { review, .. } | Release::Changed { now: review, .. }) => review,
        other => panic!("let through: {other:?}"),
    };
    let finding = block(&review);
    assert_eq!((finding.rule.as_str(), finding.wording.as_deref()), ("supplier-is-party", Some("stopped")));
    assert_eq!(super::figure(finding, "stopped_from"), "2026-11-23");
}

#[tokio::test]
async fn after_the_end_of_a_stop_orders_go_on() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.contract().await;
    let draft = here.world.draft(&here.eva, &contract, LINES).await;
    let id = stopped(&here, "2026-11-20").await.unwrap();
    declined(submit(app, &here.eva, draft, None).await);
    let entered = |from: &str| Entered { from: from.parse().unwrap(), document: "Fortführung bestätigt" };
    assert_eq!(field(lift(app, &here.olga, here.world.supplier, id, entered("2026-11-19")).await), "lifted_from");
    lift(app, &here.olga, here.world.supplier, id, entered("2026-11-23")).await.unwrap();
    declined(submit(app, &here.eva, draft, None).await);
    here.world.at("2026-11-22T23:00:00Z");
    submit(app, &here.eva, draft, None).await.unwrap();
    released(release(app, &here.karl, draft, None).await);
    let again = lift(app, &here.olga, here.world.supplier, id, entered("2026-11-24")).await;
    assert!(matches!(again, Err(ActionError::NotNow(_))), "{again:?}");
}

#[tokio::test]
async fn a_new_draft_names_the_next_in_the_cascade_once_the_first_is_stopped() {
    let here = Altenrode::new().await;
    let (contract, second) = two(&here, "cascade").await;
    stopped(&here, "2026-11-23").await.unwrap();
    let draft = here.world.draft(&here.eva, &contract, LINES).await;
    assert_eq!(here.world.call_off(draft).await.supplier, here.world.supplier, "the day before");
    here.world.at("2026-11-23T09:00:00Z");
    let draft = here.world.draft(&here.eva, &contract, LINES).await;
    assert_eq!(here.world.call_off(draft).await.supplier, second);
    submit(&here.world.app, &here.eva, draft, None).await.unwrap();
    released(release(&here.world.app, &here.karl, draft, None).await);
}

#[tokio::test]
async fn open_orders_and_requests_are_listed_and_told_and_drafts_are_not() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let contract = here.contract().await;
    let order = here.request(&contract).await;
    released(release(app, &here.karl, order, None).await);
    let request = here.request(&contract).await;
    here.world.draft(&here.eva, &contract, LINES).await;
    stopped(&here, "2026-11-23").await.unwrap();
    let mut told: Vec<Uuid> = sqlx::query_scalar("SELECT call_off_id FROM outbox WHERE kind = 'tell_supplier_stopped'")
        .fetch_all(here.world.owner())
        .await
        .unwrap();
    told.sort();
    let mut open = [order.0, request.0];
    open.sort();
    assert_eq!(told, open);
}

#[tokio::test]
async fn a_second_stop_over_the_first_and_an_unknown_reason_are_refused() {
    let here = Altenrode::new().await;
    stopped(&here, "2026-11-23").await.unwrap();
    assert_eq!(field(stopped(&here, "2026-12-01").await), "stopped_from");
    let entered = Entered { from: "2026-11-01".parse().unwrap(), document: "Beleg" };
    assert_eq!(
        field(stop(&here.world.app, &here.olga, here.world.supplier, Place::default(), "müde", entered).await),
        "reason"
    );
    let entered = Entered { from: "2026-11-01".parse().unwrap(), document: " " };
    assert_eq!(
        field(stop(&here.world.app, &here.olga, here.world.supplier, Place::default(), "insolvent", entered).await),
        "document"
    );
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM supplier_stop").fetch_one(here.world.owner()).await.unwrap();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn only_the_office_stops_and_only_suppliers_of_its_body() {
    let here = Altenrode::new().await;
    let entered = || Entered { from: "2026-11-23".parse().unwrap(), document: "Beleg" };
    let buyer = stop(&here.world.app, &here.eva, here.world.supplier, Place::default(), "insolvent", entered()).await;
    assert!(matches!(buyer, Err(ActionError::NotPermitted(_))), "{buyer:?}");
    let stranger = here.world.organisation("Fremde GmbH", "unternehmen").await;
    let foreign = stop(&here.world.app, &here.olga, stranger, Place::default(), "insolvent", entered()).await;
    assert!(matches!(foreign, Err(ActionError::NotFound)), "{foreign:?}");
}
