//! A supplier stopped for one contract or one lot: the rule names the place, the cascade moves on there and nowhere else.

use abruf::actions::ActionError;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::stop_supplier::{Entered, Place, lift, stop};
use abruf::actions::submit_call_off::submit;
use abruf_domain::ids::{CallOffId, OrganisationId};
use abruf_domain::notation::Language;
use uuid::Uuid;

use super::{Altenrode, LINES, block, declined, invalid_field, released};
use crate::world::contract::{Contract, fixed};

const TRAINING: &[(&str, &str)] = &[("CTX-TRN", "2")];
const LICENCES: &[(&str, &str)] = &[("CTX-LIC", "3")];

/// A cascade of two suppliers over two lots.
async fn two_lots(here: &Altenrode) -> (Contract, OrganisationId) {
    let second = here.world.organisation("Saale Systemhaus GmbH", "unternehmen").await;
    here.world.plays(second, "supplier").await;
    let contract = here
        .world
        .contract("RV-L")
        .mechanism("cascade")
        .supplier(second)
        .lot("Lizenzen")
        .item("CTX-LIC", fixed("100.00").unit("Nutzer"))
        .lot("Schulung")
        .item("CTX-TRN", fixed("1180.00").unit("Tag"))
        .entitles(here.town)
        .await;
    (contract, second)
}

async fn stopped(here: &Altenrode, contract: &Contract, lot: Option<i32>, from: &str) -> Result<Uuid, ActionError> {
    let place = Place { contract: Some(contract.id), lot };
    let entered = Entered { from: from.parse().unwrap(), document: "Schreiben vom 18.11.2026" };
    stop(&here.world.app, &here.olga, here.world.supplier, place, "suspended", entered).await
}

async fn told(here: &Altenrode) -> Vec<Uuid> {
    let sql = "SELECT call_off_id FROM outbox WHERE kind = 'tell_supplier_stopped' ORDER BY call_off_id";
    sqlx::query_scalar(sql).fetch_all(here.world.owner()).await.unwrap()
}

async fn supplier_of(here: &Altenrode, contract: &Contract, lines: &[(&str, &str)]) -> (CallOffId, OrganisationId) {
    let draft = here.world.draft(&here.eva, contract, lines).await;
    (draft, here.world.call_off(draft).await.supplier)
}

#[tokio::test]
async fn a_stop_of_one_lot_moves_the_cascade_on_there_alone() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let (contract, second) = two_lots(&here).await;
    let before = here.world.request(&here.eva, &contract, TRAINING).await;
    let elsewhere = here.world.request(&here.eva, &contract, LICENCES).await;
    stopped(&here, &contract, Some(2), "2026-11-22").await.unwrap();
    assert_eq!(told(&here).await, [before.0], "whoever ordered from the other lot is not bothered");

    let review = match release(app, &here.karl, before, None).await {
        Ok(Release::Blocked { review, .. } | Release::Changed { now: review, .. }) => review,
        other => panic!("let through: {other:?}"),
    };
    let finding = block(&review);
    assert_eq!((finding.rule.as_str(), finding.wording.as_deref()), ("lot-supplier-match", Some("stopped")));
    let texts = abruf_domain::checks::by_id("lot-supplier-match").unwrap().texts;
    let words = texts.sentence(finding, Language::German, "EUR");
    assert!(words.contains("für Los 2 Schulung seit dem 22.11.2026 gesperrt"), "{words}");
    released(release(app, &here.karl, elsewhere, None).await);

    let (training, named) = supplier_of(&here, &contract, TRAINING).await;
    assert_eq!(named, second, "the next in rank of the lot");
    submit(app, &here.eva, training, None).await.unwrap();
    released(release(app, &here.karl, training, None).await);
    let (licences, named) = supplier_of(&here, &contract, LICENCES).await;
    assert_eq!(named, here.world.supplier, "the other lot keeps its first");
    submit(app, &here.eva, licences, None).await.unwrap();
    released(release(app, &here.karl, licences, None).await);
}

#[tokio::test]
async fn a_stop_of_one_contract_leaves_the_others_and_its_end_is_dated() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let stopped_one = here.contract().await;
    let other = here.citrix("RV-2025-02").entitles(here.town).await;
    let affected = here.request(&stopped_one).await;
    let free = here.request(&other).await;
    let draft = here.world.draft(&here.eva, &stopped_one, LINES).await;
    let id = stopped(&here, &stopped_one, None, "2026-11-22").await.unwrap();
    assert_eq!(told(&here).await, [affected.0]);
    let review = declined(submit(app, &here.eva, draft, None).await);
    let finding = block(&review);
    assert_eq!((finding.rule.as_str(), finding.wording.as_deref()), ("supplier-is-party", Some("stopped_contract")));
    released(release(app, &here.karl, free, None).await);

    let entered = Entered { from: "2026-11-23".parse().unwrap(), document: "Bestätigung vom 22.11.2026" };
    lift(app, &here.olga, here.world.supplier, id, entered).await.unwrap();
    declined(submit(app, &here.eva, draft, None).await);
    here.world.at("2026-11-22T23:00:00Z");
    submit(app, &here.eva, draft, None).await.unwrap();
}

#[tokio::test]
async fn a_narrow_stop_may_run_under_a_wide_one_and_outlasts_it() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let (contract, second) = two_lots(&here).await;
    stopped(&here, &contract, Some(2), "2026-11-22").await.unwrap();
    let entered = |from: &str| Entered { from: from.parse().unwrap(), document: "Beschluss" };
    let wide = stop(app, &here.olga, here.world.supplier, Place::default(), "insolvent", entered("2026-11-22")).await;
    let again = stopped(&here, &contract, Some(2), "2026-12-01").await;
    assert_eq!(invalid_field(again), "stopped_from");
    let (_, named) = supplier_of(&here, &contract, LICENCES).await;
    assert_eq!(named, second, "stopped everywhere");
    lift(app, &here.olga, here.world.supplier, wide.unwrap(), entered("2026-11-22")).await.unwrap();
    let (_, named) = supplier_of(&here, &contract, LICENCES).await;
    assert_eq!(named, here.world.supplier);
    let (_, named) = supplier_of(&here, &contract, TRAINING).await;
    assert_eq!(named, second, "the lot is still stopped");
}

#[tokio::test]
async fn a_place_that_is_none_is_refused_and_nothing_is_written() {
    let here = Altenrode::new().await;
    let (contract, second) = two_lots(&here).await;
    let single = here.contract().await;
    let try_at = async |supplier, place| {
        let entered = Entered { from: "2026-11-22".parse().unwrap(), document: "Beleg" };
        invalid_field(stop(&here.world.app, &here.olga, supplier, place, "suspended", entered).await)
    };
    let first = here.world.supplier;
    assert_eq!(try_at(first, Place { contract: None, lot: Some(2) }).await, "lot");
    assert_eq!(try_at(first, Place { contract: Some(contract.id), lot: Some(3) }).await, "lot");
    assert_eq!(try_at(second, Place { contract: Some(single.id), lot: None }).await, "contract_id");
    let absent = abruf_domain::ids::ContractId(Uuid::from_u128(1));
    assert_eq!(try_at(first, Place { contract: Some(absent), lot: None }).await, "contract_id");
    let count: i64 =
        sqlx::query_scalar("SELECT count(*) FROM supplier_stop").fetch_one(here.world.owner()).await.unwrap();
    assert_eq!(count, 0);

    stopped(&here, &contract, Some(2), "2026-11-22").await.unwrap();
    let other = here.world.organisation("Fremde eG", "genossenschaft").await;
    for (sql, constraint) in [
        ("UPDATE supplier_stop SET contract_id = NULL", "supplier_stop_lot_of_contract"),
        ("UPDATE supplier_stop SET body_id = $1", "supplier_stop_of_own_contract"),
        ("UPDATE supplier_stop SET lot_id = $1", "supplier_stop_of_known_lot"),
    ] {
        let query = sqlx::query(sql);
        let query = if sql.contains("$1") { query.bind(other.0) } else { query };
        let error = query.execute(here.world.owner()).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().constraint(), Some(constraint), "{sql}");
    }
}
