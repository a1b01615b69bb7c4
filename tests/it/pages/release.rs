//! The page of the binding step: who may not, what changed, what is owed.

use abruf_domain::call_off::Status;

use super::Town;
use super::browser::read;
use crate::world::contract::{fixed, value};

#[tokio::test]
async fn ones_own_request_is_released_by_somebody_else() {
    let town = Town::new().await;
    let id = town.request().await;
    let own = town.world.approver(town.eva.organisation).same_person_as(&town.eva).await;
    let eva = town.browser(&own).await;
    let page = eva.page(&format!("/freigaben/{id}")).await;
    assert!(read(&page).contains("Eigene Abrufe gibt eine zweite Person frei.") && !page.contains("/erteilen"));
    assert!(
        read(&page).contains("Vier-Augen-Prinzip blockiert") && read(&page).contains("§ 3 KomKBVO LSA"),
        "with its law"
    );
    let token = eva.get("/handeln-fuer").await.form_token();
    let forced = [("csrf", token.as_str()), ("understood", "ja"), ("idempotency_key", "k")];
    let answer = eva.post(&format!("/freigaben/{id}/erteilen"), &forced).await;
    assert_eq!(answer.header("location"), format!("/freigaben/{id}?hinweis=nicht-erteilt"));
    assert!(read(&eva.page(answer.header("location")).await).contains("Der Abruf wurde nicht erteilt."));
    assert_eq!(town.world.call_off(id).await.status, Status::Submitted);
}

#[tokio::test]
async fn a_change_since_submission_is_shown_and_returned_in_one_click() {
    let town = Town::new().await;
    let id = town.request().await;
    // The contract is suspended: a block the requester never saw.
    sqlx::query("UPDATE framework_contract SET status = 'suspended' WHERE id = $1")
        .bind(town.citrix.id.0)
        .execute(town.world.owner())
        .await
        .unwrap();
    let karl = town.browser(&town.karl).await;
    let path = format!("/freigaben/{id}");
    let page = karl.page(&path).await;
    let text = read(&page);
    assert!(
        text.contains("Seit der Einreichung hat sich etwas geändert.") && text.contains("Neu seit der Einreichung"),
        "{text}"
    );
    assert!(!page.contains("/erteilen"));
    assert_eq!(karl.leads_on(&page, &format!("{path}/zurueckgeben"), &[]).await, "/freigaben?hinweis=zurueckgegeben");
    assert_eq!(town.world.call_off(id).await.status, Status::Returned);
    let eva = town.browser(&town.eva).await;
    let text = read(&eva.page(&format!("/abrufe/{id}")).await);
    assert!(text.contains("Zurück mit Frage") && text.contains("Überarbeiten"), "{text}");
    assert!(read(&eva.page("/").await).contains("zurück zur Überarbeitung"));
}

#[tokio::test]
async fn a_refusal_needs_words_and_a_question_reaches_the_requester() {
    let town = Town::new().await;
    let (first, second) = (town.request().await, town.request().await);
    let karl = town.browser(&town.karl).await;
    let page = karl.page(&format!("/freigaben/{first}")).await;
    let refuse = format!("/freigaben/{first}/ablehnen");
    let empty = karl.submit(&page, &refuse, &[("reason", "")]).await;
    assert!(
        empty.text.contains("Bitte schreiben Sie, warum Sie ablehnen") && empty.text.contains("id=\"reason-fehler\"")
    );
    karl.leads_on(&page, &refuse, &[("reason", "Kein Geld mehr da")]).await;
    let page = karl.page(&format!("/freigaben/{second}")).await;
    let long = "?".repeat(3000);
    let ask = format!("/freigaben/{second}/zurueckgeben");
    let nothing = karl.submit(&page, &ask, &[("question", " ")]).await;
    assert!(
        nothing.text.contains("Bitte schreiben Sie Ihre Frage.") && nothing.text.contains("id=\"question-fehler\"")
    );
    let too_long = karl.submit(&page, &ask, &[("question", &long)]).await;
    assert!(too_long.text.contains("id=\"question-fehler\"") && too_long.text.contains(&long));
    assert!(read(&too_long.text).contains("Der Text hat 3.000 Zeichen, erlaubt sind 2.000. Bitte kürzen Sie ihn."));
    let done = karl.leads_on(&page, &ask, &[("question", "Warum 120?")]).await;
    assert!(read(&karl.page(&done).await).contains("Der Abruf liegt wieder bei der anfordernden Person."));
    assert!(read(&karl.page("/freigaben").await).contains("Nichts zu tun. Schön!"));
    let eva = town.browser(&town.eva).await;
    assert!(read(&eva.page(&format!("/abrufe/{first}")).await).contains("Kein Geld mehr da"));
    assert!(read(&eva.page(&format!("/abrufe/{second}")).await).contains("Warum 120?"));
}

#[tokio::test]
async fn the_office_justifies_what_lies_with_it_and_then_the_release_is_open() {
    let town = Town::new().await;
    let quota = town
        .world
        .contract("RV-2025-04")
        .ceiling(value("90000.00"))
        .item("DAY", fixed("1000.00").unit("Tag"))
        .quota(town.eva.organisation, value("1500.00").soft())
        .entitles(town.eva.organisation)
        .await;
    let id = town.world.draft(&town.eva, &quota, &[("DAY", "2")]).await;
    let eva = town.browser(&town.eva).await;
    let page = eva.page(&format!("/abrufe/{id}/pruefung")).await;
    let lies_with_office = read(&page).contains("Liegt bei: Geschäftsstelle");
    if !lies_with_office {
        // The rule book gives this one to the requester: it is written here.
        let justify = format!("/abrufe/{id}/begruendung");
        let empty = eva.leads_on(&page, &justify, &[("wording", "")]).await;
        assert!(
            read(&eva.page(empty.split('#').next().unwrap()).await).contains("Bitte begründen Sie in eigenen Worten")
        );
        eva.leads_on(&page, &justify, &[("wording", "Einmaliger Umzug des Rathauses")]).await;
    }
    let summary = format!("/abrufe/{id}/zusammenfassung");
    eva.leads_on(&eva.page(&summary).await, &summary, &[]).await;

    if lies_with_office {
        let karl = town.browser(&town.karl).await;
        let page = karl.page(&format!("/freigaben/{id}")).await;
        assert!(read(&page).contains("Vor der Freigabe fehlt noch eine Begründung.") && !page.contains("/erteilen"));
        let office = town.browser(&town.world.office().await).await;
        assert!(read(&office.page("/").await).contains("Das wartet auf Ihre Begründung"));
        let page = office.page(&format!("/abrufe/{id}")).await;
        office.leads_on(&page, &format!("/abrufe/{id}/begruendung"), &[("wording", "Vom Vorstand gebilligt")]).await;
    }
    let karl = town.browser(&town.karl).await;
    let page = karl.page(&format!("/freigaben/{id}")).await;
    assert!(page.contains("/erteilen"), "{}", read(&page));
}
