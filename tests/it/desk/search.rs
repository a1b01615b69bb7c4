//! One field over everything, within what one may see.

use super::Desk;
use crate::pages::browser::read;

#[tokio::test]
async fn a_mistyped_word_finds_what_was_meant_and_says_so() {
    let desk = Desk::new().await;
    let eva = desk.browser(&desk.eva).await;
    let text = read(&eva.page("/suche?q=Citrx").await);
    assert!(text.contains("Citrix Virtual Desktop"), "{text}");
    assert!(text.contains("Gesucht wurde auch nach „Citrix“"), "{text}");
    let exact = read(&eva.page("/suche?q=Citrix").await);
    assert!(exact.contains("Citrix Virtual Desktop") && !exact.contains("Gesucht wurde auch"), "{exact}");
}

#[tokio::test]
async fn german_stems_umlauts_and_compounds_are_found() {
    let desk = Desk::new().await;
    let eva = desk.browser(&desk.eva).await;
    for words in ["Schulung", "schulungen", "Monitor", "Gebaeude", "gebäuden", "CTX-MON", "ctx mon"] {
        let page = eva.page(&format!("/suche?q={}", crate::web::escaped(words))).await;
        let expected =
            if words.to_lowercase().starts_with("schul") { "Schulungen vor Ort" } else { "Arbeitsplatzmonitore" };
        assert!(read(&page).contains(expected), "{words}: {}", read(&page));
    }
    let none = read(&eva.page("/suche?q=Feuerwehrschlauch").await);
    assert!(none.contains("Nichts passt zu „Feuerwehrschlauch“"), "{none}");
}

#[tokio::test]
async fn what_one_may_not_see_is_not_found() {
    let desk = Desk::new().await;
    let id = desk.world.draft(&desk.eva, &desk.citrix, &[("CTX-TRN", "1")]).await;
    let case = desk.world.call_off(id).await.case_number;
    let path = format!("/suche?q={case}");
    let eva = desk.browser(&desk.eva).await;
    assert!(read(&eva.page(&path).await).contains("Abrufe (1)"));
    // The office does not see drafts, another town never.
    let office = desk.browser(&desk.office).await;
    assert!(read(&office.page(&path).await).contains("Nichts passt zu"));
    let other = desk.world.member("Stadt Neufeld").await;
    let nora = desk.world.buyer(other).await;
    let nora = desk.browser(&nora).await;
    assert!(read(&nora.page(&path).await).contains("Nichts passt zu"));
}

#[tokio::test]
async fn odd_questions_are_answered_and_harm_nothing() {
    let desk = Desk::new().await;
    let eva = desk.browser(&desk.eva).await;
    for words in ["", "'", "\"; DROP TABLE item", "& | ! ( )", "der die das", "%_\\", "a\0b", "ß", &"x".repeat(200)] {
        let answer = eva.get(&format!("/suche?q={}", crate::web::escaped(words))).await;
        assert_eq!(answer.status, 200, "{words:?}: {}", answer.text);
    }
    let long = eva.page(&format!("/suche?q={}", "x".repeat(201))).await;
    assert!(read(&long).contains("länger als 200 Zeichen"), "{}", read(&long));
    let few = eva.page("/suche?q=citrix&art=artikel&seite=7").await;
    assert!(read(&few).contains("Artikel (1)"), "{}", read(&few));
}

#[tokio::test]
async fn a_filter_is_kept_under_a_name_for_oneself_alone() {
    let desk = Desk::new().await;
    let eva = desk.browser(&desk.eva).await;
    let page = eva.page("/abrufe?q=citrix&stand=entwurf").await;
    let to = eva.leads_on(&page, "/filter", &[("name", "Meine Entwürfe")]).await;
    assert_eq!(to, "/abrufe?q=citrix&stand=entwurf");
    let page = eva.page("/abrufe").await;
    assert!(
        page.contains("href=\"/abrufe?q=citrix&amp;stand=entwurf\"")
            || page.contains("href=\"/abrufe?q=citrix&#38;stand=entwurf\""),
        "{page}"
    );
    let karl = desk.browser(&desk.karl).await;
    assert!(!karl.page("/abrufe").await.contains("Meine Entwürfe"), "kept by one person");
    let page = eva.page("/abrufe?stand=entwurf").await;
    let nameless = eva.submit(&page, "/filter", &[("name", " ")]).await;
    assert_eq!(nameless.status, 422, "{}", nameless.text);
}
