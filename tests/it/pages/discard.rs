//! A draft is given up on its own page.

use abruf_domain::call_off::Status;
use axum::http::StatusCode;

use super::Town;
use super::browser::read;

#[tokio::test]
async fn a_draft_is_discarded_by_its_writer_and_stays_in_the_list_as_such() {
    let town = Town::new().await;
    let id = town.world.draft(&town.eva, &town.citrix, &[("CTX-TRN", "2")]).await;
    let discard = format!("/abrufe/{id}/verwerfen");
    let colleague = town.world.buyer(town.eva.organisation).await;
    let other = town.browser(&colleague).await;
    let token = other.get("/handeln-fuer").await.form_token();
    assert_eq!(other.post(&discard, &[("csrf", &token)]).await.status, StatusCode::NOT_FOUND);

    let eva = town.browser(&town.eva).await;
    let page = eva.page(&format!("/abrufe/{id}/zusammenfassung")).await;
    assert!(page.contains(&discard), "the last step offers it too");
    let page = eva.page(&format!("/abrufe/{id}/positionen")).await;
    assert_eq!(eva.leads_on(&page, &discard, &[]).await, format!("/abrufe/{id}"));
    assert_eq!(town.world.call_off(id).await.status, Status::Discarded);
    let text = read(&eva.page(&format!("/abrufe/{id}")).await);
    assert!(text.contains("verworfen") && text.contains("Entwurf verworfen"), "{text}");
    assert!(read(&eva.page("/abrufe?stand=verworfen").await).contains("verworfen"));
    let again = eva.post(&discard, &[("csrf", &eva.get("/handeln-fuer").await.form_token())]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);

    let returned = town.request().await;
    abruf::actions::return_call_off::return_to_requester(&town.world.app, &town.karl, returned, "").await.unwrap();
    let page = eva.page(&format!("/abrufe/{returned}/positionen")).await;
    assert!(!page.contains("verwerfen"), "a request that came back is withdrawn, not discarded");
}
