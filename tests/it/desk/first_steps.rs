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

#[tokio::test]
async fn the_state_of_the_system_is_said_in_words_and_work_that_fails_is_named() {
    let desk = Desk::new().await;
    let admin = desk.browser(&desk.person(Role::Administrator).await).await;
    let quiet = read(&admin.page("/verwaltung/system").await);
    assert!(quiet.contains("Nichts wartet, nichts ist gescheitert."), "{quiet}");
    assert!(quiet.contains("handeln noch keine mit abruf backup") && quiet.contains("Protokollstufe"), "{quiet}");
    sqlx::query("UPDATE installation SET backed_up_at = $1")
        .bind(desk.world.app.clock.now())
        .execute(desk.world.owner())
        .await
        .unwrap();
    let id = desk.world.request(&desk.eva, &desk.citrix, &[("CTX-TRN", "1")]).await;
    sqlx::query(
        "INSERT INTO outbox (id, kind, contract_id, call_off_id, created_at, not_before, attempts, last_error)
         SELECT $1, 'issue_memo', contract_id, id, $3::timestamptz - interval '3 hours', $3, 4, 'kein Platz' FROM call_off WHERE id = $2",
    )
    .bind(desk.world.id())
    .bind(id.0)
    .bind(desk.world.app.clock.now())
    .execute(desk.world.owner())
    .await
    .unwrap();
    for role in [Role::Administrator, Role::Office] {
        let browser = desk.browser(&desk.person(role).await).await;
        let page = read(&browser.page("/verwaltung/system").await);
        assert!(page.contains("1 offen, seit 3 Stunden, 1 gescheitert; zuletzt: kein Platz"), "{page}");
        assert!(page.contains("gut 22.11.2026, 10:00 Uhr"), "the backup: {page}");
        assert!(page.contains("Handeln:"), "words, not colours alone: {page}");
    }
}
