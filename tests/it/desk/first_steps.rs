//! A new installation says what to do; the checklist knows what is done.

use abruf::actor::Role;

use super::Desk;
use crate::pages::browser::{Browser, read};
use crate::world::World;

#[tokio::test]
async fn with_no_account_at_all_the_door_says_how_to_make_the_first() {
    let world = World::new().await;
    // Those who wrote down the cooperative are no accounts; a new installation has none.
    sqlx::query("UPDATE person SET technical = true").execute(world.owner()).await.unwrap();
    let nobody = Browser::signed_out(&world).await;
    let text = read(&nobody.page("/anmelden").await);
    assert!(text.contains("abruf admin create --email") && text.contains("kein voreingestelltes Passwort"), "{text}");
    let town = world.member("Stadt Altenrode").await;
    world.buyer(town).await;
    assert!(
        !read(&nobody.page("/anmelden").await).contains("abruf admin create"),
        "once somebody is there, strangers learn nothing"
    );
}

#[tokio::test]
async fn the_checklist_shows_what_is_done_and_what_is_not() {
    let desk = Desk::new().await;
    let admin = desk.person(Role::Administrator).await;
    let admin = desk.browser(&admin).await;
    let text = read(&admin.page("/einrichtung").await);
    assert!(text.contains("Erstes Konto der Geschäftsstelle: erledigt"), "{text}");
    assert!(text.contains("Sichern und die Wiederherstellung proben: offen"), "{text}");
    let state = read(&admin.page("/verwaltung/system").await);
    assert!(state.contains("noch nie geprobt") && state.contains("PostgreSQL"), "{state}");
}
