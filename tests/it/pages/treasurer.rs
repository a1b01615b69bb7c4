//! What is addressed to the treasurer lies on the treasurer's start page and can be written there.

use abruf::actions::ActionError;
use abruf::actions::justify_finding::justify;
use abruf::actor::Role;

use super::Town;
use super::browser::read;

#[tokio::test]
async fn the_treasurer_finds_what_it_owes_and_may_write_it() {
    let town = Town::new().await;
    let id = town.request().await;
    let tina = town.world.person(Role::Treasurer, town.eva.organisation).named("Tina Kämmerin").await;
    let browser = town.browser(&tina).await;
    assert!(!read(&browser.page("/").await).contains("Das wartet auf Ihre Begründung"));
    // A review that found something for the treasurer, as stored.
    sqlx::query(
        "UPDATE review
         SET result = jsonb_set(result, '{findings,0}', (result #> '{findings,0}') || jsonb_build_object(
             'rule', 'multi-year-commitment', 'outcome', 'justify', 'addressee', 'treasurer'))
         WHERE call_off_id = $1",
    )
    .bind(id.0)
    .execute(town.world.owner())
    .await
    .unwrap();
    let text = read(&browser.page("/").await);
    assert!(text.contains("Offene Begründungen 1 schreibt die Kämmerei"), "{text}");
    assert!(text.contains("Das wartet auf Ihre Begründung"), "{text}");
    let karl = town.browser(&town.karl).await;
    assert!(!read(&karl.page("/").await).contains("Das wartet auf Ihre Begründung"), "it is not the approver's");

    // The role may; there is nothing to justify by the facts of today.
    let nothing = justify(&town.world.app, &tina, id, "multi-year-commitment", "Verpflichtungsermächtigung 2027").await;
    assert!(matches!(nothing, Err(ActionError::NotFound)), "{nothing:?}");
}
