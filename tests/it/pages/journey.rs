//! From „Abrufen“ to the order: at most five screens, then a second person.

use axum::http::StatusCode;

use super::Town;
use super::browser::read;
use crate::world::contract::value;

#[tokio::test]
async fn a_buyer_calls_off_in_five_screens_and_a_second_person_releases() {
    let town = Town::new().await;
    let eva = town.browser(&town.eva).await;

    assert!(read(&eva.page("/").await).contains("Guten Morgen, Eva Muster"));
    let list = eva.page("/rahmenvertraege?q=citrix+schulung").await;
    assert!(read(&list).contains("1 Rahmenvertrag") && list.contains("Abrufen"), "{}", read(&list));
    let contract = format!("/rahmenvertraege/{}", town.citrix.id);
    let page = eva.page(&contract).await;
    let text = read(&page);
    for words in [
        "Warum darf ich das ohne Ausschreibung?",
        "2024/S 222-700001 vom 15.11.2024",
        "Stadt Altenrode steht seit dem 15.11.2024 auf der Liste der Abrufberechtigten",
        "11,85 € je Nutzer und Monat",
        "Listenpreis 4,00 € − 12,5 %",
        "500.000,00 € frei",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }

    let lines = eva.leads_on(&page, &format!("{contract}/abrufen"), &[]).await;
    let again = eva.leads_on(&page, &format!("{contract}/abrufen"), &[]).await;
    assert_eq!(lines, again, "a double click begins one draft");
    let mut screens = vec![lines.clone()];
    let page = eva.page(&lines).await;
    let typed = [
        ("performance_from", "1.3.2026"),
        ("performance_to", "28.02.2027"),
        ("angebot", "CTX-PAP"),
        ("menge", ""),
        ("angebot", "CTX-USR"),
        ("menge", "120"),
        ("angebot", "CTX-TRN"),
        ("menge", "2"),
    ];
    let update = [&typed[..], &[("weiter", "aktualisieren")]].concat();
    assert_eq!(eva.leads_on(&page, &lines, &update).await, lines);
    let page = eva.page(&lines).await;
    assert!(read(&page).contains("17.064,00 €") && read(&page).contains("19.424,00 €"), "{}", read(&page));
    assert!(read(&page).contains("Einsparung 3.232,64 € (14,09 %)"), "{}", read(&page));

    let on = [&typed[..], &[("weiter", "angaben")]].concat();
    let details = eva.leads_on(&page, &lines, &on).await;
    screens.push(details.clone());
    let page = eva.page(&details).await;
    assert!(page.contains("Stadt Altenrode\nAm Markt 1"), "the addresses are filled in");
    let need = [
        ("need", "Ersatz für 120 Arbeitsplätze"),
        ("performance_from", "01.03.2026"),
        ("performance_to", "28.02.2027"),
        ("delivery_address", "Stadt Altenrode\r\nAm Markt 1"),
        ("invoice_address", "Stadt Altenrode\r\nAm Markt 1"),
        ("contact", "Eva Muster"),
    ];
    let review = eva.leads_on(&page, &details, &need).await;
    screens.push(review.clone());
    let page = eva.page(&review).await;
    assert!(read(&page).contains("Der Abruf ist zulässig.") && read(&page).contains("Prüfungen bestanden"));
    assert!(read(&page).contains("wird bei Freigabe geprüft"));

    let summary = review.replace("pruefung", "zusammenfassung");
    assert!(page.contains(&summary));
    screens.push(summary.clone());
    let page = eva.page(&summary).await;
    assert!(read(&page).contains("Ersatz für 120 Arbeitsplätze") && read(&page).contains("23.114,56 €"));
    let draft = eva.get(&review.replace("pruefung", "entwurf.pdf")).await;
    assert!(draft.text.starts_with("%PDF") && draft.header("content-disposition").contains("filename="));

    let confirmation = eva.leads_on(&page, &summary, &[]).await;
    let double = eva.leads_on(&page, &summary, &[]).await;
    assert_eq!(confirmation, double, "a double click hands over once");
    screens.push(confirmation.clone());
    assert!(screens.len() <= 5, "{screens:?}");
    let text = read(&eva.page(&confirmation).await);
    assert!(text.contains("Liegt zur Freigabe Vorgang V-") && text.contains("reserviert bis 06.12.2026"), "{text}");
    assert!(text.contains("Karl Beispiel"), "who can release: {text}");
    let submitted: i64 = sqlx::query_scalar("SELECT count(*) FROM approval WHERE decision = 'submitted'")
        .fetch_one(town.world.owner())
        .await
        .unwrap();
    assert_eq!(submitted, 1);

    let karl = town.browser(&town.karl).await;
    let waiting = read(&karl.page("/freigaben").await);
    assert!(waiting.contains("120 × ") && waiting.contains("läuft in 14 Tagen ab"), "{waiting}");
    let approval = confirmation.replace("/abrufe/", "/freigaben/").replace("/bestaetigung", "");
    let page = karl.page(&approval).await;
    let release = format!("{approval}/erteilen");
    let unread = karl.submit(&page, &release, &[]).await;
    assert_eq!(unread.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unread.text.contains("<title>Fehler:") && unread.text.contains("href=\"#understood\""));
    assert_eq!(karl.leads_on(&page, &release, &[("understood", "ja")]).await, confirmation);
    assert!(read(&karl.page(&confirmation).await).contains("RV-2025-01-0001"));
    let order = karl.get(&confirmation.replace("bestaetigung", "bestellung.pdf")).await;
    assert_eq!((order.status, order.header("content-type")), (StatusCode::OK, "application/pdf"));
    assert!(order.text.starts_with("%PDF"));
    let data = karl.get(&confirmation.replace("bestaetigung", "bestellung.order-x.xml")).await;
    assert_eq!((data.status, data.header("content-type")), (StatusCode::OK, "application/xml"));
    assert!(data.text.contains("<ram:ID>RV-2025-01-0001</ram:ID>"), "{}", data.text);

    let call_off = confirmation.replace("/bestaetigung", "");
    let text = read(&eva.page(&call_off).await);
    for words in
        ["erteilt", "Prüfkennung", "Freigegeben, Abruf erteilt", "geprüft bei der Freigabe am 22.11.2026, 10:00 Uhr"]
    {
        assert!(text.contains(words), "{words} in {text}");
    }
    town.world.keeps_its_promises().await;
}

#[tokio::test]
async fn an_order_is_done_again_and_cancelled_with_a_reason() {
    let town = Town::new().await;
    let id = town.request().await;
    let karl = town.browser(&town.karl).await;
    let page = karl.page(&format!("/freigaben/{id}")).await;
    karl.leads_on(&page, &format!("/freigaben/{id}/erteilen"), &[("understood", "ja")]).await;

    let eva = town.browser(&town.eva).await;
    let page = eva.page(&format!("/abrufe/{id}")).await;
    let draft = eva.leads_on(&page, &format!("/abrufe/{id}/kopieren"), &[]).await;
    assert!(read(&eva.page(&draft).await).contains("Artikel und Angaben sind vom früheren Abruf übernommen."));
    let way = format!("/abrufe/{id}/lieferungen");
    let sent = [("sent_on", "22.11.2026"), ("channel", "email")];
    eva.leads_on(&eva.page(&way).await, &format!("{way}/versand"), &sent).await;
    assert!(read(&eva.page(&format!("/abrufe/{id}")).await).contains("An den Lieferanten versandt"));
    assert_eq!(eva.get(&format!("/abrufe/{id}/stornierung.pdf")).await.status, StatusCode::NOT_FOUND);

    let page = karl.page(&format!("/abrufe/{id}")).await;
    let cancel = format!("/abrufe/{id}/stornieren");
    let empty = karl.submit(&page, &cancel, &[("reason", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.text.contains("Bitte schreiben Sie, warum Sie stornieren"));
    karl.leads_on(&page, &cancel, &[("reason", "Bedarf entfallen")]).await;
    assert!(read(&karl.page(&format!("/abrufe/{id}")).await).contains("Bedarf entfallen"));
    assert!(karl.get(&format!("/abrufe/{id}/stornierung.pdf")).await.text.starts_with("%PDF"));
}

#[tokio::test]
async fn who_may_not_call_off_reads_why_instead_of_a_button() {
    let town = Town::new().await;
    let late = town.world.member("Stadt Neufeld").joined("2026-12-01").await;
    let buyer = town.world.buyer(late).named("Nora Neu").await;
    let browser = town.browser(&buyer).await;
    assert!(read(&browser.page("/").await).contains("Willkommen! Ihre Mitgliedschaft gilt ab 01.12.2026."));
    let list = browser.page("/rahmenvertraege").await;
    assert!(read(&list).contains("Mitgliedschaft gilt heute nicht") && !list.contains("/abrufen\""));
    let page = browser.page(&format!("/rahmenvertraege/{}", town.citrix.id)).await;
    assert!(read(&page).contains("Ein Abruf ist heute nicht möglich") && !page.contains("/abrufen\""));
    assert!(read(&page).contains("Stadt Neufeld ist heute nicht abrufberechtigt; der Grund steht oben."));
    assert!(
        !read(&page).contains("Warum darf ich das ohne Ausschreibung?"),
        "nobody is told they may when they may not"
    );
    let usable = read(&browser.page("/rahmenvertraege?nutzbar=1").await);
    assert!(usable.contains("Für Stadt Neufeld ist noch kein Vertrag freigeschaltet."), "{usable}");
    let slip = read(&browser.page("/rahmenvertraege?q=Citrx").await);
    assert!(slip.contains("Kein Vertrag passt zu „Citrx“. Meinten Sie „Citrix“ ?"), "{slip}");
}

#[tokio::test]
async fn a_long_schedule_is_searched_and_typed() {
    let town = Town::new().await;
    let articles: Vec<String> = (0..40).map(|n| format!("ART-{n:03}")).collect();
    let mut contract = town.world.contract("RV-2025-02").ceiling(value("9000.00")).entitles(town.eva.organisation);
    for article in &articles {
        contract = contract.item(article, crate::world::contract::fixed("10.00"));
    }
    let contract = contract.await;
    let eva = town.browser(&town.eva).await;
    let path = format!("/rahmenvertraege/{}", contract.id);
    let lines = eva.leads_on(&eva.page(&path).await, &format!("{path}/abrufen"), &[]).await;
    let page = eva.page(&lines).await;
    let typed = [("artikel", "ART-007"), ("menge", "3"), ("suche", "ART-03"), ("weiter", "suchen")];
    let found = eva.leads_on(&page, &lines, &typed).await;
    let page = eva.page(&found).await;
    assert!(read(&page).contains("10 Artikel gefunden") && read(&page).contains("30,00 €"), "{}", read(&page));
    let removed = eva.leads_on(&page, &lines, &[("angebot", "ART-007"), ("menge", "3"), ("entfernen", "0")]).await;
    assert!(!eva.page(&removed).await.contains("ART-007"));
}
