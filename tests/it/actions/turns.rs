//! Whose turn it is in a lot: releases move it, cancellations step back, whoever's they are.

use abruf::actions::cancel_call_off::cancel;
use abruf::actions::draft_call_off::preview;
use abruf::actions::release_call_off::release;
use abruf_domain::ids::{CallOffId, OrganisationId};

use super::{Altenrode, LINES, released};
use crate::world::contract::fixed;

/// Whose turn it was last, as a review of this draft sees it.
async fn last(here: &Altenrode, draft: CallOffId) -> Vec<OrganisationId> {
    let facts = preview(&here.world.app, &here.eva, draft).await.unwrap().facts;
    facts.contract.last_awards.iter().map(|award| award.supplier).collect()
}

#[tokio::test]
async fn a_release_moves_the_turn_and_a_cancellation_steps_back_even_to_a_strangers_award() {
    let here = Altenrode::new().await;
    let app = &here.world.app;
    let second = here.world.organisation("Saale Systemhaus GmbH", "unternehmen").await;
    here.world.plays(second, "supplier").await;
    let neighbour = here.world.member("Stadt Neufeld").await;
    let [buyer, approver] = [here.world.buyer(neighbour).await, here.world.approver(neighbour).await];
    let contract = here
        .world
        .contract("RV-R")
        .mechanism("rotation")
        .supplier(second)
        .item("CTX-TRN", fixed("1180.00").unit("Tag"))
        .item("CTX-UNI", fixed("11.85").unit("Nutzer"))
        .entitles(here.town)
        .entitles(neighbour)
        .await;
    let draft = here.world.draft(&here.eva, &contract, LINES).await;
    assert_eq!(last(&here, draft).await, []);

    let theirs = here.world.request(&buyer, &contract, LINES).await;
    released(release(app, &approver, theirs, None).await);
    assert_eq!(last(&here, draft).await, [here.world.supplier]);

    // The next order goes to the second supplier.
    let ours = here.world.draft(&here.eva, &contract, LINES).await;
    sqlx::query("UPDATE call_off SET supplier_id = $2, supplier_chosen = true WHERE id = $1")
        .bind(ours.0)
        .bind(second.0)
        .execute(here.world.owner())
        .await
        .unwrap();
    abruf::actions::submit_call_off::submit(app, &here.eva, ours, None).await.unwrap();
    released(release(app, &here.karl, ours, None).await);
    assert_eq!(last(&here, draft).await, [second]);

    cancel(app, &here.karl, ours, "Der Bedarf ist entfallen").await.unwrap();
    assert_eq!(last(&here, draft).await, [here.world.supplier], "back to the award of the other town");
    cancel(app, &approver, theirs, "Der Bedarf ist entfallen").await.unwrap();
    assert_eq!(last(&here, draft).await, [], "no award stands");
}
