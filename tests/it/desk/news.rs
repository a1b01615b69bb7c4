//! News on the start page, each told once and switched off by whoever does not want it.

use abruf::actions::notify::tell_due;

use super::Desk;
use crate::pages::browser::read;

#[tokio::test]
async fn a_waiting_request_is_told_to_the_approver_once_and_put_away() {
    let desk = Desk::new().await;
    desk.world.request(&desk.eva, &desk.citrix, &[("CTX-TRN", "1")]).await;
    assert_eq!(tell_due(&desk.world.app).await.unwrap(), 1);
    assert_eq!(tell_due(&desk.world.app).await.unwrap(), 0, "told once");
    let karl = desk.browser(&desk.karl).await;
    let page = karl.page("/").await;
    assert!(read(&page).contains("wartet auf Freigabe"), "{}", read(&page));
    let list = karl.page("/benachrichtigungen").await;
    karl.leads_on(&list, "/benachrichtigungen", &[]).await;
    assert!(!read(&karl.page("/").await).contains("wartet auf Freigabe"), "put away");
    assert!(read(&karl.page("/benachrichtigungen").await).contains("wartet auf Freigabe"), "but not forgotten");
}

#[tokio::test]
async fn what_was_switched_off_is_not_told() {
    let desk = Desk::new().await;
    let karl = desk.browser(&desk.karl).await;
    let path = "/einstellungen/benachrichtigungen";
    let page = karl.page(path).await;
    assert!(
        read(&page).contains("Ein Abruf wartet auf Ihre Freigabe") && !page.contains("price_list"),
        "only what concerns the role"
    );
    karl.leads_on(&page, path, &[("mail", "request_waits")]).await;
    desk.world.request(&desk.eva, &desk.citrix, &[("CTX-TRN", "1")]).await;
    tell_due(&desk.world.app).await.unwrap();
    assert!(!read(&karl.page("/").await).contains("wartet auf Freigabe"));
}

#[tokio::test]
async fn the_office_hears_of_the_highest_mark_only() {
    let desk = Desk::new().await;
    sqlx::query(
        "UPDATE guard SET recorded = 460000 WHERE contract_id = $1 AND scope = 'contract' AND measure = 'value'",
    )
    .bind(desk.citrix.id.0)
    .execute(desk.world.owner())
    .await
    .unwrap();
    tell_due(&desk.world.app).await.unwrap();
    let titles: Vec<String> =
        sqlx::query_scalar("SELECT title FROM notification WHERE kind = 'contract_volume' AND person_id = $1")
            .bind(desk.office.person.0)
            .fetch_all(desk.world.owner())
            .await
            .unwrap();
    assert_eq!(titles.len(), 1, "{titles:?}");
    assert!(titles[0].contains("zu 92"), "{titles:?}");
    assert_eq!(tell_due(&desk.world.app).await.unwrap(), 0, "80 % passed on the way is no news");
}
