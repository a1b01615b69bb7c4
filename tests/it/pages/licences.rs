//! Licences: what runs until when, renewals in time, and a common end for more of them.

use abruf::actions::cancel_part::cancel_part;
use abruf::actions::release_call_off::{Release, release};
use abruf::actions::renew_licences::tell_due;
use abruf::actions::rest_of_order::{PartInput, PartsInput};
use abruf_domain::ids::CallOffId;
use axum::http::StatusCode;

use super::Town;
use super::browser::read;

/// 120 licences and two days of training from March 2026 to February 2027, released.
async fn running(town: &Town) -> CallOffId {
    let id = town.request().await;
    assert!(matches!(release(&town.world.app, &town.karl, id, None).await.unwrap(), Release::Released { .. }));
    id
}

async fn told(town: &Town) -> i64 {
    let sql = "SELECT count(*) FROM outbox WHERE kind = 'tell_licence_ends'";
    sqlx::query_scalar(sql).fetch_one(town.world.owner()).await.unwrap()
}

#[tokio::test]
async fn licences_are_renewed_from_the_page_once_their_end_is_near() {
    let town = Town::new().await;
    let eva = town.browser(&town.eva).await;
    assert!(read(&eva.page("/lizenzen").await).contains("Zurzeit läuft keine Lizenz."));
    running(&town).await;
    let text = read(&eva.page("/lizenzen").await);
    assert!(text.contains("RV-2025-01") && text.contains("120 Nutzer") && !text.contains("2 Tage"), "{text}");
    assert!(text.contains("28.02.2027 in 98 Tagen läuft"), "{text}");
    assert!(!read(&eva.page("/").await).contains("Diese Lizenzen enden bald"));

    town.world.at("2026-11-30T09:00:00Z");
    let eva = town.browser(&town.eva).await;
    let text = read(&eva.page("/").await);
    assert!(text.contains("Diese Lizenzen enden bald") && text.contains("120 Lizenzen verlängern"), "{text}");
    let page = eva.page("/lizenzen").await;
    assert!(read(&page).contains("Entwurf für 01.03.2027 bis 29.02.2028"), "{}", read(&page));
    let draft = eva.leads_on(&page, "/lizenzen", &[]).await;
    let page = eva.page(&draft).await;
    assert!(
        page.contains("value=\"01.03.2027\"")
            && page.contains("value=\"29.02.2028\"")
            && page.contains("value=\"120\"")
    );
    let text = read(&eva.page("/lizenzen").await);
    assert!(text.contains("Verlängerung ist begonnen") && !text.contains("Verlängerung vorbereiten"), "{text}");
    assert!(!read(&eva.page("/").await).contains("Diese Lizenzen enden bald"), "whoever has begun is not asked again");

    let karl = town.browser(&town.karl).await;
    assert!(!karl.page("/lizenzen").await.contains("action=\"/lizenzen\""), "drafts are the buyer's");
}

#[tokio::test]
async fn cancelled_licences_do_not_run_and_are_not_renewed() {
    let town = Town::new().await;
    let id = running(&town).await;
    let eva = town.browser(&town.eva).await;
    let licences = |quantity: &str| [PartInput { position: 1, quantity: quantity.to_owned() }];
    cancel_part(&town.world.app, &town.karl, id, PartsInput::new(&licences("20"), "20 zu viel"), None).await.unwrap();
    let text = read(&eva.page("/lizenzen").await);
    assert!(text.contains("100 Nutzer") && !text.contains("120 Nutzer"), "{text}");
    cancel_part(&town.world.app, &town.karl, id, PartsInput::new(&licences("100"), "entfällt"), None).await.unwrap();
    let text = read(&eva.page("/lizenzen").await);
    assert!(text.contains("Zurzeit läuft keine Lizenz."), "{text}");
    town.world.at("2026-11-30T09:00:00Z");
    assert_eq!((tell_due(&town.world.app).await.unwrap(), told(&town).await), (0, 0));
}

#[tokio::test]
async fn the_end_of_licences_is_told_once_for_each_of_two_steps() {
    let town = Town::new().await;
    running(&town).await;
    assert_eq!((tell_due(&town.world.app).await.unwrap(), told(&town).await), (0, 0));
    town.world.at("2026-11-30T09:00:00Z");
    assert_eq!(tell_due(&town.world.app).await.unwrap(), 1);
    assert_eq!((tell_due(&town.world.app).await.unwrap(), told(&town).await), (0, 1));
    town.world.at("2027-01-29T09:00:00Z");
    assert_eq!(tell_due(&town.world.app).await.unwrap(), 1);
    assert_eq!((tell_due(&town.world.app).await.unwrap(), told(&town).await), (0, 2));
    town.world.keeps_its_promises().await;
}

#[tokio::test]
async fn more_licences_are_proposed_to_end_with_those_that_run() {
    let town = Town::new().await;
    let eva = town.browser(&town.eva).await;
    let contract = format!("/rahmenvertraege/{}", town.citrix.id);
    let start = async || {
        let page = eva.page(&contract).await;
        eva.leads_on(&page, &format!("{contract}/abrufen"), &[]).await
    };
    let lines = start().await;
    assert!(!read(&eva.page(&lines).await).contains("Vorgeschlagen bis"), "nothing runs yet");
    running(&town).await;
    let lines = start().await;
    let page = eva.page(&lines).await;
    let why = "Vorgeschlagen bis 28.02.2027: Dann enden auch Ihre 120 laufenden Lizenzen dieses Vertrags";
    assert!(read(&page).contains(why), "{}", read(&page));
    assert!(page.contains("value=\"22.11.2026\"") && page.contains("value=\"28.02.2027\""));
    let other =
        eva.leads_on(&page, &lines, &[("performance_from", ""), ("performance_to", ""), ("weiter", "ein-jahr")]).await;
    let page = eva.page(&other).await;
    assert!(
        page.contains("value=\"21.11.2027\"") && !read(&page).contains("Vorgeschlagen bis"),
        "one click to another date"
    );
}

#[tokio::test]
async fn programs_see_licences_renewals_and_the_proposed_period() {
    let town = Town::new().await;
    running(&town).await;
    town.world.at("2026-12-01T09:00:00Z");
    let fresh = town.world.draft(&town.eva, &town.citrix, &[("CTX-USR", "1")]).await;
    sqlx::query("UPDATE call_off SET performance_from = NULL, performance_to = NULL WHERE id = $1")
        .bind(fresh.0)
        .execute(town.world.owner())
        .await
        .unwrap();
    let Town { world, eva, citrix, .. } = town;
    let web = crate::web::Web::over(world).await;
    web.cookie_of(&eva, "eva@altenrode.example").await;
    let token = web.token("eva@altenrode.example").await;
    let list = web.api("GET", "/api/v1/licences", &token, None).await.json();
    assert_eq!(list[0]["next_step"], "due", "{list}");
    assert_eq!(
        (&list[0]["items"][0]["article_number"], &list[0]["renewal_to"]),
        (&"CTX-USR".into(), &"2028-02-29".into())
    );
    let draft = web.api("GET", &format!("/api/v1/call-offs/{fresh}"), &token, None).await.json();
    assert_eq!(draft["proposed_performance"]["to"], "2027-02-28", "{draft}");
    let renewal = serde_json::json!({ "contract_id": citrix.id, "ends_on": "2027-02-28" });
    let made = web.api("POST", "/api/v1/licences/renewals", &token, Some(renewal.clone())).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let again = web.api("POST", "/api/v1/licences/renewals", &token, Some(renewal)).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);
}
