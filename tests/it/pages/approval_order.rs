//! The approval order on its page, and a request on its way through it.

use abruf_domain::call_off::Status;

use super::Town;
use super::browser::read;

#[tokio::test]
async fn an_approver_sets_up_two_steps_and_the_request_goes_through_both() {
    let town = Town::new().await;
    let kora = town.world.approver(town.eva.organisation).named("Kora Beispiel").await;
    let karl = town.browser(&town.karl).await;
    let order = "/freigabeordnung";
    assert!(read(&karl.page(order).await).contains("Eine Person mit Freigabe entscheidet allein."));
    let (karls, koras) = (town.karl.person.to_string(), kora.person.to_string());
    for (title, from, person) in [("Fachamt", "", &karls), ("Kämmerei", "5.000", &koras)] {
        let page = karl.page(order).await;
        let fields = [("title", title), ("from_gross", from), ("persons", person.as_str())];
        assert_eq!(
            karl.leads_on(&page, "/freigabeordnung/schritt", &fields).await,
            "/freigabeordnung?hinweis=gespeichert"
        );
    }
    let text = read(&karl.page(order).await);
    assert!(text.contains("1. Fachamt alle Beträge, alle Leistungen: Karl Beispiel"), "{text}");
    assert!(text.contains("2. Kämmerei ab 5.000,00 € brutto, alle Leistungen: Kora Beispiel"), "{text}");

    let id = town.request().await;
    let eva = town.browser(&town.eva).await;
    let text = read(&eva.page(&format!("/abrufe/{id}/bestaetigung")).await);
    assert!(text.contains("Fachamt entscheidet jetzt Karl Beispiel Kämmerei danach Kora Beispiel"), "{text}");
    let page = eva.page(order).await;
    assert!(!page.contains("/freigabeordnung/schritt"), "the requester reads it only");

    let kora = town.browser(&kora).await;
    let path = format!("/freigaben/{id}");
    let page = kora.page(&path).await;
    assert!(read(&page).contains("Den Schritt „Fachamt“ entscheidet: Karl Beispiel."), "{}", read(&page));
    assert!(!page.contains("/erteilen") && !page.contains("/schritt\""));
    assert!(read(&karl.page("/freigaben").await).contains("Sie sind an der Reihe: Fachamt"));
    let page = karl.page(&path).await;
    assert!(!page.contains("/erteilen"), "his step binds nobody yet");
    assert_eq!(karl.leads_on(&page, &format!("{path}/schritt"), &[]).await, "/freigaben?hinweis=zugestimmt");
    assert_eq!(town.world.call_off(id).await.status, Status::Submitted);
    let page = kora.page(&path).await;
    assert!(read(&page).contains("Fachamt zugestimmt Karl Beispiel"), "{}", read(&page));
    kora.leads_on(&page, &format!("{path}/erteilen"), &[("understood", "ja")]).await;
    assert_eq!(town.world.call_off(id).await.status, Status::Released);
}

#[tokio::test]
async fn what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost() {
    let town = Town::new().await;
    let karl = town.browser(&town.karl).await;
    let page = karl.page("/freigabeordnung").await;
    let me = town.karl.person.to_string();
    let fields = [("of", me.as_str()), ("person", me.as_str()), ("stand_from", "1.12.26"), ("stand_to", "30.11.26")];
    let answer = karl.submit(&page, "/freigabeordnung/vertretung", &fields).await;
    assert!(read(&answer.text).contains("Das Ende liegt vor dem Beginn am 01.12.2026."), "{}", read(&answer.text));
    assert!(answer.text.contains("id=\"stand_to-fehler\"") && answer.text.contains("value=\"30.11.26\""));
    let fields = [("of", me.as_str()), ("person", me.as_str()), ("stand_from", "1.12.26"), ("stand_to", "2.12.26")];
    let answer = karl.submit(&page, "/freigabeordnung/vertretung", &fields).await;
    assert!(
        answer.text.contains("id=\"person-fehler\"") && read(&answer.text).contains("Niemand vertritt sich selbst.")
    );

    let fields = [("absent", me.as_str()), ("absent_from", "20.11.2026"), ("absent_to", "30.11.2026")];
    karl.leads_on(&page, "/freigabeordnung/abwesenheit", &fields).await;
    let stale = karl.submit(&page, "/freigabeordnung/schritt", &[("title", "Fachamt")]).await;
    assert!(read(&stale.text).contains("Jemand hat die Freigabeordnung inzwischen geändert."));
    let page = karl.page("/freigabeordnung").await;
    assert!(read(&page).contains("Karl Beispiel gilt heute abwesend, 20.11.2026 bis 30.11.2026"), "{}", read(&page));
    karl.leads_on(&page, "/freigabeordnung/entfernen", &[]).await;
    assert!(read(&karl.page("/freigabeordnung").await).contains("Niemand ist als abwesend eingetragen."));
}
