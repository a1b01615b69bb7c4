//! Ordering again: three screens, two inputs at most.

use abruf_domain::call_off::Status;
use abruf_domain::ids::CallOffId;

use super::Town;
use super::browser::read;

#[tokio::test]
async fn what_was_ordered_is_ordered_again_in_three_screens() {
    let town = Town::new().await;
    let earlier = town.request().await;
    let eva = town.browser(&town.eva).await;
    let page = eva.page(&format!("/abrufe/{earlier}")).await;
    let first = eva.leads_on(&page, &format!("/abrufe/{earlier}/kopieren"), &[]).await;
    assert!(first.ends_with("/wiederholen"), "{first}");
    let page = eva.page(&first).await;
    assert!(page.contains("name=\"quantity_1\" value=\"120\""), "{page}");

    let wrong = eva.submit(&page, &first, &[("quantity_1", "viele")]).await;
    assert!(wrong.text.contains("id=\"quantity_1-fehler\"") && wrong.text.contains("value=\"viele\""));
    let none = eva.submit(&page, &first, &[("quantity_1", ""), ("quantity_2", "0")]).await;
    assert!(read(&none.text).contains("Bitte lassen Sie mindestens eine Position stehen"), "{}", read(&none.text));

    // One input: twelve users more, no training this time.
    let summary = eva.leads_on(&page, &first, &[("quantity_1", "12"), ("quantity_2", "")]).await;
    let page = eva.page(&summary).await;
    assert!(read(&page).contains("Stimmt alles?"));
    let done = eva.leads_on(&page, &summary, &[]).await;
    let id = CallOffId(done.split('/').nth(2).unwrap().parse().unwrap());
    let call_off = town.world.call_off(id).await;
    assert_eq!(call_off.status, Status::Submitted);
    let old = town.world.call_off(earlier).await;
    let (old, new) = (old.details.performance.unwrap(), call_off.details.performance.unwrap());
    assert_eq!(new.to(), old.to(), "licences added end with the running ones");
    assert!(call_off.amounts.unwrap().net < town.world.call_off(earlier).await.amounts.unwrap().net);
}

#[tokio::test]
async fn another_towns_call_off_is_not_repeated() {
    let town = Town::new().await;
    let id = town.request().await;
    let other = town.world.member("Stadt Neufeld").await;
    let nora = town.world.buyer(other).named("Nora Neu").await;
    let foreign = abruf::actions::repeat_call_off::repeat(&town.world.app, &nora, id).await;
    assert!(matches!(foreign, Err(abruf::actions::ActionError::NotFound)), "{foreign:?}");
}
