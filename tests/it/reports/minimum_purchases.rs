//! A minimum purchase that runs short, on the board's page.

use super::house;
use crate::pages::browser::read;

#[tokio::test]
async fn the_board_is_told_while_something_can_be_done_and_after_the_day_that_it_is_missed() {
    let house = house(53).await;
    let seen = read(&house.page("/berichte/einsparungen").await).replace('\u{a0}', " ");
    let told = "Mindestabnahme bis 30.06.2027 im bisherigen Tempo nicht erreichbar, es fehlen";
    assert!(seen.contains(told), "{seen}");
    let buyer = house.web.cookie_of(&house.towns[1].buyer, "eva@bergheim.example").await;
    let own = read(&house.web.get("/berichte/einsparungen", &buyer).await.text);
    assert!(!own.contains("Mindestabnahme"), "the whole ledger is the body's: {own}");

    house.web.app.clock.set("2027-07-01T09:00:00Z".parse().unwrap());
    let board = house.web.sign_in("board@elbe-saale.example").await;
    let late = read(&house.web.get("/berichte/einsparungen", &board).await.text).replace('\u{a0}', " ");
    assert!(late.contains("Mindestabnahme am 30.06.2027 verfehlt, es fehlten"), "{late}");
    sqlx::query("UPDATE minimum_purchase SET amount = 1").execute(&house.web.database.owner).await.unwrap();
    let reached = read(&house.web.get("/berichte/einsparungen", &board).await.text);
    assert!(!reached.contains("Mindestabnahme"), "reached: {reached}");
}
