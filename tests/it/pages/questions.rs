//! A request comes back with a question and goes on with its answer.

use abruf::actions::ActionError;
use abruf::actions::answer_question::answer;
use abruf_domain::call_off::Status;

use super::Town;
use super::browser::read;

#[tokio::test]
async fn the_answer_stands_beside_the_question_when_the_request_is_back() {
    let town = Town::new().await;
    let id = town.request().await;
    let karl = town.browser(&town.karl).await;
    let path = format!("/freigaben/{id}");
    let page = karl.page(&path).await;
    karl.leads_on(&page, &format!("{path}/zurueckgeben"), &[("question", "Warum 120 Plätze?")]).await;

    let eva = town.browser(&town.eva).await;
    town.world.at("2026-11-22T09:05:00Z");
    let summary = format!("/abrufe/{id}/zusammenfassung");
    let page = eva.page(&summary).await;
    assert!(read(&page).contains("Warum 120 Plätze?"));
    let silent = eva.submit(&page, &summary, &[("answer", " ")]).await;
    assert!(silent.text.contains("id=\"answer-fehler\""), "{}", read(&silent.text));
    assert_eq!(town.world.call_off(id).await.status, Status::Returned, "without an answer it stays");
    let to = eva.leads_on(&page, &summary, &[("answer", "Das neue Rathaus hat 120 Plätze.")]).await;
    assert_eq!(to, format!("/abrufe/{id}/bestaetigung"));

    let text = read(&karl.page(&path).await);
    let expected = "Frage von Karl Beispiel, 22.11.2026, 10:00 Uhr Warum 120 Plätze? Antwort von Eva Muster, 22.11.2026, 10:05 Uhr Das neue Rathaus hat 120 Plätze.";
    assert!(text.contains(expected), "{text}");
    assert!(read(&eva.page(&format!("/abrufe/{id}")).await).contains("Das neue Rathaus hat 120 Plätze."));
}

#[tokio::test]
async fn what_was_not_asked_is_not_answered() {
    let town = Town::new().await;
    let app = &town.world.app;
    let id = town.request().await;
    let early = answer(app, &town.eva, id, "Ja").await;
    assert!(matches!(early, Err(ActionError::WrongState(Status::Submitted))), "{early:?}");
    abruf::actions::return_call_off::return_to_requester(app, &town.karl, id, "").await.unwrap();
    let unasked = answer(app, &town.eva, id, "Ja").await;
    assert!(matches!(unasked, Err(ActionError::Refused(_))), "{unasked:?}");
    let other = town.world.buyer(town.eva.organisation).await;
    let foreign = answer(app, &other, id, "Ja").await;
    assert!(matches!(foreign, Err(ActionError::NotFound)), "{foreign:?}");
}
