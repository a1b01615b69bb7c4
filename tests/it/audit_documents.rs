//! The documents of a call-off as an auditor opens them: each of them, also where an order has several of a kind.

use std::collections::BTreeSet;

use abruf::actions::cancel_call_off::cancel;
use abruf::actions::cancel_part::cancel_part;
use abruf::actions::issue_document::issue_next;
use abruf::actions::release_call_off::release;
use abruf::actions::rest_of_order::{PartInput, PartsInput};
use axum::http::StatusCode;

use crate::web::Web;
use crate::world::World;
use crate::world::contract::{fixed, value};

#[tokio::test]
async fn every_document_in_the_file_of_a_call_off_opens_for_its_auditor() {
    let world = World::new().await;
    let town = world.member("Stadt Altenrode").await;
    let eva = world.buyer(town).await;
    let karl = world.approver(town).named("Karl Beispiel").await;
    let anna = world.auditor(&[town]).named("Anna Prüferin").await;
    let contract =
        world.contract("RV-2025-01").ceiling(value("50000.00")).item("TRN", fixed("1180.00")).entitles(town).await;
    let id = world.request(&eva, &contract, &[("TRN", "5")]).await;
    release(&world.app, &karl, id, None).await.unwrap();
    for quantity in ["1", "2"] {
        let parts = [PartInput { position: 1, quantity: quantity.to_owned() }];
        cancel_part(&world.app, &karl, id, PartsInput::new(&parts, "Bedarf kleiner"), None).await.unwrap();
    }
    cancel(&world.app, &karl, id, "Bedarf entfallen").await.unwrap();
    while issue_next(&world.app).await.unwrap() {}

    let web = Web::over(world).await;
    let cookie = web.cookie_of(&anna, "anna@pruefung.example").await;
    let page = web.get(&format!("/pruefung/abrufe/{id}"), &cookie).await;
    let addresses = page.text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let documents: Vec<&str> = addresses.filter(|address| address.contains("/documents/")).collect();
    let mut names = BTreeSet::new();
    for address in &documents {
        let file = web.get(address, &cookie).await;
        assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, "application/pdf"), "{address}");
        names.insert(file.header("content-disposition").to_owned());
    }
    assert_eq!((documents.len(), names.len()), (5, 5), "order, memo, three cancellations: {documents:?} {names:?}");
}
